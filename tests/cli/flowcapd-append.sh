#!/bin/sh
# A collector started again in the same slot adds to the slot's file.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

for run in 1 2 3; do
	compress=lz4
	[ $run -ne 2 ] || compress=none
	ok "run $run" capd -t 31536000 --compress $compress -l "$data"
	feed_v5
	ok "received" wait_for logged "New exporter"
	stop
done
is "$(files | wc -l)" 1 "one file"
is "$(flows "$data"/nfcapd.*)" 15 "with the flows of all runs"
like "$("$FLOWDUMP" -I -r "$data"/nfcapd.*)" "^Flows: 15" "and their sum"
done_testing
