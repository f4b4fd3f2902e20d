# flowdump-ssh hands on every argument byte for byte, and what the remote
# program says; with an ssh that runs the command here.

. "$SRCDIR/tests/lib.sh"

wrapper=$BUILDDIR/flowdump-ssh
unset FLOWDUMP_SSH_HOST FLOWDUMP_COMPAT TZ
mkdir "$tmp/bin" "$tmp/work"
PATH=$tmp/bin:$PATH
export PATH tmp

# ssh: note the words before the command, run the command by a shell.
cat >"$tmp/bin/ssh" <<'END_OF_SSH'
#!/bin/sh
: >"$tmp/ssh.words"
while [ $# -gt 1 ]; do
	printf '%s\n' "$1" >>"$tmp/ssh.words"
	shift
done
cd "$tmp/work" && exec "${REMOTE_SHELL:-sh}" -c "$1"
END_OF_SSH

# flowdump: note the arguments, each with a zero byte behind it.
cat >"$tmp/bin/flowdump" <<'END_OF_FLOWDUMP'
#!/bin/sh
{
	echo $#
	[ $# -eq 0 ] || printf '%s\0' "$@"
} >"$tmp/got"
END_OF_FLOWDUMP

# speaker: say something on both streams, and end with a status.
cat >"$tmp/bin/speaker" <<'END_OF_SPEAKER'
#!/bin/sh
printf 'out\n\n  line \\n %%s\t'
printf 'err\n' >&2
cat
printf '%s,%s' "${FLOWDUMP_COMPAT-unset}" "${TZ-unset}" >"$tmp/environment"
exit "$1"
END_OF_SPEAKER
chmod +x "$tmp"/bin/*

echo host=console@collector >"$tmp/conf"
FLOWDUMP_SSH_CONFIG=$tmp/conf
export FLOWDUMP_SSH_CONFIG

# arrives NAME ARGUMENT...: the remote program gets exactly these arguments.
arrives()
{
	arrives_name=$1
	shift
	{
		echo $#
		[ $# -eq 0 ] || printf '%s\0' "$@"
	} >"$tmp/want"
	rm -f "$tmp/got"
	$interpreter "$wrapper" "$@" >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ] &&
		cmp "$tmp/got" "$tmp/want"
	result $? "$shell: $arrives_name" || note <"$tmp/out"
}

# The lists of arguments that a console may give.
lists()
{
	arrives "none"
	arrives "a console's" -N -R . -M /d/netflow -o csv -n 1 \
		-s srcip/bytes ' (router ip 10.0.0.1) and (dst port 80)'
	arrives "blanks and parentheses" -N -o 'fmt:%ts %td (x)' \
		' not (dst port 80)'
	arrives "an empty one and a newline" -N '' 'a
b'
	arrives "newlines at the end" 'a

' '

'
	arrives "empty ones" '' '' ''
	arrives "options first" -n 5
	arrives "an option alone" -e
	arrives "the version" -V
	arrives "every byte" "$(printf '\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17')" \
		"$(printf '\33[31m\177\200\201\303\50\376\377')"
	while IFS= read -r filter; do
		arrives "$filter" -N -o csv "$filter"
	done <"$SRCDIR/tests/cli/hostile.txt"
	arrives "all filters, one argument" "$(cat "$SRCDIR/tests/cli/hostile.txt")"
	arrives "120000 bytes" "$long"
	arrives "20000 quotes" "$quotes"
}

long=$(awk 'BEGIN {
	for (i = 0; i < 6000; i++)
		printf "src ip 10.1.%3d.%3d ", i / 256, i % 256 }')
quotes=$(awk 'BEGIN { while (i++ < 20000) printf "%c", 39 }')
cd "$tmp/work" || exit 1
for shell in sh bash; do
	command -v "$shell" >/dev/null || continue
	interpreter=$shell
	REMOTE_SHELL=$shell
	export REMOTE_SHELL
	lists
done
interpreter=
is "$(ls -A "$tmp/work")" "" "no shell ran a filter"

# Streams and status.
echo "program=speaker" >>"$tmp/conf"
for status in 0 1 2 126 127 250 254; do
	echo "of the console" |
		"$wrapper" "$status" >"$tmp/out" 2>"$tmp/err"
	is $? "$status" "status $status"
done
printf 'out\n\n  line \\n %%s\t' >"$tmp/want"
ok "standard output, and nothing from standard input" \
	cmp "$tmp/out" "$tmp/want"
is "$(cat "$tmp/err")" err "standard error"
is "$(cat "$tmp/environment")" unset,unset "environment: not set"
"$wrapper" 255 >"$tmp/out" 2>"$tmp/err"
is $? 255 "status 255"
ok "status 255: standard output" cmp "$tmp/out" "$tmp/want"
like "$(cat "$tmp/err")" "^flowdump-ssh: status 255: .*console@collector" \
	"status 255: ssh is named"
is "$(wc -l <"$tmp/err" | tr -d ' ')" 2 "status 255: one line more"
FLOWDUMP_COMPAT="1.6 'x'" TZ='A B' "$wrapper" 0 >"$tmp/out" 2>&1
is "$(cat "$tmp/environment")" "1.6 'x',A B" "environment: handed on"
printf 'compat=1.6\ntz=UTC' >>"$tmp/conf"
"$wrapper" 0 >"$tmp/out" 2>&1
is "$(cat "$tmp/environment")" "1.6,UTC" "environment: of the file"
TZ=CET "$wrapper" 0 >"$tmp/out" 2>&1
is "$(cat "$tmp/environment")" "1.6,CET" "environment: before the file"

# words: what ssh was given before the command
words()
{
	tr '\n' ' ' <"$tmp/ssh.words"
}

basic="-T -a -x -o BatchMode=yes -o ClearAllForwardings=yes -o LogLevel=ERROR"
live="-o ConnectTimeout=10 -o ServerAliveInterval=10"
is "$(words)" "$basic $live -- console@collector " "ssh: defaults"
cat >"$tmp/conf" <<'END_OF_CONF'
# a comment

  host = not the host
host=-oProxyCommand=x
	program=/bin/echo
timeout=3
port=2222
identity=/keys/of $(touch BROKEN)
known_hosts=/a b/known=hosts
ssh_config=`touch BROKEN`
END_OF_CONF
"$wrapper" >"$tmp/out" 2>"$tmp/err"
is "$?$(cat "$tmp/out")" 1 "configuration: a blank in a key"
like "$(cat "$tmp/err")" "^flowdump-ssh: .*/conf: unknown key 'host '" \
	"configuration: the key is named"
sed -i '/not the host/d' "$tmp/conf"
is "$("$wrapper" word)" word "configuration: program"
is "$(words)" "$basic -F \`touch BROKEN\` -o ConnectTimeout=3 $(
	)-o ServerAliveInterval=3 -p 2222 -o IdentitiesOnly=yes $(
	)-i /keys/of \$(touch BROKEN) $(
	)-o UserKnownHostsFile=\"/a b/known=hosts\" $(
	)-- -oProxyCommand=x " "configuration: ssh"
is "$(ls -A "$tmp/work")" "" "configuration: nothing of it is run"

# refused NAME TEXT PATTERN: a configuration file that is wrong
refused()
{
	printf '%s' "$2" >"$tmp/conf"
	"$wrapper" -V >"$tmp/out" 2>"$tmp/err"
	is "$?$(cat "$tmp/out")" 1 "refused: $1"
	like "$(cat "$tmp/err")" "^flowdump-ssh: .*$3" "refused: $1: message"
}

refused "no key" "collector" "'collector' is not KEY=VALUE"
refused "an unknown key" "hosts=x" "unknown key 'hosts'"
refused "no host" "host=" "no host"
FLOWDUMP_SSH_CONFIG=$tmp/none refused "no such file" "" "none: cannot be read"
FLOWDUMP_SSH_CONFIG=$tmp refused "a directory" "" "cannot be read"

# Where the host comes from, the strongest last.
unset FLOWDUMP_SSH_CONFIG
for name in plain pl@named@host; do
	cp "$wrapper" "$tmp/bin/$name"
	echo "host=beside" >"$tmp/bin/$name.conf"
done
"$tmp/bin/plain"
like "$(words)" " -- beside $" "host: of the file beside"
plain
like "$(words)" " -- beside $" "host: the command was found in PATH"
"$tmp/bin/pl@named@host"
like "$(words)" " -- named@host $" "host: of the name"
FLOWDUMP_SSH_HOST=user@variable "$tmp/bin/pl@named@host"
like "$(words)" " -- user@variable $" "host: of the environment"
sed "s|^sysconfdir=.*|sysconfdir='$tmp/etc'|" "$wrapper" >"$tmp/bin/etc-1"
cp "$tmp/bin/etc-1" "$tmp/bin/etc-2"
chmod +x "$tmp"/bin/etc-*
mkdir "$tmp/etc"
echo host=first >"$tmp/etc/etc-1.conf"
echo host=other >"$tmp/etc/flowdump-ssh.conf"
etc-1
like "$(words)" " -- first $" "host: of the file of that name"
etc-2
like "$(words)" " -- other $" "host: of the common file"
unlike "$(sed -n 's/^sysconfdir=//p' "$wrapper")" '@' "the place is filled in"

if command -v shellcheck >/dev/null; then
	ok "shellcheck" shellcheck -s sh "$wrapper"
else
	skip "shellcheck" "it is not installed"
fi
done_testing
