#!/bin/sh
# The pid file: one that names a living process stops the start, any other
# content does not.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

sleep 30 &
sleeper=$!
pids="$pids $sleeper"

echo "$sleeper" >"$tmp/pid"
"$FLOWCAPD" -b 127.0.0.1 -p "$port" -l "$data" -P "$tmp/pid" 2>"$log"
is $? 1 "a living process: status"
like "$(cat "$log")" \
	"Another process with pid $sleeper is holding the pidfile: $tmp/pid" \
	"a living process: message"
is "$(cat "$tmp/pid")" "$sleeper" "its file is left alone"
kill "$sleeper"
wait "$sleeper" 2>/dev/null

for content in "$sleeper" "" "garbage" "-1" "99999999999999999999"; do
	echo "$content" >"$tmp/pid"
	ok "starts over a pid file with '$content'" capd -l "$data" -P "$tmp/pid"
	is "$(cat "$tmp/pid")" "$pid" "writes its own"
	stop
done

if command -v flock >/dev/null; then
	(flock 9 && exec sleep 30) 9>>"$tmp/pid" &
	pids="$pids $!"
	wait_for eval '! flock -n "$tmp/pid" true'
	"$FLOWCAPD" -b 127.0.0.1 -p "$port" -l "$data" -P "$tmp/pid" 2>"$log"
	is $? 1 "a locked file, whatever is in it"
	like "$(cat "$log")" "Another process is holding the pidfile" "is told"
	kill "$!"
	rm -f "$tmp/pid"
else
	skip "a locked file" "no flock"
fi

cd "$tmp" || exit
ok "starts with a relative name" capd -l "$data" -P here
is "$(cat here)" "$pid" "relative pid file"
stop
ok "removed" [ ! -e here ]
done_testing
