#ifndef FLOWCAPD_CORRECT_H
#define FLOWCAPD_CORRECT_H

#include <stddef.h>
#include <stdint.h>

#include "record/info.h"
#include "wire/decode.h"

/*
 * Flows that come before their exporter tells its sampling rate.  When the
 * rate comes, those that are still in the open block are multiplied in place;
 * what has gone to the writer stays as it is.
 *
 * A list beside the block has what the records in it do not: the sampler that
 * a flow names, and that the default rate was applied to it.  Flows without
 * either are not in the list, but known by not being marked as sampled.
 */

struct correct; /* opaque */

/* With the rate of -s, 0 or 1 none.  NULL when there is no memory. */
struct correct *correct_new(uint32_t default_rate);

/* NULL is allowed. */
void correct_free(struct correct *c);

/* Another rate of -s, for the next block. */
void correct_set_rate(struct correct *c, uint32_t default_rate);

/* Another block is begun: forget the flows of the last one. */
void correct_clear(struct correct *c);

/*
 * Flow f of exporter e was put into the block, as the record at offset.  Call
 * for each flow, in order.  Without memory the flow is not corrected later.
 */
void correct_note(struct correct *c, const struct wire_exporter *e,
    const struct flow *f, size_t offset);

/*
 * A rate was told (wire_sink.sampler).  Corrects the flows that it is for in
 * the block of len bytes and makes *stats those of all its flows.  What an
 * index notes of flows does not change.  The number of flows corrected; -1 when
 * there is no memory, and nothing was changed then.
 */
int correct_block(struct correct *c, const struct wire_exporter *e,
    const struct wire_sampler *s, uint8_t *data, size_t len,
    struct record_stats *stats);

#endif
