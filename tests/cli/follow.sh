# --follow prints every flow that is stored once, and nothing else: what it
# prints is compared with what a query finds in the files afterwards.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# watches PID: it knows what happens in the directory from now on.
watches()
{
	grep -q '^inotify wd' "/proc/$1"/fdinfo/*
}

# follow NAME ARGUMENT...: start following; output in $tmp/NAME.
follow()
{
	name=$1
	shift
	"$FLOWDUMP" -q -o csv --follow "$@" >"$tmp/$name" 2>"$tmp/$name.err" &
	follower=$!
	pids="$pids $follower"
	wait_for watches "$follower"
}

# lines FILE COUNT: it has as many lines, or more.
lines()
{
	[ "$(wc -l <"$1")" -ge "$2" ]
}

# ends PID STATUS NAME: it ends on SIGTERM with this status.
ends()
{
	kill -TERM "$1"
	wait "$1"
	is $? "$2" "$3: status"
}

# stored ARGUMENT...: flows of the closed files, sorted.
stored()
{
	"$FLOWDUMP" -q -o csv -R "$data" "$@" | sort
}

# same NAME FILE: what was printed is what is stored
same()
{
	sort "$2" >"$tmp/got"
	stored >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$1: all flows, once"
}

# send COUNT: a stream of flows that are all different, ended by a pause in
# which they reach the collector.
send()
{
	seed=$((seed + 1))
	"$BUILDDIR/flowgen" --send v9 --to "127.0.0.1:$port" -n "$1" \
		--seed $seed --rate "${2:-1000}" >"$tmp/sent" 2>&1
}
seed=0

# The collector is started, killed and started again, in one slot.
follow one "$data"
one=$follower
for signal in KILL KILL TERM; do
	ok "starts" capd -t 31536000 --flush 1 -l "$data"
	send 500
	total=$((total + 500))
	ok "printed" wait_for lines "$tmp/one" $total
	"$FLOWDUMP" -q -o csv -r "$data/nfcapd.current.$pid" >"$tmp/live"
	is "$(wc -l <"$tmp/live")" 500 "-r reads the current file"
	stop $signal 2>/dev/null
done
is "$(files | wc -l)" 1 "all in one file"
ends "$one" 0 "appended"
same "appended" "$tmp/one"
is "$(cat "$tmp/one.err")" "" "appended: no message"
rm -f "$data"/nfcapd.*

# Slots of two seconds.  The directory is named by a link, one follower is
# read slowly, one is stopped meanwhile.
ln -s "$data" "$tmp/link"
follow many "$tmp/link"
many=$follower
follow stopped "$data"
stopped=$follower
mkfifo "$tmp/pipe"
"$FLOWDUMP" -q -o csv --follow "$data" >"$tmp/pipe" 2>"$tmp/slow.err" &
slow=$!
pids="$pids $slow"
{ sleep 7; cat; } <"$tmp/pipe" >"$tmp/slow" &
wait_for watches "$slow"
follow ndjson "$data" -o ndjson 'proto tcp and dst port 443'
ndjson=$follower
follow array "$data" -o json 'proto tcp and dst port 443'
array=$follower
ok "starts" capd -t 2 --flush 1 -l "$data"
send 200
ok "printed" wait_for lines "$tmp/many" 200
ok "printed" wait_for lines "$tmp/stopped" 200
kill -STOP "$stopped"
for kill in KILL TERM; do
	send 1500 20
	stop $kill 2>/dev/null
	ok "starts" capd -t 2 --flush 1 -l "$data"
done
send 200
stop
kill -CONT "$stopped"
ok "some files" test "$(files | wc -l)" -ge 3
stored >"$tmp/want"
total=$(wc -l <"$tmp/want")
ok "printed" wait_for lines "$tmp/many" "$total"
ok "slow reader" wait_for lines "$tmp/slow" "$total"
ok "stopped" wait_for lines "$tmp/stopped" "$total"
for name in many stopped slow ndjson array; do
	eval "ends \$$name 0 $name"
	is "$(cat "$tmp/$name.err")" "" "$name: no message"
done
for name in many stopped slow; do
	same "$name" "$tmp/$name"
done
want=$(stored 'proto tcp and dst port 443' | wc -l)
ok "some match" test "$want" -gt 0
is "$(wc -l <"$tmp/ndjson")" "$want" "ndjson: a line each"
if command -v jq >/dev/null; then
	is "$(jq length "$tmp/array")" "$want" "json: one array"
else
	skip "json: one array" "jq is not installed"
fi
rm -f "$data"/nfcapd.*

# Files that are stored in sub-directories while it was stopped are a loss.
follow lost "$data"
lost=$follower
ok "starts" capd -t 2 --flush 1 -S 1 -l "$data"
send 200
ok "printed" wait_for lines "$tmp/lost" 200
kill -STOP "$lost"
first=$(grep -c "^Ident: " "$log")
three_more()
{
	[ "$(grep -c "^Ident: " "$log")" -ge $((first + 3)) ]
}
ok "slots pass" wait_for three_more
kill -CONT "$lost"
ok "told" wait_for grep -q "was gone before it could be opened" "$tmp/lost.err"
stop
ends "$lost" 250 "lost"
rm -rf "$data"/[n2]*

# The directory is removed and made again; what is no flow file is named.
follow again "$data" -N
again=$follower
echo "this is not a flow file, but it is as long as a header of one" \
	>"$data/nfcapd.current.junk"
mkdir "$data/nfcapd.current.dir"
ok "named" wait_for grep -q "current.junk: not a flow file" "$tmp/again.err"
ok "starts" capd -t 31536000 --flush 1 -l "$data"
send 100
ok "printed" wait_for lines "$tmp/again" 100
like "$(cat "$tmp/again.err")" "current.dir: not a regular file" "named"
rm -rf "$data"
ok "waits" wait_for grep -q "waiting for it" "$tmp/again.err"
send 100
ok "printed" wait_for lines "$tmp/again" 200
stop
ends "$again" 250 "again"
is "$(wc -l <"$tmp/again")" 200 "nothing twice"

# No more than 400 files are held open: another one waits.
rm -rf "$data"/nfcapd.*
follow full "$data"
full=$follower
n=0
while [ $((n += 1)) -le 401 ]; do
	cp "$SRCDIR/tests/data/files/nfcapd-1.7.1-single" "$tmp/one"
	mv "$tmp/one" "$data/nfcapd.current.$n"
done
ok "told" wait_for grep -q "nfcapd.current.401: waits, too many files" \
	"$tmp/full.err"
rm "$data"/nfcapd.current.1
ok "printed" wait_for lines "$tmp/full" 401
ends "$full" 0 "full"
is "$(wc -l <"$tmp/full.err")" 1 "full: one message"

# Endings.
rm -f "$data"/nfcapd.*
ok "starts" capd -t 31536000 --flush 1 -l "$data"
send 100
ok "-c" "$FLOWDUMP" --follow "$data" -c 50
"$FLOWDUMP" --follow "$data" -c 50 >"$tmp/out"
is "$(grep -c '^Date first seen' "$tmp/out")" 1 "one heading"
is "$(grep -c '^Summary: total flows: 50' "$tmp/out")" 1 "and the totals"
"$FLOWDUMP" --follow "$data" 2>"$tmp/err" | head -n 1 >"$tmp/out"
lines "$tmp/out" 1
is "$(cat "$tmp/err")" "" "ends quietly when nobody reads"
stop

# refused ARGUMENT...: what does not go with it
refused()
{
	fails 1 "refused: $*" "$FLOWDUMP" --follow "$data" "$@"
	like "$(cat "$tmp/.out")" '^flowdump: --follow .* takes no' "told: $*"
}

refused -r file
refused -R "$data"
refused -r file -M "$data"
refused -t 2024/05/14
refused -s srcip
refused -a
refused -A srcip
refused -b
refused -B
refused -O bytes
refused --by 1h
refused -w "$tmp/new"
refused -I
refused -g
refused -E "$data"
refused -i new
refused -v "$data"
refused --repair "$data"
fails 250 "no directory" "$FLOWDUMP" --follow "$tmp/missing"
fails 250 "no directory" "$FLOWDUMP" --follow "$log"
fails 254 "filter" "$FLOWDUMP" --follow "$data" 'port port'
done_testing
