#!/bin/sh
# nfdump reads what --repair and -J leave, and -v prints the lines of nfdump.
. "$SRCDIR/tests/lib.sh"
need nfdump

data=$SRCDIR/tests/data/files
flows='fmt:%ts %te %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out %sas %das %nh %smk %dmk %svln %dvln %fl'
TZ=UTC
export TZ
cd "$tmp" || exit 1

nfdump -V 2>/dev/null | grep -q '1\.7\.1' ||
	skip_all "nfdump is not version 1.7.1"

# printed FILE: flows as in the golden files
printed()
{
	nfdump -q -N -r "$1" -o "$flows" 2>/dev/null
}

# verified NAME: nfdump -v succeeds, and our -v begins with the same lines
verified()
{
	nfdump -v file >out 2>err
	is $? 0 "$1: nfdump -v succeeds"
	unlike "$(cat out err)" '[Ee]rror|[Ii]nvalid' \
		"$1: nfdump -v finds nothing"
	# what turns while it works, and what we put behind the appendix
	sed 's/.*\r//; /^Extra data/d' out >want
	"$FLOWDUMP" -v file | sed '/^Flows  /,$d' >got
	compare_file got want "$1: -v prints the same"
}

for golden in "$data"/nfcapd-1.6.25-* "$data"/nfcapd-1.7.1-*; do
	case $golden in
	*.txt) continue ;;
	esac
	name=${golden##*/}
	"$FLOWDUMP" -I -r "$golden" 2>&1 | grep -q 'not compiled in' && {
		skip "$name" "not compiled in"
		continue
	}
	cp "$golden" file
	chmod u+w file
	printed file >flows
	verified "$name"
	for codec in 0 1 2 3; do
		"$FLOWDUMP" -J $codec -r file >/dev/null 2>&1 || continue
		printed file >got
		compare_file got flows "$name, -J $codec: flows"
		verified "$name, -J $codec"
	done
	"$FLOWDUMP" -I -r "$golden" >statistics
	nfdump -I -r file >got 2>/dev/null
	compare_file got statistics "$name: statistics"

	# the number of blocks, then a hole in the middle
	case $name in
	*1.6*) at=8 ;;
	*) at=36 ;;
	esac
	printf '\011' | dd of=file bs=1 seek=$at conv=notrunc 2>/dev/null
	"$FLOWDUMP" --repair file >/dev/null 2>&1
	printed file >got
	compare_file got flows "$name, repaired: flows"
	verified "$name, repaired"
	dd if=/dev/zero of=file bs=1 seek=$(($(wc -c <file) / 2)) count=40 \
		conv=notrunc 2>/dev/null
	"$FLOWDUMP" --repair file >out 2>/dev/null || {
		like "$(cat out)" '^$' "$name, hole: not one flow is left"
		continue
	}
	printed file | head -n 3 >got
	head -n 3 flows >want
	compare_file got want "$name, hole: the first flows"
	verified "$name, hole"
done

# files of many blocks, with every extension
"$BUILDDIR/flowgen" -n 30000 -o big >/dev/null
cp big file
printed file >flows
for codec in 0 2 3; do
	"$FLOWDUMP" -J $codec -r file >/dev/null 2>&1 || continue
	printed file >got
	compare_file got flows "many blocks, -J $codec: flows"
	verified "many blocks, -J $codec"
done
dd if=flows of=file bs=1 seek=$(($(wc -c <file) / 2)) count=5000 \
	conv=notrunc 2>/dev/null
like "$("$FLOWDUMP" --repair file 2>/dev/null)" 'repaired, ' \
	"many blocks, hole: repaired"
printed file | head -n 3 >got
head -n 3 flows >want
compare_file got want "many blocks, hole: the first flows"
verified "many blocks, hole"
done_testing
