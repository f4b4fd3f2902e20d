#!/bin/sh
# Templates that were sent once outlive the collector: after a restart ten
# thousand records are sent without them, and ten thousand are stored.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

# send PROTOCOL OPTION...: templates or flows
send()
{
	protocol=$1
	shift
	"$BUILDDIR/flowgen" -n 10000 --send "$protocol" \
		--to "127.0.0.1:$port" --rate 1000 "$@" >"$tmp/said"
	udp_wait_read "$port"
}

# slots COUNT: so many have ended, or more.  With the end of a slot what is
# known of exporters is written, and that is done when the next one ends.
slots()
{
	[ "$(grep -c '^Ident: ' "$log")" -ge "$1" ]
}

for protocol in v9 ipfix; do
	for signal in TERM KILL; do
		rm -rf "$data"
		mkdir "$data"
		ok "$protocol: starts" capd -t 2 --flush 1 -l "$data"
		send $protocol --only-templates
		if [ $signal = KILL ]; then
			ended=$(grep -c '^Ident: ' "$log")
			ok "slots end" wait_for slots $((ended + 2))
		fi
		stop $signal 2>/dev/null
		ok "$protocol: starts after $signal" capd -t 31536000 -l "$data"
		send $protocol --no-templates
		stop
		is "$(flows "$data"/nfcapd.2*)" 10000 \
			"$protocol, $signal: all flows are stored"
	done
done
done_testing
