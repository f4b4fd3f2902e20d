#!/bin/sh
# The stored corpus of states through their loader.
exec "$BUILDDIR/tests/fuzz/fuzz_wire_state" \
	"$SRCDIR/tests/fuzz/corpus/wire_state"
