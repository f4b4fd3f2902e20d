#!/bin/sh
# -E prints every flow that is stored.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

ok "starts" capd -E -t 31536000 -l "$data"
feed_v5
stop
is "$(grep -c ' -> ' "$tmp/out")" 5 "five lines"
done_testing
