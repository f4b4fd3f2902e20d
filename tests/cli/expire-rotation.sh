#!/bin/sh
# flowexpire beside a collector that rotates every second, some of the runs
# killed: nothing fails, only the oldest files go, and the books are true.
# RUNS is how many, 20 unless set.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

runs=${RUNS:-20}
seed=${SEED:-$(date +%s)}
echo "# SEED=$seed"

# dice N: $die is 0 to N - 1
dice()
{
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	die=$((seed / 65536 % $1))
}

# expire FILE: what is said goes there
expire()
{
	"$FLOWEXPIRE" -e "$data" -s 24K -w 50 >/dev/null 2>>"$1"
}

# Old files, for the first runs to have something to do.
dice 50
for minute in 10 11 12 13 14 15 16 17 18 19; do
	echo x >"$data/nfcapd.2020010100$minute$((die + 10))"
done
(cd "$data" && ls nfcapd.2*) >"$tmp/all"
cat >"$tmp/note" <<END
#!/bin/sh
echo "\$1" >>"$tmp/all"
END
chmod +x "$tmp/note"
capd -t 1 -l "$data" -x "$tmp/note %f" || skip_all "no collector"
: >"$tmp/errors"
failed=0 killed=0 left=$runs
while [ $((left -= 1)) -ge 0 ]; do
	dice 4
	if [ "$die" = 0 ]; then
		expire /dev/null &
		one=$!
		dice 5
		sleep "0.00$die"
		kill -9 "$one" 2>/dev/null && killed=$((killed + 1))
		wait "$one" 2>/dev/null
	fi
	expire "$tmp/errors" || failed=$((failed + 1))
	sleep 0.2
done
is "$failed" 0 "none of $runs runs failed, $killed others were killed"
is "$(cat "$tmp/errors")" "" "no error"
stop
unlike "$(cat "$log")" "'$data'" "none of the collector"
expire "$tmp/errors"
sort "$tmp/all" >"$tmp/sorted"
(cd "$data" && ls | grep '^nfcapd\.2') >"$tmp/left"
tail -n "$(wc -l <"$tmp/left")" "$tmp/sorted" >"$tmp/want"
compare_file "$tmp/left" "$tmp/want" \
	"of $(wc -l <"$tmp/sorted") files the newest $(wc -l <"$tmp/left") are left"
before=$(cat "$data/.nfstat")
"$FLOWEXPIRE" -r "$data" >/dev/null
is "$(cat "$data/.nfstat")" "$before" "-r finds nothing to correct"
done_testing
