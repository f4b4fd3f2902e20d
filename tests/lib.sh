# Helpers for shell tests that speak TAP.  Read with:
#
#	. "$SRCDIR/tests/lib.sh"
#
# $tmp is a directory of the test's own; it goes away at the end.

: "${SRCDIR:?run by make check}" "${BUILDDIR:?run by make check}"

tap_count=0
tap_failed=0
tap_planned=

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# plan COUNT: say how many checks will follow.
plan()
{
	tap_planned=$1
	echo "1..$1"
}

# skip_all REASON: skip the whole test; call before the first check.
skip_all()
{
	echo "1..0 # SKIP $*"
	exit 0
}

# need TOOL...: skip the whole test if a tool is missing.
need()
{
	for tool in "$@"; do
		command -v "$tool" >/dev/null 2>&1 ||
			skip_all "$tool is not installed"
	done
}

# is_watched PROGRAM: built with a sanitizer or run by valgrind, so that its
# use of memory and time says nothing.
is_watched()
{
	grep -Eq '__[at]san_init|^exec valgrind' "$1"
}

# note: print standard input as comments.
note()
{
	sed 's/^/# /'
}

# result STATUS NAME: report one check.  The status is handed on.
result()
{
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tap_count" "$2"
	else
		printf 'not ok %d - %s\n' "$tap_count" "$2"
		tap_failed=$((tap_failed + 1))
	fi
	return "$1"
}

# skip NAME REASON: report one check as skipped.
skip()
{
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# ok NAME COMMAND...: the command must succeed.
ok()
{
	tap_name=$1
	shift
	"$@" >"$tmp/.out" 2>&1
	result $? "$tap_name" || note <"$tmp/.out"
}

# fails STATUS NAME COMMAND...: the command must exit with this status.
fails()
{
	tap_want=$1 tap_name=$2
	shift 2
	"$@" >"$tmp/.out" 2>&1
	tap_got=$?
	[ "$tap_got" -eq "$tap_want" ]
	result $? "$tap_name" && return
	{
		echo "exit status $tap_got, want $tap_want"
		cat "$tmp/.out"
	} | note
}

# is GOT WANT NAME: the strings must be equal.
is()
{
	[ "$1" = "$2" ]
	result $? "$3" || printf 'got:  %s\nwant: %s\n' "$1" "$2" | note
}

# like GOT PATTERN NAME: some line must match the extended pattern.
like()
{
	grep -Eq -e "$2" <<END_OF_TEXT
$1
END_OF_TEXT
	result $? "$3" || printf 'got:     %s\npattern: %s\n' "$1" "$2" | note
}

# unlike GOT PATTERN NAME: no line may match the extended pattern.
unlike()
{
	! grep -Eq -e "$2" <<END_OF_TEXT
$1
END_OF_TEXT
	result $? "$3" || printf 'got:     %s\npattern: %s\n' "$1" "$2" | note
}

# compare_file GOT WANT NAME: the files must be equal.
compare_file()
{
	diff -u "$2" "$1" >"$tmp/.diff" 2>&1
	result $? "$3" || note <"$tmp/.diff"
}

# rows [all]: a listing on standard input without run times and without what
# nfdump gets wrong: the line about no matches in the middle of data, and the
# BGP next hop in CSV, which repeats the next hop in IPv6 rows; with "all" that
# of every row goes.
rows()
{
	awk -F, -v OFS=, -v all="$1" '/^No matching flows$/ { next }
	/^Sys:/ { $0 = "<TIMING>" }
	NF == 48 && (all || $4 ~ /:/) { $25 = "" }
	{ print }'
}

# words FIRST: a list in pipe mode with the words of IPv6 addresses, which
# begin at this field, put right: nfdump reverses the bytes of their halves.
words()
{
	awk -F'|' -v OFS='|' -v first="$1" 'function reverse(v, r, i) {
		for (i = 0; i < 4; i++) {
			r = r * 256 + v % 256
			v = int(v / 256)
		}
		return sprintf("%.0f", r)
	}
	$1 == 10 {
		for (i = first; i < first + 4; i += 2) {
			high = reverse($(i + 1))
			$(i + 1) = reverse($i)
			$i = high
		}
	}
	{ print }'
}

# options_of PROGRAM: those that its help tells of
options_of()
{
	"$1" -h | sed 's/^  \(-.\), \(--[^ ]*\)/  \1\n  \2/' |
		sed -n 's/^  \(-[^ ]*\).*/\1/p'
}

# done_testing: print the plan unless plan did; exit.
done_testing()
{
	[ -n "$tap_planned" ] || echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}

# close_enough FILE FILE: equal, but a whole number may be one off:
# nfdump 1.7.1 computes rates in floating point.
close_enough()
{
	awk 'NR == FNR { want[FNR] = $0; lines = FNR; next }
	$0 == want[FNR] { next }
	{
		n = split(want[FNR], w)
		bad = n != split($0, g)
		for (i = 1; i <= n && !bad; i++)
			bad = w[i] != g[i] && (w[i] g[i] ~ /[^0-9]/ ||
				w[i] - g[i] < -1 || w[i] - g[i] > 1)
		if (bad && ++failed < 5)
			printf "want: %s\ngot:  %s\n", want[FNR], $0
	}
	END { exit failed > 0 || lines != FNR }' "$2" "$1"
}

# make_unit NAME PROGRAM: the unit for systemd as $unit, which starts PROGRAM
make_unit()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL
	unit=$tmp/$1.service
	make -s -C "$BUILDDIR" "$1.service" >"$tmp/make.log" 2>&1
	result $? "the unit is made" || note <"$tmp/make.log"
	unlike "$(cat "$BUILDDIR/$1.service")" '@[a-z]+dir@' "all is filled in"
	sed "s|^ExecStart=[^ ]*|ExecStart=$2|" "$BUILDDIR/$1.service" >"$unit"
}

# sound_unit NAME TENTHS UNIT FILE...: systemd understands the unit and what
# belongs to it, whose names begin with NAME, and finds it exposed by so many
# tenths at most.
sound_unit()
{
	unit_name=$1
	unit_limit=$2
	shift 2
	systemd-analyze verify --man=no "$@" >"$tmp/out" 2>&1
	unit_status=$?
	if grep -q 'Failed to \(initialize\|connect\|set up\)' "$tmp/out"; then
		skip "verify" "$(head -n 1 "$tmp/out")"
		skip "security" "systemd-analyze does not work here"
		return
	fi
	is "$unit_status$(grep -F "$unit_name" "$tmp/out")" 0 "verify"
	systemd-analyze security --offline=yes --threshold="$unit_limit" "$1" \
		>"$tmp/out" 2>&1
	result $? "security: exposure of $unit_limit tenths at most" ||
		tail -n 5 "$tmp/out" | note
}
