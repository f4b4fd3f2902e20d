#!/bin/sh
# The command line of fprobe, and what is wrong with others.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/probe.sh"
file=$pcap/udp_dns.pcap

# refused STATUS TEXT ARGUMENT...
refused()
{
	refused_status=$1 refused_text=$2
	shift 2
	"$FLOWPROBE" "$@" >"$tmp/out" 2>&1
	is "$?" "$refused_status" "$*"
	like "$(cat "$tmp/out")" "$refused_text" "... is told"
}

like "$("$FLOWPROBE")" "^usage: " "no arguments: help"
is "$?" 0 "with status 0"
like "$("$FLOWPROBE" -h)" "--max-flows" "-h"
like "$("$FLOWPROBE" --version)" "Version: [0-9]" "--version"
refused 2 'unknown option -Z' -Z
refused 2 'usage: ' -Z
refused 2 'needs an argument' -f
refused 2 'nowhere to put flows' -r "$file"
refused 2 'one is possible' -i eth0 -r "$file" localhost:9995
long=$(printf '%052d' 0)
refused 1 'No such file' -l "2:$long" -r "$tmp/none" localhost:9995
refused 1 'log identifier' -l "2:${long}0" -r "$tmp/none" localhost:9995
refused 1 'Error in collector #1 parameters' -r "$file" localhost
refused 1 'Error in collector #2 parameters' -r "$file" localhost:1 ::1:2
refused 1 'Error in collector #1 parameters' -r "$file" localhost:1//x
refused 1 'Illegal NetFlow version' -n 6 -r "$file" localhost:9995
refused 1 'Illegal realtime priority' -r 100 -r "$file" localhost:9995
refused 1 'Illegal realtime priority' -r 4294967296 -r "$file" localhost:9995
refused 1 'is above 16383' --sampling 16384 -r "$file" 127.0.0.1:9
refused 1 'is above 0' -n 1 --id 1 -r "$file" 127.0.0.1:9
refused 1 'within 548 and 65535' --max-len 100 -r "$file" 127.0.0.1:9
unlike "$(cat "$tmp/out")" "Packets:" "... before packets are read"
refused 1 'needs a number' -e never localhost:9995
refused 1 'timeout tcp:' --timeout tcp localhost:9995
refused 1 'timeout tcp=1y:' --timeout tcp=1y localhost:9995
refused 1 'timeout dns is not known' --timeout dns=1 localhost:9995
refused 1 '10.0.0 is no address' --exporter 10.0.0 localhost:9995
refused 1 'bind' --exporter 192.0.2.77 -r "$file" 127.0.0.1:9995
ok "--exporter" "$FLOWPROBE" --exporter 192.0.2.77 -a '' -n 9 -l2 \
	-r "$file" 127.0.0.1:9
refused 1 'time day is not known' --time day localhost:9995
refused 1 'no choice of times' --time milli -r "$file" 127.0.0.1:9
refused 1 'track level' --track mac localhost:9995
refused 1 'a cache of 0 flows' --max-flows 0 localhost:9995
refused 1 'device none0' --bind-device none0 -r "$file" localhost:9995
refused 1 'payload 16385' --payload 16385 localhost:9995
refused 1 'threads 65: 1 to 64' --threads 65 localhost:9995
refused 2 'of interfaces' --threads 2 -r "$file" localhost:9995
refused 1 'bytes:nanoseconds' -t x localhost:9995
refused 1 'in or in:out' -x 1:x localhost:9995
refused 1 'pcap_compile' -f 'ip or or' -r "$file" localhost:9995
refused 1 'No such file' -r "$tmp/none" localhost:9995
refused 1 'truncated dump file|unknown file format' -r /dev/null localhost:9995
refused 1 'bind' -a 192.0.2.77 -r "$file" 127.0.0.1:9995
refused 1 "cannot open directory" -r "$file" -l "$tmp/none"
refused 1 'codec|compress' --compress rar -r "$file" -l "$tmp"
if [ "$(id -u)" -eq 0 ] && ! id 54321 >/dev/null 2>&1; then
	refused 1 'group of user .54321. is not known' -u 54321 -r "$file" \
		-l "$tmp"
fi
refused 1 'Invalid user' -u no-such-user -r "$file" -l "$tmp"

# Options of fprobe: attached, clustered, behind collectors.
if [ "$(id -u)" -eq 0 ]; then
	ok "--bind-device" "$FLOWPROBE" --bind-device lo -l2 -r "$file" \
		127.0.0.1:9
else
	skip "--bind-device" "not root"
fi
ok "as fprobe" "$FLOWPROBE" -fip -s1 -d60 -e300 -g30 -n5 -x1:2 -b10000 -m0 \
	-q100 -B0 -r0 -t0:0 -S256 -kp -v6 -l2:test -i- \
	127.0.0.1:9/127.0.0.1/r '[::1]:9//m' -a "" <"$file"
"$FLOWPROBE" -i- -fip -x1:2 -q10 -l2:test 127.0.0.1:9/127.0.0.1/r 127.0.0.1:9 \
	<"$file" 2>&1 | sed -n 's/^pid: [0-9]*$/pid/; 2,7p' >"$tmp/start"
cat >"$tmp/want" <<-END
	pid
	interface: -, datalink: EN10MB (1)
	filter: "ip"
	options: p=1 s=5 g=30 d=60 e=300 n=5 a=0.0.0.0 x=1:2 b=10000 m=0 q=10 B=0 r=0 t=0:0 S=256 K=14 k=0 c= u= v=6 l=2:test
	collector #1: 127.0.0.1:9/127.0.0.1/r
	collector #2: 127.0.0.1:9/0.0.0.0/m
END
compare_file "$tmp/start" "$tmp/want" "the log of the start"
is "$("$FLOWPROBE" -l0 -r "$file" 127.0.0.1:9 2>&1)" "" "-l0: no messages"
refused 1 'No such file' -l0 -r "$tmp/none" 127.0.0.1:9
head -c 700 "$file" >"$tmp/cut"
probe "$tmp/cut"
is "$?" 1 "a cut capture"
like "$(cat "$tmp/probe.log")" "$tmp/cut: truncated dump file" "is told"
is "$(listed "$tmp/flows" | awk -F, '{ n += $6 } END { print n }')" 6 \
	"what stands before is counted"

# As on a full disk: files may have 4 kB.
(
	trap '' XFSZ
	ulimit -f 8
	probe "$pcap/many_flows.pcap" --compress none
)
is "$?" 1 "flows that cannot be written"
like "$(cat "$tmp/probe.log")" "^3000 flows are lost" "are told"
done_testing
