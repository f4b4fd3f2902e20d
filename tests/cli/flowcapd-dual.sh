#!/bin/sh
# One socket for both families: IPv4 senders stay IPv4.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

[ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6 ||
	skip_all "there is no IPv6 here"

"$FLOWCAPD" -4 -6 -b ::ffff:127.0.0.1 -p "$port" -l "$data" 2>"$log" &
pid=$!
pids="$pids $pid"
ok "starts on a mapped address" wait_for logged '^Startup'
like "$(cat "$log")" "Bound to IPv6 host/IP: ::ffff:127.0.0.1, Port: $port" \
	"bound line"
feed_v5
ok "the sender is IPv4" wait_for logged "New exporter: .*IP: 127.0.0.1$"
stop

: >"$log"
"$FLOWCAPD" -6 -b ::1 -p "$port" -l "$data" 2>"$log" &
pid=$!
pids="$pids $pid"
ok "starts on IPv6" wait_for logged '^Startup'
"$BUILDDIR/tests/cli/udpsend" -6 "$port" "$wire/syn_v5_sequence_gap/seq0_2rec.dat"
ok "the sender is IPv6" wait_for logged "New exporter: .*IP: ::1$"
stop
done_testing
