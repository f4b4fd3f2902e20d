#ifndef RECORD_STATS_H
#define RECORD_STATS_H

#include "flow/batch.h"
#include "record/info.h"

/*
 * Filling the statistics of a file (file-format.md 1.5): the grand totals
 * include the out counters, those of the protocol groups do not.  "flows"
 * counts records.
 */

void record_stats_add_flow(struct record_stats *s, const struct flow *f);

/* Columns that record_stats_add_batch() reads. */
void record_stats_fields(struct fieldset *want);

/* Add the selected rows. */
void record_stats_add_batch(struct record_stats *s, const struct batch *b);

#endif
