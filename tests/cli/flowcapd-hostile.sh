#!/bin/sh
# What others put into the data directory: names with control characters, names
# as long as they can be, what is no file, and files of nfdump 1.8 beta, which
# are never written to.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

theirs=$SRCDIR/tests/data/files/nfcapd-1.8-none
nl='
'
esc=$(printf '\033]0;title\007')
long=$(printf '%0240d' 0) # 255 with what stands before it

for name in "a${nl}b" "$esc" "$(printf '\302\2331m\377')" "$long"; do
	echo "this is not a flow file, but it is as long as a header" \
		>"$data/nfcapd.current.$name" || break
done
# Not closed: no directory, and nothing in the header that points to one.
{
	head -c 32 "$theirs"
	head -c 8 /dev/zero
	head -c 5312 "$theirs" | tail -c +41
} >"$data/nfcapd.current.theirs"
cp "$data/nfcapd.current.theirs" "$tmp/theirs"
mkfifo "$data/nfcapd.current.pipe"
ln -s "$tmp/outside" "$data/nfcapd.current.link"
mkdir "$data/nfcapd.current.directory"

ok "starts" capd -t 31536000 -l "$data"
is "$(LC_ALL=C tr -d '\n -~' <"$log" | wc -c | tr -d ' ')" 0 \
	"no control characters in the log"
is "$(grep -c 'cannot recover nfcapd.current' "$log")" 5 \
	"each file that cannot be read is named"
is "$(ls "$data" | grep -c '^nfcapd\.recovered\.')" 5 "and set aside"
like "$(cat "$log")" "files of layout 3 are only read" "why 1.8's is"
compare_file "$data/nfcapd.recovered.theirs" "$tmp/theirs" "as it was"
ok "a pipe, a link and a directory stay" \
	test -p "$data/nfcapd.current.pipe" -a \
	-L "$data/nfcapd.current.link" -a \
	-d "$data/nfcapd.current.directory"
feed_v5
stop
is "$?" 0 "stops"
slot=$(cd "$data" && ls | grep '^nfcapd\.2')
is "$(flows "$data/$slot")" 5 "flows are stored"
ok "nothing was made behind the link" test ! -e "$tmp/outside"

# The slot's file is one of 1.8: it stays, and ours has another name.
cp "$theirs" "$data/$slot"
rm -f "$data"/nfcapd.recovered.*
ok "starts beside a file of 1.8" capd -t 31536000 -l "$data"
feed_v5
stop
compare_file "$data/$slot" "$theirs" "which is as it was"
like "$(cat "$log")" "files of layout 3 are only read" "the log says why"
is "$(flows "$data"/nfcapd.recovered.*)" 5 "no flow is lost"

# So it is when something else has the name.
rm -rf "$data"/nfcapd.*
mkfifo "$data/$slot"
ok "starts beside a pipe" capd -t 31536000 -l "$data"
feed_v5
stop
ok "which stays" test -p "$data/$slot"
is "$(flows "$data"/nfcapd.recovered.*)" 5 "no flow is lost then"

done_testing
