# Output modes: what stands around the rows, and what goes with what.

. "$SRCDIR/tests/lib.sh"

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1

# prints WANT NAME ARGUMENT...: without the trailer's last two lines
prints()
{
	want=$1 name=$2
	shift 2
	is "$("$FLOWDUMP" -r netflow/nfcapd.202405140900 "$@" 2>&1 |
		sed -e '/^Total flows/d' -e '/^Sys:/d' -e '/^Time window/d')" \
		"$want" "$name"
}

summary="Summary: total flows: 2, total bytes: 153, total packets: 2, avg bps: 612000, avg pps: 1000, avg bpp: 76"
prints "$summary" "null: the trailer" -c 2 -o null
prints "" "null and -q: nothing" -c 2 -o Null6 -q
prints "Top 1 flows ordered by bytes:
$summary" "null: the line of a list" -c 2 -s record/bytes -n 1 -o null
prints "2|1715677206859|1715677206859|17|0|0|0|169083401|59221|0|0|0|3221226037|123|64512|15169|1|502|0|184|1|76" \
	"pipe: rows alone" -c 1 -o pipe
prints "2|1715677206861|1715677206861|17|0|0|0|3221226037|123|0|0|0|169083401|59221|15169|64512|502|1|0|184|1|77" \
	"pipe: flows of a list" -c 2 -s record/bytes -n 1 -o PIPE
prints "2|1715677206859|1715677206859|17|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|1|76" \
	"pipe: rows of keys" -c 1 -A proto -o pipe
prints "firstSeen,srcAddr,dstPort,Ident
2024-05-14 09:00:06.859,10.20.2.9,123,edge-rtr" \
	"csv: columns of one's own" -c 1 -o 'csv:%ts,%sa,%dp,%idt'
prints "17,76" "csv: without heading" -q -c 1 -o 'csv:%pr,%byt'
prints "proto,packets
17,2" "csv: rows of keys" -c 2 -A proto -o 'csv:%pr,%pkt'
prints "ts,te,td,pr,val,fl,flP,pkt,pktP,byt,bytP,pps,bps,bpp
2024-05-14 09:00:06,2024-05-14 09:00:06,0.002,UDP,17,2,100.0,2,100.0,153,100.0,1000,612000,76" \
	"csv: lists of fields" -c 2 -s proto/bytes -o csv-fast
prints "17,edge-rtr" "ident of a flow" -q -c 1 \
	-o 'csv:%pr,%idt'
prints "17,none" "ident of a row: none" -q -c 1 -a -o 'csv:%pr,%idt'
prints "$(printf '\001')       10.20.2.9" "-T" -q -c 1 -T -o 'fmt:%sa'
prints "2024-05-14 09:00:06.859     00:00:00.000 any   $(printf '\001')       192.0.2.53        1(100.0)        1(100.0)       76(100.0)        0        0    76" \
	"-T in a list" -q -c 1 -T -s dstip -n 1 -o raw

"$FLOWDUMP" -q -r netflow/nfcapd.202405140900 -A inif -o raw -n 1 \
	>"$tmp/raw" 2>&1
like "$(cat "$tmp/raw")" "^  input        = +[0-9]+$" "raw: a key"
like "$(cat "$tmp/raw")" "^  aggr flows   = +[0-9]+$" "raw: counters of a row"
unlike "$(cat "$tmp/raw")" "RecordCount|src vlan|Label" "raw: keys alone"
is "$("$FLOWDUMP" -q -R netflow -o raw | grep -c RecordCount)" 340 \
	"raw: all flows"

# refused PATTERN MODE
refused()
{
	fails 1 "refused: -o $2" "$FLOWDUMP" -R netflow -o "$2"
	like "$(cat "$tmp/.out")" "$1" "refused: $1"
}
refused "unknown output mode 'raw7', known: line .* csv-fast pipe raw null" raw7
refused "unknown output mode 'nul', known:" nul
refused "unknown token at '%sap', known: %ts .* %lbl" 'csv:%ts,%sap'
refused "no comma before '%te'" 'csv:%ts %te'

# threads change nothing
for mode in raw pipe csv-fast 'csv:%cnt,%idt,%sn'; do
	for threads in 1 7; do
		"$FLOWDUMP" --threads $threads -q -R . -o "$mode" >"$tmp/$threads"
	done
	compare_file "$tmp/7" "$tmp/1" "-o $mode: threads"
done
done_testing
