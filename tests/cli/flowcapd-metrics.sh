# --metrics: counters over HTTP, on a port and on a unix socket; they equal
# what the files say.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need python3
"$FLOWCAPD" --metrics 0 -w "$tmp/none" 2>&1 | grep -q 'without libmicrohttpd' &&
	skip_all "built without libmicrohttpd"

cat >"$tmp/get.py" <<'END_OF_PYTHON'
import socket, sys

where, accept = sys.argv[1:3]
if where.isdigit():
    s = socket.create_connection(("127.0.0.1", int(where)))
else:
    s = socket.socket(socket.AF_UNIX)
    s.connect(where)
s.sendall(("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
           "Accept: %s\r\n\r\n" % accept).encode())
answer = b""
while True:
    part = s.recv(65536)
    if not part:
        break
    answer += part
head, body = answer.split(b"\r\n\r\n", 1)
sys.stderr.buffer.write(head)
sys.stdout.buffer.write(body)
END_OF_PYTHON

# get WHERE [TYPE]: the metrics to $tmp/metrics.
get()
{
	python3 "$tmp/get.py" "$1" "${2:-text/plain}" >"$tmp/metrics" \
		2>"$tmp/head"
}

# has NAME VALUE: a metric has come that far.
has()
{
	get "$where" && grep -qx "$1 $2" "$tmp/metrics"
}

ok "started" capd -w "$data" --flush 1 --metrics 0
where=$(sed -n 's/^Metrics on port: //p' "$log")
feed_v5
ok "datagrams" wait_for has flowcapd_datagrams_total 4
source="{source=\"none\",directory=\"$data\"}"
ok "flows are stored" wait_for has "flowcapd_source_flows_total$source" 5
for line in "flowcapd_source_packets_total$source 50" \
	"flowcapd_source_traffic_bytes_total$source 5000" \
	"flowcapd_missing_flows_total 4" "flowcapd_socket_drops_total 0"; do
	ok "$line" grep -Fqx "$line" "$tmp/metrics"
done
like "$(cat "$tmp/metrics")" '^flowcapd_exporter_flows_total\{exporter="127.0.0.1",version="5",id="0",source="none"\} 5$' \
	"an exporter"
if command -v promtool >/dev/null 2>&1; then
	promtool check metrics <"$tmp/metrics" >"$tmp/out" 2>&1
	is "$?$(cat "$tmp/out")" 0 "promtool"
else
	skip "promtool" "promtool is not installed"
fi
get "$where" application/openmetrics-text
is "$(tail -n 1 "$tmp/metrics")" "# EOF" "OpenMetrics"
like "$(cat "$tmp/head")" '^Content-Type: application/openmetrics-text' "its type"
if [ -d /proc/net ]; then
	unlike "$(cat /proc/net/tcp)" \
		"00000000:$(printf %04X "$where") .* 0A " "on loopback alone"
fi
stop
is $? 0 "stopped"
is "$("$FLOWDUMP" -I -R "$data" | sed -n 's/^\(Flows\|Packets\|Bytes\): *//p' |
	tr '\n' ' ')" "5 50 5000 " "flowdump -I tells the same"

ok "started on a socket" capd -w "$data" --metrics "unix:$tmp/m.sock"
where=$tmp/m.sock
ok "an answer" has flowcapd_datagrams_total 0
is "$(($(stat -c %a "$where") & 7))" 0 "others may not"
stop
ok "it is removed" test ! -e "$where"
fails 1 "an address that is none" "$FLOWCAPD" --metrics nonsense: -w "$data"
done_testing
