#!/bin/sh
# nfdump 1.7 reads what the collector writes, and counts the same.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need nfdump

# stored WHAT: number after "WHAT: " in the statistics nfdump finds.
stored()
{
	nfdump -I -r "$file" | sed -n "s/^$1: //p"
}

# logged_count WHAT: number after "WHAT: " in the line of the slot.
logged_count()
{
	sed -n "s/^Ident: .*[',] $1: \([0-9]*\).*/\1/p" "$log"
}

for compress in none lz4 lzo bz2; do
	rm -f "$data"/nfcapd.*
	if ! capd -t 31536000 -I here --compress $compress -l "$data" &&
		logged 'not compiled in'; then
		skip "$compress" "not compiled in"
		continue
	fi
	ok "$compress: starts" logged '^Startup'
	feed_v5
	feed "$wire"/syn_malformed_v9/template.dat \
		"$wire"/syn_malformed_v9/good_after_all.dat
	stop
	file=$(echo "$data"/nfcapd.2*)
	ok "$compress: verifies" nfdump -v "$file"
	is "$(stored Ident)" here "$compress: ident"
	is "$(stored Flows)" 6 "$compress: flows"
	is "$(logged_count Flows)" 6 "$compress: flows logged"
	is "$(stored Packets)" "$(logged_count Packets)" "$compress: packets"
	is "$(stored Bytes)" "$(logged_count Bytes)" "$compress: bytes"
	is "$(stored 'Sequence failures')" 2 "$compress: sequence errors"
	is "$(nfdump -q -r "$file" -o fmt:%pr 2>&1 | grep -c .)" 6 \
		"$compress: records, no complaints"
	is "$(nfdump -E "$file" | grep -c '^SysID: [12], ')" 2 \
		"$compress: exporters"
	is "$(nfdump -q -R "$data" -o fmt:%pr 2>&1 | grep -c .)" 6 \
		"$compress: as a directory"
done

# A rate that was set is that of a sampler.
for rate in 10:default -10:overwrite; do
	rm -f "$data"/nfcapd.*
	capd -t 31536000 -s "${rate%:*}" -l "$data"
	feed_v5
	stop
	is "$(nfdump -E "$data"/nfcapd.2* | grep Sampler)" \
		"    Sampler: Static ${rate#*:} Sampler: algorithm: 0, packet \
interval: 1, packet space: 9" "-s ${rate%:*}"
done
done_testing
