# Golden runs: what nfdump 1.7.1 printed for the same command line over the
# same files, without its defects.

. "$SRCDIR/tests/lib.sh"

cases=$SRCDIR/tests/data/query/cases

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1
for file in "$cases"/*.cmd; do
	name=$(basename "$file" .cmd)
	eval "set -- $(cat "$file")"
	"$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	rows <"$tmp/out" >"$tmp/got"
	rows <"$cases/$name.out" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$name: $(cat "$file")"
	case $name in
	err-no-file) want=250 ;;
	err-bad-filter) want=254 ;;
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
			rows >"$tmp/threads"
		compare_file "$tmp/threads" "$tmp/want" \
			"$name: $threads threads"
	done
done

done_testing
