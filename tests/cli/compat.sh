# Dialects: --compat and FLOWDUMP_COMPAT, and what the golden runs of 1.6 do
# not have.

. "$SRCDIR/tests/lib.sh"

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1

# flowdump with 1.6 in the environment
old()
{
	FLOWDUMP_COMPAT=1.6 "$FLOWDUMP" "$@"
}

# by the option, by the environment, and the option first
set -- -q -R netflow -o line
"$FLOWDUMP" "$@" >"$tmp/1.7"
old "$@" >"$tmp/1.6"
ok "they differ" sh -c '! cmp -s "$1" "$2"' sh "$tmp/1.6" "$tmp/1.7"
"$FLOWDUMP" "$@" --compat=1.6 >"$tmp/got"
compare_file "$tmp/got" "$tmp/1.6" "--compat=1.6"
"$FLOWDUMP" --compat 1.6 "$@" >"$tmp/got"
compare_file "$tmp/got" "$tmp/1.6" "--compat 1.6"
for version in 1.7 1.7.1; do
	old "$@" --compat=$version >"$tmp/got"
	compare_file "$tmp/got" "$tmp/1.7" "--compat=$version is stronger"
	FLOWDUMP_COMPAT=$version "$FLOWDUMP" "$@" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/1.7" "FLOWDUMP_COMPAT=$version"
done
FLOWDUMP_COMPAT= "$FLOWDUMP" "$@" >"$tmp/got"
compare_file "$tmp/got" "$tmp/1.7" "FLOWDUMP_COMPAT that is empty is none"

# others are refused, but -h and -V always answer
"$FLOWDUMP" "$@" --compat=1.8 >"$tmp/out" 2>"$tmp/err"
is "$?" 1 "--compat=1.8"
is "$(cat "$tmp/err")" "flowdump: option --compat: unknown version '1.8',\
 known: 1.6 1.7 1.7.1" "names the known ones"
FLOWDUMP_COMPAT=foo "$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err"
is "$?" 1 "FLOWDUMP_COMPAT=foo"
like "$(cat "$tmp/err")" "FLOWDUMP_COMPAT: unknown version 'foo'" \
	"names the variable"
is "$(cat "$tmp/out")" "" "and prints nothing"
FLOWDUMP_COMPAT=foo "$FLOWDUMP" "$@" --compat=1.7 >"$tmp/got"
compare_file "$tmp/got" "$tmp/1.7" "with the option nobody looks at it"
for option in -h -V; do
	FLOWDUMP_COMPAT=foo "$FLOWDUMP" $option >"$tmp/got"
	is "$?" 0 "$option with FLOWDUMP_COMPAT=foo"
	"$FLOWDUMP" $option >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$option"
done

# status STATUS ARGUMENT...: of 1.6
status()
{
	want=$1
	shift
	old "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	is "$?" "$want" "$*: status"
}

status 255 -R netflow -c 0
status 255 -R netflow --nonsense
status 255 -r
status 255 -R netflow -t 2024/13/01
status 255 -R netflow -b -A srcip
status 255 -R netflow -A foo
status 255 -R netflow -f "$tmp/missing"
status 255 --compat=1.6 -R netflow -n x
status 254 -R netflow "foo bar"
status 250 -r "$tmp/missing"
status 250 -R "$tmp/missing"
status 0 -R netflow "proto 99"

# orders by both sides go by the incoming one; the heading has them as typed
for order in packets bytes pps bps bpp; do
	old -R netflow -s srcip/$order -n 5 >"$tmp/out"
	is "$(head -n 1 "$tmp/out")" "Top 5 Src IP Addr ordered by $order:" \
		"heading of $order"
done
old -q -R netflow -s srcip/packets -n 0 -o csv >"$tmp/got"
old -q -R netflow -s srcip/ipkg -n 0 -o csv >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "-s srcip/packets is ipkg"
old -q -R netflow -s record/bytes/ibyte -n 3 >"$tmp/out"
is "$(wc -l <"$tmp/out" | tr -d ' ')" 6 "an order and its one-sided one"
for order in packets:ipkg bytes:ibyte bps:ibps; do
	old -q -R netflow -b -O ${order%:*} >"$tmp/got"
	old -q -R netflow -b -O ${order#*:} >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "-O ${order%:*} is ${order#*:}"
done

# without an order
like "$(old -R netflow -s record -n 1)" '^Top 1 flows ordered by -:$' \
	"record without an order"
like "$("$FLOWDUMP" -R netflow -s record -n 1)" \
	'^Top 1 flows ordered by flows:$' "and in 1.7"

# protocols of statistics in csv go by name, also with -N
is "$(old -q -N -R netflow -s proto -o csv -n 1 | sed 1d | cut -d, -f 4,5)" \
	"TCP,6" "-s proto -N -o csv"

# pipe has a trailer
like "$(old -R netflow -s srcip -o pipe)" '^Summary: total flows: 340, ' \
	"trailer of pipe"
is "$(old -q -R netflow -s srcip -o pipe -n 1 | awk -F'|' 'NF { print NF }')" \
	16 "none with -q"

# standard input, a file or a pipe
file=netflow/nfcapd.202405140900
"$FLOWDUMP" -q -r $file >"$tmp/want"
"$FLOWDUMP" -q -r - <$file >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "-r - with a file"
cat $file | "$FLOWDUMP" -q -r - >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "-r - with a pipe"
cat $file | "$FLOWDUMP" -q --compat=1.6 -s srcip >"$tmp/got"
"$FLOWDUMP" -q --compat=1.6 -r $file -s srcip >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "1.6 without -r"
status 250 -q
fails 1 "1.7 without -r" sh -c '"$FLOWDUMP" -q <"$1"' sh $file
fails 250 "no room in --tmpdir" sh -c \
	'cat "$1" | "$FLOWDUMP" -r - --tmpdir "$2"' sh $file "$tmp/none"
echo "no flows" | "$FLOWDUMP" -r - >"$tmp/out" 2>"$tmp/err"
is "$?" 250 "a pipe without a flow file"
like "$(cat "$tmp/err")" "/dev/stdin: " "is named"

# a window is compared with whole seconds
last=$(old -q -R netflow -O tend -o 'fmt:%te' | tail -n 1)
at=$(echo "${last%.*}" | tr ' -' './')
old -q -R netflow -t "2024-$at" >"$tmp/got"
is "$(wc -l <"$tmp/got" | tr -d ' ')" 340 "flows up to the second's end"

done_testing
