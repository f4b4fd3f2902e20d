# sFlow and NetFlow on one port; interface counters on request; tunnels.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

sflow=$wire/syn_sflow_flow_samples
tunnel=$wire/syn_sflow_tunnel/gre.dat

capd -t 31536000 -w "$data"
feed "$sflow/tcp_compact.dat" "$sflow/counter_sample_only.dat" \
	"$sflow/ipv6_tcp.dat"
feed_v5
ok "both are received" wait_for logged 'Process_v5'
kill -USR1 "$pid"
ok "counters of an interface" wait_for logged \
	'^Interface SysID: 1, agent: 192\.0\.2\.1, index: 0, speed: 0, '
ok "the exporter by its protocol" logged \
	'^Exporter SysID: 1, .*version: sflow5, id: 0, '
like "$("$FLOWCAPD" --status -w "$data")" '"version":"sflow5"' "in JSON, too"
stop
like "$(grep New "$log")" "^SFLOW: New exporter: SysID: 1, agentSubId: 0, \
MeanSkipCount: 100, IP: 127\.0\.0\.1" "the agent"
like "$(grep ^Datagrams "$log" | tail -n 1)" \
	"missing datagrams: 10, .*counter samples: 1" "what it counted"
is "$(flows "$data"/nfcapd.2*)" 7 "flows of both"
"$FLOWDUMP" -E "$data" >"$tmp/exporters"
like "$(cat "$tmp/exporters")" "SysID: 1, .*version: 9999, ID:  0, .*flows: 2" \
	"noted in the file as sFlow"
like "$(cat "$tmp/exporters")" "^IP: .*version: sflow, ID:  0 - .*flows: 2" \
	"and in its ledger"
like "$("$FLOWDUMP" -E "$data" -o ndjson)" '"version":"sflow"' "and in JSON"

for tun in "" "-o tun"; do
	rm -f "$data"/nfcapd.2*
	capd -t 31536000 -w "$data" $tun
	feed "$tunnel"
	stop
	"$FLOWDUMP" -q -R "$data" -o 'fmt:%pr %sap %dap %pkt' |
		tr -s ' ' >"$tmp/got"
	case $tun in
	"") want="GRE 10.9.9.9:0 10.8.8.8:0 100" ;;
	*) want="TCP 10.1.1.1:1234 10.2.2.2:80 100" ;;
	esac
	like "$(cat "$tmp/got")" "^$want" "tunnel, options '$tun'"
done
done_testing
