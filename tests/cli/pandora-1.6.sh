# The Pandora contract in the dialect of nfdump 1.6, which consoles know best.

FLOWDUMP_COMPAT=1.6
export FLOWDUMP_COMPAT
. "$SRCDIR/tests/cli/pandora.sh"
