#!/bin/sh
# Datagrams that get lost on the way are noticed: of a thousand and some, seven
# are missing at six places, and what is reported is exactly that.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

# said NAME: a number that flowgen printed
said()
{
	tr ' ' '\n' <"$tmp/said" | sed -n "s/^$1=//p"
}

# logged_count NAME: a counter of the slot
logged_count()
{
	sed -n "s/^\(Datagrams\|Ident\): .*[,'] $1: \([0-9]*\).*/\2/p" "$log"
}

# lossy PROTOCOL FLOWS
lossy()
{
	rm -f "$data"/nfcapd.*
	ok "$1: starts" capd -t 31536000 --no-state -l "$data"
	"$BUILDDIR/flowgen" -n "$2" --send "$1" --to "127.0.0.1:$port" \
		--rate 5000 --skip 17,100,101,500,777,900,998 >"$tmp/said"
	udp_wait_read "$port"
	stop
	ok "$1: a thousand datagrams" test "$(said datagrams)" -ge 1000
	is "$(logged_count Flows)" $(($(said flows) - $(said unsent))) \
		"$1: flows stored"
	[ "$1" = sflow ] || is "$(logged_count 'Sequence Errors')" 6 "$1: gaps"
}

for protocol in v5 ipfix; do
	lossy $protocol 30030
	is "$(logged_count 'missing flows')" "$(said unsent)" \
		"$protocol: missing flows"
done
lossy v9 30030
is "$(logged_count 'missing datagrams')" 7 "v9: missing datagrams"
lossy sflow 13000
is "$(logged_count 'missing datagrams')" 7 "sflow: missing datagrams"
done_testing
