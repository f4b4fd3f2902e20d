# Files of nfdump 1.6: copies, many blocks on many threads, a damaged record,
# another ident.
. "$SRCDIR/tests/lib.sh"
TZ=UTC
export TZ

golden=$SRCDIR/tests/data/files/nfcapd-1.6.25-none

"$FLOWDUMP" -r "$golden" -o json >"$tmp/want"
for codec in none lz4; do
	ok "a copy, $codec" \
		"$FLOWDUMP" -r "$golden" --compress $codec -w "$tmp/copy"
	"$FLOWDUMP" -r "$tmp/copy" -o json >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "its flows, $codec"
done
"$FLOWDUMP" -E "$golden" >"$tmp/want"
"$FLOWDUMP" -E "$tmp/copy" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "its exporters"
"$FLOWDUMP" -r "$SRCDIR/tests/data/query/in-1.6.13/netflow/nfcapd.202405140900" \
	-g >"$tmp/got"
like "$(cat "$tmp/got")" '^2024-05-14 09:00:00,190,86583,76573349$' "-g"

# Filters and sums over many blocks are those of a file of layout 2.
"$BUILDDIR/flowgen" -n 100000 -o "$tmp/large" --codec none >/dev/null
"$FLOWDUMP" -q -r "$tmp/large" -s srcip/bytes -n 20 >"$tmp/sums"
"$FLOWDUMP" -q -r "$tmp/large" -o long 'proto tcp' >"$tmp/flows"
for codec in none lzo bz2 lz4; do
	"$BUILDDIR/tests/interop/layout1" "$tmp/large" "$tmp/old" $codec || {
		skip "$codec" "not compiled in"
		continue
	}
	for threads in 1 2 7; do
		"$FLOWDUMP" --threads $threads -q -r "$tmp/old" -s srcip/bytes \
			-n 20 >"$tmp/got"
		compare_file "$tmp/got" "$tmp/sums" "$codec, $threads: sums"
		"$FLOWDUMP" --threads $threads -q -r "$tmp/old" -o long \
			'proto tcp' >"$tmp/got"
		cmp -s "$tmp/got" "$tmp/flows"
		result $? "$codec, $threads: flows"
	done
done

# The third flow is at 520 and names map 0; let it name one that is not there.
cp "$golden" "$tmp/bad"
printf '\377' | dd of="$tmp/bad" bs=1 seek=527 conv=notrunc 2>/dev/null
"$FLOWDUMP" -q -r "$golden" -o long | sed 3d >"$tmp/want"
"$FLOWDUMP" -q -r "$tmp/bad" -o long >"$tmp/got" 2>"$tmp/err"
is $? 250 "a record that cannot be read: exit status"
compare_file "$tmp/got" "$tmp/want" "the others are printed"
like "$(cat "$tmp/err")" \
	'bad: block 0: record [0-9]+: flow of extension map 65280, which the file does not have$' \
	"it is named"

cp "$golden" "$tmp/named"
touch -d '2024-01-01 00:00:00' "$tmp/named"
ok "-i" "$FLOWDUMP" -r "$tmp/named" -i north
like "$("$FLOWDUMP" -I -r "$tmp/named")" '^Ident: north$' "the new ident"
is "$(stat -c %Y "$tmp/named")" "$(date -d '2024-01-01 00:00:00' +%s)" \
	"the time of the file stays"
done_testing
