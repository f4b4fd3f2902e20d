#!/bin/sh
# flowexpire: the worked examples of limits of size and age, what is printed,
# and what is stored.
. "$SRCDIR/tests/lib.sh"

store=$tmp/store

# make NAME SIZE
make()
{
	mkdir -p "$(dirname "$store/$1")"
	head -c "$2" /dev/zero >"$store/$1"
}

# aged MINUTES SIZE: a file of that age, to the second
aged()
{
	make "$(date -d "@$(($(date +%s) - $1 * 60 - 5))" +nfcapd.%Y%m%d%H%M%S)" \
		"$2"
}

left()
{
	find "$store" -name 'nfcapd.*' | wc -l
}

# Eight files, and three that do not count.
make nfcapd.202609300000 4096
make nfcapd.202609300005 102400
make nfcapd.202609300010 37888
make nfcapd.202609300015 524288
make nfcapd.20260930001730 1024
make nfcapd.202609300020 0
make nfcapd.202609300025 78848
make nfcapd.202609300030 204800
make nfcapd.current.4711 100
make nfcapd.202609300035.tmp 100
make notes.txt 100

# Example A has the sizes of 4 KiB blocks.
blocks=$(du -k "$store/nfcapd.20260930001730" | cut -f1)
[ "$blocks" = 4 ] || skip_all "files of 1 KiB take $blocks KiB here"

"$FLOWEXPIRE" -r "$store" >"$tmp/out"
cat >"$tmp/want" <<END
Scanning files in $store .. done.
First:     2026-09-30 00:00:00
Last:      2026-09-30 00:30:00
Lifetime:  1800 = 30.0 min
Numfiles:  8
Filesize:  962560 = 940.0 KB
Max Size:  <none>
Max Life:  <none>
Watermark: 95%
Status:    OK
END
compare_file "$tmp/out" "$tmp/want" "-r"
cat >"$tmp/want" <<END
Expired files:      4
Expired file size:  671744 = 656.0 KB
Expired time range: 1050 = 17.5 min

First:     2026-09-30 00:17:30
Last:      2026-09-30 00:30:00
Lifetime:  750 = 12.5 min
Numfiles:  4
Filesize:  290816 = 284.0 KB
Max Size:  614400 = 600.0 KB
Max Life:  <none>
Watermark: 80%
Status:    OK
END
cp "$store/.nfstat" "$tmp/before"
"$FLOWEXPIRE" -n -e "$store" -s 600K -w 80 >"$tmp/out"
grep -v '^Would' "$tmp/out" >"$tmp/out.books"
compare_file "$tmp/out.books" "$tmp/want" "-n tells the end"
is "$(grep -c '^Would delete file: .*, 4096 = 4.0 KB, age ' "$tmp/out")" 1 \
	"and each file"
compare_file "$store/.nfstat" "$tmp/before" "but changes no books"
is "$(left)" 10 "and no file"
"$FLOWEXPIRE" -e "$store" -s 600K -w 80 >"$tmp/out"
compare_file "$tmp/out" "$tmp/want" "-e by size"
is "$(left)" 6 "four files went"
ok "no limit is stored" grep -q '^maxsize=0$' "$store/.nfstat"
"$FLOWEXPIRE" -e "$store" -s 280K -w 99 --store | sed -n 1,3p >"$tmp/out"
cat >"$tmp/want" <<'END'
Expired files:      3
Expired file size:  86016 = 84.0 KB
Expired time range: 750 = 12.5 min
END
compare_file "$tmp/out" "$tmp/want" "and once more"
cat >"$tmp/want" <<'END'
first=1790728200
last=1790728200
size=204800
maxsize=286720
numfiles=1
lifetime=0
watermark=99
status=0
END
compare_file "$store/.nfstat" "$tmp/want" "--store"
ok "what is no flow file stays" test -f "$store/notes.txt" -a \
	-f "$store/nfcapd.current.4711" -a -f "$store/nfcapd.202609300035.tmp"
is "$("$FLOWEXPIRE" -l "$store" -Y)" "Stat|204800|1790728200|1790728200" "-Y"
like "$("$FLOWEXPIRE" -l "$store" --json)" \
	'"files":1,"size":204800,"max_size":286720,' "--json"
"$FLOWEXPIRE" -e "$store" -s 1 --force >/dev/null
is "$(left)" 3 "the newest file stays"

# Examples B and C.
rm -rf "$store"
for hour in 0 1 2 3 4 5 6 7 8 9; do
	make "nfcapd.202609300${hour}00" 102400
done
"$FLOWEXPIRE" -e "$store" -s 500k >"$tmp/out"
is "$(left)" 4 "B: six of ten"
rm -rf "$store"
for age in 15000 14401 14399 14000 13690 13670 13000 5000 60; do
	aged "$age" 8192
done
"$FLOWEXPIRE" -u "$store" -t 10d >/dev/null
"$FLOWEXPIRE" -e "$store" >"$tmp/out"
is "$(left)" 4 "C: five of nine"
ok "their bytes" grep -q '^Expired file size:  40960 = 40.0 KB$' "$tmp/out"
"$FLOWEXPIRE" -e "$store" >"$tmp/out"
is "$(left)" 4 "a second run removes none"

# Across layouts, oldest first; one of an hour in a directory.
rm -rf "$store"
make 2026/09/30/nfcapd.202609300100 4096
make 2026/09/29/nfcapd.202609290000 4096
make nfcapd.202609290100 4096
make 2026-09-29/02/nfcapd.202609290200 4096
"$FLOWEXPIRE" -e "$store" -s 10K -w 100 >/dev/null
(cd "$store" && find . -name 'nfcapd*' | sort) >"$tmp/out"
cat >"$tmp/want" <<'END'
./2026-09-29/02/nfcapd.202609290200
./2026/09/30/nfcapd.202609300100
END
compare_file "$tmp/out" "$tmp/want" "the older two went, though one is flat"
ok "an empty directory is gone" test ! -e "$store/2026/09/29"

# Channels under one limit.
rm -rf "$store"
make a/nfcapd.202609300000 102400
make b/nfcapd.202609300100 102400
make a/nfcapd.202609300200 102400
make b/nfcapd.202609300300 102400
"$FLOWEXPIRE" -p -e "$store" -s 300K -w 100 >"$tmp/out"
(cd "$store" && find . -name 'nfcapd*' | sort) >"$tmp/out"
cat >"$tmp/want" <<'END'
./a/nfcapd.202609300200
./b/nfcapd.202609300100
./b/nfcapd.202609300300
END
compare_file "$tmp/out" "$tmp/want" "-p"
is "$("$FLOWEXPIRE" -p -l "$store" -Y)" \
	"Stat|307200|1790730000|1790737200" "-p -l"
done_testing
