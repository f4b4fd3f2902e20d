#!/bin/sh
# The stored corpus of indexes through their parser.
exec "$BUILDDIR/tests/fuzz/fuzz_index" "$SRCDIR/tests/fuzz/corpus/index"
