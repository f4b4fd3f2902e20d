#!/bin/sh
# nfcapd stores what flowfwd sends, and what nfreplay sends is the same.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need nfcapd nfreplay

# listed DIR: flows, times apart: NetFlow v5 rounds them
listed()
{
	"$FLOWDUMP" -q -R "$1" -o \
		'fmt:%sa,%da,%pr,%sp,%dp,%pkt,%byt,%flg,%tos,%in,%out' \
		"${2:-any}" | sort
}

# replay PROGRAM COLLECTOR VERSION: into $data
replay()
{
	rm -rf "$data"
	mkdir "$data"
	listen "$2" -l "$data" -t 3600 >/dev/null || return 1
	"$1" -r "$tmp/in/flows" -H 127.0.0.1 -p "$port" -v "$3" -d 200 \
		>"$tmp/out" 2>&1 || return 1
	stop_peer
}

mkdir "$tmp/in"
ok "flows" "$BUILDDIR/flowgen" -n 2000 -o "$tmp/in/flows"
for version in 5 9; do
	select=any
	[ $version = 9 ] || select=ipv4
	listed "$tmp/in" $select >"$tmp/want"
	ok "v$version to nfcapd" replay "$FLOWFWD" nfcapd $version
	listed "$data" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "v$version: nfcapd has the flows"
	ok "v$version of nfreplay" replay nfreplay "$FLOWCAPD" $version
	listed "$data" $select >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "v$version: as nfreplay sends them"
done
done_testing
