#!/bin/sh
# The launch command: what it gets, when it runs, what goes wrong.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

year=31536000
cat >"$tmp/args" <<'E2'
#!/bin/sh
printf '<%s>' "$@" >>"$OUT"
echo >>"$OUT"
E2
chmod +x "$tmp/args"
OUT=$tmp/ran LD_PRELOAD_NOT=x
export OUT LD_PRELOAD_NOT
ran=$OUT

lines()
{
	[ "$(wc -l <"$ran")" -ge "$1" ]
}

children()
{
	cat "/proc/$1/task/"*/children | tr -d ' '
}

# The slot of the stop.
ok "starts" capd -t $year -S 1 -I here -l "$data" \
	-x "$tmp/args %f %d %t %u %i 'a b' \"%i %%\" %q"
ok "an unknown token is told" logged "^Unknown format token '%q'"
keeper=$(children "$pid")
is "$(cat /proc/$keeper/comm)" flowcapd-keeper "the keeper has a name"
stop
is $? 0 "stops"
file=$(files)
time=${file##*nfcapd.}
is "$(cat "$ran")" "<$file><$data><$time><$((($(date +%s) / year) * year))><here><a b><here %><%q>" \
	"the last slot's command ran, with its words"
ok "the keeper has ended" gone "$keeper"

# One after the other; 1.8 calls it -l.
rm -rf "$ran" "$data"/*
: >"$ran"
ok "starts with -w and -l" capd -t 1 -w "$data" \
	-l "sh -c 'printf %%s\\\\n \"\$1:\$LD_PRELOAD_NOT\" >>$ran' x %f"
ok "runs after each slot" wait_for lines 3
stop
is "$(cat "$ran")" "$(files | sed 's/$/:/')" "for all files, in order"

# What goes wrong is told, for each slot.
ok "a command that is not there" capd -t 1 -l "$data" -x /nowhere/prog
ok "is told" wait_for logged "Can't execvp: /nowhere/prog: No such file"
stop
is $? 0 "and stops nothing"
[ "$(grep -c "Can't execvp" "$log")" -ge 2 ]
result $? "each time"
ok "a command that fails" capd -t $year -l "$data" -x "sh -c 'exit 3'"
stop
like "$(cat "$log")" "^launcher child [0-9]+ exit status: 3\$" "is told"
ok "one that dies" capd -t $year -l "$data" -x "sh -c 'kill -9 \$\$'"
stop
like "$(cat "$log")" "^launcher child [0-9]+ .*died from signal 9\$" "is told"
fails 1 "a quote that does not end" "$FLOWCAPD" -l "$data" -p "$port" \
	-x "prog 'x"

# A command that hangs holds up nothing.
mkfifo "$tmp/gate"
ok "a command that hangs" capd -t 1 -l "$data" \
	-x "sh -c 'echo \$\$ >>$tmp/hung; read x <$tmp/gate'"
ok "runs" wait_for [ -s "$tmp/hung" ]
feed_v5
ok "slots end nevertheless" wait_for logged "^Ident: 'none' Flows: [1-9]"
keeper=$(children "$pid")
stop
is $? 0 "the collector stops"
like "$(cat "$log")" "go on without us" "and says that the command does not"
is "$(wc -l <"$tmp/hung")" 1 "one of them ran"
ok "the keeper goes on" kill -0 "$keeper"
ok "the next collector has directory and port" capd -t $year -l "$data"
unlike "$(cat "$log")" "Address already in use" "at once"
stop
kill -TERM "$keeper" "$(cat "$tmp/hung")"
ok "the keeper can be told to end" wait_for gone "$keeper"

# KILL, with an open terminal: the keeper ends, the next one starts at once.
ok "starts again" capd -t $year -P "$tmp/pid" -l "$data" -x "$tmp/args %f"
keeper=$(children "$pid")
kill -TERM "$keeper"
kill -INT "$keeper"
feed_v5
: >"$ran"
stop KILL
ok "the keeper ends with a killed collector" wait_for gone "$keeper"
ok "the next one starts at once" capd -t $year -l "$data" -P "$tmp/pid" \
	-x "$tmp/args %f"
stop
is "$(wc -l <"$ran")" 1 "and launches"

# In the background the caller gets all its descriptors back.
: >"$ran"
out=$("$FLOWCAPD" -D -t $year -P "$tmp/pid" -b 127.0.0.1 -p "$port" \
	-l "$data" -x "$tmp/args %f" 2>&1)
is "$out" "" "in the background: nothing is printed"
pid=$(cat "$tmp/pid")
pids="$pids $pid"
keeper=$(children "$pid")
is "$(readlink "/proc/$keeper/fd/2")" /dev/null "not even later"
kill "$pid"
ok "it ends" wait_for gone "$keeper"
is "$(wc -l <"$ran")" 1 "and launches"
done_testing
