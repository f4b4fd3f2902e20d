# The names that --list prints are those that options take, and the completions
# for bash, fish and zsh offer them, all options and what else these take.

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

# The completions, and what is offered at the end of a line.  Where names of
# files are, bash is told so, and the others give them.
shells="bash fish zsh"
dir=$BUILDDIR/completions
mkdir -p "$tmp/store/2026"
: >"$tmp/store/file"

# shell NAME: run its driver, with what is on standard input
shell()
{
	driver=$SRCDIR/tests/cli/completion.$1
	(
		cd "$tmp/store" || exit 1
		case $1 in
		bash) timeout 60 bash --norc "$driver" "$dir" ;;
		fish) HOME=$tmp timeout 60 fish --no-config "$driver" "$dir" ;;
		zsh) HOME=$tmp timeout 60 zsh -f "$driver" "$dir" ;;
		esac
	) 2>&1
}

# answers LINES: in order and on one line each, without what bash leaves out:
# the word up to its last colon or equal sign
answers()
{
	awk 'NR == FNR {
		head = $0
		sub(/.* /, "", head)
		if (!sub(/[^:=]*$/, "", head) || $0 ~ /\047/)
			head = ""
		heads[FNR] = head
		next
	}
	$0 == "." {
		for (i = 1; i <= n; i++)
			for (j = n; j > i; j--)
				if (word[j] < word[j - 1]) {
					swap = word[j]
					word[j] = word[j - 1]
					word[j - 1] = swap
				}
		for (i = 1; i <= n; i++)
			printf "%s%s", (i > 1 ? " " : ""), word[i]
		print ""
		n = 0
		line++
		next
	}
	{
		if (substr($0, 1, length(heads[line + 1])) == heads[line + 1])
			$0 = substr($0, length(heads[line + 1]) + 1)
		if ($0 ~ /[^:\/]\/$/ && $0 !~ /^(src|dst)ip[46]\/$/)
			sub(/\/$/, "")
		if (!(($0, line) in seen))
			word[++n] = $0
		seen[$0, line] = 1
	}' "$1" -
}

# one_line: words on standard input
one_line()
{
	sort | tr '\n' ' ' | sed 's/ $//'
}

cat >"$tmp/table" <<'END_OF_TABLE'
flowdump --exp|--explain
flowdump -o bil|biline bilong
flowdump -o fm|fmt:
flowdump -o fmt:%id|%idmc %idt
flowdump -o 'fmt:%sa %id|fmt:%sa %idmc fmt:%sa %idt
flowdump -o 'csv:%ts,%id|csv:%ts,%idmc csv:%ts,%idt
flowdump -s srcip/bp|srcip/bpp srcip/bps
flowdump -s srcip/bytes/obyt|srcip/bytes/obyte srcip/bytes/obytes
flowdump -A srcip4|srcip4/
flowdump -A srcip,dstpor|srcip,dstport
flowdump --distinct=srcip,dstpor|srcip,dstport
flowdump -O bytes:|a d
flowdump --list |fields keys modes orders
flowdump --schema |json ndjson
flowdump --compat |1.6 1.7 1.7.1
flowdump --compress l|lz4 lzo
flowdump -c |
flowdump -qr |FILES
flowdump -E |FILES
flowdump --index |FILES
flowdump --follow |DIRS
flowdump -M /nowhere:2|DIRS
flowdump -r file srci|
flowdump -r file bgpn|bgpnext
flowdump -r file src po|port
flowdump -r file -q proto ud|udp udp-l udplite
flowdump -r file ud|udp udp-l udplite
flowdump -r file src port 80 |and or
flowdump -r file src port 80 and bgpn|bgpnext
flowdump -r file 'src po|src port
flowdump -r file '(src po|(src port
flowdump -P 'pack|packets
flowcapd -w --stat|--status
flowcapd -w |DIRS
flowcapd --tls-key |FILES
flowcapd -z lz|lz4 lzo
flowcapd -u roo|root
flowcapd -g roo|root
flowcapd --sync |close flush never
flowcapd --sync=cl|close
flowcapd --listen sf|sflow://
flowcapd --listen tera+t|tera+tcp:// tera+tls://
flowcapd -d an|any
flowcapd -J |
flowexpire -e |DIRS
flowexpire --dry|--dry-run
flowexpire -s |
flowexpire --hold 'src po|src port
flowfwd tera+u|tera+udp://
flowfwd -v |1 10 5 7 9
flowfwd -L local1|local1
flowfwd tcp://localhost bgpn|bgpnext
flowprobe --track |ether full ip port proto vlan
flowprobe --time |micro milli nano sec
flowprobe --timeout tcp|tcp.fin= tcp.rst= tcp=
flowprobe -i an|any
flowprobe -l |DIRS
flowprobe tl|tls://
END_OF_TABLE
for program in flowcapd flowdump flowexpire flowfwd flowprobe; do
	echo "$program -|$(options_of "$BUILDDIR/$program" | one_line)"
done >>"$tmp/table"
for list in fields:-s keys:-A modes:-o orders:-O; do
	"$FLOWDUMP" --list "${list%:*}" >"$tmp/names"
	echo "flowdump ${list#*:} |$(one_line <"$tmp/names")"
done >>"$tmp/table"
cut -d '|' -f 1 "$tmp/table" >"$tmp/lines"

for shell in $shells; do
	if ! command -v "$shell" >/dev/null; then
		skip "$shell" "it is not installed"
		continue
	fi
	case $shell in
	bash) sed 's/|FILES$/|default/; s/|DIRS$/|dirnames/' ;;
	*) sed 's/|FILES$/|2026 file/; s/|DIRS$/|2026/' ;;
	esac <"$tmp/table" >"$tmp/want"
	shell "$shell" <"$tmp/lines" >"$tmp/raw"
	answers "$tmp/lines" <"$tmp/raw" | paste -d '|' "$tmp/lines" - >"$tmp/got"
	is "$(wc -l <"$tmp/got")" "$(wc -l <"$tmp/want")" "$shell: answers"
	while IFS='|' read -r line want <&3 && IFS= read -r got <&4; do
		is "${got#"$line|"}" "$want" "$shell: $line"
	done 3<"$tmp/want" 4<"$tmp/got"
done

if command -v shellcheck >/dev/null; then
	ok "shellcheck" shellcheck -s bash "$dir/flowcapd" "$dir/flowdump" \
		"$dir/flowexpire" "$dir/flowfwd" "$dir/flowprobe"
else
	skip "shellcheck" "it is not installed"
fi
ln -s "$dir/flowdump" "$tmp/nfdump"
if command -v bash >/dev/null; then
	is "$(bash --norc -c '. "$1" && complete -p nfdump' bash "$tmp/nfdump")" \
		"complete -F _flowdump nfdump" "bash: by another name"
fi
ln -s "$dir/flowdump.fish" "$tmp/nfdump.fish"
if command -v fish >/dev/null; then
	is "$(HOME=$tmp fish --no-config -c 'source $argv[1]
		complete -C "nfdump --exp"' "$tmp/nfdump.fish" | cut -f 1)" \
		--explain "fish: by another name"
fi
if command -v zsh >/dev/null; then
	is "$(head -n 1 "$dir/_flowdump")" "#compdef flowdump nfdump" \
		"zsh: by another name"
fi
fails 1 "no such shell" "$BUILDDIR/completion" csh flowdump
fails 1 "no such program" "$BUILDDIR/completion" bash nfdump
done_testing
