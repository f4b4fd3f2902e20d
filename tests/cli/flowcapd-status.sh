# --status: what a running collector has counted, as JSON.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# value KEY: a number of the object that --status prints.
value()
{
	"$FLOWCAPD" --status -w "$data" |
		sed -n "s/^	\"$1\" : \([0-9]*\),*\$/\1/p"
}

# counted KEY COUNT: it has come so far.
counted()
{
	[ "$(value "$1")" = "$2" ]
}

fails 1 "nobody runs" "$FLOWCAPD" --status -w "$data"
like "$(cat "$tmp/.out")" "no collector runs on '$data'" "and the message"
ok "started" capd -w "$data" --flush 1
ok "an answer" "$FLOWCAPD" --status -w "$data"
is "$(stat -c %a "$data/.flowcapd.stat.sock")" 600 "the socket is ours alone"
feed_v5
ok "datagrams are counted" wait_for counted datagrams 4
"$FLOWCAPD" --status -w "$data" >"$tmp/status"
like "$(cat "$tmp/status")" \
	'"ip":"127.0.0.1","version":"5","id":0,.*"packets":4,"flows":5,' \
	"an exporter"
like "$(cat "$tmp/status")" \
	'"sequence_failures":1,"missing_flows":4,.*"tcp_flows":5,"tcp_packets":50,"tcp_bytes":5000,' \
	"its loss, its flows"
like "$(cat "$tmp/status")" "\"ident\":\"none\",\"directory\":\"$data\"," \
	"a source"
if command -v python3 >/dev/null 2>&1; then
	ok "valid JSON" python3 -m json.tool "$tmp/status"
else
	skip "valid JSON" "python3 is not installed"
fi

# What is stored, the open file included, is what the files say.
stored()
{
	"$FLOWCAPD" --status -w "$data" | grep -q '"flows":5,"packets":50,"bytes":5000'
}
ok "flows are stored" wait_for stored
stop
is $? 0 "stopped"
sum=0
for file in "$data"/nfcapd.[0-9]*; do
	n=$("$FLOWDUMP" -I -r "$file" | sed -n 's/^Flows: *//p')
	sum=$((sum + n))
done
is "$sum" 5 "and flowdump -I tells as many"
ok "the socket is removed" test ! -e "$data/.flowcapd.stat.sock"

# After a kill.
ok "started again" capd -w "$data"
stop KILL
ok "the socket is left behind" test -S "$data/.flowcapd.stat.sock"
fails 1 "nobody answers" "$FLOWCAPD" --status -w "$data"
ok "started once more" capd -w "$data"
ok "and it answers" "$FLOWCAPD" --status -w "$data"
if [ -w /dev/full ]; then
	feed_v5
	feed "$wire"/syn_v1/*.dat "$wire"/syn_v7/*.dat "$wire"/syn_v9_names/*.dat
	ok "with more than stdio keeps" wait_for counted exporter_count 4
	fails 1 "to a full disk" \
		sh -c '"$FLOWCAPD" --status -w "$1" >/dev/full' sh "$data"
	like "$(cat "$tmp/.out")" "standard output: " "and the message"
fi
stop

# Something in the way costs the answers, and nothing else.
rm -f "$data/.flowcapd.stat.sock"
ln -s elsewhere "$data/.flowcapd.stat.sock"
ok "a link in the way" capd -w "$data"
ok "is told" logged 'status will not be answered'
stop
is "$(readlink "$data/.flowcapd.stat.sock")" elsewhere "and stays"
done_testing
