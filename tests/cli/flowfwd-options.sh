#!/bin/sh
# Command lines of flowfwd: what is refused, and with which status.
. "$SRCDIR/tests/lib.sh"

# refused STATUS PATTERN ARGUMENT...
refused()
{
	want=$1 pattern=$2
	shift 2
	"$FLOWFWD" "$@" >"$tmp/out" 2>&1 </dev/null
	is $? "$want" "$*: status"
	like "$(cat "$tmp/out")" "$pattern" "$*: message"
}

ok "flows" "$BUILDDIR/flowgen" -n 10 -o "$tmp/in"
in="-r $tmp/in"
like "$("$FLOWFWD" -V)" 'Version:[^0-9]+1\.7\.1.*flowfwd' "-V"
like "$("$FLOWFWD" -h)" '^usage: flowfwd ' "-h"
refused 1 'unknown option' $in --nonsense
refused 1 'Accept only 1, 5, 7, 9 or 10' $in -v 8
refused 1 'is no number above 0' $in -z 0
refused 1 'is no number above 0' $in -z fast
refused 1 'exclude each other' $in -4 -6
refused 1 'one host is possible' $in -H 127.0.0.1 -j 224.0.0.9
refused 1 'is no facility' $in -L nowhere
refused 1 'not made anonymous' $in -K key
refused 1 'is not in' $in --sampling 0
refused 1 'is not in 0 to 86400' $in --drain 4294968
refused 1 'is not in 131072' $in -b 131071
refused 1 'is not in 262140' $in -b 262139 --max-len 65535
refused 1 '--cursor is for --follow' $in --cursor x
refused 1 '-c ends inside a block' --follow "$tmp" --cursor x -c 1
refused 1 'takes no -r' $in --follow "$tmp"
refused 1 'http' $in http://127.0.0.1
refused 1 'nothing may follow' $in udp://127.0.0.1/flows
refused 1 'name' $in tls://127.0.0.1
refused 1 'IPv6' $in -6 -H 127.0.0.1
refused 254 'porrt' $in 'porrt 80'
refused 250 'No such file' -r "$tmp/none"
refused 1 "$tmp/none: No such file" $in --tls-ca "$tmp/none" tls://localhost
printf nonsense >"$tmp/bad"
refused 250 'bad' -r "$tmp/bad"
printf nonsense >"$tmp/cursor"
refused 250 'not a cursor' --follow "$tmp" --cursor "$tmp/cursor"
done_testing
