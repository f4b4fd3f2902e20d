#!/bin/sh
# The stored inputs of all fuzz targets.
exec "$BUILDDIR/tests/fuzz/replay" "$SRCDIR/tests/fuzz/corpus"
