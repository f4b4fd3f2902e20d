#!/bin/sh
# flowexpire in trees that are not as they should be: links that lead out or
# round, names with newlines, what may not be written, a read-only disk.
. "$SRCDIR/tests/lib.sh"

store=$tmp/store
mounted=
trap 'chmod -R u+w "$tmp"; [ -z "$mounted" ] || umount "$mounted"
rm -rf "$tmp"' EXIT

# make NAME...: files of one block
make()
{
	for name in "$@"; do
		mkdir -p "$(dirname "$store/$name")"
		echo x >"$store/$name"
	done
}

left()
{
	(cd "$store" && find . -name 'nfcapd.*' | sort | tr '\n' ' ')
}

make nfcapd.202001010000 2020/nfcapd.202001010005 nfcapd.202609290000
make "2020/a
b" "3
4/nfcapd.202001010010"
mkdir "$tmp/outside"
echo x >"$tmp/outside/nfcapd.202001010000"
ln -s "$tmp/outside" "$store/2019"
ln -s . "$store/2018"
ln -s ../../store "$store/2020/1"
ln -s "$tmp/outside/nfcapd.202001010000" "$store/nfcapd.202001010015"
"$FLOWEXPIRE" -e "$store" -t 1d --force >"$tmp/out" 2>"$tmp/err"
is "$?$(cat "$tmp/err")" 0 "links and newlines"
is "$(left)" "./nfcapd.202001010015 ./nfcapd.202609290000 " \
	"each file in the tree is met once"
ok "what a link leads to stays" test -f "$tmp/outside/nfcapd.202001010000"
ok "so do links and foreign files" test -L "$store/2019" -a -L \
	"$store/2020/1" -a -f "$store/2020/a
b"

# As somebody who may not do everything.
as=
if [ "$(id -u)" = 0 ]; then
	as="setpriv --reuid 65534 --regid 65534 --clear-groups"
	$as "$FLOWEXPIRE" --version >/dev/null 2>&1 || as=none
fi
if [ "$as" = none ]; then
	skip "permissions" "root may do everything"
else
	rm -rf "$store"
	make 1/nfcapd.202001010000 2/nfcapd.202001010005 \
		nfcapd.202001010010 nfcapd.202001010015 nfcapd.202609290000
	chmod 000 "$store/nfcapd.202001010010"
	chmod 555 "$store/1"
	chmod 000 "$store/2"
	chmod 755 "$tmp"
	[ -z "$as" ] || chown -R 65534:65534 "$store"
	$as "$FLOWEXPIRE" -e "$store" -t 1d >"$tmp/out" 2>"$tmp/err"
	is $? 250 "files that cannot be removed are an error"
	like "$(cat "$tmp/err")" 'store/1/nfcapd.202001010000: it stays: Perm' \
		"they are told"
	like "$(cat "$tmp/err")" 'store/2: .*Permission' \
		"so is a directory that cannot be read"
	is "$(sed -n 's/^Expired files: *//p' "$tmp/out")" 2 \
		"a file needs no permission itself"
	is "$(sed -n 's/^numfiles=//p;s/^status=//p' "$store/.nfstat" |
		tr '\n' ' ')" "2 3 " "books are to be rebuilt"
	chmod 755 "$store/1" "$store/2"
	is "$(left)" "./1/nfcapd.202001010000 ./2/nfcapd.202001010005 \
./nfcapd.202609290000 " "the others went"
	$as "$FLOWEXPIRE" -e "$store" -t 1d >"$tmp/out" 2>&1
	is "$? $(left)" "0 ./nfcapd.202609290000 " "the next run finds them"
fi

# A disk that takes nothing.
mkdir "$tmp/disk"
if ! mount -t tmpfs -o size=1m tmpfs "$tmp/disk" 2>/dev/null; then
	skip "a read-only disk" "nothing can be mounted"
	done_testing
fi
mounted=$tmp/disk store=$tmp/disk/store
make nfcapd.202001010000 nfcapd.202609290000
"$FLOWEXPIRE" -u "$store" -t 1d >/dev/null
mount -o remount,ro "$tmp/disk"
fails 250 "a read-only disk" "$FLOWEXPIRE" -e "$store"
like "$(cat "$tmp/.out")" 'Read-only file system' "that is told"
fails 250 "-r there" "$FLOWEXPIRE" -r "$store"
ok "-l there" "$FLOWEXPIRE" -l "$store"
is "$("$FLOWEXPIRE" -n -e "$store" | grep -c '^Would')" 1 "-n there"
is "$(left)" "./nfcapd.202001010000 ./nfcapd.202609290000 " "nothing goes"
mount -o remount,rw "$tmp/disk"
"$FLOWEXPIRE" -e "$store" >/dev/null
is "$? $(left)" "0 ./nfcapd.202609290000 " "the next run can"
done_testing
