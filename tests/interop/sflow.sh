# sFlow through our collector and sfcapd 1.7.1: nfdump lists the same flows,
# but for what sfcapd 1.7.1 is known to get wrong: ICMP type and code, an
# address in an IPv4 record, interfaces that are none, adjacent AS, NAT, the
# tos of the other direction and a frame without a packet.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need nfdump sfcapd

all='fmt:%pr %flg %tos %pkt %byt %in %sas %das %nh %nhb %ra %smk %dmk %svln'
all="$all %dvln %fl %ismc %odmc %idmc %osmc %mpls1 %mpls2 %mpls3 %fwd %dir"

# list DIRECTORY FORMAT FILTER
list()
{
	nfdump -q -6 -N -R "$1" -o "$2" "$3" 2>/dev/null |
		sed -e '/^No matching flows$/d'
}

# both GROUP NAME...: the datagrams of a group through both collectors
both()
{
	group=$1
	shift
	for name in "$@"; do
		set -- "$@" "$wire/$group/$name.dat"
		shift
	done
	rm -rf "$data" "$tmp/peer"
	mkdir "$data" "$tmp/peer"
	capd -t 31536000 -l "$data"
	feed "$@"
	stop
	cp "$log" "$tmp/ours.log"
	listen sfcapd -t 31536000 -w "$tmp/peer"
	feed "$@"
	stop_peer
}

# same NAME FORMAT FILTER
same()
{
	list "$tmp/peer" "$2" "$3" >"$tmp/want"
	list "$data" "$2" "$3" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$1"
}

both syn_sflow_flow_samples tcp_compact udp_expanded_if70000 \
	icmp_type3_code1 ipv6_tcp vlan_and_switch_record \
	router_gateway_records mpls_two_labels nat_record ipv4_record_only \
	non_first_fragment output_multiple_interfaces counter_sample_only \
	unknown_sample_then_flow
same "values" "$all" "any"
same "addresses and ports" "fmt:%sap %dap" "not proto icmp and not src port 1000"
same "output" "fmt:%sap %out" "not src ip 10.3.0.8 and not proto icmp and \
	not src port 1000 and not src port 53"
like "$(list "$data" "fmt:%sap %dap" "proto icmp")" "10\.3\.0\.2:0 .*:3\.1" \
	"ICMP type and code"

line="SFLOW: New exporter: SysID: 1, agentSubId: 0, MeanSkipCount: 100, IP: 127"
like "$(grep "New exporter: SysID" "$tmp/ours.log")" "^$line" "our exporter"
like "$(grep "New exporter: SysID" "$log")" "^$line" "sfcapd's"
for dir in "$data" "$tmp/peer"; do
	nfdump -E "$dir"/nfcapd.2* | sed -e 's/packets: 1[23],/packets,/' \
		>"$tmp/exporters.${dir##*/}"
done
compare_file "$tmp/exporters.data" "$tmp/exporters.peer" \
	"the exporter and its rate"

both syn_sflow_malformed bad_agent_address_type version_3 cut_header \
	sample_length_beyond_datagram header_length_huge record_count_huge \
	sample_count_100_of_1 arp_frame good_after_all
same "values of what is not broken" "$all" "proto tcp"
same "its addresses" "fmt:%sap %dap" "proto tcp"
done_testing
