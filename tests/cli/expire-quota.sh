#!/bin/sh
# flowexpire --quota: directories of sources, each in a limit of its own; and
# names that tell an hour that the clock showed twice.
. "$SRCDIR/tests/lib.sh"

store=$tmp/store

# make NAME SIZE
make()
{
	mkdir -p "$(dirname "$store/$1")"
	head -c "$2" /dev/zero >"$store/$1"
}

fill()
{
	rm -rf "$store"
	for hour in 0 1 2 3 4; do
		make "core/nfcapd.202609300${hour}00" 102400
		make "edge/2026-09-29/nfcapd.202609290${hour}00" 102400
	done
	mkdir "$store/empty"
	: >"$store/readme.txt"
}

# left: how many files of core and of edge
left()
{
	echo "$(find "$store/core" -name 'nfcapd.*' | wc -l)" \
		"$(find "$store/edge" -name 'nfcapd.*' | wc -l)"
}

fill
[ "$(du -k "$store/core/nfcapd.202609300000" | cut -f1)" = 100 ] ||
	skip_all "files of 100 KiB take another size here"
"$FLOWEXPIRE" -e "$store" --quota core=300K -w 100 >"$tmp/out"
is "$(left)" "3 5" "a quota of one directory"
ok "it is told" grep -q '^Expired files:      2$' "$tmp/out"
ok "and the sum" grep -q '^Numfiles:  8$' "$tmp/out"
ok "no books for a directory without files" test ! -e "$store/empty/.nfstat"
fill
"$FLOWEXPIRE" -e "$store" --quota edge=0 --quota 200K >/dev/null
is "$(left)" "1 5" "one for all, and none for one"
fill
"$FLOWEXPIRE" -e "$store" --quota 400K -w 100 >/dev/null
is "$(left)" "4 4" "one for each"
is "$(sed -n 's/^numfiles=//p' "$store/core/.nfstat" "$store/edge/.nfstat" |
	tr '\n' ' ')" "4 4 " "books of each"
fill
"$FLOWEXPIRE" -e "$store" --quota core=300K -s 800K -w 100 >/dev/null
is "$(left)" "3 5" "a limit of all: the quota was enough"
"$FLOWEXPIRE" -e "$store" --quota core=200K -s 500K -w 100 >/dev/null
is "$(left)" "2 3" "the oldest of all go for what is still too much"
fill
"$FLOWEXPIRE" -n -e "$store" --quota core=300K -w 100 >"$tmp/out"
is "$(grep -c '^Would.*/core/' "$tmp/out") $(left)" "2 5 5" "-n"
"$FLOWEXPIRE" -e "$store" --quota 1 >/dev/null
is "$(left)" "1 1" "the newest of each stays"
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	make "source$number/nfcapd.202609300000" 100
done
ok "more directories than a process may open at first" \
	sh -c 'ulimit -S -n 20; "$1" -e "$2" --quota 1' sh "$FLOWEXPIRE" \
	"$store"
fails 250 "a directory that is not there" \
	"$FLOWEXPIRE" -e "$store" --quota cores=1g
like "$(cat "$tmp/.out")" 'no such directory in' "that is told"
fails 250 "no size" "$FLOWEXPIRE" -e "$store" --quota core=1x
fails 250 "no action that removes" "$FLOWEXPIRE" -l "$store" --quota 1g

# Names of 02:30 on the day when clocks are put back from 03:00 to 02:00.
rm -rf "$store"
make nfcapd.202510260230 100
make nfcapd.202510260430 100
TZ=Europe/Berlin "$FLOWEXPIRE" -n -e "$store" -t 1d >/dev/null 2>"$tmp/err"
like "$(cat "$tmp/err")" 'names of 1 files twice; the later one is taken$' \
	"an hour that comes twice is told"
mv "$store/nfcapd.202510260230" "$store/nfcapd.202510260230+0200"
TZ=Europe/Berlin "$FLOWEXPIRE" -n -e "$store" -t 1d >/dev/null 2>"$tmp/err"
is "$(cat "$tmp/err")" "" "not with a zone in the name"
mv "$store/nfcapd.202510260230+0200" "$store/nfcapd.202510260130"
TZ=Europe/Berlin "$FLOWEXPIRE" -e "$store" -t 1d >/dev/null 2>"$tmp/err"
is "$(cat "$tmp/err")" "" "nor of any other hour"
done_testing
