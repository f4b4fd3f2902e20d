#!/bin/sh
# The stored corpus of Tera Flow messages through the decoder.
exec "$BUILDDIR/tests/fuzz/fuzz_tera" "$SRCDIR/tests/fuzz/corpus/tera"
