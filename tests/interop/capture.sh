#!/bin/sh
# Captures that the tools of wireshark have rewritten.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
need editcap
gaps=$wire/syn_v5_sequence_gap

"$BUILDDIR/tests/cli/capmake" 9995 \
	1700000000 192.0.2.7 "$gaps/seq0_2rec.dat" \
	1700000001 2001:db8::7 "$gaps/seq2_1rec.dat" >"$tmp/c.pcap"
for format in pcap nsecpcap pcapng modpcap; do
	editcap -F "$format" "$tmp/c.pcap" "$tmp/f" 2>"$tmp/err" || {
		note <"$tmp/err"
		continue
	}
	ok "$format" "$FLOWCAPD" -f "$tmp/f" -p 9995 -l "$data" 2>"$log"
	is "$(flows "$data"/nfcapd.2*)" 3 "its flows"
	rm -f "$data"/nfcapd.2*
done
done_testing
