#!/bin/sh
# nfdump reads what our writer, append and recovery make of its own files.
. "$SRCDIR/tests/lib.sh"
need nfdump

rewrite=$BUILDDIR/tests/interop/rewrite
data=$SRCDIR/tests/data/files
flows='fmt:%ts %te %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out %sas %das %nh %smk %dmk %svln %dvln %fl'
TZ=UTC
export TZ

# The golden output is that of 1.7.1.
nfdump -V 2>/dev/null | grep -q '1\.7\.1' ||
	skip_all "nfdump is not version 1.7.1"

# printed FILE: flows as in the golden files.
printed()
{
	nfdump -q -N -r "$1" -o "$flows" 2>&1
}

# same FILE WANT NAME: flows, statistics, and what -v says of the file.
same()
{
	printed "$1" >"$tmp/flows"
	compare_file "$tmp/flows" "$2.expected.txt" "$3: flows"
	nfdump -I -r "$1" >"$tmp/stat" 2>&1
	compare_file "$tmp/stat" "$2.stat.txt" "$3: statistics"
	nfdump -v "$1" >"$tmp/check" 2>&1
	is $? 0 "$3: nfdump -v succeeds"
	unlike "$(grep -v '^Extra data detected' "$tmp/check")" '[Ee]rror|[Ii]nvalid' \
		"$3: nfdump -v finds nothing"
}

golden=$data/nfcapd-1.7.1-none
for codec in none lz4 lzo bz2; do
	"$FLOWDUMP" -r "$golden" --compress $codec -w "$tmp/try" 2>/dev/null || {
		skip "$codec" "not compiled in"
		continue
	}
	ok "$codec: copied" "$rewrite" "$golden" "$tmp/$codec" $codec
	same "$tmp/$codec" "$golden" "$codec"
	ok "$codec: copied in small blocks" \
		"$rewrite" "$golden" "$tmp/$codec-small" $codec 300
	same "$tmp/$codec-small" "$golden" "$codec, small blocks"
done

single=$data/nfcapd-1.7.1-single
cp "$golden" "$tmp/to"
cp "$single" "$tmp/from"
ok "appended" "$rewrite" "$tmp/from" "$tmp/to" append
cat "$golden.expected.txt" "$single.expected.txt" >"$tmp/want"
printed "$tmp/to" >"$tmp/flows"
compare_file "$tmp/flows" "$tmp/want" "append: flows of both"
like "$(nfdump -I -r "$tmp/to")" '^Flows: 27$' "append: statistics of both"
ok "append: nfdump -v succeeds" nfdump -v "$tmp/to"

# A file whose header was never completed: clear what is set at the end.
for file in nfcapd-1.7.1-none nfcapd-1.7.1-lz4; do
	cp "$data/$file" "$tmp/torn"
	chmod u+w "$tmp/torn"
	for at in 18:2 24:8 36:4; do
		dd if=/dev/zero of="$tmp/torn" bs=1 conv=notrunc \
			seek="${at%:*}" count="${at#*:}" 2>/dev/null
	done
	unlike "$(printed "$tmp/torn")" '198\.51\.100' \
		"$file: torn, nfdump sees nothing"
	ok "$file: recovered" "$rewrite" "$tmp/torn" golden recover
	same "$tmp/torn" "$data/$file" "$file, recovered"
done
done_testing
