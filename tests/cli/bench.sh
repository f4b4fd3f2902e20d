# The tools behind scripts/bench: flowgen makes the flows that it says,
# measure tells what a command did.  Then scripts/bench itself, with few flows;
# the figures do not matter.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

flowgen=$BUILDDIR/flowgen
measure=$BUILDDIR/measure

# said NAME FILE: the number that flowgen printed.
said()
{
	sed -n "s/.*$1=\([0-9]*\).*/\1/p" "$2"
}

# agrees WHAT FLOWDUMP-INPUT...: headers, records and flowgen agree.
agrees()
{
	what=$1
	shift
	"$FLOWDUMP" "$@" -I >"$tmp/stat"
	"$FLOWDUMP" "$@" -q -o 'fmt:%pkt %byt' -N >"$tmp/rows"
	is "$(awk '/^(Flows|Packets|Bytes):/ { printf "%s ", $2 }' "$tmp/stat")" \
		"$(said flows "$tmp/said") $(said packets "$tmp/said") $(
			said bytes "$tmp/said") " "$what: headers"
	is "$(awk '{ packets += $1; bytes += $2 } END {
			printf "%d %.0f %.0f", NR, packets, bytes
		}' "$tmp/rows")" \
		"$(said flows "$tmp/said") $(said packets "$tmp/said") $(
			said bytes "$tmp/said")" "$what: records"
}

"$flowgen" -n 20000 -o "$tmp/one" >"$tmp/said"
is "$(said flows "$tmp/said")" 20000 "file: number of flows"
agrees file -r "$tmp/one"
"$flowgen" -n 20000 -o "$tmp/two" >/dev/null
ok "file: the same again" cmp "$tmp/one" "$tmp/two"
"$flowgen" -n 20000 --seed 2 -o "$tmp/three" >/dev/null
fails 1 "file: another seed, other flows" cmp -s "$tmp/one" "$tmp/three"
fails 250 "file: not over another one" "$flowgen" -n 1 -o "$tmp/one"
like "$("$FLOWDUMP" -q -r "$tmp/one" -o 'fmt:%sa' -6)" '2001:' "file: IPv6"

mkdir "$tmp/slots"
"$flowgen" -n 1000 --dir "$tmp/slots" --files 3 --interval 60 \
	--start 1735689480 --codec none >"$tmp/said"
is "$(cd "$tmp/slots" && echo *)" "nfcapd.202412312358$(
	) nfcapd.202412312359 nfcapd.202501010000" "slots: names"
agrees slots -R "$tmp/slots"

for protocol in v5 v9 ipfix sflow; do
	mkdir "$data/$protocol"
	capd -t 31536000 -l "$data/$protocol"
	"$flowgen" -n 5000 --rate 10000 --send "$protocol" \
		--to "127.0.0.1:$port" >"$tmp/said"
	is "$(said flows "$tmp/said")" 5000 "$protocol: sent"
	udp_wait_read "$port"
	stop
	agrees "$protocol" -R "$data/$protocol"
	like "$(cat "$tmp/stat")" '^Sequence failures: 0$' \
		"$protocol: in sequence"
done

fails 1 "no load on other machines" \
	"$flowgen" -n 1 --send v5 --to 192.0.2.1:9995
fails 1 "a port is needed" "$flowgen" -n 1 --send v5 --to 127.0.0.1
fails 1 "a target is needed" "$flowgen" -n 1 --send v5

like "$("$measure" -n 2 true)" 'wall=[0-9.]+ .* rss=[1-9][0-9]* status=0$' \
	"measure: a command that succeeds"
fails 1 "measure: a command that fails" "$measure" false
is "$("$measure" -p "$tmp/pid" sh -c 'exit 3' | sed 's/.*status=//')" 3 \
	"measure: exit status"

# bench ARGUMENT...: its output and its standard error to $tmp/table.
bench()
{
	"$SRCDIR/scripts/bench" --build "$BUILDDIR" "$@" >"$tmp/table" 2>&1 || {
		note <"$tmp/table"
		return 1
	}
}

bench --flows 3000 query growth
result $? "bench: query and growth"
is "$(awk '/^query:/ { on = 1 } /^growth:/ { on = 0 } on' "$tmp/table" |
	grep -Ec '[0-9]\.[0-9]{2} +[0-9]+\.[0-9]{2} +[0-9]+\.[0-9]')" 12 \
	"bench: twelve queries"
is "$(awk '$0 ~ /-(s|A) .*flowdump/ { printf "%s ", $1 }' "$tmp/table")" \
	"100 100 300 300 1000 1000 3000 3000 " "bench: four sizes, two queries"
bench --file "$tmp/one" query
result $? "bench: a file that is there"
like "$(cat "$tmp/table")" '^query: 20000 flows' "bench: that file"
bench --flows 20000 --store "$tmp/store" index
result $? "bench: index"
like "$(cat "$tmp/table")" '^index: 201 files' "bench: a store was made"
like "$(cat "$tmp/table")" '^flowdump,no-index ' "bench: and looked up"
like "$(cat "$tmp/table")" '^flows: 5; ' "bench: the rare address is found"
bench --packets 20000 probe
result $? "bench: probe"
like "$(cat "$tmp/table")" '^probe: 20000 packets, 400 flows' "bench: a capture"
like "$(cat "$tmp/table")" '^flowprobe +[0-9.]+ ' "bench: and its flows"
bench --flows 3000 forward
result $? "bench: forward"
like "$(cat "$tmp/table")" '^tcp +3000 +3000 ' "bench: and what arrived by TCP"
fails 2 "bench: an unknown mode" "$SRCDIR/scripts/bench" --build "$BUILDDIR" foo

done_testing
