/*
 * Statistics from flows.
 */

#include "record/stats.h"

/* What counts of one record. */
struct sample {
	uint8_t proto;
	uint64_t in_packets, out_packets;
	uint64_t in_bytes, out_bytes;
	uint64_t first_ms, last_ms;
};

static inline void
add(struct record_stats *s, const struct sample *v)
{
	enum record_proto group = record_proto_group(v->proto);

	s->flows++;
	s->packets += v->in_packets + v->out_packets;
	s->bytes += v->in_bytes + v->out_bytes;
	s->proto_flows[group]++;
	s->proto_packets[group] += v->in_packets;
	s->proto_bytes[group] += v->in_bytes;
	if (v->first_ms < s->first_ms)
		s->first_ms = v->first_ms;
	if (v->last_ms > s->last_ms)
		s->last_ms = v->last_ms;
}

void
record_stats_add_flow(struct record_stats *s, const struct flow *f)
{
	const struct sample v = { f->proto, f->in_packets, f->out_packets,
		f->in_bytes, f->out_bytes, f->first_ms, f->last_ms };

	add(s, &v);
}

void
record_stats_fields(struct fieldset *want)
{
	fieldset_add(want, FLD_PROTO);
	fieldset_add(want, FLD_IN_PACKETS);
	fieldset_add(want, FLD_OUT_PACKETS);
	fieldset_add(want, FLD_IN_BYTES);
	fieldset_add(want, FLD_OUT_BYTES);
	fieldset_add(want, FLD_FIRST);
	fieldset_add(want, FLD_LAST);
}

void
record_stats_add_batch(struct record_stats *s, const struct batch *b)
{
	const uint8_t *proto = BATCH_COL(b, PROTO, uint8_t);
	const uint64_t *in_packets = BATCH_COL(b, IN_PACKETS, uint64_t);
	const uint64_t *out_packets = BATCH_COL(b, OUT_PACKETS, uint64_t);
	const uint64_t *in_bytes = BATCH_COL(b, IN_BYTES, uint64_t);
	const uint64_t *out_bytes = BATCH_COL(b, OUT_BYTES, uint64_t);
	const uint64_t *first = BATCH_COL(b, FIRST, uint64_t);
	const uint64_t *last = BATCH_COL(b, LAST, uint64_t);

	struct record_stats sum = *s; /* which no column can be */

	for (uint32_t i = 0; i < b->nsel; i++) {
		uint32_t row = b->sel[i];
		const struct sample v = { proto[row], in_packets[row],
			out_packets[row], in_bytes[row], out_bytes[row],
			first[row], last[row] };

		add(&sum, &v);
	}
	*s = sum;
}
