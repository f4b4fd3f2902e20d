#!/bin/sh
# The directory is removed under a running collector: it is made again, what
# was in it is counted as lost, what comes later is stored.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

ok "starts" capd -t 31536000 --flush 1 -l "$data"
feed_v5
ok "blocks reach the disk" wait_for on_disk 100
rm -r "$data"
feed_v5
ok "the directory is made again" wait_for [ -d "$data" ]
ok "a new file is written" wait_for on_disk 100
"$FLOWCAPD" -b 127.0.0.1 -p $((port + 1)) -l "$data" 2>"$tmp/second"
is $? 1 "and locked"
ok "it has a status again" wait_for "$FLOWCAPD" --status -l "$data"
stop
is $? 0 "stops"
is "$(flows "$data"/nfcapd.*)" 5 "later flows are stored"
like "$(cat "$log")" "was removed: 5 flows are lost" "loss logged"
like "$(cat "$log")" "flows lost: 5," "loss counted"
done_testing
