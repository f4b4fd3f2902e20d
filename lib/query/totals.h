#ifndef QUERY_TOTALS_H
#define QUERY_TOTALS_H

#include "flow/batch.h"

/* Sums over matched flows; zero-initialise. */
struct totals {
	uint64_t records; /* matched records */
	uint64_t flows; /* their flow counts, each at least 1 */
	uint64_t packets; /* in + out */
	uint64_t bytes; /* in + out */
	uint64_t first_ms; /* smallest; meaningless while records is 0 */
	uint64_t last_ms; /* largest */
};

/* Columns that totals_add() reads. */
void totals_fields(struct fieldset *want);

/* Add the selected rows. */
void totals_add(struct totals *t, const struct batch *b);

void totals_merge(struct totals *t, const struct totals *o);

#endif
