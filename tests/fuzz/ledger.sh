#!/bin/sh
# The stored corpus of ledgers through their parser.
exec "$BUILDDIR/tests/fuzz/fuzz_ledger" "$SRCDIR/tests/fuzz/corpus/ledger"
