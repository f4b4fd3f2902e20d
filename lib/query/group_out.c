/*
 * A worker's streams: rows are collected by partition and handed over some
 * hundred at a time.
 */

#include <stdlib.h>

#include "query/group_int.h"

/*
 * Bytes handed over to a partition at a time, at most.  All streams together
 * are a share of the memory given, and should stay in the cache: a row is
 * written to one of them at random.
 */
#define STREAM_LEN 16384U
#define STREAM_SHARE 4
#define STREAM_ROWS_MIN 8U
#define STREAM_FIRST 512U /* before the first of them is full */

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

void
out_init(struct outlet *o, struct group_set *set, uint32_t row_len)
{
	o->set = set;
	o->len_most = stream_len(set->group, row_len);
	o->len_first = STREAM_FIRST > row_len ? STREAM_FIRST : row_len;
	if (o->len_first > o->len_most)
		o->len_first = o->len_most;
}

void
out_fini(struct outlet *o)
{
	for (unsigned v = 0; v < VARIANTS; v++)
		for (unsigned i = 0; i < GROUP_PARTS; i++) {
			if (o->streams[v][i] == NULL)
				continue;
			atomic_fetch_sub(&o->set->group->bytes,
			    o->streams[v][i]->room);
			free(o->streams[v][i]);
		}
}

/* A new stream, or more room for it. */
static int
grow(struct outlet *o, unsigned variant, unsigned part, uint32_t room,
    struct err *err)
{
	struct stream **s = &o->streams[variant][part], *grown;
	uint32_t before = *s == NULL ? 0 : (*s)->room;
	uint32_t used = before - o->left[variant][part];

	if ((grown = realloc(*s, sizeof(*grown) + room + KEY_SLACK)) == NULL)
		return err_nomem(err);
	if (*s == NULL)
		*grown = (struct stream){ .variant = (uint8_t)variant };
	atomic_fetch_add(&o->set->group->bytes, room - before);
	grown->room = room;
	*s = grown;
	o->at[variant][part] = grown->rows + used;
	o->left[variant][part] = room - used;
	return 0;
}

/* Have room for another row. */
static int
refill(struct outlet *o, unsigned variant, unsigned part, struct err *err)
{
	struct stream *s = o->streams[variant][part];
	uint32_t used;

	if (s == NULL)
		return grow(o, variant, part, o->len_first, err);
	if (s->room < o->len_most)
		return grow(o, variant, part, o->len_most, err);
	used = s->room - o->left[variant][part];
	o->at[variant][part] = s->rows;
	o->left[variant][part] = s->room;
	return group_set_add(o->set, part, variant, s->rows, used, err);
}

/* Rows that are not looked up are spread evenly. */
static unsigned
choose_part(const struct group_set *set, const struct row_shape *s,
    const uint8_t *row)
{
	uint64_t hash = set->look_up ?
	    key_hash(row + ROW_HEAD_LEN, s->prefix_len,
	    set->group->options.seed) : hash_u64(row_head(row));

	return (unsigned)(hash >> 56);
}

int
out_put(struct outlet *o, unsigned variant, const uint8_t *row,
    const void *cell, struct err *err)
{
	const struct row_shape *s = &o->set->shapes[variant];
	unsigned part = choose_part(o->set, s, row);
	uint32_t len = s->stride, most = len + (uint32_t)sizeof(struct cell);
	uint8_t *to;

	if (o->left[variant][part] < most &&
	    refill(o, variant, part, err) == -1)
		return -1;
	to = o->at[variant][part];
	row_copy(to, row, len);
	if (cell != NULL) {
		memcpy(to + len, cell, sizeof(struct cell));
		len = most;
	}
	o->at[variant][part] += len;
	o->left[variant][part] -= len;
	return 0;
}

void
out_flush(struct outlet *o)
{
	for (unsigned v = 0; v < VARIANTS; v++)
		for (unsigned i = 0; i < GROUP_PARTS; i++) {
			struct stream *s = o->streams[v][i];

			if (s == NULL)
				continue;
			s->used = s->room - o->left[v][i];
			group_set_leave(o->set, i, s);
			o->streams[v][i] = NULL;
			o->left[v][i] = 0;
		}
}
