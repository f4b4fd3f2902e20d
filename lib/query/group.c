/*
 * A group: what is asked for, and the sets that it needs.
 */

#include <stdlib.h>

#include "query/group_int.h"
#include "query/totals.h"

static void
set_biflow_keys(struct group_spec *spec)
{
	static const enum field_id fields[BIFLOW_KEYS] = {
		[BIFLOW_SRC_ADDR] = FLD_SRC_ADDR,
		[BIFLOW_DST_ADDR] = FLD_DST_ADDR,
		[BIFLOW_SRC_PORT] = FLD_SRC_PORT,
		[BIFLOW_DST_PORT] = FLD_DST_PORT,
		[BIFLOW_PROTO] = FLD_PROTO,
	};

	spec->nkeys = BIFLOW_KEYS;
	for (unsigned i = 0; i < BIFLOW_KEYS; i++)
		spec->keys[i] = (struct group_key){ .field = fields[i],
		    .mask = FLD_NONE, .v4_len = 32, .v6_len = 128 };
}

static int
init_layouts(struct group *g, struct err *err)
{
	const struct group_spec *spec = &g->spec;
	struct group_key distinct[GROUP_DISTINCT_MAX];

	assert(spec->ndistinct <= GROUP_DISTINCT_MAX);
	assert(spec->nsides <= GROUP_SIDES_MAX);
	assert(!spec->is_each || (spec->nsides == 0 && spec->ndistinct == 0 &&
	    !spec->is_p95));
	assert(spec->bucket_ms > 0 || !(spec->is_spread || spec->is_p95));
	for (unsigned i = 0; i < spec->ndistinct; i++)
		distinct[i] = (struct group_key){ .field = spec->distinct[i],
		    .mask = FLD_NONE, .v4_len = 32, .v6_len = 128 };
	if (key_layout_init(&g->keys, spec->keys, spec->is_each ? 0 :
	    spec->nkeys, err) == -1 ||
	    key_layout_init(&g->distinct_keys, distinct, spec->ndistinct,
	    err) == -1)
		return -1;
	g->keys.country = spec->country;
	g->keys.country_ctx = spec->country_ctx;
	for (unsigned i = 0; i < g->keys.parts; i++)
		if (g->keys.part[i].by_country)
			fieldset_add(&g->spec.carry, g->keys.part[i].field);
	carry_layout_init(&g->carry, &g->spec.carry);
	g->has_buckets = spec->bucket_ms > 0 && !spec->is_p95;
	return 0;
}

/* Shapes of a set whose keys are those of a row and "more" behind them. */
static void
init_shapes(struct group_set *set, const struct key_layout *keys,
    unsigned bucket, const struct key_layout *more, uint16_t carry)
{
	for (unsigned v = 0; v < VARIANTS; v++) {
		struct row_shape *s = &set->shapes[v];
		uint16_t prefix = keys->len[v & VARIANT_WIDE];

		s->prefix_len = prefix;
		s->key_len = (uint16_t)(prefix + bucket);
		if (more != NULL) {
			s->prefix_len = s->key_len;
			s->key_len += more->len[v / VARIANT_WIDE_DISTINCT];
		}
		s->stride = (uint16_t)(ROW_HEAD_LEN + s->key_len + carry);
	}
}

static int
init_sets(struct group *g, struct err *err)
{
	unsigned bucket = g->has_buckets ? sizeof(uint64_t) : 0;

	if ((g->rows = group_set_new(g, !g->spec.is_each, err)) == NULL)
		return -1;
	init_shapes(g->rows, &g->keys, bucket, NULL, g->carry.len);
	for (unsigned v = 0; v < VARIANTS; v++)
		g->rows->shapes[v].prefix_len = g->rows->shapes[v].key_len;
	if (g->spec.ndistinct > 0) {
		if ((g->distinct = group_set_new(g, true, err)) == NULL)
			return -1;
		init_shapes(g->distinct, &g->keys, bucket, &g->distinct_keys,
		    0);
	}
	if (g->spec.is_p95) {
		if ((g->buckets = group_set_new(g, true, err)) == NULL)
			return -1;
		init_shapes(g->buckets, &g->keys, sizeof(uint64_t), NULL, 0);
	}
	g->has_results = g->distinct != NULL || g->buckets != NULL;
	return 0;
}

struct group *
group_new(const struct group_spec *spec, const struct group_options *options,
    struct err *err)
{
	struct group *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		err_nomem(err);
		return NULL;
	}
	g->spec = *spec;
	g->options = *options;
	g->first_bucket = UINT64_MAX;
	if (spec->is_biflow)
		set_biflow_keys(&g->spec);
	if (init_layouts(g, err) == -1 || init_sets(g, err) == -1 ||
	    (options->memory > 0 && (g->spill = spill_new(
	    options->tmpdir == NULL ? "/tmp" : options->tmpdir,
	    err)) == NULL)) {
		group_free(g);
		return NULL;
	}
	return g;
}

void
group_free(struct group *g)
{
	if (g == NULL)
		return;
	for (unsigned i = 0; g->runs != NULL && i < g->norders * GROUP_PARTS;
	    i++)
		free(g->runs[i].rows);
	free(g->runs);
	free(g->orders);
	group_set_free(g->rows);
	group_set_free(g->distinct);
	group_set_free(g->buckets);
	spill_free(g->spill);
	free(g);
}

void
group_fields(const struct group_spec *spec, struct fieldset *want)
{
	struct group_spec biflow;

	if (spec->is_biflow) {
		biflow = *spec;
		set_biflow_keys(&biflow);
		spec = &biflow;
	}
	totals_fields(want);
	fieldset_add(want, FLD_TCP_FLAGS);
	for (unsigned i = 0; !spec->is_each && i < spec->nkeys; i++) {
		fieldset_add(want, spec->keys[i].field);
		if (spec->keys[i].mask != FLD_NONE)
			fieldset_add(want, spec->keys[i].mask);
	}
	for (unsigned i = 0; i < spec->nsides; i++)
		fieldset_add(want, spec->sides[i]);
	for (unsigned i = 0; i < spec->ndistinct; i++)
		fieldset_add(want, spec->distinct[i]);
	fieldset_merge(want, &spec->carry);
}

uint64_t
group_rows(const struct group *g)
{
	return g->count;
}
