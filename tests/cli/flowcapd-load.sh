#!/bin/sh
# A new file every second while datagrams come: every flow is in the files, and
# the kernel had to drop none.  FLOWCAPD_LOAD_SECONDS=60 is the long form, and
# FLOWCAPD_LOAD_RATE the datagrams a second.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

seconds=${FLOWCAPD_LOAD_SECONDS:-4}
rate=4000
is_watched "$FLOWCAPD" && rate=400
rate=${FLOWCAPD_LOAD_RATE:-$rate}

ok "starts" capd -t 1 -B 8388608 -l "$data"
"$BUILDDIR/flowgen" -n $((seconds * rate * 30)) --send v5 \
	--to "127.0.0.1:$port" --rate "$rate" >"$tmp/said"
udp_wait_read "$port"
drops=$(udp_column "$port" dropped)
stop
is $? 0 "stops"
sent=$(sed -n 's/^flows=\([0-9]*\).*/\1/p' "$tmp/said")
found=0
for file in "$data"/nfcapd.*; do
	found=$((found + $("$FLOWDUMP" -I -r "$file" | sed -n 's/^Flows: //p')))
done
is "$found" $((sent - drops * 30)) "every flow that was received is in a file"
is "$(grep -c '^Ident: ' "$log")" "$(files | wc -l)" "a file for each slot"
ok "of which there are some" test "$(files | wc -l)" -ge "$seconds"
unlike "$(cat "$log")" "flows (dropped|lost): [1-9]" "none was dropped inside"
is "$(sed -n 's/^Datagrams: .*, socket drops: \([0-9]*\),.*/\1/p' "$log" |
	awk '{ n += $1 } END { print n + 0 }')" "$drops" \
	"what the kernel dropped is known"
if [ -n "$FLOWCAPD_LOAD_SECONDS" ] || [ "$drops" -eq 0 ]; then
	is "$drops" 0 "nothing"
else
	skip "nothing" "the machine is overloaded"
fi
sed 's/^/# /' "$tmp/said"
done_testing
