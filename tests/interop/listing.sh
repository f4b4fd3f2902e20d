# A store of made-up flows, every mode: nfdump 1.7.1 and flowdump print the
# same bytes.

. "$SRCDIR/tests/lib.sh"

need nfdump
mkdir "$tmp/store" || exit 1
"$BUILDDIR/flowgen" -n 20000 --files 3 --dir "$tmp/store" --interval 300 \
	>"$tmp/made" || exit 1

# same ARGUMENT...
same()
{
	nfdump "$@" 2>/dev/null | rows >"$tmp/want"
	"$FLOWDUMP" "$@" 2>"$tmp/err" | rows >"$tmp/got"
	close_enough "$tmp/got" "$tmp/want" >"$tmp/diff"
	result $? "$*" || note <"$tmp/diff"
}

cd "$tmp/store" || exit 1
first=$(ls nfcapd.* | sed -n 1p)
second=$(ls nfcapd.* | sed -n 2p)
for mode in line long extended biline bilong line6 extended6 csv \
	'fmt:%ts %te %pr %sa %da %sp %dp %pkt %byt' \
	'fmt:%sap -> %dap %flg %tos %bps %pps %bpp' \
	'fmt:%td %tds %in %out %sas %das %nh %ra %exp'; do
	for flags in -r -qr -Nr -6Nr; do
		same $flags "$first" -o "$mode"
	done
	same -R . -o "$mode" -c 100 'proto icmp or ipv6'
done
same -T -q -r "$first" -o line
same -T -6 -q -r "$first" -o 'fmt:%sa|%dap|%nh|%ra|%gsap|%nsa'
same -T -q -r "$first" -o csv -c 100
same -T -q -R . -s srcip/bytes -s dstip/packets -n 5
same -I -R .
same -I -r "$first"
same -R "$first:$second" -o line 'port 53'
same -R "$second" -o line 'host 0.0.0.0 or port 443'
for filter in any ipv4 ipv6 'proto tcp' 'proto 17' 'not proto udp' \
	'port 80' 'src port 443' 'dst port > 1024' 'src port in [22 53 80]' \
	'net 10.0.0.0/8' 'src net 10.0.0.0/9 and dst port 53' \
	'dst net 172.16.0.0/12 or proto icmp6' \
	'(proto tcp and port 443) or (proto udp and not port 53)' \
	'net 2001:db8::/32' 'not (ipv6 or proto tcp)'; do
	same -R . -o line "$filter"
done

done_testing
