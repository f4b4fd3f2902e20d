/*
 * Reports that sum up or sort: groups are filled by one scan, sorted and
 * listed.
 */

#include <stdlib.h>
#include <sys/random.h>

#include "flowdump/dialect.h"
#include "flowdump/report_int.h"
#include "flowdump/result.h"
#include "flowdump/values.h"

void
report_key_fields(const struct section *s, struct fieldset *set)
{
	struct group_spec tuple = { .nkeys = 0 };
	const struct group_spec *spec = &s->spec;

	if (spec->is_biflow) { /* the same without keys */
		report_tuple_keys(&tuple);
		spec = &tuple;
	}
	for (unsigned i = 0; i < spec->nkeys; i++)
		fieldset_add(set, spec->keys[i].field);
}

/*
 * What else there is of a flow may be of either family; its two addresses
 * tell theirs.
 */
static void
drop_family(struct fieldset *carry)
{
	struct fieldset family = { { 0 } }, others = *carry;

	fieldset_add(&family, FLD_EXTENSIONS);
	fieldset_remove(&others, &family);
	if (fieldset_is_empty(&others))
		fieldset_remove(carry, &family);
}

/* What is asked of a format that a sum or a key does not give. */
static void
add_carried(const struct report *r, struct section *s)
{
	struct fieldset *carry = &s->spec.carry, found = { { 0 } };

	if (r->query->config->write != NULL)
		for (int id = 0; id < FLD_COUNT; id++)
			fieldset_add(carry, (enum field_id)id);
	else
		format_fields(r->format, carry);
	if (r->row_filter != NULL)
		filter_fields(r->row_filter, carry);
	totals_fields(&found);
	fieldset_add(&found, FLD_TCP_FLAGS);
	fieldset_add(&found, FLD_DISTINCT);
	fieldset_add(&found, FLD_P95_BPS);
	report_key_fields(s, &found);
	fieldset_remove(carry, &found);
	if (!s->spec.is_each)
		drop_family(carry);
}

/*
 * Whole flows have all fields of the first; other rows are printed with the
 * family of its addresses.
 */
static void
plan_carried(const struct report *r, struct section *s)
{
	struct fieldset want = { { 0 } };

	if (s->what.element != NULL)
		return;
	if (r->keeps_flags)
		add_carried(r, s);
	else if (s->spec.nkeys > 0 && r->query->config->write == NULL) {
		format_fields(r->format, &want);
		if (fieldset_has(&want, FLD_EXTENSIONS))
			fieldset_add(&s->spec.carry, FLD_EXTENSIONS);
	}
}

static int
make_groups(struct report *r, struct err *err)
{
	const struct config *c = r->query->config;
	struct group_options options = { .tmpdir = selection_tmpdir(&c->input),
	    .threads = r->query->plan.threads };

	if (c->memory != NULL &&
	    value_memory(c->memory, &options.memory, err) == -1)
		return -1;
	if (options.memory > 0)
		options.memory = options.memory / r->count + 1;
	if (getrandom(&options.seed, sizeof(options.seed), 0) !=
	    sizeof(options.seed))
		return err_system(err, "random numbers");
	for (unsigned i = 0; i < r->count; i++) {
		struct section *s = &r->sections[i];

		plan_carried(r, s);
		if (report_rows_check(r, s, err) == -1)
			return -1;
		if ((s->group = group_new(&s->spec, &options, err)) == NULL)
			return -1;
		group_fields(&s->spec, &r->query->plan.want);
	}
	return 0;
}

/* What a worker adds to. */
struct part {
	const struct report *report;
	struct group_worker *workers[REPORT_SECTIONS_MAX];
};

static void
part_free(void *arg)
{
	struct part *p = arg;

	for (unsigned i = 0; i < p->report->count; i++)
		group_worker_free(p->workers[i]);
	free(p);
}

static void *
part_new(void *ctx, struct err *err)
{
	const struct report *r = ctx;
	struct part *p;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	p->report = r;
	for (unsigned i = 0; i < r->count; i++) {
		p->workers[i] = group_worker_new(r->sections[i].group, err);
		if (p->workers[i] == NULL) {
			part_free(p);
			return NULL;
		}
	}
	return p;
}

static int
part_rows(void *arg, const struct batch *b, struct err *err)
{
	const struct part *p = arg;

	for (unsigned i = 0; i < p->report->count; i++)
		if (group_add(p->workers[i], b, err) == -1)
			return -1;
	return 0;
}

static int
part_finish(void *arg, struct err *err)
{
	const struct part *p = arg;

	for (unsigned i = 0; i < p->report->count; i++)
		if (group_flush(p->workers[i], err) == -1)
			return -1;
	return 0;
}

/* Sort a section as the dialect does. */
static int
sort(struct report *r, struct section *s, struct err *err)
{
	struct order orders[ORDER_COUNT];
	unsigned n = s->what.orders.count;

	for (unsigned i = 0; i < n; i++) {
		orders[i] = s->what.orders.list[i];
		orders[i].id = dialect_order(r->query->config, orders[i].id);
	}
	return group_finish(s->group, orders, n,
	    r->row_filter != NULL ? 0 : r->top, &r->limits, err);
}

static int
scan(struct report *r, struct err *err)
{
	const struct scan_sink sink = { .ctx = r, .sums_up = true,
	    .part_new = part_new, .part_free = part_free, .rows = part_rows,
	    .finish = part_finish };
	struct query *q = r->query;
	int rc;

	rc = scan_run(&q->plan, &sink, &q->result, err);
	progress_end(&q->progress);
	for (unsigned i = 0; rc == 0 && i < r->count; i++)
		rc = sort(r, &r->sections[i], err);
	return rc;
}

static int
print(struct report *r, struct err *err)
{
	if (report_print_limits(r, err) == -1)
		return -1;
	for (unsigned i = 0; i < r->count; i++)
		if (report_print(r, &r->sections[i], err) == -1)
			return -1;
	return result_summary(r->query, format_kind(r->format), err);
}

static int
run(struct report *r, struct err *err)
{
	const struct config *c = r->query->config;

	if (report_plan(r, err) == -1 || make_groups(r, err) == -1 ||
	    scan(r, err) == -1)
		return -1;
	if (result_is_missing(r->query))
		return 0; /* no output at all */
	if (c->write != NULL && c->lists.count == 0)
		return report_write(r, &r->sections[0], err);
	return print(r, err);
}

int
report_run(struct query *q, struct err *err)
{
	struct report *r;
	int rc;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_nomem(err);
	r->query = q;
	rc = run(r, err);
	for (unsigned i = 0; i < REPORT_SECTIONS_MAX; i++)
		group_free(r->sections[i].group);
	format_free(r->format);
	filter_free(r->row_filter);
	buffer_fini(&r->mode);
	free(r);
	return rc;
}
