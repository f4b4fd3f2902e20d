# -v: what is printed of sound and of damaged files.

. "$SRCDIR/tests/lib.sh"

data=$SRCDIR/tests/data
TZ=UTC
export TZ

# poke FILE OFFSET OCTAL...: overwrite bytes
poke()
{
	poke_file=$1 poke_at=$2
	shift 2
	for byte; do
		printf "\\$byte"
	done | dd of="$poke_file" bs=1 seek="$poke_at" conv=notrunc 2>/dev/null
}

# check STATUS NAME ARGUMENT...: run; output in $tmp/out and $tmp/err
check()
{
	check_status=$1 check_name=$2
	shift 2
	"$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	is "$?" "$check_status" "$check_name: status"
}

single=$data/files/nfcapd-1.7.1-single
cp "$single" "$tmp/file"
chmod u+w "$tmp/file"
cd "$tmp" || exit 1
check 0 "a sound file" -v file
is "$(cat out)" "File       : file
Version    : 2 - not compressed
Created    : 2026-11-22 02:13:51
nfdump     : 1070100
encryption : no
Appdx blks : 1
Data blks  : 1
Checking data blocks
Checking appendix blocks

Total
Type 3 blocks : 2
Records       : 5
Flows         : 1
Index         : none
Result        : sound" "a sound file: output"
is "$(cat err)" "" "a sound file: no message"

# every file that was collected is sound
for file in "$data"/files/nfcapd-* "$data"/query/in-*/*/nfcapd.*; do
	case $file in
	*.txt) continue ;;
	esac
	"$FLOWDUMP" -I -r "$file" 2>&1 | grep -q 'not compiled in' && {
		skip "${file#"$data"/}" "not compiled in"
		continue
	}
	check 0 "${file#"$data"/}" -v "$file"
	is "$(cat err)" "" "${file#"$data"/}: no message"
done

# damage
poke file 36 7
check 250 "number of blocks" -v file
is "$(cat err)" "flowdump: file: 1 data blocks, the header says 7" \
	"number of blocks: message"
like "$(cat out)" '^Result +: damaged, 1 finding: 1 flow in 1 block readable$' \
	"number of blocks: result"
poke file 180 377 377 377 377
check 250 "an element" -v file
like "$(cat err)" 'file: block 0 at offset 40: record 1 at 32 of 188: ' \
	"an element: message"
like "$(cat out)" 'damaged, 2 findings: 0 flows ' "an element: result"
printf 'no flows' >junk
check 250 "no flow file" -v junk
like "$(cat err)" '^flowdump: junk: not a flow file' "no flow file: message"
check 250 "no file" -v missing
like "$(cat err)" 'missing' "no file: message"
printf 'behind' | cat "$single" - >longer
check 0 "bytes behind the end" -v longer
like "$(cat out)" '^Note +: 6 bytes behind the appendix$' \
	"bytes behind the end: note"
is "$(cat err)" "" "bytes behind the end: no message"

# what is being written, and what a crash left
head -c 240 "$single" >torn
poke torn 18 0 0
poke torn 24 0 0 0 0 0 0 0 0
poke torn 36 0 0 0 0
check 250 "left by a crash" -v torn
like "$(cat out)" '^Result +: unfinished, .* 1 flow in 1 block' \
	"left by a crash: result"
mkdir live
cp torn live/nfcapd.current.$$
check 0 "being written" -v live/nfcapd.current.$$
like "$(cat out)" '^Result +: being written, ' "being written: result"

# a directory: a line for each file that is not sound
mkdir dir
cp file dir/nfcapd.202405140900
cp "$single" dir/nfcapd.202405140905
cp junk dir/nfcapd.202405140910
check 250 "a directory" -v dir
is "$(cat out)" "dir/nfcapd.202405140900: damaged, 2 findings: 0 flows in 1 block readable, 1 block in part, 1 flow of its statistics missing
3 files: 1 sound, 1 damaged or unfinished, 1 unreadable" "a directory: output"
is "$(grep -c . err)" 3 "a directory: messages"
check 250 "several" -v dir/nfcapd.202405140905 -v file
like "$(cat out)" '2 files: 1 sound, 1 damaged' "several: output"
check 1 "with -r" -v file -r file
check 1 "with -I" -v file -I
done_testing
