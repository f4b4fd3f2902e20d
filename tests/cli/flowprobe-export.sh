#!/bin/sh
# What is exported in each version is what is written directly.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"
whole='-d 100000000 -e 0'

# export_all CAPTURE ARGUMENT...: to the collector, into $data
export_all()
{
	rm -rf "$data"
	mkdir "$data"
	capd -l "$data" || return 1
	"$FLOWPROBE" $whole -r "$@" "127.0.0.1:$port" 2>"$tmp/probe.log" &&
	stop
}

for version in 9 10; do
	for file in tcp_basic udp_dns icmp fragments other_protos; do
		ok "v$version: $file" export_all "$pcap/$file.pcap" \
			-n "$version"
		probe "$pcap/$file.pcap" $whole
		listed "$tmp/flows" >"$tmp/want"
		listed "$data" >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "the same flows"
	done
done
for version in 9 10; do
	for time in sec milli micro nano; do
		ok "v$version: --time $time" export_all "$pcap/tcp_basic.pcap" \
			-n "$version" --time "$time"
		probe "$pcap/tcp_basic.pcap" $whole
		cut=
		[ "$time" != sec ] || cut='s/\(,[0-9]\{10\}\)\.[0-9]*/\1.000/g'
		listed "$tmp/flows" | sed "$cut" | sort >"$tmp/want"
		listed "$data" >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "the same flows"
	done
done
for version in 1 5 7; do
	for file in tcp_basic fragments many_flows; do
		ok "v$version: $file" export_all "$pcap/$file.pcap" \
			-n "$version"
		probe "$pcap/$file.pcap" $whole -f ip
		listed "$tmp/flows" >"$tmp/want"
		listed "$data" >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "the same flows"
	done
done
for version in 5 9 10; do
	ok "v$version: sampling" export_all "$pcap/many_flows.pcap" \
		-n "$version" --sampling 10
	is "$(listed "$data" | awk -F, '{ p += $6 } END { print p }')" 3000 \
		"the collector knows the rate"
done
ok "v5: more than 4 GB in a flow" export_all "$pcap/v5_overflow.pcap.gz" -n 5
is "$(listed "$data" | awk -F, '{ p += $6; b += $7 }
	END { printf "%d %.0f", p, b }')" "66000 4325310000" "are all there"
is "$(listed "$data" | cut -d, -f8,9 | sort | tr , '\n' | sort -cu 2>&1)" "" \
	"one after the other"
is "$(listed "$data" | awk -F, '{ print $7 }' | sort -n | tail -n 1 |
	awk '{ print 4294967295 - $1 < 65535 }')" 1 "the first is full"
done_testing
