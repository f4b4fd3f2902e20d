#!/bin/sh
# A flood of templates, false sets and noise from thousands of senders, and an
# exporter beside them that does everything right: its flows are all there,
# and the memory of the collector has a bound.  FLOWCAPD_FLOOD_SECONDS=600 is
# the long form, FLOWCAPD_FLOOD_SEED repeats one.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

seconds=${FLOWCAPD_FLOOD_SECONDS:-4}
seed=${FLOWCAPD_FLOOD_SEED:-1}
senders=10000
memory_max_kb=$((512 * 1024))
echo "# seed $seed"

# peak: the most memory that the collector has had, in kB
peak()
{
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status"
}

ok "starts" capd -t 31536000 -B 8388608 -l "$data"
"$BUILDDIR/tests/cli/udpflood" "$port" "$seed" "$senders" "$seconds" 2500 \
	>"$tmp/flood" 2>&1 &
flood=$!
pids="$pids $flood"
"$BUILDDIR/flowgen" -n $((seconds * 10000)) --send v9 \
	--to "127.0.0.1:$port" --rate 500 >"$tmp/said"
wait "$flood"
is $? 0 "the flood is over"
udp_wait_read "$port"
drops=$(udp_column "$port" dropped)
peak=$(peak)
kill -0 "$pid"
result $? "the collector lives"
stop
is $? 0 "stops"

found=$("$FLOWDUMP" -q -R "$data" -o fmt:%pr 'router ip 127.0.0.1' | wc -l)
if [ "$drops" -eq 0 ]; then
	is "$found" "$(sed -n 's/^flows=\([0-9]*\).*/\1/p' "$tmp/said")" \
		"all flows of the exporter are stored"
else
	skip "all flows are stored" "the machine is overloaded"
fi
# a build with checks has shadows of all memory
if grep -q __asan_init "$FLOWCAPD"; then
	skip "bounded memory" "a build with checks"
else
	ok "bounded memory: $peak kB" test "$peak" -lt "$memory_max_kb"
fi
ok "the log stays short" [ "$(wc -l <"$log")" -lt $((3 * senders)) ]
echo "# $(cat "$tmp/flood"), $drops dropped by the kernel, at most $peak kB," \
	"$(wc -l <"$log") lines of the log"
done_testing
