/*
 * Sums over matched flows.
 */

#include "query/totals.h"

void
totals_fields(struct fieldset *want)
{
	fieldset_add(want, FLD_FLOWS);
	fieldset_add(want, FLD_IN_PACKETS);
	fieldset_add(want, FLD_OUT_PACKETS);
	fieldset_add(want, FLD_IN_BYTES);
	fieldset_add(want, FLD_OUT_BYTES);
	fieldset_add(want, FLD_FIRST);
	fieldset_add(want, FLD_LAST);
}

void
totals_add(struct totals *t, const struct batch *b)
{
	const uint64_t *flows = BATCH_COL(b, FLOWS, uint64_t);
	const uint64_t *in_packets = BATCH_COL(b, IN_PACKETS, uint64_t);
	const uint64_t *out_packets = BATCH_COL(b, OUT_PACKETS, uint64_t);
	const uint64_t *in_bytes = BATCH_COL(b, IN_BYTES, uint64_t);
	const uint64_t *out_bytes = BATCH_COL(b, OUT_BYTES, uint64_t);
	const uint64_t *first = BATCH_COL(b, FIRST, uint64_t);
	const uint64_t *last = BATCH_COL(b, LAST, uint64_t);
	struct totals s = { 0 };

	s.first_ms = UINT64_MAX;
	for (uint32_t i = 0; i < b->nsel; i++) {
		uint32_t row = b->sel[i];

		s.flows += flows[row] > 0 ? flows[row] : 1;
		s.packets += in_packets[row] + out_packets[row];
		s.bytes += in_bytes[row] + out_bytes[row];
		s.first_ms = first[row] < s.first_ms ? first[row] : s.first_ms;
		s.last_ms = last[row] > s.last_ms ? last[row] : s.last_ms;
	}
	s.records = b->nsel;
	totals_merge(t, &s);
}

void
totals_merge(struct totals *t, const struct totals *o)
{
	if (o->records == 0)
		return;
	if (t->records == 0 || o->first_ms < t->first_ms)
		t->first_ms = o->first_ms;
	if (o->last_ms > t->last_ms)
		t->last_ms = o->last_ms;
	t->records += o->records;
	t->flows += o->flows;
	t->packets += o->packets;
	t->bytes += o->bytes;
}
