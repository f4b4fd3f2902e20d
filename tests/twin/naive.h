#ifndef TWIN_NAIVE_H
#define TWIN_NAIVE_H

#include "query/totals.h"
#include "twin/input.h"
#include "twin/spec.h"

/*
 * Grouping as a reader of lib/query/group.h would do it by hand: an array of
 * rows, searched from its begin for every flow.  Matches are numbers of flows
 * of the input, ascending.
 */

struct naive_row {
	struct flow flow; /* what the row shows; all else is zero */
	uint64_t bucket_ms; /* begin of its bucket, or 0 */
	struct sums sums; /* in the direction that is shown */
	bool is_shown; /* not cut off by "top" */

	/* while flows are added */
	unsigned first; /* match that it was made for */
	unsigned side;
	unsigned *flows; /* matches whose distinct values it counts */
	unsigned nflows;
	uint64_t *bytes; /* in each bucket, for the percentile */
};

struct naive {
	const struct input *in;
	const struct group_spec *spec;
	const unsigned *matches;
	unsigned nmatches;
	struct naive_row *rows;
	unsigned nrows;
	unsigned room;
	uint64_t first_bucket, last_bucket; /* of all flows, numbers */
};

/* Group all matches. */
void naive_group(struct naive *n);

/* Drop the rows outside the limits. */
void naive_limit(struct naive *n, const struct group_limits *limits);

/* Sort, and tell which rows are shown. */
void naive_sort(struct naive *n, const struct order *o, uint64_t top);

void naive_fini(struct naive *n);

#endif
