#!/bin/sh
# nfdump 1.7.1 and flowdump tell the same of exporters, samplers and files,
# whoever wrote them, and nfdump reads a file whose ident we changed.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

need nfdump nfcapd
TZ=UTC
export TZ

nfdump -V 2>/dev/null | grep -q '1\.7\.1' ||
	skip_all "nfdump is not version 1.7.1"

# same NAME ARGUMENT...: the same text.  nfdump puts a stray blank before
# what follows an exporter with an IPv6 address, and knows of no ledger, which
# stands behind an empty line.
same()
{
	same_name=$1
	shift
	nfdump "$@" 2>/dev/null | sed 's/^ \(SysID\)/\1/' >"$tmp/want"
	"$FLOWDUMP" "$@" >"$tmp/all"
	awk '/^$/ { held = held "\n"; next }
		/^Ledger:$/ { held = ""; exit }
		{ printf "%s%s\n", held, $0; held = "" }
		END { printf "%s", held }' "$tmp/all" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$same_name: $*"
}

packets=$SRCDIR/tests/data/files/packets
for program in nfcapd "$FLOWCAPD"; do
	name=${program##*/}
	rm -f "$data"/nfcapd.*
	ok "$name: starts" listen "$program" -t 31536000 -I here -l "$data"
	feed "$packets"/*.bin
	feed_v5
	"$BUILDDIR/flowgen" -n 300 --send v9 --to "127.0.0.1:$port" \
		--seed 7 >/dev/null 2>&1
	udp_wait_read "$port"
	if [ "$name" = nfcapd ]; then
		stop_peer
	else
		stop
	fi
	file=$(echo "$data"/nfcapd.2*)
	ok "$name: exporters" test \
		"$("$FLOWDUMP" -E "$file" | grep -c '^SysID')" -ge 4
	like "$("$FLOWDUMP" -E "$file")" '^    Sampler: ' "$name: samplers"
	same "$name" -E "$file"
	same "$name" -g -r "$file"
	same "$name" -g -R "$data"
	same "$name" -x "$file"

	nfdump -q -r "$file" -o csv >"$tmp/before" 2>&1
	for ident in b a-much-longer-ident-than-it-was here; do
		ok "$name: -i $ident" "$FLOWDUMP" -i "$ident" -r "$file"
		is "$(nfdump -I -r "$file" | head -n 1)" "Ident: $ident" \
			"$name: nfdump finds $ident"
		ok "$name: nfdump -v" nfdump -v "$file"
		nfdump -q -r "$file" -o csv >"$tmp/after" 2>&1
		compare_file "$tmp/after" "$tmp/before" "$name: the flows"
	done
done
done_testing
