#!/bin/sh
# What a killed nfcapd 1.6 left is completed, and appended to a file of 1.6
# that has its slot; nothing of either is lost.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
TZ=UTC
export TZ

query=$SRCDIR/tests/data/query/in-1.6.13/netflow
layout1=$BUILDDIR/tests/interop/layout1
columns='fmt:%ts %te %pr %sap %dap %pkt %byt %opkt %obyt %in %out %sas %das'

# listed FILE: its flows
listed()
{
	"$FLOWDUMP" -q -N -r "$1" -o "$columns"
}

# left CODEC: a file as nfcapd 1.6 leaves it at 09:02
left()
{
	"$layout1" "$query/nfcapd.202405140905" \
		"$data/nfcapd.current.999999999" "$1" crash &&
		touch -d '2024-05-14 09:02:10 UTC' \
			"$data/nfcapd.current.999999999"
}

listed "$query/nfcapd.202405140900" >"$tmp/first"
listed "$query/nfcapd.202405140905" >"$tmp/second"
cat "$tmp/first" "$tmp/second" >"$tmp/both"

for codec in none lzo lz4; do
	rm -f "$data"/nfcapd.2*
	left $codec || {
		skip "$codec" "not compiled in"
		continue
	}
	listed "$data/nfcapd.current.999999999" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/second" "$codec: read as it is"
	ok "$codec: starts" capd -l "$data"
	stop
	like "$(cat "$log")" \
		"nfcapd.current.999999999 recovered: 1 blocks moved to nfcapd.202405140900" \
		"$codec: recovery is logged"
	listed "$data/nfcapd.202405140900" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/second" "$codec: flows"
	like "$("$FLOWDUMP" -I -r "$data/nfcapd.202405140900")" '^Flows: 150$' \
		"$codec: statistics"

	cp "$query/nfcapd.202405140900" "$data/nfcapd.202405140900"
	left $codec
	ok "$codec: starts with the slot taken" capd -l "$data"
	stop
	listed "$data/nfcapd.202405140900" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/both" "$codec: flows of both"
	like "$("$FLOWDUMP" -I -r "$data/nfcapd.202405140900")" '^Flows: 340$' \
		"$codec: statistics of both"
done
done_testing
