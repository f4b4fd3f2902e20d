#!/bin/sh
# A small file system that runs full under a collector: capture goes on, what
# finds no room is counted, files stay whole, and when there is room again
# flows are stored again.  Sent is what is in files and what is counted lost.
. "$SRCDIR/tests/lib.sh"

# A mount of our own, which goes away with us.
if [ -z "$TMPFS_TEST" ]; then
	need unshare mount
	[ "$(id -u)" -eq 0 ] && flags=-m || flags=-rm
	unshare $flags mount -t tmpfs -o size=64k none "$tmp" 2>/dev/null ||
		skip_all "mounting is not allowed here"
	rm -rf "$tmp"
	TMPFS_TEST=1 exec unshare $flags sh "$0"
fi
. "$SRCDIR/tests/capd.sh"

trap 'kill_all; umount -l "$data"; rm -rf "$tmp"' EXIT
mkdir "$tmp/saved"
mount -t tmpfs -o size=400k none "$data" || exit 1

# more_lines PATTERN: since $mark lines of the log there is one like this.
more_lines()
{
	tail -n +"$mark" "$log" | grep -Eq -e "$1"
}

# all_readable: also the one being written, wherever its writer stands; one
# that is empty yet is none.
all_readable()
{
	kill -STOP "$pid"
	status=0
	for file in "$data"/nfcapd.*; do
		case $file in
		*.append) continue ;;
		esac
		[ ! -s "$file" ] ||
			"$FLOWDUMP" -q -r "$file" -o null || status=1
	done
	kill -CONT "$pid"
	return "$status"
}

# make_room: finished files go elsewhere.
make_room()
{
	mv "$data"/nfcapd.2* "$tmp/saved/"
	mark=$(($(wc -l <"$log") + 1))
}

ok "starts" capd -t 2 --flush 1 --compress none -l "$data"
"$BUILDDIR/tests/cli/udpstream" "$port" 16777216 1000000 10000 \
	>"$tmp/stream" &
stream=$!
pids="$pids $stream"
for time in first second; do
	mark=$(($(wc -l <"$log") + 1))
	ok "runs full for the $time time" wait_for more_lines \
		"flows lost: [1-9]"
	ok "files are readable" all_readable
	make_room
	ok "flows are stored again" wait_for more_lines "Flows: [1-9]"
done
ok "the reason is logged" logged "No space left on device"
kill "$stream"
wait "$stream" 2>/dev/null
ok "all is received" wait_for more_lines "Datagrams: 0, "
stop
is $? 0 "stops"
mv "$data"/nfcapd.* "$tmp/saved/"

# Every number up to the last one was sent.
sent=$(awk 'END { print $1 - 16777216 + 1 }' "$tmp/stream")
found=$(flows "$tmp"/saved/*)
lost=$(sed -n 's/.*flows lost: \([0-9]*\),.*/\1/p' "$log" |
	awk '{ n += $1 } END { print n }')
drops=$(sed -n 's/.*socket drops: \([0-9]*\),.*/\1/p' "$log" |
	awk '{ n += $1 } END { print n }')
if [ "$drops" -eq 0 ]; then
	is $((found + lost)) "$sent" "every flow is stored or counted as lost"
else
	skip "every flow is stored or counted" "the machine is overloaded"
fi
echo "# $sent flows sent, $found in files, $lost counted as lost"
for file in "$tmp"/saved/*; do
	name=${file##*/}
	case $name in
	nfcapd.2*) ;;
	*) echo "$name" ;;
	esac
done >"$tmp/others"
is "$(cat "$tmp/others")" "" "all files are in their slots"
done_testing
