# Golden runs: what nfdump 1.6.13 printed for the same command line, over the
# same flows, without its defects.

. "$SRCDIR/tests/lib.sh"

cases=$SRCDIR/tests/data/query/cases

# plain NAME: a listing on standard input without what depends on the layout
# of the files: the collector of 1.6 keeps type and code of ICMPv6, receives a
# second later and counts otherwise in headers.
plain()
{
	case $1 in
	meta-I*) grep -v '_' ;;
	tok-icmp) icmp ;;
	tok-times) sed 's/[^|]*$//' ;;
	*) cat ;;
	esac | sed -e 's/Bytes read: .*/Bytes read: N/' \
		-e '/^No matched flows$/d' | rows | typed | received
}

# typed: without type and code of ICMPv6
typed()
{
	awk '/ ICMP6 / && match($0, /\.[0-9]+\.[0-9]+( |$)/) {
		zero = sprintf("%-*s", RLENGTH, ".0.0")
		$0 = substr($0, 1, RSTART - 1) zero \
			substr($0, RSTART + RLENGTH)
	}
	{ print }'
}

# received: csv without those, and without the time received
received()
{
	awk -F, -v OFS=, 'NF == 48 {
		if ($8 == "ICMP6")
			$7 = 0
		$48 = ""
	}
	{ print }'
}

cd "$SRCDIR/tests/data/query/in-1.7.1" || exit 1
for file in "$cases"/*.cmd; do
	name=$(basename "$file" .cmd)
	want=$cases/$name.out.1.6.13
	[ -f "$want" ] || want=$cases/$name.out
	eval "set -- $(cat "$file")"
	FLOWDUMP_COMPAT=1.6 "$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" \
		</dev/null
	status=$?
	plain "$name" <"$tmp/out" >"$tmp/got"
	plain "$name" <"$want" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$name: $(cat "$file")"
	case $name in
	err-no-file) want=250 ;;
	err-bad-filter) want=254 ;;
	err-*) want=255 ;;
	*) want=0 ;;
	esac
	is "$status" "$want" "$name: exit status"
done

done_testing
