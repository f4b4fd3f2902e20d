#!/bin/sh
# What nfcapd 1.7 writes is followed, and its current file is read: nfdump
# finds the same flows when the files are closed.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need nfcapd nfdump

# send COUNT RATE: a stream of flows.
send()
{
	"$BUILDDIR/flowgen" --send v9 --to "127.0.0.1:$port" -n "$1" \
		--rate "$2" >"$tmp/sent" 2>&1
}

format='fmt:%pr %sa %sp %da %dp %pkt %byt'

# printed COMMAND ARGUMENT...: its flows, without blanks that align
printed()
{
	"$@" -q -N -6 -o "$format" | sed 's/  */ /g; s/^ //; s/ $//'
}

# lines COUNT: that many flows, or more, have been printed.
lines()
{
	[ "$(wc -l <"$tmp/followed")" -ge "$1" ]
}

# stored: how many flows there are in closed files
stored()
{
	printed "$FLOWDUMP" -R "$data" | wc -l
}

# compare NAME: what was followed with what nfdump finds
compare()
{
	kill -TERM "$follower"
	wait "$follower"
	is $? 0 "$1: status"
	sed 's/  */ /g; s/^ //; s/ $//' "$tmp/followed" | sort >"$tmp/got"
	printed nfdump -R "$data" | sort >"$tmp/want"
	ok "$1: some flows" test -s "$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$1: the flows that nfdump finds"
	is "$(cat "$tmp/followed.err")" "" "$1: no message"
	rm -f "$data"/nfcapd.*
}

# watches: it knows what happens in the directory from now on.
watches()
{
	grep -q '^inotify wd' "/proc/$follower"/fdinfo/*
}

follow()
{
	"$FLOWDUMP" --follow "$data" -q -N -6 -o "$format" \
		>"$tmp/followed" 2>"$tmp/followed.err" &
	follower=$!
	pids="$follower"
	wait_for watches
}

follow
ok "starts" listen nfcapd -t 2 -w "$data" -y
send 2000 20
stop_peer
ok "printed" wait_for lines "$(stored)"
compare "slots"

# One slot: nfcapd stores whole blocks of a megabyte.
follow
ok "starts" listen nfcapd -t 3600 -w "$data"
rounds=0
until on_disk 2000000 || [ $((rounds += 1)) -gt 20 ]; do
	send 10000 1000
done
ok "blocks are stored" on_disk 2000000
printed "$FLOWDUMP" -r "$data"/nfcapd.current.* >"$tmp/live"
ok "blocks are printed" wait_for lines "$(wc -l <"$tmp/live")"
stop_peer
ok "current file: some flows" test -s "$tmp/live"
printed "$FLOWDUMP" -R "$data" >"$tmp/all"
head -n "$(wc -l <"$tmp/live")" "$tmp/all" >"$tmp/want"
compare_file "$tmp/live" "$tmp/want" "current file: the first flows"
ok "printed" wait_for lines "$(wc -l <"$tmp/all")"
compare "one slot"

# Joined in one slot.
follow
for round in 1 2; do
	ok "starts" listen nfcapd -t 3600 -w "$data"
	send 500 100
	stop_peer
	ok "round $round: printed" wait_for lines "$(stored)"
done
is "$(files | wc -l)" 1 "one file"
compare "joined"
done_testing
