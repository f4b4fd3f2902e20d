#!/bin/sh
# The stored corpus of TLS hellos.
exec "$BUILDDIR/tests/fuzz/fuzz_tls" "$SRCDIR/tests/fuzz/corpus/tls"
