#!/bin/sh
# Captures of all kinds of links and packets give the flows that are in them.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/probe.sh"

# Not by time, FIN or size: that is what the tables are for.
whole='-d 100000000 -e 0'

# same NAME TABLE: the flows are those of the table.
same()
{
	listed "$tmp/flows" >"$tmp/got"
	wanted "$2" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$1"
}

for file in "$pcap"/*.pcap*; do
	name=${file##*/} table=$(expected "$file")
	ok "$name" probe "$file" $whole --outer
	case $name in
	fragments.pcap)
		# The TCP header ends in the second fragment.
		sed '/,6,1115,/s/0x02/0x00/' "$table.csv" >"$tmp/table"
		;;
	many_flows.pcap)
		# The times of its table are rounded in another way.
		listed "$tmp/flows" | cut -d, -f-7 >"$tmp/got"
		wanted "$table.csv" | cut -d, -f-7 >"$tmp/want"
		compare_file "$tmp/got" "$tmp/want" "$name: the flows in it"
		continue
		;;
	mpls.pcap)
		# Ethernet in MPLS is opened, too.
		cat "$table.csv" - >"$tmp/table" <<-END
		4,192.0.2.10,198.51.100.20,17,2312,3312,1,48,1760000007.000000,1760000007.000000,0x00,0x00,-,-
		END
		;;
	*)
		cat "$table.csv" >"$tmp/table"
		;;
	esac
	same "$name: the flows in it" "$tmp/table"
	[ -f "$table.inner.csv" ] || continue
	probe "$file" $whole
	same "$name: tunnels are opened" "$table.inner.csv"
done

head -c 24 "$pcap/udp_dns.pcap" >"$tmp/late"
printf '\0\0\0\360' >>"$tmp/late"
tail -c +29 "$pcap/udp_dns.pcap" >>"$tmp/late"
ok "a time after 2038" probe "$tmp/late" $whole
is "$(listed "$tmp/flows" | grep -c ',4026531840\.[0-9]*,')" 1 "is one"

ok "standard input" eval 'probe - $whole <"$pcap/ipv6_ext.pcap.gz"'
same "gzipped as well" "$pcap/expected/ipv6_ext.csv"
ok "-i-" eval 'rm -rf "$tmp/flows"; mkdir "$tmp/flows"
	"$FLOWPROBE" -i- -l "$tmp/flows" $whole <"$pcap/udp_dns.pcap"'
same "as fprobe reads it" "$pcap/expected/udp_dns.csv"

ok "--payload" probe "$pcap/udp_dns.pcap" $whole --payload 64
is "$("$FLOWDUMP" -q -N -R "$tmp/flows" -o fmt:%pr 'payload dns defined' |
	wc -l)" 4 "is DNS"
probe "$pcap/udp_dns.pcap" $whole
is "$("$FLOWDUMP" -q -N -R "$tmp/flows" -o fmt:%pr 'payload dns defined' |
	wc -l)" 0 "which flows do not have otherwise"

probe "$pcap/tcp_basic.pcap" $whole --tcp-close
is "$(listed "$tmp/flows" | wc -l)" 10 "two connections between two ports"
is "$(listed "$tmp/flows" | grep -c ',1,[0-9.,]*\.\.\.A\.\.\.\.')" 0 \
	"the last ACK is no flow"

probe "$pcap/long_flow.pcap" -d 60 -e 300
same "timeouts" "$pcap/expected/long_flow.split300_60.csv"
probe "$pcap/long_flow.pcap" --timeout general=1m,maxlife=5m
same "by their names of softflowd" \
	"$pcap/expected/long_flow.split300_60.csv"
probe "$pcap/long_flow.pcap" --timeout tcp=0,udp=1m,maxlife=5m,general=60
same "one kind by itself, or as all others" \
	"$pcap/expected/long_flow.split300_60.csv"
probe "$pcap/long_flow.pcap" -d 60 -e 300 -s 100000
same "whenever flows that have ended are looked for" \
	"$pcap/expected/long_flow.split300_60.csv"

# flows: how many there are
flows()
{
	listed "$tmp/flows" | grep -c .
}

# sums FIELD...: of the listing
sums()
{
	listed "$tmp/flows" | awk -F, '{ p += $6; b += $7 } END { print p, b }'
}

probe "$pcap/tcp_basic.pcap" --timeout tcp.fin=1s,tcp.rst=1s
is "$(flows)" 10 "a connection ends with FIN, and another one begins"
is "$(sums)" "38 6024" "with all packets"
probe "$pcap/long_flow.pcap" --timeout udp=200,general=1 -e 0
is "$(flows)" 54 "whatever their order"
probe "$pcap/tcp_basic.pcap" -d 0
is "$(flows)" 38 "-d 0: each packet is a flow"
probe "$pcap/many_flows.pcap" --max-flows 100
is "$(flows)" 3000 "a small cache"
is "$(sums)" "3000 112800" "loses nothing"
like "$(cat "$tmp/probe.log")" "at once: 100, .*evicted: 2900" "and says so"
probe "$pcap/many_flows.pcap" -m 20
like "$(cat "$tmp/probe.log")" "at once: 128," "-m is a limit of memory"
probe "$pcap/tcp_basic.pcap" --biflow
is "$(flows)" 5 "biflows"
"$FLOWDUMP" -q -N -R "$tmp/flows" -o 'fmt:%sap,%dap,%ipkt,%opkt' 'port 81' |
	tr -d ' ' >"$tmp/got"
is "$(cat "$tmp/got")" "192.0.2.10:40004,198.51.100.20:81,1,1" \
	"have a source that asked"
probe "$pcap/tos_key.pcap" --by-tos
is "$(flows)" 5 "--by-tos"
probe "$pcap/vlan_qinq.pcap"
one=$(flows)
probe "$pcap/vlan_qinq.pcap" --track vlan --details
is "$(flows)" $((one + 2)) "--track vlan"
like "$("$FLOWDUMP" -q -R "$tmp/flows" -o 'fmt:%svln' 'src port 2100')" \
	" 100$" "--details: VLAN"
probe "$pcap/gre.pcap" --details
is "$("$FLOWDUMP" -q -R "$tmp/flows" -o ndjson 'src port 1000' |
	grep -o '"tun_proto.*"dst4_tun_ip[^,]*')" \
	'"tun_proto":47,"src4_tun_ip":"203.0.113.1","dst4_tun_ip":"203.0.113.2"' \
	"--details: tunnel"
probe "$pcap/tcp_basic.pcap" --track ip
is "$(flows)" 3 "--track ip"
is "$(sums)" "38 6024" "has all packets"
probe "$pcap/many_flows.pcap" --sampling 10
is "$(flows)" 300 "--sampling"
is "$(sums | cut -d' ' -f1)" 3000 "counts for all"
probe "$pcap/icmp.pcap" --icmp-ports
like "$(listed "$tmp/flows")" "192.0.2.10,1,3,3.3,|,1,3,0.3," "--icmp-ports"
probe "$pcap/udp_dns.pcap" -f 'dst port 53'
is "$(flows)" 2 "a filter"
probe "$pcap/udp_dns.pcap" -K 14
same "-K" "$pcap/expected/udp_dns.csv"
probe "$pcap/udp_dns.pcap" -k
is "$(sums)" "16 1335" "-k: bytes of frames"
probe "$pcap/udp_dns.pcap" -x 3:4
is "$("$FLOWDUMP" -q -R "$tmp/flows" -o 'fmt:%in,%out' |
	tr -d ' ' | sort -u)" "3,4" "-x"

probe "$pcap/long_flow.pcap" -d 60 -e 300 --interval 60 --layout 1 \
	--ident probe --compress none
is "$(cd "$tmp/flows" && find . -name 'nfcapd.2*' | sort | head -2)" \
	"./2025/10/09/nfcapd.202510090855
./2025/10/09/nfcapd.202510090858" "files of intervals, in sub-directories"
is "$(cd "$tmp/flows" && ls -A | grep current)" "" "none is left behind"
like "$("$FLOWDUMP" -I -R "$tmp/flows")" "^Ident: probe" "--ident"
same "with the same flows" "$pcap/expected/long_flow.split300_60.csv"
done_testing
