#!/bin/sh
# -E prints every flow that is stored; -v 0 prints nothing.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

ok "starts" capd -E -t 31536000 -l "$data"
feed_v5
stop
is "$(grep -c ' -> ' "$tmp/out")" 5 "five lines"

# -v 0 tells of nothing but trouble.
cat "$wire"/syn_ipfix_biflow_reverse/*.dat >"$tmp/messages"
"$FLOWCAPD" -v 0 -Y "$tmp/messages" -w "$data" >"$tmp/quiet" 2>&1
is "$?$(cat "$tmp/quiet")" 0 "-v 0: quiet"
echo cut >>"$tmp/messages"
"$FLOWCAPD" -v 0 -Y "$tmp/messages" -w "$data" >"$tmp/quiet" 2>&1
is "$?" 1 "-v 0: a damaged file"
ok "is told" test -s "$tmp/quiet"
done_testing
