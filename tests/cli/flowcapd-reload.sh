#!/bin/sh
# HUP reads sources and settings again when they are in a file.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

mkdir "$tmp/one" "$tmp/two" "$tmp/three"
list=$tmp/list

# feed_from ADDRESS: one v5 datagram with two flows.
feed_from()
{
	"$BUILDDIR/tests/cli/udpsend" -g 1000 -s "$1" "$port" \
		"$wire/syn_v5_sequence_gap/seq0_2rec.dat"
}

# again COUNT: HUP, and wait until that was served for the COUNTth time.
again()
{
	kill -HUP "$pid"
	wait_for served "$1"
}

served()
{
	[ "$(grep -Ec 'Sources read again|stay as they are' "$log")" -ge "$1" ]
}

# stored DIRECTORY: flows in its files.
stored()
{
	flows "$tmp/$1"/nfcapd.2*
}

echo "a,127.0.0.2,$tmp/one" >"$list"
echo "b,127.0.0.3,$tmp/two" >>"$list"
capd -N "$list" -t 2
feed_from 127.0.0.2
feed_from 127.0.0.3
feed_from 127.0.0.4
ok "one is not known" wait_for logged 'Skip UDP packet from: 127.0.0.4'

echo "a,127.0.0.2,$tmp/one" >"$list"
echo "c,127.0.0.4,$tmp/three" >>"$list"
ok "HUP" again 1
ok "the new one is told" logged \
	"Add flow source: ident: c, IP: 127.0.0.4, flowdir: $tmp/three"
feed_from 127.0.0.2
feed_from 127.0.0.3
feed_from 127.0.0.4
ok "the one that is gone is not known" \
	wait_for logged 'Skip UDP packet from: 127.0.0.3'

lines()
{
	[ "$(grep -c "^Ident: '$1'" "$log")" -ge "$2" ]
}

closed()
{
	[ -z "$(ls "$tmp/two" | grep current)" ]
}

ok "its last slot ends" wait_for closed
ok "somebody else can have its directory" sh -c "
	'$FLOWCAPD' -b 127.0.0.1 -p $((port + 1)) -w '$tmp/two' \
	2>'$tmp/err' & p=\$!
	while ! grep -q Startup '$tmp/err'; do sleep 0.1; done
	kill \$p; wait \$p"

echo "a,nonsense,$tmp/one" >"$list"
ok "HUP with a bad file" again 2
ok "is told" logged "settings stay as they are: $list: line 1: Unpars"
feed_from 127.0.0.4

echo "a,127.0.0.2,$tmp/one" >"$list"
echo "b,127.0.0.3,$tmp/two" >>"$list"
echo "c,127.0.0.4,$tmp/three" >>"$list"
ok "HUP with all" again 3
feed_from 127.0.0.3
feed_from 127.0.0.2
stop
is "$?" 0 "stops"
is "$(stored one)" 6 "one that stayed"
is "$(stored two)" 4 "one that went and came back"
is "$(stored three)" 4 "one that came"

# None is lost while it is done over and over.
capd -N "$list" -t 1
"$BUILDDIR/tests/cli/udpsend" -g 500 -n 2000 -s 127.0.0.2 "$port" \
	"$wire/syn_v5_sequence_gap/seq0_2rec.dat" &
sender=$!
n=0
while ! gone "$sender"; do
	kill -HUP "$pid"
	n=$((n + 1))
	sleep 0.05
done
wait "$sender"
stop
is "$(stored one)" 4006 "none of 4000 flows is lost ($n times HUP)"

# A directory gets another ident: its file of this slot is filled to the end.
mkdir "$tmp/four"
echo "old,127.0.0.5,$tmp/four" >"$list"
capd -N "$list" -t 3
feed_from 127.0.0.5
echo "new,127.0.0.5,$tmp/four" >"$list"
ok "HUP with another ident" again 1
feed_from 127.0.0.5
ok "it is taken up with the next slot" wait_for logged \
	"Add flow source: ident: new"
feed_from 127.0.0.5
stop
is "$(stored four)" 6 "no flow is lost meanwhile"
ok "nothing went wrong" sh -c "! grep -q 'already running' '$log'"

# What is counted meanwhile stands with the flows.
echo "old,127.0.0.5,$tmp/four" >"$list"
capd -N "$list" -t 31536000
feed_from 127.0.0.5
echo "new,127.0.0.5,$tmp/four" >"$list"
ok "HUP with another ident" again 1
feed_from 127.0.0.5
stop
ok "datagrams of both are counted" logged '^Datagrams: 2,'

# Or another name, and is the same.
mkdir "$tmp/five"
ln -s five "$tmp/link"
echo "a,127.0.0.5,$tmp/five" >"$list"
capd -N "$list" -t 3
feed_from 127.0.0.5
echo "a,127.0.0.5,$tmp/link" >"$list"
ok "HUP with another name of a directory" again 1
feed_from 127.0.0.5
ok "it is taken up with the next slot" wait_for logged \
	"Add flow source: ident: a, .*/link$"
feed_from 127.0.0.5
stop
is "$(stored five)" 6 "no flow is lost meanwhile"
ok "nothing went wrong" sh -c "! grep -q 'already running' '$log'"

# What was made for senders stays as it is.
mkdir "$tmp/base"
echo "[nfcapd]" >"$tmp/conf"
capd -M "$tmp/base" -C "$tmp/conf" -t 31536000
feed_from 127.0.0.6
ok "a sender has a directory" wait_for logged 'Dynamically add source'
ok "HUP with -M" again 1
feed_from 127.0.0.6
stop
is "$(stored base/127-0-0-6)" 4 "which it keeps"

# Their limit is another, and what is not for us is passed over.
mkdir "$tmp/few"
limit()
{
	printf '[other]\nsampling = x\n[nfcapd]\ndyn_max_sources = %s\n' "$1" \
		>"$tmp/conf"
}

limit 1
capd -M "$tmp/few" -C "$tmp/conf" -t 31536000
feed_from 127.0.0.2
feed_from 127.0.0.3
ok "the limit of the file" wait_for logged 'Skip UDP packet from: 127.0.0.3'
limit 2
ok "HUP with another limit" again 1
feed_from 127.0.0.3
ok "one more" wait_for logged 'ident: 127-0-0-3 in directory'
feed_from 127.0.0.4
ok "but no others" wait_for logged 'Skip UDP packet from: 127.0.0.4'
stop

# The rate of running receivers changes; a bad file changes nothing.
# rate LINE...: what is in the section.  As it is whole or not there.
rate()
{
	printf '%s\n' "[nfcapd]" "$@" >"$tmp/new"
	mv "$tmp/new" "$tmp/conf"
}

# packets DIRECTORY: how many flows there are of each number of packets.
packets()
{
	for file in "$tmp/$1"/nfcapd.2*; do
		"$FLOWDUMP" -q -N -r "$file" -o 'fmt:%pkt'
	done | sort -n | uniq -c | awk '{ print $2 ":" $1 }' | xargs
}

# received COUNT: so many datagrams have come, and have their rate.
received()
{
	"$FLOWCAPD" --status -w "$tmp/rates" |
		grep -q "^	\"datagrams\" : $1,"
}

mkdir "$tmp/rates" "$tmp/mixed"
rate 'sampling = 3'
capd -w "$tmp/rates" -C "$tmp/conf" -t 31536000 --receivers 2
ok "the rate of the file" wait_for logged \
	'^Sampling rate 3 where none is announced'
feed_from 127.0.0.2
wait_for received 1
rate 'sampling = "-7" # always'
ok "HUP with a rate" again 1
ok "it is told" logged '^Sampling rate 7, whatever is announced'
feed_from 127.0.0.2
feed_from 127.0.0.3
wait_for received 3
rate 'sampling = 5' 'opt.tun = maybe'
before=$(wc -l <"$log")
ok "HUP with a bad value" again 2
ok "is told" logged "as they are: $tmp/conf: line 3: opt.tun: 'maybe' is not"
is "$(wc -l <"$log")" $((before + 1)) "in one line"
feed_from 127.0.0.2
rm "$tmp/conf"
ok "HUP without the file" again 3
ok "is told" logged "stay as they are: path does not exist: $tmp/conf"
feed_from 127.0.0.2
stop
is "$(packets rates)" "30:2 70:8" "rates of the flows"
is "$("$FLOWDUMP" -E "$tmp"/rates/nfcapd.2* | grep Sampler: | sort)" \
"    Sampler: Static default Sampler: algorithm: 0, packet interval: 1, \
packet space: 2
    Sampler: Static overwrite Sampler: algorithm: 0, packet interval: 1, \
packet space: 6
    Sampler: Static overwrite Sampler: algorithm: 0, packet interval: 1, \
packet space: 6" "they are in the file, for each exporter"

# None is lost while it goes to and fro.
rate 'sampling = 3'
capd -w "$tmp/mixed" -C "$tmp/conf" -t 31536000 --receivers 2
for sender in 127.0.0.2 127.0.0.3; do
	"$BUILDDIR/tests/cli/udpsend" -g 500 -n 2000 -s "$sender" "$port" \
		"$wire/syn_v5_sequence_gap/seq0_2rec.dat" &
	senders="$senders $!"
done
n=0
while ! gone "${senders##* }"; do
	rate "sampling = $((n % 2 * 4 + 3))"
	kill -HUP "$pid"
	n=$((n + 1))
	sleep 0.05
done
wait $senders
stop
is "$(stored mixed)" 8000 "none of 8000 flows is lost ($n times HUP)"
like "$(packets mixed)" '^30:[0-9]+ 70:[0-9]+$' "each has one rate or the other"

# An option wins over the file.
mkdir "$tmp/option"
rate 'sampling = -3'
capd -w "$tmp/option" -C "$tmp/conf" -s 2 -t 31536000
feed_from 127.0.0.2
rate 'sampling = -5'
ok "HUP with -s" again 1
feed_from 127.0.0.2
stop
is "$(packets option)" "20:4" "the rate of -s stays"

# The next start looks for the state where the first source is.
state=.flowcapd.state.stat
mkdir "$tmp/first" "$tmp/second"
echo "a,127.0.0.2,$tmp/first" >"$list"
echo "b,127.0.0.3,$tmp/second" >>"$list"
capd -N "$list" -t 31536000
ok "the state is in the first directory" wait_for [ -e "$tmp/first/$state" ]
echo "b,127.0.0.3,$tmp/second" >"$list"
ok "HUP without that" again 1
ok "it is in the other" wait_for [ -e "$tmp/second/$state" ]
ok "and nowhere else" wait_for [ ! -e "$tmp/first/$state" ]
stop

# Elsewhere it stops, as ever.
capd -w "$data"
kill -HUP "$pid"
forget
wait "$pid"
is "$?" 0 "without a file HUP stops"

done_testing
