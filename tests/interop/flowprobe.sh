#!/bin/sh
# What flowprobe exports is read by nfcapd and by tshark, in each version.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"
need nfcapd
whole='-d 100000000 -e 0'

# ready: the port is open
ready()
{
	grep -q ":$(printf %04X "$port") " /proc/net/udp || gone "$pid"
}

# to_nfcapd CAPTURE ARGUMENT...: export to nfcapd, which stores in $data
to_nfcapd()
{
	rm -rf "$data"
	mkdir "$data"
	nfcapd -b 127.0.0.1 -p "$port" -l "$data" -P "$tmp/nfcapd.pid" \
		>"$log" 2>&1 &
	pid=$!
	pids="$pids $pid"
	wait_for ready || return 1
	"$FLOWPROBE" $whole -r "$@" "127.0.0.1:$port" 2>"$tmp/probe.log" || return
	wait_for drained
	kill -TERM "$pid"
	wait_for gone "$pid"
}

for version in 1 5 7 9 10; do
	for file in tcp_basic many_flows fragments; do
		ok "v$version: $file" to_nfcapd "$pcap/$file.pcap" \
			-n "$version"
		only=
		[ "$version" -ge 9 ] || only='-f ip'
		probe "$pcap/$file.pcap" $whole $only
		listed "$tmp/flows" >"$tmp/want"
		listed "$data" >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "nfcapd has the same flows"
		unlike "$(cat "$log")" "Sequence Errors: [1-9]" \
			"and no gap in the sequence"
	done
done

if ! command -v tshark >/dev/null || ! command -v dumpcap >/dev/null; then
	skip "tshark" "tshark is not installed"
	done_testing
fi

# capture VERSION ARGUMENT...: the datagrams of an export, in $tmp/sent.pcap
capture()
{
	: >"$log"
	dumpcap -q -i lo -P -w "$tmp/sent.pcap" -f "udp dst port $port" \
		2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for logged '^File: ' || return 1
	"$FLOWPROBE" $whole -r "$pcap/many_flows.pcap" -n "$@" \
		"127.0.0.1:$port" 2>"$tmp/probe.log"
	"$FLOWPROBE" $whole -r "$pcap/ipv6_ext.pcap.gz" -n "$@" \
		"127.0.0.1:$port" 2>>"$tmp/probe.log"
	sent=$(awk '/^Sent:/ { n += $5 } END { print n }' "$tmp/probe.log")
	sleep 1
	kill -INT "$pid"
	wait_for gone "$pid"
}

# The same; dumpcap misses some when the machine is busy.
captured()
{
	for attempt in 1 2 3; do
		capture "$@" || return 1
		! logged "Packets captured: $sent\$" || break
	done
}

for how in 1 5 7 9 10 '9 --time sec' '10 --time sec' '9 --time micro' \
	'10 --time micro' '10 --time nano' '9 --exporter 127.0.0.1' \
	'10 --exporter 127.0.0.1'; do
	if ! captured $how; then
		skip "v$how" "no capture on lo: $(tail -n 1 "$log")"
		continue
	fi
	tshark -r "$tmp/sent.pcap" -d "udp.port==$port,cflow" -V \
		>"$tmp/decoded" 2>/dev/null
	is "$(grep -c '^Cisco NetFlow/IPFIX' "$tmp/decoded")" "$sent" \
		"v$how: tshark decodes all datagrams"
	# some ports make it think aloud of traceroute
	unlike "$(grep -Ei 'malformed|no template|expert info' \
		"$tmp/decoded" | grep -v '(Chat/' | head -3)" . \
		"without a complaint"
	[ "$how" != "${how% --time *}" ] || continue
	like "$(cat "$tmp/decoded")" 'StartTime: Oct  9, 2025 08:5' \
		"and knows the times"
done
done_testing
