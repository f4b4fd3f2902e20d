#ifndef FLOWCAPD_TALLY_H
#define FLOWCAPD_TALLY_H

#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"
#include "flowcapd/status.h"
#include "wire/decode.h"

/*
 * What a receiver counts from the start on for its part of a status; all
 * else is what its decoder knows.
 */

/* What an exporter has sent. */
struct tally_sums {
	uint64_t flows[STAT_PROTOS];
	uint64_t packets[STAT_PROTOS];
	uint64_t bytes[STAT_PROTOS];
};

struct tally {
	uint64_t datagrams;
	uint64_t bytes; /* of datagrams */
	uint64_t bad_packets;
	uint64_t ignored;
	uint64_t queue_drops;
	uint64_t tera[INTAKE_TERAS]; /* messages, by what they came over */
	struct tally_sums *sums; /* by number of exporter */
	uint32_t room;
	uint32_t first, step; /* of those numbers */
	struct tally_sums *last; /* those used last; NULL: none */
	uint32_t last_sysid; /* whose they are */
};

/* Release what is in it. */
void tally_fini(struct tally *t);

/*
 * An exporter has been met: make room for its sums.  Without memory, or a
 * number, none are kept.
 */
void tally_exporter(struct tally *t, const struct wire_exporter *e);

/* Find the sums of an exporter for the flows that follow. */
void tally_turn_to(struct tally *t, uint32_t sysid);

static inline void
tally_flow(struct tally *t, const struct wire_exporter *e,
    const struct flow *f)
{
	enum record_proto group = record_proto_group(f->proto);

	if (e->sysid != t->last_sysid)
		tally_turn_to(t, e->sysid);
	if (t->last == NULL)
		return;
	t->last->flows[group]++;
	t->last->packets[group] += f->in_packets + f->out_packets;
	t->last->bytes[group] += f->in_bytes + f->out_bytes;
}

/*
 * Fill in a part of a status.  number_of() is the number of the source of a
 * sender.  -1 with ERR_NOMEM, *part is empty then.
 */
int tally_tell(const struct tally *t, const struct wire_decoder *d,
    uint32_t (*number_of)(void *ctx, struct addr sender), void *ctx,
    struct status *part, struct err *err);

#endif
