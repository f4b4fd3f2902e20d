#!/bin/sh
# Packets of a device.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# Nobody listens at the port, so that sending ends with the first refusal.
"$FLOWCAPD" -d lo -p "$port" -l "$data" 2>"$log" &
pid=$!
pids=$pid
wait_for started_or_gone
if ! logged '^Startup'; then
	grep -q 'ermission' "$log" || note <"$log"
	skip_all "packets cannot be captured"
fi

# The first packets may be sent before the kernel looks.
fed()
{
	feed_v5
	sleep 0.3
	kill -USR1 "$pid"
	logged '^Exporter .* flows: [1-9]'
}

ok "flows of a device" wait_for fed
stop
is "$?" 0 "ends by a signal"
ok "are stored" [ "$(flows "$data"/nfcapd.2*)" -ge 1 ]
"$FLOWCAPD" -d no-such-device -l "$data" 2>"$log"
is "$?" 1 "no device"
like "$(cat "$log")" 'no-such-device: ' "is told"
done_testing
