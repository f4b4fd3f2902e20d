#!/bin/sh
# nfcapd 1.7 gives its launch command the same words, and receives what is
# repeated.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need nfcapd nfdump

cat >"$tmp/args" <<'E2'
#!/bin/sh
printf '<%s>' "$@" >>"$OUT"
echo >>"$OUT"
E2
chmod +x "$tmp/args"
command="$tmp/args %f %d %t %u %i %d/%f x%ty"

# shape FILE: its lines with the numbers of a moment left out.
shape()
{
	sed -e 's/[0-9]\{14\}/TIME/g' -e 's/<1[0-9]\{9\}>/<SECONDS>/' \
		-e 's,[0-9]\{4\}/[0-9][0-9]/[0-9][0-9]/,DAY/,g' "$1" | sort -u
}

OUT=$tmp/theirs
export OUT
if ! listen nfcapd -t 3 -S 1 -I here -w "$data" -x "$command"; then
	skip "launch command" "nfcapd does not start"
else
	wait_for [ -s "$OUT" ]
	stop_peer
	OUT=$tmp/ours
	capd -t 3 -S 1 -I here -w "$data" -x "$command"
	wait_for [ -s "$OUT" ]
	stop
	is "$(shape "$tmp/ours")" "$(shape "$tmp/theirs")" \
		"words of the launch command"
fi

rm -rf "$data"/*
mkdir "$tmp/second"
for spoof in "" -A; do
	if [ -n "$spoof" ] && [ "$(id -u)" -ne 0 ]; then
		skip "-A" "not root"
		continue
	fi
	rm -f "$tmp"/second/*
	log=$tmp/nfcapd.log
	listen nfcapd -t 31536000 -w "$tmp/second"
	peer=$pid
	second=$port
	log=$tmp/log
	port=$((port + 7))
	capd -t 31536000 -w "$data" $spoof -R "127.0.0.1/$second"
	"$BUILDDIR/tests/cli/udpsend" -g 1000 -s 127.0.0.5 "$port" \
		"$wire"/syn_v5_sequence_gap/*.dat
	feed "$wire"/syn_malformed_v9/template.dat \
		"$wire"/syn_malformed_v9/good_after_all.dat
	stop
	pid=$peer
	stop_peer
	is "$(nfdump -q -r "$tmp"/second/nfcapd.2* -o fmt:%pr | grep -c .)" 6 \
		"nfcapd has the flows ${spoof:+with $spoof}"
	like "$(cat "$log")" "^repeater .*: sent: 6, dropped: 0, failed: 0, not from their sender: 0\$" \
		"all are sent ${spoof:+with $spoof}"
	from=127.0.0.1
	[ -z "$spoof" ] || from=127.0.0.5
	like "$(cat "$tmp/nfcapd.log")" "v5.*xporter.* IP: $from\$" \
		"from $from"
done
done_testing
