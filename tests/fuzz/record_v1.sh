#!/bin/sh
# The stored corpus of block payloads of nfdump 1.6 through the conversion.
exec "$BUILDDIR/tests/fuzz/fuzz_record_v1" "$SRCDIR/tests/fuzz/corpus/record_v1"
