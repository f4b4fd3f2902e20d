# --repair: files that are damaged become sound, others are left alone.

. "$SRCDIR/tests/lib.sh"

data=$SRCDIR/tests/data/files
all='fmt:%ts %te %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out %nh'
TZ=UTC
export TZ
cd "$tmp" || exit 1

list()
{
	"$FLOWDUMP" -q -N -o "$all" -r "$1"
}

# zero FILE OFFSET COUNT
zero()
{
	dd if=/dev/zero of="$1" bs=1 seek="$2" count="$3" conv=notrunc \
		2>/dev/null
}

# repaired NAME PATTERN: status 0, this on stdout, and then it is sound
repaired()
{
	"$FLOWDUMP" --repair file >out 2>err
	is "$?" 0 "$1: status"
	like "$(cat out)" "$2" "$1: output"
	ok "$1: sound" "$FLOWDUMP" -v file
	"$FLOWDUMP" --repair file >out 2>err
	is "$(cat out)" "file: sound, left alone" "$1: only once"
	is "$(find . -name '.*.stat')" "" "$1: nothing else is left"
}

for name in nfcapd-1.7.1-none nfcapd-1.7.1-lz4 nfcapd-1.6.25-none \
	nfcapd-1.6.25-lz4; do
	cp "$data/$name" file
	chmod 640 file
	list "$data/$name" >want
	case $name in
	*1.6*) zero file 8 4 ;;
	*) zero file 18 2 ;;
	esac
	repaired "$name, header" '^file: repaired, 26 flows in [12] blocks? kept$'
	list file >got
	compare_file got want "$name, header: flows"
	is "$(stat -c %a file)" 640 "$name: permissions"
	zero file $(($(wc -c <file) / 2)) 200
	repaired "$name, hole" '^file: repaired, [0-9]+ flows in .* kept, '
	list file >got
	head -n 5 want >first
	head -n 5 got >out
	compare_file out first "$name, hole: the first flows"
done

# what a crash left
head -c 3000 "$data/nfcapd-1.7.1-none" >file
zero file 18 2
zero file 24 8
zero file 36 4
list "$data/nfcapd-1.7.1-none" >want
repaired "crash" '^file: repaired, 1[0-9] flows in 1 block kept, 1 block in part'
list file >got
head -n "$(wc -l <got)" want >first
compare_file got first "crash: the first flows"

# a process that lives
cp file nfcapd.current.$$
zero nfcapd.current.$$ 18 2
zero nfcapd.current.$$ 24 8
zero nfcapd.current.$$ 36 4
cp nfcapd.current.$$ was
"$FLOWDUMP" --repair nfcapd.current.$$ >out 2>err
is "$?" 250 "being written: status"
like "$(cat err)" "process $$ is writing it" "being written: message"
ok "being written: left alone" cmp -s nfcapd.current.$$ was

# a directory, in which one file cannot be repaired
mkdir dir
cp "$data/nfcapd-1.7.1-none" dir/nfcapd.1
cp file dir/nfcapd.2
zero dir/nfcapd.2 36 4
head -c 60 "$data/nfcapd-1.7.1-bz2" >dir/nfcapd.3
cp dir/nfcapd.3 was
"$FLOWDUMP" --repair dir >out 2>err
is "$?" 250 "a directory: status"
like "$(cat out)" 'dir/nfcapd.1: sound, left alone' "a directory: sound"
like "$(cat out)" 'dir/nfcapd.2: repaired, ' "a directory: repaired"
like "$(cat err)" 'dir/nfcapd.3: no flow can be read' "a directory: nothing left"
ok "a directory: that one stays" cmp -s dir/nfcapd.3 was

# killed while it works, over and over: the file is the old or the new one
cp "$data/nfcapd-1.7.1-lz4" was
zero was 18 2
list "$data/nfcapd-1.7.1-lz4" >want
bad=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	cp was file
	"$FLOWDUMP" --repair file >/dev/null 2>&1 &
	pid=$!
	sleep "0.00$((i % 8))"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	list file >got 2>/dev/null
	cmp -s got want || bad=$((bad + 1))
done
is "$bad" 0 "killed: no flow is lost"
done_testing
