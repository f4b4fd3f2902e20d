#ifndef TWIN_SPEC_H
#define TWIN_SPEC_H

#include "dice.h"
#include "query/group.h"
#include "twin/input.h"

/* A random query: everything but the filter. */

#define SPEC_ORDERS_MAX 4
#define SPEC_TEXT_MAX 2048

struct spec {
	struct group_spec group;
	struct order orders[SPEC_ORDERS_MAX];
	unsigned norders;
	uint64_t top;
	bool is_limited; /* use limits */
	struct group_limits limits;
	struct fieldset shown; /* columns that are compared */

	/* of the scan */
	uint64_t from_ms;
	uint64_t to_ms;
	uint64_t count; /* matches to stop after, 0 none */
	unsigned threads;
	uint64_t memory; /* for grouping, 0 no bound */
};

void spec_make(struct dice *d, const struct input *in, struct spec *s);

/* In words, to text of SPEC_TEXT_MAX bytes. */
void spec_text(const struct spec *s, char *text);

#endif
