#!/bin/sh
# The data directory is opened once.  Renamed, it is still where files go;
# what is put in its place, a link above all, is not written through.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

elsewhere=$tmp/elsewhere
moved=$tmp/moved
mkdir "$elsewhere"

# in_dir DIR: what we have in a directory, hidden or not.
in_dir()
{
	find "$1" -mindepth 1 | wc -l
}

ok "starts" capd -t 1 -S 7 -e -x "sh -c 'echo \"\$1\" >>$tmp/launched' x %d" \
	-l "$data"
ok "rotates" rotate
mv "$data" "$moved"
ln -s "$elsewhere" "$data"
feed_v5
ok "rotates in a directory that was renamed" rotate
ok "which is the one for commands" \
	wait_for grep -q "/moved$" "$tmp/launched"
stop
is $? 0 "stops"
is "$(flows "$moved"/*/nfcapd.2*)" 5 "flows are where files were before"
is "$(in_dir "$elsewhere")" 0 "nothing is where the link leads"
like "$(cat "$moved/.nfstat")" \
	"numfiles=$(find "$moved" -name 'nfcapd.2*' | wc -l)$" \
	"the books are right"
is "$(find "$moved" -name 'nfcapd.current*')" "" "no file is left"
unlike "$(cat "$log")" "are lost|cannot|No such|removed" "no trouble is told"

rm "$data"
mv "$moved" "$data"
ok "starts again" capd -t 31536000 --flush 1 -l "$data"
rm -r "$data"
ln -s "$elsewhere" "$data"
feed_v5
ok "a link in place of a removed directory is told" \
	wait_for logged "^cannot open directory '$data'"
is "$(in_dir "$elsewhere")" 0 "and not followed"
rm "$data"
feed_v5
ok "when it is gone the directory is made again" wait_for on_disk 100
stop
is "$(flows "$data"/nfcapd.2*)" 5 "and has what came then"
is "$(in_dir "$elsewhere")" 0 "all that time nothing is elsewhere"

# A name that was a link from the start is the administrator's.
rm -r "$data"
ln -s "$elsewhere" "$data"
ok "starts where a link leads" capd -t 31536000 --flush 1 -l "$data"
rm -r "$elsewhere"
feed_v5
ok "which is made again, too" wait_for on_disk 100
stop
is "$(flows "$elsewhere"/nfcapd.2*)" 5 "for what comes"
ok "the link stays" [ -L "$data" ]

# Links with names that we are going to make.
rm -r "$data" "$elsewhere"
mkdir "$data" "$elsewhere"
echo theirs >"$elsewhere/file"
ln -s "$elsewhere/file" "$data/.flowcapd.state.new.stat"
ln -s "$elsewhere" "$data/$(date +%Y-%m-%d)"
ok "starts beside links" capd -t 1 -S 7 -l "$data"
feed "$wire/syn_v9_data_before_template/template.dat"
feed_v5
ok "rotates" rotate
stop
is "$(cat "$elsewhere/file")" theirs "what one leads to stays as it is"
is "$(in_dir "$elsewhere")" 1 "nothing comes to it"
is "$(flows "$data"/nfcapd.2*)" 5 "flows stay in the directory"
like "$(cat "$log")" "no sub-directory for .*: stored in '$data'" "told"
done_testing
