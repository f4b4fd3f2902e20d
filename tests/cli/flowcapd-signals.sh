#!/bin/sh
# TERM, INT and HUP stop with everything stored; USR1 and USR2 report; PIPE
# and ALRM do nothing.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

received()
{
	kill -USR1 "$pid"
	logged "^Exporter SysID: 1, .*packets: 4, flows: 5, "
}

for signal in TERM HUP; do
	rm -f "$data"/nfcapd.*
	ok "starts" capd -t 31536000 -l "$data" -P "$tmp/pid"
	is "$(cat "$tmp/pid")" "$pid" "pid file"
	kill -PIPE "$pid"
	kill -ALRM "$pid"
	feed_v5
	ok "USR1 reports the counters" wait_for received
	stop $signal
	is $? 0 "$signal: status"
	like "$(files)" "^nfcapd\.[0-9]{12}\$" "$signal: file in place"
	is "$(flows "$data"/nfcapd.*)" 5 "$signal: flows stored"
	ok "$signal: pid file removed" [ ! -e "$tmp/pid" ]
done
done_testing
