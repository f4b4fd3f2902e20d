# softflowd reads captures and exports to flowcapd: flowdump shows the flows
# that the captures hold.  Chosen are captures on which softflowd and the
# tables agree (expected/*.csv); it ends no flow by time when it reads a file
# and gives both directions the times of the whole conversation, so times
# are compared as a whole only.

. "$SRCDIR/tests/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
need softflowd
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

pcap=$SRCDIR/tests/data/pcap
captures="tcp_basic udp_dns icmp raw many_flows"

# expected FAMILIES: source, destination, protocol, ports, packets, bytes.
expected()
{
	for name in $captures; do
		tail -n +2 "$pcap/expected/$name.csv"
	done | awk -F, -v families="$1" 'index(families, $1) {
		print $2, $3, $4, $5, $6, $7, $8
	}' | LC_ALL=C sort
}

# stored DIR: the same of the files; ICMP shows its type and code there.
stored()
{
	"$FLOWDUMP" -q -N -6 -R "$1" -o 'fmt:%sa %da %pr %sp %dp %pkt %byt' |
		awk '{
			if (split($5, icmp, ".") == 2)
				$5 = icmp[1] * 256 + icmp[2]
			print $1, $2, $3, $4, $5, $6, $7
		}' | LC_ALL=C sort
}

# total COLUMN: its sum over the expected flows.
total()
{
	awk -v column="$1" '{ sum += $column } END { print sum }' "$tmp/want"
}

# statistic NAME DIR: from the files' headers.
statistic()
{
	"$FLOWDUMP" -R "$2" -I | sed -n "s/^$1: //p"
}

# export_captures OPTION...: every capture once.
export_captures()
{
	for name in $captures; do
		softflowd -r "$pcap/$name.pcap" -n "127.0.0.1:$port" -c none \
			"$@" >>"$tmp/softflowd" 2>&1 || return 1
	done
	udp_wait_read "$port"
}

# check PROTOCOL FAMILIES OPTION...: softflowd's options choose the protocol.
check()
{
	protocol=$1
	dir=$data/$1
	expected "$2" >"$tmp/want"
	shift 2
	mkdir "$dir"
	ok "$protocol: the collector starts" capd -t 31536000 -l "$dir"
	ok "$protocol: softflowd exports" export_captures "$@"
	ok "$protocol: the collector stops" stop
	stored "$dir" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$protocol: flows"
	is "$(statistic Flows "$dir")" "$(grep -c . "$tmp/want")" \
		"$protocol: their number"
	is "$(statistic Packets "$dir")" "$(total 6)" "$protocol: packets"
	is "$(statistic Bytes "$dir")" "$(total 7)" "$protocol: bytes"
}

check v5 4 -v 5
check v9 "4 6" -v 9 -A milli
is "$(statistic First "$dir")" 1760000000 "v9: time of the first packet"
check ipfix "4 6" -v 10 -A milli
is "$(statistic First "$dir")" 1760000000 "ipfix: time of the first packet"
check relative "4 6" -v 9

done_testing
