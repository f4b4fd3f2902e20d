#!/bin/sh
# Make configure and Makefile.in.
cd "$(dirname "$0")" && exec autoreconf -fi
