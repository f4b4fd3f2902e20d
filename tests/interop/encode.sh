# What our encoders send: tshark decodes every datagram, and nfcapd 1.7.1 and
# our own collector store the same flows without a gap in sequence numbers.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

seed=${SEED:-$(date +%s)}
echo "# SEED=$seed"
export_seconds=1700000000

# Columns of all versions, and those that v9 and IPFIX have besides.
old='%ts %te %pr %sap %dap %flg %tos %in %out %sas %das %nh'
new="$old %pkt %byt %fl %opkt %obyt %smk %dmk %dir %dtos %nhb %svln %dvln"
new="$new %ismc %odmc %idmc %osmc %mpls1 %mpls5 %mpls10 %nas %pas %fwd"
new="$new %xsa %xda %xsp %xdp %ivrf %evrf"

# make VERSION COUNT [SAMPLING [all]]: datagrams and flows in $tmp/VERSION
make()
{
	rm -rf "$tmp/$1"
	mkdir "$tmp/$1"
	make_version=$1 make_count=$2
	shift 2
	"$BUILDDIR/tests/interop/encode" "$make_version" "$make_count" "$seed" \
		"$tmp/$make_version" "$@"
}

# listed COLUMNS OPTION...
listed()
{
	format="fmt:$1"
	shift
	"$FLOWDUMP" -q -N -6 -o "$format" "$@" 2>/dev/null | tr -s ' '
}

# sums OPTION...: packets and bytes of all flows
sums()
{
	listed '%pkt %byt' "$@" |
		awk '{ p += $1; b += $2 } END { printf "%.0f %.0f\n", p, b }'
}

# dissect VERSION: what tshark thinks of the datagrams
dissect()
{
	for file in "$tmp/$1"/0*; do
		set -- "$@" $export_seconds 127.0.0.2 "$file"
	done
	shift
	"$BUILDDIR/tests/cli/capmake" 2055 "$@" >"$tmp/pcap"
	tshark -n -d udp.port==2055,cflow -o cflow.max_template_fields:200 \
		-r "$tmp/pcap" -V >"$tmp/shown" 2>"$tmp/err"
}

# compare VERSION NAME DIRECTORY COLUMNS: the flows of a collector.  Large ones
# of the old versions came in parts.
compare()
{
	listed "$4" -r "$tmp/$1/flows" | uniq >"$tmp/want"
	listed "$4" -R "$3" | uniq >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "v$1: flows of $2"
	is "$(sums -R "$3")" "$(sums -r "$tmp/$1/flows")" \
		"v$1: packets and bytes of $2"
}

# receive VERSION: to the collector that listens
receive()
{
	"$BUILDDIR/tests/cli/udpsend" -g 500 "$port" "$tmp/$1"/0*
	udp_wait_read "$port"
}

# Columns without those that nfcapd 1.7.1 has nothing for: masks of v5; of IPFIX
# some that it knows in v9.
theirs_of()
{
	for column in $2; do
		case $1$column in
		[157]%?mk | 10%[np]as | 10%fwd | 10%x?a) ;;
		*) printf '%s ' "$column" ;;
		esac
	done
}

# is_understood VERSION: tshark knows what everything is
is_understood()
{
	if ! command -v tshark >/dev/null; then
		skip "v$1: tshark" "not installed"
		return
	fi
	dissect "$1"
	complaints=$(grep -E 'Malformed|[Nn]o template|Expert Info|truncated' \
		"$tmp/shown" | sort | uniq -c)
	is "$complaints" "" "v$1: tshark has nothing to complain about"
}

# check VERSION COLUMNS
check()
{
	make "$1" 1000
	is_understood "$1"
	mkdir "$data/$1"
	ok "v$1: ours starts" capd -t 31536000 -l "$data/$1"
	receive "$1"
	ok "v$1: ours stops" stop
	compare "$1" flowcapd "$data/$1" "$2"
	unlike "$(cat "$log")" 'Sequence Errors: [1-9]' "v$1: no gap"
	if ! nfdump -V 2>/dev/null | grep -q '1\.7\.1'; then
		skip "v$1: nfcapd" "nfdump is not version 1.7.1"
		return
	fi
	mkdir "$tmp/peer$1"
	ok "v$1: nfcapd starts" listen nfcapd -t 31536000 -w "$tmp/peer$1"
	receive "$1"
	stop_peer
	compare "$1" nfcapd "$tmp/peer$1" "$(theirs_of "$1" "$2")"
	like "$(cat "$log")" 'Sequence Errors: 0' "v$1: no gap for nfcapd"
}

for version in 1 5 7 9 10; do
	case $version in
	9 | 10) check $version "$new" ;;
	*) check $version "$old" ;;
	esac
done
for version in 5 9 10; do
	make $version 500 100 all
	is_understood $version
done
done_testing
