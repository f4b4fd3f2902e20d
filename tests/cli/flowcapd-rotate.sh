#!/bin/sh
# Slots of two seconds: each has a file, empty or not, and a line in the log.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

slots()
{
	[ "$(grep -c "^Ident: 'here' Flows: " "$log")" -ge "$1" ]
}

ok "starts" capd -t 2 -I here -l "$data"
feed_v5
ok "a slot with flows ends" wait_for logged "^Ident: 'here' Flows: [1-9]"
first=$(grep -c "^Ident: " "$log")
ok "an empty slot ends" wait_for slots $((first + 1))
stop
is "$(grep -c '^Ident: ' "$log")" "$(files | wc -l)" "a file for each line"
is "$(files | grep -Ecv '^nfcapd\.[0-9]{14}$')" 0 "names have seconds"
is "$(for f in "$data"/nfcapd.*; do flows "$f"; done | sort -n | tail -n 1)" 5 \
	"one has the flows"
like "$(cat "$log")" "^Ident: 'here' Flows: 5, Packets: 50, Bytes: 5000, Sequence Errors: 1, Bad Packets: 0, Blocks: [1-9]\$" \
	"line of that slot"
like "$(cat "$log")" "^Ident: 'here' Flows: 0, Packets: 0, Bytes: 0, Sequence Errors: 0, Bad Packets: 0, Blocks: [01]\$" \
	"line of an empty slot"
like "$(cat "$log")" "^Datagrams: 4, socket drops: 0, flows dropped: 0, flows lost: 0, " \
	"further counters"

ok "starts with sub-directories" capd -t 31536000 -S 1 -l "$data"
feed_v5
stop
like "$(files)" "^[0-9]{4}/[0-9]{2}/[0-9]{2}/nfcapd\.[0-9]{12}\$" \
	"file in its sub-directory"
done_testing
