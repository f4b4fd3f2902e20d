#!/bin/sh
# --follow sends every flow that is stored: across rotations, collectors that
# are killed and started again, forwarders that are stopped and killed, and
# receivers that go away.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

store=$tmp/store
cursor=$tmp/cursor
sink_port=$((port + 1))
mkdir "$store"
seed=0

sink()
{
	: >"$tmp/sink.err"
	"$BUILDDIR/tests/cli/terasink" "$sink_port" >>"$tmp/sink" \
		2>"$tmp/sink.err" &
	sink=$!
	pids="$pids $sink"
	wait_for grep -q ready "$tmp/sink.err"
}

forward()
{
	"$FLOWFWD" --follow "$store" --cursor "$cursor" --reconnect 1 "$@" \
		"tcp://127.0.0.1:$sink_port" 2>>"$tmp/fwd.log" &
	fwd=$!
	pids="$pids $fwd"
	wait_for test -s "$cursor"
}

# feed_flows COUNT: flows that are all different
feed_flows()
{
	seed=$((seed + 1))
	"$BUILDDIR/flowgen" --send v9 --to "127.0.0.1:$port" -n "$1" \
		--seed $seed --rate 500 >"$tmp/sent" 2>&1
	total=$((total + $1))
}
total=0

# end PID SIGNAL
end()
{
	kill "-$2" "$1"
	wait "$1" 2>/dev/null
}

# arrived: as many different flows as were fed
arrived()
{
	[ "$(sort -u "$tmp/sink" | wc -l)" -ge "$total" ]
}

# same NAME: each flow that is stored was received, and no other
same()
{
	"$FLOWDUMP" -q -R "$store" -6 -o 'fmt:%sa %da %pkt %byt' |
		awk '{ print $1, $2, $3, $4 }' | sort >"$tmp/want"
	awk '{ print $1, $2, $6, $7 }' "$tmp/sink" | sort >"$tmp/all"
	sort -u "$tmp/sink" | awk '{ print $1, $2, $6, $7 }' | sort \
		>"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$1: all flows"
	is "$(grep -vc ' 127\.0\.0\.1$' "$tmp/sink")" 0 \
		"$1: the exporter of all flows is known"
	repeated=$(($(wc -l <"$tmp/all") - $(wc -l <"$tmp/got")))
}

: >"$tmp/sink"
sink
ok "collector starts" capd -t 1 --flush 1 -l "$store"
forward
for round in 1 2 3; do
	feed_flows 300
	ok "round $round arrives" wait_for arrived
	sleep 1.1
done
end "$fwd" TERM
feed_flows 300
sleep 1.1
feed_flows 300
forward
ok "stored while it was stopped" wait_for arrived
is "$(wc -l <"$tmp/sink")" "$total" "stopped: nothing twice"

end "$fwd" KILL
feed_flows 300
sleep 1.1
forward
ok "stored while it was dead" wait_for arrived

# Without a receiver, for $AWAY seconds; the forwarder is killed meanwhile.
end "$sink" KILL
feed_flows 500
sleep "${AWAY:-1.1}"
end "$fwd" KILL
forward
feed_flows 500
sleep 1.1
sink
ok "stored without a receiver" wait_for arrived
end "$fwd" KILL
forward
feed_flows 300
ok "killed behind that" wait_for arrived
stop
end "$fwd" TERM
same "rotation"
note <<EOM
$repeated flows of $total came twice
EOM

# One slot: the collector is killed and started again, so that files are
# joined, while the forwarder is there, is stopped and is dead.
rm -rf "$store" "$cursor"
mkdir "$store"
: >"$tmp/sink"
total=0
forward
for signal in KILL TERM KILL TERM KILL; do
	ok "collector starts" capd -t 31536000 --flush 1 -l "$store"
	feed_flows 200
	ok "arrives" wait_for arrived
	end "$fwd" $signal
	feed_flows 200
	sleep 1.5 # what is not written yet dies with the collector
	stop $signal 2>/dev/null
	forward
	ok "arrives" wait_for arrived
done
capd -t 31536000 --flush 1 -l "$store"
stop
end "$fwd" TERM
same "joined"
[ "$repeated" -le 400 ]
result $? "joined: $repeated flows came twice, a block after a kill at most"

# A cursor that cannot be written for a while is written later, though nothing
# is sent any more.
rm -rf "$store" "$cursor"
mkdir "$store"
: >"$tmp/sink"
total=0
forward
mkdir "$cursor.new" # where it is written before it is renamed
ok "collector starts" capd -t 31536000 --flush 1 -l "$store"
feed_flows 200
ok "arrives" wait_for arrived
stop
ended()
{
	"$FLOWFWD" --status --cursor "$cursor" | grep -q '"last_file" : "nfcapd'
}
ok "the cursor: all is sent" wait_for ended
sleep 1.1
is "$(grep -c 'the cursor is an old one' "$tmp/fwd.log")" 1 \
	"the cursor: told once"
rmdir "$cursor.new"
end "$fwd" TERM
ok "collector starts" capd -t 31536000 --flush 1 -l "$store"
forward
feed_flows 200
ok "arrives" wait_for arrived
stop
end "$fwd" TERM
is "$(wc -l <"$tmp/sink")" "$total" "the cursor: nothing twice"

# What is removed before it was sent is told.
rm -rf "$store" "$cursor"
mkdir "$store"
total=0
end "$sink" KILL
forward -b 131072
capd -t 1 --flush 1 -l "$store"
for round in 1 2 3; do
	feed_flows 3000
	sleep 1.1
done
stop

# What is not there for a while, as when it is mounted anew, has not gone.
away()
{
	grep -q 'waiting for it' "$tmp/fwd.log"
}
mv "$store" "$store.away"
: >"$store"
ok "no directory: told" wait_for away
rm "$store"
mv "$store.away" "$store"
sleep 1.1
unlike "$(cat "$tmp/fwd.log")" 'removed before it was sent' \
	"no directory: nothing is lost"
counted()
{
	grep -q 'removed before it was sent' "$tmp/fwd.log"
}
find "$store" -name 'nfcapd.2*' -exec rm {} +
ok "retention: told" wait_for counted
end "$fwd" TERM
like "$(tail -n 3 "$tmp/fwd.log")" 'Removed before .*: [1-9][0-9]* files' \
	"retention: counted"
done_testing
