#ifndef FLOWDUMP_NAMES_H
#define FLOWDUMP_NAMES_H

#include "base/err.h"

/*
 * Print the names that an option takes, one a line: "fields" of -s, "keys" of
 * -A, "modes" of -o, "orders" of -O.  Behind a ":" or "/" at the end of a name
 * more has to follow.  ERR_VALUE for another list.
 */
int names_print(const char *what, struct err *err);

#endif
