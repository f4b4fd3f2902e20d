#!/bin/sh
# Capture from a device, in a network of our own: in the foreground and as a
# daemon, with its signals, and as another user in another root directory.
. "$SRCDIR/tests/lib.sh"
need unshare ip

if [ -z "$IN_NETWORK" ]; then
	unshare -n true 2>/dev/null || skip_all "no network of our own"
	export IN_NETWORK=1
	exec unshare -n "${SHELL:-/bin/sh}" "$SRCDIR/tests/cli/flowprobe-live.sh"
fi

. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"
ip link set lo up || skip_all "no loopback device"
mkdir "$tmp/root" "$tmp/root/flows"
chmod 755 "$tmp" "$tmp/root"
chmod 777 "$data" "$tmp/root/flows"
filter="udp dst port $port"

# live ARGUMENT...: start in the foreground
live()
{
	: >"$log"
	"$FLOWPROBE" -i lo -l2 -f "$filter" "$@" 2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for logged '^filter: '
	wait_for capturing
}

# dropped: none of the user ids is that of root
dropped()
{
	awk '/^Uid:/ { exit !($2 > 0 && $3 > 0 && $4 > 0 && $5 > 0) }' \
		"/proc/$pid/status"
}

# capturing: the packet socket is there
capturing()
{
	gone "$pid" || [ "$(wc -l </proc/net/packet)" -gt 1 ]
}

# packets: four of them, one by one, as nobody receives them
packets()
{
	for name in seq0_2rec seq2_1rec seq7_1rec_gap4 seq8_1rec; do
		"$BUILDDIR/tests/cli/udpsend" "$port" \
			"$wire/syn_v5_sequence_gap/$name.dat" 2>/dev/null
	done
}

end()
{
	kill -TERM "$pid"
	wait "$pid"
}

# counted DIR: packets of the flows
counted()
{
	listed "$1" | awk -F, '{ n += $6 } END { print n + 0 }'
}

ok "in the foreground" live -l "$data" -P "$tmp/pid" -s 1 -d 1
packets
wait_for test -s "$tmp/pid"
is "$(cat "$tmp/pid")" "$pid" "the pid file"
wait_for eval 'kill -USR1 "$pid"; sleep 0.2; logged "ended idle: [1-9]"'
ok "SIGUSR1: flows end while nothing comes" logged 'ended idle: [1-9]'
end
is "$?" 0 "SIGTERM"
is "$(counted "$data")" 4 "all packets are there"
ok "the pid file is gone" test ! -e "$tmp/pid"
like "$(cat "$log")" 'dropped by the kernel: 0' "drops are told"
is "$(cd "$data" && ls | grep -c current)" 0 "the file is complete"

ok "with flows in the cache" live -l "$data"
packets
sleep 0.5
kill -HUP "$pid"
end
is "$?" 0 "SIGTERM"
is "$(counted "$data")" 8 "they are flushed"

mkdir "$tmp/flows" "$tmp/archive"
ok "packets are kept" live -l "$tmp/flows" --threads 2 \
	--archive "$tmp/archive"
packets
wait_for eval 'ls -l "$tmp/archive"/.nfcapd* | grep -qv " 0 "'
ok "in time" test -s "$tmp/archive"/.nfcapd.*
end
is "$?" 0 "SIGTERM"
is "$(ls -A "$tmp/archive" | grep -c '^nfcapd.*pcap$')" 1 "the file is complete"
probe "$tmp/archive"/nfcapd.*
is "$(counted "$tmp/flows")" 4 "all packets are there"

if [ "$(id -u)" -eq 0 ] && id nobody >/dev/null 2>&1; then
	# Leaks are looked for in /proc, which is not there.
	export ASAN_OPTIONS="detect_leaks=0:$ASAN_OPTIONS"
	ok "another user and root directory" live -u nobody -c "$tmp/root" \
		--dir /flows -P "$tmp/pid"
	ok "it is not root" wait_for dropped
	is "$(readlink "/proc/$pid/root")" "$tmp/root" "where it is"
	packets
	sleep 0.5
	end
	is "$?" 0 "SIGTERM"
	is "$(counted "$tmp/root/flows")" 4 "flows are there"
	is "$(cat "$tmp/pid")" "" "the pid file names nobody"
else
	skip "another user" "not root"
fi

ok "a daemon" "$FLOWPROBE" -i lo -f "$filter" --dir "$data" -P "$tmp/pid"
pid=$(cat "$tmp/pid")
pids="$pids $pid"
fails 1 "the pid file is held" "$FLOWPROBE" -i lo --dir "$tmp/root" \
	-P "$tmp/pid"
fails 1 "and so is the directory" "$FLOWPROBE" -i lo -l2 -l "$data"
packets
sleep 0.5
kill -TERM "$pid"
ok "ends" wait_for gone "$pid"
is "$(counted "$data")" 12 "with its flows"
fails 1 "no such device" "$FLOWPROBE" -i none0 -l2 -l "$data"
done_testing
