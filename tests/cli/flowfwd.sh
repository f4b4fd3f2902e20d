#!/bin/sh
# What is sent arrives: flows of files, of a pipe, by filter and window, in
# every form, are those that the receiver stores.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# listed FILE [FIELDS]: flows of a file or directory, sorted
listed()
{
	listed_from=$1
	shift
	"$FLOWDUMP" -q -R "$listed_from" -o \
	    "fmt:${fields:-$full}" "$@" 2>&1 | sort
}
full='%tsr,%ter,%sa,%da,%pr,%sp,%dp,%pkt,%byt,%flg,%tos,%sas,%das,%in,%out'
brief='%ter,%sa,%da,%pr,%sp,%dp,%pkt,%byt,%flg,%sas,%das,%in,%out'

# collect: start a collector of NetFlow, and of Tera Flow on the next port
collect()
{
	: >"$log"
	"$FLOWCAPD" --sync never -t 31536000 -w "$data" \
		--listen "netflow://127.0.0.1:$port" \
		--listen "tera+udp://127.0.0.1:$((port + 1))" 2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for started_or_gone
	logged '^Startup'
}

# send NAME ARGUMENT...: from a file to a new collector, into $data
send()
{
	send_name=$1
	shift
	rm -rf "$data"
	mkdir "$data"
	ok "$send_name: starts" collect
	ok "$send_name: sent" "$FLOWFWD" "$@"
	ok "$send_name: arrived" stop
}

mkdir "$tmp/in"
ok "flows" "$BUILDDIR/flowgen" -n 3000 --seed 1 -o "$tmp/in/flows"
to="-H 127.0.0.1 -p $port"

for version in 9 10; do
	send "v$version" -r "$tmp/in/flows" $to -v $version
	listed "$tmp/in" >"$tmp/want"
	listed "$data" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "v$version: the same flows"
done
listed "$tmp/in" ipv4 >"$tmp/want"
for version in 1 5 7; do
	fields='%tsr,%ter,%sa,%da,%pr,%sp,%dp,%pkt,%byt'
	send "v$version" -r "$tmp/in/flows" $to -v $version
	listed "$tmp/in" ipv4 >"$tmp/want"
	listed "$data" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "v$version: the same flows"
done

fields=$brief
send "Tera Flow" -r "$tmp/in/flows" "tera+udp://127.0.0.1:$((port + 1))"
listed "$tmp/in" >"$tmp/want"
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "Tera Flow: the same flows"

send "two" -r "$tmp/in/flows" "udp://127.0.0.1:$((port + 1))" \
	"netflow9://127.0.0.1:$port" 'proto udp'
(listed "$tmp/in" 'proto udp'; listed "$tmp/in" 'proto udp') | sort \
	>"$tmp/want"
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "two receivers get all that match"

fields=$full
rm -rf "$data"
mkdir "$data"
ok "a pipe: starts" collect
"$FLOWDUMP" -r "$tmp/in/flows" -w - 'proto tcp' 2>/dev/null | "$FLOWFWD" $to \
	>"$tmp/out" 2>&1
is $? 0 "a pipe: sent"
ok "a pipe: arrived" stop
listed "$tmp/in" 'proto tcp' >"$tmp/want"
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "a pipe: the same flows"

send "count" -r "$tmp/in/flows" $to -c 7
is "$(listed "$data" | wc -l)" 7 "-c: so many flows"
send "sampling" -r "$tmp/in/flows" $to --sampling 10
is "$(listed "$data" | wc -l)" 300 "--sampling: one in so many"
send "sampling" -r "$tmp/in/flows" "udp://127.0.0.1:$((port + 1))" --sampling 10
like "$("$FLOWDUMP" -q -R "$data" -c 1 -o json)" '"sampled" *: *1' \
	"--sampling: told in Tera Flow"

# Flows of five minutes at 600 times the speed take half a second.
start=$(date +%s%N)
send "speed" -r "$tmp/in/flows" $to -z 600
[ $(($(date +%s%N) - start)) -ge 400000000 ]
result $? "-z: by the times of flows"
listed "$tmp/in" >"$tmp/want"
listed "$data" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "-z: the same flows"

# So slow that the second flow is due in more time than 64 bits hold.
"$BUILDDIR/tests/cli/terasink" $((port + 3)) >"$tmp/slow" 2>"$tmp/slow.err" &
sink=$!
pids="$pids $sink"
wait_for grep -q ready "$tmp/slow.err"
"$FLOWFWD" -r "$tmp/in/flows" -z 1e-20 "tcp://127.0.0.1:$((port + 3))" \
	2>/dev/null &
fwd=$!
pids="$pids $fwd"
ok "-z: the first flow" wait_for test -s "$tmp/slow"
sleep 0.3
kill "$fwd"
wait "$fwd"
kill "$sink"
[ "$(wc -l <"$tmp/slow")" -lt 3000 ]
result $? "-z: it waits for the others"

# By TCP, to a receiver that is not there yet, and reads slowly.
fields='%sa,%da,%sp,%dp,%pkt,%byt'
"$FLOWFWD" -r "$tmp/in/flows" --reconnect 1 -b 200000 \
	"tcp://127.0.0.1:$((port + 2))" 2>"$tmp/fwd.log" &
fwd=$!
pids="$pids $fwd"
wait_for grep -q 'again in 1 s' "$tmp/fwd.log"
result $? "TCP: refused, and tried again"
"$BUILDDIR/tests/cli/terasink" -s 1 $((port + 2)) >"$tmp/sink" 2>/dev/null &
sink=$!
pids="$pids $sink"
wait "$fwd"
is $? 0 "TCP: sent"
sunk()
{
	[ "$(wc -l <"$tmp/sink")" -eq 3000 ]
}
ok "TCP: arrived" wait_for sunk
"$FLOWDUMP" -q -r "$tmp/in/flows" -6 -o 'fmt:%sa %da %pkt %byt' |
	awk '{ print $1, $2, $3, $4 }' | sort >"$tmp/want"
awk '{ print $1, $2, $6, $7 }' "$tmp/sink" | sort >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "TCP: the same flows"
like "$(cat "$tmp/fwd.log")" '^flow_forwarder_pushed_messages 3000$' \
	"messages are counted"
done_testing
