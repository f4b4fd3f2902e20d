#!/bin/sh
# flowexpire --hold: files with flows to be kept stay, and no newer ones go in
# their place; so do files that cannot be read.
. "$SRCDIR/tests/lib.sh"

store=$tmp/store
mkdir "$store"
data=$SRCDIR/tests/data/files/nfcapd-1.6.25-lz4
address=$(awk 'NR == 2 { sub(/:.*/, "", $6); print $6 }' "$data.expected.txt")

fill()
{
	rm -f "$store"/*
	cp "$data" "$store/nfcapd.202609300000"
	echo damaged >"$store/nfcapd.202609300005"
	: >"$store/nfcapd.202609300010"
	cp "$data" "$store/nfcapd.202609300015"
	cp "$data" "$store/nfcapd.202609300020"
}

left()
{
	(cd "$store" && ls) | sed 's/nfcapd.20260930//' | tr '\n' ' '
}

fill
"$FLOWEXPIRE" -e "$store" -t 1d --hold 'ip 240.1.2.3' >"$tmp/out" 2>"$tmp/err"
is "$(left)" "0005 0020 " "files without such a flow went"
like "$(cat "$tmp/err")" 'nfcapd.202609300005.*, it stays$' \
	"one that cannot be read stays"
ok "it is counted" grep -q '^Kept files:         1$' "$tmp/out"
fill
"$FLOWEXPIRE" -n -e "$store" -t 1d --hold "ip $address" >"$tmp/out" 2>&1
is "$(grep -c ^Would "$tmp/out")" 1 "-n asks, too"
"$FLOWEXPIRE" -e "$store" -t 1d --hold "ip $address" >"$tmp/out" 2>&1
is $? 0 "held files are no error"
is "$(left)" "0000 0005 0015 0020 " "files with the address $address stay"
fails 250 "a filter that is wrong" "$FLOWEXPIRE" -e "$store" -t 1d \
	--hold 'port 70000'
is "$(left)" "0000 0005 0015 0020 " "removes nothing"

# With a directory for them these flows are safe, and the files go.
mkdir "$tmp/kept"
"$FLOWEXPIRE" -n -e "$store" -t 1d --hold "ip $address" \
	--hold-extract "$tmp/kept" >"$tmp/out" 2>&1
is "$(grep -c ^Would "$tmp/out") $(ls "$tmp/kept")" "2 " "-n copies nothing"
fails 250 "a directory in the store" "$FLOWEXPIRE" -e "$store" -t 1d \
	--hold "ip $address" --hold-extract "$store"
fails 250 "one that is not there" "$FLOWEXPIRE" -e "$store" -t 1d \
	--hold "ip $address" --hold-extract "$tmp/none"
fails 250 "nothing to extract" "$FLOWEXPIRE" -e "$store" -t 1d \
	--hold-extract "$tmp/kept"
is "$(left)" "0000 0005 0015 0020 " "nothing has gone"
mkdir "$store/2020" "$tmp/want"
mv "$store/nfcapd.202609300015" "$store/2020"
for name in nfcapd.202609300000 2020/nfcapd.202609300015; do
	"$FLOWDUMP" -q -r "$store/$name" -o raw "ip $address" |
		grep -v RecordCount >"$tmp/want/${name##*/}"
done
echo other >"$tmp/kept/nfcapd.202609300000"
"$FLOWEXPIRE" -e "$store" -t 1d --hold "ip $address" \
	--hold-extract "$tmp/kept" >"$tmp/out" 2>"$tmp/err"
is $? 250 "a copy that cannot be made is an error"
is "$(left)" "0000 0005 0020 " "a file with flows to be kept goes"
like "$(cat "$tmp/err")" \
	'nfcapd.202609300000: .*/kept/nfcapd.202609300000 has other.*, it stays' \
	"but not without a place for them"
is "$(cat "$tmp/kept/nfcapd.202609300000")" other "what was there stays"
rm "$tmp/kept/nfcapd.202609300000"
for again in "" " and again"; do
	cp "$data" "$store/nfcapd.202609300000"
	"$FLOWEXPIRE" -e "$store" -t 1d --hold "ip $address" \
		--hold-extract "$tmp/kept" >"$tmp/out" 2>"$tmp/err"
	is "$(left)" "0005 0020 " "then it goes$again"
done
is "$(cd "$tmp/kept" && find . -type f | sort | tr '\n' ' ')" \
	"./2020/nfcapd.202609300015 ./nfcapd.202609300000 " "two copies"
for name in nfcapd.202609300000 2020/nfcapd.202609300015; do
	"$FLOWDUMP" -q -r "$tmp/kept/$name" -o raw |
		grep -v RecordCount >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want/${name##*/}" "$name: its flows"
	ok "they are there" test -s "$tmp/got"
done
ok "the copies are sound" "$FLOWDUMP" -v "$tmp/kept"
done_testing
