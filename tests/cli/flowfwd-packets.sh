#!/bin/sh
# Packets of a capture as Tera Flow: what the packets of each flow sum up to is
# what the capture is known to hold.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"

url=tcp://127.0.0.1:$((port + 1))

# receive: start a new receiver, into $tmp/sink
receive()
{
	: >"$tmp/ready"
	"$BUILDDIR/tests/cli/terasink" $((port + 1)) >"$tmp/sink" \
		2>"$tmp/ready" &
	sink=$!
	pids="$pids $sink"
	wait_for grep -q ready "$tmp/ready"
}

# forward CAPTURE ARGUMENT...: to a new receiver
forward()
{
	receive
	"$FLOWFWD" "$url" --pcap "$@" 2>"$tmp/fwd.log"
	forwarded=$?
	wait_for sunk
	kill "$sink"
	wait "$sink" 2>/dev/null
	return "$forwarded"
}

# sunk: as many messages as were pushed
sunk()
{
	pushed=$(sed -n 's/^flow_forwarder_pushed_messages //p' "$tmp/fwd.log")
	[ "$(wc -l <"$tmp/sink")" -eq "${pushed:-0}" ]
}

for name in tcp_basic udp_dns icmp; do
	ok "$name: sent" forward "$pcap/$name.pcap"
	awk -F, 'NR > 1 { print $2, $3, $5, $6, $4, $7 }' \
		"$pcap/expected/$name.csv" | sort >"$tmp/want"
	awk '{ n[$1 " " $2 " " $3 " " $4 " " $5] += $6 }
		END { for (flow in n) print flow, n[flow] }' "$tmp/sink" |
		sort >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$name: packets of each flow"
done
ok "sampled" forward "$pcap/tcp_basic.pcap" --sampling 2
all=$(sed -n 's/.*sampler_seen_packets //p' "$tmp/fwd.log")
is "$(grep -c ' 1:2 ' "$tmp/sink")" $(((all + 1) / 2)) "one in two, and said so"
like "$(cat "$tmp/fwd.log")" \
	"sampler_selected_packets $(((all + 1) / 2))\$" "counted"
ok "filtered" forward "$pcap/tcp_basic.pcap" --bpf 'src port 80 or src port 443'
is "$(awk '$3 != 80 && $3 != 443' "$tmp/sink")" "" "by --bpf"

# A pipe from which nothing comes any more.
mkfifo "$tmp/pipe"
(cat "$pcap/icmp.pcap"; exec sleep 60) >"$tmp/pipe" &
pids="$pids $!"
receive
: >"$tmp/fwd.log"
"$FLOWFWD" "$url" --pcap "$tmp/pipe" 2>"$tmp/fwd.log" &
pid=$!
pids="$pids $pid"
wait_for grep -q 'connected to' "$tmp/fwd.log"
kill -HUP "$pid"
wait_for eval 'kill -USR1 "$pid"; sleep 0.2
	grep -q "seen_packets [1-9]" "$tmp/fwd.log"'
ok "SIGUSR1: counters, while nothing comes" \
	grep -q 'seen_packets [1-9]' "$tmp/fwd.log"
kill -TERM "$pid"
wait "$pid"
is "$?" 0 "SIGTERM"
unlike "$(cat "$tmp/fwd.log")" "error reading" "no signal ends it otherwise"

for bad in "-r x" "proto tcp" "--follow x" "-v 9" "--rate 5" "-i lo"; do
	# shellcheck disable=SC2086
	fails 1 "not with $bad" "$FLOWFWD" --pcap "$pcap/icmp.pcap" $bad "$url"
done
fails 1 "--bpf alone" "$FLOWFWD" -r x --bpf tcp "$url"
fails 250 "no capture" "$FLOWFWD" --pcap "$tmp/none" "$url"
done_testing
