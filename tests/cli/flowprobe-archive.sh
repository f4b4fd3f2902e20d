#!/bin/sh
# Packets that are kept as captures: all of them, by intervals, whole after
# disks that fail, and those of processes that were killed.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/probe.sh"
archive=$tmp/archive

# keep CAPTURE ARGUMENT...: into $archive, which is empty before.
keep()
{
	rm -rf "$archive"
	mkdir "$archive"
	probe "$@" --archive "$archive"
}

# records FILE...: what follows the headers.
records()
{
	for records_file; do
		tail -c +25 "$records_file"
	done
}

# same CAPTURE NAME: the files have its packets, in their order.
same()
{
	records "$1" >"$tmp/want"
	records "$archive"/nfcapd.*.pcap >"$tmp/got"
	ok "$2" cmp "$tmp/want" "$tmp/got"
}

ok "--archive" keep "$pcap/udp_dns.pcap"
is "$(ls -A "$archive" | grep pcap)" "nfcapd.202510090850.pcap" \
	"one interval"
same "$pcap/udp_dns.pcap" "has all packets"
like "$(cat "$tmp/probe.log")" \
	"^Archive: 1 files, packets in them: [1-9][0-9]*, lost: 0" \
	"which is told"
ok "it can be read" probe "$archive/nfcapd.202510090850.pcap"
if command -v tcpdump >/dev/null; then
	ok "by tcpdump" tcpdump -Z "$(id -un)" -nr \
		"$archive/nfcapd.202510090850.pcap"
else
	skip "by tcpdump" "not installed"
fi

ok "intervals" keep "$pcap/long_flow.pcap" --interval 60 --layout 0
ok "are several" [ "$(ls "$archive" | wc -l)" -gt 2 ]
same "$pcap/long_flow.pcap" "that have all packets"
for link in sll2 radiotap nflog raw; do
	keep "$pcap/$link.pcap"
	listed "$tmp/flows" >"$tmp/want"
	probe "$archive"/*.pcap
	listed "$tmp/flows" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "link type: $link"
done
ok "another order of bytes" keep "$pcap/tcp_basic_be.pcap"
same "$pcap/tcp_basic.pcap" "is ours then"

keep "$pcap/many_flows.pcap" --sampling 10 -f udp
is "$(sed -n 's/^Archive:.*in them: \([0-9]*\),.*/\1/p' "$tmp/probe.log")" \
	"$(sed -n 's/^Packets: \([0-9]*\),.*sampling: \([0-9]*\),.*/\1 \2/p' \
		"$tmp/probe.log" | awk '{ print $1 - $2 }')" \
	"what filter and sampling take"

keep "$pcap/udp_dns.pcap" --layout 1
ok "sub-directories" test -f "$archive/2025/10/09/nfcapd.202510090850.pcap"
rm -rf "$tmp/flows" "$archive/2025/10"
mkdir "$tmp/flows" "$tmp/elsewhere"
ln -s "$tmp/elsewhere" "$archive/2025/10"
"$FLOWPROBE" -l "$tmp/flows" -r "$pcap/udp_dns.pcap" --layout 1 \
	--archive "$archive" 2>"$tmp/probe.log"
ok "no symbolic link is followed" test -f "$archive/nfcapd.202510090850.pcap"
is "$(ls "$tmp/elsewhere")" "" "... at all"
like "$(cat "$tmp/probe.log")" "the directory of 2025" "... and told of"

# What was left there, and two files of one interval.
cp "$pcap/udp_dns.pcap" "$archive/.nfcapd.202510090850.pcap"
head -c 24 "$pcap/udp_dns.pcap" >"$archive/.nfcapd.202510090855.pcap"
: >"$archive/.other.pcap"
len=$(($(od -A n -t u4 -j 32 -N 4 "$pcap/udp_dns.pcap") + 40))
head -c $((len + 21)) "$pcap/udp_dns.pcap" \
	>"$archive/.nfcapd.202510090900.pcap"
# more than is read at once
{
	head -c 24 "$pcap/many_flows.pcap"
	for _ in 1 2 3 4 5 6; do
		tail -c +25 "$pcap/many_flows.pcap"
	done
} >"$tmp/long"
{
	cat "$tmp/long"
	tail -c +25 "$pcap/many_flows.pcap" | head -c 50
} >"$archive/.nfcapd.202510090905.pcap"
probe "$pcap/udp_dns.pcap" --archive "$archive"
is "$(ls -A "$archive" | grep pcap | tr '\n' ' ')" ".other.pcap\
 nfcapd.202510090850.2.pcap nfcapd.202510090850.3.pcap\
 nfcapd.202510090850.pcap nfcapd.202510090900.pcap nfcapd.202510090905.pcap " \
	"what a killed process left"
is "$(stat -c %s "$archive/nfcapd.202510090900.pcap")" "$len" \
	"without a part of a packet"
compare_file "$archive/nfcapd.202510090905.pcap" "$tmp/long" "... of any length"

fails 1 "not in the directory of flow files" "$FLOWPROBE" -l2 \
	-l "$tmp/flows" -r "$pcap/raw.pcap" --archive "$tmp/flows"
fails 1 "nor in none" probe "$pcap/raw.pcap" --archive "$tmp/none"

# No name is left.
rm -rf "$archive"
mkdir "$archive"
for i in $(seq 2 1000); do
	: >"$archive/nfcapd.202510090850.$i.pcap"
done
: >"$archive/nfcapd.202510090850.pcap"
fails 1 "a file without its name" probe "$pcap/udp_dns.pcap" \
	--archive "$archive"
like "$(cat "$tmp/probe.log")" \
	"^1 files of the archive are not in their places" "is told"
ok "and kept" test -s "$archive/.nfcapd.202510090850.pcap"

# As on a full disk: files may have 75 or 150 kB.
(
	trap '' XFSZ
	ulimit -f 150
	keep "$pcap/many_flows.pcap" --compress zstd
)
is "$?" 1 "packets that cannot be written"
like "$(cat "$tmp/probe.log")" "[0-9] packets of the archive are lost" \
	"are told"
is "$(listed "$tmp/flows" | wc -l)" 3000 "flows are there"
done_testing
