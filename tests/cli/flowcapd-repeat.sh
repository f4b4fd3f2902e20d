#!/bin/sh
# Repeaters: another collector gets what the first one receives.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

year=31536000
mkdir "$tmp/second"

# The second collector listens on $second.
begin_second()
{
	log=$tmp/second.log
	capd -t $year -l "$tmp/second"
	log=$tmp/log
	second=$port
	second_pid=$pid
	port=$((port + 7))
}

end_second()
{
	pid=$second_pid
	stop
}

begin_second
# What --status has on the last collector's target.
tells()
{
	"$FLOWCAPD" --status -w "$data" | grep -F "$1"
}

ok "starts" capd -t $year -l "$data" -R "127.0.0.1/$second" \
	-R "127.0.0.1/1"
feed_v5
ok "--status counts them" wait_for tells \
	"{\"target\":\"127.0.0.1/$second\",\"sent\":4,\"dropped\":0,\"failed\":0,"
feed "$wire/syn_malformed_short/version_99.dat" # others may be one batch
stop
like "$(cat "$log")" "^repeater 127.0.0.1/$second: sent: 5, dropped: 0, failed: 0," \
	"all are sent"
like "$(cat "$log")" "^repeater 127.0.0.1/1: Connection refused" \
	"one where nobody listens is told"
end_second
is "$(flows "$tmp"/second/nfcapd.2*)" 5 "the other one has them"
is "$(flows "$data"/nfcapd.2*)" 5 "as the first one has"

# Unknown senders, and the sender's address.
if [ "$(id -u)" -eq 0 ]; then
	rm -f "$tmp"/second/nfcapd.*
	rm -f "$data"/nfcapd.*
	begin_second
	ok "-A starts" capd -t $year -n "x,127.0.0.9,$data" -A \
		-R "127.0.0.1/$second"
	"$BUILDDIR/tests/cli/udpsend" -g 1000 -s 127.0.0.5 "$port" \
		"$wire/syn_v5_sequence_gap/seq0_2rec.dat"
	stop
	is "$(files | grep -c .)" 1 "a sender without source"
	end_second
	is "$(flows "$tmp"/second/nfcapd.2*)" 2 "is repeated as well"
	like "$(cat "$tmp/second.log")" "New exporter: .* IP: 127\.0\.0\.5\$" \
		"with its address"
	chmod 755 "$tmp"
	chown nobody "$data"
	rm -rf "$data"/* "$data"/.f*
	begin_second
	if capd -t $year -l "$data" -u nobody -A -R "127.0.0.1/$second"; then
		feed_v5
		stop
		like "$(cat "$log")" "sent: 4, dropped: 0, failed: 0, not from their sender: 0\$" \
			"-A without privileges later"
	else
		skip "-A with -u" "no user nobody"
	fi
	end_second
else
	fails 1 "-A without root" "$FLOWCAPD" -A -R 127.0.0.1/9 -p "$port" \
		-l "$data"
	like "$(cat "$tmp/.out")" \
		"Src IP spoofing requires process to start as root" "is told"
fi

for i in 1 2 3 4 5 6 7 8 9; do
	set -- "$@" -R "127.0.0.1/$i"
done
fails 1 "nine targets" "$FLOWCAPD" -p "$port" -b 127.0.0.1 -l "$data" "$@"
like "$(cat "$tmp/.out")" "Too many packet repeaters! Max: 8" "are too many"
fails 1 "a name that is not known" "$FLOWCAPD" -p "$port" -b 127.0.0.1 \
	-l "$data" -R host.invalid/1
done_testing
