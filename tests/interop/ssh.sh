# flowdump-ssh over a real sshd on the loopback: what comes back is what
# flowdump says here, and no shell looks into a filter.

. "$SRCDIR/tests/lib.sh"

PATH=$PATH:/usr/sbin:/usr/local/sbin
need ssh sshd ssh-keygen
sshd=$(command -v sshd)
wrapper=$BUILDDIR/flowdump-ssh
conf=$tmp/conf
unset FLOWDUMP_SSH_HOST FLOWDUMP_COMPAT SSH_AUTH_SOCK

ssh-keygen -q -t ed25519 -N '' -f "$tmp/host_key" &&
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/user_key" &&
	ssh-keygen -q -t ed25519 -N '' -f "$tmp/other_key" ||
	skip_all "ssh-keygen makes no keys"
cp "$tmp/user_key.pub" "$tmp/authorized_keys"
# bash runs .bashrc when sshd starts it: that of the user may say something,
# and what it says may depend on who else is running it.
mkdir "$tmp/home"
cat >"$tmp/sshd_config" <<END_OF_CONFIG
HostKey $tmp/host_key
AuthorizedKeysFile $tmp/authorized_keys
AuthenticationMethods publickey
StrictModes no
UsePAM no
PidFile none
LogLevel VERBOSE
ListenAddress 127.0.0.1
SetEnv HOME=$tmp/home
END_OF_CONFIG

# sshd started by root wants this directory, which the service makes.  It
# stays: another run may be using it.
if [ "$(id -u)" -eq 0 ] && [ ! -d /run/sshd ]; then
	mkdir -m 755 /run/sshd 2>/dev/null || skip_all "sshd needs /run/sshd"
fi

pid=
stop_sshd()
{
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
}
trap 'stop_sshd; rm -rf "$tmp"' EXIT

listening()
{
	grep -q '^Server listening' "$tmp/sshd.log"
}

# start_sshd: on a port that is free; in the foreground, to know its id.
start_sshd()
{
	port=$((10000 + $$ * 7 % 20000))
	for attempt in 1 2 3 4 5; do
		"$sshd" -D -e -f "$tmp/sshd_config" -p "$port" \
			2>"$tmp/sshd.log" </dev/null &
		pid=$!
		wait_left=200
		until listening || ! kill -0 "$pid" 2>/dev/null; do
			[ $((wait_left -= 1)) -gt 0 ] || break
			sleep 0.05
		done
		listening && return
		kill "$pid" 2>/dev/null
		wait "$pid"
		pid=
		grep -q 'Address already in use' "$tmp/sshd.log" || return 1
		port=$((port + 1))
	done
	return 1
}

if ! start_sshd; then
	note <"$tmp/sshd.log"
	skip_all "sshd does not start as this user"
fi
echo "[127.0.0.1]:$port $(cut -d ' ' -f 1,2 "$tmp/host_key.pub")" \
	>"$tmp/known hosts"
: >"$tmp/ssh_config"
cat >"$conf" <<END_OF_CONF
host=$(id -un)@127.0.0.1
program=$FLOWDUMP
port=$port
identity=$tmp/user_key
known_hosts=$tmp/known hosts
ssh_config=$tmp/ssh_config
END_OF_CONF
FLOWDUMP_SSH_CONFIG=$conf
export FLOWDUMP_SSH_CONFIG

"$wrapper" -V >"$tmp/out" 2>"$tmp/err" || {
	note <"$tmp/sshd.log"
	note <"$tmp/err"
	skip_all "sshd does not let this user in"
}
is "$(cat "$tmp/out")" "$("$FLOWDUMP" -V)" "the version"

# The shells run in one directory, to see what one of them would do there.
mkdir "$tmp/work"
cd "$tmp/work" || exit 1
store=$SRCDIR/tests/data/query/in-1.7.1

# same NAME ARGUMENT...: both print the same on both streams, and end alike.
same()
{
	same_name=$1
	shift
	"$FLOWDUMP" "$@" >"$tmp/want.out" 2>"$tmp/want.err" </dev/null
	same_want=$?
	"$wrapper" "$@" >"$tmp/got.out" 2>"$tmp/got.err"
	same_got=$?
	cmp -s "$tmp/got.out" "$tmp/want.out" &&
		cmp -s "$tmp/got.err" "$tmp/want.err" &&
		[ $same_got -eq $same_want ]
	result $? "$same_name: $same_want" || {
		echo "status: $same_got"
		diff "$tmp/want.out" "$tmp/got.out" | head -n 5
		diff "$tmp/want.err" "$tmp/got.err" | head -n 5
		tail -n 5 "$tmp/sshd.log"
	} | note
}

same "the summary of a console" -N -R . -M "$store/netflow:sflow" -o csv -n 1 \
	-s srcip/bytes ' (router ip 127.0.0.1)'
same "a format" -N -R . -M "$store/netflow" \
	-o "fmt:%ts %td (it's) %sap \$HOME,%n%da" -q -n 3 -s record/bytes
same "help" -h
same "no input" -N -o csv
same "an unknown option" --nonsense
same "a missing file" -r "$store/none;touch BROKEN"
same "an empty filter" -q -R "$store" -c 2 -o csv ''
while IFS= read -r filter; do
	same "$filter" -N -q -R "$store" -o csv "$filter"
done <"$SRCDIR/tests/cli/hostile.txt"
same "a newline" -N -q -R "$store" -o csv 'proto tcp
and port 443'
long=$(awk 'BEGIN {
	for (i = 0; i < 1000; i++)
		printf "src ip 10.20.%d.%d or ", i / 256, i % 256 }')
same "a long one" -N -q -R "$store" -o csv "( ${long}proto icmp)"
is "$(ls -A "$tmp/work")" "" "no shell ran a filter here"
for dir in "$HOME" "$(getent passwd "$(id -un)" | cut -d : -f 6)"; do
	[ ! -e "$dir/BROKEN" ]
	result $? "no shell ran a filter there"
done

FLOWDUMP_COMPAT=1.6
TZ=Europe/Madrid
export FLOWDUMP_COMPAT TZ
same "the dialect and the time zone" -q -R "$store" -c 5 -o long
is "$(head -c 19 "$tmp/want.out")" "2024-05-14 11:01:11" "they have an effect"
unset FLOWDUMP_COMPAT

# ssh itself fails: nothing on standard output, a line on standard error.
# broken NAME KEY=VALUE...
broken()
{
	broken_name=$1
	shift
	{
		cat "$conf"
		printf '%s\n' "$@"
	} >"$tmp/broken"
	FLOWDUMP_SSH_CONFIG=$tmp/broken "$wrapper" -V >"$tmp/out" 2>"$tmp/err"
	is "$?$(cat "$tmp/out")" 255 "$broken_name: 255"
	like "$(cat "$tmp/err")" "^flowdump-ssh: status 255: ssh" \
		"$broken_name: it is said"
}

broken "a key that is not let in" "identity=$tmp/other_key"
broken "an unknown host" "known_hosts=/dev/null"
broken "nobody listens" "port=1"
broken "a host like an option" "host=-oProxyCommand=touch BROKEN"
is "$(ls -A "$tmp/work")" "" "no option came from the host"
echo "program=/none/flowdump" >>"$conf"
fails 127 "the program is not there" "$wrapper" -V
done_testing
