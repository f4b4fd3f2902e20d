/*
 * Filters in tests.  Everything here gives up the test when it fails, so
 * callers do not check.
 */

#ifndef TESTS_FILTERKIT_H
#define TESTS_FILTERKIT_H

#include "flow/batch.h"
#include "query/filter.h"

/* A batch with a column for every field; release with batch_fini(). */
void filterkit_batch(struct batch *b);

struct filter *filterkit_compile(const char *text);

/* Narrow the selection of the batch. */
void filterkit_apply(const struct filter *f, struct batch *b);

#endif
