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
done_testing
