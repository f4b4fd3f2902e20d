#!/bin/sh
# Templates outlive a restart, an orderly one and a kill, and damage to the
# file that keeps them.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

state=$data/.flowcapd.state.stat
set="$wire/syn_v9_data_before_template"

# stored: flows in all files so far.
stored()
{
	flows "$data"/nfcapd.2*
}

capd -w "$data"
feed "$set/template.dat"
feed "$set/data.dat"
ok "kept at once" wait_for [ -s "$state" ]
stop
n=$(stored)
ok "flows with their template" [ "$n" -gt 0 ]

capd -w "$data"
feed "$set/data.dat"
ok "the exporter is told when it sends" \
	wait_for logged 'New v9 exporter'
stop
is "$(stored)" $((n * 2)) "no template is needed after a restart"
unlike "$(cat "$log")" 'missing flows: [1-9]|Sequence Errors: [1-9]' \
	"what was not received while stopped is not missing"

capd -w "$data"
sleep 1.5
kill -9 "$pid"
forget
wait "$pid" 2>/dev/null
capd -w "$data"
feed "$set/data.dat"
stop
is "$(stored)" $((n * 3)) "nor after a kill"

capd -w "$data" --receivers 3
feed "$set/data.dat"
stop
is "$(stored)" $((n * 4)) "the number of receivers may change"
capd -w "$data"
feed "$set/data.dat"
stop
is "$(stored)" $((n * 5)) "and change again"

printf x | dd of="$state" bs=1 seek=30 conv=notrunc 2>/dev/null
capd -w "$data"
is "$(grep -c 'starting without what was known' "$log")" 1 \
	"damage is told once"
feed "$set/data.dat"
feed "$set/template.dat"
stop
is "$(stored)" $((n * 6)) "and templates are learnt again"

rm "$state"
mkdir "$state"
capd -w "$data"
ok "what is in the way is told" logged 'starting without what was known'
feed "$set/template.dat"
feed "$set/data.dat"
stop
is "$(stored)" $((n * 7)) "and costs no flow"
is "$(grep -c 'templates are not kept' "$log")" 1 "but is told"
rmdir "$state"

capd -w "$data" --no-state
feed "$set/template.dat"
stop
ok "not when it is not wanted" [ ! -e "$state" ]

# With a base directory it is there; one file for all.
mkdir "$tmp/base"
capd -M "$tmp/base"
feed "$set/template.dat"
stop
ok "in the base directory" [ -s "$tmp/base/.flowcapd.state.stat" ]
capd -M "$tmp/base"
feed "$set/data.dat"
stop
is "$(flows "$tmp"/base/127-0-0-1/nfcapd.2*)" "$n" "of dynamic sources, too"

done_testing
