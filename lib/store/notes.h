#ifndef STORE_NOTES_H
#define STORE_NOTES_H

#include "flow/flow.h"

/*
 * What the index of a file says of some flows, besides their statistics.
 * Who makes records takes notes of the flows when it has them in hand; they
 * need not be decoded again then when the records are written.
 */

struct store_notes; /* opaque */

/* Without flows.  NULL when there is no memory. */
struct store_notes *store_notes_new(void);

/* NULL is allowed. */
void store_notes_free(struct store_notes *n);

/* Forget all flows. */
void store_notes_clear(struct store_notes *n);

/*
 * A flow of which record_encode() has made a record, addresses and counters not
 * left out.  Notes that lack a flow, be it for want of memory, count for
 * nothing: the records are decoded then.
 */
void store_notes_add(struct store_notes *n, const struct flow *f);

#endif
