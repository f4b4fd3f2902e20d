#!/bin/sh
# Flows by TCP and TLS to a collector; certificates that are refused, with the
# reason.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need openssl
certs=$tmp/certs
mkdir "$certs" "$tmp/in"

# issue NAME DAYS SAN: a certificate by our authority, with its key
issue()
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$certs/$1.key" -out "$certs/$1.csr" -subj "/CN=$1" \
		2>/dev/null &&
	printf 'subjectAltName=%s\n' "$3" >"$certs/ext" &&
	openssl x509 -req -in "$certs/$1.csr" -CA "$certs/ca.pem" \
		-CAkey "$certs/ca.key" -CAcreateserial -days "$2" \
		-extfile "$certs/ext" -out "$certs/$1.pem" 2>/dev/null
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$certs/ca.key" -out "$certs/ca.pem" -days 2 -subj "/CN=ca" \
	2>/dev/null
result $? "an authority"
ok "a certificate" issue good 2 DNS:localhost
ok "one for another name" issue other 2 DNS:other.example
ok "flows" "$BUILDDIR/flowgen" -n 5000 -o "$tmp/in/flows"

# collect URL OPTION...
collect()
{
	rm -rf "$data"
	mkdir "$data"
	: >"$log"
	"$FLOWCAPD" --sync never -t 31536000 -w "$data" --listen "$@" \
		2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for started_or_gone
	logged '^Startup'
}

listed()
{
	"$FLOWDUMP" -q -R "$1" -o 'fmt:%ter,%sa,%da,%pr,%sp,%dp,%pkt,%byt' |
		sort
}
listed "$tmp/in" >"$tmp/want"

for way in tera+tcp tera+tls ipfix+tcp ipfix+tls; do
	ok "$way: starts" collect "$way://localhost:$port" \
		--tls-cert "$certs/good.pem" --tls-key "$certs/good.key"
	ok "$way: sent" "$FLOWFWD" -r "$tmp/in/flows" \
		--tls-ca "$certs/ca.pem" "$way://localhost:$port"
	ok "$way: arrived" stop
	listed "$data" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$way: the same flows"
done

# Messages of which four are longer than one can be.
ok "long messages: starts" collect "ipfix+tcp://localhost:$port"
ok "long messages: sent" timeout 60 "$FLOWFWD" -r "$tmp/in/flows" \
	--max-len 65535 -b 262140 "ipfix+tcp://localhost:$port"
ok "long messages: arrived" stop
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "long messages: the same flows"

# Clients that only send new keys do not keep others from sending.
ok "new keys: starts" collect "tera+tls://localhost:$port" \
	--tls-cert "$certs/good.pem" --tls-key "$certs/good.key"
for i in 1 2 3; do
	"$BUILDDIR/tests/cli/tcpsend" -k "$port" >"$tmp/keys$i" 2>&1 &
	pids="$pids $!"
	keys="$keys $!"
done
has_connected()
{
	grep -q connected "$tmp/keys1"
}
ok "new keys: come" wait_for has_connected
ok "new keys: sent" timeout 60 "$FLOWFWD" -r "$tmp/in/flows" \
	--tls-ca "$certs/ca.pem" "tera+tls://localhost:$port"
kill $keys
ok "new keys: arrived" stop
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "new keys: the same flows"

# refused NAME PATTERN CERTIFICATE ARGUMENT...: no flow is sent
refused()
{
	name=$1 pattern=$2 cert=$3
	shift 3
	ok "$name: starts" collect "tera+tls://localhost:$port" \
		--tls-cert "$certs/$cert.pem" --tls-key "$certs/$cert.key"
	"$FLOWFWD" -r "$tmp/in/flows" "$@" --reconnect 1 -c 1 --drain 1 \
		"tls://localhost:$port" >"$tmp/refused" 2>&1
	is $? 250 "$name: status"
	like "$(cat "$tmp/refused")" "$pattern" "$name: the reason"
	stop
}
refused "another name" 'is for other.example' other --tls-ca "$certs/ca.pem"
refused "an authority nobody knows" 'issuer|self|trust|authority' good
done_testing
