# Golden runs: what nfdump 1.6.13 printed for the same command line, over the
# files of its own collector, without its defects.

. "$SRCDIR/tests/lib.sh"

cases=$SRCDIR/tests/data/query/cases

# recorded NAME: what 1.6.13 printed; nothing when it has no such mode.  It
# sorts by the wrong bytes in order-obyte.
recorded()
{
	case $1 in
	order-obyte) seconds <"$cases/$1.out" ;;
	stat-pipe) words 7 <"$cases/$1.out.1.6.13" ;;
	tok-comma | tok-literal | tok-mpls-lat | filter-* | err-bad-filter)
		cat "$cases/$1.out" ;;
	*) cat "$cases/$1.out.1.6.13" 2>/dev/null ;;
	esac
}

# seconds: rows of 1.7.1 with durations as in 1.6
seconds()
{
	awk '/^2/ {
		split($3, t, ":")
		s = sprintf("%9.3f", t[1] * 3600 + t[2] * 60 + t[3])
		print substr($0, 1, 24) s substr($0, 41)
	}'
}

# plain NAME: a listing on standard input without what nfdump gets wrong or
# leaves open; the size of a raw record is that of layout 2
plain()
{
	case $1 in
	agg-a-unordered) rows | sort ;;
	fmt-raw) rows | grep -v '^  size ' ;;
	order-obyte) rows | grep '^2' ;;
	*) rows | grep -v '^No matched flows$' ;;
	esac
}

# forgive GOT WANT: what is wanted, with rates as in GOT: those of 1.6 may be
# one too small
forgive()
{
	awk '
	function one_less(g, w, n, i, a, b) {
		n = split(g, a)
		if (n != split(w, b))
			return 0
		for (i = 1; i <= n; i++)
			if (a[i] != b[i] && a[i] - b[i] != 1)
				return 0
		return 1
	}
	FILENAME == ARGV[1] { got[FNR] = $0; next }
	one_less(got[FNR], $0) { $0 = got[FNR] }
	{ print }' "$1" "$2"
}

cd "$SRCDIR/tests/data/query/in-1.6.13" || exit 1
for file in "$cases"/*.cmd; do
	name=${file##*/}
	name=${name%.cmd}
	recorded "$name" >"$tmp/recorded" || continue
	read -r line <"$file"
	eval "set -- $line"
	FLOWDUMP_COMPAT=1.6 "$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" \
		</dev/null
	status=$?
	plain "$name" <"$tmp/out" >"$tmp/got"
	plain "$name" <"$tmp/recorded" >"$tmp/want"
	case $name in
	order-bytes | order-pps)
		forgive "$tmp/got" "$tmp/want" >"$tmp/forgiven"
		mv "$tmp/forgiven" "$tmp/want"
		;;
	esac
	compare_file "$tmp/got" "$tmp/want" "$name: $line"
	case $name in
	err-no-file) want=250 ;;
	err-bad-filter | filter-Z-bad) want=254 ;;
	err-*) want=255 ;;
	*) want=0 ;;
	esac
	is "$status" "$want" "$name: exit status"

	# one worker and many give the same bytes
	[ "$want" -ne 0 ] && continue
	for threads in 1 7; do
		"$FLOWDUMP" --compat=1.6 --threads $threads "$@" 2>&1 \
			</dev/null | plain "$name" >"$tmp/threads"
		compare_file "$tmp/threads" "$tmp/want" \
			"$name: $threads threads"
	done
done

done_testing
