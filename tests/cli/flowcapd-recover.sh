#!/bin/sh
# What a killed collector left is completed and moved to its slot; what cannot
# be read is set aside; what belongs to a living process stays.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

ok "starts" capd -t 31536000 --flush 1 -l "$data"
feed_v5
ok "blocks reach the disk" wait_for on_disk 100
stop KILL 2>/dev/null
is "$(files)" "nfcapd.current.$pid" "a live file is left"
cp "$data/nfcapd.current.$pid" "$tmp/leftover"

ok "starts again" capd -t 31536000 -l "$data"
like "$(cat "$log")" "nfcapd\.current\.[0-9]+ recovered: [1-9][0-9]* blocks moved to nfcapd\.[0-9]{12}\$" \
	"recovery is logged"
is "$(flows "$data"/nfcapd.2*)" 5 "flows recovered"
stop

# A torn tail is cut; half a header is nothing; others are not ours.
rm -f "$data"/nfcapd.*
{ cat "$tmp/leftover"; head -c 20 "$tmp/leftover"; } \
	>"$data/nfcapd.current.999999999"
head -c 10 "$tmp/leftover" >"$data/nfcapd.current.999999998"
echo "this is not a flow file, but it is as long as a header of one" \
	>"$data/nfcapd.current.abc123"
cp "$tmp/leftover" "$data/nfcapd.current.$$"
ok "starts over torn files" capd -t 31536000 -l "$data"
stop
is "$(flows "$data"/nfcapd.2*)" 5 "whole blocks kept"
is "$(files | sed 's/2[0-9]\{11\}$/TIME/')" "nfcapd.TIME
nfcapd.current.$$
nfcapd.recovered.abc123" "the others"
like "$(cat "$log")" "nfcapd.current.999999998 was empty: removed" \
	"empty one logged"
like "$(cat "$log")" "cannot recover nfcapd.current.abc123" \
	"unreadable one logged"
like "$(cat "$log")" "belongs to a running process" "living one logged"
done_testing
