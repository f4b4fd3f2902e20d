/*
 * A worker's way into a set.  Rows are collected until there are enough to be
 * looked up together, and summed up in tables of the worker's own.  When
 * these are full they are put out: rows are collected again, by partition,
 * and handed over some hundred at a time.  While hardly anything repeats, the
 * worker's tables are passed by.
 */

#include <stdlib.h>

#include "query/group_int.h"

/*
 * Bytes handed over to a partition at a time, at most; all streams together
 * are a share of the memory given.
 */
#define STREAM_LEN 32768U
#define STREAM_SHARE 4
#define STREAM_ROWS_MIN 8U
#define STREAM_FIRST 512U /* before the first of them is full */

/* Bytes of a worker's rows, at most; a share of the memory given. */
#define LOCAL_LEN (2U * 1024 * 1024)
#define LOCAL_SHARE 16

/* Pass the tables by for so many times the rows that did not repeat. */
#define REST 16

/* Rows that are not looked at yet. */
struct pending {
	uint8_t *data;
	uint32_t used;
	uint32_t rows;
};

struct feed {
	struct group_set *set;
	uint16_t carry_len;
	struct pending pending[VARIANTS];
	uint32_t pending_len;
	struct table tables[VARIANTS];
	uint64_t table_bytes; /* of them, as told to the group */
	uint64_t table_max;
	uint64_t taken; /* rows, since they were empty */
	uint64_t rest; /* rows that still pass them by */
	struct stream *streams[GROUP_PARTS][VARIANTS]; /* NULL: not yet */
	uint32_t stream_first; /* their room at first */
	uint32_t stream_len;
};

/* Most bytes of a row in a stream. */
static uint32_t
row_len_max(const struct group_set *set)
{
	uint32_t len = 0;

	for (unsigned v = 0; v < VARIANTS; v++)
		if (set->shapes[v].stride > len)
			len = set->shapes[v].stride;
	return len + (uint32_t)sizeof(struct cell);
}

static uint64_t
table_max(const struct group *g)
{
	uint64_t share = g->options.memory / LOCAL_SHARE;

	return g->options.memory > 0 && share < LOCAL_LEN ? share : LOCAL_LEN;
}

static uint32_t
stream_len(const struct group *g, uint32_t row_len)
{
	uint64_t threads = g->options.threads > 0 ? g->options.threads : 1;
	uint64_t len = g->options.memory /
	    (STREAM_SHARE * GROUP_PARTS * threads);

	if (g->options.memory == 0 || len > STREAM_LEN)
		len = STREAM_LEN;
	if (len < row_len * STREAM_ROWS_MIN)
		len = row_len * STREAM_ROWS_MIN;
	return (uint32_t)len;
}

struct feed *
feed_new(struct group_set *set, uint16_t carry_len, struct err *err)
{
	struct feed *f = calloc(1, sizeof(*f));
	uint32_t row_len = row_len_max(set);

	if (f == NULL) {
		err_nomem(err);
		return NULL;
	}
	f->set = set;
	f->carry_len = carry_len;
	f->table_max = table_max(set->group);
	f->stream_len = stream_len(set->group, row_len);
	f->stream_first = STREAM_FIRST > row_len ? STREAM_FIRST : row_len;
	if (f->stream_first > f->stream_len)
		f->stream_first = f->stream_len;
	f->pending_len = row_len * FEED_ROWS;
	return f;
}

static void
count_bytes(struct feed *f, uint64_t bytes)
{
	atomic_fetch_add(&f->set->group->bytes, bytes - f->table_bytes);
	f->table_bytes = bytes;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	for (unsigned v = 0; v < VARIANTS; v++) {
		free(f->pending[v].data);
		table_clear(&f->tables[v]);
		for (unsigned i = 0; i < GROUP_PARTS; i++) {
			if (f->streams[i][v] == NULL)
				continue;
			atomic_fetch_sub(&f->set->group->bytes,
			    f->streams[i][v]->room);
			free(f->streams[i][v]);
		}
	}
	count_bytes(f, 0);
	free(f);
}

/* A new stream when *s is NULL, or more room for it. */
static int
resize_stream(struct feed *f, struct stream **s, unsigned variant,
    uint32_t room, struct err *err)
{
	struct stream *grown = realloc(*s, sizeof(*grown) + room + KEY_SLACK);

	if (grown == NULL)
		return err_nomem(err);
	if (*s == NULL)
		*grown = (struct stream){ .variant = (uint8_t)variant };
	atomic_fetch_add(&f->set->group->bytes, room - grown->room);
	grown->room = room;
	*s = grown;
	return 0;
}

/* The partition's stream with room for another row. */
static struct stream *
stream_for(struct feed *f, unsigned part, unsigned variant, size_t len,
    struct err *err)
{
	struct stream **s = &f->streams[part][variant];
	uint32_t used;

	if (*s == NULL && resize_stream(f, s, variant, f->stream_first,
	    err) == -1)
		return NULL;
	if ((*s)->room - (*s)->used >= len)
		return *s;
	if ((*s)->room < f->stream_len)
		return resize_stream(f, s, variant, f->stream_len, err) == -1 ?
		    NULL : *s;
	used = (*s)->used;
	(*s)->used = 0;
	return group_set_add(f->set, part, variant, (*s)->rows, used,
	    err) == -1 ? NULL : *s;
}

/* Rows that are not looked up are spread evenly. */
static unsigned
choose_part(const struct feed *f, const struct row_shape *s,
    const uint8_t *row)
{
	uint64_t hash = f->set->look_up ?
	    key_hash(row + ROW_HEAD_LEN, s->prefix_len,
	    f->set->group->options.seed) : hash_u64(row_head(row));

	return (unsigned)(hash >> 56);
}

/* Collect a row for its partition. */
static int
put_out(struct feed *f, unsigned variant, const uint8_t *row,
    const void *cell, struct err *err)
{
	const struct row_shape *shape = &f->set->shapes[variant];
	struct stream *s = stream_for(f, choose_part(f, shape, row), variant,
	    shape->stride + sizeof(struct cell), err);

	if (s == NULL)
		return -1;
	row_copy(s->rows + s->used, row, shape->stride);
	s->used += shape->stride;
	if (cell != NULL) {
		memcpy(s->rows + s->used, cell, sizeof(struct cell));
		s->used += (uint32_t)sizeof(struct cell);
	}
	return 0;
}

static int
put_out_pending(struct feed *f, unsigned variant, struct err *err)
{
	const struct row_shape *s = &f->set->shapes[variant];
	const uint8_t *p = f->pending[variant].data;
	const uint8_t *end = p + f->pending[variant].used;
	const uint8_t *row;

	while (p < end) {
		bool has_cell = row_has_cell(p);

		row = p;
		p += s->stride;
		if (put_out(f, variant, row, has_cell ? p : NULL, err) == -1)
			return -1;
		p += has_cell ? sizeof(struct cell) : 0;
	}
	return 0;
}

static int
put_out_tables(struct feed *f, struct err *err)
{
	for (unsigned v = 0; v < VARIANTS; v++) {
		const struct row_shape *s = &f->set->shapes[v];
		struct table *t = &f->tables[v];

		for (uint32_t i = 0; i < t->rows; i++) {
			const uint8_t *row = table_row(t, s, i);

			if (put_out(f, v, row, table_cell(t, row),
			    err) == -1)
				return -1;
		}
		table_reset(t);
	}
	return 0;
}

/* The tables are full: empty them, and rest when they did not pay. */
static int
relieve(struct feed *f, struct err *err)
{
	uint64_t rows = 0;

	for (unsigned v = 0; v < VARIANTS; v++)
		rows += f->tables[v].rows;
	if (f->taken < 2 * rows)
		f->rest = REST * rows;
	f->taken = 0;
	return put_out_tables(f, err);
}

/* Bytes that the rows in the tables need; tell the group what is taken. */
static uint64_t
weigh_tables(struct feed *f)
{
	uint64_t used = 0, bytes = 0;

	for (unsigned v = 0; v < VARIANTS; v++) {
		const struct table *t = &f->tables[v];

		used += (uint64_t)t->rows * f->set->shapes[v].stride +
		    t->ncells * sizeof(struct cell);
		bytes += t->bytes;
	}
	count_bytes(f, bytes);
	return used;
}

/* Take what is pending into the tables, or past them. */
static int
digest(struct feed *f, unsigned variant, struct err *err)
{
	struct pending *pending = &f->pending[variant];
	uint32_t rows = pending->rows;
	int rc;

	if (!f->set->look_up || f->rest > 0) {
		f->rest -= f->rest < rows ? f->rest : rows;
		rc = put_out_pending(f, variant, err);
	} else {
		rc = table_add(&f->tables[variant], &f->set->shapes[variant],
		    f->set->group->options.seed, true, pending->data,
		    pending->used, err);
		f->taken += rows;
		if (rc == 0 && weigh_tables(f) > f->table_max)
			rc = relieve(f, err);
	}
	pending->used = pending->rows = 0;
	return rc;
}

uint8_t *
feed_room(struct feed *f, unsigned variant, uint32_t rows, struct err *err)
{
	struct pending *pending = &f->pending[variant];

	assert(rows <= FEED_ROWS);
	if (pending->data == NULL && (pending->data = malloc(f->pending_len +
	    KEY_SLACK)) == NULL) {
		err_nomem(err);
		return NULL;
	}
	if (pending->rows + rows > FEED_ROWS &&
	    digest(f, variant, err) == -1)
		return NULL;
	return pending->data + pending->used;
}

void
feed_take(struct feed *f, unsigned variant, uint32_t rows, size_t len)
{
	f->pending[variant].rows += rows;
	f->pending[variant].used += (uint32_t)len;
}

int
feed_put(struct feed *f, const struct item *it, struct err *err)
{
	const struct row_shape *s = &f->set->shapes[it->variant];
	uint8_t *row = feed_room(f, it->variant, 1, err);
	size_t cell;

	if (row == NULL)
		return -1;
	row_copy(row + ROW_HEAD_LEN, it->key, s->key_len);
	memcpy(row + ROW_HEAD_LEN + s->key_len, it->carry, f->carry_len);
	cell = row_put(row, s->stride, it->head, it->sums);
	feed_take(f, it->variant, 1, s->stride + cell);
	return 0;
}

int
feed_flush(struct feed *f, struct err *err)
{
	for (unsigned v = 0; v < VARIANTS; v++)
		if (f->pending[v].rows > 0 && digest(f, v, err) == -1)
			return -1;
	if (put_out_tables(f, err) == -1)
		return -1;
	for (unsigned i = 0; i < GROUP_PARTS; i++)
		for (unsigned v = 0; v < VARIANTS; v++) {
			if (f->streams[i][v] != NULL)
				group_set_leave(f->set, i, f->streams[i][v]);
			f->streams[i][v] = NULL;
		}
	return 0;
}
