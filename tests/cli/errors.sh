# Bad input: one message that names the file or option, a status that says
# failure, and what can be read is still printed.

. "$SRCDIR/tests/lib.sh"

file=$SRCDIR/tests/data/query/in-1.7.1/netflow/nfcapd.202405140900

# check STATUS PATTERN NAME ARGUMENTS...: nothing on stdout, one message
check()
{
	check_status=$1 check_pattern=$2 check_name=$3
	shift 3
	"$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	is "$?" "$check_status" "$check_name: status"
	is "$(cat "$tmp/out")" "" "$check_name: nothing on stdout"
	is "$(grep -c . "$tmp/err")" 1 "$check_name: one message"
	like "$(cat "$tmp/err")" "$check_pattern" "$check_name: $check_pattern"
}

head -c 20 "$file" >"$tmp/short"
check 250 "$tmp/short" "header cut" -r "$tmp/short"
printf 'hello, this is no flow file at all, just some text that is longer' \
	>"$tmp/text"
check 250 "$tmp/text: not a flow file" "wrong magic" -r "$tmp/text"
: >"$tmp/empty"
check 250 "$tmp/empty" "empty file" -r "$tmp/empty"
check 250 "$tmp/missing.*No such file" "missing file" -r "$tmp/missing"
check 250 "$tmp/nodir" "missing directory" -R "$tmp/nodir"
check 1 "no input" "no input" -o line
check 1 "empty file name" "-r ''" -r ""
check 1 "empty file list" "-R ''" -R ""
for window in 2024/5/14 2024/05/14.9 2024-05-14 2024/05/14- 2024/05/14.24 \
	2024/05/14.09:00:00.500 foo 1969 2024/05/32 + -1s +-1 4294967296; do
	check 1 "time window '" "-t $window" -r "$file" -t "$window"
done
check 254 "filter:1:" "-Z of a wrong filter" -Z "host"
check 1 "mutually exclusive" "-r and -R" -r "$file" -R "$file"
check 1 "M needs either -r or -R" "-M alone" -M "$SRCDIR"
check 1 "must not start with '/'" "-M and an absolute -R" -M "$SRCDIR" -R "$file"
check 1 "missing last file" "-R FIRST:" -R "$file:"
check 1 "missing first file" "-R :LAST" -R ":nfcapd.2"
check 1 "more than one ':'" "-R with two colons" -R "$file:a:b"
check 1 "last file must not start with" "-R FIRST:/LAST" -R "$file:$file"
check 1 "is a directory" "-R DIR:LAST" -R "$SRCDIR:nfcapd.2"
check 250 "nodir" "-M of no directory" -M "$tmp/nodir" -R .
check 1 "use nfanon" "-K" -K key -r "$file"
check 1 "no Tor exit nodes" "-H" -H -r "$file"
check 1 "no configuration file" "-C" -C "$tmp/conf" -r "$file"
check 1 "c needs a number" "-c 0" -r "$file" -c 0
check 1 "c needs a number" "-c x" -r "$file" -c x
check 1 "n needs a number" "-n x" -r "$file" -n x
check 1 "threads: 5000000000 is above" "--threads" -r "$file" \
	--threads 5000000000
check 1 "threads: 1025 is above 1024" "too many threads" -r "$file" \
	--threads 1025
check 1 "mem needs a size" "--mem of a listing" -r "$file" --mem 1x
check 1 "month out of range" "month 13" -r "$file" -t 2024/13/01
check 1 "nosuch" "unknown mode" -r "$file" -o nosuch
check 1 "%zzz" "unknown token" -r "$file" -o 'fmt:%sa %zzz'
check 254 "filter:1:" "bad filter" -r "$file" 'foo bar'
printf 'proto tcp\nand and\n' >"$tmp/f"
check 254 "$tmp/f:2:" "bad filter file, line 2" -r "$file" -f "$tmp/f"
check 250 "$tmp/nof" "missing filter file" -r "$file" -f "$tmp/nof"

# told PATTERN ARGUMENTS...: status 0, and one line on standard error
told()
{
	told_pattern=$1
	shift
	"$FLOWDUMP" -r "$file" "$@" >"$tmp/out" 2>"$tmp/err"
	is "$?" 0 "$*: status"
	is "$(grep -c . "$tmp/err")" 1 "$*: one message"
	like "$(cat "$tmp/err")" "$told_pattern" "$*: $told_pattern"
}
told "f is ignored" -c 1 -f "$tmp/f" any
told "without -w" -c 1 -z
for option in "-c 1" "-t 2024" "-s srcip" "-w $tmp/no" "any"; do
	told "I prints what is stored" -I $option
done
told "g prints what is stored" -g any
ok "-I writes no file" test ! -e "$tmp/no"

# several lists are united: a file in two of them is read once
in=$SRCDIR/tests/data/query/in-1.7.1
"$FLOWDUMP" -q -R "$in/netflow" >"$tmp/want"
"$FLOWDUMP" -q -R "$in/netflow" -R "$file:nfcapd.202405140905" \
	-R "$in/netflow" >"$tmp/out"
compare_file "$tmp/out" "$tmp/want" "lists that overlap"
"$FLOWDUMP" -q -R "$in/netflow" -R "$in/sflow" >"$tmp/out"
"$FLOWDUMP" -q -R "$in/sflow" >>"$tmp/want"
compare_file "$tmp/out" "$tmp/want" "two lists, in their order"

# what is missing in a list is named, and the rest is read
# part WANT LINES ARGUMENTS...: the flows of the others, status 250
part()
{
	part_want=$1 part_lines=$2
	shift 2
	"$FLOWDUMP" -q "$@" >"$tmp/out" 2>"$tmp/err"
	is "$?" 250 "a part of $*: status"
	is "$(cat "$tmp/err")" "$part_lines" "a part of $*: the rest is named"
	compare_file "$tmp/out" "$part_want" "a part of $*: the part"
}
"$FLOWDUMP" -q -R "$in/netflow" >"$tmp/want"
"$FLOWDUMP" -q -R "$in/netflow" -s proto >"$tmp/sums"
gone="flowdump: $tmp/gone: No such file or directory"
part "$tmp/want" "$gone" -R "$tmp/gone" -R "$in/netflow"
part "$tmp/want" "$gone" -R . -M "$in/netflow:$tmp/gone"
part "$tmp/sums" "$gone" -R "$in/netflow" -R "$tmp/gone" -s proto
"$FLOWDUMP" -E "$in/netflow" >"$tmp/exporters"
part "$tmp/exporters" "$gone" -E "$tmp/gone" -E "$in/netflow"
part "$tmp/want" "$(printf '%s\n' "$gone" "${gone%%:*}: $tmp/lost: ${gone##*: }")" \
	-R . -M "$tmp/gone:$in/netflow:$tmp/lost"
"$FLOWDUMP" -R "$tmp/gone" -R "$tmp/lost" >"$tmp/out" 2>"$tmp/err"
is "$?" 250 "two lists, both missing: status"
is "$(cat "$tmp/out")" "" "two lists, both missing: nothing on stdout"
is "$(wc -l <"$tmp/err" | tr -d ' ')" 2 "two lists, both missing: each named"
"$FLOWDUMP" -q -r "$in/netflow" >"$tmp/out"
"$FLOWDUMP" -q -R "$in/netflow" >"$tmp/want"
compare_file "$tmp/out" "$tmp/want" "-r reads all files of a directory"

# no files are no flows, which is said
mkdir "$tmp/none"
"$FLOWDUMP" -R "$tmp/none" -o line >"$tmp/out" 2>"$tmp/err"
is "$?" 0 "no files: status"
like "$(cat "$tmp/err")" "Empty file list" "no files: it is said"
like "$(cat "$tmp/out")" "total flows: 0," "no files: no flows"
"$FLOWDUMP" -q -R "$in/netflow/nfcapd.202405140905:nfcapd.202405140900" \
	>"$tmp/out" 2>"$tmp/err"
is "$?" 0 "FIRST behind LAST: status"
like "$(cat "$tmp/err")" "Empty file list" "FIRST behind LAST: it is said"

# a window that holds nothing is no error
"$FLOWDUMP" -q -r "$file" -t 2024/05/14.09:03-2024/05/14.09:02 >"$tmp/out"
is "$?" 0 "-t, end before start: status"
is "$(cat "$tmp/out")" "" "-t, end before start: no flows"

# the first and last seconds of several files
# seconds WINDOW FROM TO: as the lines of all flows tell
seconds()
{
	"$FLOWDUMP" -q -R "$in/netflow" -t "$1" -o 'fmt:%ts|%te|%sap' \
		>"$tmp/got"
	awk -F '|' -v from="$2" -v to="$3" '$1 >= from && $2 <= to' \
		"$tmp/all" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "-t $1"
}

# away TIME SECONDS [ago]
away()
{
	date -d "$1 $2 seconds $3" '+%Y-%m-%d %H:%M:%S.%3N'
}

"$FLOWDUMP" -q -R "$in/netflow" -o 'fmt:%ts|%te|%sap' >"$tmp/all"
first=$("$FLOWDUMP" -q -r "$file" -o 'fmt:%ts' | sort | head -n 1)
last=$(cut -d '|' -f 2 "$tmp/all" | sort | tail -n 1)
for n in 0 60 400 4294967295; do
	seconds "+$n" "$first" "$(away "$first" "$n")"
	seconds "-$n" "$(away "$last" "$n" ago)" "$last"
done
head -c 300 "$file" >"$tmp/torn"
check 250 "torn" "-t +1 of a file without statistics" -r "$tmp/torn" -t +1

# options of newer versions that change nothing here
"$FLOWDUMP" -q -r "$file" >"$tmp/want"
"$FLOWDUMP" -C none -W 2 -q -r "$file" >"$tmp/out" 2>"$tmp/err"
is "$?" 0 "-C none, -W: status"
is "$(cat "$tmp/err")" "" "no message"
compare_file "$tmp/out" "$tmp/want" "the same output"
told "Use '-O tstart' instead" -m

# a damaged file among good ones
mkdir "$tmp/dir"
cp "$file" "$tmp/dir/nfcapd.202405140900"
cp "$tmp/text" "$tmp/dir/nfcapd.202405140905"
cp "$file" "$tmp/dir/nfcapd.202405140910"
"$FLOWDUMP" -q -R "$tmp/dir" >"$tmp/out" 2>"$tmp/err"
is "$?" 250 "one bad file of three: status"
is "$(wc -l <"$tmp/out" | tr -d ' ')" 380 "flows of the two others"
like "$(cat "$tmp/err")" "nfcapd.202405140905" "the bad file is named"

# a file cut at its end: what is left is printed, and the cut is told
size=$(wc -c <"$file")
head -c $((size - 60)) "$file" >"$tmp/cut"
"$FLOWDUMP" -q -r "$tmp/cut" >"$tmp/out" 2>"$tmp/err"
is "$?" 250 "cut appendix: status"
is "$(wc -l <"$tmp/out" | tr -d ' ')" 190 "cut appendix: all flows"
like "$(cat "$tmp/err")" "$tmp/cut" "cut appendix: file named"

# a record whose lengths are wrong
cp "$file" "$tmp/flip"
printf '\377\377' | dd of="$tmp/flip" bs=1 seek=2000 conv=notrunc 2>/dev/null
"$FLOWDUMP" -q -r "$tmp/flip" >"$tmp/out" 2>"$tmp/err"
like "$?" '^(0|250)$' "flipped bytes: no crash"

# a file that -c never gets to is no error, however far threads read ahead
mkdir "$tmp/ahead"
cp "$file" "$tmp/ahead/nfcapd.1"
echo nonsense >"$tmp/ahead/nfcapd.2"
for threads in 1 2 5; do
	"$FLOWDUMP" -q -R "$tmp/ahead" -c 1 --threads "$threads" \
		>"$tmp/out" 2>"$tmp/err"
	is "$?" 0 "-c before a bad file, $threads threads"
	is "$(cat "$tmp/err")" "" "and nothing is said of it"
	"$FLOWDUMP" -q -R "$tmp/ahead" -s proto --threads "$threads" \
		>"$tmp/out" 2>"$tmp/err"
	is "$?" 250 "a bad file, $threads threads"
	like "$(cat "$tmp/err")" "nfcapd.2" "it is named"
done

fails 1 "unknown option" "$FLOWDUMP" -r "$file" --nonsense
fails 1 "missing argument" "$FLOWDUMP" -r
"$FLOWDUMP" -h >"$tmp/out"
is "$?" 0 "-h"
like "$(cat "$tmp/out")" "usage: flowdump" "-h prints the usage"
"$FLOWDUMP" -V >"$tmp/out"
is "$?" 0 "-V"
like "$(cat "$tmp/out")" \
	'^flowdump: Version:[^0-9]+[0-9]+\.[0-9]+\.[0-9]+' "-V for consoles"


# output that does not arrive is an error, whatever it is
if [ -w /dev/full ]; then
	fails 250 "-h to a full disk" sh -c '"$FLOWDUMP" -h >/dev/full'
	fails 250 "-V to a full disk" sh -c '"$FLOWDUMP" -V >/dev/full'
	fails 250 "-X to a full disk" sh -c '"$FLOWDUMP" -X any >/dev/full'
	fails 250 "-I to a full disk" sh -c '"$FLOWDUMP" -I -r "$1" >/dev/full' \
		sh "$file"
	fails 250 "flows to a full disk" sh -c '"$FLOWDUMP" -r "$1" >/dev/full' \
		sh "$file"
fi

done_testing
