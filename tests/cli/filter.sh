# What only the program can give a filter: files, host names, the file's
# identification, the number of a flow.

. "$SRCDIR/tests/lib.sh"

cd "$SRCDIR/tests/data/query/in-1.7.1/netflow" || exit 1

# rows ARGUMENT...: how many flows are listed
rows()
{
	"$FLOWDUMP" -q "$@" | grep -c .
}

printf '# comment\nproto udp\n\tand port 53 # more\n' >"$tmp/filter"
is "$(rows -R . -f "$tmp/filter")" "$(rows -R . 'proto udp and port 53')" \
	"filter from a file"
is "$(rows -R . -f "$tmp/filter" proto 99)" 0 "words win over the file"
: >"$tmp/empty"
is "$(rows -R . -f "$tmp/empty")" 340 "an empty file matches everything"
printf 'port in [@include ports ]\r\n' >"$tmp/outer"
echo '53 # names' >"$tmp/ports"
is "$(cd "$tmp" && "$FLOWDUMP" -X -f outer)" "port = 53" "an included file"
fails 250 "no such file to include" "$FLOWDUMP" -R . '@include missing'
is "$("$FLOWDUMP" -R . 'any or @include missing' 2>&1)" \
	"flowdump: filter:1:8: filter file missing: No such file or directory" \
	"told with its place"
echo 'port foo' >"$tmp/bad"
like "$("$FLOWDUMP" -R . "any or
	@include $tmp/bad" 2>&1)" "^flowdump: $tmp/bad:1:6: unknown service" \
	"an error in an included file"
is "$(rows -R . '  ')" 340 "so does a blank text"
is "$(rows -R . proto udp and port 53)" "$(rows -R . 'proto udp and port 53')" \
	"words are joined"
is "$(rows -r nfcapd.202405140900 'ident edge-rtr')" 190 "ident"
is "$(rows -r nfcapd.202405140900 'ident other')" 0 "another ident"
"$FLOWDUMP" -q -r nfcapd.202405140900 | sed -n 5p >"$tmp/want"
"$FLOWDUMP" -q -r nfcapd.202405140900 'count 5' >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "the fifth flow"
"$FLOWDUMP" -q -R . | sed -n 200p >"$tmp/want"
"$FLOWDUMP" -q -R . 'count 200' >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "the 200th, in the second file"
is "$("$FLOWDUMP" -q -R . -o fmt:%cnt 'count 200' | tr -d ' ')" 200 "%cnt"
"$FLOWDUMP" -q -R . -o fmt:%cnt | tr -d ' ' >"$tmp/got"
seq 340 >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "%cnt over two files"
if getent hosts localhost >/dev/null; then
	ok "a host name" "$FLOWDUMP" -q -R . 'host localhost'
else
	skip "a host name" "localhost has no address here"
fi
fails 254 "no such host" "$FLOWDUMP" -R . 'host no-such-name.invalid'
like "$("$FLOWDUMP" -R . 'host no-such-name.invalid' 2>&1)" \
	'^flowdump: filter:1:6: cannot look up "no-such-name.invalid": .' \
	"told with its place"
is "$("$FLOWDUMP" -X 'SRC  port = 80 AND proto 6')" \
	"$("$FLOWDUMP" -X 'src port 80 and proto tcp')" "-X: one normal form"
"$FLOWDUMP" -Z 'proto tcp' >"$tmp/got" 2>&1
is "$? $(cat "$tmp/got")" "0 " "-Z: right"
fails 254 "-Z: wrong" "$FLOWDUMP" -Z 'proto'
like "$("$FLOWDUMP" -R . -f 'proto tcp' 2>&1)" \
	'filter file proto tcp: .*; -f names a file, a filter is given without it' \
	"-f with a filter"
unlike=$("$FLOWDUMP" -R . -f no/such.file 2>&1)
is "${unlike#*names a file}" "$unlike" "-f with a file that is not there"

done_testing
