# The forwarder in scripts/bench, which reads this.  It sends a flow file as
# Tera Flow to flowcapd on another core; with no delay by UDP, so that much of
# that is dropped there.

# forward_certificates: an authority, and a certificate of it for localhost.
forward_certificates()
{
	echo subjectAltName=DNS:localhost >"$tmp/san"
	key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	openssl req -x509 $key -keyout "$tmp/ca.key" -out "$tmp/ca.pem" \
		-days 2 -subj /CN=ca 2>/dev/null &&
	openssl req $key -keyout "$tmp/key.pem" -out "$tmp/csr" \
		-subj /CN=localhost 2>/dev/null &&
	openssl x509 -req -in "$tmp/csr" -CA "$tmp/ca.pem" \
		-CAkey "$tmp/ca.key" -CAcreateserial -days 2 \
		-extfile "$tmp/san" -out "$tmp/cert.pem" 2>/dev/null
}

# forward_receiver WAY: a new collector that listens.
forward_receiver()
{
	rm -rf "$tmp/data"
	mkdir "$tmp/data"
	: >"$tmp/log" # what the one before wrote would do for "ready"
	tls=
	[ "$1" != tls ] || tls="--tls-cert $tmp/cert.pem --tls-key $tmp/key.pem"
	taskset -c "$(($(nproc) - 1))" flowcapd --sync never -t 31536000 \
		-w "$tmp/data" -B "$buffer" \
		--listen "tera+$1://127.0.0.1:$port" $tls 2>"$tmp/log" &
	pid=$!
	until grep -q ^Startup "$tmp/log"; do
		kill -0 "$pid" 2>/dev/null || {
			cat "$tmp/log" >&2
			give_up "flowcapd does not start"
		}
		sleep 0.05
	done
}

# forward_case WAY: one line of the table.
forward_case()
{
	: >"$tmp/cost"
	host=127.0.0.1 ca=
	[ "$1" != tls ] || host=localhost ca="--tls-ca $tmp/ca.pem"
	for turn in $(seq "$runs"); do
		forward_receiver "$1"
		run "$tmp/cost" taskset -c 0 flowfwd -4 -d 0 -r "$file" $ca \
			--reconnect 1 "$1://$host:$port" 2>"$tmp/sent"
		kill "$pid"
		wait "$pid"
		pid=
	done
	stored=$(stored_flows flowdump)
	echo "$count ${stored:-0} $(sort -n -k 2 "$tmp/cost" | head -n 1)" |
		awk -v way="$1" 'NF == 5 && $3 > 0 && $4 > 0 {
			printf "%-6s%11d%11d%9.2f%8.2f%9.1f%10.0f%10.0f\n", way,
				$1, $2, $3, $4, $5 / 1024, $1 / $4 / 1e3,
				$1 / $3 / 1e3
		}'
}

bench_forward()
{
	make_input "${flows:-1000000}"
	port=$(udp_free_port)
	echo
	echo "forward: $count flows as Tera Flow, one core for flowfwd; least" \
		"CPU time of $runs runs"
	printf '%-6s%11s%11s%9s%8s%9s%10s%10s\n' way sent stored "wall s" \
		"CPU s" "RSS MiB" "k/s CPU" "k/s wall"
	forward_case udp
	forward_case tcp
	if forward_certificates; then
		forward_case tls
	else
		echo "openssl is not installed: no TLS"
	fi
}
