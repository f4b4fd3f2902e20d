# Helpers for scripts that run a collector on the loopback address.  Read
# with ". scripts/udp.sh".  What the kernel knows about a socket is in
# /proc/net/udp: the port in hexadecimal after the address, bytes waiting in
# the fifth column, datagrams dropped in the last one.

# udp_column PORT NAME: bytes "waiting", datagrams "dropped" or the "inode";
# nothing and status 1 when no socket has the port.
udp_column()
{
	awk -v port="$(printf '%04X' "$1")" -v name="$2" '
		substr($2, index($2, ":") + 1) == port {
			if (name == "waiting")
				print substr($5, 10)
			else
				print name == "inode" ? $10 : $NF
			found = 1
			exit
		}
		END { exit !found }' /proc/net/udp
}

# udp_free_port: a port that nobody uses.
udp_free_port()
{
	free_port=$((10000 + $$ * 7 % 20000))
	while udp_column "$free_port" dropped >/dev/null; do
		free_port=$((free_port + 1))
	done
	echo "$free_port"
}

# udp_is_owner PORT PID: the process has the socket of the port.  Somebody
# else may have taken the port since it was free.
udp_is_owner()
{
	inode=$(udp_column "$1" inode) &&
		ls -l "/proc/$2/fd" 2>/dev/null | grep -Fq "socket:[$inode]"
}

# udp_wait_bound PORT PID: until the process listens, at most 10 seconds.
udp_wait_bound()
{
	left=100
	until udp_is_owner "$1" "$2"; do
		[ $((left -= 1)) -gt 0 ] && kill -0 "$2" 2>/dev/null || return 1
		sleep 0.1
	done
}

# udp_wait_read PORT: until everything has been read, at most 10 seconds.
udp_wait_read()
{
	left=100
	while bytes=$(udp_column "$1" waiting) && [ "$bytes" != 00000000 ]; do
		[ $((left -= 1)) -gt 0 ] || return 1
		sleep 0.1
	done
}
