#!/bin/sh
# Tera Flow and the tools of Cap'n Proto: they decode what our encoder makes of
# flows with everything in them, we decode what they encode in any number of
# segments; and our collector stores what was sent.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need capnp python3

seed=${SEED:-$(date +%s)}
echo "# SEED=$seed"
schema="$SRCDIR/tests/data/tera/flow.capnp"
count=600

# decode FILE...: messages as text, a line each.
decode()
{
	cat "$@" | capnp decode --short "$schema" SimplePacketType
}

# compare NAME FLOWS RATE SELECTION: flows with the messages that our encoder
# makes of them, which are left in $tmp/NAME.
compare()
{
	mkdir "$tmp/$1"
	"$BUILDDIR/tests/interop/tera" flows "$2" "$tmp/$1" "$3" "$4"
	"$FLOWDUMP" -q -r "$2" -o ndjson >"$tmp/$1.flows"
	decode "$tmp/$1"/0* >"$tmp/$1.messages"
	ok "$1: capnp decodes what the flows say" \
		python3 "$SRCDIR/tests/interop/tera.py" "$tmp/$1.flows" \
		"$tmp/$1.messages" "$3" "$4"
}

# A store with records of every kind.
mkdir "$tmp/made"
"$BUILDDIR/tests/interop/encode" 10 "$count" "$seed" "$tmp/made" 0 all
compare plain "$tmp/made/flows" 0 0
compare rates "$tmp/made/flows" 1000 7
for name in nfcapd-1.6.25-lz4 nfcapd-1.7.1-lz4 nfcapd-1.8-lz4; do
	compare "$name" "$SRCDIR/tests/data/files/$name" 0 0
done

# What flowfwd itself sends by UDP.
# came DIRECTORY COUNT
came()
{
	[ "$(find "$1" -type f | wc -l)" -eq "$2" ]
}

# sent NAME FLOWS
sent()
{
	: >"$tmp/sink.err"
	mkdir "$tmp/$1"
	"$BUILDDIR/tests/cli/udpsink" "$port" "$tmp/$1" 2>"$tmp/sink.err" &
	sink=$!
	pids="$pids $sink"
	wait_for grep -q ready "$tmp/sink.err"
	ok "$1: flowfwd" "$FLOWFWD" -d 200 -r "$2" "udp://127.0.0.1:$port"
	messages=$(sed -n 's/.*pushed_messages //p' "$tmp/.out")
	ok "$1: arrived" wait_for came "$tmp/$1" "$messages"
	"$FLOWDUMP" -q -r "$2" -o ndjson >"$tmp/$1.flows"
	kill "$sink"
	wait "$sink" 2>/dev/null
	decode "$tmp/$1"/0* >"$tmp/$1.messages"
	ok "$1: capnp decodes what the flows say" \
		python3 "$SRCDIR/tests/interop/tera.py" "$tmp/$1.flows" \
		"$tmp/$1.messages" 0 0
}
sent udp "$tmp/made/flows"
for name in nfcapd-1.6.25-lz4 nfcapd-1.7.1-lz4 nfcapd-1.8-lz4; do
	sent "udp-$name" "$SRCDIR/tests/data/files/$name"
done

# What capnp makes of such a message in segments of some words is the same.  By
# way of JSON: capnp cannot read its own text with a lone bracket in a string.
# segments NAME WORDS FILE...
segments()
{
	name=$1 size=$2
	shift 2
	for file in "$@"; do
		capnp convert binary:json "$schema" SimplePacketType <"$file" |
			capnp convert --segment-size="$size" json:binary \
				"$schema" SimplePacketType >"$tmp/message"
		"$BUILDDIR/tests/interop/tera" again "$tmp/message" \
			>"$tmp/again"
		cmp "$tmp/again" "$file" || return
	done
}

# shellcheck disable=SC2012
set -- $(ls "$tmp/plain"/0* | head -n 30) "$SRCDIR/tests/data/tera/v4.bin" \
	"$SRCDIR/tests/data/tera/v6.bin"
for size in 1 2 3 5 14 17 18 20 1024; do
	ok "segments of $size words" segments size "$size" "$@"
done

# Sent to the collector, and once more as messages of what it stored.
: >"$log"
"$FLOWCAPD" --sync never -t 31536000 -w "$data" -B 4000000 \
	--listen "tera+udp://127.0.0.1:$port" 2>"$log" &
pid=$!
pids="$pids $pid"
wait_for started_or_gone
"$BUILDDIR/tests/cli/udpsend" -g 300 "$port" "$tmp/rates"/0*
received()
{
	"$FLOWCAPD" --status -w "$data" | grep -q \
		"\"fastnetmon_flow_udp_packets\" : $(wc -l <"$tmp/rates.messages"),"
}
ok "all arrive" wait_for received
stop
file=$(echo "$data"/nfcapd.2*)
compare stored "$file" 5 0

# bare FILE: messages without what the collector changes.
bare()
{
	sed -e 's/sampleRatio = [0-9]*/sampleRatio/' \
		-e 's/agentIpAddress = 0\b/agentIpAddress = 16777343/' \
		-e 's/length = [0-9]*, numberOfPackets = [0-9]*/length/' \
		-e 's/ipLength = [0-9]*/ipLength/' \
		-e 's/source = [0-9]*/source/' "$1"
}

bare "$tmp/rates.messages" >"$tmp/want"
bare "$tmp/stored.messages" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "the same flows come back"
sums='{ p += $1; b += $2 + $3; q += $4 } END { printf "%.0f %.0f\n", p + q, b }'
is "$("$FLOWDUMP" -q -N -r "$file" -o 'fmt:%pkt %byt 0 0' | awk "$sums")" \
	"$("$FLOWDUMP" -q -N -r "$tmp/made/flows" -o 'fmt:%pkt %byt %obyt %opkt' |
		awk "{ \$1 *= 7000; \$2 *= 7000; \$3 *= 7000; \$4 *= 7000 } $sums")" \
	"packets and bytes, multiplied"
done_testing
