#ifndef QUERY_FILTER_FACTS_H
#define QUERY_FILTER_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/*
 * What every flow that a filter selects has in common, as far as an index of
 * blocks knows about it: a block without such a flow need not be read.  The
 * facts are weaker than the filter and never stronger: a flow may satisfy
 * all of them and not match.
 */

/* Values from lo to hi; numbers stand in the lower half. */
struct item {
	struct addr lo;
	struct addr hi;
};

#define FILTER_SRC 0x1
#define FILTER_DST 0x2

/*
 * The value on one of the sides lies in one of the items, which are
 * ascending and apart from each other.  A flow without addresses has "::",
 * on both sides.
 */
struct filter_need {
	unsigned sides; /* FILTER_* ored */
	uint32_t nitems;
	const struct item *items;
};

/* Of several needs of one kind, all hold; those of the fewest items are kept. */
#define FILTER_NEEDS_MAX 4

struct filter_needs {
	unsigned count;
	struct filter_need need[FILTER_NEEDS_MAX];
};

/* Times from and to, both included; all there are unless something is known. */
struct filter_times {
	uint64_t from_ms;
	uint64_t to_ms;
};

struct filter_facts {
	bool is_never; /* no flow matches; the rest means nothing */
	bool is_v4; /* the flow has the extension for IPv4 addresses, ... */
	bool is_v6; /* for IPv6 addresses */
	uint64_t proto[4]; /* a bit for each protocol that it may have */
	struct filter_needs addr;
	struct filter_needs port;
	struct filter_times first;
	struct filter_times last;
};

struct filter;

/* Nothing is known yet: those of every flow. */
void filter_facts_init(struct filter_facts *x);

/* They live as long as the filter. */
const struct filter_facts *filter_facts(const struct filter *f);

/*
 * Add that flows lie in a window: they begin at from_ms or later and end at
 * to_ms or earlier.
 */
void
filter_facts_window(struct filter_facts *x, uint64_t from_ms, uint64_t to_ms);

/*
 * How the filter was understood, as lines of text, allocated: its normal
 * form, the columns that it reads, its sets, and the facts.  *facts are
 * those of the filter, or a copy with more.  NULL when out of memory.
 */
char *filter_explain(const struct filter *f, const struct filter_facts *facts);

#endif
