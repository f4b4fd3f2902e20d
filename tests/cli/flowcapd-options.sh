#!/bin/sh
# Misuse is refused with status 1 and a text that names what is wrong.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

# refused PATTERN ARGUMENT...: status 1 and this text on standard error.
refused()
{
	pattern=$1
	shift
	timeout 10 "$FLOWCAPD" "$@" >"$tmp/out" 2>"$log"
	[ $? -eq 1 ] && [ ! -s "$tmp/out" ] && logged "$pattern"
	result $? "refused: $*" || note <"$log"
}

refused "no data directory"
refused "usage: flowcapd"
refused "unknown option -q" -q
refused "No valid directory: $tmp/nowhere" -l "$tmp/nowhere"
refused "No valid directory: $log" -w "$log"
refused "option -t: 0 " -l "$data" -t 0
refused "port from 1 to 65535" -l "$data" -p 99999
refused "option -k: encrypted transport is not supported" -l "$data" -k key
refused "breaks expire" -l "$data" -e -Z
refused "Extension format error" -l "$data" -T bogus
refused "Use one compression" -l "$data" -j -y
refused "compression" -l "$data" --compress bogus
# a directory, but the lock's name would be longer than names may be
refused "directory name of" -b 127.0.0.1 -p "$port" -l "$data$(
	awk -v room=$((4090 - ${#data})) \
		'BEGIN { while ((room -= 2) > 0) printf "/." }')"
refused "getaddrinfo error" -l "$data" -b "no such host"
refused "No such file or directory" -l "$data" -P "$tmp/none/pid" -b 127.0.0.1

if [ "$(id -u)" -eq 0 ]; then
	refused "Invalid user 'nobody.at.all'" -l "$data" -b 127.0.0.1 \
		-p "$port" -u nobody.at.all
	refused "root is refused" -l "$data" -b 127.0.0.1 -p "$port" -u root
	chmod 700 "$tmp"
	refused "cannot open directory" -l "$data" -b 127.0.0.1 \
		-p "$port" -u nobody
else
	refused "can not change uid/gid" -l "$data" -b 127.0.0.1 \
		-p "$port" -u nobody
	chmod 500 "$data"
	refused "cannot write to directory" -l "$data" -b 127.0.0.1 -p "$port"
	chmod 700 "$data"
fi
is "$(files)" "" "nothing was left in the directory"

fails 0 "-h" "$FLOWCAPD" -h
like "$("$FLOWCAPD" -h 2>/dev/null)" "^  -t seconds" "-h lists the options"
[ ! -w /dev/full ] ||
	fails 1 "-h to a full disk" sh -c '"$FLOWCAPD" -h >/dev/full'
like "$("$FLOWCAPD" -V)" "Version:[^0-9]+1\.7\.1" "-V"
done_testing
