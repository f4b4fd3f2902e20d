#ifndef FLOWDUMP_LISTING_H
#define FLOWDUMP_LISTING_H

#include "flowdump/query.h"
#include "output/format.h"

/*
 * A listing under way: a sink that prints flows as they are delivered, with
 * one heading before the first.
 */

struct listing {
	struct query *query;
	struct format *format;
	struct scan_sink sink;
	bool has_begun; /* the heading is out */
	uint64_t rows; /* printed */
};

/*
 * Compile the format of the options and have the plan of the query read its
 * columns.  ERR_VALUE, ERR_USAGE, ERR_NOMEM.  Call listing_close() either way.
 */
int listing_open(struct listing *l, struct query *q, struct err *err);
void listing_close(struct listing *l);

/* The heading, unless it is out already. */
int listing_heading(struct listing *l, struct err *err);

/* What stands behind the rows. */
int listing_end(struct listing *l, struct err *err);

#endif
