/*
 * Sums of a row: narrow in the row itself, or wide in a cell.
 */

#include "query/group_int.h"

#define NARROW_TIME_MAX ((UINT64_C(1) << 48) - 1)

/* Where sums are in a row. */
#define AT_FIRST 8
#define AT_DURATION 16
#define AT_PACKETS ROW_AT_CELL
#define AT_BYTES 24
#define AT_FLAGS 28

void
row_put_flags(uint8_t *row, const struct sums *s)
{
	row[AT_FLAGS] = s->tcp_flags;
}

bool
row_put_sums(uint8_t *row, const struct sums *s)
{
	row_put_flags(row, s);
	if (s->first_ms > NARROW_TIME_MAX || s->last_ms < s->first_ms ||
	    s->last_ms - s->first_ms > UINT32_MAX ||
	    (s->in_packets | s->in_bytes) > UINT32_MAX ||
	    (s->out_packets | s->out_bytes) != 0 || s->flows > UINT16_MAX ||
	    s->turned_flags != 0)
		return false;
	row_put_u64(row + AT_FIRST, s->first_ms | s->flows << 48);
	row_put_u32(row + AT_DURATION, (uint32_t)(s->last_ms - s->first_ms));
	row_put_u32(row + AT_PACKETS, (uint32_t)s->in_packets);
	row_put_u32(row + AT_BYTES, (uint32_t)s->in_bytes);
	return true;
}

bool
row_merge(uint8_t *row, const uint8_t *from)
{
	uint64_t a = row_u64(row + AT_FIRST), b = row_u64(from + AT_FIRST);
	uint64_t a_first = a & NARROW_TIME_MAX, b_first = b & NARROW_TIME_MAX;
	uint64_t a_last = a_first + row_u32(row + AT_DURATION);
	uint64_t b_last = b_first + row_u32(from + AT_DURATION);
	uint64_t first = a_first < b_first ? a_first : b_first;
	uint64_t last = a_last > b_last ? a_last : b_last;
	uint64_t flows = (a >> 48) + (b >> 48);
	uint64_t packets, bytes;

	if (row_has_cell(row) || row_has_cell(from))
		return false;
	packets = (uint64_t)row_u32(row + AT_PACKETS) +
	    row_u32(from + AT_PACKETS);
	bytes = (uint64_t)row_u32(row + AT_BYTES) + row_u32(from + AT_BYTES);
	if (((packets | bytes | (last - first)) >> 32 | flows >> 16) != 0)
		return false;
	row_put_u64(row + AT_FIRST, first | flows << 48);
	row_put_u32(row + AT_DURATION, (uint32_t)(last - first));
	row_put_u32(row + AT_PACKETS, (uint32_t)packets);
	row_put_u32(row + AT_BYTES, (uint32_t)bytes);
	row[AT_FLAGS] |= from[AT_FLAGS];
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

	s->tcp_flags = row[AT_FLAGS];
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
	first = row_u64(row + AT_FIRST);
	s->first_ms = first & NARROW_TIME_MAX;
	s->flows = first >> 48;
	s->last_ms = s->first_ms + row_u32(row + AT_DURATION);
	s->in_packets = row_u32(row + AT_PACKETS);
	s->in_bytes = row_u32(row + AT_BYTES);
	s->out_packets = s->out_bytes = 0;
	s->turned_flags = 0;
}

size_t
row_put(uint8_t *row, size_t stride, uint64_t head, const struct sums *s)
{
	struct cell cell;

	row_put_u64(row, head);
	if (row_put_sums(row, s))
		return 0;
	row_put_u64(row, head | ROW_HAS_CELL);
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
