# --by, --spread, --distinct and --p95 against a twin in awk.

. "$SRCDIR/tests/lib.sh"

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1
"$FLOWDUMP" -q -N -R netflow -o 'fmt:%tsr %ter %sa %da %dp %ipkt %ibyt %fl' |
	sed 's/\.\([0-9][0-9][0-9]\)/\1/; s/\.\([0-9][0-9][0-9]\)/\1/' \
	>"$tmp/flows"

# twin PROGRAM: over flows as first, last, src, dst, port, packets, bytes, fl
twin()
{
	awk "$1" "$tmp/flows" | sort >"$tmp/want"
}

# same NAME ARGUMENT...: what they print is what the twin wants
same()
{
	name=$1
	shift
	for threads in 1 3; do
		"$FLOWDUMP" -q -N -R netflow --threads $threads "$@" |
			sort >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "$name, $threads threads"
	done
}

twin '{ n = int($1 / 60000); p[n] += $6; b[n] += $7; f[n] += $8 }
	END { for (n in p)
		printf "%14s %8d %8d %5d\n", n * 60 ".000", p[n], b[n], f[n] }'
same "totals by minute" --by 1m -o 'fmt:%tsr %pkt %byt %fl'

twin '{ n = int($1 / 300000) SUBSEP $3; p[n] += $6; f[n] += $8 }
	END { for (n in p) {
		split(n, k, SUBSEP)
		printf "%14s %16s %8d %5d\n", k[1] * 300 ".000", k[2], p[n],
			f[n]
	} }'
same "by five minutes and address" --by 300 -A srcip \
	-o 'fmt:%tsr %sa %pkt %fl'

twin '!(($3, $4, $5) in seen) { seen[$3, $4, $5] = 1; n[$3]++ }
	END { for (a in n) printf "%16s %8d\n", a, n[a] }'
same "distinct pairs" --distinct dstip,dstport -A srcip \
	-o 'fmt:%sa %distinct'

# the 95th percentile, nearest rank, of 10 one-minute buckets is the largest;
# of both directions
"$FLOWDUMP" -q -N -R netflow --by 1m -A srcas \
	-o 'fmt:%sas %ibyt %obyt' |
	awk '{ b = int(($2 + $3) * 8 / 60); if (b > max[$1]) max[$1] = b }
	END { for (a in max) printf "%6d %8d\n", a, max[a] }' |
	sort >"$tmp/want"
same "p95" --p95 --by 1m -A srcas -o 'fmt:%sas %p95'

# spread keeps sums, and counts a flow once
for format in %ipkt %ibyt %opkt %obyt %fl; do
	for option in "" --spread; do
		"$FLOWDUMP" -q -N -R netflow --by 10s $option \
			-o "fmt:$format" | awk '{ s += $1 } END { print s }'
	done | uniq | wc -l | tr -d ' ' >"$tmp/lines"
	is "$(cat "$tmp/lines")" 1 "--spread keeps the sum of $format"
done

# the first rows of each bucket, under a heading of its own
"$FLOWDUMP" -R netflow -s srcip/bytes -n 2 --by 5m >"$tmp/out"
is "$(grep -c '^Top 2 Src IP Addr ordered by bytes, 2024-05-14 09:0[05]:00 - ' \
	"$tmp/out")" 2 "a heading for each bucket"
is "$(grep -c ' any  ' "$tmp/out")" 4 "two rows for each bucket"
"$FLOWDUMP" -q -R netflow -s srcip/bytes -n 2 --by 5m -o csv >"$tmp/out"
is "$(wc -l <"$tmp/out" | tr -d ' ')" 6 "csv: one heading, four rows"
"$FLOWDUMP" -R netflow -s srcip/bytes --by 5m 'proto 99' >"$tmp/out"
is "$(grep -c '^Top 10 Src IP Addr ordered by bytes:$' "$tmp/out")" 1 \
	"a heading without rows"

# columns of their own
"$FLOWDUMP" -q -R netflow -s proto/distinct --distinct srcip --p95 -o csv \
	>"$tmp/out"
is "$(head -1 "$tmp/out" | cut -d, -f15-)" distinct,p95 "csv heading"
is "$(sed -n 2p "$tmp/out" | awk -F, '{ print NF }')" 16 "csv columns"
"$FLOWDUMP" -R netflow --distinct srcip --p95 >"$tmp/out"
like "$(head -1 "$tmp/out")" ' Flows Distinct  P95 bps$' "totals"
"$FLOWDUMP" -R netflow -a --distinct srcip -n 1 >"$tmp/out"
like "$(head -1 "$tmp/out")" ' Flows Distinct$' "behind the line of -a"

done_testing
