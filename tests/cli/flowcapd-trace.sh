#!/bin/sh
# After the start no call of the collector or its keeper names the data
# directory: rotation, books, expiry and templates need its descriptor only.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need strace
# A program that is traced cannot look for leaks at its end.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

calls=$tmp/calls
tracer=
trap 'kill $tracer 2>/dev/null; kill_all; rm -rf "$tmp"' EXIT

traced_or_gone()
{
	grep -q renameat "$calls" 2>/dev/null || gone "$tracer"
}

capd -t 1 -S 7 -e -x 'true %f' -l "$data" ||
	skip_all "the collector does not start"
keeper=$(cat "/proc/$pid/task/$pid/children")
strace -f -qq -e trace=%file -o "$calls" -p "$pid" -p ${keeper% } \
	2>"$tmp/tracer" &
tracer=$!
wait_for traced_or_gone
gone "$tracer" && skip_all "strace: $(tail -n 1 "$tmp/tracer")"

feed "$wire/syn_v9_data_before_template/template.dat"
feed_v5
ok "rotates" rotate
ok "is stopped" stop
wait "$tracer"
is "$(flows "$data"/*/nfcapd.2*)" 5 "flows are stored"
like "$(cat "$calls")" 'renameat\([0-9]+, "nfcapd.current' "files got names"
like "$(cat "$calls")" 'openat\([0-9]+, ".nfstat"' "books were kept"
like "$(cat "$calls")" 'renameat\([0-9]+, ".flowcapd.state' "so were templates"
is "$(grep -E "(\(|AT_FDCWD, )\"$data" "$calls")" "" "by descriptors"
is "$(grep -F 'AT_FDCWD, "nfcapd' "$calls")" "" "all of them"
done_testing
