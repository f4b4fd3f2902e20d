#!/bin/sh
# Captures from pipes: what has arrived is counted, signals are heard, gzip may
# be damaged.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/probe.sh"
file=$pcap/udp_dns.pcap
mkfifo "$tmp/pipe"

# piped ARGUMENT...: start with a pipe, whose other end is descriptor 9
piped()
{
	rm -rf "$tmp/flows"
	mkdir "$tmp/flows"
	"$FLOWPROBE" -i- -l2 -l "$tmp/flows" "$@" <"$tmp/pipe" 2>"$log" 8>&- &
	pid=$!
	pids="$pids $pid"
	exec 9>"$tmp/pipe"
	wait_for eval 'gone "$pid" || listens'
}

# listens: it catches SIGUSR1
listens()
{
	grep -q '^SigCgt:.*[2367abef]..$' "/proc/$pid/status"
}

# end: TERM, while the pipe is open
end()
{
	kill -TERM "$pid"
	wait "$pid"
	end_status=$?
	exec 9>&-
	return "$end_status"
}

# reports TEXT: there is a report with it by now
reports()
{
	kill -USR1 "$pid" 2>/dev/null
	sleep 0.3
	logged "$1"
}

# whole GZIP-FILE: status and message of reading it
whole()
{
	probe "$1"
	echo "$? $(grep gzip "$tmp/probe.log")"
}

piped
head -c 700 "$file" >&9
ok "packets that have arrived are counted" wait_for reports "Packets: 6,"
end
is "$?" 0 "TERM, in the midst of one"
is "$(listed "$tmp/flows" | awk -F, '{ n += $6 } END { print n }')" 6 \
	"flows are flushed"

piped
end
is "$?" 0 "TERM, before there is anything"

piped -n 9 -d 0 -s 0 "127.0.0.1:$port"
cat "$file" >&9
ok "datagrams do not wait to be full" \
	wait_for reports 'Sent: [1-9][0-9]* records'
unlike "$(cat "$log")" "Sent: 16 records" "more may come"
exec 9>&-
wait "$pid"
is "$?" 0 "the end of the pipe"
# The packets are there before the probe is.
exec 8<>"$tmp/pipe"
cat "$file" >&8
piped -n 9 -d 0 -s 0 --hold 1000000000 "127.0.0.1:$port"
exec 8>&-
ok "all has arrived" wait_for reports "Packets: 16,"
ok "but waits with --hold" \
	wait_for reports "Sent: 15 records in 0 datagrams"
exec 9>&-
wait "$pid"

gzip -c "$file" >"$tmp/a.gz"
len=$(wc -c <"$tmp/a.gz")
cat "$tmp/a.gz" - >"$tmp/b.gz" <<END
and something else
END
is "$(whole "$tmp/b.gz")" "0 " "what follows gzip is passed over"
(head -c 100 "$file" | gzip; tail -c +101 "$file" | gzip) >"$tmp/b.gz"
probe "$tmp/b.gz"
is "$(listed "$tmp/flows")" "$(probe "$file"; listed "$tmp/flows")" \
	"gzip in two parts"
head -c "$((len - 9))" "$tmp/a.gz" >"$tmp/b.gz"
is "$(whole "$tmp/b.gz")" "1 $tmp/b.gz: gzip: unexpected end" \
	"gzip that is cut"
(head -c "$((len - 8))" "$tmp/a.gz"; printf 'XXXX'
	tail -c 4 "$tmp/a.gz") >"$tmp/b.gz"
is "$(whole "$tmp/b.gz")" \
	"1 $tmp/b.gz: gzip: incorrect data check" "a wrong sum"
is "$(listed "$tmp/flows" | awk -F, '{ n += $6 } END { print n }')" 16 \
	"packets are counted nevertheless"

# Of several that start at once one has the pid file.
for i in 1 2 3 4 5 6; do
	mkdir "$tmp/dir$i"
	mkfifo "$tmp/pipe$i"
	(head -c 24 "$file"; exec sleep 60) >"$tmp/pipe$i" &
	pids="$pids $!"
	"$FLOWPROBE" -i- -l "$tmp/dir$i" -P "$tmp/pid" <"$tmp/pipe$i" \
		2>"$tmp/log$i" &
	pids="$pids $!"
done
wait_for eval '[ "$(cat "$tmp"/log? | grep -c "is holding the pidfile")" = 5 ]'
is "$(cat "$tmp"/log? | grep -c "is holding the pidfile")" 5 "five are refused"
ok "one works" wait_for [ -s "$tmp/pid" ]
one=$(cat "$tmp/pid")
kill -TERM "$one"
ok "and ends" wait_for gone "$one"
ok "with its pid file" [ ! -e "$tmp/pid" ]
done_testing
