#!/bin/sh
# What got lost on the way to the collector is logged and stands in the file,
# with an index and without; a rate that comes late is applied.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# exporters: what -E prints of the only file.
exporters()
{
	"$FLOWDUMP" -E "$(echo "$data"/nfcapd.2*)"
}

for option in "" --no-index; do
	rm -f "$data"/nfcapd.*
	# shellcheck disable=SC2086
	ok "starts $option" capd -t 31536000 $option -l "$data"
	feed "$wire"/syn_v5_sequence_gap/seq0_2rec.dat \
		"$wire"/syn_v5_sequence_gap/seq2_1rec.dat \
		"$wire"/syn_v5_sequence_gap/seq7_1rec_gap4.dat \
		"$wire"/syn_malformed_v9/template.dat \
		"$wire"/syn_malformed_v9/set_length_zero.dat \
		"$wire"/syn_malformed_v9/reserved_set_id_100.dat \
		"$wire"/syn_malformed_short/v9_header_cut.dat \
		"$wire"/syn_malformed_short/version_99.dat
	stop
	exporters >"$tmp/exporters"
	like "$(cat "$tmp/exporters")" \
		'^Collector - datagrams: 8, bad packets: 1' "the collector"
	like "$(cat "$tmp/exporters")" \
		'version: 5, .*, missing flows: 4$' "missing flows"
	like "$(cat "$tmp/exporters")" \
		'version: 9, .*malformed set length: 1, malformed set id: 1' \
		"refusals by reason"
	ok "the exporter is logged" logged \
		'^Exporter IP: 127\.0\.0\.1, version: 5, .*missing flows: 4'
	ok "reasons are logged" logged '^Datagrams: .*malformed headers: 1'
done
like "$("$FLOWDUMP" -o ndjson -E "$(echo "$data"/nfcapd.2*)")" \
	'"version":"5",.*"counters":\[.*\{"name":"missing_flows","value":4\}' \
	"in JSON"

# A second run in the same interval adds to the ledger.
ok "starts again" capd -t 31536000 -l "$data"
feed "$wire"/syn_malformed_short/version_99.dat
stop
like "$(exporters)" '^Collector - datagrams: 9, bad packets: 2' "joined"

# Data sets that never get their template are given up at the stop.
more_slots()
{
	[ "$(slots_ended)" -gt "$1" ]
}

rm -f "$data"/nfcapd.*
ok "starts with short slots" capd -t 1 --no-state -l "$data"
feed "$wire"/syn_v9_data_before_template/data.dat
ok "a set is held" wait_for logged '^Datagrams: .*sets held: 1'
ok "slots pass" wait_for more_slots "$(($(slots_ended) + 1))"
stop
ok "it is dropped" logged '^Datagrams: 0,.*sets dropped: 1'
ok "by its exporter" logged \
	'^Exporter IP: 127\.0\.0\.1, version: 9, .*, sets dropped: 1'

rm -f "$data"/nfcapd.*
ok "starts for a late rate" capd -t 31536000 -l "$data"
feed "$wire"/syn_v9_sampler_by_id/template.dat \
	"$wire"/syn_v9_sampler_by_id/data_id1_id2_id9.dat \
	"$wire"/syn_v9_sampler_by_id/options_template.dat \
	"$wire"/syn_v9_sampler_by_id/options_data_two_samplers.dat
stop
is "$("$FLOWDUMP" -q -N -o fmt:%pkt -r "$data"/nfcapd.2* | tr -d ' ' |
	tr '\n' ' ')" "1000 5000 10 " "it is applied to what came before"
ok "and logged" logged '^Sampling rate applied to 1 flows'
done_testing
