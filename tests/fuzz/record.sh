#!/bin/sh
# The stored corpus of block payloads through the record decoder.
exec "$BUILDDIR/tests/fuzz/fuzz_record" "$SRCDIR/tests/fuzz/corpus/record"
