# -D: host names of filters are asked of this name server and no other.

. "$SRCDIR/tests/lib.sh"

file=$SRCDIR/tests/data/query/in-1.7.1/netflow/nfcapd.202405140900

# refused PATTERN SERVER: not a server
refused()
{
	"$FLOWDUMP" -D "$2" -r "$file" any >"$tmp/out" 2>"$tmp/err"
	is "$?" 1 "-D '$2': status"
	is "$(cat "$tmp/out")" "" "-D '$2': nothing on stdout"
	like "$(cat "$tmp/err")" "$1" "-D '$2': $1"
}

if "$FLOWDUMP" -D 127.0.0.1 -r "$file" any 2>&1 >/dev/null |
	grep -q 'built without c-ares'; then
	refused 'built without c-ares' 127.0.0.1
	skip "names" "built without c-ares"
	done_testing
fi
for server in "" 127.0.0.1:0 127.0.0.1:65536 127.0.0.1: 127.0.0.1:x \
	'[::1' '[::1]x' '[]:53' no.such.server.invalid; do
	refused 'is no address of a name server' "$server"
done

command -v python3 >/dev/null 2>&1 || {
	skip "names" "python3 is not installed"
	done_testing
}
pids=
trap 'for one in $pids; do kill "$one"; done 2>/dev/null; rm -rf "$tmp"' EXIT

# serve LOG [ADDRESS]: start a name server; its port in $port
serve()
{
	python3 "$SRCDIR/tests/cli/nameserver.py" $2 >"$1" 2>"$tmp/trace" &
	server=$!
	pids="$pids $server"
	serve_left=200
	until [ -s "$1" ] || ! kill -0 "$server" 2>/dev/null; do
		[ $((serve_left -= 1)) -gt 0 ] || break
		sleep 0.05
	done
	port=$(head -n 1 "$1")
	[ -n "$port" ]
}

# understood SERVER FILTER WANT
understood()
{
	is "$("$FLOWDUMP" -D "$1" -X "$2" 2>&1)" "$("$FLOWDUMP" -X "$3")" \
		"-D $1: $2"
}

# unknown PATTERN SERVER FILTER
unknown()
{
	fails 254 "-D $2: $3" "$FLOWDUMP" -D "$2" -r "$file" "$3"
	like "$(cat "$tmp/.out")" "$1" "-D $2: $3: $1"
}

serve "$tmp/asked" || {
	skip "names" "no name server: $(tail -n 1 "$tmp/trace")"
	done_testing
}
understood "127.0.0.1:$port" "host four.test" "host 127.0.0.5"
understood "127.0.0.1:$port" "src host TWO.test" \
	"src host in [10.1.2.3 2001:db8::9]"
understood "localhost:$port" "host four.test" "host 127.0.0.5"
unknown 'cannot look up "none.test": name server 127.0.0.1:[0-9]*: ' \
	"127.0.0.1:$port" "host none.test"
unknown 'not found' "127.0.0.1:$port" "host nobody.test"
like "$(cat "$tmp/asked")" '^four.test 1$' "the server was asked"
"$FLOWDUMP" -D "127.0.0.1:$port" -q -r "$file" \
	"host two.test or net 10.0.0.0/8" >"$tmp/got"
"$FLOWDUMP" -q -r "$file" "net 10.0.0.0/8" >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "a filter with a name selects"
before=$(wc -l <"$tmp/asked")
"$FLOWDUMP" -D "127.0.0.1:$port" -X "host 10.0.0.1" >/dev/null
is "$(wc -l <"$tmp/asked")" "$before" "without a name nobody is asked"
like "$("$FLOWDUMP" -D "127.0.0.1:$port" -X "host big.test" 2>&1)" \
	'10\.9\.0\.1' "an answer over TCP"
kill "$server"
wait "$server" 2>/dev/null
unknown 'Could not contact' "127.0.0.1:$port" "host four.test"

if serve "$tmp/asked6" ::1; then
	understood "[::1]:$port" "host four.test" "host 127.0.0.5"
else
	skip "a server with an IPv6 address" "no IPv6 here"
fi
done_testing
