#!/bin/sh
# Several ports in one process, by URL.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

one=$((port + 1))
two=$((port + 2))
three=$((port + 3))

# urls URL...: start a collector that listens there.
urls()
{
	for url in "$@"; do
		set -- "$@" --listen "$url"
		shift
	done
	: >"$log"
	"$FLOWCAPD" "$@" -w "$data" -t "${interval:-300}" 2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for started_or_gone
	logged '^Startup'
}

ok "starts" urls "netflow://127.0.0.1:$one" "ipfix://localhost:$two/" \
	"sflow://[::1]:$three"
ok "the first" logged "^Bound to IPv4 host/IP: 127.0.0.1, Port: $one"
ok "the second" logged "^Bound to IPv[46] host/IP: localhost, Port: $two"
ok "the third" logged "^Bound to IPv6 host/IP: ::1, Port: $three"
set -- "$wire/syn_v5_sequence_gap/seq0_2rec.dat"
"$BUILDDIR/tests/cli/udpsend" "$one" "$1"
if logged "^Bound to IPv6 host/IP: localhost"; then
	"$BUILDDIR/tests/cli/udpsend" -6 "$two" "$1"
else
	"$BUILDDIR/tests/cli/udpsend" "$two" "$1"
fi
"$BUILDDIR/tests/cli/udpsend" -6 "$three" "$1"
stop
is "$(flows "$data"/nfcapd.2*)" 6 "flows of all three"
ok "any protocol on any of them" logged 'Bad Packets: 0'

# default URL PORT: the port of a URL without one.
default()
{
	urls "$1" || logged "$2: Address already in use" || return
	logged "Port: $2\$|:$2: Address already in use" || return
	stop
	return 0
}

ok "port of NetFlow" default "netflow://127.0.0.1" 9995
ok "port of IPFIX" default "ipfix://127.0.0.1" 4739
ok "port of sFlow" default "sflow://127.0.0.1/" 6343

# Two batches wait in one socket, and something new in the other: that they
# are read by turns does not set the clock back.
rm -f "$data"/nfcapd.*
interval=1
ok "starts" urls "udp://127.0.0.1:$one" "udp://127.0.0.1:$two"
interval=
kill -STOP "$pid"
"$BUILDDIR/tests/cli/udpsend" -n 150 "$one" "$1"
sleep 3
"$BUILDDIR/tests/cli/udpsend" "$two" "$1"
kill -CONT "$pid"
stop
is "$(flows "$data"/nfcapd.2*)" 302 "flows of both"
fails 1 "the clock was not set back" logged 'clock was set back'

# The interface is no part of the address.
! urls "udp://[ff02::7%lo]:$one" || stop
ok "a group of one interface, joined or not" \
	logged "multicast group:* ff02::7%lo "

for url in 127.0.0.1:99 http://127.0.0.1 udp://[::1 udp://h:1/path udp://h:; do
	ok "refused: $url" sh -c "! '$FLOWCAPD' --listen '$url' -w '$data' \
		2>'$tmp/err' && grep -qF -- '--listen: $url: ' '$tmp/err'"
done

done_testing
