#!/bin/sh
# Slots of two seconds: each has a file, empty or not, and a line in the log.
# The datagrams may be those of two slots: what counts is the sum.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# summed NAME...: the sums of these counters over all slots.
summed()
{
	for name in "$@"; do
		grep -Eo "(^|[, ])$name: [0-9]+" "$log" |
			awk '{ sum += $NF } END { printf "%d ", sum }'
	done
}

ok "starts" capd -t 2 -I here -l "$data"
feed_v5
ok "a slot with flows ends" wait_for logged "^Ident: 'here' Flows: [1-9]"
ok "an empty slot ends" wait_for logged "^Ident: 'here' Flows: 0,"
stop
is "$(grep -c '^Ident: ' "$log")" "$(files | wc -l)" "a file for each line"
is "$(files | grep -Ecv '^nfcapd\.[0-9]{14}$')" 0 "names have seconds"
is "$(flows "$data"/nfcapd.*)" 5 "they have the flows"
is "$(summed Flows Packets Bytes 'Sequence Errors' Datagrams)" \
	"5 50 5000 1 4 " "counters"
is "$(grep '^Ident: ' "$log" | grep -Evc "^Ident: 'here' Flows: [0-9]+, Packets: [0-9]+, Bytes: [0-9]+, Sequence Errors: [01], Bad Packets: 0, Blocks: [0-9]\$")" \
	0 "lines of the slots"
like "$(cat "$log")" "^Datagrams: [1-4], socket drops: 0, flows dropped: 0, flows lost: 0, " \
	"further counters"

ok "starts with sub-directories" capd -t 31536000 -S 1 -l "$data"
feed_v5
stop
like "$(files)" "^[0-9]{4}/[0-9]{2}/[0-9]{2}/nfcapd\.[0-9]{12}\$" \
	"file in its sub-directory"
done_testing
