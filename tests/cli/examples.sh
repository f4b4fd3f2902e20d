# The examples of the manual pages and of README.md are run as they stand
# there, in namespaces where /etc, /run, /usr/local and /var are our own, with
# interfaces eth0 and eth1, the hosts that are named, and the flows.
#
# What runs until it is stopped has to end well when it is told to.  Filters
# of flow-filter(7) are run by cookbook.sh.
. "$SRCDIR/tests/lib.sh"
need getent ip jq openssl timeout unshare

if [ -z "$IN_NAMESPACE" ]; then
	case $SRCDIR/$BUILDDIR/$tmp in
	*/var/*|*/usr/local/*|*/run/*) skip_all "built where ours goes" ;;
	esac
	unshare -mn mount -t tmpfs tmpfs /var 2>/dev/null ||
		skip_all "no namespaces of our own"
	export IN_NAMESPACE=1
	exec unshare -mn "${SHELL:-/bin/sh}" "$SRCDIR/tests/cli/examples.sh"
fi
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/tests/certs.sh"

# not_run: beginnings of commands that are not run, and why
not_run()
{
	cat <<-'END_OF_TABLE'
	./autogen.sh|it is built already
	../../configure|likewise
	make install|tests/cli/install.sh does it
	scripts/bench|tests/cli/bench.sh does it
	scripts/|they are what runs this
	ssh-keygen |it makes a key, and is not ours
	ssh-keyscan |there is no other host
	systemctl |there is no service manager
	END_OF_TABLE
}

# status_of COMMAND: the exit status of a command, if it is not 0
status_of()
{
	case $1 in
	"flowdump -v /var/flows") echo 250 ;; # we have damaged one
	*) echo 0 ;;
	esac
}

make_network()
{
	ip link set lo up && ip link add eth0 type veth peer name eth1 &&
		ip link set eth0 up && ip link set eth1 up &&
		ip addr add 198.51.100.1/24 dev eth0 &&
		ip neigh add 198.51.100.2 dev eth0 lladdr 02:00:00:00:00:02 &&
		ip addr add 192.0.2.9/32 dev lo &&
		ip -6 addr add 2001:db8::9/128 dev lo nodad
} >/dev/null 2>&1

make_etc()
{
	cp -a /etc "$tmp/etc" && mount --bind "$tmp/etc" /etc || return 1
	mkdir -p /etc/flows /etc/flowdump
	echo "127.0.0.1 localhost collector collector.example a.example \
		fnm.example" >/etc/hosts
	echo "nameserver 198.51.100.2" >/etc/resolv.conf
	echo "hosts: files dns" >/etc/nsswitch.conf
	echo "flow:x:64111:64111::/:/bin/false" >>/etc/passwd
	echo "flow:x:64111:" >>/etc/group
	cp "$certs/ca.pem" /etc/flows/ca.pem
	touch /etc/flowdump/console.key /etc/flowdump/known_hosts
}

# Programs where they are installed; those of others, that we cannot let do
# what they do: ssh runs the command here, tcpdump captures a file.
make_programs()
{
	mount -t tmpfs tmpfs /usr/local && mount -t tmpfs tmpfs /run &&
		mount -t tmpfs tmpfs /var || return 1
	mkdir -p /usr/local/bin /usr/local/libexec
	ln -s "$FLOWCAPD" "$FLOWDUMP" "$FLOWEXPIRE" "$FLOWFWD" "$FLOWPROBE" \
		/usr/local/bin
	for name in nfcapd:flowcapd nfdump:flowdump; do
		ln -s "${name#*:}" "/usr/local/bin/${name%:*}"
	done
	cp "$BUILDDIR/flowdump-ssh" /usr/local/libexec
	cat >/usr/local/bin/ssh <<-'END_OF_SSH'
	#!/bin/sh
	while [ $# -gt 1 ]; do shift; done
	exec sh -c "$1"
	END_OF_SSH
	cat >/usr/local/bin/scp <<-END_OF_SCP
	#!/bin/sh
	[ -s "\$2" ] && echo "\$3" >>"$tmp/copied"
	END_OF_SCP
	cat >/usr/local/bin/tcpdump <<-END_OF_TCPDUMP
	#!/bin/sh
	cat "$SRCDIR/tests/data/pcap/tcp_basic.pcap"
	END_OF_TCPDUMP
	chmod +x /usr/local/bin/*
	PATH=/usr/local/bin:$PATH
}

# Stores and the working directory, as they are before each example
lay_out()
{
	netflow=$SRCDIR/tests/data/query/in-1.7.1
	rm -rf /var/* "$work"
	mkdir -p /var/flows /var/db/case /var/db/sources/edge \
		/var/lib/flowcapd "$work/flows"
	ln -s /run /var/run
	cp "$netflow"/netflow/nfcapd.* /var/flows
	cp -R "$netflow"/hier/2024 /var/flows
	cp -R /var/flows /var/db/flows
	mkdir /var/db/flows/border /var/db/flows/lab /var/db/packets \
		/var/db/probe
	cp "$netflow"/sflow/nfcapd.* /var/db/sources/edge
	cp -R /var/db/sources/edge /var/db/sources/core
	chmod -R a+rwX /var
	cd "$work" || exit 1
	cp /var/flows/nfcapd.202405140900 nfcapd.202611261200
	cp nfcapd.202611261200 /var/flows
	cp "$tmp/export.pcap" "$tmp/chain.pem" "$tmp/key.pem" .
	gzip -c "$SRCDIR/tests/data/pcap/udp_dns.pcap" >trace.pcap.gz
}

# ready PID: it is ours, no shell any more, and takes note of SIGTERM, by a
# handler or a descriptor
ready()
{
	case $(readlink "/proc/$1/exe") in
	*/flow*) ;;
	*) return 1 ;;
	esac
	awk '/^Sig(Blk|Cgt):/ {
		digit = index("0123456789abcdef", substr($2, length($2) - 3, 1))
		if (digit - 1 >= 4 && int((digit - 1) / 4) % 2 == 1)
			found = 1
	}
	END { exit !found }' "/proc/$1/status"
}

started()
{
	gone "$pid" || { ready "$pid" &&
		case $line in
		flowcapd*) grep -q Startup "$log" ;;
		flowdump*) [ -s "$log" ] ;;
		*--cursor*) flowfwd --status --cursor /var/flows/.flowfwd |
			jq -e '.flowfwd_flows > 0 and
				.flowfwd_queued_bytes == 0' ;;
		esac }
}

# Where examples send to: everything that flowcapd can listen to
receiver=
start_receiver()
{
	[ -z "$receiver" ] || return 0
	mkdir "$tmp/received"
	flowcapd -w "$tmp/received" --tls-cert "$tmp/chain.pem" \
		--tls-key "$tmp/key.pem" --listen netflow://127.0.0.1 \
		--listen netflow://127.0.0.1:2055 \
		--listen ipfix://127.0.0.1 --listen 'ipfix://[2001:db8::9]' \
		--listen ipfix+tls://127.0.0.1 --listen tera+tls://127.0.0.1 \
		--listen tera+udp://127.0.0.1 2>"$tmp/receiver.log" &
	receiver=$!
	pids="$pids $receiver"
	wait_for grep -q Startup "$tmp/receiver.log"
}

stop_receiver()
{
	[ -n "$receiver" ] || return 0
	kill "$receiver"
	wait "$receiver"
	receiver=
	pids=
}

# Something to see for who listens on eth0 and eth1
send_packets()
{
	timeout 0.2 getent hosts an.example
}

# Run the command $line until it ends, or in the background.
run_line()
{
	echo "exec $line" >"$tmp/line.sh"
	want=$(status_of "$line")
	case $line in
	*"&&"*|*"|"*) echo "$line" >"$tmp/line.sh" ;;
	esac
	case $line in
	*" -D "*|*" -f "*.pcap*|*--status*) ;;
	*--follow*|flowcapd\ *|"flowfwd -i"*)
		sh "$tmp/line.sh" >"$log" 2>&1 &
		pid=$!
		pids="$pids $pid"
		wait_for started
		return
		;;
	esac
	timeout 60 sh "$tmp/line.sh" >"$log" 2>&1
	got=$?
	case $line in
	"flowprobe -i"*) send_packets ;;
	esac
	[ "$got" -eq "$want" ] && ! grep -q '^No matching flows' "$log"
}

# End what the example has started.
stop_all()
{
	stop_status=0
	for file in /run/*.pid; do
		[ -f "$file" ] || continue
		pid=$(cat "$file")
		kill "$pid" && wait_for gone "$pid" || stop_status=1
		rm -f "$file"
	done
	for one in $pids; do
		[ "$one" = "$receiver" ] && continue
		kill "$one" 2>/dev/null
		wait "$one" || stop_status=1
	done
	pids=$receiver
	return "$stop_status"
}

# is_left_out LINE: it is in the table of what is not run
is_left_out()
{
	not_run | while IFS='|' read -r beginning why; do
		case $1 in
		"$beginning"*)
			echo "$beginning" >>"$tmp/left-out"
			echo yes
			;;
		esac
	done | grep -q yes
}

# What an example needs besides
before()
{
	case $unit_text in
	*--follow*)
		mv /var/flows/nfcapd.202405140905 "/var/flows/nfcapd.current.$$"
		;;
	*--repair*) truncate -s -100 /var/flows/nfcapd.202405140900 ;;
	*"flowfwd --status"*)
		mv /var/flows/nfcapd.202405140905 "/var/flows/nfcapd.current.$$"
		line="flowfwd --follow /var/flows --cursor \
/var/flows/.flowfwd tls://fnm.example"
		run_line
		;;
	host=*)
		printf '%s\n' "$unit_text" >/usr/local/etc/flowdump-ssh.conf
		;;
	esac
}

# What it has to leave
after()
{
	case $unit_text in
	*scp*) wait_for test -s "$tmp/copied" && wait_for test -s \
		/var/db/sizes ;;
	*may.csv*) [ "$(wc -l <may.csv)" -eq 3 ] ;;
	*v6.flows*) flowdump -6 -r v6.flows | grep -q '2001:db8' ;;
	esac
}

# run_unit FILE: one example
run_unit()
{
	unit_name=$(sed -n 1p "$1")
	unit_text=$(sed 1d "$1")
	case $unit_text in
	*flowcapd*) stop_receiver ;;
	*flowfwd*|*flowprobe*) start_receiver ;;
	esac
	lay_out
	before
	sed 1d "$1" >"$tmp/lines"
	while read -r line <&3; do
		is_left_out "$line" && continue
		case $line in
		*" "*) ;;
		*=*) continue ;; # a file, see before
		esac
		run_line
		result $? "$unit_name: $line" || note <"$log"
		case $unit_text in
		*--status*) ;;
		*) stop_all || { result 1 "$unit_name: it ends"; note <"$log"; } ;;
		esac
	done 3<"$tmp/lines"
	stop_all || { result 1 "$unit_name: it ends"; note <"$log"; }
	after || result 1 "$unit_name: what it leaves"
}

work=$tmp/work
mkdir /usr/local/etc 2>/dev/null
make_network || skip_all "no network devices"
make_certs >"$tmp/openssl.log" 2>&1 &&
	issued names fnm.example mid 30 \
	'subjectAltName=DNS:fnm.example,DNS:collector.example' \
	>>"$tmp/openssl.log" 2>&1 || skip_all "no certificates"
cat "$certs/names.pem" "$certs/mid.pem" >"$tmp/chain.pem"
cp "$certs/names.key" "$tmp/key.pem"
make_etc && make_programs || skip_all "nothing can be mounted"
mkdir -p /usr/local/etc
SSL_CERT_FILE=/etc/flows/ca.pem
export SSL_CERT_FILE
"$BUILDDIR/tests/cli/capmake" 2055 1700000000 192.0.2.7 \
	"$wire/syn_v5_sequence_gap/seq0_2rec.dat" >"$tmp/export.pcap"
chmod 755 "$tmp"

mkdir "$tmp/units"
awk -v dir="$tmp/units" -f "$SRCDIR/tests/examples.awk" \
	"$SRCDIR"/man/flow[a-z]*.[1-8] "$SRCDIR/README.md"
for unit in "$tmp"/units/*; do
	run_unit "$unit"
done
stop_receiver
lay_out
sed -n '/^\[nfcapd\]/,/^\.Ed/{/^\.Ed/d;p;}' "$SRCDIR/man/flowcapd.8" \
	>/etc/flowcapd.conf
line='flowcapd -C /etc/flowcapd.conf'
ok "flowcapd.8: CONFIGURATION" run_line
ok "it ends" stop_all

stop_receiver
ok "README.md: the tour" sh "$SRCDIR/tests/readme.sh"

not_run | sed 's/|.*//' | sort >"$tmp/rows"
sort -u "$tmp/left-out" >"$tmp/used"
compare_file "$tmp/used" "$tmp/rows" "examples that are not run"
versions=$(flowdump -R "$tmp/received" -o ndjson | jq .export_version |
	sort -un | tr '\n' ' ')
is "$versions" "5 9 10 84 " "NetFlow, IPFIX and Tera Flow were received"

done_testing
