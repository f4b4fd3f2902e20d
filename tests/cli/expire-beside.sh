#!/bin/sh
# flowexpire beside collectors and other runs: locks, and a process that adds
# a file a moment while many runs remove them, some of them killed.
. "$SRCDIR/tests/lib.sh"

store=$tmp/store
mkdir "$store"
now=$(date +%s)
pids=
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT

# slot N: the name of a file so many seconds after the first one
slot()
{
	date -d "@$((now - 100000 + $1))" +nfcapd.%Y%m%d%H%M%S
}

# A collector: a file gets its name when it is whole.
(
	n=0
	while [ $((n += 1)) -le 300 ]; do
		head -c 4096 /dev/zero >"$store/nfcapd.current.1"
		mv "$store/nfcapd.current.1" "$store/$(slot "$n")"
	done
) &
collector=$!
pids=$collector
sleep 0.2

runs=0 failed=0
: >"$tmp/errors"
while kill -0 "$collector" 2>/dev/null; do
	# what those say that are killed does not count
	said=$tmp/errors
	[ $((runs % 3)) -gt 0 ] || said=/dev/null
	"$FLOWEXPIRE" -e "$store" -s 80K -w 50 >/dev/null 2>>"$said" &
	one=$!
	"$FLOWEXPIRE" -e "$store" -s 80K -w 50 >/dev/null 2>>"$tmp/errors" ||
		failed=$((failed + 1))
	[ $((runs % 3)) -gt 0 ] || kill -9 "$one" 2>/dev/null
	wait "$one" 2>/dev/null
	runs=$((runs + 1))
done
wait "$collector"
is "$failed" 0 "none of $runs runs failed"
is "$(grep -v -i killed "$tmp/errors")" "" "no error"
"$FLOWEXPIRE" -e "$store" -s 80K -w 50 >/dev/null
count=$(ls "$store" | grep -c '^nfcapd\.2')
first=$((301 - count))
ls "$store" | grep '^nfcapd\.2' >"$tmp/left"
n=$first
while [ "$n" -le 300 ]; do
	slot "$n"
	n=$((n + 1))
done >"$tmp/want"
compare_file "$tmp/left" "$tmp/want" "the newest $count are left, none between"
before=$(cat "$store/.nfstat")
"$FLOWEXPIRE" -r "$store" >/dev/null
is "$(cat "$store/.nfstat")" "$before" "-r finds nothing to correct"

# A lock that is not given back.
if command -v python3 >/dev/null; then
	python3 -c '
import fcntl, sys, time
f = open(sys.argv[1], "r+")
fcntl.lockf(f, fcntl.LOCK_EX)
print(flush=True)
time.sleep(600)' "$store/.nfstat" >"$tmp/ready" &
	pids=$!
	until [ -s "$tmp/ready" ]; do
		sleep 0.05
	done
	fails 250 "books that are locked" "$FLOWEXPIRE" -e "$store" -s 1 --wait 0
	like "$(cat "$tmp/.out")" 'locked by another process' "that is told"
	"$FLOWEXPIRE" -e "$store" -s 1 --wait 600 >/dev/null 2>&1 &
	waiting=$!
	sleep 0.2
	kill "$waiting"
	wait "$waiting" 2>/dev/null
	is $? 143 "a signal ends one that waits"
	kill "$pids"
	wait "$pids" 2>/dev/null
	pids=
	ok "the lock goes with its process" "$FLOWEXPIRE" -e "$store" -s 80K \
		--wait 0
else
	skip "locks" "python3 is not installed"
fi
done_testing
