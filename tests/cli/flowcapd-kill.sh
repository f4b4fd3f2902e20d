#!/bin/sh
# A collector killed at random moments and started again, over and over, with
# kills during its start too.  Its files are new every two seconds, so some
# hit a rotation, an append or a recovery.  In the end no current file is left
# over, every file is complete, what a reader saw before a kill is there, and
# nothing is there twice.
#
# FLOWCAPD_KILL_ROUNDS=200 runs more rounds, and then flows sent a second and
# a half before a kill, with --flush 1, have to be there: on a machine that is
# not overloaded.  FLOWCAPD_KILL_SEED repeats a run.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

rounds=${FLOWCAPD_KILL_ROUNDS:-15}
seed=${FLOWCAPD_KILL_SEED:-$$}
margin_ms=500
flush_ms=1000
first=16777216 # 1.0.0.0
number=$first
state=$seed
kills_at_start=0
: >"$tmp/sent"
: >"$tmp/due"
: >"$tmp/shown"
echo "# seed $seed, $rounds rounds"

# random LIMIT: $random is a number below it.
random()
{
	state=$(((state * 1103515245 + 12345) % 2147483648))
	random=$((state / 65536 % $1))
}

nap_ms()
{
	sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

# numbers FILE...: the numbers of the flows in files.
numbers()
{
	for file in "$@"; do
		"$FLOWDUMP" -q -r "$file" -o 'fmt:%sa' || return 1
	done | awk -F. 'NF == 4 {
		printf "%.0f\n", (($1 * 256 + $2) * 256 + $3) * 256 + $4
	}'
}

# kill_at_start: the collector dies before or soon after it is ready.
kill_at_start()
{
	"$FLOWCAPD" -b 127.0.0.1 -p "$port" -t 2 -S 7 -l "$data" \
		2>>"$tmp/log.start" &
	pid=$!
	pids="$pids $pid"
	random 25
	nap_ms "$random"
	stop KILL 2>/dev/null
	kills_at_start=$((kills_at_start + 1))
}

# one_round: it lives for a while, and is killed.
one_round()
{
	random 3
	[ "$random" -gt 0 ] || kill_at_start
	random 3
	set -- never close flush
	shift "$random"
	capd -t 2 -S 7 --flush 1 --sync "$1" -l "$data" || return 1
	random 4
	gap=20000
	[ "$random" -gt 0 ] || gap=1200
	"$BUILDDIR/tests/cli/udpstream" "$port" "$number" 1000000 "$gap" \
		>"$tmp/stream" &
	stream=$!
	pids="$pids $stream"
	random 2700
	nap_ms "$random"
	numbers "$data/nfcapd.current.$pid" 2>/dev/null >>"$tmp/shown"
	killed_ms=$(date +%s%3N)
	stop KILL 2>/dev/null
	kill "$stream"
	wait "$stream" 2>/dev/null
	pids=${pids% "$stream"}
	note_sent
}

# note_sent: what was sent before the kill, and what of it was due.
note_sent()
{
	sed '$d' "$tmp/stream" | awk -v first="$number" \
		-v due=$((killed_ms - flush_ms - margin_ms)) \
		-v out="$tmp/due" '
	$2 <= due { last = $1 }
	END { for (n = first; n <= last; n++) print n >>out }'
	last=$(awk 'END { print $1 }' "$tmp/stream")
	[ -n "$last" ] || return 0
	seq "$number" $((last + 30)) >>"$tmp/sent"
	number=$((last + 1000))
}

completed()
{
	[ "$(od -An -t u8 -j 24 -N 8 "$1" | tr -d ' ')" -gt 0 ]
}

all_completed()
{
	while read -r file; do
		completed "$file" || {
			echo "$file"
			return 1
		}
	done <"$tmp/files"
}

# absent A B: how many lines of A are not in B; both are sorted.
absent()
{
	comm -23 "$1" "$2" | wc -l
}

failed=0
for round in $(seq "$rounds"); do
	one_round || failed=$((failed + 1))
done
is "$failed" 0 "the collector starts after every kill"
ok "starts for the last time" capd -t 2 -S 7 -l "$data"
stop
is $? 0 "and stops"

find "$data" -name 'nfcapd.current.*' >"$tmp/left"
is "$(cat "$tmp/left")" "" "no current file is left over"
find "$data" -name 'nfcapd.recovered.*' >"$tmp/left"
is "$(cat "$tmp/left")" "" "and none is set aside"
find "$data" -name 'nfcapd.*' | sort >"$tmp/files"
ok "every file is complete" all_completed

xargs -n 1 "$FLOWDUMP" -q -o 'fmt:%pr' -r <"$tmp/files" >/dev/null \
	2>"$tmp/errors"
is "$?$(cat "$tmp/errors")" 0 "every file is readable"
while read -r file; do
	numbers "$file"
done <"$tmp/files" >"$tmp/found.all"
LC_ALL=C sort "$tmp/found.all" >"$tmp/found"
for name in sent due shown; do
	LC_ALL=C sort -u "$tmp/$name" >"$tmp/$name.sorted"
done
is "$(uniq -d <"$tmp/found" | wc -l)" 0 "no flow is there twice"
is "$(absent "$tmp/found" "$tmp/sent.sorted")" 0 "or was not sent"
is "$(absent "$tmp/shown.sorted" "$tmp/found")" 0 \
	"what a reader saw before a kill is there"
missing=$(absent "$tmp/due.sorted" "$tmp/found")
if [ -n "$FLOWCAPD_KILL_ROUNDS" ]; then
	is "$missing" 0 "and what was sent before the last flush"
fi
echo "# $rounds kills, $kills_at_start more at the start;" \
	"$(wc -l <"$tmp/files") files, $(wc -l <"$tmp/found") flows found;" \
	"$(wc -l <"$tmp/due.sorted") sent before the last flush," \
	"$missing of them missing;" \
	"$(wc -l <"$tmp/shown.sorted") seen before a kill"

if command -v nfdump >/dev/null; then
	while read -r file; do
		nfdump -q -r "$file" -o 'fmt:%sa' 2>&1
	done <"$tmp/files" | grep -c '\.' >"$tmp/nfdump"
	is "$(cat "$tmp/nfdump")" "$(wc -l <"$tmp/found")" \
		"nfdump finds the same number of flows"
else
	skip "nfdump" "not installed"
fi
done_testing
