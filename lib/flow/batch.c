/*
 * Batches of columns.  All columns are one allocation, each on a cache line
 * of its own.
 */

#include <stdlib.h>
#include <string.h>

#include "flow/batch.h"

#define CACHE_LINE 64

static size_t
column_size(size_t value_size)
{
	size_t size = value_size * BATCH_ROWS;

	return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

int
batch_init(struct batch *b, const struct fieldset *want, bool want_raw,
    struct err *err)
{
	size_t size = column_size(sizeof(*b->sel));
	char *p;

	memset(b, 0, sizeof(*b));
	b->want = *want;
	for (int id = 0; id < FLD_COUNT; id++)
		if (fieldset_has(want, (enum field_id)id))
			size += column_size(field_table[id].size);
	if (want_raw)
		size += column_size(sizeof(*b->raw));
	if ((p = aligned_alloc(CACHE_LINE, size)) == NULL)
		return err_nomem(err);
	b->sel = (uint16_t *)(void *)p;
	p += column_size(sizeof(*b->sel));
	for (int id = 0; id < FLD_COUNT; id++) {
		if (!fieldset_has(want, (enum field_id)id))
			continue;
		b->col[id] = p;
		p += column_size(field_table[id].size);
	}
	if (want_raw)
		b->raw = (struct span *)(void *)p;
	return 0;
}

void
batch_fini(struct batch *b)
{
	free(b->sel);
	memset(b, 0, sizeof(*b));
}

void
batch_select_all(struct batch *b)
{
	assert(b->rows <= BATCH_ROWS);
	for (uint32_t i = 0; i < b->rows; i++)
		b->sel[i] = (uint16_t)i;
	b->nsel = b->rows;
}

void
batch_flow(const struct batch *b, uint32_t row, struct flow *f)
{
	const struct field *field = field_table;

	memset(f, 0, sizeof(*f));
	for (unsigned id = 0; id < FLD_COUNT; id++, field++)
		if (b->col[id] != NULL)
			memcpy((uint8_t *)f + field->offset,
			    (const uint8_t *)b->col[id] + row * field->size,
			    field->size);
}
