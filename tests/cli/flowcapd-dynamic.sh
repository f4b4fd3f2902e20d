#!/bin/sh
# A source for each sender that turns up: -M.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

base=$tmp/base
mkdir "$base"

# feed_from ADDRESS: one v5 datagram with two flows.
feed_from()
{
	"$BUILDDIR/tests/cli/udpsend" -g 1000 -s "$1" "$port" \
		"$wire/syn_v5_sequence_gap/seq0_2rec.dat"
}

capd -M "$base" --max-sources 3
for n in 2 3 3; do
	feed_from 127.0.0.$n
done
ok "the directory is made when somebody sends" \
	wait_for logged 'Skip UDP|ident: 127-0-0-3 in directory'
ok "a line for each" logged \
	"^Dynamically add source ident: 127-0-0-2 in directory: $base/127-0-0-2"
stop
is "$(flows "$base"/127-0-0-2/nfcapd.2*)" 2 "flows of the first slot"
is "$(flows "$base"/127-0-0-3/nfcapd.2*)" 4 "of another one"
ok "a line for each at the end" logged "Ident: '127-0-0-2' Flows: 2,"
like "$("$FLOWDUMP" -I -r "$base"/127-0-0-3/nfcapd.2*)" \
	'^Ident: 127-0-0-3$' "the ident is in the file"

# What a killed one leaves is there after the next start.
capd -M "$base" --max-sources 3 --flush 1
for n in 2 3 4 5 5; do
	feed_from 127.0.0.$n
done
ok "the limit is told" wait_for logged 'there are 3 dynamic sources'
ok "senders above it are ignored" wait_for logged \
	'Skip UDP packet from: 127.0.0.5'
data=$base/127-0-0-4
wait_for on_disk 200
kill -9 "$pid"
forget
wait "$pid" 2>/dev/null
capd -M "$base" --max-sources 3
ok "recovered" logged 'nfcapd.current.[0-9]* recovered'
is "$(flows "$base"/127-0-0-4/nfcapd.2*)" 2 "flows of the killed one"
ok "one collector for a base directory" sh -c \
	"! '$FLOWCAPD' -b 127.0.0.1 -p $((port + 1)) -M '$base' 2>'$tmp/err' &&
	grep -q 'already running' '$tmp/err'"

# A file in the way costs that sender's flows, and nobody else's.
echo >"$base/127-0-0-6"
feed_from 127.0.0.6
feed_from 127.0.0.7
ok "a directory that cannot be made" wait_for logged \
	"source '127-0-0-6': cannot open directory"
wait_for [ -d "$base/127-0-0-7" ]
stop
is "$?" 0 "stops"
is "$(flows "$base"/127-0-0-7/nfcapd.2*)" 2 "the others have theirs"
ok "what is lost is told" logged "source '127-0-0-6': 2 flows are lost"

# No more of them than there are descriptors for: all have their files.
mkdir "$tmp/many"
cat >"$tmp/few" <<'EOT'
#!/bin/sh
ulimit -S -n 80 && ulimit -H -n 80 && exec "$FLOWCAPD" "$@"
EOT
chmod +x "$tmp/few"
listen "$tmp/few" --sync never -M "$tmp/many" -S 2 -t 1
ok "the limit of open files is told" logged 'allows 20 dynamic sources, not 1000'
n=1
while [ $((n += 1)) -le 26 ]; do
	feed_from "127.0.0.$n"
done
ok "senders above it are ignored" wait_for logged 'there are 20 dynamic sources'
rotate
stop
is "$?" 0 "stops"
is "$(ls "$tmp/many" | wc -l)" 20 "so many directories"
is "$(flows $(find "$tmp/many" -name 'nfcapd.2*'))" 40 "with all flows"
ok "nothing went wrong" sh -c "! grep -Eq 'open files$|no sub-dir' '$log'"

done_testing
