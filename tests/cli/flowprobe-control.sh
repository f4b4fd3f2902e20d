#!/bin/sh
# The control socket, in a network of our own.
. "$SRCDIR/tests/lib.sh"
need unshare ip python3

if [ -z "$IN_NETWORK" ]; then
	unshare -n true 2>/dev/null || skip_all "no network of our own"
	export IN_NETWORK=1
	exec unshare -n "${SHELL:-/bin/sh}" \
		"$SRCDIR/tests/cli/flowprobe-control.sh"
fi

. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"
ip link set lo up || skip_all "no loopback device"

# tell TEXT: send it, print the answer.
tell()
{
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
while True:
	data = s.recv(65536)
	if not data:
		break
	sys.stdout.write(data.decode())' "$tmp/ctl" "$1"
}

# drip: a command of which a byte comes now and then; is it hung up on?
drip()
{
	python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
for i in range(100):
	s.sendall(b"x")
	time.sleep(0.1)' "$tmp/ctl" 2>&1 | grep -c BrokenPipeError
}

# start ARGUMENT...: with a socket, to flow files
start()
{
	rm -rf "$data"
	mkdir "$data"
	"$FLOWPROBE" -i lo -l2 -f "udp dst port $port" -l "$data" -s 1 \
		--control "$tmp/ctl" "$@" 2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for test -S "$tmp/ctl"
	wait_for eval 'tell help | grep -q words'
}

packets()
{
	for name in seq0_2rec seq2_1rec seq7_1rec_gap4 seq8_1rec; do
		"$BUILDDIR/tests/cli/udpsend" "$port" \
			"$wire/syn_v5_sequence_gap/$name.dat" 2>/dev/null
	done
	sleep 0.5
}

counted()
{
	listed "$data" | awk -F, '{ n += $6 } END { print n + 0 }'
}

for threads in 1 2; do
	start --threads "$threads" --timeout tcp.fin=7
	is "$(stat -c %a "$tmp/ctl")" 600 "only for us"
	packets
	like "$(tell statistics)" '^Number of active flows: 4$' "statistics"
	like "$(tell statistics)" '^Packets processed: 4$' "packets"
	like "$(tell dump-flows)" \
		'^ACTIVE seq:4 .*proto:17 octets>:[0-9]+ packets>:1 ' \
		"dump-flows"
	like "$(tell timeouts)" '^ +TCP post-FIN timeout: 7s$' "timeouts"
	like "$(tell expire-all)" 'Expired 4 flows' "expire-all"
	like "$(tell statistics)" '^ +udp \(17\): ' "protocols"
	like "$(tell statistics)" '^ +flushed = +4$' "reasons"
	packets
	like "$(tell delete-all)" 'Deleted 4 flows' "delete-all"
	like "$(tell stop-gather)" 'Data collection stopped' "stop-gather"
	packets
	like "$(tell start-gather)" 'Data collection resumed' "start-gather"
	like "$(tell statistics)" '^Number of active flows: 0$' "nothing came"
	packets
	like "$(tell 'debug+')" 'increased' "debug+"
	like "$(tell 'debug-')" 'decreased' "debug-"
	like "$(tell send-template)" 'will be sent' "send-template"
	like "$(tell 'foo bar')" 'Unknown control command "foo bar"' "others"
	like "$(tell shutdown)" 'Shutting down' "shutdown"
	wait "$pid"
	is "$?" 0 "and so it does"
	is "$(counted)" 8 "flows that were not deleted are there"
	ok "the socket is gone" test ! -e "$tmp/ctl"
done

start
packets
is "$(drip)" 1 "who is slow is hung up on"
like "$(tell exit)" 'Exiting' "exit"
wait "$pid"
is "$?" 0 "and so it does"
is "$(counted)" 0 "without flows"

start --foreground -l0
tell debug+ >"$tmp/out"
tell debug- >"$tmp/out"
tell timeouts >"$tmp/out"
unlike "$(cat "$log")" 'Control' "no level brings messages back"
tell exit >"$tmp/out"
wait "$pid"
fails 2 "not for captures" "$FLOWPROBE" --control "$tmp/ctl" -r "$pcap/icmp.pcap" \
	-l "$data"
done_testing
