/*
 * Rows of one variant of a partition: an open-addressing table of slots that
 * number the rows.  Rows are added in lots, so that the memory they touch is
 * asked for before it is needed.
 */

#include <stdlib.h>

#include "query/group_int.h"

#define LOT 32 /* rows looked up together */
#define SLOTS_FIRST 64U
#define TAG_SHIFT 24
#define ROW_MASK ((1U << TAG_SHIFT) - 1)

/* A row of the stream. */
struct entry {
	const uint8_t *row;
	const uint8_t *cell; /* NULL: none */
	uint64_t hash;
};

static uint32_t
slot_tag(uint64_t hash)
{
	return (uint32_t)(hash >> 40 & 0xff) << TAG_SHIFT;
}

static void
slot_set(struct table *t, uint64_t hash, uint32_t row)
{
	uint32_t mask = t->nslots - 1;
	uint32_t i = (uint32_t)hash & mask;

	while (t->slots[i] != 0)
		i = (i + 1) & mask;
	t->slots[i] = slot_tag(hash) | (row + 1);
}

/* Make the slots n, and set them anew. */
static int
resize(struct table *t, const struct row_shape *s, uint64_t seed, uint32_t n,
    struct err *err)
{
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (slots == NULL)
		return err_nomem(err);
	free(t->slots);
	t->bytes += (uint64_t)(n - t->nslots) * sizeof(*slots);
	t->slots = slots;
	t->nslots = n;
	for (uint32_t row = 0; row < t->rows; row++)
		slot_set(t, key_hash(table_row(t, s, row) + ROW_HEAD_LEN,
		    s->key_len, seed), row);
	return 0;
}

/* Room for so many more rows without resizing: three quarters at most. */
static int
make_room(struct table *t, const struct row_shape *s, uint64_t seed,
    uint32_t more, struct err *err)
{
	uint32_t n = t->nslots == 0 ? SLOTS_FIRST : t->nslots;

	while ((uint64_t)(t->rows + more) * 4 > (uint64_t)n * 3)
		n *= 2;
	return n == t->nslots ? 0 : resize(t, s, seed, n, err);
}

static uint8_t *
new_row(struct table *t, const struct row_shape *s, struct err *err)
{
	size_t size = (size_t)s->stride * TABLE_CHUNK_ROWS + KEY_SLACK;
	uint8_t **chunks;

	if (t->rows >= TABLE_ROWS_MAX) {
		err_set(err, ERR_VALUE, "more rows than %u million, or "
		    "distinct values of a row than %u million",
		    TABLE_ROWS_MAX / 1000000 * GROUP_PARTS,
		    TABLE_ROWS_MAX / 1000000);
		return NULL;
	}
	if (t->rows == t->nchunks * TABLE_CHUNK_ROWS) {
		chunks = realloc(t->chunks,
		    (t->nchunks + 1) * sizeof(*chunks));
		if (chunks != NULL)
			t->chunks = chunks;
		if (chunks == NULL ||
		    (t->chunks[t->nchunks] = malloc(size)) == NULL) {
			err_nomem(err);
			return NULL;
		}
		t->nchunks++;
		t->bytes += size + sizeof(*chunks);
	}
	return table_row(t, s, t->rows++);
}

static struct cell *
new_cell(struct table *t, struct err *err)
{
	uint32_t room = t->cells_room == 0 ? 8 : t->cells_room * 2;
	struct cell *cells;

	if (t->ncells == t->cells_room) {
		cells = realloc(t->cells, room * sizeof(*cells));
		if (cells == NULL) {
			err_nomem(err);
			return NULL;
		}
		t->bytes += (uint64_t)(room - t->cells_room) * sizeof(*cells);
		t->cells = cells;
		t->cells_room = room;
	}
	return &t->cells[t->ncells++];
}

/* Have the row's sums in a cell from now on. */
static int
widen(struct table *t, uint8_t *row, const struct sums *sums, struct err *err)
{
	struct cell *cell = new_cell(t, err);

	if (cell == NULL)
		return -1;
	row_put_cell(cell, sums);
	store_u64(row, load_u64(row) | ROW_HAS_CELL);
	store_u32(row + ROW_AT_CELL, t->ncells - 1);
	return 0;
}

static void
entry_sums(const struct entry *e, struct sums *sums)
{
	struct cell cell;

	if (e->cell != NULL)
		memcpy(&cell, e->cell, sizeof(cell));
	row_sums(e->row, e->cell == NULL ? NULL : &cell, sums);
}

static int
append(struct table *t, const struct row_shape *s, const struct entry *e,
    struct err *err)
{
	uint8_t *row = new_row(t, s, err);
	struct sums sums;

	if (row == NULL)
		return -1;
	row_copy(row, e->row, s->stride);
	if (e->cell == NULL)
		return 0;
	entry_sums(e, &sums);
	return widen(t, row, &sums, err);
}

static int
merge_wide(struct table *t, uint8_t *row, const struct entry *e,
    struct err *err)
{
	struct cell *cell = NULL;
	struct sums sums, more;

	if (row_has_cell(row))
		cell = &t->cells[load_u32(row + ROW_AT_CELL)];
	row_sums(row, cell, &sums);
	entry_sums(e, &more);
	sums_merge(&sums, &more);
	if (cell == NULL)
		return row_put_sums(row, &sums) ? 0 :
		    widen(t, row, &sums, err);
	row_put_flags(row, &sums);
	row_put_cell(cell, &sums);
	return 0;
}

static inline int
merge(struct table *t, const struct row_shape *s, uint8_t *row,
    const struct entry *e, struct err *err)
{
	uint64_t head = load_u64(row), other = load_u64(e->row);

	if (row_head(e->row) < row_head(row)) {
		store_u64(row, (other & ~ROW_HAS_CELL) |
		    (head & ROW_HAS_CELL));
		row_take_carried(s, row, e->row);
	}
	if (((head | other) & ROW_HAS_CELL) == 0 &&
	    row_merge(row, e->row))
		return 0;
	return merge_wide(t, row, e, err);
}

int64_t
table_find(const struct table *t, const struct row_shape *s,
    const uint8_t *key, uint64_t hash)
{
	uint32_t mask = t->nslots - 1, tag = slot_tag(hash), slot;

	if (t->nslots == 0)
		return -1;
	for (uint32_t i = (uint32_t)hash & mask; (slot = t->slots[i]) != 0;
	    i = (i + 1) & mask) {
		uint32_t row = (slot & ROW_MASK) - 1;

		if ((slot & ~ROW_MASK) == tag && key_equal(key,
		    table_row(t, s, row) + ROW_HEAD_LEN, s->key_len))
			return row;
	}
	return -1;
}

/* Cut the next rows off the stream. */
static unsigned
take_lot(const struct row_shape *s, const uint8_t **stream, size_t *len,
    struct entry *lot)
{
	unsigned n;

	for (n = 0; n < LOT && *len > 0; n++) {
		size_t size = s->stride;

		lot[n].row = *stream;
		lot[n].cell = NULL;
		if (row_has_cell(*stream)) {
			lot[n].cell = *stream + size;
			size += sizeof(struct cell);
		}
		assert(size <= *len);
		*stream += size;
		*len -= size;
	}
	return n;
}

/* Have the slots and then the rows of a lot brought near. */
static void
prefetch(const struct table *t, const struct row_shape *s, uint64_t seed,
    struct entry *lot, unsigned n)
{
	uint32_t mask = t->nslots - 1, slot;
	const uint8_t *row;

	for (unsigned i = 0; i < n; i++) {
		lot[i].hash = key_hash(lot[i].row + ROW_HEAD_LEN, s->key_len,
		    seed);
		__builtin_prefetch(&t->slots[(uint32_t)lot[i].hash & mask]);
	}
	for (unsigned i = 0; i < n; i++) {
		slot = t->slots[(uint32_t)lot[i].hash & mask];
		if (slot == 0)
			continue;
		row = table_row(t, s, (slot & ROW_MASK) - 1);
		__builtin_prefetch(row, 1);
		__builtin_prefetch(row + ROW_HEAD_LEN, 1);
	}
}

/* Sum the row up, or add it where the look-up ends. */
static int
add_entry(struct table *t, const struct row_shape *s, const struct entry *e,
    struct err *err)
{
	uint32_t mask = t->nslots - 1, tag = slot_tag(e->hash), slot;
	uint32_t i = (uint32_t)e->hash & mask;

	for (; (slot = t->slots[i]) != 0; i = (i + 1) & mask) {
		uint8_t *row;

		if ((slot & ~ROW_MASK) != tag)
			continue;
		row = table_row(t, s, (slot & ROW_MASK) - 1);
		if (key_equal(e->row + ROW_HEAD_LEN, row + ROW_HEAD_LEN,
		    s->key_len))
			return merge(t, s, row, e, err);
	}
	if (append(t, s, e, err) == -1)
		return -1;
	t->slots[i] = tag | t->rows;
	return 0;
}

int
table_add(struct table *t, const struct row_shape *s, uint64_t seed,
    bool look_up, const uint8_t *stream, size_t len, struct err *err)
{
	struct entry lot[LOT];
	unsigned n;

	while (len > 0) {
		n = take_lot(s, &stream, &len, lot);
		if (look_up) {
			if (make_room(t, s, seed, n, err) == -1)
				return -1;
			prefetch(t, s, seed, lot, n);
		}
		for (unsigned i = 0; i < n; i++)
			if ((look_up ? add_entry(t, s, &lot[i], err) :
			    append(t, s, &lot[i], err)) == -1)
				return -1;
	}
	return 0;
}

void
table_clear(struct table *t)
{
	for (uint32_t i = 0; i < t->nchunks; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->cells);
	free(t->slots);
	free(t->results);
	memset(t, 0, sizeof(*t));
}
