#ifndef FLOWEXPIRE_HOLD_H
#define FLOWEXPIRE_HOLD_H

#include "base/err.h"
#include "query/filter.h"
#include "store/expire.h"

/* Flows that are to be kept, in files that are to go. */
struct hold {
	struct filter *filter;
	char *dir; /* real path, to which they are copied; NULL: nowhere */
	int fd; /* of that, open */
};

enum hold_answer {
	HOLD_NO, /* there are none */
	HOLD_YES,
	HOLD_COPIED, /* and are safe in h->dir */
	HOLD_UNKNOWN /* the file cannot be read to its end, or copied */
};

/*
 * Compile the filter, and find the directory unless it is NULL; it may not be
 * in the data directory.  ERR_VALUE, ERR_SYSTEM, ERR_NOMEM, and what
 * filter_compile() says.  Release with hold_fini() in any case.
 */
int hold_init(struct hold *h, const char *filter, const char *dir,
    const char *data, struct err *err);

/*
 * Look for such flows in a file.  They are copied to a file of that name below
 * h->dir, and put on stable storage there; what is there already is never
 * changed.  *err is filled for HOLD_UNKNOWN.
 */
enum hold_answer hold_ask(const struct hold *h, const struct expire_file *f,
    const char *name, struct err *err);

void hold_fini(struct hold *h);

#endif
