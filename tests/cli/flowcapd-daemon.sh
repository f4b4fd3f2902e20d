#!/bin/sh
# In the background: the caller gets control back when everything is ready,
# and a status that tells the truth.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

daemon()
{
	"$FLOWCAPD" -D -T all -w -t 31536000 --sync never -P "$tmp/pid" \
		-b 127.0.0.1 -p "$port" -l "$data" >"$tmp/out" 2>"$log"
}

daemon
is $? 0 "status of the parent"
pid=$(cat "$tmp/pid")
pids="$pids $pid"
ok "the pid is that of a living process" kill -0 "$pid"
is "$(files)" "nfcapd.current.$pid" "the first file is there"
feed_v5
is "$(cat "$log" "$tmp/out")" "" "nothing is printed"

cp "$tmp/pid" "$tmp/held"
mkdir "$tmp/other"
"$FLOWCAPD" -D -b 127.0.0.1 -p "$port" -l "$tmp/other" >"$tmp/out" 2>"$log"
is $? 1 "a port in use: status"
like "$(cat "$log")" "Address already in use" "a port in use: message"

ok "what was sent reaches the file" wait_for on_disk 100
kill -9 "$pid"
wait_for gone "$pid"
daemon
is $? 0 "starts at once after KILL, over the old pid file"
pid=$(cat "$tmp/pid")
pids="$pids $pid"
ok "with another pid" [ "$pid" != "$(cat "$tmp/held")" ]
kill "$pid"
ok "stops" wait_for gone "$pid"
is "$(flows "$data"/nfcapd.*)" 5 "the flows of the killed one are there"
ok "pid file removed" [ ! -e "$tmp/pid" ]
done_testing
