/*
 * Whole flows to rows, column by column: the short way for groups without
 * buckets, directions and distinct values.
 */

#include "query/group_int.h"

void
sum_columns_set(struct sum_columns *c, const struct batch *b)
{
	c->first = BATCH_COL(b, FIRST, uint64_t);
	c->last = BATCH_COL(b, LAST, uint64_t);
	c->in_packets = BATCH_COL(b, IN_PACKETS, uint64_t);
	c->in_bytes = BATCH_COL(b, IN_BYTES, uint64_t);
	c->out_packets = BATCH_COL(b, OUT_PACKETS, uint64_t);
	c->out_bytes = BATCH_COL(b, OUT_BYTES, uint64_t);
	c->flows = BATCH_COL(b, FLOWS, uint64_t);
	c->flags = BATCH_COL(b, TCP_FLAGS, uint8_t);
}

void
sum_columns_get(const struct sum_columns *c, uint32_t row, struct sums *s)
{
	*s = (struct sums){ .first_ms = c->first[row],
	    .last_ms = c->last[row], .in_packets = c->in_packets[row],
	    .in_bytes = c->in_bytes[row],
	    .out_packets = c->out_packets[row],
	    .out_bytes = c->out_bytes[row],
	    .flows = c->flows[row] == 0 ? 1 : c->flows[row],
	    .tcp_flags = c->flags[row] };
}

/* Sums that need a cell. */
static size_t
put_wide(uint8_t *row, size_t stride, uint64_t head,
    const struct sum_columns *c, uint32_t i)
{
	struct sums sums;

	sum_columns_get(c, i, &sums);
	return stride + row_put(row, stride, head, &sums);
}

/* Write the row's head and sums; returns its length with the cell. */
static inline size_t
put_flow(uint8_t *row, size_t stride, uint64_t head,
    const struct sum_columns *c, uint32_t i)
{
	uint64_t first = c->first[i], duration = c->last[i] - first;
	uint64_t packets = c->in_packets[i], bytes = c->in_bytes[i];
	uint64_t flows = c->flows[i] == 0 ? 1 : c->flows[i];

	if (!row_is_narrow(first, duration, packets, bytes,
	    c->out_packets[i] | c->out_bytes[i], flows))
		return put_wide(row, stride, head, c, i);
	store_u64(row, head);
	row_put_narrow(row, first, duration, packets, bytes, flows);
	row[ROW_AT_FLAGS] = c->flags[i];
	return stride;
}

int
pack_rows(const struct group *g, struct feed *f, const struct batch *b,
    const uint16_t *sel, uint32_t n, enum field_id first, unsigned side,
    struct err *err)
{
	const struct row_shape *s = g->rows->shapes;
	uint8_t wide[FEED_ROWS] = { 0 };
	uint8_t *keys[FEED_ROWS], *start[2], *pos[2];
	uint32_t rows[2] = { 0, 0 };
	struct sum_columns c;

	key_find_wide(&g->keys, b, sel, n, first, VARIANT_WIDE, wide);
	for (uint32_t i = 0; i < n; i++)
		rows[VARIANT_WIDE] += wide[i];
	rows[0] = n - rows[VARIANT_WIDE];
	for (unsigned v = 0; v < 2; v++) {
		if ((start[v] = feed_room(f, v, rows[v], err)) == NULL)
			return -1;
		pos[v] = start[v];
	}
	sum_columns_set(&c, b);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t place = b->order + sel[i];
		unsigned v = wide[i];

		keys[i] = pos[v] + ROW_HEAD_LEN;
		pos[v] += put_flow(pos[v], s[v].stride,
		    place << HEAD_ORDER_SHIFT |
		    (uint64_t)side << HEAD_SIDE_SHIFT, &c, sel[i]);
	}
	key_store(&g->keys, b, sel, n, first, VARIANT_WIDE, wide, keys);
	for (uint32_t i = 0; g->carry.parts > 0 && i < n; i++)
		carry_store(&g->carry, b, sel[i], g->spec.keys[0].field, first,
		    keys[i] + s[wide[i]].key_len);
	for (unsigned v = 0; v < 2; v++)
		feed_take(f, v, rows[v], (size_t)(pos[v] - start[v]));
	return 0;
}
