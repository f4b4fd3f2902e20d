#!/bin/sh
# Indexes of flow files: what --index makes, what is left alone, and what an
# independent reader finds in them.
. "$SRCDIR/tests/lib.sh"

data=$SRCDIR/tests/data/files
flowgen=$BUILDDIR/flowgen
store=$tmp/store

# bare FROM TO: a copy without the index.
bare()
{
	cp "$1" "$2"
	at=$(od -An -t u8 -j 24 -N 8 "$1" | tr -d ' ')
	stored=$(od -An -t u4 -j "$((at + 4))" -N 4 "$1" | tr -d ' ')
	truncate -s "$((at + 12 + stored))" "$2"
}

# sizes DIR
sizes()
{
	stat -c '%n %s %y' "$1"/*
}

mkdir "$store" "$tmp/made"
"$flowgen" -n 20000 --dir "$tmp/made" --files 5 >/dev/null
for file in "$tmp"/made/*; do
	bare "$file" "$store/${file##*/}"
	touch -d '2020-01-02 03:04:05' "$store/${file##*/}"
done

# all of a directory, then nothing more to do
"$FLOWDUMP" --index "$store" >"$tmp/out" 2>&1
is "$?" 0 "--index DIR"
like "$(cat "$tmp/out")" \
	'^Indexes made: 5 with [0-9]+ bytes, there before: 0, failed: 0$' "sums"
for file in "$tmp"/made/*; do
	ok "${file##*/}: as with -w" cmp "$file" "$store/${file##*/}"
done
sizes "$store" >"$tmp/want"
like "$(cat "$tmp/want")" '2020-01-02 03:04:05' "times stay"
"$FLOWDUMP" --index "$store" "$store/nfcapd.202501010000" >"$tmp/out" 2>&1
is "$?" 0 "--index again"
is "$(cat "$tmp/out")" \
	"Indexes made: 0 with 0 bytes, there before: 5, failed: 0" \
	"has nothing to do"
sizes "$store" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "and changes nothing"

# one thread does the same as several
for file in "$store"/*; do
	bare "$file" "$tmp/one" && mv "$tmp/one" "$file"
done
"$FLOWDUMP" --index --threads 1 "$store" >/dev/null 2>&1
ok "one thread" diff -r "$store" "$tmp/made"

# stale bytes go, a stale index is made anew
file=$store/nfcapd.202501010000
cp "$tmp/made/nfcapd.202501010000" "$tmp/whole"
bare "$tmp/whole" "$file"
{
	cat "$file"
	tail -c 500 "$tmp/whole"
} >"$tmp/stale" && mv "$tmp/stale" "$file"
"$FLOWDUMP" --index "$file" >/dev/null 2>&1
ok "the end of an old index is replaced" cmp "$file" "$tmp/whole"

# what cannot have one is named, and the others get theirs
cp "$data/nfcapd-1.6.25-lz4" "$store/old"
cp "$data/nfcapd-1.7.1-none" "$store/nfcapd.current.77"
cp "$data/nfcapd-1.7.1-none" "$store/late"
chmod u+w "$store"/*
printf 'no flow file' >"$store/text"
bare "$tmp/whole" "$store/locked"
chmod a-w "$store/locked"
cp "$data/nfcapd-1.7.1-none" "$tmp/outside"
ln -s ../outside "$store/link"
head -c 20000 "$tmp/whole" >"$store/torn"
"$FLOWDUMP" --index "$store" "$tmp/missing" >"$tmp/out" 2>"$tmp/err"
is "$?" 250 "exit status when some are left"
like "$(cat "$tmp/err")" 'missing: No such file' "a path that is not there"
like "$(cat "$tmp/err")" 'text: not a flow file' "no flow file"
like "$(cat "$tmp/err")" 'locked: Permission denied' "a file that is read-only"
like "$(cat "$tmp/err")" 'link: a symbolic link' "a link"
like "$(cat "$tmp/err")" 'torn: not complete' "a torn file"
unlike "$(cat "$tmp/err")" 'current' "the file of a collector is passed over"
like "$(cat "$tmp/out")" '^1 files of nfdump 1.6 or 1.8' "an old layout"
ok "is left as it is" cmp "$store/old" "$data/nfcapd-1.6.25-lz4"
like "$(cat "$tmp/out")" '^Indexes made: 1 .*before: 5, failed: 5$' "sums"
ok "a torn file is left as it is" cmp -n 20000 "$store/torn" "$tmp/whole"

fails 1 "--index without a path" "$FLOWDUMP" --index
fails 1 "--index with -r" "$FLOWDUMP" --index -r "$tmp/whole"

# another implementation of the manual
read="$SRCDIR/tests/cli/indexread.py"
if ! python3 -c 'import sys, ipaddress; sys.exit(sys.byteorder != "little")' \
	2>/dev/null; then
	skip "independent reader" "no python3"
	done_testing
fi
for codec in none lz4; do
	"$FLOWDUMP" -R "$tmp/made" --compress $codec -w "$tmp/all" 2>/dev/null
	python3 "$read" "$tmp/all" >"$tmp/out" 2>&1
	is "$?" 0 "$codec: an independent reader takes it"
	is "$(sed -n 's/.* flows=\([0-9]*\) .*/\1/p' "$tmp/out" |
		awk '{ n += $1 } END { print n }')" 20000 "$codec: all flows"
done
"$FLOWDUMP" -q -6 -r "$tmp/whole" -o 'fmt:%sa %da' | tr ' ' '\n' |
	sed '/^$/d' | sort -u >"$tmp/addresses"
python3 "$read" "$tmp/whole" $(cat "$tmp/addresses") >"$tmp/out"
is "$(grep -c ' maybe$' "$tmp/out")" "$(grep -c . "$tmp/addresses")" \
	"every address is found"
grep -v : "$tmp/addresses" | sed 's|$|/24|' >"$tmp/nets"
python3 "$read" "$tmp/whole" $(cat "$tmp/nets") >"$tmp/out"
is "$(grep -c ' no$' "$tmp/out")" 0 "and every net"
awk 'BEGIN { for (i = 0; i < 2000; i++)
	printf "203.0.%d.%d\n", i / 250, i % 250 }' >"$tmp/absent"
python3 "$read" "$tmp/whole" $(cat "$tmp/absent") >"$tmp/out"
found=$(grep -c ' maybe$' "$tmp/out")
ok "of 2000 that are not there $found are" [ "$found" -lt 20 ]
done_testing
