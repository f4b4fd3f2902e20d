# -P: rows of reports that match, of which -n takes the first; totals and
# shares stay those of all flows.

. "$SRCDIR/tests/lib.sh"

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1

# same NAME WANT ARGUMENT...: the lines in the file, and again when rows go to
# temporary files
same()
{
	same_name=$1 same_want=$2
	shift 2
	"$FLOWDUMP" -q -R netflow "$@" >"$tmp/got" 2>"$tmp/err"
	compare_file "$tmp/got" "$same_want" "$same_name"
	is "$(cat "$tmp/err")" "" "$same_name: no message"
	"$FLOWDUMP" -q --mem 1k --threads 3 -R netflow "$@" >"$tmp/got"
	compare_file "$tmp/got" "$same_want" "$same_name: with temporary files"
}

mode='fmt:%sa|%pkt|%byt|%fl|%pr|%dp'
set -- -N -o "$mode" -A srcip -O bytes
"$FLOWDUMP" -q -R netflow "$@" >"$tmp/all"
awk -F'|' '$2 < 1000 && $4 > 3' "$tmp/all" >"$tmp/want"
ok "some rows match, some do not" test -s "$tmp/want"
same "sums" "$tmp/want" "$@" -P 'packets < 1000 and flows > 3'
head -n 4 "$tmp/want" >"$tmp/first"
same "sums, the first four" "$tmp/first" "$@" -n 4 \
	-P 'packets < 1000 and flows > 3'
grep -v ':' "$tmp/all" | grep '^ *10\.' >"$tmp/want"
same "keys" "$tmp/want" "$@" -P 'src net 10.0.0.0/8'
: >"$tmp/want"
same "none" "$tmp/want" "$@" -P 'packets > 1g'
same "all" "$tmp/all" "$@" -P any

set -- -N -o "$mode" -a -O packets
"$FLOWDUMP" -q -R netflow "$@" >"$tmp/all"
awk -F'|' '$2 > 10 && $6 ~ /^ *(80|443)$/' "$tmp/all" >"$tmp/want"
same "whole flows, any field" "$tmp/want" "$@" \
	-P 'packets > 10 and dst port in [80 443] and proto < 255'

"$FLOWDUMP" -q -N -R netflow -s srcport -n 0 |
	awk '$5 < 1024 && $6 + 0 > 1' >"$tmp/want"
echo >>"$tmp/want"
same "a statistic" "$tmp/want" -N -s srcport -n 0 \
	-P 'src port < 1024 and flows > 1'
"$FLOWDUMP" -q -R netflow --by 5m -s proto -n 0 | grep -v ' TCP ' |
	awk '$1 $2 != last { n = 0; last = $1 $2 } NF == 0 || n++ < 2' \
	>"$tmp/want"
same "the first two of each interval" "$tmp/want" --by 5m -s proto -n 2 \
	-P 'not proto tcp'

"$FLOWDUMP" -R netflow -A srcip -P 'bytes > 1m' -w "$tmp/rows"
"$FLOWDUMP" -q -N -r "$tmp/rows" -o fmt:%byt | sort >"$tmp/got"
"$FLOWDUMP" -q -N -R netflow -A srcip -o fmt:%byt | awk '$1 > 1000000' |
	sort >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "rows that are written"
is "$("$FLOWDUMP" -N -R netflow -A srcip -P 'bytes > 1m' | grep Summary)" \
	"$("$FLOWDUMP" -N -R netflow -A srcip | grep Summary)" "the totals stay"

# refused STATUS PATTERN ARGUMENT...
refused()
{
	refused_status=$1 refused_pattern=$2
	shift 2
	fails "$refused_status" "$*" "$FLOWDUMP" -R netflow "$@"
	like "$(cat "$tmp/.out")" "$refused_pattern" "$*: $refused_pattern"
}
refused 1 "rows of reports" -P any
refused 254 "no dst_port" -A srcip -P 'dst port 80'
refused 254 "no dst_addr" -s ip -P 'ip 10.20.1.1'
refused 254 "no tcp_flags" -A srcip,proto -P "proto tcp and flags S"
refused 254 "no number" -a -P 'count > 5'
refused 254 "no ident" -O bytes -P 'not ident router1'
refused 254 "P:1:1: \"foo\"" -a -P foo

done_testing
