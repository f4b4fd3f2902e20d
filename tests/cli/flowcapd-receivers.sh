#!/bin/sh
# Several receivers: every flow is stored once, an exporter is always with the
# same one, slots end together, and nobody else can have the port.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# feed_from ADDRESS TIMES: v5 datagrams with two flows.
feed_from()
{
	"$BUILDDIR/tests/cli/udpsend" -g 1000 -n "$2" -s "$1" "$port" \
		"$wire/syn_v5_sequence_gap/seq0_2rec.dat"
}

capd -w "$data" --receivers 3 -t 1
if logged 'cannot share a port'; then
	skip_all "the system cannot share a port"
fi
ok "starts" logged '^Startup'
for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
	feed_from "127.0.$n.$n" 5
done
ok "the port is taken" sh -c \
	"! '$FLOWCAPD' -b 127.0.0.1 -p '$port' -M '$tmp' --receivers 2 \
	2>'$tmp/err' && grep -q 'Address already in use' '$tmp/err'"
sleep 2
stop
is "$(flows "$data"/nfcapd.2*)" 120 "every flow is stored"
is "$(grep -c 'New exporter' "$log")" 12 "an exporter has one receiver"
is "$(grep -o 'SysID: [0-9]*' "$log" | sort -u | wc -l | tr -d ' ')" 12 \
	"and a number of its own"
is "$(grep -c "^Ident" "$log")" "$(grep -c '^Total packets' "$log")" \
	"a slot ends once"
ok "more than one receiver had work" sh -c \
	"[ \$(grep -o 'SysID: [0-9]*' '$log' | cut -d' ' -f2 | \
	awk '{ print \$1 % 3 }' | sort -u | wc -l) -gt 1 ]"
is "$(awk '/^Total packets/ { n += $4 } END { print n }' "$log")" 60 \
	"all datagrams are counted"

# Many at once, each with sources of its own.
mkdir "$tmp/base"
capd -M "$tmp/base" --receivers 2 -t 1
for n in 1 2 3 4 5 6; do
	feed_from "127.0.$n.1" 20 &
	senders="$senders $!"
done
wait $senders
stop
for n in 1 2 3 4 5 6; do
	is "$(flows "$tmp/base/127-0-$n-1"/nfcapd.2*)" 40 "sender $n"
done

# What is sent to all gets to every socket, and is stored once.
rm -f "$data"/nfcapd.*
: >"$log"
"$FLOWCAPD" -p "$port" -w "$data" --receivers 3 --sync never 2>"$log" &
pid=$!
pids="$pids $pid"
wait_for started_or_gone
for n in 1 2 3 4 5 6; do
	"$BUILDDIR/tests/cli/udpsend" -b -s "127.0.$n.1" "$port" \
		"$wire/syn_v5_sequence_gap/seq0_2rec.dat"
done
stop
is "$(flows "$data"/nfcapd.2*)" 12 "broadcasts are stored once"

done_testing
