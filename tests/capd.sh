# Helpers for tests that run the collector.  Read after tests/lib.sh:
#
#	. "$SRCDIR/tests/capd.sh"
#
# A test's collectors listen on 127.0.0.1 and are killed by their ids at the
# end.  $log is what the last one wrote, $pid its id, $port its port: no other
# test has this one or the next five, and the kernel gives it to no sender.

wire="$SRCDIR/tests/data/wire"
log=$tmp/log
data=$tmp/data
port=$((10000 + $$ * 7 % 20000))
pids=
mkdir "$data"

trap 'kill_all; rm -rf "$tmp"' EXIT

kill_all()
{
	for one in $pids; do
		kill -9 "$one" 2>/dev/null
	done
}

# wait_for COMMAND...: until it succeeds, at most half a minute.
wait_for()
{
	wait_left=600
	until "$@" >/dev/null 2>&1; do
		[ $((wait_left -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

logged()
{
	grep -Eq -e "$1" "$log"
}

# gone PID: the process has ended (or waits for us to notice).
gone()
{
	! kill -0 "$1" 2>/dev/null ||
		grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null
}

started_or_gone()
{
	logged '^Startup' || gone "$pid"
}

# listen PROGRAM ARGUMENT...: start a collector, ours or nfcapd, and wait until
# it is ready.  A port in use by somebody else is passed over.  What the one
# before wrote would do for "ready", and a shell that has not yet become the
# collector takes a signal for its own and clears $tmp: the log starts empty.
listen()
{
	program=$1
	shift
	for attempt in 1 2 3 4 5; do
		: >"$log"
		"$program" -b 127.0.0.1 -p "$port" "$@" >"$tmp/out" 2>"$log" &
		pid=$!
		pids="$pids $pid"
		wait_for started_or_gone
		logged 'Address already in use' || break
		forget
		port=$((port + 1))
	done
	logged '^Startup'
}

# capd ARGUMENT...: start flowcapd.  It does not wait for the disk, which may
# be busy: a collector that is to stop gives it 2.5 seconds, and leaves the
# file behind then.
capd()
{
	listen "$FLOWCAPD" --sync never "$@"
}

# forget: the last collector has been told to end; its number may soon be
# that of another process.
forget()
{
	pids=${pids% "$pid"}
}

# stop [SIGNAL]: stop the last collector; its exit status.
stop()
{
	kill "-${1:-TERM}" "$pid"
	forget
	wait "$pid"
}

# drained: what was sent to $port has been read.
drained()
{
	awk -v port="$(printf ':%04X' "$port")" \
		'substr($2, 9) == port && $5 !~ /:00000000$/ { left = 1 }
		END { exit left }' /proc/net/udp
}

# stop_peer: stop the last collector when it is another program.  nfcapd leaves
# what it has not read, and sleeps on when the signal comes between a look at
# its flag and recvfrom().
stop_peer()
{
	wait_for drained
	while ! gone "$pid"; do
		kill -TERM "$pid" 2>/dev/null
		sleep 0.1
	done
	forget
	wait "$pid"
}

# feed FILE...: send files as datagrams.
feed()
{
	"$BUILDDIR/tests/cli/udpsend" -g 1000 "$port" "$@"
}

# feed_v5: five flows of 50 packets and 5000 bytes, one sequence error.
feed_v5()
{
	for name in seq0_2rec seq2_1rec seq7_1rec_gap4 seq8_1rec; do
		set -- "$@" "$wire/syn_v5_sequence_gap/$name.dat"
	done
	feed "$@"
}

# files: names of the files in the data directory, without ours.
files()
{
	(cd "$data" && find . -type f ! -name '.*' | sort | sed 's/^..//')
}

# flows FILE...: how many flow records are in complete files.
flows()
{
	for file in "$@"; do
		"$FLOWDUMP" -q -r "$file" -o 'fmt:%pr' || return 1
	done | grep -c .
}

# slots_ended: how many, of one source.
slots_ended()
{
	grep -c '^Ident:' "$log"
}

slot_ended()
{
	[ "$(slots_ended)" -gt "$slots_seen" ]
}

# rotate: wait for two slots to end, the second of which begins meanwhile.
rotate()
{
	for slot in 1 2; do
		slots_seen=$(slots_ended)
		wait_for slot_ended || return 1
	done
}

# on_disk BYTES: the file being written has reached this size.
on_disk()
{
	for file in "$data"/nfcapd.current.*; do
		[ "$(wc -c <"$file")" -ge "$1" ] && return
	done
	return 1
}
