#ifndef OUTPUT_DIALECT_H
#define OUTPUT_DIALECT_H

#include "base/buffer.h"
#include "base/err.h"

/*
 * Whose bytes are printed (query-cli.md): those of nfdump 1.7.1, or those of
 * 1.6.13, each without what the page calls a defect.  What differs stands in
 * tables: tokens and csv columns in *_1_6.def, the rest beside its printer.
 */

enum dialect {
	DIALECT_1_7,
	DIALECT_1_6,
	DIALECT_COUNT
};

/* "1.6", "1.7" or "1.7.1".  -1 with ERR_VALUE, which names them. */
int dialect_parse(const char *name, enum dialect *d, struct err *err);

/* Append these names, each with a blank behind. */
void dialect_names(struct buffer *out);

#endif
