#!/bin/sh
# --status asks the one that runs; a receiver that takes flows and then stops
# reading makes --follow wait, with no more memory.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

store=$tmp/store
cursor=$tmp/cursor
socket=$cursor.sock
mkdir "$store"

status()
{
	"$FLOWFWD" --status --cursor "$cursor"
}

# shown PATTERN: it is part of the status
shown()
{
	status | grep -Eq "$1"
}

fails 1 "which one?" "$FLOWFWD" --status
fails 1 "nobody runs" status
like "$(cat "$tmp/.out")" "no flowfwd runs on '$socket'" "and the message"

"$BUILDDIR/tests/cli/terasink" -s 1000000 "$port" >"$tmp/sink" \
	2>"$tmp/sink.err" &
pids="$pids $!"
wait_for grep -q ready "$tmp/sink.err"
forward()
{
	"$FLOWFWD" --follow "$store" --cursor "$cursor" -b 1048576 "$@" \
		"tcp://127.0.0.1:$port" 2>>"$log" &
	fwd=$!
	pids="$pids $fwd"
	wait_for status
}
ok "starts" forward
ok "connects" wait_for shown "\"target\":\"tcp://127.0.0.1:$port\",\"connected\":1"
is "$(stat -c %a "$socket")" 600 "the socket is ours alone"
[ ! -w /dev/full ] ||
	fails 1 "to a full disk" sh -c \
		'"$FLOWFWD" --status --cursor "$1" >/dev/full' sh "$cursor"
status >"$tmp/status"
like "$(cat "$tmp/status")" '"flow_forwarder_pushed_messages" : 0,' "a counter"
like "$(cat "$tmp/status")" "\"follow\" : \"$store\"" "the directory"
if command -v python3 >/dev/null 2>&1; then
	ok "valid JSON" python3 -m json.tool "$tmp/status"
else
	skip "valid JSON" "python3 is not installed"
fi
fails 250 "a second one with the cursor" "$FLOWFWD" --follow "$store" \
	--cursor "$cursor" "tcp://127.0.0.1:$port"
like "$(cat "$tmp/.out")" "$socket: .*in use" "and the message"
ok "--control" "$FLOWFWD" --status --control "$socket"

# peak: the most memory it ever had, kB
peak()
{
	sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$fwd/status"
}

before=$(peak)
mkdir "$tmp/made"
ok "flows" "$BUILDDIR/flowgen" --dir "$tmp/made" --files 6 -n 600000
mv "$tmp/made"/* "$store" # as the collector does: they are complete
ok "it waits" wait_for shown '"flowfwd_waiting_files" : [1-9]'
ok "for a full queue" wait_for shown '"flowfwd_queued_bytes" : [0-9]{6}'
ok "and knows how much" wait_for shown '"flowfwd_waiting_flows" : [1-9]00000'
sleep 1
after=$(peak)
if is_watched "$FLOWFWD"; then
	skip "memory is bounded" "what watches it takes memory, too"
else
	[ $((after - before)) -lt 16384 ]
	result $? "memory is bounded: $before kB, then $after kB"
fi

# After a kill the socket is left behind, and replaced.
kill -9 "$fwd"
wait "$fwd" 2>/dev/null
ok "the socket is left behind" test -S "$socket"
fails 1 "but nobody answers" status
ok "starts again" forward
kill "$fwd"
wait "$fwd"
is $? 0 "stopped"
ok "the socket is removed" test ! -e "$socket"

"$FLOWFWD" --control "$tmp/other" -r "$store/$(cd "$store" && ls | head -n 1)" \
	--rate 500 -p "$port" 2>>"$log" &
fwd=$!
pids="$pids $fwd"
other()
{
	"$FLOWFWD" --status --control "$tmp/other" |
		grep -q '"flowfwd_flows" : [1-9]'
}
ok "--control without --follow" wait_for other
kill "$fwd"
done_testing
