#!/bin/sh
# Connections that are refused or closed are counted; others go on.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

tera="$SRCDIR/tests/data/tera/v4.bin"

# counted KEY COUNT: a number of the object that --status prints.
counted()
{
	"$FLOWCAPD" --status -w "$data" | grep -q "\"$1\" : $2\\b"
}

# dial COUNT FILE: connections that stay until the descriptor is closed.
dial()
{
	mkfifo "$tmp/hold"
	"$BUILDDIR/tests/cli/tcpsend" "$port" "$@" <"$tmp/hold" 2>/dev/null &
	pids="$pids $!"
	exec 9>"$tmp/hold"
	rm "$tmp/hold"
}

hang_up()
{
	exec 9>&-
}

{
	printf '%b' "\\0$(printf %o $(($(wc -c <"$tera") % 256)))\\0\\0\\0\\0\\0\\0\\0"
	cat "$tera"
} >"$tmp/message"
head -c 50 "$tmp/message" >"$tmp/cut"
printf 'GET / HTTP/1.0\r\n\r\n' >"$tmp/other"

: >"$log"
"$FLOWCAPD" --sync never -t 31536000 -w "$data" \
	--listen "tera+tcp://127.0.0.1:$port" 2>"$log" &
pid=$!
pids="$pids $pid"
wait_for started_or_gone
ok "starts" logged '^Startup'
dial 2 "$tmp/message"
ok "messages" wait_for counted fastnetmon_flow_tcp_packets 2
ok "connections are open" wait_for counted connections_open 2
hang_up
ok "and are not" wait_for counted connections_open 0
dial 3 "$tmp/other"
ok "what is no message" wait_for counted connections_malformed 3
hang_up
dial 4 "$tmp/cut"
ok "part of a message" wait_for counted connections_open 4
hang_up
ok "ends" wait_for counted connections_broken 4
dial 300 "$tmp/message"
ok "too many at once" wait_for counted connections_refused 44
ok "the others are served" wait_for counted fastnetmon_flow_tcp_packets 258
hang_up
ok "all are counted" wait_for counted connections_accepted 265
ok "all have ended" wait_for counted connections_open 0
stop
is $? 0 "stops"
is "$(flows "$data"/nfcapd.2*)" 258 "flows"
done_testing
