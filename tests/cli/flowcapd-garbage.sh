#!/bin/sh
# Nonsense is counted, one line of the log for many, and does no harm.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

ok "starts" capd -t 31536000 -l "$data"
for i in 1 2 3 4 5 6 7 8 9 10; do
	printf '\377\377' >"$tmp/noise$i"
	head -c $((i * i * 100)) /dev/urandom >>"$tmp/noise$i"
done
: >"$tmp/empty"
feed "$tmp"/noise* "$tmp/empty"
feed "$wire"/syn_malformed_short/*.dat
feed "$wire"/syn_malformed_v9/template.dat \
	"$wire"/syn_malformed_v9/[frs]*.dat \
	"$wire"/syn_malformed_v9/template_id_below_256.dat \
	"$wire"/syn_malformed_v9/good_after_all.dat
feed_v5
stop
is $? 0 "stops"
like "$(cat "$log")" \
	"^Ident: 'none' Flows: 7, .*, Bad Packets: 14, " \
	"bad packets counted, good flows stored"
ok "the log stays short" [ "$(wc -l <"$log")" -lt 40 ]
is "$(flows "$data"/nfcapd.*)" 7 "flows in the file"
done_testing
