/*
 * The end of grouping, partition by partition: what was written out comes
 * back, distinct values and percentiles are reduced to a number, and for each
 * order the rows are sorted and cut.
 *
 * When the memory was too small once, all is written out first, so that only
 * the partitions at hand are in memory, and sorted partitions go to the file.
 */

#include <stdlib.h>

#include "base/queue.h"
#include "flow/derive.h"
#include "query/group_int.h"

/* Less than that is not worth a thread. */
#define THREADS_FROM (1024U * 1024)

struct sorted {
	struct sort_key key;
	uint32_t row; /* variant in the upper 8 bits */
};

/* Of one partition. */
struct finisher {
	struct group *g;
	unsigned part;
	struct sorted *list;
	uint64_t room;
	uint64_t n;
};

/* What went wrong first on a worker. */
struct outcome {
	bool has_failed;
	struct err err;
};

/* Does the source look like the server?  Ports as they are shown. */
static bool
looks_like_server(const struct group *g, const struct result_row *r)
{
	const struct key_layout *l = &g->keys;
	unsigned wide = r->variant & VARIANT_WIDE;
	const uint8_t *key = r->row + ROW_HEAD_LEN;
	uint8_t proto = key[l->part[BIFLOW_PROTO].offset[wide]];
	uint16_t src, dst, tmp;

	if (proto != PROTO_TCP && proto != PROTO_UDP && !g->spec.guesses_low)
		return false;
	memcpy(&src, key + l->part[BIFLOW_SRC_PORT].offset[wide], sizeof(src));
	memcpy(&dst, key + l->part[BIFLOW_DST_PORT].offset[wide], sizeof(dst));
	if (r->is_turned) {
		tmp = src;
		src = dst;
		dst = tmp;
	}
	if (g->spec.guesses_low)
		return src < 1024 && dst > 1024;
	return (src < 1024 && dst >= 1024) || (src < 32768 && dst >= 32768) ||
	    (src < 49152 && dst >= 49152);
}

void
group_result_row(const struct group *g, const uint8_t *row, unsigned variant,
    const struct cell *c, const uint64_t *results, struct result_row *r)
{
	r->row = row;
	r->variant = variant;
	r->is_turned = (row_head(row) & HEAD_TURNED) != 0;
	row_sums(row, c, &r->sums);
	if (g->spec.merges_flags)
		r->sums.tcp_flags |= r->sums.turned_flags;
	else if (r->is_turned)
		r->sums.tcp_flags = r->sums.turned_flags;
	if (results != NULL) {
		r->sums.distinct = results[RESULT_DISTINCT];
		r->sums.p95_bps = results[RESULT_P95];
	}
	r->is_guessed = g->spec.is_guessed && g->spec.is_biflow &&
	    looks_like_server(g, r);
	if (r->is_guessed)
		r->is_turned = !r->is_turned;
	if (r->is_turned)
		sums_turn(&r->sums);
}

void
group_sort_key(const struct group *g, const struct order *o,
    const struct result_row *r, struct sort_key *key)
{
	uint64_t value = order_value(o->id, &r->sums);

	key->bucket = !g->has_buckets ? 0 : load_u64(r->row + ROW_HEAD_LEN +
	    g->keys.len[r->variant & VARIANT_WIDE]);
	key->value = o->is_ascending || o->id == ORDER_INPUT ? value : ~value;
	key->head = row_head(r->row);
}

static int
new_results(struct group *g, unsigned part, struct err *err)
{
	for (unsigned v = 0; v < VARIANTS; v++) {
		struct table *t = &g->rows->parts[part].tables[v];

		if (t->rows > 0 && (t->results = calloc(t->rows,
		    RESULTS * sizeof(*t->results))) == NULL)
			return err_nomem(err);
	}
	return 0;
}

/*
 * The row that a row of another set belongs to: its key begins with that of
 * the row.
 */
static int64_t
find_owner(const struct group *g, unsigned part, unsigned variant,
    const uint8_t *key)
{
	unsigned v = variant & VARIANT_WIDE;
	const struct row_shape *s = &g->rows->shapes[v];

	return table_find(&g->rows->parts[part].tables[v], s, key,
	    key_hash(key, s->key_len, g->options.seed));
}

static void
reduce_distinct(struct group *g, unsigned part)
{
	for (unsigned v = 0; v < VARIANTS; v++) {
		struct table *t = &g->distinct->parts[part].tables[v];
		uint64_t *results =
		    g->rows->parts[part].tables[v & VARIANT_WIDE].results;

		for (uint32_t i = 0; i < t->rows; i++) {
			int64_t row = find_owner(g, part, v,
			    table_row(t, &g->distinct->shapes[v], i) +
			    ROW_HEAD_LEN);

			assert(row >= 0);
			results[row * RESULTS + RESULT_DISTINCT]++;
		}
	}
}

/* Bits per second of a row in one bucket. */
struct sample {
	uint32_t row;
	uint64_t bps;
};

static int
compare_samples(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->row != y->row)
		return x->row < y->row ? -1 : 1;
	return x->bps < y->bps ? -1 : x->bps > y->bps;
}

/* Nearest rank over "all" buckets, of which n sorted ones are not zero. */
static uint64_t
percentile(const struct sample *samples, uint64_t n, uint64_t all)
{
	uint64_t rank = all - all / 20; /* ceil(0.95 * all) */
	uint64_t zeroes = all - n;

	return rank <= zeroes ? 0 : samples[rank - zeroes - 1].bps;
}

static int
reduce_variant(struct group *g, unsigned part, unsigned v, struct err *err)
{
	const struct table *t = &g->buckets->parts[part].tables[v];
	uint64_t *results = g->rows->parts[part].tables[v].results;
	uint64_t all = g->last_bucket - g->first_bucket + 1;
	struct sample *samples;
	struct sums sums;
	uint32_t n;

	if (t->rows == 0)
		return 0;
	if ((samples = malloc(t->rows * sizeof(*samples))) == NULL)
		return err_nomem(err);
	for (uint32_t i = 0; i < t->rows; i++) {
		const uint8_t *row = table_row(t, &g->buckets->shapes[v], i);
		int64_t owner = find_owner(g, part, v, row + ROW_HEAD_LEN);

		assert(owner >= 0);
		row_sums(row, table_cell(t, row), &sums);
		samples[i].row = (uint32_t)owner;
		samples[i].bps = flow_rate(sums.in_bytes + sums.out_bytes,
		    8000, g->spec.bucket_ms);
	}
	qsort(samples, t->rows, sizeof(*samples), compare_samples);
	for (uint32_t i = 0; i < t->rows; i += n) {
		for (n = 1; i + n < t->rows &&
		    samples[i + n].row == samples[i].row; n++)
			;
		results[samples[i].row * RESULTS + RESULT_P95] =
		    percentile(samples + i, n, all);
	}
	free(samples);
	return 0;
}

static int
load(struct group *g, unsigned part, struct err *err)
{
	if (group_set_load(g->rows, part, err) == -1)
		return -1;
	if (!g->has_results)
		return 0;
	if (new_results(g, part, err) == -1)
		return -1;
	if (g->distinct != NULL) {
		if (group_set_load(g->distinct, part, err) == -1)
			return -1;
		reduce_distinct(g, part);
		group_set_clear(g->distinct, part);
	}
	if (g->buckets != NULL) {
		if (group_set_load(g->buckets, part, err) == -1)
			return -1;
		for (unsigned v = 0; v <= VARIANT_WIDE; v++)
			if (reduce_variant(g, part, v, err) == -1)
				return -1;
		group_set_clear(g->buckets, part);
	}
	return 0;
}

static int
compare_sorted(const void *a, const void *b)
{
	return sort_key_compare(&((const struct sorted *)a)->key,
	    &((const struct sorted *)b)->key);
}

/* The heap's first is the last in order: the one to be replaced. */
static void
sift_down(struct sorted *heap, uint64_t n, uint64_t i)
{
	struct sorted moved = heap[i];
	uint64_t child;

	for (; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && compare_sorted(&heap[child],
		    &heap[child + 1]) < 0)
			child++;
		if (compare_sorted(&moved, &heap[child]) >= 0)
			break;
		heap[i] = heap[child];
	}
	heap[i] = moved;
}

static void
sift_up(struct sorted *heap, uint64_t i)
{
	struct sorted moved = heap[i];
	uint64_t parent;

	for (; i > 0; i = parent) {
		parent = (i - 1) / 2;
		if (compare_sorted(&moved, &heap[parent]) <= 0)
			break;
		heap[i] = heap[parent];
	}
	heap[i] = moved;
}

/* Keep it when it may be among the first rows. */
static void
collect(struct finisher *f, const struct sorted *s)
{
	if (f->n < f->room) {
		f->list[f->n] = *s;
		f->n++;
		if (f->g->top > 0 && !f->g->has_buckets)
			sift_up(f->list, f->n - 1);
	} else if (compare_sorted(s, &f->list[0]) < 0) {
		f->list[0] = *s;
		sift_down(f->list, f->n, 0);
	}
}

static bool
is_inside(const struct group_limits *l, const struct sums *s)
{
	uint64_t packets = s->in_packets + s->out_packets;
	uint64_t bytes = s->in_bytes + s->out_bytes;

	return packets >= l->packets_min && packets <= l->packets_max &&
	    bytes >= l->bytes_min && bytes <= l->bytes_max;
}

static void
collect_rows(struct finisher *f, const struct order *o, uint64_t *count)
{
	struct group *g = f->g;
	struct result_row r;
	struct sorted s;

	for (unsigned v = 0; v < VARIANTS; v++) {
		const struct table *t = &g->rows->parts[f->part].tables[v];

		for (uint32_t i = 0; i < t->rows; i++) {
			const uint8_t *row = table_row(t,
			    &g->rows->shapes[v], i);

			group_result_row(g, row, v, table_cell(t, row),
			    t->results == NULL ? NULL :
			    t->results + (size_t)i * RESULTS, &r);
			if (!is_inside(&g->limits, &r.sums))
				continue;
			++*count;
			group_sort_key(g, o, &r, &s.key);
			s.row = v << RUN_VARIANT_SHIFT | i;
			collect(f, &s);
		}
	}
}

/* At most "top" rows of each bucket. */
static void
cut_buckets(struct finisher *f)
{
	uint64_t n = 0, same = 0;

	for (uint64_t i = 0; i < f->n; i++) {
		if (i > 0 && f->list[i].key.bucket !=
		    f->list[i - 1].key.bucket)
			same = 0;
		if (same++ < f->g->top)
			f->list[n++] = f->list[i];
	}
	f->n = n;
}

/* Write a sorted run to the temporary file, in one piece. */
static int
write_run(struct finisher *f, struct run *run, struct err *err)
{
	struct group *g = f->g;
	struct buffer out = BUFFER_EMPTY;
	int rc = 0;

	for (uint64_t i = 0; i < f->n; i++) {
		unsigned v = f->list[i].row >> RUN_VARIANT_SHIFT;
		uint32_t n = f->list[i].row & ((1U << RUN_VARIANT_SHIFT) - 1);
		const struct table *t = &g->rows->parts[f->part].tables[v];
		const uint8_t *row = table_row(t, &g->rows->shapes[v], n);

		buffer_char(&out, (char)v);
		row_append(&out, row, g->rows->shapes[v].stride,
		    table_cell(t, row));
		if (g->has_results)
			buffer_add(&out, t->results + (size_t)n * RESULTS,
			    RESULTS * sizeof(*t->results));
	}
	run->len = out.len;
	if (out.failed)
		rc = err_nomem(err);
	else if (out.len > 0)
		rc = spill_write(g->spill, out.data, out.len, &run->offset,
		    err);
	buffer_fini(&out);
	return rc;
}

static int
keep_run(struct finisher *f, struct run *run, struct err *err)
{
	run->count = (uint32_t)f->n;
	if (f->n == 0)
		return 0;
	if (f->g->has_spilled)
		return write_run(f, run, err);
	if ((run->rows = malloc(f->n * sizeof(*run->rows))) == NULL)
		return err_nomem(err);
	for (uint64_t i = 0; i < f->n; i++)
		run->rows[i] = f->list[i].row;
	return 0;
}

static int
sort_part(struct finisher *f, struct err *err)
{
	struct group *g = f->g;
	uint64_t count = 0, rows = 0;

	for (unsigned v = 0; v < VARIANTS; v++)
		rows += g->rows->parts[f->part].tables[v].rows;
	f->room = g->top > 0 && !g->has_buckets && g->top < rows ? g->top :
	    rows;
	if (rows == 0)
		return 0;
	if ((f->list = malloc(f->room * sizeof(*f->list))) == NULL)
		return err_nomem(err);
	for (unsigned i = 0; i < g->norders; i++) {
		f->n = count = 0;
		collect_rows(f, &g->orders[i], &count);
		qsort(f->list, f->n, sizeof(*f->list), compare_sorted);
		if (g->top > 0 && g->has_buckets)
			cut_buckets(f);
		if (keep_run(f, &g->runs[i * GROUP_PARTS + f->part],
		    err) == -1)
			return -1;
	}
	atomic_fetch_add(&g->count, count);
	return 0;
}

static void
finish_part(void *ctx, unsigned worker, void *item)
{
	struct outcome *outcome = (struct outcome *)ctx + worker;
	struct finisher *f = item;
	struct err err;

	if ((load(f->g, f->part, &err) == -1 || sort_part(f, &err) == -1) &&
	    !outcome->has_failed) {
		outcome->has_failed = true;
		outcome->err = err;
	}
	if (f->g->has_spilled)
		group_set_clear(f->g->rows, f->part);
	free(f->list);
}

/* Have all that is in memory written out. */
static int
spill_all(struct group_set *set, struct err *err)
{
	for (unsigned i = 0; set != NULL && i < GROUP_PARTS; i++)
		if (group_set_spill(set, i, err) == -1)
			return -1;
	return 0;
}

static int
run_parts(struct group *g, struct finisher *list, unsigned threads,
    struct outcome *outcomes, struct err *err)
{
	struct queue *queue = NULL;

	if (threads > 1 && (queue = queue_new(threads - 1, GROUP_PARTS,
	    finish_part, outcomes, err)) == NULL)
		return -1;
	for (unsigned i = 0; i < GROUP_PARTS; i++) {
		list[i].g = g;
		list[i].part = i;
		if (queue != NULL)
			queue_put(queue, &list[i]);
		else
			finish_part(outcomes, 0, &list[i]);
	}
	while (queue != NULL && queue_get(queue) != NULL)
		;
	queue_free(queue);
	for (unsigned i = 0; i < threads; i++)
		if (outcomes[i].has_failed) {
			*err = outcomes[i].err;
			return -1;
		}
	return 0;
}

static int
finish_parts(struct group *g, struct err *err)
{
	unsigned threads = (g->bytes < THREADS_FROM && !g->has_spilled) ||
	    g->options.threads == 0 ? 1 : g->options.threads;
	struct finisher *list = calloc(GROUP_PARTS, sizeof(*list));
	struct outcome *outcomes = calloc(threads, sizeof(*outcomes));
	int rc;

	if (list == NULL || outcomes == NULL)
		rc = err_nomem(err);
	else
		rc = run_parts(g, list, threads, outcomes, err);
	free(outcomes);
	free(list);
	return rc;
}

static int
set_orders(struct group *g, const struct order *orders, unsigned norders,
    struct err *err)
{
	static const struct order input = { ORDER_INPUT, true };

	if (norders == 0) {
		orders = &input;
		norders = 1;
	}
	g->orders = calloc(norders, sizeof(*g->orders));
	g->runs = calloc((size_t)norders * GROUP_PARTS, sizeof(*g->runs));
	if (g->orders == NULL || g->runs == NULL)
		return err_nomem(err);
	memcpy(g->orders, orders, norders * sizeof(*orders));
	g->norders = norders;
	return 0;
}

int
group_finish(struct group *g, const struct order *orders, unsigned norders,
    uint64_t top, const struct group_limits *limits, struct err *err)
{
	static const struct group_limits all = { 0, UINT64_MAX, 0,
	    UINT64_MAX };

	assert(g->runs == NULL);
	g->top = top;
	g->limits = limits == NULL ? all : *limits;
	if (set_orders(g, orders, norders, err) == -1)
		return -1;
	if (g->has_spilled && (spill_all(g->rows, err) == -1 ||
	    spill_all(g->distinct, err) == -1 ||
	    spill_all(g->buckets, err) == -1))
		return -1;
	return finish_parts(g, err);
}
