/*
 * A worker's way into a set.  What repeats soon is summed up in a small table
 * in which a newcomer puts out who had its place; what comes out is packed
 * and collected by partition, and handed over some hundred rows at a time.
 * While hardly anything repeats, the table is passed by.
 */

#include <stdlib.h>

#include "query/group_int.h"

#define STREAM_LEN 8192U
#define STREAM_ROWS_MIN 8U

#define CACHE_LEN (128U * 1024)
#define CACHE_ENTRIES_MIN 64U
#define CACHE_ENTRIES_MAX 4096U

/* Judge the table after so many rows, and rest for so many. */
#define TRIAL 16384U
#define REST (16U * TRIAL)

struct cached {
	uint64_t hash;
	uint64_t head;
	struct sums sums;
	uint8_t variant;
	bool is_used;
	uint8_t bytes[]; /* key, slack, carried fields */
};

struct stream {
	uint8_t *data;
	uint32_t used;
};

struct feed {
	struct group_set *set;
	struct stream streams[GROUP_PARTS][VARIANTS];
	uint32_t stream_len;
	uint16_t carry_len;
	uint16_t carry_at; /* in a cached entry */
	uint8_t *cache; /* NULL: rows are not looked up */
	uint32_t entries; /* a power of two */
	uint32_t entry_len;
	uint32_t tries;
	uint32_t hits;
	uint32_t rest;
};

static int
new_cache(struct feed *f, struct err *err)
{
	const struct row_shape *s = f->set->shapes;
	size_t key_len = 0;

	for (unsigned v = 0; v < VARIANTS; v++)
		if (s[v].key_len > key_len)
			key_len = s[v].key_len;
	f->carry_at = (uint16_t)((key_len + KEY_SLACK + 7) & ~(size_t)7);
	f->entry_len = (uint32_t)(sizeof(struct cached) + f->carry_at +
	    ((f->carry_len + 7U) & ~7U));
	f->entries = CACHE_ENTRIES_MAX;
	while (f->entries > CACHE_ENTRIES_MIN &&
	    f->entries * f->entry_len > CACHE_LEN)
		f->entries /= 2;
	f->cache = calloc(f->entries, f->entry_len);
	return f->cache == NULL ? err_nomem(err) : 0;
}

struct feed *
feed_new(struct group_set *set, uint16_t carry_len, struct err *err)
{
	struct feed *f = calloc(1, sizeof(*f));
	uint32_t row_len = 0;

	if (f == NULL) {
		err_nomem(err);
		return NULL;
	}
	f->set = set;
	f->carry_len = carry_len;
	for (unsigned v = 0; v < VARIANTS; v++)
		if (set->shapes[v].stride > row_len)
			row_len = set->shapes[v].stride;
	row_len += sizeof(struct cell);
	f->stream_len = row_len * STREAM_ROWS_MIN > STREAM_LEN ?
	    row_len * STREAM_ROWS_MIN : STREAM_LEN;
	if (set->look_up && new_cache(f, err) == -1) {
		feed_free(f);
		return NULL;
	}
	return f;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < GROUP_PARTS; i++)
		for (unsigned v = 0; v < VARIANTS; v++) {
			if (f->streams[i][v].data == NULL)
				continue;
			free(f->streams[i][v].data);
			atomic_fetch_sub(&f->set->group->bytes,
			    f->stream_len);
		}
	free(f->cache);
	free(f);
}

static int
hand_over(struct feed *f, unsigned part, unsigned variant, struct err *err)
{
	struct stream *s = &f->streams[part][variant];
	uint32_t used = s->used;

	s->used = 0;
	return used == 0 ? 0 :
	    group_set_add(f->set, part, variant, s->data, used, err);
}

/* Room for one more row. */
static uint8_t *
stream_room(struct feed *f, unsigned part, unsigned variant, struct err *err)
{
	struct stream *s = &f->streams[part][variant];
	size_t need = f->set->shapes[variant].stride + sizeof(struct cell);

	if (s->data == NULL) {
		if ((s->data = malloc(f->stream_len + KEY_SLACK)) == NULL) {
			err_nomem(err);
			return NULL;
		}
		atomic_fetch_add(&f->set->group->bytes, f->stream_len);
	}
	if (f->stream_len - s->used < need &&
	    hand_over(f, part, variant, err) == -1)
		return NULL;
	return s->data + s->used;
}

/* Rows that are not looked up are spread evenly. */
static unsigned
choose_part(const struct feed *f, const struct item *it, uint64_t hash)
{
	const struct row_shape *s = &f->set->shapes[it->variant];

	if (!f->set->look_up)
		hash = hash_u64(it->head);
	else if (s->prefix_len < s->key_len)
		hash = key_hash(it->key, s->prefix_len,
		    f->set->group->options.seed);
	return (unsigned)(hash >> 56);
}

static int
stream_put(struct feed *f, const struct item *it, uint64_t hash,
    struct err *err)
{
	const struct row_shape *s = &f->set->shapes[it->variant];
	unsigned part = choose_part(f, it, hash);
	uint8_t *row = stream_room(f, part, it->variant, err);
	struct cell cell;

	if (row == NULL)
		return -1;
	row_put_u64(row, it->head);
	memcpy(row + ROW_HEAD_LEN, it->key, s->key_len);
	memcpy(row + ROW_HEAD_LEN + s->key_len, it->carry, f->carry_len);
	f->streams[part][it->variant].used += s->stride;
	if (row_put_sums(row, it->sums))
		return 0;
	row_put_u64(row, it->head | ROW_HAS_CELL);
	row_put_cell(&cell, it->sums);
	memcpy(row + s->stride, &cell, sizeof(cell));
	f->streams[part][it->variant].used += sizeof(cell);
	return 0;
}

static int
put_out(struct feed *f, struct cached *c, struct err *err)
{
	const struct item it = { .head = c->head, .sums = &c->sums,
	    .key = c->bytes, .carry = c->bytes + f->carry_at,
	    .variant = c->variant };

	c->is_used = false;
	return stream_put(f, &it, c->hash, err);
}

static void
take_head(struct feed *f, struct cached *c, const struct item *it)
{
	c->head = it->head;
	memcpy(c->bytes + f->carry_at, it->carry, f->carry_len);
}

static struct cached *
cache_entry(const struct feed *f, uint32_t i)
{
	return (struct cached *)(void *)(f->cache + (size_t)i * f->entry_len);
}

/* Pass the table by for a while when it did not pay. */
static void
judge(struct feed *f)
{
	if (f->hits < f->tries / 4)
		f->rest = REST;
	f->tries = f->hits = 0;
}

static int
cache_put(struct feed *f, const struct item *it, uint64_t hash,
    struct err *err)
{
	struct cached *c = cache_entry(f, (uint32_t)hash & (f->entries - 1));
	size_t key_len = f->set->shapes[it->variant].key_len;

	if (f->tries++ == TRIAL)
		judge(f);
	if (c->is_used && c->hash == hash && c->variant == it->variant &&
	    key_equal(c->bytes, it->key, key_len)) {
		f->hits++;
		sums_merge(&c->sums, it->sums);
		if (it->head < c->head)
			take_head(f, c, it);
		return 0;
	}
	if (c->is_used && put_out(f, c, err) == -1)
		return -1;
	c->is_used = true;
	c->hash = hash;
	c->variant = (uint8_t)it->variant;
	c->sums = *it->sums;
	memcpy(c->bytes, it->key, key_len);
	take_head(f, c, it);
	return 0;
}

int
feed_put(struct feed *f, const struct item *it, struct err *err)
{
	uint64_t hash;

	if (f->cache == NULL)
		return stream_put(f, it, 0, err);
	hash = key_hash(it->key, f->set->shapes[it->variant].key_len,
	    f->set->group->options.seed);
	if (f->rest == 0)
		return cache_put(f, it, hash, err);
	f->rest--;
	return stream_put(f, it, hash, err);
}

int
feed_flush(struct feed *f, struct err *err)
{
	for (uint32_t i = 0; f->cache != NULL && i < f->entries; i++) {
		struct cached *c = cache_entry(f, i);

		if (c->is_used && put_out(f, c, err) == -1)
			return -1;
	}
	for (unsigned i = 0; i < GROUP_PARTS; i++)
		for (unsigned v = 0; v < VARIANTS; v++)
			if (hand_over(f, i, v, err) == -1)
				return -1;
	return 0;
}
