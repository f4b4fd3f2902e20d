/*
 * From batches to rows: a flow counts for each of its sides, in its bucket or
 * in all that it touches, in one of two directions.
 */

#include <stdlib.h>

#include "flow/derive.h"
#include "query/group_int.h"

/* Rows of a batch that are handled together, so that they stay in the cache. */
#define SLICE FEED_ROWS

struct group_worker {
	struct group *g;
	struct feed *rows;
	struct feed *distinct;
	struct feed *buckets;
	uint64_t first_bucket; /* of a percentile */
	uint64_t last_bucket;

	/* of the slice */
	uint64_t heads[SLICE];
	struct sums sums[SLICE];
	uint8_t variants[SLICE];
	uint8_t *keys[SLICE]; /* packed, room for a bucket behind */
	uint8_t *distinct_keys[SLICE];

	uint8_t *full_key; /* of a row and its distinct values */
	uint8_t *carry; /* of one row */
	uint8_t *memory; /* that the pointers are into */
};

/* A flow's part in one bucket. */
struct share {
	uint64_t bucket;
	struct sums sums;
};

static size_t
align8(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* Lay the scratch memory out. */
static int
new_scratch(struct group_worker *w, struct err *err)
{
	const struct group *g = w->g;
	size_t key = align8(g->keys.len[1] + sizeof(uint64_t) + KEY_SLACK);
	size_t distinct = align8(g->distinct_keys.len[1] + KEY_SLACK);
	uint8_t *p;

	w->memory = calloc(1, SLICE * (key + distinct) + key + distinct +
	    g->carry.len + KEY_SLACK);
	if (w->memory == NULL)
		return err_nomem(err);
	p = w->memory;
	for (unsigned i = 0; i < SLICE; i++, p += key)
		w->keys[i] = p;
	for (unsigned i = 0; i < SLICE; i++, p += distinct)
		w->distinct_keys[i] = p;
	w->full_key = p;
	w->carry = p + key + distinct;
	return 0;
}

struct group_worker *
group_worker_new(struct group *g, struct err *err)
{
	struct group_worker *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		err_nomem(err);
		return NULL;
	}
	w->g = g;
	w->first_bucket = UINT64_MAX;
	if (new_scratch(w, err) == -1 ||
	    (w->rows = feed_new(g->rows, g->carry.len, err)) == NULL ||
	    (g->distinct != NULL &&
	    (w->distinct = feed_new(g->distinct, 0, err)) == NULL) ||
	    (g->buckets != NULL &&
	    (w->buckets = feed_new(g->buckets, 0, err)) == NULL)) {
		group_worker_free(w);
		return NULL;
	}
	return w;
}

void
group_worker_free(struct group_worker *w)
{
	if (w == NULL)
		return;
	feed_free(w->rows);
	feed_free(w->distinct);
	feed_free(w->buckets);
	free(w->memory);
	free(w);
}

static void
load_sums(struct group_worker *w, const struct batch *b, const uint16_t *sel,
    uint32_t n, unsigned side)
{
	struct sum_columns c;

	sum_columns_set(&c, b);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t row = sel[i];

		sum_columns_get(&c, row, &w->sums[i]);
		w->heads[i] = (b->order + row) << HEAD_ORDER_SHIFT |
		    (uint64_t)side << HEAD_SIDE_SHIFT;
	}
}

static void
swap_bytes(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t tmp[16];

	memcpy(tmp, a, len);
	memcpy(a, b, len);
	memcpy(b, tmp, len);
}

/*
 * Keys of both directions become one: the smaller end first.  The counters
 * follow, and the head tells that it was done.
 */
static void
turn(struct group_worker *w, uint32_t i)
{
	const struct key_layout *l = &w->g->keys;
	bool wide = w->variants[i] & VARIANT_WIDE;
	size_t len = wide ? 16 : 4;
	uint8_t *key = w->keys[i];
	uint8_t *src = key + l->part[BIFLOW_SRC_ADDR].offset[wide];
	uint8_t *dst = key + l->part[BIFLOW_DST_ADDR].offset[wide];
	uint8_t *src_port = key + l->part[BIFLOW_SRC_PORT].offset[wide];
	uint8_t *dst_port = key + l->part[BIFLOW_DST_PORT].offset[wide];
	uint8_t proto = key[l->part[BIFLOW_PROTO].offset[wide]];
	int order = memcmp(src, dst, len);

	if (order == 0)
		order = memcmp(src_port, dst_port, sizeof(uint16_t));
	if ((proto != PROTO_TCP && proto != PROTO_UDP) || order <= 0)
		return;
	swap_bytes(src, dst, len);
	swap_bytes(src_port, dst_port, sizeof(uint16_t));
	sums_turn(&w->sums[i]);
	w->sums[i].turned_flags = w->sums[i].tcp_flags;
	w->sums[i].tcp_flags = 0;
	w->heads[i] |= HEAD_TURNED;
}

static void
pack_keys(struct group_worker *w, const struct batch *b, const uint16_t *sel,
    uint32_t n, enum field_id first)
{
	const struct group *g = w->g;

	memset(w->variants, 0, n);
	key_find_wide(&g->keys, b, sel, n, first, VARIANT_WIDE, w->variants);
	key_find_wide(&g->distinct_keys, b, sel, n, FLD_NONE,
	    VARIANT_WIDE_DISTINCT, w->variants);
	key_store(&g->keys, b, sel, n, first, VARIANT_WIDE, w->variants,
	    w->keys);
	key_store(&g->distinct_keys, b, sel, n, FLD_NONE,
	    VARIANT_WIDE_DISTINCT, w->variants, w->distinct_keys);
	for (uint32_t i = 0; g->spec.is_biflow && i < n; i++)
		turn(w, i);
}

/* Count the distinct values for the row that the item is of. */
static int
put_distinct(struct group_worker *w, const struct item *of, uint32_t i,
    struct err *err)
{
	static const struct sums none;
	const struct row_shape *s = &w->g->rows->shapes[of->variant];
	const struct key_layout *l = &w->g->distinct_keys;
	unsigned variant = w->variants[i] & VARIANT_WIDE_DISTINCT;
	const struct item it = { .head = 0, .sums = &none,
	    .key = w->full_key, .carry = w->carry,
	    .variant = of->variant | variant };

	if (of->key != w->full_key)
		row_copy(w->full_key, of->key, s->key_len);
	row_copy(w->full_key + s->key_len, w->distinct_keys[i],
	    l->len[variant != 0]);
	return feed_put(w->distinct, &it, err);
}

/* Begin of a bucket and of the next, as times that a row has. */
static void
set_bounds(const struct group *g, uint64_t bucket, struct sums *s)
{
	s->first_ms = bucket * g->spec.bucket_ms;
	s->last_ms = s->first_ms + g->spec.bucket_ms;
	if (s->last_ms < s->first_ms)
		s->last_ms = UINT64_MAX;
}

static uint64_t
part_until(uint64_t total, uint64_t t, uint64_t duration)
{
	return t == 0 ? 0 : flow_rate(total, t, duration);
}

/* What falls between two times of a flow, rounded so that sums are exact. */
static uint64_t
part_between(uint64_t total, uint64_t from, uint64_t to, uint64_t duration)
{
	return part_until(total, to, duration) -
	    part_until(total, from, duration);
}

/* The share of bucket n of a flow that is in so many, counted from 0. */
static void
make_share(const struct group *g, const struct sums *s, uint64_t n,
    uint64_t buckets, struct share *share)
{
	uint64_t ms = g->spec.bucket_ms;
	uint64_t into = s->first_ms % ms; /* of the first bucket */
	uint64_t duration = s->last_ms - s->first_ms;
	uint64_t from = n == 0 ? 0 : n * ms - into;
	uint64_t to = n + 1 == buckets ? duration : (n + 1) * ms - into;

	share->bucket = s->first_ms / ms + n;
	share->sums = (struct sums){
	    .in_packets = part_between(s->in_packets, from, to, duration),
	    .in_bytes = part_between(s->in_bytes, from, to, duration),
	    .out_packets = part_between(s->out_packets, from, to, duration),
	    .out_bytes = part_between(s->out_bytes, from, to, duration) };
	if (n == 0) {
		share->sums.flows = s->flows;
		share->sums.tcp_flags = s->tcp_flags;
		share->sums.turned_flags = s->turned_flags;
	}
}

static bool
is_empty(const struct sums *s)
{
	return (s->in_packets | s->in_bytes | s->out_packets |
	    s->out_bytes) == 0;
}

/* Buckets that a flow is divided over; 1: it is not. */
static uint64_t
count_buckets(const struct group *g, const struct sums *s)
{
	uint64_t n;

	if (!g->spec.is_spread || s->last_ms <= s->first_ms)
		return 1;
	n = s->last_ms / g->spec.bucket_ms - s->first_ms / g->spec.bucket_ms;
	return n < GROUP_SPREAD_MAX ? n + 1 : 1;
}

static int
put_share(struct group_worker *w, const struct item *of, uint32_t i,
    struct share *share, struct err *err)
{
	struct group *g = w->g;
	struct item it = *of;
	uint8_t *key = w->full_key;
	size_t len = g->keys.len[of->variant & VARIANT_WIDE];

	it.sums = &share->sums;
	set_bounds(g, share->bucket, &share->sums);
	row_copy(key, of->key, len);
	store_u64(key + len, share->bucket);
	it.key = key;
	if (g->buckets != NULL) {
		if (share->bucket < w->first_bucket)
			w->first_bucket = share->bucket;
		if (share->bucket > w->last_bucket)
			w->last_bucket = share->bucket;
		return feed_put(w->buckets, &it, err);
	}
	if (feed_put(w->rows, &it, err) == -1)
		return -1;
	return w->distinct == NULL ? 0 : put_distinct(w, &it, i, err);
}

static int
put_shares(struct group_worker *w, const struct item *of, uint32_t i,
    struct err *err)
{
	uint64_t n = count_buckets(w->g, of->sums);
	struct share share;

	if (n == 1) {
		share.bucket = of->sums->first_ms / w->g->spec.bucket_ms;
		share.sums = *of->sums;
		return put_share(w, of, i, &share, err);
	}
	for (uint64_t k = 0; k < n; k++) {
		make_share(w->g, of->sums, k, n, &share);
		if (k > 0 && is_empty(&share.sums))
			continue;
		if (put_share(w, of, i, &share, err) == -1)
			return -1;
	}
	return 0;
}

static int
put_flow(struct group_worker *w, uint32_t i, struct err *err)
{
	const struct group *g = w->g;
	const struct item it = { .head = w->heads[i], .sums = &w->sums[i],
	    .key = w->keys[i], .carry = w->carry,
	    .variant = w->variants[i] & VARIANT_WIDE };

	if (g->has_buckets)
		return put_shares(w, &it, i, err);
	if (g->buckets != NULL && put_shares(w, &it, i, err) == -1)
		return -1;
	if (feed_put(w->rows, &it, err) == -1)
		return -1;
	return w->distinct == NULL ? 0 : put_distinct(w, &it, i, err);
}

/* Flows that are more than a row each. */
static int
put_flows(struct group_worker *w, const struct batch *b, const uint16_t *sel,
    uint32_t n, enum field_id first, unsigned side, struct err *err)
{
	load_sums(w, b, sel, n, side);
	pack_keys(w, b, sel, n, first);
	for (uint32_t i = 0; i < n; i++) {
		if (w->g->carry.parts > 0)
			carry_store(&w->g->carry, b, sel[i],
			    w->g->spec.keys[0].field, first, w->carry);
		if (put_flow(w, i, err) == -1)
			return -1;
	}
	return 0;
}

static bool
is_plain(const struct group *g)
{
	return !g->spec.is_biflow && !g->has_buckets && !g->has_results;
}

/* The field that the first key is read from. */
static enum field_id
side_field(const struct group_spec *spec, unsigned side)
{
	return side == 0 ? spec->keys[0].field : spec->sides[side - 1];
}

/* Rows whose value of this side was not that of an earlier one, too. */
static uint32_t
drop_repeated(const struct group *g, const struct batch *b, unsigned side,
    const uint16_t *sel, uint32_t n, uint16_t *kept)
{
	uint32_t nkept = 0;

	for (uint32_t i = 0; i < n; i++) {
		bool is_new = true;

		for (unsigned s = 0; s < side && is_new; s++)
			is_new = !key_same(&g->keys, b,
			    side_field(&g->spec, s),
			    side_field(&g->spec, side), sel[i]);
		kept[nkept] = sel[i];
		nkept += is_new;
	}
	return nkept;
}

static int
add_slice(struct group_worker *w, const struct batch *b, const uint16_t *sel,
    uint32_t n, struct err *err)
{
	const struct group *g = w->g;
	uint16_t kept[SLICE];
	uint32_t nkept = n;
	enum field_id first = FLD_NONE;

	for (unsigned side = 0; side <= g->spec.nsides; side++) {
		if (side > 0) {
			first = side_field(&g->spec, side);
			nkept = drop_repeated(g, b, side, sel, n, kept);
		}
		if ((is_plain(g) ? pack_rows(g, w->rows, b,
		    side > 0 ? kept : sel, nkept, first, side, err) :
		    put_flows(w, b, side > 0 ? kept : sel, nkept, first, side,
		    err)) == -1)
			return -1;
	}
	return 0;
}

int
group_add(struct group_worker *w, const struct batch *b, struct err *err)
{
	uint32_t n;

	for (uint32_t i = 0; i < b->nsel; i += n) {
		n = b->nsel - i < SLICE ? b->nsel - i : SLICE;
		if (add_slice(w, b, b->sel + i, n, err) == -1)
			return -1;
	}
	return 0;
}

/* Have the group's range of buckets take in the worker's. */
static void
widen_range(struct group *g, uint64_t first, uint64_t last)
{
	uint64_t old = atomic_load(&g->first_bucket);

	while (first < old && !atomic_compare_exchange_weak(
	    &g->first_bucket, &old, first))
		;
	old = atomic_load(&g->last_bucket);
	while (last > old && !atomic_compare_exchange_weak(
	    &g->last_bucket, &old, last))
		;
}

int
group_flush(struct group_worker *w, struct err *err)
{
	widen_range(w->g, w->first_bucket, w->last_bucket);
	if (feed_flush(w->rows, err) == -1 ||
	    (w->distinct != NULL && feed_flush(w->distinct, err) == -1) ||
	    (w->buckets != NULL && feed_flush(w->buckets, err) == -1))
		return -1;
	return 0;
}
