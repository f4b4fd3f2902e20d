# The names that --list prints are those that options take, and completion
# for bash offers them.

. "$SRCDIR/tests/lib.sh"

file=$SRCDIR/tests/data/query/in-1.7.1/netflow/nfcapd.202405140900

# take OPTION NAME: run with it
take()
{
	case $2 in
	*/) set -- "$1" "${2}24" ;;
	*:) set -- "$1" "$2%sa" ;;
	*geo) return ;; # needs a database
	distinct) set -- "$@" -a --distinct dstip ;;
	p95) set -- "$@" -a --p95 ;;
	esac
	"$FLOWDUMP" -r "$file" "$@" >"$tmp/out" 2>&1
}

# taken LIST OPTION: the option takes every name of the list
taken()
{
	"$FLOWDUMP" --list "$1" >"$tmp/names"
	ok "--list $1" test -s "$tmp/names"
	ok "--list $1: no name twice" test -z "$(sort "$tmp/names" | uniq -d)"
	while read -r name; do
		take "$2" "$name" || echo "$name"
	done <"$tmp/names" >"$tmp/refused"
	is "$(cat "$tmp/refused")" "" "--list $1: $2 takes all of them"
}

taken fields -s
taken keys -A
taken modes -o
taken orders -O
"$FLOWDUMP" -r "$file" -o no-such-mode 2>&1 |
	sed 's/.*known: //; s/,.*//' | tr ' ' '\n' | sed 's/:TEXT$/:/' |
	sort >"$tmp/want"
"$FLOWDUMP" --list modes | sort >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "--list modes: as the message says"
fails 1 "--list of something else" "$FLOWDUMP" --list no-such-list

if ! command -v bash >/dev/null; then
	skip "completion" "bash is not installed"
	done_testing
fi

# offered PROGRAM WORD...: what bash offers for the last one
offered()
{
	bash -c '
		compopt() { :; }
		. "$SRCDIR/scripts/completions/$1" || exit 1
		"_$1" "$BUILDDIR/$1" "${@: -1}" "${@: -2:1}"
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"
	' bash "$@" 2>&1
}

for program in flowcapd flowdump flowexpire; do
	"$BUILDDIR/$program" -h | sed -n 's/^  \(-[-A-Za-z0-9]*\).*/\1/p' >"$tmp/want"
	offered "$program" - >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "completion: options of $program"
done
is "$(offered flowdump --exp)" --explain "completion: a long option"
for list in fields:-s keys:-A modes:-o orders:-O; do
	"$FLOWDUMP" --list "${list%:*}" >"$tmp/want"
	offered flowdump "${list#*:}" '' >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "completion: ${list#*:}"
done
is "$(offered flowdump -o bil)" "biline
bilong" "completion: a mode"
is "$(offered flowdump -s srcip/bp)" "srcip/bps
srcip/bpp" "completion: an order after a field"
is "$(offered flowdump -s srcip/bytes/obyt)" "srcip/bytes/obyte
srcip/bytes/obytes" "completion: another order"
is "$(offered flowdump -A srcip,dstpor)" srcip,dstport \
	"completion: another key"
is "$(offered flowdump -r '')" "" "completion: files are left to bash"
mkdir -p "$tmp/store/2026"
: >"$tmp/store/file"
for option in flowcapd:-w flowcapd:-M flowcapd:-l flowexpire:-e; do
	is "$(offered "${option%:*}" "${option#*:}" "$tmp/store/")" \
		"$tmp/store/2026" "completion: a directory, $option"
done
is "$(offered flowcapd -z lz)" "lzo
lz4" "completion: flowcapd -z"
is "$(offered flowcapd --compress z)" zstd "completion: flowcapd --compress"
is "$(offered flowcapd --sync '')" "never
close
flush" "completion: flowcapd --sync"
is "$(offered flowcapd -u roo)" root "completion: flowcapd -u"
is "$(offered flowcapd --listen s)" sflow:// "completion: flowcapd --listen"
is "$(offered flowcapd -w --stat)" --status \
	"completion: an option in place of an argument"
is "$(offered flowcapd -J '')" "" "completion: no names for a group to join"
is "$(offered flowcapd -D '')" "" "completion: a flag takes nothing"
is "$(offered flowexpire -s -)" "" "completion: a size is left to the user"
if command -v shellcheck >/dev/null; then
	ok "shellcheck" shellcheck -s bash \
		"$SRCDIR/scripts/completions/flowcapd" \
		"$SRCDIR/scripts/completions/flowdump" \
		"$SRCDIR/scripts/completions/flowexpire"
else
	skip "shellcheck" "it is not installed"
fi
done_testing
