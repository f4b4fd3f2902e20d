# The Pandora contract in the dialect of nfdump 1.6, which consoles know best.

"$FLOWDUMP" -h | grep -q -e '--compat' || {
	echo "1..0 # SKIP there is no --compat"
	exit 0
}
FLOWDUMP_COMPAT=1.6
export FLOWDUMP_COMPAT
. "$SRCDIR/tests/cli/pandora.sh"
