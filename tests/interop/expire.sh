#!/bin/sh
# flowexpire and nfexpire remove the same files of random directories, leave
# the same books, and take turns on one directory, beside an nfcapd, too.
. "$SRCDIR/tests/lib.sh"
need nfexpire nfcapd

nfdump -V 2>/dev/null | grep -q '1\.7\.1' ||
	skip_all "nfdump is not version 1.7.1"

seed=${SEED:-$(date +%s)}
echo "# SEED=$seed"

# dice N: $die is 0 to N - 1
dice()
{
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	die=$((seed / 65536 % $1))
}

# name LAYOUT AGE: that of a file so many minutes old
name()
{
	date -d "@$((now - $2 * 60))" "+${1}nfcapd.%Y%m%d%H%M"
}

# throw DIRECTORY DIRECTORY: a random store, the same in both
throw()
{
	dice 4
	layout=$(echo "|%Y/%m/%d/|%Y-%m-%d/%H/|%Y/%j/" |
		cut -d'|' -f"$((die + 1))")
	now=$(date +%s)
	dice 20
	count=$die
	while [ "$count" -ge 0 ]; do
		dice 300
		path=$(name "$layout" "$((die * 10 + 5))")
		dice 8
		for dir in "$1" "$2"; do
			mkdir -p "$(dirname "$dir/$path")"
			head -c "$((die * 5000))" /dev/zero >"$dir/$path"
		done
		count=$((count - 1))
	done
}

left()
{
	(cd "$1" && find . -type f ! -name .nfstat | sort)
}

# same: the directories hold the same files and the same books.
same()
{
	left "$tmp/a" >"$tmp/left.a"
	left "$tmp/b" >"$tmp/left.b"
	compare_file "$tmp/left.a" "$tmp/left.b" "$1: files left"
	[ -s "$tmp/left.b" ] || {
		skip "$1: books" "nfexpire writes the time when none is left"
		return
	}
	compare_file "$tmp/a/.nfstat" "$tmp/b/.nfstat" "$1: books"
}

for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
	rm -rf "$tmp/a" "$tmp/b"
	mkdir "$tmp/a" "$tmp/b"
	throw "$tmp/a" "$tmp/b"
	set --
	dice 250
	[ "$die" -lt 50 ] || set -- "$@" -s "${die}K"
	dice 5
	[ "$die" = 0 ] || set -- "$@" -t "${die}0H"
	dice 12
	[ "$die" = 0 ] || [ "$die" = 11 ] || set -- "$@" -w "${die}0"
	"$FLOWEXPIRE" -e "$tmp/a" --all --store "$@" >"$tmp/out.a" 2>&1
	nfexpire -e "$tmp/b" "$@" </dev/null >"$tmp/out.b" 2>&1
	# Without -w books are new with 95 here, and so are those of nfexpire
	# once it has removed something.
	sed -i 's/^watermark=0$/watermark=95/' "$tmp/b/.nfstat"
	same "round $round:${*:+ }$*"
done

# Taking turns: each reads what the other has written.
rm -rf "$tmp/a" "$tmp/b"
mkdir "$tmp/a" "$tmp/b"
throw "$tmp/a" "$tmp/b"
"$FLOWEXPIRE" -u "$tmp/a" -s 1.5g -t 31d -w 100 >"$tmp/ours"
nfexpire -l "$tmp/a" >"$tmp/theirs"
grep -v '^Force\|^Scanning' "$tmp/ours" >"$tmp/ours.books"
compare_file "$tmp/theirs" "$tmp/ours.books" "nfexpire -l of our books"
nfexpire -u "$tmp/b" -s 1.5g -t 31d -w 100 | grep -v '^Force\|^Scanning' \
	>"$tmp/theirs"
"$FLOWEXPIRE" -l "$tmp/b" >"$tmp/ours"
compare_file "$tmp/ours" "$tmp/theirs" "our -l of the books of nfexpire"
compare_file "$tmp/a/.nfstat" "$tmp/b/.nfstat" "the same books"
"$FLOWEXPIRE" -r "$tmp/b" | sed 's,/b ,/a ,' >"$tmp/ours"
nfexpire -r "$tmp/a" >"$tmp/theirs"
compare_file "$tmp/ours" "$tmp/theirs" "-r"
is "$("$FLOWEXPIRE" -l "$tmp/a" -Y)" "$(nfexpire -l "$tmp/a" -Y)" "-Y"

# An nfcapd that has counted files: neither of us counts them twice.
rm -rf "$tmp/a"
mkdir "$tmp/a"
port=$((20000 + $$ % 30000))
nfcapd -w "$tmp/a" -b 127.0.0.1 -p "$port" -t 2 >"$tmp/log" 2>&1 &
pid=$!
sleep 5
like "$("$FLOWEXPIRE" -L "$tmp/a")" "^Collector process: $pid\$" \
	"the record of a running nfcapd is found"
like "$("$FLOWEXPIRE" -L "$tmp/a")" '^Number of files : [01]$' \
	"and what it has counted is taken over"
"$FLOWEXPIRE" -r "$tmp/a" >/dev/null
sleep 3
nfexpire -l "$tmp/a" >"$tmp/theirs"
listed=$(sed -n 's/^numfiles=//p' "$tmp/a/.nfstat")
number=$(left "$tmp/a" | grep -vc current)
ok "books of nfexpire then: $listed of $number files" \
	[ $((number - listed)) -le 1 -a $((number - listed)) -ge 0 ]
"$FLOWEXPIRE" -e "$tmp/a" -s 1 >"$tmp/ours" 2>&1
is $? 0 "expired beside it"
ok "its files went" grep -q '^Expired files:      [1-9]' "$tmp/ours"
while kill -TERM "$pid" 2>/dev/null; do
	sleep 0.2
done
wait "$pid"
"$FLOWEXPIRE" -l "$tmp/a" >"$tmp/ours"
before=$(cat "$tmp/a/.nfstat")
"$FLOWEXPIRE" -r "$tmp/a" >/dev/null
is "$(cat "$tmp/a/.nfstat")" "$before" "-r finds nothing to correct"
ok "no record is left" sh -c \
	"'$FLOWEXPIRE' -L '$tmp/a' | grep -q '^No collector process'"

# One that was killed leaves its record behind, and maybe has the semaphore.
# leavings: take its semaphore; the command that removes them
leavings()
{
	python3 - "$tmp/a" <<'END'
import ctypes, os, struct, sys
key = 0
for byte in os.path.realpath(sys.argv[1]).encode():
    key = (key * 37 + byte) & 0xffffffff
other = (key * 37 + ord("R")) & 0xffffffff
libc = ctypes.CDLL(None)
id = libc.semget(ctypes.c_int(other), 1, 0)
taken = libc.semop(id, struct.pack("Hhh", 0, -1, 0o4000), 1)
print(f"ipcrm -M {key:#x} -S {other:#x}; exit {-taken}")
END
}

if command -v python3 >/dev/null && command -v ipcrm >/dev/null; then
	rm -rf "$tmp/a"
	mkdir "$tmp/a"
	nfcapd -w "$tmp/a" -b 127.0.0.1 -p "$port" -t 2 >"$tmp/log" 2>&1 &
	pid=$!
	sleep 5
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	"$FLOWEXPIRE" -L "$tmp/a" >"$tmp/ours" 2>"$tmp/err"
	like "$(cat "$tmp/err")" "the collector $pid does not run any more" \
		"a record that is stale"
	is "$("$FLOWEXPIRE" -l "$tmp/a" | sed -n 's/^Numfiles: *//p')" \
		"$(left "$tmp/a" | grep -vc current)" "its files are counted"
	leavings >"$tmp/keys"
	"$FLOWEXPIRE" -e "$tmp/a" -s 1 >"$tmp/ours" 2>"$tmp/err"
	is "$?$(cat "$tmp/err")" 0 "a semaphore that nobody gives back"
	ok "nobody had it before" sh "$tmp/keys"
else
	skip "an nfcapd that was killed" "python3 or ipcrm is not installed"
fi

mkdir "$tmp/none"
is "$("$FLOWEXPIRE" -l "$tmp/none" | tail -3)" \
	"$(nfexpire -l "$tmp/none" | sed 's/^Watermark: 0%/Watermark: 95%/' |
		tail -3)" "a directory without files"
is "$("$FLOWEXPIRE" -u "$tmp/none" -t 5d -w 100 >/dev/null; echo $?)" 0 \
	"limits for it"
ok "are stored" grep -q '^lifetime=432000$' "$tmp/none/.nfstat"
is "$(yes | "$FLOWEXPIRE" -e "$tmp/none" | head -1)" "Expired files:      0" \
	"nothing to remove in it"
is "$(ls -A "$tmp/none")" .nfstat "only books are in it"
done_testing
