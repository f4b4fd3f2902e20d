#!/bin/sh
# Start lines, their order, and what stops a start.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

ok "starts" capd -w -t 300 -T 1,+3 -l "$data"
is "$(sed 's/[0-9][0-9]*$/N/' "$log")" "Add extension: 2 byte input/output interface index
Add extension: 4 byte input/output interface index
Add extension: dst tos, direction, src/dst mask
Bound to IPv4 host/IP: 127.0.0.1, Port: N
Startup.
Init v9: Max number of v9 tags: N
Init IPFIX: Max number of IPFIX tags: N" "start lines"
is "$(files)" "nfcapd.current.$pid" "the first file is there"

mkdir "$tmp/other"
"$FLOWCAPD" -b 127.0.0.1 -p "$port" -l "$tmp/other" 2>"$tmp/second"
is $? 1 "a port in use: status"
like "$(cat "$tmp/second")" "Could not bind to 127.0.0.1:$port: Address already in use" \
	"a port in use: message"
is "$(ls -A "$tmp/other")" "" "and nothing is left behind"

"$FLOWCAPD" -b 127.0.0.1 -p $((port + 1)) -l "$data" 2>"$tmp/second"
is $? 1 "a directory in use: status"
like "$(cat "$tmp/second")" \
	"Another collector with pid $pid is already running, and configured for '$data'" \
	"a directory in use: message"
stop
is $? 0 "stops"
like "$(tail -n 1 "$log")" "^Terminating nfcapd\.$" "last line"

ok "starts again, all extensions" capd -T all -l "$data"
is "$(grep -c '^Add extension: ' "$log")" 35 "35 of them"
stop

ln -s "$FLOWCAPD" "$tmp/sfcapd"
: >"$log"
"$tmp/sfcapd" -b 127.0.0.1 -p "$port" -l "$data" 2>"$log" &
pid=$!
pids="$pids $pid"
ok "starts as sfcapd" wait_for logged '^Startup'
stop
like "$(tail -n 1 "$log")" "^Terminating sfcapd\.$" "and says so"
done_testing
