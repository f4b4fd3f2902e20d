#!/bin/sh
# The stored corpus of filter texts through the compiler.
exec "$BUILDDIR/tests/fuzz/fuzz_filter" "$SRCDIR/tests/fuzz/corpus/filter"
