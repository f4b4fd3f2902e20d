#ifndef COMMON_STANDARD_INPUT_H
#define COMMON_STANDARD_INPUT_H

#include "base/err.h"

/*
 * A flow file that comes through standard input.  Reading one needs seeking:
 * what is no file is copied to an unnamed one in tmpdir, which then is our
 * standard input.  Returns the path to read, or NULL with ERR_SYSTEM; a
 * terminal is ERR_USAGE, a name of tmpdir that is too long ERR_VALUE.
 */
const char *standard_input(const char *tmpdir, struct err *err);

#endif
