# -J: files are compressed in place, and nothing else changes.

. "$SRCDIR/tests/lib.sh"

data=$SRCDIR/tests/data/files
cd "$tmp" || exit 1

list()
{
	"$FLOWDUMP" -q -N -o raw -r "$1"
}

for name in nfcapd-1.7.1-none nfcapd-1.6.25-none; do
	cp "$data/$name" file
	chmod 640 file
	touch -d '2024-05-14 09:00:00' file
	stat -c '%a %Y %u' file >attributes
	list file >want
	"$FLOWDUMP" -I -r file >statistics
	for codec in 3 lzo 2 none; do
		"$FLOWDUMP" -J "$codec" -r file >out 2>err
		grep -q 'not compiled in' err && {
			skip "$name, -J $codec" "not compiled in"
			continue
		}
		is "$(cat out)" "File file compression changed" \
			"$name, -J $codec"
		is "$(cat err)" "" "$name, -J $codec: no message"
		"$FLOWDUMP" -J "$codec" -r file >out 2>err
		is "$?:$(cat out)" \
			"0:File file is already same compression methode" \
			"$name, -J $codec: once is enough"
		list file >got
		compare_file got want "$name, -J $codec: flows"
		"$FLOWDUMP" -I -r file >got
		compare_file got statistics "$name, -J $codec: statistics"
		is "$(stat -c '%a %Y %u' file)" "$(cat attributes)" \
			"$name, -J $codec: owner, permissions, time"
		ok "$name, -J $codec: sound" "$FLOWDUMP" -v file
	done
done

# refused STATUS PATTERN ARGUMENT...
refused()
{
	refused_status=$1 refused_pattern=$2
	shift 2
	"$FLOWDUMP" "$@" >out 2>err </dev/null
	is "$?" "$refused_status" "$*: status"
	like "$(cat err)" "$refused_pattern" "$*: $refused_pattern"
}

refused 1 'none is given' -J 3
refused 1 'option -J' -J 9 -r file
refused 1 'option -J' -J gzip -r file
refused 250 'missing' -J 3 -r missing
refused 1 'mutually exclusive' -J 3 -r file -I
cp "$data/nfcapd-1.6.25-none" old
refused 250 'nfdump 1.6 cannot be compressed with zstd' -J 4 -r old
ok "the old file stays" cmp -s old "$data/nfcapd-1.6.25-none"

# a range: one file that cannot be read does not stop the others
mkdir dir
cp "$data/nfcapd-1.7.1-none" dir/nfcapd.1
head -c 999 "$data/nfcapd-1.7.1-none" >dir/nfcapd.2
cp "$data/nfcapd-1.7.1-single" dir/nfcapd.3
cp dir/nfcapd.2 was
"$FLOWDUMP" -R dir -J lz4 >out 2>err
is "$?" 250 "a damaged file in a list: status"
is "$(cat out)" "File dir/nfcapd.1 compression changed
File dir/nfcapd.3 compression changed" "a damaged file in a list: the others"
like "$(cat err)" 'dir/nfcapd.2' "a damaged file in a list: named"
ok "a damaged file in a list: stays" cmp -s dir/nfcapd.2 was
done_testing
