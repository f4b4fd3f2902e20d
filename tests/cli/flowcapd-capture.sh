#!/bin/sh
# Captures and files of IPFIX messages give the flows that the datagrams give,
# in the intervals of their times; whatever is wrong with them is told.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
TZ=UTC
export TZ
capmake=$BUILDDIR/tests/cli/capmake
gaps=$wire/syn_v5_sequence_gap
ipfix=$wire/syn_ipfix_varlen_and_pen

# make ARGUMENT...: a capture of four datagrams, two intervals apart.
make()
{
	"$capmake" "$@" 9995 \
		1700000000 192.0.2.7 "$gaps/seq0_2rec.dat" \
		1700000001 192.0.2.7 "$gaps/seq2_1rec.dat" \
		1700001000 192.0.2.7 "$gaps/seq7_1rec_gap4.dat" \
		1700001001 2001:db8::7 "$gaps/seq8_1rec.dat"
}

# replay ARGUMENT...: into an empty directory; the exit status.
replay()
{
	rm -rf "$data"
	mkdir "$data"
	"$FLOWCAPD" -l "$data" "$@" 2>"$log"
}

# stored: the flows of the directory.
stored()
{
	"$FLOWDUMP" -q -R "$data" -o 'fmt:%ts %te %pr %sap %dap %pkt %byt' |
		sort
}

exporters()
{
	for file in "$data"/nfcapd.*; do
		"$FLOWDUMP" -E "$file"
	done
}

make >"$tmp/c.pcap"
ok "by a socket" capd -l "$data"
feed_v5
stop
stored >"$tmp/by-udp"
is "$(wc -l <"$tmp/by-udp")" 5 "five flows"

for format in pcap swapped nano pcapng; do
	make -f "$format" >"$tmp/f"
	ok "$format" replay -f "$tmp/f"
	is "$(stored)" "$(cat "$tmp/by-udp")" "the same flows"
	is "$(files)" "nfcapd.202311142210
nfcapd.202311142230" "in the intervals of their packets"
done
like "$(exporters)" "192\.0\.2\.7" "the sender"
like "$(exporters)" "2001:db8::7" "and the other one"

cat "$tmp/c.pcap" | replay -f -
is "$?" 0 "standard input"
is "$(stored)" "$(cat "$tmp/by-udp")" "the same flows"

# A writer that has stopped in the middle of a packet.
mkfifo "$tmp/pipe"
{
	head -c 200 "$tmp/c.pcap"
	exec sleep 60
} >"$tmp/pipe" &
writer=$!
rm -rf "$data"
mkdir "$data"
: >"$log" # what is there would do for "ready"
"$FLOWCAPD" -f "$tmp/pipe" -l "$data" 2>"$log" &
pid=$!
pids=$pid
wait_for started_or_gone
stop
is "$?" 0 "stops while it waits for a pipe"
kill "$writer"
is "$(stored | grep -c .)" 2 "what stands before is stored"
make -m 80 >"$tmp/f"
ok "fragments" replay -f "$tmp/f"
is "$(stored)" "$(cat "$tmp/by-udp")" "the same flows"

ok "a port" replay -f "$tmp/c.pcap" -p 9996
is "$(stored 2>/dev/null | grep -c .)" 0 "that is not theirs"
is "$(files)" "" "makes no files"
ok "a filter" replay -f "$tmp/c.pcap" 'ip6 or udp port 9'
is "$(stored | grep -c .)" 1 "chooses packets"
ok "no filter" eval '! replay -f "$tmp/c.pcap" "ip6 or or"'
like "$(cat "$log")" 'packet filter "ip6 or or": ' "is told"

head -c $(($(wc -c <"$tmp/c.pcap") - 1)) "$tmp/c.pcap" >"$tmp/f"
replay -f "$tmp/f"
is "$?" 1 "a cut file"
like "$(cat "$log")" "$tmp/f: truncated dump file" "is told"
is "$(stored | grep -c .)" 4 "what stands before is stored"
for name in "$tmp/none" "$tmp" "$gaps/seq2_1rec.dat" /dev/null; do
	replay -f "$name"
	is "$?" 1 "no capture: ${name##*/}"
	like "$(cat "$log")" "$name" "is told"
done

cat "$ipfix"/*.dat >"$tmp/f"
ok "starts" capd -l "$data"
rm -f "$data"/nfcapd.2*
feed "$ipfix"/*.dat
stop
stored >"$tmp/by-udp"
ok "messages of a file" replay -Y "$tmp/f"
is "$(stored)" "$(cat "$tmp/by-udp")" "the same flows"
like "$(exporters)" "127\.0\.0\.1" "the sender"
printf 'x' >>"$tmp/f"
replay -Y "$tmp/f"
is "$?" 1 "a cut message"
is "$(stored)" "$(cat "$tmp/by-udp")" "what stands before is stored"
done_testing
