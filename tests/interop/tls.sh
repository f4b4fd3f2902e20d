#!/bin/sh
# TLS with openssl at the other end: what is refused, why, and what is taken.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"
. "$SRCDIR/tests/certs.sh"
need openssl
whole='-d 100000000 -e 0'

make_certs >"$tmp/certs.log" 2>&1 || {
	note <"$tmp/certs.log"
	skip_all "openssl makes no certificates"
}

listening()
{
	grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$port") [0-9A-F:]* 0A" \
		/proc/net/tcp /proc/net/tcp6
}

# end PID: stop a process of ours.
end()
{
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# Somebody who never says anything, nor ends.
mkfifo "$tmp/silence"
exec 3<>"$tmp/silence"

listening_or_gone()
{
	listening || gone "$server"
}

# serve ARGUMENT...: openssl as the server, for one connection; what it gets
# is in $tmp/received.  A port in use by somebody else is passed over.
serve()
{
	for attempt in 1 2 3 4 5; do
		timeout 60 openssl s_server -accept "localhost:$port" -quiet \
			-naccept 1 "$@" >"$tmp/received" \
			2>"$tmp/server.log" <"$tmp/silence" &
		server=$!
		wait_for listening_or_gone
		gone "$server" || break
		port=$((port + 1))
	done
	pids="$pids $server"
}

told()
{
	grep -Eq -e "$1" "$tmp/probe.log" || gone "$probe"
}

# refuses NAME PATTERN ARGUMENT...: why the probe does not send to openssl
refuses()
{
	refuses_name=$1 pattern=$2
	shift 2
	serve "$@"
	: >"$tmp/probe.log"
	"$FLOWPROBE" -r "$pcap/tcp_basic.pcap" --tls-ca "$certs/ca.pem" \
		"tls://localhost:$port" 2>"$tmp/probe.log" &
	probe=$!
	pids="$pids $probe"
	wait_for told 'no connection'
	end "$probe"
	end "$server"
	like "$(cat "$tmp/probe.log")" "no connection: .*$pattern" \
		"$refuses_name"
	is "$(wc -c <"$tmp/received")" 0 "and sends nothing"
}

key="-cert $certs/good.pem -key $certs/good.key -cert_chain $certs/mid.pem"
refuses "TLS 1.2 only" 'the other side has no TLS 1.3, only older' \
	$key -tls1_2
refuses "expired" 'the certificate of localhost expired at 20.*UTC' \
	-cert "$certs/expired.pem" -key "$certs/expired.key" \
	-cert_chain "$certs/mid.pem"
refuses "wrong name" \
	'for other.example, third.example, not for localhost' \
	-cert "$certs/other.pem" -key "$certs/other.key" \
	-cert_chain "$certs/mid.pem"
refuses "self-signed" 'is self-signed: .*CA \(--tls-ca FILE for' \
	-cert "$certs/self.pem" -key "$certs/self.key"
refuses "missing intermediate" \
	'localhost, Test Intermediate, is not known: .*intermediate' \
	-cert "$certs/good.pem" -key "$certs/good.key"
cp "$certs/self.pem" "$certs/ca.pem"
refuses "self-signed, though it is in --tls-ca" 'is self-signed' \
	-cert "$certs/self.pem" -key "$certs/self.key"
refuses "CA not trusted" 'Test Root.* is not (known|trusted)' \
	-cert "$certs/good.pem" -key "$certs/good.key" \
	-cert_chain "$certs/mid.pem" -CAfile "$certs/root.pem"
cp "$certs/root.pem" "$certs/ca.pem"

fails 1 "a bare address" "$FLOWPROBE" -r "$pcap/tcp_basic.pcap" \
	"tls://127.0.0.1:$port"
like "$(cat "$tmp/.out")" 'verified against a name.*not its address' \
	"says what to do"
fails 1 "a file that holds no certificate" "$FLOWPROBE" \
	-r "$pcap/tcp_basic.pcap" --tls-ca "$certs/good.key" \
	"tls://localhost:$port"
like "$(cat "$tmp/.out")" "good.key: " "is named"
fails 1 "NetFlow 9" "$FLOWPROBE" -r "$pcap/tcp_basic.pcap" -n 9 \
	"tls://localhost:$port"

# arrived: openssl has written what the probe says it has sent
arrived()
{
	[ "$(wc -c <"$tmp/received")" -eq "$(sed -n \
		's/^To tls:.* messages of \([0-9]*\) bytes.*/\1/p' \
		"$tmp/probe.log")" ]
}

# takes ARGUMENT...: all the flows arrive at openssl; $trust says why
takes()
{
	serve $key
	"$@" "$FLOWPROBE" $whole -r "$pcap/many_flows.pcap" $trust \
		--reconnect 1 "tls://localhost:$port" 2>"$tmp/probe.log"
	status=$?
	wait_for arrived
	end "$server"
	rm -rf "$data"
	mkdir "$data"
	"$FLOWCAPD" -Y "$tmp/received" -w "$data" 2>"$log" &&
	listed "$data" >"$tmp/got" && cmp -s "$tmp/got" "$tmp/want" &&
		[ "$status" = 0 ]
}

probe "$pcap/many_flows.pcap" $whole
listed "$tmp/flows" >"$tmp/want"
trust="--tls-ca $certs/ca.pem"
ok "right chain of a private CA: all flows arrive" takes env
trust=
ok "right chain of a CA that the system trusts" takes \
	env SSL_CERT_FILE="$certs/ca.pem"

# Now openssl is the client.
collect()
{
	rm -rf "$data"
	mkdir "$data"
	: >"$log"
	"$FLOWCAPD" -w "$data" --sync never --no-state "$@" 2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for started_or_gone
	logged '^Startup'
}

client()
{
	timeout 30 openssl s_client -connect "localhost:$port" -CAfile "$certs/root.pem" \
		-verify_return_error -verify_hostname localhost "$@" 2>&1
}

ok "flowcapd listens" collect --listen "tera+tls://localhost:$port" \
	--tls-cert "$certs/chain.pem" --tls-key "$certs/good.key"
like "$(client </dev/null)" 'Protocol *: TLSv1.3|New, TLSv1.3' \
	"TLS 1.3 is offered, and the chain is sent"
like "$(client -tls1_2 </dev/null)" 'alert protocol version' \
	"TLS 1.2 is not"
{
	for i in 1 2 3; do
		printf '\240\0\0\0\0\0\0\0'
		cat "$SRCDIR/tests/data/tera/v4.bin"
	done
	sleep 1
} | client -quiet -no_ign_eof >"$tmp/client.log" 2>&1
stop
is "$(flows "$data"/nfcapd.2*)" 3 "messages of Tera Flow are taken"
like "$(cat "$log")" 'older|protocol' "and a client of TLS 1.2 is logged"

fails 1 "a key of another certificate" "$FLOWCAPD" -w "$data" \
	--listen "tera+tls://localhost:$port" \
	--tls-cert "$certs/chain.pem" --tls-key "$certs/other.key"
fails 1 "no certificate" "$FLOWCAPD" -w "$data" \
	--listen "tera+tls://localhost:$port"
done_testing
