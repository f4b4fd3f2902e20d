#!/bin/sh
# The stored corpus of captures.
exec "$BUILDDIR/tests/fuzz/fuzz_meter" "$SRCDIR/tests/fuzz/corpus/meter"
