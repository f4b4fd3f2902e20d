#!/bin/sh
# IPFIX over TCP: all of a capture arrives, also when the collector goes and
# comes back, and each session has its templates.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"
whole='-d 100000000 -e 0'
url=

# collect ARGUMENT...: a collector by TCP, at $url
collect()
{
	for attempt in 1 2 3 4 5; do
		url=tcp://localhost:$port
		: >"$log"
		"$FLOWCAPD" --listen "ipfix+$url" -w "$data" --sync never \
			"$@" 2>"$log" &
		pid=$!
		pids="$pids $pid"
		wait_for started_or_gone
		logged 'Address already in use' || break
		forget
		port=$((port + 1))
	done
	logged '^Startup'
}

told()
{
	grep -Eq -e "$1" "$tmp/probe.log"
}

# sent ARGUMENT...: by the probe, to the end
sent()
{
	timeout 60 "$FLOWPROBE" $whole "$@" 2>"$tmp/probe.log"
}

probe "$pcap/many_flows.pcap" $whole
listed "$tmp/flows" >"$tmp/want"

ok "a collector" collect
ok "a capture is sent" sent -r "$pcap/many_flows.pcap" "$url"
stop
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "the same flows"
like "$(cat "$log")" 'Sequence Errors: 0, Bad Packets: 0' "all in order"
like "$(cat "$log")" ' templates: 1,' "the template was sent once"

# The receiver that gets a connection is the one that takes its messages.
rm -rf "$data"
mkdir "$data"
ok "several receivers" collect --receivers 3
ok "a capture is sent" sent -r "$pcap/many_flows.pcap" "$url"
stop
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "the same flows"

# It waits for the collector to come.
rm -rf "$data"
mkdir "$data"
: >"$tmp/probe.log"
"$FLOWPROBE" $whole -r "$pcap/many_flows.pcap" --reconnect 1 "$url" \
	2>"$tmp/probe.log" &
probe=$!
pids="$pids $probe"
ok "nobody is there" wait_for told 'no connection: .*refused'
ok "a collector comes" collect
wait "$probe"
is $? 0 "the capture is sent"
stop
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "the same flows"

fails 1 "nobody comes" sent -r "$pcap/many_flows.pcap" --reconnect 1 "$url"
like "$(cat "$tmp/probe.log")" "lost with a connection: 14[34];" \
	"what is not sent is counted"

for url in tcp:// tcp://h:0 'tls://[::1' ftp://h; do
	fails 1 "refused: $url" "$FLOWPROBE" -r "$pcap/icmp.pcap" "$url"
done
done_testing
