# Golden runs: what nfdump 1.7.1 printed for the same command line over the
# same files, without its defects.

. "$SRCDIR/tests/lib.sh"

cases=$SRCDIR/tests/data/query/cases

# wanted NAME: the recorded output as it should have been
wanted()
{
	case $1 in
	stat-6) hours | sorted "$1" ;;
	stat-pipe) words 5 | sorted "$1" ;;
	*) sorted "$1" ;;
	esac <"$cases/$1.out"
}

# hours: with -6, durations of statistics as without it
hours()
{
	awk '$3 ~ /^[0-9]+\.[0-9]+$/ {
		s = int($3)
		duration = sprintf("%16s", sprintf("%02d:%02d:%02d%s",
			s / 3600, s / 60 % 60, s % 60,
			substr($3, index($3, "."))))
		$0 = substr($0, 1, 24) duration substr($0, 34)
	}
	{ print }'
}

# sorted NAME: rows; sorted where nfdump has the order of its hash table
sorted()
{
	case $1 in
	*-unordered) rows | sort ;;
	*) rows ;;
	esac
}

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1
for file in "$cases"/*.cmd; do
	name=${file##*/}
	name=${name%.cmd}
	read -r line <"$file"
	eval "set -- $line"
	"$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	sorted "$name" <"$tmp/out" >"$tmp/got"
	wanted "$name" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$name: $line"
	case $name in
	err-no-file) want=250 ;;
	err-bad-filter | filter-Z-bad) want=254 ;;
	err-*) want=1 ;;
	*) want=0 ;;
	esac
	is "$status" "$want" "$name: exit status"
	[ "$want" -eq 0 ] ||
		is "$(wc -l <"$tmp/err" | tr -d ' ')" 1 "$name: one message"

	# one worker and many give the same bytes
	[ "$want" -ne 0 ] && continue
	for threads in 1 7; do
		"$FLOWDUMP" --threads $threads "$@" 2>&1 </dev/null |
			sorted "$name" >"$tmp/threads"
		compare_file "$tmp/threads" "$tmp/want" \
			"$name: $threads threads"
	done
done

done_testing
