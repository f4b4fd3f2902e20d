#!/bin/sh
# -J and -j of 1.6.13 join a group.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

group=239.255.71.4

# join ARGUMENT...: start a collector without an address to bind to.
join()
{
	: >"$log"
	"$FLOWCAPD" -p "$port" -t 31536000 -l "$data" "$@" >"$tmp/out" \
		2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for started_or_gone
	logged '^Startup'
}

for letter in J j; do
	if ! join -$letter $group; then
		skip "-$letter" "$(tail -n 1 "$log")"
		continue
	fi
	like "$(cat "$log")" \
		"^Joined IPv4 multicast group: $group Port: $port\$" \
		"-$letter joins"
	stop
	is $? 0 "-$letter stops"
done
fails 1 "not a group" "$FLOWCAPD" -J 127.0.0.1 -p "$port" -l "$data"
like "$(cat "$tmp/.out")" "bind: Cannot assign requested address" "is told"
fails 1 "-b with -J" "$FLOWCAPD" -J $group -b 127.0.0.1 -p "$port" -l "$data"
like "$(cat "$tmp/.out")" "ERROR, -b and -j are mutually exclusive!!" "is told"
done_testing
