#!/bin/sh
# No room: whole blocks are dropped and counted, the file stays right, and
# when there is room again writing goes on.  A limit on the size of files
# stands for the full disk.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need prlimit

exhausted()
{
	logged "File too large"
}

# The log goes through a pipe: the limit holds for every file.
mkfifo "$tmp/fifo"
cat "$tmp/fifo" >"$log" &
prlimit --fsize=1200: "$FLOWCAPD" -b 127.0.0.1 -p "$port" -t 31536000 --flush 1 \
	--sync never --compress none -l "$data" 2>"$tmp/fifo" &
pid=$!
pids="$pids $pid"
ok "starts" wait_for logged '^Startup'
feed_v5
ok "some blocks fit" wait_for on_disk 500
for i in 1 2 3; do
	feed_v5
done
ok "then none fits" wait_for exhausted
prlimit --pid "$pid" --fsize=unlimited:
feed_v5
stop
is $? 0 "stops"
wait

# How many of the fifteen in the middle are lost is a matter of the moment.
stored=$(flows "$data"/nfcapd.*)
lost=$(sed -n 's/.*flows lost: \([0-9]*\),.*/\1/p' "$log")
ok "what fitted is readable, and what came later" [ "$stored" -ge 10 ]
ok "some are lost" [ "$lost" -ge 5 ]
is $((stored + lost)) 25 "every flow is stored or counted as lost"
like "$(cat "$log")" "^Ident: 'none' Flows: $stored, " "flows counted"

# The block that is lost names the exporter: a later one does, too.
rm -f "$data"/nfcapd.*
: >"$log" # or the first one's would do
cat "$tmp/fifo" >>"$log" &
prlimit --fsize=100: "$FLOWCAPD" -b 127.0.0.1 -p "$port" -t 31536000 --flush 1 \
	--sync never --compress none -l "$data" 2>"$tmp/fifo" &
pid=$!
pids="$pids $pid"
ok "starts again" wait_for logged '^Startup'
feed_v5
ok "no block fits" wait_for exhausted
prlimit --pid "$pid" --fsize=unlimited:
ok "the exporter is named again without a flow" wait_for on_disk 80
feed_v5
stop
wait
is "$(flows "$data"/nfcapd.2*)" 5 "flows that came later are stored"
like "$(cat "$log")" "flows lost: 5," "the others are counted"
like "$("$FLOWDUMP" -E "$data"/nfcapd.2*)" "127\.0\.0\.1" \
	"with their exporter"
# A file that cannot be completed is left as it is, by a source, too, that goes
# while the others stay.
rm -f "$data"/nfcapd.*
mkdir "$tmp/other"
list=$tmp/list
echo "a,127.0.0.1,$data" >"$list"
: >"$log"
cat "$tmp/fifo" >>"$log" &
prlimit --fsize=800: "$FLOWCAPD" -b 127.0.0.1 -p "$port" -t 2 --sync never \
	--compress none -N "$list" 2>"$tmp/fifo" &
pid=$!
pids="$pids $pid"
ok "starts with a list" wait_for logged '^Startup'
feed_v5
ok "a block fits, and no more" wait_for exhausted
echo "b,127.0.0.2,$tmp/other" >"$list"
kill -HUP "$pid"
ok "the file is left behind" wait_for logged 'left behind for the next start'
left()
{
	ls -l "/proc/$pid/fd" | grep -c "$data/nfcapd"
}
is "$(left)" 0 "and is closed"
prlimit --pid "$pid" --fsize=unlimited:
stop
is $? 0 "stops"
wait
echo "a,127.0.0.1,$data" >"$list"
capd -N "$list" -t 31536000
stop
is "$(flows "$data"/nfcapd.2*)" 5 "the next start has its flows"

done_testing
