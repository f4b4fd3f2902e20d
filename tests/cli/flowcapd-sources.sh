#!/bin/sh
# A source for each of some senders: -n, files of them, the configuration file.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

mkdir "$tmp/one" "$tmp/two" "$tmp/net"

# feed_from ADDRESS: one v5 datagram with two flows.
feed_from()
{
	"$BUILDDIR/tests/cli/udpsend" -g 1000 -s "$1" "$port" \
		"$wire/syn_v5_sequence_gap/seq0_2rec.dat"
}

# feed_all: from an address of each source, and from one that has none.
feed_all()
{
	feed_from 127.0.0.2
	feed_from 127.0.0.3
	feed_from 127.0.0.3
	feed_from 127.0.1.7
	feed_from 127.0.1.8
	feed_from 127.0.1.9
	feed_from 127.9.9.9
	feed_from 127.9.9.9
}

# stored DIRECTORY: flows in its files.
stored()
{
	flows "$tmp/$1"/nfcapd.[0-9]*
}

# check NAME: what feed_all sent is where it belongs.
check()
{
	stop
	is "$(stored one)" 2 "$1: by address"
	is "$(stored two)" 4 "$1: by another"
	is "$(stored net)" 6 "$1: by prefix"
	ok "$1: a line for each" logged "Ident: 'b' Flows: 4, Packets"
	is "$(grep -c 'Skip UDP packet from: 127.9.9.9' "$log")" 1 \
		"$1: others are ignored, and told of once"
	ok "$1: and counted" \
		logged 'Total packets received: 8 avg: 0.03/s ignored packets: 2'
	rm -f "$tmp"/one/n* "$tmp"/two/n* "$tmp"/net/n*
}

capd -n "a,127.0.0.2,$tmp/one" -n "b,10.1.1.1;127.0.0.3,$tmp/two" \
	-n "c,127.0.1.0/24,$tmp/net" -t 300
ok "-n: started" logged '^Startup'
ok "-n: sources are told" logged \
	"^Add flow source: ident: b, IP: 10.1.1.1;127.0.0.3, flowdir: $tmp/two"
feed_all
wait_for logged 'Skip UDP packet'
check "-n"

printf '# some\n\na,127.0.0.2,%s\nb,127.0.0.3,%s\n' "$tmp/one" "$tmp/two" \
	>"$tmp/list"
echo "c,127.0.1.0/24,$tmp/net" >>"$tmp/list"
capd -N "$tmp/list"
feed_all
wait_for logged 'Skip UDP packet'
check "-N"

cat >"$tmp/conf" <<END
exporter.x = ["127.9.9.9", "$tmp/none"]
[nfcapd]
exporter.a = ["127.0.0.2", "$tmp/one"] # one
exporter.b=['127.0.0.3','$tmp/two']
maxworkers = 2
exporter.c = [ "127.0.1.0/24" , "$tmp/net" ]
[sfcapd]
exporter.d = ["127.9.9.9", "$tmp/none"]
END
capd -C "$tmp/conf"
feed_all
wait_for logged 'Skip UDP packet'
check "-C"

# refused TEXT ARGUMENT...: does not start, and says this.
refused()
{
	text=$1
	shift
	"$FLOWCAPD" -b 127.0.0.1 -p "$port" "$@" >"$tmp/out" 2>&1 &&
		return 1
	grep -q -e "$text" "$tmp/out" && return
	sed 's/^/# /' "$tmp/out"
	return 1
}

ok "no directory" refused 'Expect -n ident,IP,path' -n a,127.0.0.1
ok "no address" refused 'Unparsable IP address: x' -n "a,x,$tmp/one"
ok "a bad prefix" refused 127.0.0.1/33 -n "a,127.0.0.1/33,$tmp/one"
ok "a bad ident" refused 'Illegal characters' -n "a b,127.0.0.1,$tmp/one"
ok "an address twice" refused 'has two sources' \
	-n "a,127.0.0.1,$tmp/one" -n "b,127.0.0.1,$tmp/two"
ok "a directory twice" refused 'has two sources' \
	-n "a,127.0.0.1,$tmp/one" -n "b,127.0.0.2,$tmp/one"
ok "a directory by two names" refused \
	"'$tmp/one' and '$tmp/one/' are one directory" \
	-n "a,127.0.0.1,$tmp/one" -n "b,127.0.0.2,$tmp/one/"
ok "a directory that is missing" refused "$tmp/none" \
	-n "a,127.0.0.1,$tmp/none"
ok "no configuration" refused "path does not exist: $tmp/none" \
	-C "$tmp/none" -w "$tmp/one"
printf '[nfcapd]\nsampling = 0\n' >"$tmp/conf"
ok "a bad value in it" refused \
	"$tmp/conf: line 2: sampling: Invalid sampling rate: 0" \
	-C "$tmp/conf" -w "$tmp/one"
echo 'a,127.0.0.1' >"$tmp/list"
ok "a bad line" refused "$tmp/list: line 1" -N "$tmp/list"

done_testing
