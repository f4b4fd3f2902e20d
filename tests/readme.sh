#!/bin/sh
# Take the tour of README.md: run its commands, in a directory that is made
# for it, with the programs that PATH has, and compare what they print with
# what stands there.  Nothing else of the tree is needed.
#
# usage: readme.sh [-p] [README.md [office.pcap.gz]]
#
# -p prints the tour as it went instead of comparing, for a new README.md.

dir=$(dirname "$0")
show=
if [ "$1" = -p ]; then
	show=yes
	shift
fi
readme=${1:-$dir/../README.md}
capture=${2:-$dir/data/office/office.pcap.gz}

tmp=$(mktemp -d) || exit 1
trap '[ ! -f "$tmp/box/flowcapd.pid" ] || kill "$(cat "$tmp/box/flowcapd.pid")"
	rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$tmp/box" && cp "$capture" "$tmp/box/office.pcap.gz" || exit 1
TZ=UTC
export TZ

# What the next run has otherwise: names of files, the time it took, and, on
# a machine with much to do, the number of blocks.
same()
{
	sed -e 's/nfcapd\.20[0-9]*/nfcapd.TIME/' -e '/^Sys: /d' \
		-e 's/Bytes read: .*//' -e 's/[0-9] of [0-9] blocks/N blocks/' \
		-e 's/address [0-9]$/address N/'
}

awk '/^## / { tour = /^## Two minutes/ }
	/^```/ { inside = tour && /console/; next }
	inside' "$readme" >"$tmp/want"
while IFS= read -r line; do
	case $line in
	'$ '*) ;;
	*) continue ;;
	esac
	printf '%s\n' "$line"
	(cd "$tmp/box" && exec sh -c "${line#??}") </dev/null 2>&1 ||
		echo "exit status $?"
done <"$tmp/want" >"$tmp/got"

if [ -n "$show" ]; then
	cat "$tmp/got"
	exit
fi
grep -q '^\$ flowdump' "$tmp/want" || {
	echo "readme.sh: $readme has no tour" >&2
	exit 1
}
same <"$tmp/want" >"$tmp/want.same"
same <"$tmp/got" >"$tmp/got.same"
diff -u "$tmp/want.same" "$tmp/got.same"
