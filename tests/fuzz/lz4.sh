#!/bin/sh
# The stored corpus of blocks through our LZ4 encoder and back.
exec "$BUILDDIR/tests/fuzz/fuzz_lz4" "$SRCDIR/tests/fuzz/corpus/lz4"
