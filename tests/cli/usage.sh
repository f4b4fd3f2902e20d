# What -h prints: the same form for all programs, and all of it fits.

. "$SRCDIR/tests/lib.sh"

for program in flowcapd flowdump flowexpire flowfwd flowprobe; do
	"$BUILDDIR/$program" -h >"$tmp/out" 2>"$tmp/err"
	is "$?$(cat "$tmp/err")" 0 "$program -h"
	"$BUILDDIR/$program" --help >"$tmp/long"
	compare_file "$tmp/long" "$tmp/out" "$program --help"
	like "$(head -n 1 "$tmp/out")" "^usage: $program \[options\]" \
		"$program: the first line"
	like "$(tail -n 1 "$tmp/out")" "^See $program\([18]\) for more\.$" \
		"$program: the last line"
	is "$(awk 'length > 80 || /\t/ || / $/' "$tmp/out")" "" \
		"$program: 80 columns at most"
	is "$(sed '/^usage/d; /^URLs/,$d; /^See/d; /^  --[^ ]* [^ ]*$/d
		/^  -.\{21\} [^ ]/d; /^ \{25\}[^ ]/d' "$tmp/out")" "" \
		"$program: two columns"
	# letters first, and of one the capital first
	sed -n 's/^  -\([^ ,]*\).*/\1/p' "$tmp/out" >"$tmp/got"
	awk '{ key = tolower($0) }
	length == 1 { print 1, key, key == $0, $0; next }
	{ print 2, key, 0, $0 }' "$tmp/got" | sort | sed 's/.* //' >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$program: in order"
	is "$(sort "$tmp/got" | uniq -d)" "" "$program: nothing twice"
done
done_testing
