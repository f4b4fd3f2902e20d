#!/bin/sh
# The stored corpus of packets.
exec "$BUILDDIR/tests/fuzz/fuzz_packet" "$SRCDIR/tests/fuzz/corpus/packet"
