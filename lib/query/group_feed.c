/*
 * A worker's way into a set.  Rows are collected until there are enough to be
 * looked up together.  What repeats soon is summed up in a small cache of rows
 * of the worker's own; what leaves it goes to the partitions.  While hardly
 * anything repeats, the cache is passed by.
 */

#include <stdlib.h>

#include "query/group_int.h"

#define LOT 32 /* rows looked up together */

/*
 * Rows of a cache, at most; its bytes are a share of the memory given.  More
 * rows would find more that repeats, but not near the processor.
 */
#define CACHE_ROWS 16384U
#define CACHE_SHARE 16

/*
 * After so many rows it is seen whether the cache pays: it does from two hits
 * of five rows on.  If not, it is passed by for so many times those rows.
 */
#define SEEN_ROWS (4 * CACHE_ROWS)
#define REST 16

/* Rows that are not looked at yet. */
struct pending {
	uint8_t *data;
	uint32_t used;
	uint32_t rows;
};

/*
 * Each row has one place, by the hash of its key; a row of another key that
 * goes there puts it out.  None has a cell.
 */
struct cache {
	uint8_t *rows; /* NULL: not yet */
	size_t stride; /* of a place: a row, and KEY_SLACK - 1 behind it */
	uint32_t mask; /* number of places - 1 */
};

struct feed {
	struct group_set *set;
	uint16_t carry_len;
	struct pending pending[VARIANTS];
	uint32_t pending_len;
	struct cache caches[VARIANTS];
	uint64_t seen; /* rows, of late */
	uint64_t hits; /* of those that were added to a row of the cache */
	uint64_t rest; /* rows that still pass the cache by */
	struct outlet out;
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
	f->pending_len = row_len * FEED_ROWS;
	out_init(&f->out, set, row_len);
	return f;
}

static uint64_t
cache_bytes(const struct cache *c)
{
	return c->rows == NULL ? 0 : (uint64_t)(c->mask + 1) * c->stride;
}

void
feed_free(struct feed *f)
{
	if (f == NULL)
		return;
	for (unsigned v = 0; v < VARIANTS; v++) {
		free(f->pending[v].data);
		atomic_fetch_sub(&f->set->group->bytes,
		    cache_bytes(&f->caches[v]));
		free(f->caches[v].rows);
	}
	out_fini(&f->out);
	free(f);
}

/* Places are aligned, and are empty when they are zero. */
static int
new_cache(struct feed *f, unsigned variant, struct err *err)
{
	const size_t slack = KEY_SLACK - 1;
	struct cache *c = &f->caches[variant];
	uint64_t most = f->set->group->options.memory / CACHE_SHARE;
	uint32_t rows = CACHE_ROWS;

	c->stride = (f->set->shapes[variant].stride + slack + slack) & ~slack;
	while (most > 0 && rows > 1 && rows * c->stride > most)
		rows /= 2;
	c->mask = rows - 1;
	if ((c->rows = calloc(rows, c->stride)) == NULL)
		return err_nomem(err);
	atomic_fetch_add(&f->set->group->bytes, cache_bytes(c));
	return 0;
}

/* A row that waits, and where it may be in the cache. */
struct place {
	const uint8_t *row;
	uint8_t *cached;
};

/* Cut the next rows off, and have their places brought near. */
static unsigned
take_lot(const struct feed *f, unsigned variant, const uint8_t **pos,
    const uint8_t *end, struct place *lot)
{
	const struct row_shape *s = &f->set->shapes[variant];
	const struct cache *c = &f->caches[variant];
	uint64_t hash, seed = f->set->group->options.seed;
	const uint8_t *p = *pos;
	unsigned n;

	for (n = 0; n < LOT && p < end; n++) {
		hash = key_hash(p + ROW_HEAD_LEN, s->key_len, seed);
		lot[n].row = p;
		lot[n].cached = c->rows + (hash & c->mask) * c->stride;
		__builtin_prefetch(lot[n].cached, 1);
		__builtin_prefetch(lot[n].cached + ROW_HEAD_LEN, 1);
		p += s->stride;
		if (row_has_cell(lot[n].row))
			p += sizeof(struct cell);
	}
	*pos = p;
	return n;
}

/* Add the row to the one that is there, if it has the same key and can be. */
static inline bool
add_to_cached(const struct row_shape *s, uint8_t *cached, const uint8_t *row)
{
	uint64_t head = load_u64(cached), other = load_u64(row);

	if ((head & ROW_IS_CACHED) == 0 || (other & ROW_HAS_CELL) != 0 ||
	    !key_equal(cached + ROW_HEAD_LEN, row + ROW_HEAD_LEN,
	    s->key_len) || !row_merge(cached, row))
		return false;
	other |= ROW_IS_CACHED;
	if (other < head) {
		store_u64(cached, other);
		row_take_carried(s, cached, row);
	}
	return true;
}

static int
evict(struct feed *f, unsigned variant, uint8_t *cached, struct err *err)
{
	uint64_t head = load_u64(cached);

	if ((head & ROW_IS_CACHED) == 0)
		return 0;
	store_u64(cached, head & ~ROW_IS_CACHED);
	return out_put(&f->out, variant, cached, NULL, err);
}

static int
replace_cached(struct feed *f, unsigned variant, const struct place *p,
    struct err *err)
{
	const struct row_shape *s = &f->set->shapes[variant];

	if (row_has_cell(p->row))
		return out_put(&f->out, variant, p->row, p->row + s->stride,
		    err);
	if (evict(f, variant, p->cached, err) == -1)
		return -1;
	row_copy(p->cached, p->row, s->stride);
	store_u64(p->cached, load_u64(p->row) | ROW_IS_CACHED);
	return 0;
}

static int
cache_pending(struct feed *f, unsigned variant, struct err *err)
{
	const struct row_shape *s = &f->set->shapes[variant];
	const uint8_t *p = f->pending[variant].data;
	const uint8_t *end = p + f->pending[variant].used;
	struct place lot[LOT];
	unsigned n;

	while (p < end) {
		n = take_lot(f, variant, &p, end, lot);
		for (unsigned i = 0; i < n; i++) {
			if (add_to_cached(s, lot[i].cached, lot[i].row))
				f->hits++;
			else if (replace_cached(f, variant, &lot[i],
			    err) == -1)
				return -1;
		}
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
		if (out_put(&f->out, variant, row, has_cell ? p : NULL,
		    err) == -1)
			return -1;
		p += has_cell ? sizeof(struct cell) : 0;
	}
	return 0;
}

/* Rest when the cache did not pay. */
static void
judge(struct feed *f)
{
	if (f->hits * 5 < f->seen * 2)
		f->rest = REST * f->seen;
	f->seen = f->hits = 0;
}

/* Take what is pending into the cache, or past it. */
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
		if (f->caches[variant].rows == NULL &&
		    new_cache(f, variant, err) == -1)
			return -1;
		rc = cache_pending(f, variant, err);
		f->seen += rows;
		if (f->seen >= SEEN_ROWS)
			judge(f);
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

static int
evict_all(struct feed *f, unsigned variant, struct err *err)
{
	const struct cache *c = &f->caches[variant];

	for (size_t i = 0; c->rows != NULL && i <= c->mask; i++)
		if (evict(f, variant, c->rows + i * c->stride, err) == -1)
			return -1;
	return 0;
}

int
feed_flush(struct feed *f, struct err *err)
{
	for (unsigned v = 0; v < VARIANTS; v++)
		if ((f->pending[v].rows > 0 && digest(f, v, err) == -1) ||
		    evict_all(f, v, err) == -1)
			return -1;
	out_flush(&f->out);
	return 0;
}
