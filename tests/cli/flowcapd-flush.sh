#!/bin/sh
# Blocks are written by time: when nothing more comes, while much comes, and
# not before.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# stored COUNT: that many flows can be read of the file being written.
stored()
{
	[ "$(flows "$data"/nfcapd.current.*)" -ge "$1" ]
}

# Nothing more comes.
ok "starts" capd -t 31536000 --flush 1 -l "$data"
feed_v5
ok "written though no datagram follows" wait_for stored 5
feed_v5
ok "and again" wait_for stored 10

# Two hundred thousand flows would fill a dozen blocks; a few thousand none.
"$BUILDDIR/tests/cli/udpstream" "$port" 16777216 1000000 10000 >"$tmp/stream" &
stream=$!
pids="$pids $stream"
ok "written while datagrams come" wait_for stored 100
kill -STOP "$pid"
"$FLOWDUMP" -q -r "$data/nfcapd.current.$pid" -o 'fmt:%sa' >"$tmp/flows"
on_wire=$(wc -l <"$tmp/stream")
kill -CONT "$pid"
ok "before a block is full" [ "$(wc -l <"$tmp/flows")" -lt 5000 ]
ok "more than one of them" wait_for stored $((on_wire * 30))
kill "$stream"
wait "$stream" 2>/dev/null
stop
is $? 0 "stops"
rm -f "$data"/nfcapd.*

# Not before it is time, but at the end.
ok "starts with a long flush time" capd -t 31536000 --flush 3600 -l "$data"
feed_v5
ok "received" wait_for logged "New exporter"
sleep 2.5
is "$(wc -c <"$data/nfcapd.current.$pid")" 40 "nothing is written yet"
stop
is "$(flows "$data"/nfcapd.2*)" 5 "the end of the slot writes it"
done_testing
