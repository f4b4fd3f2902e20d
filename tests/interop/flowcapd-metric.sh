# The messages to a metric socket: those of nfcapd 1.7.1 and ours are alike.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need nfcapd python3

# Take messages until one has records, and print it as lines; how many seconds
# between messages is told by the header alone, so times are left out.
cat >"$tmp/take.py" <<'END_OF_PYTHON'
import socket, struct, sys

path = sys.argv[1]
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(4)
server.settimeout(100)
print("listening", flush=True)
while True:
    connection, _ = server.accept()
    data = b""
    while True:
        part = connection.recv(65536)
        if not part:
            break
        data += part
    if len(data) > 24:
        break
mark, version, size, records, interval, ms, uptime = \
    struct.unpack("=BBHHHQQ", data[:24])
print("header", chr(mark), version, size == len(data) - 24, records)
print("clock", ms // 1000 % interval, file=sys.stderr)
sums = {}
for at in range(24, len(data), 232):
    ident = data[at:at + 128].rstrip(b"\0").decode()
    numbers = struct.unpack("=13Q", data[at + 128:at + 232])
    print("record", ident, hex(numbers[0]), *numbers[1:])
END_OF_PYTHON

# message NAME PROGRAM ARGUMENT...: what a collector sends of five flows.
message()
{
	name=$1
	shift
	python3 "$tmp/take.py" "$tmp/$name.sock" >"$tmp/$name.txt" \
		2>"$tmp/$name.err" &
	taker=$!
	pids="$pids $taker"
	wait_for grep -q listening "$tmp/$name.txt"
	listen "$@" -w "$data/$name" -m "$tmp/$name.sock" || return
	feed_v5
}

mkdir "$data/nfcapd" "$data/flowcapd"
message nfcapd nfcapd
ok "nfcapd: started" logged '^Startup'
peer=$pid peer_taker=$taker
port=$((port + 1))
message flowcapd "$FLOWCAPD" -i 10
ok "flowcapd: started" logged '^Startup'
wait_for gone "$taker"
wait_for gone "$peer_taker" || wait_for gone "$peer_taker" ||
	wait_for gone "$peer_taker"
stop
pid=$peer
stop_peer

compare_file "$tmp/flowcapd.txt" "$tmp/nfcapd.txt" "the messages are alike"
like "$(cat "$tmp/flowcapd.txt")" \
	'^record none 0x10000 5 0 0 0 5000 0 0 0 50 0 0 0$' "what they say"
ok "a message is sent at a multiple of the interval" \
	grep -qx "clock 0" "$tmp/flowcapd.err"
done_testing
