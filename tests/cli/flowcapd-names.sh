#!/bin/sh
# Names of interfaces, VRFs and applications that exporters tell are in every
# file, are printed, and are copied along.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

set="$wire/syn_v9_names"
format='fmt:%in:%inam %out:%onam %nbnam %ivrf:%ivrfnam %evrf:%evrfnam'

# named PROGRAM FILE: the flows with their names, blanks squeezed.
named()
{
	"$1" -q -r "$2" -o "$format" | tr -s ' ' | sed 's/^ //'
}

want='3: uplink 4: eth1 http/web traffic 7: red 8: blue
9: 9: <no info> 9: 9:'

capd -w "$data" -t 3600
feed "$set/templates.dat" "$set/names.dat" "$set/flows.dat"
stop
file=$(ls "$data"/nfcapd.2*)
is "$(named "$FLOWDUMP" "$file" | sed 's/ $//')" "$want" "names of flows"
is "$("$FLOWDUMP" -q -r "$file" -o fmt:%inam -A inif | sort | tr -d ' \n')" \
	"uplink" "names of reports"
is "$("$FLOWDUMP" -q -r - -o "$format" <"$file" | grep -c uplink)" 1 \
	"names from a pipe"
ok "every record is sound" "$FLOWDUMP" -v "$file"
is "$(cat "$file" | "$FLOWDUMP" -q -r - -o 'fmt:%in' | grep -c .)" 2 \
	"names are no flows"

mv "$file" "$tmp/first"
capd -w "$data" -t 3600
feed "$set/flows.dat"
stop
file=$(ls "$data"/nfcapd.2*)
is "$(named "$FLOWDUMP" "$file" | sed 's/ $//')" "$want" \
	"the next file has them, and a restart forgets none"

mv "$file" "$tmp/second"
capd -w "$data" -t 3600
feed "$set/flows.dat" "$set/renamed.dat"
stop
file=$(ls "$data"/nfcapd.2*)
is "$(named "$FLOWDUMP" "$file" | grep -c ': downlink ')" 1 \
	"the last name counts"

"$FLOWDUMP" -q -r "$tmp/first" -w "$tmp/copy" 'in if 3'
is "$(named "$FLOWDUMP" "$tmp/copy" | sed 's/ $//')" \
	"$(echo "$want" | head -1)" "copies have them"
mkdir "$tmp/two"
mv "$tmp/first" "$tmp/second" "$tmp/two"
"$FLOWDUMP" -q -R "$tmp/two" --compress none -w "$tmp/both"
is "$(grep -ac uplink "$tmp/both")" 1 "once each"
is "$(named "$FLOWDUMP" "$tmp/both" | grep -c uplink)" 2 "for all flows"

if ! command -v nfdump >/dev/null 2>&1; then
	skip "nfdump reads them" "no nfdump"
else
	for file in "$tmp/two/first" "$tmp/copy" "$tmp/both"; do
		is "$(named nfdump "$file" 2>&1 |
			sed 's/ <ingress not found>//g; s/ $//')" \
			"$(named "$FLOWDUMP" "$file" | sed 's/ $//')" \
			"nfdump reads them: ${file##*/}"
	done
fi
done_testing
