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
done_testing
