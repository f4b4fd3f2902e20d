#!/bin/sh
# Tera Flow over UDP: flows, their exporters, what is refused, the counters;
# beside a port for other protocols.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

tera="$SRCDIR/tests/data/tera"
other=$((port + 1))
rubbish="$wire/syn_v5_sequence_gap/seq0_2rec.dat"

# send FILE...: as messages.
send()
{
	"$BUILDDIR/tests/cli/udpsend" -g 1000 "$port" "$@"
}

# start OPTION...
start()
{
	: >"$log"
	"$FLOWCAPD" --sync never -t 31536000 -w "$data" \
		--listen "tera+udp://127.0.0.1:$port" "$@" 2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for started_or_gone
	logged '^Startup'
}

# counted KEY COUNT: a number of the object that --status prints.
counted()
{
	"$FLOWCAPD" --status -w "$data" | grep -q "\"$1\" : $2\\b"
}

file()
{
	echo "$data"/nfcapd.2*
}

listed()
{
	"$FLOWDUMP" -q -N -6 -r "$(file)" -o "fmt:$1" | tr -s ' ' |
		sed 's/^ //; s/ $//'
}

ok "starts" start --listen "netflow://127.0.0.1:$other"
send "$tera/v4.bin" "$tera/v6.bin" "$tera/v6-segments.bin" \
	"$tera/v4-before-2.0.355.bin" "$rubbish" "$rubbish"
"$BUILDDIR/tests/cli/udpsend" "$other" "$rubbish" "$tera/v4.bin"
ok "messages are counted" wait_for counted fastnetmon_flow_udp_packets 6
ok "datagrams are counted" wait_for counted datagrams 8
"$FLOWCAPD" --status -w "$data" >"$tmp/status"
like "$(cat "$tmp/status")" '"malformed_tera":2' "refused messages"
like "$(cat "$tmp/status")" \
	'"ip":"127.0.0.1","version":"tera","id":0,.*"packets":4,"flows":4,' \
	"the sender as exporter"
is "$(grep -c 'Tera Flow: 33555713 segments' "$log")" 1 "logged but once"
ok "exporters are logged" logged \
	'^Tera Flow: New exporter: SysID: 1, IP: 127.0.0.1, from: 127.0.0.1'
stop
is $? 0 "stops"
like "$(cat "$log")" 'Bad Packets: 1' "none for the other port"

# Those of the other port come first or last.
listed '%sa %da %sp %dp %pr %pkt %byt %flg %in %out %sas %das' |
	grep ' 51515 \| 34166 ' >"$tmp/got"
cat >"$tmp/want" <<'END_OF_FLOWS'
10.1.2.3 203.0.113.1 51515 443 6 99 122070 ...AP.SF 7 12 64512 13335
2001:db8:20:1::2b 2001:db8:f00:200:dead:beef:cafe:53 53 34166 17 512 153600 ........ 0 0 0 0
2001:db8:20:1::2b 2001:db8:f00:200:dead:beef:cafe:53 53 34166 17 512 153600 ........ 0 0 0 0
10.1.2.3 203.0.113.1 51515 443 6 99 123456 ...AP.SF 7 12 64512 13335
END_OF_FLOWS
compare_file "$tmp/got" "$tmp/want" "flows"
is "$("$FLOWDUMP" -q -r "$(file)" -o ndjson | grep -c '"export_version":84')" \
	4 "they say what they came by"
"$FLOWDUMP" -E "$(file)" >"$tmp/exporters"
like "$(cat "$tmp/exporters")" \
	'version: tera, .*packets: 4, flows: 4' "exporters in the file"
like "$(cat "$tmp/exporters")" 'malformed tera: 2' "what was refused"
like "$(cat "$tmp/exporters")" 'interval: 1, packet space: 511' "the rate"
if nfdump -V 2>/dev/null | grep -q '1\.7\.1'; then
	is "$(nfdump -q -N -6 -r "$(file)" -o 'fmt:%sa %byt' 2>/dev/null |
		tr -s ' ' | sed 's/^ //; s/ $//')" "$(listed '%sa %byt')" \
		"nfdump reads the file"
else
	skip "nfdump reads the file" "nfdump is not version 1.7.1"
fi

# An exporter that is named has its address in the file.
rm -f "$data"/nfcapd.*
{
	head -c 100 "$tera/v4.bin"
	printf '\300\000\002\011' # 192.0.2.9
	tail -c +105 "$tera/v4.bin"
} >"$tmp/named.bin"
ok "starts again" start --receivers 2
send "$tmp/named.bin"
ok "a message" wait_for counted fastnetmon_flow_udp_packets 1
like "$("$FLOWCAPD" --status -w "$data")" '"agent":"192.0.2.9"' "its agent"
stop
like "$("$FLOWDUMP" -q -r "$(file)" -o ndjson)" '"192.0.2.9"' "in the flow"
like "$("$FLOWDUMP" -E "$(file)")" '192\.0\.2\.9' "in its record"
ok "who sent it is logged" logged 'IP: 192.0.2.9, from: 127.0.0.1'

# The port without one.
: >"$log"
"$FLOWCAPD" --listen tera+udp://127.0.0.1 -w "$data" 2>"$log" &
pid=$!
pids="$pids $pid"
wait_for started_or_gone
ok "default port" logged 'Port: 8104$|:8104: Address already in use'
stop
for url in tera:// tera+http://127.0.0.1; do
	like "$("$FLOWCAPD" --listen "$url" -w "$data" 2>&1)" \
		'does not begin with netflow://' "refused: $url"
done
done_testing
