/*
 * The query engine against a naive twin: random flows in files, a random
 * filter text, a random grouping, run through scan and group, and every
 * value of every row compared.
 *
 * usage: test_twin [seed]
 *
 * With a seed, that round alone and its query in words.  The number of rounds
 * is that of FLOWDUMP_TWIN_ROUNDS.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "files.h"
#include "query/group.h"
#include "query/scan.h"
#include "tap.h"
#include "twin/input.h"
#include "twin/naive.h"
#include "twin/rule.h"
#include "twin/spec.h"

#ifdef __SANITIZE_ADDRESS__
#define ROUNDS 100
#else
#define ROUNDS 1000
#endif

#define FAILURES_MAX 3 /* then stop */
#define VALUE_TEXT_MAX 128

/* One round. */
struct round {
	uint64_t seed;
	struct input in;
	struct rule *rule;
	struct spec spec;
	char rule_text[RULE_TEXT_MAX];
	unsigned matches[INPUT_FLOWS_MAX];
	unsigned nmatches;
	unsigned processed; /* flows read up to the last match */
	struct totals totals;
	bool has_failed;
};

static void differs(struct round *r, const char *fmt, ...) TAP_FORMAT(2, 3);

/* Tell what differs; the query with the first difference of a round. */
static void
differs(struct round *r, const char *fmt, ...)
{
	char text[SPEC_TEXT_MAX];
	va_list ap;

	if (!r->has_failed) {
		spec_text(&r->spec, text);
		note("seed %" PRIu64 ": %u flows in %u files, %u match",
		    r->seed, r->in.count, r->in.files, r->nmatches);
		note("filter: %s", r->rule_text);
		note("query: %s", text);
	}
	r->has_failed = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	note("%s", text);
}

static void
expect(struct round *r, const char *what, uint64_t got, uint64_t want)
{
	if (got != want)
		differs(r, "%s: %" PRIu64 ", should be %" PRIu64, what, got,
		    want);
}

/* Flows that match, and their sums, by hand. */
static void
select_flows(struct round *r)
{
	const struct spec *s = &r->spec;
	struct totals *t = &r->totals;

	memset(t, 0, sizeof(*t));
	r->nmatches = 0;
	r->processed = r->in.count;
	for (unsigned i = 0; i < r->in.count; i++) {
		const struct flow *f = &r->in.flows[i];

		if (f->first_ms < s->from_ms || f->last_ms > s->to_ms ||
		    !rule_matches(r->rule, &r->in, i))
			continue;
		r->matches[r->nmatches++] = i;
		t->flows += f->flows > 0 ? f->flows : 1;
		t->packets += f->in_packets + f->out_packets;
		t->bytes += f->in_bytes + f->out_bytes;
		if (t->records == 0 || f->first_ms < t->first_ms)
			t->first_ms = f->first_ms;
		if (f->last_ms > t->last_ms)
			t->last_ms = f->last_ms;
		t->records++;
		if (t->records == s->count) {
			r->processed = i + 1;
			break;
		}
	}
}

static void
compare_result(struct round *r, const struct scan_result *result)
{
	const struct totals *got = &result->totals, *want = &r->totals;

	expect(r, "matches", got->records, want->records);
	expect(r, "total flows", got->flows, want->flows);
	expect(r, "total packets", got->packets, want->packets);
	expect(r, "total bytes", got->bytes, want->bytes);
	if (want->records > 0) {
		expect(r, "first time", got->first_ms, want->first_ms);
		expect(r, "last time", got->last_ms, want->last_ms);
	}
	expect(r, "processed", result->processed, r->processed);
	expect(r, "files failed", result->files_failed, 0);
}

static void
on_warning(void *ctx, const struct err *err)
{
	differs(ctx, "warning: %s", err->text);
}

/* Run the query into a sink that reads the fields of "want". */
static void
run(struct round *r, const struct scan_sink *sink, const struct fieldset *want)
{
	char *paths[INPUT_FILES_MAX];
	struct path_list files = { paths, r->in.files, r->in.files };
	struct filter *filter = NULL;
	struct scan_plan plan = { .files = &files,
		.from_ms = r->spec.from_ms, .to_ms = r->spec.to_ms,
		.limit = r->spec.count, .threads = r->spec.threads,
		.want = *want, .warn = on_warning, .warn_ctx = r };
	struct scan_result result;
	struct err err;

	for (unsigned i = 0; i < r->in.files; i++)
		paths[i] = r->in.names[i];
	if (r->rule != NULL) {
		filter = filter_compile(r->rule_text, "filter", &err);
		if (filter == NULL) {
			differs(r, "%s", err.text);
			return;
		}
		plan.want_numbers = filter_counts_records(filter);
	}
	plan.filter = filter;
	if (scan_run(&plan, sink, &result, &err) == -1)
		differs(r, "scan: %s", err.text);
	else
		compare_result(r, &result);
	filter_free(filter);
}

/* A sink that notes the number of each match (see input.c). */
struct listing {
	struct round *round;
	unsigned count;
};

struct list_part {
	uint64_t numbers[INPUT_FLOWS_MAX];
	unsigned count;
};

static void *
list_new(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return calloc(1, sizeof(struct list_part));
}

static void
list_begin(void *part, uint64_t file)
{
	struct list_part *p = part;

	(void)file;
	p->count = 0;
}

static int
list_rows(void *part, const struct batch *b, struct err *err)
{
	struct list_part *p = part;

	(void)err;
	for (uint32_t i = 0; i < b->nsel; i++)
		p->numbers[p->count++] =
		    BATCH_COL(b, RECEIVED, uint64_t)[b->sel[i]];
	return 0;
}

static int
list_deliver(void *ctx, void *part, struct err *err)
{
	struct listing *l = ctx;
	const struct list_part *p = part;

	(void)err;
	for (unsigned i = 0; i < p->count; i++, l->count++)
		if (l->count < l->round->nmatches &&
		    l->round->matches[l->count] != p->numbers[i])
			differs(l->round, "match %u is flow %" PRIu64
			    ", should be %u", l->count, p->numbers[i],
			    l->round->matches[l->count]);
	return 0;
}

static void
compare_listing(struct round *r)
{
	struct listing l = { .round = r };
	const struct scan_sink sink = { .ctx = &l, .part_new = list_new,
	    .part_free = free, .begin = list_begin, .rows = list_rows,
	    .deliver = list_deliver };
	struct fieldset want = { { 0 } };

	fieldset_add(&want, FLD_RECEIVED);
	run(r, &sink, &want);
	expect(r, "listed", l.count, r->nmatches);
}

static void *
group_part_new(void *ctx, struct err *err)
{
	return group_worker_new(ctx, err);
}

static void
group_part_free(void *part)
{
	group_worker_free(part);
}

static int
group_part_rows(void *part, const struct batch *b, struct err *err)
{
	return group_add(part, b, err);
}

static int
group_part_finish(void *part, struct err *err)
{
	return group_flush(part, err);
}

/* A value of any type as text. */
static void
value_text(const void *p, enum field_type type, char *text)
{
	const struct span *s = p;
	const struct addr *a = p;

	switch (type) {
	case FIELD_U8:
		snprintf(text, VALUE_TEXT_MAX, "%u", *(const uint8_t *)p);
		break;
	case FIELD_U16:
		snprintf(text, VALUE_TEXT_MAX, "%u", *(const uint16_t *)p);
		break;
	case FIELD_U32:
		snprintf(text, VALUE_TEXT_MAX, "%" PRIu32,
		    *(const uint32_t *)p);
		break;
	case FIELD_ADDR:
		addr_format(*a, text);
		break;
	case FIELD_SPAN:
		snprintf(text, VALUE_TEXT_MAX, "\"%.*s\"", (int)s->len,
		    s->len == 0 ? "" : (const char *)s->data);
		break;
	default:
		snprintf(text, VALUE_TEXT_MAX, "%" PRIu64,
		    *(const uint64_t *)p);
	}
}

static void
compare_row(struct round *r, const struct batch *b, uint32_t row,
    const struct flow *want, const char *where)
{
	char got_text[VALUE_TEXT_MAX], want_text[VALUE_TEXT_MAX];

	for (int id = 0; id < FLD_COUNT; id++) {
		const struct field *f = &field_table[id];
		const char *col = b->col[id];

		if (!fieldset_has(&r->spec.shown, (enum field_id)id))
			continue;
		value_text(col + (size_t)row * f->size, f->type, got_text);
		value_text((const char *)want + f->offset, f->type, want_text);
		if (strcmp(got_text, want_text) != 0)
			differs(r, "%s: %s is %s, should be %s", where, f->id,
			    got_text, want_text);
	}
}

/* The rows of one order; n is sorted by it. */
static void
compare_rows(struct round *r, struct group *g, unsigned order,
    const struct naive *n)
{
	struct group_cursor *c;
	struct batch b = { .rows = 0 };
	struct err err;
	char where[64];
	unsigned at = 0, rows = 0;
	int rc = -1;

	if ((c = group_cursor_new(g, order, &err)) == NULL ||
	    batch_init(&b, &r->spec.shown, false, &err) == -1)
		bail("%s", err.text);
	while (!r->has_failed && (rc = group_cursor_next(c, &b, &err)) == 1) {
		for (uint32_t i = 0; i < b.nsel && !r->has_failed; i++) {
			while (at < n->nrows && !n->rows[at].is_shown)
				at++;
			if (at == n->nrows) {
				differs(r, "order %u: more than %u rows",
				    order, rows);
				break;
			}
			snprintf(where, sizeof(where), "order %u, row %u",
			    order, rows++);
			compare_row(r, &b, b.sel[i], &n->rows[at++].flow,
			    where);
		}
	}
	if (!r->has_failed && rc == -1)
		differs(r, "order %u: %s", order, err.text);
	while (at < n->nrows && !n->rows[at].is_shown)
		at++;
	if (!r->has_failed && at < n->nrows)
		differs(r, "order %u: no row after %u", order, rows);
	group_cursor_free(c);
	batch_fini(&b);
}

static void
compare_groups(struct round *r)
{
	const struct spec *s = &r->spec;
	const struct group_options options = { .memory = s->memory,
		.threads = s->threads, .tmpdir = ".", .seed = r->seed };
	struct naive n = { .in = &r->in, .spec = &s->group,
		.matches = r->matches, .nmatches = r->nmatches };
	const struct group_limits *limits = s->is_limited ? &s->limits : NULL;
	struct fieldset want = { { 0 } };
	struct err err;
	struct group *g = group_new(&s->group, &options, &err);
	const struct scan_sink sink = { .ctx = g, .sums_up = true,
	    .part_new = group_part_new, .part_free = group_part_free,
	    .rows = group_part_rows, .finish = group_part_finish };

	if (g == NULL)
		bail("%s", err.text);
	group_fields(&s->group, &want);
	run(r, &sink, &want);
	if (group_finish(g, s->orders, s->norders, s->top, limits, &err) == -1)
		differs(r, "finish: %s", err.text);
	naive_group(&n);
	if (limits != NULL)
		naive_limit(&n, limits);
	if (!r->has_failed)
		expect(r, "rows", group_rows(g), n.nrows);
	for (unsigned i = 0; i < s->norders && !r->has_failed; i++) {
		naive_sort(&n, &s->orders[i], s->top);
		compare_rows(r, g, i, &n);
	}
	naive_fini(&n);
	group_free(g);
}

static bool
play(struct round *r, uint64_t seed, bool is_told)
{
	struct dice d = { seed };
	char text[SPEC_TEXT_MAX];

	r->seed = seed;
	r->has_failed = false;
	input_make(&d, &r->in);
	input_write(&d, &r->in);
	r->rule = rule_make(&d, &r->in);
	rule_text(r->rule, r->rule_text);
	spec_make(&d, &r->in, &r->spec);
	select_flows(r);
	if (is_told) {
		spec_text(&r->spec, text);
		note("%u flows, %u match: %s", r->in.count, r->nmatches,
		    r->rule_text);
		note("%s", text);
	}
	compare_listing(r);
	compare_groups(r);
	rule_free(r->rule);
	return !r->has_failed;
}

int
main(int argc, char **argv)
{
	static struct round r;
	const char *text = getenv("FLOWDUMP_TWIN_ROUNDS");
	unsigned long rounds = text == NULL ? ROUNDS : strtoul(text, NULL, 10);
	unsigned long i;
	unsigned failures = 0;
	struct dice d;

	files_begin();
	if (argc > 1) {
		ok(play(&r, strtoull(argv[1], NULL, 10), true), "one round");
		return done_testing();
	}
	dice_init(&d);
	for (i = 0; i < rounds && failures < FAILURES_MAX; i++)
		if (!play(&r, dice_next(&d), false))
			failures++;
	ok(failures == 0, "%lu rounds", i);
	return done_testing();
}
