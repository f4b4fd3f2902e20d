#!/bin/sh
# The stored corpus of DNS messages.
exec "$BUILDDIR/tests/fuzz/fuzz_dns" "$SRCDIR/tests/fuzz/corpus/dns"
