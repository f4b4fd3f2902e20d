/*
 * Running a filter over batches.
 *
 * An AND lets its parts narrow the selection one after the other.  An OR
 * marks the rows that its parts take; each part looks only at those that
 * none before it took.  Selections stay ascending, and no loop over rows has
 * a branch that depends on the data.
 */

#include <stdlib.h>
#include <string.h>

#include "query/filter_int.h"
#include "query/filter_label.h"
#include "query/filter_payload.h"

/* What a level of OR needs. */
struct level {
	uint16_t left[BATCH_ROWS]; /* rows that no part took yet */
	uint16_t hits[BATCH_ROWS]; /* rows that the part at work takes */
	uint8_t taken[BATCH_ROWS]; /* by row: 1 if some part took it */
};

struct filter_run {
	const struct filter *filter;
	struct level *levels; /* of OR inside OR */
	uint64_t *calc; /* values of the derived column at work */
	struct payload_room *payload;
	struct label_run *label;
	char *ident;
	size_t ident_len;
};

/* A copy of at most FILTER_TEXT_MAX bytes; longer ones match no filter. */
#define IDENT_SIZE (FILTER_TEXT_MAX + 2)

struct filter_run *
filter_run_new(const struct filter *f, struct err *err)
{
	struct filter_run *r = calloc(1, sizeof(*r));

	if (r == NULL)
		goto fail;
	r->filter = f;
	if ((r->ident = calloc(1, IDENT_SIZE)) == NULL)
		goto fail;
	if (f->or_depth > 0 &&
	    (r->levels = calloc(f->or_depth, sizeof(*r->levels))) == NULL)
		goto fail;
	if (f->has_calc &&
	    (r->calc = calloc(BATCH_ROWS, sizeof(*r->calc))) == NULL)
		goto fail;
	if ((f->has_payload &&
		(r->payload = payload_room_new(err)) == NULL) ||
	    (f->label != NULL &&
		(r->label = label_run_new(f, err)) == NULL)) {
		filter_run_free(r);
		return NULL;
	}
	return r;
fail:
	err_nomem(err);
	filter_run_free(r);
	return NULL;
}

void
filter_run_free(struct filter_run *r)
{
	if (r == NULL)
		return;
	free(r->levels);
	free(r->calc);
	payload_room_free(r->payload);
	label_run_free(r->label);
	free(r->ident);
	free(r);
}

void
filter_run_ident(struct filter_run *r, const char *ident)
{
	r->ident_len = strnlen(ident, IDENT_SIZE - 1);
	memcpy(r->ident, ident, r->ident_len);
	if (r->label != NULL)
		label_run_ident(r->label, ident);
}

/* Copy the rows that are marked, or those that are not. */
static uint32_t
pick(const uint8_t *taken, uint32_t want, const uint16_t *in, uint32_t n,
    uint16_t *out)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint16_t row = in[i];

		out[kept] = row;
		kept += taken[row] == want;
	}
	return kept;
}

static const void *
column(struct filter_run *r, const struct op *o, unsigned which,
    const struct batch *b, const uint16_t *in, uint32_t n)
{
	uint8_t id = o->source[which];
	struct calc_args args = { b, (enum field_id)o->calc_field };

	if (id < SOURCE_CALC)
		return batch_column(b, (enum field_id)id);
	calc_table[id - SOURCE_CALC].function(&args, in, n, r->calc);
	return r->calc;
}

static uint32_t
run_test(struct filter_run *r, const struct op *o, const struct batch *b,
    const uint16_t *in, uint32_t n, uint16_t *out)
{
	const void *x = column(r, o, 0, b, in, n);
	const void *y = b->col[o->source[1]];

	return o->run(o, x, y, in, n, out);
}

static uint32_t
copy_if(bool cond, const uint16_t *in, uint32_t n, uint16_t *out)
{
	if (!cond)
		return 0;
	memmove(out, in, n * sizeof(*in));
	return n;
}

static bool
is_ident(const struct filter_run *r, const struct op *o)
{
	return o->u.text.len == r->ident_len &&
	    memcmp(o->u.text.data, r->ident, r->ident_len) == 0;
}

static uint32_t run_op(struct filter_run *r, uint32_t at, struct level *spare,
    const struct batch *b, const uint16_t *in, uint32_t n, uint16_t *out);

static uint32_t
run_and(struct filter_run *r, uint32_t at, struct level *spare,
    const struct batch *b, const uint16_t *in, uint32_t n, uint16_t *out)
{
	const struct op *ops = r->filter->ops;

	for (uint32_t i = at + 1; i < ops[at].next && n > 0; i = ops[i].next) {
		n = run_op(r, i, spare, b, in, n, out);
		in = out;
	}
	return n;
}

static uint32_t
run_or(struct filter_run *r, uint32_t at, struct level *spare,
    const struct batch *b, const uint16_t *in, uint32_t n, uint16_t *out)
{
	const struct op *ops = r->filter->ops;
	const uint16_t *left = in;
	uint32_t nleft = n, end = ops[at].next;

	memset(spare->taken, 0, b->rows);
	for (uint32_t i = at + 1; i < end && nleft > 0; i = ops[i].next) {
		uint32_t nhits =
		    run_op(r, i, spare + 1, b, left, nleft, spare->hits);

		for (uint32_t k = 0; k < nhits; k++)
			spare->taken[spare->hits[k]] = 1;
		if (nhits == 0 || ops[i].next == end)
			continue;
		nleft = pick(spare->taken, 0, left, nleft, spare->left);
		left = spare->left;
	}
	return pick(spare->taken, 1, in, n, out);
}

/* Rows of in[] that pass go to out[], which may be the same. */
static uint32_t
run_op(struct filter_run *r, uint32_t at, struct level *spare,
    const struct batch *b, const uint16_t *in, uint32_t n, uint16_t *out)
{
	const struct op *o = &r->filter->ops[at];

	switch (o->kind) {
	case OP_AND:
		return run_and(r, at, spare, b, in, n, out);
	case OP_OR:
		return run_or(r, at, spare, b, in, n, out);
	case OP_TEST:
		return run_test(r, o, b, in, n, out);
	case OP_PAYLOAD:
		return payload_run(r->payload, o, b->col[o->source[0]],
		    b->col[o->source[1]], in, n, out);
	case OP_GEO:
		return geo_run(&r->filter->geo, o, b->col[o->source[0]],
		    b->col[o->source[1]], in, n, out);
	case OP_IDENT:
		return copy_if(is_ident(r, o) != o->negate, in, n, out);
	case OP_ALL:
		return copy_if(true, in, n, out);
	case OP_NONE:
		return 0;
	}
	return 0;
}

uint32_t
filter_run_rows(struct filter_run *r, const struct batch *b,
    const uint16_t *in, uint32_t n, uint16_t *out)
{
	return run_op(r, 0, r->levels, b, in, n, out);
}

void
filter_apply(struct filter_run *r, struct batch *b)
{
	b->nsel = filter_run_rows(r, b, b->sel, b->nsel, b->sel);
}

void
filter_label(struct filter_run *r, struct batch *b)
{
	if (r->label != NULL && b->col[FLD_LABEL] != NULL)
		label_run_rows(r->label, b);
}
