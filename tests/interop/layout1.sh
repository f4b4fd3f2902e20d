#!/bin/sh
# nfdump 1.7.1 prints of files of layout 1 what we print, and what we make of
# them it can read.
. "$SRCDIR/tests/lib.sh"
need nfdump
TZ=UTC
export TZ

nfdump -V 2>/dev/null | grep -q '1\.7\.1' ||
	skip_all "nfdump is not version 1.7.1"

flows='fmt:%ts %te %tr %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out'
flows="$flows %sas %das %nh %nhb %smk %dmk %svln %dvln %fwd %dir %dtos %ra"
flows="$flows %exp %eng %ismc %odmc %idmc %osmc %mpls1 %mpls2 %mpls3 %nas %pas"
nat='fmt:%pr %sap %dap %xsa %xda %xsp %xdp %xevt %msec %ivrf %evrf'
nat="$nat %pbstart %pbend %pbstep %pbsize %uname"

# theirs FILE FORMAT: without what it says of records that it passes over
theirs()
{
	nfdump -q -N -r "$1" -o "$2" 2>/dev/null
}

# same FILE NAME: both print the same of it
same()
{
	for format in "$flows" "$nat"; do
		"$FLOWDUMP" -q -N -r "$1" -o "$format" >"$tmp/got"
		theirs "$1" "$format" >"$tmp/want"
		compare_file "$tmp/got" "$tmp/want" "$2: flows"
	done
	"$FLOWDUMP" -x "$1" >"$tmp/got"
	nfdump -x "$1" -o line >"$tmp/want" 2>/dev/null
	compare_file "$tmp/got" "$tmp/want" "$2: extension maps"
	"$FLOWDUMP" -I -r "$1" >"$tmp/got"
	nfdump -I -r "$1" -o line >"$tmp/want" 2>/dev/null
	compare_file "$tmp/got" "$tmp/want" "$2: statistics"
}

# copied FILE NAME: nfdump reads our copy as we read the file
copied()
{
	"$FLOWDUMP" -r "$1" --compress none -w "$tmp/copy"
	for format in "$flows" "$nat"; do
		"$FLOWDUMP" -q -N -r "$1" -o "$format" >"$tmp/want"
		theirs "$tmp/copy" "$format" >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "$2: a copy"
	done
	ok "$2: nfdump -v succeeds" nfdump -v "$tmp/copy"
}

for file in "$SRCDIR"/tests/data/files/nfcapd-1.6.*; do
	case $file in
	*.txt | *-bz2 | *-lzo) continue ;;
	esac
	same "$file" "$(basename "$file")"
	copied "$file" "$(basename "$file")"
done

"$BUILDDIR/tests/interop/diverse" "$SRCDIR/tests/data/filters/accept.txt" \
	"$tmp" 4000 1 || exit 1
for codec in none lz4; do
	"$BUILDDIR/tests/interop/layout1" "$tmp/nfcapd.202311142210" \
		"$tmp/diverse" $codec || exit 1
	same "$tmp/diverse" "diverse, $codec"
	copied "$tmp/diverse" "diverse, $codec"
done
done_testing
