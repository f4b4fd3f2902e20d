#!/bin/sh
# The stored corpus of flow files through the reader and the recovery.
exec "$BUILDDIR/tests/fuzz/fuzz_store" "$SRCDIR/tests/fuzz/corpus/store"
