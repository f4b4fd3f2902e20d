#!/bin/sh
# Files with an index and nfdump 1.7.1: it reads them as those without, and
# what it makes of them is read right, a stale index or none notwithstanding.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"
need nfdump nfcapd

flows='fmt:%ts %te %pr %sap %dap %flg %tos %pkt %byt %in %out %sas %das %nh'
golden=$SRCDIR/tests/data/files/nfcapd-1.7.1-none
nfdump -V 2>/dev/null | grep -q '1\.7\.1' ||
	skip_all "nfdump is not version 1.7.1"

# start FILE: where its index starts.
start()
{
	at=$(od -An -t u8 -j 24 -N 8 "$1" | tr -d ' ')
	stored=$(od -An -t u4 -j "$((at + 4))" -N 4 "$1" | tr -d ' ')
	echo "$((at + 12 + stored))"
}

# has_index FILE: one that counts.
has_index()
{
	"$FLOWDUMP" --index "$1" 2>/dev/null | grep -q 'there before: 1'
}

theirs()
{
	nfdump -q -N -6 -o "$flows" -r "$1" 2>&1
}

ours()
{
	"$FLOWDUMP" -q -N -6 -o "$flows" -r "$1" 2>&1
}

# same FILE WANT NAME: both print those flows.
same()
{
	theirs "$1" >"$tmp/got"
	compare_file "$tmp/got" "$2" "$3: flows by nfdump"
	ours "$1" >"$tmp/got"
	compare_file "$tmp/got" "$2" "$3: flows by flowdump"
}

# reindexed FILE WANT NAME: --index puts it right, whatever is there now.
reindexed()
{
	ok "$3: --index" "$FLOWDUMP" --index "$1"
	ok "$3: has an index then" has_index "$1"
	same "$1" "$2" "$3, indexed"
}

"$BUILDDIR/flowgen" -n 9000 -o "$tmp/flows" >/dev/null
for codec in none lz4 lzo bz2; do
	"$FLOWDUMP" -r "$tmp/flows" --compress $codec -w "$tmp/with" \
		2>/dev/null || {
		skip "$codec" "not compiled in"
		continue
	}
	ok "$codec: has an index" has_index "$tmp/with"
	cp "$tmp/with" "$tmp/bare"
	truncate -s "$(start "$tmp/with")" "$tmp/bare"
	theirs "$tmp/bare" >"$tmp/want"
	is "$(grep -c . "$tmp/want")" 9000 "$codec: flows"
	same "$tmp/with" "$tmp/want" "$codec"
	is "$(nfdump -I -r "$tmp/with" 2>&1)" "$(nfdump -I -r "$tmp/bare" 2>&1)" \
		"$codec: statistics"
	is "$(nfdump -s ip/bytes -n 20 -o csv -r "$tmp/with" 2>&1 | grep -v ^Sys)" \
		"$(nfdump -s ip/bytes -n 20 -o csv -r "$tmp/bare" 2>&1 | grep -v ^Sys)" \
		"$codec: top addresses"
	ok "$codec: nfdump -v" nfdump -v "$tmp/with"

	nfdump -r "$tmp/with" -w "$tmp/copy" -z >/dev/null 2>&1
	same "$tmp/copy" "$tmp/want" "$codec: nfdump -w"
	reindexed "$tmp/copy" "$tmp/want" "$codec: nfdump -w"

	cp "$tmp/with" "$tmp/ident"
	nfdump -i other -r "$tmp/ident" >/dev/null 2>&1
	same "$tmp/ident" "$tmp/want" "$codec: nfdump -i"
	reindexed "$tmp/ident" "$tmp/want" "$codec: nfdump -i"

	for to in 0 1 2 3; do
		cp "$tmp/with" "$tmp/changed"
		nfdump -J $to -r "$tmp/changed" >/dev/null 2>&1
		same "$tmp/changed" "$tmp/want" "$codec: nfdump -J $to"
	done
	reindexed "$tmp/changed" "$tmp/want" "$codec: nfdump -J"
done

# their collector goes on in our file
for kind in longer shorter; do
	mkdir "$tmp/$kind"
	listen nfcapd -t 31536000 -w "$tmp/$kind"
	stop_peer
	file=$(ls "$tmp/$kind"/nfcapd.2* | head -n 1)
	[ "$kind" = longer ] && from=$tmp/flows || from=$golden
	"$FLOWDUMP" -r "$from" --compress none -w "$file"
	ours "$file" >"$tmp/want"
	listen nfcapd -t 31536000 -w "$tmp/$kind"
	"$BUILDDIR/flowgen" -n 600 --send v9 --to "127.0.0.1:$port" \
		--rate 2000 >/dev/null
	udp_wait_read "$port"
	stop_peer
	theirs "$file" >"$tmp/want.more"
	head -n "$(grep -c . "$tmp/want")" "$tmp/want.more" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "nfcapd appends, $kind: our flows"
	ours "$file" >"$tmp/got"
	like "$(cat "$tmp/got" | wc -l)" '[1-9]' "nfcapd appends, $kind: read"
	grep -v 'index of another state' "$tmp/got" >"$tmp/got.flows"
	compare_file "$tmp/got.flows" "$tmp/want.more" \
		"nfcapd appends, $kind: the same flows"
	ok "nfcapd appends, $kind: there are more" \
		[ "$(grep -c . "$tmp/want.more")" -gt "$(grep -c . "$tmp/want")" ]
	reindexed "$file" "$tmp/want.more" "nfcapd appends, $kind"
done
done_testing
