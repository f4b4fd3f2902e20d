#ifndef FLOWDUMP_NAMES_H
#define FLOWDUMP_NAMES_H

#include "base/buffer.h"
#include "base/err.h"

/*
 * Append the names that an option takes, each with a blank behind: "fields" of
 * -s, "keys" of -A, "modes" of -o, "orders" of -O.  Behind a ":" or "/" at the
 * end of a name more has to follow.  ERR_VALUE for another list, ERR_NOMEM.
 */
int names_list(const char *what, struct buffer *out, struct err *err);

/* The same on standard output, one a line. */
int names_print(const char *what, struct err *err);

/* And the names of these lists. */
void names_lists(struct buffer *out);

#endif
