/*
 * Sums of a row: narrow in the row itself, or wide in a cell.
 */

#include "query/group_int.h"

void
row_put_flags(uint8_t *row, const struct sums *s)
{
	row[ROW_AT_FLAGS] = s->tcp_flags;
}

bool
row_put_sums(uint8_t *row, const struct sums *s)
{
	uint64_t duration = s->last_ms - s->first_ms;

	row_put_flags(row, s);
	if (!row_is_narrow(s->first_ms, duration, s->in_packets, s->in_bytes,
	    s->out_packets | s->out_bytes | s->turned_flags, s->flows))
		return false;
	row_put_narrow(row, s->first_ms, duration, s->in_packets, s->in_bytes,
	    s->flows);
	return true;
}

void
row_put_cell(struct cell *c, const struct sums *s)
{
	c->first_ms = s->first_ms;
	c->last_ms = s->last_ms;
	c->in_packets = s->in_packets;
	c->in_bytes = s->in_bytes;
	c->out_packets = s->out_packets;
	c->out_bytes = s->out_bytes;
	c->flows = s->flows;
	c->turned_flags = s->turned_flags;
}

void
row_sums(const uint8_t *row, const struct cell *c, struct sums *s)
{
	uint64_t first;

	s->tcp_flags = row[ROW_AT_FLAGS];
	s->distinct = s->p95_bps = 0;
	if (c != NULL) {
		s->first_ms = c->first_ms;
		s->last_ms = c->last_ms;
		s->in_packets = c->in_packets;
		s->in_bytes = c->in_bytes;
		s->out_packets = c->out_packets;
		s->out_bytes = c->out_bytes;
		s->flows = c->flows;
		s->turned_flags = (uint8_t)c->turned_flags;
		return;
	}
	first = load_u64(row + ROW_AT_FIRST);
	s->first_ms = first & ROW_FIRST_MASK;
	s->flows = first >> 48;
	s->last_ms = s->first_ms + load_u32(row + ROW_AT_DURATION);
	s->in_packets = load_u32(row + ROW_AT_PACKETS);
	s->in_bytes = load_u32(row + ROW_AT_BYTES);
	s->out_packets = s->out_bytes = 0;
	s->turned_flags = 0;
}

size_t
row_put(uint8_t *row, size_t stride, uint64_t head, const struct sums *s)
{
	struct cell cell;

	store_u64(row, head);
	if (row_put_sums(row, s))
		return 0;
	store_u64(row, head | ROW_HAS_CELL);
	row_put_narrow(row, 0, 0, 0, 0, 0);
	row_put_cell(&cell, s);
	memcpy(row + stride, &cell, sizeof(cell));
	return sizeof(cell);
}

void
row_append(struct buffer *stream, const uint8_t *row, size_t stride,
    const struct cell *c)
{
	buffer_add(stream, row, stride);
	if (c != NULL)
		buffer_add(stream, c, sizeof(*c));
}
