#!/bin/sh
# What was counted, over HTTP.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need curl
"$FLOWFWD" --metrics 0 -r "$tmp/none" 2>&1 | grep -q 'without libmicrohttpd' &&
	skip_all "built without libmicrohttpd"

ok "flows" "$BUILDDIR/flowgen" -n 3000 -o "$tmp/in"
capd -l "$data" || skip_all "no collector"
"$FLOWFWD" -r "$tmp/in" -p "$port" --rate 500 --metrics 0 2>"$log" &
fwd=$!
pids="$pids $fwd"
wait_for logged '^Metrics on port: '
url=http://127.0.0.1:$(sed -n 's/^Metrics on port: //p' "$log")/metrics

# shown NAME: it is above 0
shown()
{
	curl -s -o "$tmp/metrics" "$url" &&
	grep -q "^$1 [1-9]" "$tmp/metrics"
}
ok "messages" wait_for shown flow_forwarder_pushed_messages
like "$(cat "$tmp/metrics")" '^flow_forwarder_errors 0$' "errors"
like "$(cat "$tmp/metrics")" '^# TYPE flowfwd_flows untyped$' "text"
curl -s -H 'Accept: application/openmetrics-text' "$url" >"$tmp/open"
like "$(cat "$tmp/open")" '^# TYPE flowfwd_flows unknown$' "OpenMetrics"
is "$(tail -n 1 "$tmp/open")" "# EOF" "OpenMetrics: its end"
kill "$fwd"
wait "$fwd"
is $? 0 "stopped"
done_testing
