/*
 * A set: all partitions of rows.  Workers add streams of rows under the lock
 * of the partition; when memory is short, the partition at hand is written
 * out, as a stream again, and starts empty.
 */

#include <stdlib.h>

#include "query/group_int.h"

/* Bytes written out and read back at a time. */
#define EXTENT_MAX (256U * 1024)

/* Spilling partitions much smaller than their share frees nothing. */
#define SPILL_SHARE 4

/* What buffers and the C library take beside: one part in so many. */
#define SPILL_RESERVE 16

struct group_set *
group_set_new(struct group *g, bool look_up, struct err *err)
{
	struct group_set *set = calloc(1, sizeof(*set));

	if (set == NULL) {
		err_nomem(err);
		return NULL;
	}
	set->group = g;
	set->look_up = look_up;
	for (; set->nparts < GROUP_PARTS; set->nparts++)
		pthread_mutex_init(&set->parts[set->nparts].lock, NULL);
	return set;
}

static uint64_t
part_bytes(const struct part *p)
{
	uint64_t bytes = 0;

	for (unsigned v = 0; v < VARIANTS; v++)
		bytes += p->tables[v].bytes;
	return bytes;
}

void
group_set_clear(struct group_set *set, unsigned part)
{
	struct part *p = &set->parts[part];

	atomic_fetch_sub(&set->group->bytes, part_bytes(p));
	for (unsigned v = 0; v < VARIANTS; v++)
		table_clear(&p->tables[v]);
}

static void
free_left(struct group_set *set, struct part *p)
{
	struct stream *s;

	while ((s = p->left) != NULL) {
		p->left = s->next;
		atomic_fetch_sub(&set->group->bytes, s->room);
		free(s);
	}
}

void
group_set_free(struct group_set *set)
{
	if (set == NULL)
		return;
	for (unsigned i = 0; i < set->nparts; i++) {
		group_set_clear(set, i);
		free_left(set, &set->parts[i]);
		free(set->parts[i].extents);
		pthread_mutex_destroy(&set->parts[i].lock);
	}
	free(set);
}

static struct extent *
new_extent(struct part *p, struct err *err)
{
	uint32_t room = p->extents_room == 0 ? 16 : p->extents_room * 2;
	struct extent *extents;

	if (p->nextents == p->extents_room) {
		extents = realloc(p->extents, room * sizeof(*extents));
		if (extents == NULL) {
			err_nomem(err);
			return NULL;
		}
		p->extents = extents;
		p->extents_room = room;
	}
	return &p->extents[p->nextents++];
}

/* Write a stream of one variant out. */
static int
write_extent(struct group_set *set, struct part *p, unsigned variant,
    const struct buffer *stream, struct err *err)
{
	struct extent *e;

	if (stream->len == 0)
		return 0;
	if ((e = new_extent(p, err)) == NULL)
		return -1;
	e->variant = (uint8_t)variant;
	e->len = (uint32_t)stream->len;
	return spill_write(set->group->spill, stream->data, stream->len,
	    &e->offset, err);
}

static int
write_table(struct group_set *set, struct part *p, unsigned variant,
    struct buffer *stream, struct err *err)
{
	const struct row_shape *s = &set->shapes[variant];
	const struct table *t = &p->tables[variant];

	stream->len = 0;
	for (uint32_t i = 0; i < t->rows; i++) {
		const uint8_t *row = table_row(t, s, i);

		row_append(stream, row, s->stride, table_cell(t, row));
		if (stream->failed)
			return err_nomem(err);
		if (stream->len < EXTENT_MAX)
			continue;
		if (write_extent(set, p, variant, stream, err) == -1)
			return -1;
		stream->len = 0;
	}
	return write_extent(set, p, variant, stream, err);
}

int
group_set_spill(struct group_set *set, unsigned part, struct err *err)
{
	struct part *p = &set->parts[part];
	struct buffer stream = BUFFER_EMPTY;
	int rc = 0;

	for (unsigned v = 0; v < VARIANTS && rc == 0; v++)
		rc = write_table(set, p, v, &stream, err);
	buffer_fini(&stream);
	if (rc == 0) {
		group_set_clear(set, part);
		atomic_store(&set->group->has_spilled, true);
	}
	return rc;
}

static bool
is_short(const struct group_set *set, const struct part *p)
{
	const struct group *g = set->group;

	uint64_t most = g->options.memory - g->options.memory / SPILL_RESERVE;

	return g->spill != NULL && atomic_load(&g->bytes) > most &&
	    part_bytes(p) >= most / (SPILL_SHARE * GROUP_PARTS);
}

static int
add_stream(struct group_set *set, struct part *p, unsigned variant,
    const uint8_t *stream, size_t len, struct err *err)
{
	struct table *t = &p->tables[variant];
	uint64_t before = t->bytes;
	int rc;

	rc = table_add(t, &set->shapes[variant], set->group->options.seed,
	    set->look_up, stream, len, err);
	atomic_fetch_add(&set->group->bytes, t->bytes - before);
	return rc;
}

int
group_set_add(struct group_set *set, unsigned part, unsigned variant,
    const uint8_t *stream, size_t len, struct err *err)
{
	struct part *p = &set->parts[part];
	int rc;

	pthread_mutex_lock(&p->lock);
	rc = add_stream(set, p, variant, stream, len, err);
	if (rc == 0 && is_short(set, p))
		rc = group_set_spill(set, part, err);
	pthread_mutex_unlock(&p->lock);
	return rc;
}

void
group_set_leave(struct group_set *set, unsigned part, struct stream *s)
{
	struct part *p = &set->parts[part];

	pthread_mutex_lock(&p->lock);
	s->next = p->left;
	p->left = s;
	pthread_mutex_unlock(&p->lock);
}

static int
load_extents(struct group_set *set, struct part *p, struct err *err)
{
	struct buffer stream = BUFFER_EMPTY;
	int rc = 0;

	for (uint32_t i = 0; i < p->nextents && rc == 0; i++) {
		const struct extent *e = &p->extents[i];
		char *to;

		stream.len = 0;
		to = buffer_room(&stream, e->len + KEY_SLACK);
		if (to == NULL)
			rc = err_nomem(err);
		else
			rc = spill_read(set->group->spill, to, e->len,
			    e->offset, err);
		if (rc == 0)
			rc = add_stream(set, p, e->variant,
			    (const uint8_t *)to, e->len, err);
	}
	buffer_fini(&stream);
	p->nextents = 0;
	return rc;
}

int
group_set_load(struct group_set *set, unsigned part, struct err *err)
{
	struct part *p = &set->parts[part];

	if (load_extents(set, p, err) == -1)
		return -1;
	for (const struct stream *s = p->left; s != NULL; s = s->next)
		if (add_stream(set, p, s->variant, s->rows, s->used,
		    err) == -1)
			return -1;
	free_left(set, p);
	return 0;
}
