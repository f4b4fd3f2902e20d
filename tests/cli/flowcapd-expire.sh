#!/bin/sh
# Books are kept if there are any; with -e they are made and their limits hold.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# book NAME: a number of the books.
book()
{
	sed -n "s/^$1=//p" "$data/.nfstat"
}

old()
{
	for name in 202001010000 202001010005 202001010010; do
		dd if=/dev/zero of="$data/nfcapd.$name" bs=100000 count=1 \
			2>/dev/null
	done
}

capd -t 31536000 -l "$data"
stop
ok "no books without -e" [ ! -e "$data/.nfstat" ]

capd -t 31536000 -e -l "$data"
ok "none before the first slot ends" [ ! -e "$data/.nfstat" ]
stop
is "$(book numfiles)" 1 "with -e: one file"
is "$(book watermark) $(book maxsize) $(book lifetime) $(book status)" \
	"95 0 0 0" "no limits"
is "$(book size)" "$(($(stat -c %b "$data"/nfcapd.2*) * 512))" "size"

old
for name in 1 2 3 4 5; do
	: >"$data/foreign.$name"
done
capd -t 31536000 -l "$data"
stop
is "$(book numfiles)" 4 "without -e: books that are there are kept"
is "$(files | grep -vc foreign)" 4 "and nothing expires"

echo "maxsize=250000" >>"$data/.nfstat"
capd -t 31536000 -e -S 1 -l "$data" -x "sh -c 'ls $data >$tmp/seen'"
stop
is "$(files | grep -c 202001)" 2 "the oldest file expires"
ok "it is the oldest" [ ! -e "$data/nfcapd.202001010000" ]
is "$(book maxsize)" 250000 "the limit stays"
is "$(files | grep -c foreign)" 5 "foreign files stay, however many"
is "$(book numfiles)" "$(files | grep -vc foreign)" "the books know"
like "$(cat "$log")" "^Run expire on '$data'" "it is told"
like "$(cat "$log")" "^expire completed: expired files: 1," "with the count"
ok "before the launch command runs" [ -s "$tmp/seen" ] &&
	unlike "$(cat "$tmp/seen")" "202001010000" "which sees what is left"
fails 1 "-e with names in another zone" "$FLOWCAPD" -e -Z -p "$port" -l "$data"
done_testing
