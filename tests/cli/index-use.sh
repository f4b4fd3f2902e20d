# Indexes change no result: each query with and without them.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

query=$SRCDIR/tests/data/query/in-1.7.1
harmless='flowdump --index makes a new one$'
expected=0 # warnings of that kind
failed=0
runs=0

# run FLAG ARGUMENT...: a query, without its times; FLAG is --no-index or "".
run()
{
	flag=$1
	shift
	"$FLOWDUMP" $flag "$@" >"$tmp/printed" 2>"$tmp/err"
	echo "status $?" >>"$tmp/err"
	[ "$expected" -eq 0 ] || forget_warning
	grep -v '^Sys:' "$tmp/printed" "$tmp/err"
	[ ! -f "$tmp/written" ] || compare_written
}

# compare_written: a file is the same but for bytes 8 to 15, the time, and the
# index, which it has behind what there is without one.
compare_written()
{
	[ -z "$flag" ] || size=$(wc -c <"$tmp/written")
	head -c "$size" "$tmp/written" | tail -c +17 | cksum
	rm "$tmp/written"
}

# forget_warning: drop that of an index; more than one is too many.
forget_warning()
{
	[ "$(grep -c "$harmless" "$tmp/err")" -gt "$expected" ] ||
		sed -i "/$harmless/d" "$tmp/err"
}

# same ARGUMENT...: run with and without; the first differences are shown.
same()
{
	runs=$((runs + 1))
	run --no-index "$@" >"$tmp/want"
	run "" "$@" >"$tmp/got"
	cmp -s "$tmp/got" "$tmp/want" && return
	failed=$((failed + 1))
	[ "$failed" -gt 3 ] && return
	{
		echo "differs: flowdump $*"
		diff "$tmp/want" "$tmp/got" | head
	} | note
}

# agree NAME: no difference since the last time.
agree()
{
	is "$failed" 0 "$1 ($runs runs)"
	failed=0
	runs=0
}

all='fmt:%ts %te %tr %pr %sap %dap %flg %pkt %byt %opkt %obyt %fl %evt %exp %ra'

# index_of FILE: where its index begins, nothing if it has none
index_of()
{
	LC_ALL=C grep -abo FLOWINDX "$1" | tail -n 1 | cut -d: -f1
}

# Stores: ordinary flows, flows of every kind, records of exporters, and what
# the collector writes.
mkdir "$tmp/store" "$tmp/store/gen" "$tmp/store/diverse" "$tmp/store/copy"
"$BUILDDIR/flowgen" -n 36000 --dir "$tmp/store/gen" --files 3 || exit 1
"$BUILDDIR/tests/interop/diverse" "$SRCDIR/tests/data/filters/accept.txt" \
	"$tmp/store/diverse" 1000 3 >/dev/null || exit 1
for file in "$query"/netflow/* "$query"/hier/*/*/*/nfcapd.*; do
	[ ! -f "$file" ] || "$FLOWDUMP" -r "$file" \
		-w "$tmp/store/copy/$(basename "$file")" || exit 1
done
capd -l "$data" -t 31536000
feed "$wire"/*/*.dat
stop
mv "$data" "$tmp/store/capd"
cd "$tmp/store" || exit 1
for file in gen/* diverse/* copy/* capd/nfcapd.*; do
	[ -n "$(index_of "$file")" ] || echo "$file"
done >"$tmp/bare"
is "$(cat "$tmp/bare")" "" "every file has an index"

# An address of the last generated file, and times within the files.
address=$("$FLOWDUMP" -q -R gen -o 'fmt:%sa' | tail -n 1 | tr -d ' ')
window=$("$FLOWDUMP" -q -r "$(ls gen/* | sed -n 2p)" -o 'fmt:%ts' -c 1 |
	sed -e 's/ /./' -e 's/-/\//g' -e 's/\.[0-9]*$//')
like "$("$FLOWDUMP" --explain -R gen "ip $address" | tail -n 1)" \
	"^total: 3 files, [1-9][0-9]* of [0-9]+ blocks skipped: address" \
	"an address excludes blocks"
like "$("$FLOWDUMP" --explain -R gen -t "$window" | tail -n 1)" \
	"^total: 3 files, [1-9][0-9]* of [0-9]+ blocks skipped: time" \
	"a window excludes blocks"

# Filters, one a line; where reading goes wrong the first few do.
cat >"$tmp/filters" <<END
ip $address
count > 35000
ipv6
not any
any
src ip $address or dst net 10.0.0.0/8 and port 53
ip in [$address 192.0.2.1 2001:db8::1 ::]
ip ::
not ip $address
proto 99
proto icmp and not ipv4
port 443 and bytes > 10000
src port < 1024
icmp-type 8
count < 100 or ip $address
first seen > 2030
last seen < 1990
payload dns name www
END
head -n 8 "$tmp/filters" >"$tmp/most"
head -n 4 "$tmp/filters" >"$tmp/few"

# some DIRECTORY FILTER: a query of each kind
some()
{
	same -R "$1" -o "$all" "$2"
	same -R "$1" -o null "$2"
	same -R "$1" -s srcip/bytes -s record -n 5 "$2"
	same -R "$1" -w "$tmp/written" "$2"
	same -R "$1" --compat=1.6 -t "$window" "$2"
}

# more DIRECTORY FILTER: what else matters
more()
{
	same -R "$1" --threads 1 -o 'fmt:%cnt %sa' "$2"
	same -R "$1" -o json -c 3 "$2"
	same -R "$1" -c 50 -o 'fmt:%cnt %sa' "$2"
	same -R "$1" -t "$window" -o csv "$2"
	same -R "$1" -A proto,dstport -O bytes -n 5 "$2"
	same -R "$1" --by 5m -t "$window" "$2"
	same -R "$1" -w "$tmp/written" -t "$window" -c 10 "$2"
	same -R "$1" --compat=1.6 -c 50 -o pipe "$2"
}

# each QUERIES DIRECTORY NAME: with every filter of standard input
each()
{
	while read -r filter; do
		"$1" "$2" "$filter" </dev/null
	done
	agree "$3"
}

# totals DIRECTORY: without a filter
totals()
{
	same -R "$1" -o null
	same -R "$1" -o null --threads 1
	same -R "$1" -o null -t "$window"
	same -R "$1" -o null -t "$window-2030/01/01"
	same -R "$1" -o null -c 100
	same -R "$1" -o null --compat=1.6
	same -R "$1" -o null --compat=1.6 -t "$window"
	same -R "$1" -I
	same -R "$1" -g
}

each some gen "ordinary flows" <"$tmp/filters"
each more gen "limits, numbers, windows" <"$tmp/most"
each some diverse "flows of every kind" <"$tmp/filters"
for dir in gen diverse copy capd; do
	totals "$dir"
	agree "totals: $dir"
done
each some copy "copies of files of nfdump" <"$tmp/most"
each some capd "files of the collector" <"$tmp/most"

# Without statistics: the type of their record, which ends the appendix, is
# made one that nobody knows.
mkdir plain && "$FLOWDUMP" -R gen -w plain/nfcapd.202501010000 --compress none
"$FLOWDUMP" -I -R plain >"$tmp/want"
"$FLOWDUMP" -g -R plain >>"$tmp/want"
printf '\377\177' | dd of=plain/nfcapd.202501010000 bs=1 conv=notrunc \
	seek=$(($(index_of plain/nfcapd.202501010000) - 148)) 2>/dev/null
"$FLOWDUMP" -I -R plain >"$tmp/got"
"$FLOWDUMP" -g -R plain >>"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "statistics from the index"
like "$("$FLOWDUMP" --no-index -I -R plain 2>&1)" "no statistics in it" \
	"which the file has not"
each some plain "files without statistics" <"$tmp/few"

# Files that cannot be read, before, between and behind others.
mkdir broken && cp gen/* broken && : >broken/nfcapd.202001010000 &&
	echo no >broken/nfcapd.203001010000 &&
	head -c 5000 "$(ls gen/* | sed -n 2p)" >"broken/$(ls gen | sed -n 2p)"
each some broken "files that cannot be read" <"$tmp/few"
totals broken
agree "their totals"
rm -r broken

"$FLOWDUMP" --no-index -R gen -w "$tmp/written"
is "$(index_of "$tmp/written")" "" "-w with --no-index writes none"
rm "$tmp/written"

# A damaged index, and then one of another file.
first=$(ls gen/* | sed -n 2p)
second=$(ls gen/* | sed -n 3p)
expected=1
for file in "$first" "$second"; do
	at=$(($(index_of "$file") + 60))
	printf '\377\000\377' |
		dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
done
"$FLOWDUMP" -R gen -o null "ip $address" >/dev/null 2>"$tmp/err"
is "$?" 0 "a damaged index is no failure"
is "$(cat "$tmp/err")" "flowdump: $first: damaged index: the file is read \
without it; flowdump --index makes a new one" "the first is told, once"
"$FLOWDUMP" --no-index -R gen -o null "ip $address" 2>"$tmp/err" >/dev/null
is "$(cat "$tmp/err")" "" "nothing is told with --no-index"
"$FLOWDUMP" -R gen -o line any 2>"$tmp/err" >/dev/null
is "$(cat "$tmp/err")" "" "nor when no index is needed"
like "$("$FLOWDUMP" --explain -r "$second" "ip $address")" \
	"^file: $second: 0 of [1-9][0-9]* blocks skipped, damaged index\$" \
	"--explain tells it"
each some gen "damaged indexes" <"$tmp/few"

whole=$(ls gen/* | sed -n 1p)
head -c "$(index_of "$first")" "$first" >"$tmp/bare"
{
	cat "$tmp/bare"
	tail -c +$(($(index_of "$whole") + 1)) "$whole"
} >"$first"
"$FLOWDUMP" -R gen -o null "ip $address" >/dev/null 2>"$tmp/err"
is "$(cat "$tmp/err")" "flowdump: $first: index of another state of the file: \
the file is read without it; flowdump --index makes a new one" \
	"an index of another file"
each some gen "stale indexes" <"$tmp/few"
expected=0

# none at all
cp "$tmp/bare" "$first"
like "$("$FLOWDUMP" --explain -r "$first" "ip $address")" \
	"^file: $first: 0 of [1-9][0-9]* blocks skipped, no index\$" \
	"--explain tells of no index"
like "$("$FLOWDUMP" --explain --no-index -r "$whole" "ip $address")" \
	"^file: $whole: 0 of [1-9][0-9]* blocks skipped, index not used\$" \
	"and of --no-index"

# the hint is right
ok "new indexes" "$FLOWDUMP" --index gen
like "$("$FLOWDUMP" --explain -R gen "ip $address" | tail -n 1)" \
	"^total: 3 files, [1-9][0-9]* of [0-9]+ blocks skipped: address" \
	"are used"
each some gen "new indexes" <"$tmp/few"
done_testing
