#!/bin/sh
# flowexpire: what it refuses, and that every error has status 250.
. "$SRCDIR/tests/lib.sh"

store=$tmp/store
mkdir "$store"
date=nfcapd.202609300000
: >"$store/$date"

# refused TEXT ARGUMENT...
refused()
{
	text=$1
	shift
	fails 250 "$*" "$FLOWEXPIRE" "$@"
	like "$(cat "$tmp/.out")" "$text" "$text"
}

refused 'Missing data directory'
refused 'Only one option allowed out of' -l "$store" -e "$store"
refused 'No such directory: .*/none' -l "$tmp/none"
refused "No such directory: .*/$date" -r "$store/$date"
refused 'unknown option -x' -x
refused "Missing number in '-5'" -e "$store" -s -5
refused "Garbage character\\(s\\) 'X' in '10X'" -e "$store" -s 10X
refused "Unknown time unit '5x'" -e "$store" -t 5x
refused "Ambiguous days" -e "$store" -t 1d1d
refused 'Water mark > 100%' -e "$store" -w 101
refused 'Water mark > 100%' -u "$store" -w -1
refused 'Runtime > 3600' -e "$store" -T 3601
refused 'no file would stay' -e "$store" --free 100%
refused '-n is for -e' -n -r "$store"
refused 'No channel in' -p -l "$store"
refused '/ is no directory of flow files' -l /
mkdir "$tmp/home"
HOME=$tmp/home
export HOME
refused 'is your home directory' -e "$tmp/home"
mkdir "$tmp/home/sub"
refused 'is your home directory' -p -e "$tmp/home"
mkdir "$tmp/empty"
refused 'no flow files and no .nfstat' -e "$tmp/empty" -s 1
ok "nothing is made there" test -z "$(ls -A "$tmp/empty")"
: >"$store/one"
: >"$store/two"
refused '2 files are foreign, 1 are flow files' -e "$store" -s 1
ok "--force" "$FLOWEXPIRE" -e "$store" -s 1 --force
printf 'maxsize=1.5G\n' >"$store/.nfstat"
refused 'a limit is no number' -e "$store" --force
ok "it can be set" "$FLOWEXPIRE" -u "$store" -s 1.5G
ok "to what was meant" grep -q '^maxsize=1610612736$' "$store/.nfstat"

ok "-w 100 and attached arguments" "$FLOWEXPIRE" "-u$store" -t31d -w100
ok "-w 0 is 100" "$FLOWEXPIRE" -u "$store" -w 0
ok "it is" grep -q '^watermark=100$' "$store/.nfstat"
ok "-u -p does nothing" "$FLOWEXPIRE" -u "$store" -p -t 5d
ok "nothing" grep -q '^lifetime=2678400$' "$store/.nfstat"
ok "words are passed over" "$FLOWEXPIRE" -l "$store" and more
"$FLOWEXPIRE" -h >"$tmp/out"
is $? 0 "-h"
ok "on standard output" grep -q '^usage: flowexpire' "$tmp/out"
# standard input is no terminal: nobody is asked
yes | "$FLOWEXPIRE" -e "$store" --force >/dev/null
is $? 0 "no question"
done_testing
