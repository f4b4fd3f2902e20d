#!/bin/sh
# The stored corpus of block payloads of layout 3 through their conversion.
exec "$BUILDDIR/tests/fuzz/fuzz_record_v4" "$SRCDIR/tests/fuzz/corpus/record_v4"
