#!/bin/sh
# The stored corpus of datagrams through the decoder.
exec "$BUILDDIR/tests/fuzz/fuzz_wire" "$SRCDIR/tests/fuzz/corpus/wire"
