/*
 * Reading the result: the sorted partitions are merged by a heap of their
 * next rows, and rows are unpacked into the columns of a batch.
 */

#include <stdlib.h>

#include "flow/derive.h"
#include "flow/flow.h"
#include "query/group_int.h"

/*
 * Bytes of a run in memory, when it is in the temporary file: a share of the
 * memory given within these bounds.
 */
#define WINDOW_MIN 4096U
#define WINDOW_MAX (32U * 1024)

/* A run being read. */
struct head {
	struct sort_key key;
	struct result_row row;
	const struct run *run;
	unsigned part;
	uint32_t next; /* row of the run */

	/* in the temporary file */
	uint8_t *window;
	size_t used; /* of the window, before the next row */
	size_t len; /* of the window */
	uint64_t read; /* of the run */
};

/* Where a part of a row goes, by whether the row is turned. */
struct target {
	enum field_id field[2];
	uint64_t ext_v4; /* that hold it, of an address */
	uint64_t ext_v6;
};

struct group_cursor {
	struct group *g;
	unsigned order;
	struct head *heads; /* GROUP_PARTS */
	struct head **heap; /* by key */
	unsigned nheap;
	size_t window_len;
	struct target keys[GROUP_KEYS_MAX];
	struct target carry[FLD_COUNT];
	struct buffer rows; /* of the batch, when runs are in the file */
	uint64_t left; /* rows that may still come; per bucket, if any */
	uint64_t unread; /* rows of all runs */
	uint64_t bucket;
};

/* The field that holds the same of the other end. */
static enum field_id
other_end(enum field_id field)
{
	static const enum field_id pairs[][2] = {
		{ FLD_SRC_ADDR, FLD_DST_ADDR }, { FLD_SRC_PORT, FLD_DST_PORT },
		{ FLD_SRC_AS, FLD_DST_AS }, { FLD_INPUT, FLD_OUTPUT },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		for (int end = 0; end < 2; end++)
			if (pairs[i][end] == field)
				return pairs[i][!end];
	return field;
}

static void
set_target(struct target *t, enum field_id field)
{
	uint64_t extensions = field_extensions(field);

	t->field[false] = field;
	t->field[true] = other_end(field);
	t->ext_v4 = extensions & (~extensions + 1);
	t->ext_v6 = extensions & ~t->ext_v4;
}

static void
set_targets(struct group_cursor *c)
{
	const struct group *g = c->g;

	for (unsigned i = 0; i < g->keys.parts; i++)
		set_target(&c->keys[i], g->keys.part[i].field);
	for (unsigned i = 0; i < g->carry.parts; i++)
		set_target(&c->carry[i], g->carry.part[i].field);
}

/* Row of a run in memory. */
static void
take_row(const struct group_cursor *c, struct head *h)
{
	const struct group *g = c->g;
	uint32_t number = h->run->rows[h->next];
	unsigned v = number >> RUN_VARIANT_SHIFT;
	const struct table *t = &g->rows->parts[h->part].tables[v];
	const uint8_t *row;

	number &= (1U << RUN_VARIANT_SHIFT) - 1;
	row = table_row(t, &g->rows->shapes[v], number);
	group_result_row(g, row, v, table_cell(t, row), t->results == NULL ?
	    NULL : t->results + (size_t)number * RESULTS, &h->row);
}

/* Have all of the next row in the window. */
static int
fill_window(struct group_cursor *c, struct head *h, struct err *err)
{
	uint64_t more = h->run->len - h->read;
	size_t kept = h->len - h->used;

	if (h->window == NULL &&
	    (h->window = malloc(c->window_len + KEY_SLACK)) == NULL)
		return err_nomem(err);
	memmove(h->window, h->window + h->used, kept);
	if (more > c->window_len - kept)
		more = c->window_len - kept;
	if (spill_read(c->g->spill, h->window + kept, (size_t)more,
	    h->run->offset + h->read, err) == -1)
		return -1;
	h->read += more;
	h->used = 0;
	h->len = kept + (size_t)more;
	return 0;
}

/* Row of a run in the temporary file. */
static int
read_row(struct group_cursor *c, struct head *h, size_t row_max,
    struct err *err)
{
	const struct group *g = c->g;
	uint64_t results[RESULTS];
	const uint8_t *p, *row;
	struct cell cell;
	bool has_cell;
	unsigned v;

	if (h->len - h->used < row_max && h->read < h->run->len &&
	    fill_window(c, h, err) == -1)
		return -1;
	p = h->window + h->used;
	v = *p++;
	row = p;
	p += g->rows->shapes[v].stride;
	has_cell = row_has_cell(row);
	if (has_cell) {
		memcpy(&cell, p, sizeof(cell));
		p += sizeof(cell);
	}
	if (g->has_results) {
		memcpy(results, p, sizeof(results));
		p += sizeof(results);
	}
	h->used = (size_t)(p - h->window);
	group_result_row(g, row, v, has_cell ? &cell : NULL,
	    g->has_results ? results : NULL, &h->row);
	return 0;
}

/* Most bytes of a row in the temporary file. */
static size_t
row_len_max(const struct group *g)
{
	return 1 + g->rows->shapes[VARIANT_WIDE].stride +
	    sizeof(struct cell) + RESULTS * sizeof(uint64_t);
}

static size_t
window_len(const struct group *g)
{
	uint64_t len = g->options.memory / GROUP_PARTS;

	if (len > WINDOW_MAX)
		len = WINDOW_MAX;
	if (len < WINDOW_MIN)
		len = WINDOW_MIN;
	return len > row_len_max(g) ? (size_t)len : row_len_max(g);
}

/* 1 with the next row of the run, 0 at its end, -1 on error. */
static int
advance(struct group_cursor *c, struct head *h, struct err *err)
{
	if (h->next == h->run->count)
		return 0;
	if (h->run->rows != NULL)
		take_row(c, h);
	else if (read_row(c, h, row_len_max(c->g), err) == -1)
		return -1;
	h->next++;
	group_sort_key(c->g, &c->g->orders[c->order], &h->row, &h->key);
	return 1;
}

static void
sift_down(struct group_cursor *c, unsigned i)
{
	struct head *moved = c->heap[i];
	unsigned child;

	for (; (child = 2 * i + 1) < c->nheap; i = child) {
		if (child + 1 < c->nheap && sort_key_compare(
		    &c->heap[child + 1]->key, &c->heap[child]->key) < 0)
			child++;
		if (sort_key_compare(&moved->key, &c->heap[child]->key) <= 0)
			break;
		c->heap[i] = c->heap[child];
	}
	c->heap[i] = moved;
}

static int
open_runs(struct group_cursor *c, struct err *err)
{
	int rc;

	for (unsigned i = 0; i < GROUP_PARTS; i++) {
		struct head *h = &c->heads[i];

		h->part = i;
		h->run = &c->g->runs[c->order * GROUP_PARTS + i];
		c->unread += h->run->count;
		if ((rc = advance(c, h, err)) == -1)
			return -1;
		if (rc == 1)
			c->heap[c->nheap++] = h;
	}
	for (unsigned i = c->nheap / 2; i-- > 0;)
		sift_down(c, i);
	return 0;
}

struct group_cursor *
group_cursor_new(struct group *g, unsigned order, struct err *err)
{
	struct group_cursor *c = calloc(1, sizeof(*c));

	assert(order < g->norders);
	if (c == NULL ||
	    (c->heads = calloc(GROUP_PARTS, sizeof(*c->heads))) == NULL ||
	    (c->heap = calloc(GROUP_PARTS, sizeof(struct head *))) == NULL) {
		err_nomem(err);
		group_cursor_free(c);
		return NULL;
	}
	c->g = g;
	c->order = order;
	c->window_len = window_len(g);
	c->left = g->top > 0 ? g->top : UINT64_MAX;
	set_targets(c);
	if (open_runs(c, err) == -1) {
		group_cursor_free(c);
		return NULL;
	}
	return c;
}

void
group_cursor_free(struct group_cursor *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; c->heads != NULL && i < GROUP_PARTS; i++)
		free(c->heads[i].window);
	buffer_fini(&c->rows);
	free(c->heads);
	free(c->heap);
	free(c);
}

static void
put_number(struct batch *b, enum field_id field, uint32_t row, uint64_t v)
{
	if (b->col[field] != NULL)
		((uint64_t *)b->col[field])[row] = v;
}

static void
put_sums(struct batch *b, uint32_t row, const struct sums *s)
{
	put_number(b, FLD_FIRST, row, s->first_ms);
	put_number(b, FLD_LAST, row, s->last_ms);
	put_number(b, FLD_IN_PACKETS, row, s->in_packets);
	put_number(b, FLD_IN_BYTES, row, s->in_bytes);
	put_number(b, FLD_OUT_PACKETS, row, s->out_packets);
	put_number(b, FLD_OUT_BYTES, row, s->out_bytes);
	put_number(b, FLD_FLOWS, row, s->flows);
	put_number(b, FLD_DISTINCT, row, s->distinct);
	put_number(b, FLD_P95_BPS, row, s->p95_bps);
	if (b->col[FLD_TCP_FLAGS] != NULL)
		((uint8_t *)b->col[FLD_TCP_FLAGS])[row] = s->tcp_flags;
}

/* Extensions that a record with the addresses of the key would have. */
static uint64_t
key_extensions(const struct group_cursor *c, const struct result_row *r)
{
	bool wide = (r->variant & VARIANT_WIDE) != 0;
	uint64_t extensions = 0;

	for (unsigned i = 0; i < c->g->keys.parts; i++) {
		const struct key_part *part = &c->g->keys.part[i];
		struct addr a;

		if (part->type != FIELD_ADDR)
			continue;
		a = key_addr(r->row + ROW_HEAD_LEN + part->offset[wide], wide);
		if (addr_is_v4(a))
			extensions |= c->keys[i].ext_v4;
		else if (!addr_is_zero(a))
			extensions |= c->keys[i].ext_v6;
	}
	return extensions;
}

/*
 * The extensions of the first flow: what it may have had as "::" counts as
 * 0.0.0.0, and is shown so.
 */
static void
settle_extensions(const struct group_cursor *c, const struct result_row *r,
    struct batch *b, uint32_t row)
{
	bool wide = (r->variant & VARIANT_WIDE) != 0;
	uint64_t *extensions = b->col[FLD_EXTENSIONS];

	for (unsigned i = 0; i < c->g->keys.parts; i++) {
		const struct key_part *part = &c->g->keys.part[i];

		if (part->type != FIELD_ADDR || !key_is_optional(part->field) ||
		    !addr_is_v4(key_addr(r->row + ROW_HEAD_LEN +
		    part->offset[wide], wide)))
			continue;
		extensions[row] &= ~c->keys[i].ext_v6;
		extensions[row] |= c->keys[i].ext_v4;
	}
}

/* Unpack the row to a row of the batch. */
static void
put_row(struct group_cursor *c, const struct result_row *r, struct batch *b,
    uint32_t row)
{
	const struct group *g = c->g;
	bool wide = (r->variant & VARIANT_WIDE) != 0;
	const uint8_t *key = r->row + ROW_HEAD_LEN;
	const uint8_t *carry = key + g->rows->shapes[r->variant].key_len;

	put_number(b, FLD_EXTENSIONS, row, key_extensions(c, r));
	for (unsigned i = 0; i < g->carry.parts; i++)
		carry_part_load(&g->carry.part[i],
		    c->carry[i].field[r->is_guessed], carry, b, row);
	if (b->col[FLD_EXTENSIONS] != NULL)
		settle_extensions(c, r, b, row);
	put_sums(b, row, &r->sums);
	for (unsigned i = 0; i < g->keys.parts; i++)
		key_part_load(&g->keys.part[i],
		    c->keys[i].field[r->is_turned], key, wide, b, row);
	/* type and code of ICMP stay where they were, too */
	if (r->is_guessed && flow_is_icmp(key[g->keys.part[BIFLOW_PROTO].
	    offset[wide]]))
		key_part_load(&g->keys.part[BIFLOW_DST_PORT], FLD_DST_PORT,
		    key, wide, b, row);
}

/* Spans of the batch point into the row: keep it if it is in a window. */
static int
keep_bytes(struct group_cursor *c, const struct head *h,
    struct result_row *r, struct err *err)
{
	size_t stride = c->g->rows->shapes[r->variant].stride;

	if (h->run->rows != NULL)
		return 0;
	r->row = (const uint8_t *)c->rows.data + c->rows.len;
	buffer_add(&c->rows, h->row.row, stride);
	return c->rows.failed ? err_nomem(err) : 0;
}

/* Whether the next row is wanted; at most "top" of each bucket are. */
static bool
is_wanted(struct group_cursor *c, const struct head *h)
{
	if (c->g->has_buckets && h->key.bucket != c->bucket) {
		c->bucket = h->key.bucket;
		c->left = c->g->top > 0 ? c->g->top : UINT64_MAX;
	}
	if (c->left == 0)
		return false;
	c->left--;
	return true;
}

/* Take the first row off the heap. */
static int
pop(struct group_cursor *c, struct err *err)
{
	int rc = advance(c, c->heap[0], err);

	c->unread--;
	if (rc == 0)
		c->heap[0] = c->heap[--c->nheap];
	if (rc != -1 && c->nheap > 0)
		sift_down(c, 0);
	return rc;
}

/* Room for a batch of rows that does not move. */
static int
start_batch(struct group_cursor *c, struct batch *b, struct err *err)
{
	size_t stride = c->g->rows->shapes[VARIANT_WIDE].stride;
	uint64_t rows = c->unread < BATCH_ROWS ? c->unread : BATCH_ROWS;

	c->rows.len = 0;
	if (c->g->has_spilled &&
	    buffer_room(&c->rows, stride * BATCH_ROWS) == NULL)
		return err_nomem(err);
	for (int id = 0; id < FLD_COUNT; id++)
		if (b->col[id] != NULL)
			memset(b->col[id], 0, field_table[id].size *
			    (size_t)rows);
	b->rows = 0;
	return 0;
}

int
group_cursor_next(struct group_cursor *c, struct batch *b, struct err *err)
{
	struct result_row r;

	if (start_batch(c, b, err) == -1)
		return -1;
	while (c->nheap > 0 && b->rows < BATCH_ROWS) {
		if (is_wanted(c, c->heap[0])) {
			r = c->heap[0]->row;
			if (keep_bytes(c, c->heap[0], &r, err) == -1)
				return -1;
			put_row(c, &r, b, b->rows++);
		} else if (!c->g->has_buckets)
			break;
		if (pop(c, err) == -1)
			return -1;
	}
	batch_select_all(b);
	return b->rows > 0;
}
