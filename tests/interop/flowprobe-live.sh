#!/bin/sh
# Two networks joined by a cable: what flowprobe counts on one end is what
# tcpdump captures there, for frames with tags and without, and for filters.
. "$SRCDIR/tests/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
need unshare nsenter ip tcpdump
if [ -z "$IN_NETWORK" ]; then
	unshare -n true 2>/dev/null || skip_all "no network of our own"
	export IN_NETWORK=1
	exec unshare -n "${SHELL:-/bin/sh}" \
		"$SRCDIR/tests/interop/flowprobe-live.sh"
fi

. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"

# The other network is there as long as this process is.
unshare -n sleep 600 &
other=$!
pids=$other
away()
{
	[ "$(readlink "/proc/$other/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
wait_for away
ip link add veth0 type veth peer name veth1 2>/dev/null &&
	ip link set veth1 netns "$other" &&
	ip link set veth0 up &&
	nsenter -t "$other" -n ip link set veth1 up ||
	skip_all "no pair of devices"

# Neither end is to send anything by itself.
quiet='echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6'
sh -c "$quiet" 2>/dev/null
nsenter -t "$other" -n sh -c "$quiet" 2>/dev/null

# listening: both have their filters.
listening()
{
	logged 'datalink' && grep -q 'listening on' "$tmp/tcpdump.log"
}

# end PID...: once what was sent has been read, which takes both some time on a
# machine with much to do.
end()
{
	read_before=
	read_now=0
	while [ "$read_now" != "$read_before" ]; do
		read_before=$read_now
		sleep 1
		read_now=$(wc -c <"$tmp/pcap")
	done
	kill -INT "$@"
	wait "$@"
	pids=$other
}

# capture_both FILTER ARGUMENT...: of all packets that are sent, with the
# arguments to flowprobe.
capture_both()
{
	filter=$1
	shift
	rm -rf "$data"
	mkdir "$data"
	tcpdump -i veth0 -s 96 -B 16384 --immediate-mode -U -w "$tmp/pcap" \
		${filter:+"$filter"} 2>"$tmp/tcpdump.log" &
	dump=$!
	"$FLOWPROBE" -i veth0 -l2 -f "$filter" -B 16384 -l "$data" "$@" \
		2>"$log" &
	pid=$!
	pids="$other $pid $dump"
	wait_for listening
	nsenter -t "$other" -n "$BUILDDIR/packetgen" --device veth1 \
		-n 20000 --rate 20000 --flows 500 --vlans 0,7,8 --answers \
		>/dev/null
	end "$dump" "$pid"
}

# dumped: packets, bytes of frames and of IP that tcpdump has.
dumped()
{
	tcpdump -r "$tmp/pcap" -nn -e 2>/dev/null | awk '
	match($0, /length [0-9]+/) {
		len = substr($0, RSTART + 7, RLENGTH - 7)
		frames += len
		bytes += len - 14 - (/802\.1Q/ ? 4 : 0)
		n++
	}
	END { printf "%d %d %d\n", n, frames, bytes }'
}

# probed: the same of flowprobe.
probed()
{
	"$FLOWDUMP" -q -6 -N -R "$data" -o 'fmt:%pkt %opkt %byt %obyt' | awk \
		-v frames="$(sed -n \
		's/^Packets: [0-9]*, \([0-9]*\) bytes.*/\1/p' "$log")" '
	{
		n += $1 + $2
		bytes += $3 + $4
	}
	END { printf "%d %d %d\n", n, frames, bytes }'
}

# by_tag: packets of each tag.
by_tag()
{
	tcpdump -r "$tmp/pcap" -nn -e 2>/dev/null | awk '
	{ tag = 0 }
	match($0, /vlan [0-9]+/) { tag = substr($0, RSTART + 5, RLENGTH - 5) }
	{ n[tag]++ }
	END { for (tag in n) print tag, n[tag] }' | sort
}

by_tag_probed()
{
	"$FLOWDUMP" -q -6 -N -R "$data" -o 'fmt:%svln %pkt' | awk '
	{ n[$1] += $2 }
	END { for (tag in n) print tag, n[tag] }' | sort
}

count_flows()
{
	"$FLOWDUMP" -q -6 -N -R "$data" -o 'fmt:%pr' | wc -l
}

# same NAME: both have counted the same, and something.
same()
{
	dumped=$(dumped)
	is "$(probed)" "$dumped" "$1: packets, bytes of frames, of IP"
	unlike "$dumped" '^0 ' "$1: there are some"
	like "$(cat "$tmp/tcpdump.log")" '^0 packets dropped by kernel' \
		"$1: tcpdump has all"
}

for filter in "" ip ip6 "vlan and udp" "vlan 7"; do
	capture_both "$filter"
	same "filter '$filter'"
done
capture_both "ip" --biflow
same "biflows"
pairs=$(count_flows)
for count in 2 3; do
	capture_both "ip" --biflow --threads "$count"
	same "$count threads"
	is "$(count_flows)" "$pairs" "$count threads: no flow is divided"
done
capture_both "" --track vlan --details
same "VLAN in the key"
is "$(by_tag_probed)" "$(by_tag)" "packets of each tag"
is "$(by_tag | wc -l)" 3 "there are three"
kill "$other"
wait "$other"
pids=
done_testing
