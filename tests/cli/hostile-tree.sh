#!/bin/sh
# Trees of files that somebody else may write to: whatever is in them, a query
# ends, prints what can be read, names the rest in plain lines, and says by its
# exit status that there was one.
. "$SRCDIR/tests/lib.sh"

flow=$SRCDIR/tests/data/files/nfcapd-1.7.1-single
tree=$tmp/tree
mkdir "$tree"

lines()
{
	wc -l <"$1" | tr -d ' '
}

# A flow file in the tree.
flow_file()
{
	mkdir -p "$tree/$(dirname "$1")"
	cp "$flow" "$tree/$1"
}

# Query the tree; the number of flows is in $count, the exit status in $status,
# and what was said in $tmp/err.  The tree is empty afterwards.
query()
{
	"$FLOWDUMP" -q -R "$tree" -o fmt:%pr "$@" >"$tmp/out" 2>"$tmp/err"
	status=$?
	count=$(lines "$tmp/out")
	chmod -R u+rwx "$tree" 2>/dev/null
	rm -rf "$tree"
	mkdir "$tree"
}

# NAME FLOWS STATUS LINES: what the query gave.
gave()
{
	is "$count $status $(lines "$tmp/err")" "$2 $3 $4" \
		"$1: flows, exit status, messages"
}

# Links lead anywhere; what they lead to counts once.
mkdir -p "$tmp/outside/deep"
cp "$flow" "$tmp/outside/nfcapd.202405010005"
cp "$flow" "$tmp/outside/deep/nfcapd.202405010010"
flow_file 2024/nfcapd.202405010000
ln -s "$tmp/outside/nfcapd.202405010005" "$tree/2024"
ln -s "$tmp/outside/deep" "$tree/2025"
query
gave "links out of the tree" 3 0 0

flow_file 2024/nfcapd.202405010000
ln -s nfcapd.202405010000 "$tree/2024/nfcapd.latest"
ln -s 2024 "$tree/latest"
query
gave "links inside the tree" 1 0 0

flow_file 2024/nfcapd.202405010000
ln -s . "$tree/2024/again"
ln -s .. "$tree/2024/up"
ln -s "$tree" "$tree/self"
query
gave "links in a loop" 1 0 0

# Twice as many paths on each level.
flow_file 00/nfcapd.202405010000
for level in $(seq 1 40); do
	dir=$tree/$(printf %02d "$level")
	mkdir "$dir"
	ln -s "$tree/$(printf %02d $((level - 1)))" "$dir/a"
	ln -s "$tree/$(printf %02d $((level - 1)))" "$dir/b"
done
query
gave "links that fan out" 1 0 0

flow_file nfcapd.202405010000
ln -s nowhere "$tree/nfcapd.202405010005"
ln -s nfcapd.202405010010 "$tree/nfcapd.202405010010"
query
gave "links to nothing" 1 250 2

# Names.
nl='
'
esc=$(printf '\033]0;title\007')
csi=$(printf '\302\2331m')
bad=$(printf '\377\233')
for name in "line${nl}feed" "tab	tab" "$esc" "$csi" "$bad"; do
	flow_file "dir-$name/nfcapd.202405010000"
	echo "not a flow file" >"$tree/dir-$name/nfcapd.2-$name"
done
query
gave "names with control characters" 5 250 5
is "$(LC_ALL=C tr -d '\n -~' <"$tmp/err" | wc -c | tr -d ' ')" 0 \
	"none of them is in a message"

long=$(printf '%0240d' 0)
flow_file "nfcapd.$long"
path=$tree
while [ ${#path} -lt 3500 ]; do
	path=$path/$long
	mkdir "$path" || break
done
cp "$flow" "$path/nfcapd.202405010000"
query
gave "long names in a deep tree" 2 0 0

# Deeper than a path can be long.
flow_file nfcapd.202405010000
(
	cd "$tree" || exit
	for level in $(seq 1 30); do
		mkdir "$long" && cd "$long" || exit
	done
)
query
gave "a tree that is too deep" 1 250 1
like "$(cat "$tmp/err")" "too long" "why"

# Things that are no files, and files that are none of ours.
flow_file nfcapd.202405010000
mkfifo "$tree/nfcapd.202405010005" "$tree/control"
: >"$tree/nfcapd.202405010010"
head -c 100 "$flow" >"$tree/nfcapd.202405010015"
ln -s /dev/null "$tree/nfcapd.202405010020"
ln -s /dev/zero "$tree/nfcapd.202405010025"
query
gave "pipes, devices, an empty and a cut file" 1 250 5
like "$(cat "$tmp/err")" "010005: not a regular file" "a pipe is named"
like "$(cat "$tmp/err")" "010010: empty file" "an empty file is named"
like "$(cat "$tmp/err")" "010015: truncated" "a cut file is named"

flow_file nfcapd.202405010000
mkdir "$tree/nfcapd.202405010005" "$tree/empty"
query
gave "directories named as files" 1 0 0

# The first and last file of a range.
flow_file nfcapd.202405010000
mkfifo "$tree/nfcapd.202405010005"
ln -s nowhere "$tree/nfcapd.202405010007"
flow_file nfcapd.202405010010
"$FLOWDUMP" -q -R "$tree/nfcapd.202405010000:nfcapd.202405010005" \
	-o fmt:%pr >"$tmp/out" 2>"$tmp/err"
is "$? $(lines "$tmp/out")" "250 1" "a range tells what is in it"
unlike "$(cat "$tmp/err")" "010007" "and nothing else"
"$FLOWDUMP" -q -r "$tree/nfcapd.202405010005" >"$tmp/out" 2>"$tmp/err"
is "$?" 250 "-r does not wait for the other end of a pipe"
rm -rf "$tree"

# Files that are cut and removed while they are read: the reader of the output
# takes a line, and then nothing until that is done.
mkdir "$tree"
"$BUILDDIR/flowgen" -n 200000 -o "$tree/nfcapd.202405010000" >/dev/null
cp "$flow" "$tree/nfcapd.202405010005"
cp "$flow" "$tree/nfcapd.202405010010"
{
	"$FLOWDUMP" -q -R "$tree" -o fmt:%ts%te%sa%da%byt --threads 1 \
		2>"$tmp/err"
	echo "exit status $?"
} | {
	read -r line
	truncate -s 1000000 "$tree/nfcapd.202405010000"
	rm "$tree/nfcapd.202405010005"
	tail -n 1
} >"$tmp/out"
is "$(cat "$tmp/out")" "exit status 250" "files change while they are read"
like "$(cat "$tmp/err")" "010000: block [0-9]*: truncated" "the one that was cut"
like "$(cat "$tmp/err")" "010005: No such file" "the one that was removed"
is "$(grep -cv '010000: \|010005: ' "$tmp/err")" 0 "and no other"
rm -rf "$tree"

# A file system that nobody can write to.
mkdir "$tree"
if mount -t tmpfs -o size=1m none "$tree" 2>/dev/null; then
	cp "$flow" "$tree/nfcapd.202405010000"
	mount -o remount,ro "$tree"
	"$FLOWDUMP" -q -R "$tree" -o fmt:%pr >"$tmp/out" 2>"$tmp/err"
	is "$? $(lines "$tmp/out")" "0 1" "read only: read"
	fails 250 "read only: the ident stays" \
		"$FLOWDUMP" -i other -r "$tree/nfcapd.202405010000"
	like "$(cat "$tmp/.out")" "Read-only file system" "read only: why"
	umount "$tree"
else
	skip "read only" "no right to mount"
fi
rm -rf "$tree"

# What may not be read.  Root may read all, so this is nobody's query.
as_user()
{
	"$@"
}
if [ "$(id -u)" -eq 0 ]; then
	as_user()
	{
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	}
fi
mkdir "$tree"
chmod 755 "$tmp" "$tree"
flow_file open/nfcapd.202405010000
flow_file shut/nfcapd.202405010000
flow_file listed/nfcapd.202405010000
flow_file listed/nfcapd.202405010005
chmod 0 "$tree/shut"
chmod 0 "$tree/listed/nfcapd.202405010005"
if as_user test -x "$FLOWDUMP" -a -r "$tree/open/nfcapd.202405010000" \
	2>/dev/null && ! as_user test -r "$tree/shut" 2>/dev/null; then
	as_user "$FLOWDUMP" -q -R "$tree" -o fmt:%pr >"$tmp/out" 2>"$tmp/err"
	is "$? $(lines "$tmp/out")" "250 2" "what may be read is read"
	like "$(cat "$tmp/err")" "/shut: Permission denied" \
		"a directory that may not be is named"
	like "$(cat "$tmp/err")" "010005: Permission denied" "and so is a file"
	as_user "$FLOWDUMP" -q -M "$tree/open:shut" -R . -o fmt:%pr \
		>"$tmp/out" 2>"$tmp/err"
	is "$? $(lines "$tmp/out")" "250 1" "-M: the other directory is read"
	as_user "$FLOWDUMP" -q -R "$tree/shut" >"$tmp/out" 2>"$tmp/err"
	is "$?" 250 "nothing else to read"
else
	skip "permissions" "no user who may read less"
fi
chmod 755 "$tree/shut"
rm -rf "$tree"

done_testing
