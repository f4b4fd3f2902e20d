# Reports that sum up: limits, what excludes what, and rows to a flow file.

. "$SRCDIR/tests/lib.sh"

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1

# refused PATTERN ARGUMENT...: status 1, one message, nothing on stdout
refused()
{
	pattern=$1
	shift
	"$FLOWDUMP" -R netflow "$@" >"$tmp/out" 2>"$tmp/err"
	is "$?" 1 "$*: status"
	is "$(cat "$tmp/out")" "" "$*: nothing on stdout"
	is "$(wc -l <"$tmp/err" | tr -d ' ')" 1 "$*: one message"
	like "$(cat "$tmp/err")" "$pattern" "$*: $pattern"
}

# notice PATTERN ARGUMENT...: status 0, and the line on stderr
notice()
{
	pattern=$1
	shift
	"$FLOWDUMP" -R netflow "$@" >"$tmp/out" 2>"$tmp/err"
	is "$?" 0 "$*: status"
	is "$(wc -l <"$tmp/err" | tr -d ' ')" 1 "$*: one line"
	like "$(cat "$tmp/err")" "$pattern" "$*: $pattern"
}

refused "Unknown stat: 'srcip/byts'; did you mean 'bytes'" -s srcip/byts
refused "Unknown print order 'bites'; did you mean 'bytes'" -O bites
refused "Unknown aggregation field 'srcipp'; did you mean" -A srcipp
refused "Multiple aggregation masks not allowed" -A srcip -A dstip
refused "Can not set custom aggregation in bidir mode" -b -A srcip
refused "Can not set custom aggregation in bidir mode" -B -A srcip
refused "do not make sense for plain packet dumps" -l 5
refused "do not make sense for plain packet dumps" -L 5 -O bytes
refused "Can't understand '5x'" -a -l 5x
refused "limited to 16 stats" $(for i in $(seq 17); do echo "-s proto"; done)
ok "16 lists" "$FLOWDUMP" -q -R netflow \
	$(for i in $(seq 16); do echo "-s proto"; done)
refused "n needs a number, not '-1'" -s srcip -n -1
refused "by needs a time" --by 5x
refused "mem needs a size" -a --mem 0
refused "spread divides" -s srcip --spread
refused "order p95 needs --p95" -s srcip/p95
refused "order distinct needs --distinct" -a -O distinct
refused "say which with" --by 1h -O bytes
refused "Unknown field to count: 'foo'" --distinct foo
refused "%distinct needs --distinct" -o 'fmt:%sa %distinct' -c 1
refused "%distinct needs --distinct" -a -o 'fmt:%sa %distinct'
refused "%p95 needs --p95" -a -o 'fmt:%sa %p95' --distinct srcip
refused "Unknown aggregation field 'foo'" -s srcip -A foo
refused "Unknown print order 'foo'" -s srcip -O foo
refused "known: .* pipe raw null csv:TEXT fmt:TEXT" -a -o pipes
refused "do not hold what --distinct" -a --distinct srcip -w "$tmp/no"
ok "and wrote no file" test ! -e "$tmp/no"

notice "Option -m deprecated. Use '-O tstart' instead" -m -c 3
notice "Command line switch -s overwrites -a" -a -s srcip
notice "Warning: Aggregation ignored for element" -A dstip -s srcip
notice "b and -B are ignored for element" -b -s srcip
notice "b and -B are ignored for element" -B -s srcip
notice "do not show --distinct" -A srcip --distinct dstip -o csv
notice "do not show --p95" -s record --p95 -o long
notice "O is ignored with -s" -O bytes -s srcip
notice "o is ignored with -w" -a -w "$tmp/rows" -o csv
notice "w is ignored with -s" -s srcip -w "$tmp/no"
ok "and writes no file" test ! -e "$tmp/no"

# -m is -O tstart
"$FLOWDUMP" -m -R netflow -o csv 2>/dev/null >"$tmp/m"
"$FLOWDUMP" -O tstart -R netflow -o csv >"$tmp/O"
compare_file "$tmp/m" "$tmp/O" "-m and -O tstart"

# limits come first, whatever the mode
set -- -q -R netflow -s srcip/bytes -o csv -n 0
"$FLOWDUMP" "$@" -l +1k -L -1m >"$tmp/out"
is "$(head -2 "$tmp/out")" "Byte limit: < 1000000 bytes
Packet limit: > 1000 packets" "lines of -l and -L"
"$FLOWDUMP" "$@" | awk -F, 'NR == 1 || NF == 0 ||
	($8 > 1000 && $10 < 1000000)' >"$tmp/want"
sed 1,2d "$tmp/out" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "rows within the limits"
"$FLOWDUMP" -q -R netflow -a -L -0 >"$tmp/out"
is "$(cat "$tmp/out")" "Byte limit: < 0 bytes" "no row has less than 0 bytes"

"$FLOWDUMP" -q -R netflow --by 5m -l 30k >"$tmp/out"
is "$(wc -l <"$tmp/out" | tr -d ' ')" 2 "one of two intervals, and the limit"

# an error after the limits were read prints nothing
"$FLOWDUMP" -r missing -a -l 5 >"$tmp/out" 2>/dev/null
is "$?" 250 "missing file: status"
is "$(cat "$tmp/out")" "" "missing file: nothing on stdout"

# -c: the first flows alone
"$FLOWDUMP" -R netflow -c 20 -w "$tmp/first"
for report in "-s srcip/bytes" "-a -O bytes" "-s record/packets"; do
	for threads in 1 4; do
		"$FLOWDUMP" -q --threads $threads -R netflow -c 20 $report \
			>"$tmp/got"
		"$FLOWDUMP" -q -r "$tmp/first" $report >"$tmp/want"
		compare_file "$tmp/got" "$tmp/want" \
			"-c 20 $report, $threads threads"
	done
done

# several lists in one run are those of several runs
"$FLOWDUMP" -q -R netflow -s record/bytes -s port:p/flows -s srcip >"$tmp/got"
for list in record/bytes port:p/flows srcip; do
	"$FLOWDUMP" -q -R netflow -s $list
done >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "lists of one scan"
"$FLOWDUMP" -q -R netflow -s srcip -s record/packets -s record/bytes \
	>"$tmp/got"
"$FLOWDUMP" -q -R netflow -s record/packets/bytes -s srcip >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "record comes first, its orders joined"

# both sides, equal ones once
"$FLOWDUMP" -q -N -R netflow -s port/flows -o csv -n 0 |
	awk -F, '$5 == 5060 { print $6 }' >"$tmp/got"
"$FLOWDUMP" -q -R netflow 'port 5060' | wc -l | tr -d ' ' >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "flows between equal ports count once"

# networks by the mask of the flow; without a mask whole addresses
"$FLOWDUMP" -q -R netflow -o 'fmt:%sn %fl' |
	awk '{ n[$1]++ } END { for (net in n) print net, n[net] }' |
	sort >"$tmp/want"
"$FLOWDUMP" -q -R netflow -A srcnet -o 'fmt:%sn %fl' |
	awk '{ print $1, $2 }' | sort >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "-A srcnet"
ok "with addresses whose mask is not known" grep -q '[1-9]/0 ' "$tmp/got"
ok "and networks" grep -q '\.0/2[0-9] ' "$tmp/got"

# rows to a file; the family of addresses that are no keys is lost
without_family()
{
	sed -E 's/ +(::\.|0\.0\.0\.0:)/ none:/g; s/ +(::|0\.0\.0\.0) / none /g'
}

for report in "-O bytes" "-a" "-b" "-A srcip,dstport" "-A srcip6/48" \
	"-A dstas --by 5m"; do
	"$FLOWDUMP" -R netflow $report -w "$tmp/rows"
	is "$?" 0 "$report -w: status"
	for format in '%ts %td %pr %sap %dap %ipkt %ibyt %opkt %obyt %fl %flg' \
		'%sas %das %in %out %tos %nh %ra %smk %dmk %ismc'; do
		"$FLOWDUMP" -q -R netflow $report -o "fmt:$format" |
			without_family >"$tmp/want"
		"$FLOWDUMP" -q -r "$tmp/rows" -o "fmt:$format" |
			without_family >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "$report -w: $format"
	done
	rm -f "$tmp/rows"
done

# little memory, the same result
mkdir "$tmp/store"
"$BUILDDIR/flowgen" -n 30000 --files 2 --dir "$tmp/store" --interval 300 \
	>"$tmp/made" || exit 1
for report in "-s srcip/bytes/flows -n 0" "-a" "-b -O bytes" \
	"-A srcip,dstip --distinct dstport"; do
	"$FLOWDUMP" -q -R "$tmp/store" $report >"$tmp/want"
	"$FLOWDUMP" -q -R "$tmp/store" $report --mem 100k --tmpdir "$tmp" \
		>"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "--mem: $report"
done
# a reader that leaves is no error, with SIGPIPE ignored by the caller, too
for report in "-O bytes" "-a" "-o csv"; do
	(
		trap '' PIPE
		"$FLOWDUMP" -R "$tmp/store" $report 2>"$tmp/err" |
			head -n 1 >"$tmp/out"
	)
	is "$(cat "$tmp/err")" "" "$report | head: no message"
done

fails 250 "no such --tmpdir" "$FLOWDUMP" -q -a --mem 100k -R "$tmp/store" \
	--tmpdir "$tmp/nodir"
mkdir "$tmp/small"
for threads in 1 4; do
	fails 250 "no room for the temporary file, $threads threads" \
		sh -c 'trap "" XFSZ; ulimit -f 16; exec "$@"' sh \
		"$FLOWDUMP" -q -a --mem 100k -R "$tmp/store" \
		--tmpdir "$tmp/small" --threads $threads
done
is "$(ls "$tmp/small")" "" "and none is left"

# what has its columns is not told anything
"$FLOWDUMP" -q -R netflow -s srcip -s record -A srcip --distinct dstip \
	-o 'fmt:%sa %distinct' -n 1 >/dev/null 2>"$tmp/err"
is "$(cat "$tmp/err")" \
	"flowdump: Warning: Aggregation ignored for element statistics" \
	"%distinct in a format"
"$FLOWDUMP" -q -R netflow -s srcip --distinct dstip --p95 -o csv \
	>/dev/null 2>"$tmp/err"
is "$(cat "$tmp/err")" "" "lists in csv have their columns"

# events by name in text, as in nfdump 1.7.1, by number for programs
set -- -q -r "$SRCDIR/tests/data/files/nfcapd-1.7.1-none"
"$FLOWDUMP" "$@" -s event -s nevent >"$tmp/out"
for name in ignore CREATE DELETE DENIED UNKNOWN; do
	ok "-s event and nevent: $name" grep -q " $name " "$tmp/out"
done
"$FLOWDUMP" "$@" -s event -o csv >"$tmp/out"
ok "-s event as csv: a number" grep -q ',any,3,1,' "$tmp/out"

done_testing
