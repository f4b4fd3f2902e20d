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

# All these flows are less than a block: what is stored is stored by time.
"$BUILDDIR/tests/cli/udpstream" "$port" 16777216 4500 30000 >"$tmp/stream" &
stream=$!
pids="$pids $stream"
ok "written by time" wait_for stored 100
if kill -0 "$stream" 2>/dev/null; then
	ok "while datagrams come" true
else
	skip "while datagrams come" "the stream was over before it was looked at"
fi
on_wire=$(wc -l <"$tmp/stream")
ok "more than one of them" wait_for stored $((on_wire * 30))
kill "$stream" 2>/dev/null
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
