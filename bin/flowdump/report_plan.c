/*
 * From the options to groups: what -s, -a, -A, -b, -B, -O and --by ask for,
 * and what excludes what.
 */

#include <stdio.h>

#include "flowdump/dialect.h"
#include "flowdump/report_int.h"
#include "flowdump/result.h"
#include "flowdump/values.h"

/* Buckets of --p95 without --by. */
#define P95_BUCKET_MS 300000

static bool
is_bidirectional(const struct config *c)
{
	return c->bidirectional || c->guess;
}

/* Rows that sum up the flows of equal keys. */
static bool
is_aggregated(const struct config *c)
{
	return c->aggregate || c->keys.count > 0 || is_bidirectional(c);
}

static bool
is_ordered(const struct config *c)
{
	return c->order != NULL || c->by_start;
}

/* Options that sum up by themselves. */
static bool
is_totalled(const struct config *c)
{
	return c->bucket != NULL || c->spread || c->distinct != NULL ||
	    c->p95;
}

bool
report_is_wanted(const struct config *c)
{
	return c->lists.count > 0 || is_aggregated(c) || is_ordered(c) ||
	    is_totalled(c) || c->packet_limit != NULL ||
	    c->byte_limit != NULL;
}

static int
check_limits(const struct config *c, struct err *err)
{
	if ((c->packet_limit == NULL && c->byte_limit == NULL) ||
	    c->lists.count > 0 || is_aggregated(c) || is_totalled(c))
		return 0;
	return err_set(err, ERR_USAGE, "Options -l and -L do not make sense "
	    "for plain packet dumps: use them with -s or -a, or packets and "
	    "bytes in a filter");
}

/* What --by and the options that come with it cannot go with. */
static int
check_buckets(const struct config *c, struct err *err)
{
	if (!is_totalled(c))
		return 0;
	if (c->lists.count == 0 && !is_aggregated(c) && is_ordered(c))
		return err_set(err, ERR_USAGE, "-O with --by, --distinct or "
		    "--p95 sorts rows: say which with -a, -A, -b or -s");
	if (c->spread && c->bucket == NULL && !c->p95)
		return err_set(err, ERR_USAGE,
		    "--spread divides flows over the time of --by");
	if (c->write != NULL && (c->distinct != NULL || c->p95))
		return err_set(err, ERR_USAGE, "-w writes flow records, "
		    "which do not hold what --distinct and --p95 find");
	return 0;
}

static int
check(const struct config *c, struct err *err)
{
	if (c->keys.count > 1)
		return err_set(err, ERR_USAGE,
		    "Multiple aggregation masks not allowed");
	if (c->keys.count > 0 && is_bidirectional(c))
		return err_set(err, ERR_USAGE,
		    "Can not set custom aggregation in bidir mode");
	if (c->lists.count > REPORT_LISTS_MAX)
		return err_set(err, ERR_USAGE, "Too many stat options! Stats "
		    "are limited to %d stats per single run!",
		    REPORT_LISTS_MAX);
	if (check_limits(c, err) == -1)
		return -1;
	return check_buckets(c, err);
}

/* An order by what is only found out when asked for. */
static int
check_order(const struct config *c, enum order_id id, struct err *err)
{
	if (id == ORDER_DISTINCT && c->distinct == NULL)
		return err_set(err, ERR_USAGE,
		    "order distinct needs --distinct FIELD");
	if (id == ORDER_P95 && !c->p95)
		return err_set(err, ERR_USAGE, "order p95 needs --p95");
	return 0;
}

/* Countries for the keys that go by them. */
static int
set_country(const struct query *q, struct group_spec *spec, struct err *err)
{
	for (unsigned i = 0; i < spec->nkeys; i++)
		if (spec->keys[i].by_country && q->selection.geo == NULL)
			return err_set(err, ERR_USAGE, "statistics by country "
			    "need a database: give one with -G");
	spec->country = geo_db_country;
	spec->country_ctx = q->selection.geo;
	return 0;
}

/* Everything of a spec but its keys. */
static int
set_extras(const struct query *q, struct group_spec *spec, struct err *err)
{
	const struct config *c = q->config;

	if (set_country(q, spec, err) == -1)
		return -1;
	if (c->distinct != NULL &&
	    report_distinct_parse(c->distinct, spec, err) == -1)
		return -1;
	if (c->bucket != NULL &&
	    value_interval(c->bucket, &spec->bucket_ms, err) == -1)
		return -1;
	if (c->p95 && c->bucket == NULL)
		spec->bucket_ms = P95_BUCKET_MS;
	spec->is_p95 = c->p95;
	spec->is_spread = c->spread;
	return 0;
}

/* Keys and mode of rows that are no element statistic. */
static int
plan_rows(struct report *r, struct section *s, struct err *err)
{
	const struct config *c = r->query->config;
	struct group_spec *spec = &s->spec;

	if (c->keys.count > 0) {
		if (report_keys_parse(c->keys.items[0], spec, &r->mode,
		    err) == -1)
			return -1;
	} else if (is_aggregated(c) || r->has_top_line) {
		spec->is_biflow = is_bidirectional(c);
		if (!spec->is_biflow)
			report_tuple_keys(spec);
		spec->is_guessed = c->guess;
		spec->guesses_low = dialect_rules(c)->guesses_low;
		spec->merges_flags = dialect_rules(c)->merges_flags;
		r->keeps_flags = true;
	} else if (!is_totalled(c)) {
		spec->is_each = true;
		r->keeps_flags = true;
	}
	return 0;
}

/* The orders of rows: of "-s record", of -O, or as they were read. */
static int
plan_orders(struct report *r, struct section *s, struct err *err)
{
	const struct config *c = r->query->config;
	struct order order = { ORDER_INPUT, false };

	if (s->what.orders.count > 0)
		return 0;
	if (c->order != NULL) {
		if (report_order_parse(c->order, &order, err) == -1 ||
		    check_order(c, order.id, err) == -1)
			return -1;
	} else if (c->by_start)
		order = (struct order){ ORDER_FIRST, true };
	s->what.orders.list[0] = order;
	s->what.orders.count = 1;
	return 0;
}

/* nfdump prints it on standard output, and callers may look for it there. */
static int
refuse_order(struct err *err)
{
	puts("-s record and -O (-m) are mutually exclusive options");
	return err_set(err, ERR_USAGE,
	    "-s record and -O (-m) are mutually exclusive options");
}

/* Rows stand before elements; the orders of several "record" are joined. */
static int
plan_list(struct report *r, const char *text, struct err *err)
{
	const struct config *c = r->query->config;
	struct report_statistic what;
	struct section *s;

	if (report_statistic_parse(text, &what, err) == -1)
		return -1;
	for (unsigned i = 0; i < what.orders.count; i++)
		if (check_order(c, what.orders.list[i].id, err) == -1)
			return -1;
	if (what.element == NULL && is_ordered(c))
		return refuse_order(err);
	if (what.element == NULL) {
		r->has_top_line = true;
		r->sections[0].what.is_unordered |= what.is_unordered;
		for (unsigned i = 0; i < what.orders.count; i++)
			report_orders_add(&r->sections[0].what.orders,
			    what.orders.list[i]);
		return 0;
	}
	s = &r->sections[r->count++];
	s->what = what;
	report_statistic_group(&what, &s->spec);
	r->has_elements = true;
	return 0;
}

static void
notice(const struct report *r)
{
	const struct config *c = r->query->config;

	if (c->by_start)
		query_notice(r->query,
		    "Option -m deprecated. Use '-O tstart' instead");
	if (c->lists.count > 0 && c->write != NULL)
		query_notice(r->query, "-w is ignored with -s");
	if (c->lists.count > 0 && c->aggregate)
		query_notice(r->query,
		    "Command line switch -s overwrites -a");
	if (r->has_elements && c->keys.count > 0)
		query_notice(r->query, "Warning: Aggregation ignored for "
		    "element statistics");
	if (r->has_elements && is_bidirectional(c))
		query_notice(r->query, "Warning: -b and -B are ignored for "
		    "element statistics");
	if (r->has_elements && is_ordered(c))
		query_notice(r->query,
		    "-O is ignored with -s: give the order behind its field");
}

/* The mode of rows when -o names none. */
static void
default_mode(const struct report *r, const struct buffer *tokens,
    struct buffer *mode)
{
	const struct config *c = r->query->config;

	if (tokens->len > 0) {
		buffer_text(mode, "%ts %td  ");
		buffer_add(mode, tokens->data, tokens->len);
		buffer_text(mode, "  %pkt %byt %bps %bpp %fl");
	} else if (is_bidirectional(c))
		buffer_text(mode, "%biline");
	else if (r->keeps_flags)
		buffer_text(mode, "%line");
	else
		buffer_text(mode, "%ts %td %pkt %byt %bps %pps %bpp %fl");
	if (c->distinct != NULL)
		buffer_text(mode, " %distinct");
	if (c->p95)
		buffer_text(mode, " %p95");
}

/* A mode that the user chose may lack what was asked for. */
static void
notice_columns(const struct report *r)
{
	const struct config *c = r->query->config;
	struct fieldset set = { { 0 } };

	if (c->mode == NULL || c->write != NULL ||
	    (r->has_elements && !r->has_top_line))
		return;
	format_fields(r->format, &set);
	if (c->distinct != NULL && !fieldset_has(&set, FLD_DISTINCT))
		query_notice(r->query, "rows in this output mode do not show "
		    "--distinct: use fmt: with %distinct");
	if (c->p95 && !fieldset_has(&set, FLD_P95_BPS))
		query_notice(r->query, "rows in this output mode do not show "
		    "--p95: use fmt: with %p95");
}

/* What JSON tells of rows that sum up: keys and sums. */
static void
set_found(const struct report *r, struct format_options *options)
{
	const struct config *c = r->query->config;
	const struct group_spec *spec = &r->sections[0].spec;

	if (c->distinct != NULL)
		fieldset_add(&options->found, FLD_DISTINCT);
	if (c->p95)
		fieldset_add(&options->found, FLD_P95_BPS);
	if (spec->is_each)
		return;
	totals_fields(&options->found);
	options->is_keyed = !r->keeps_flags;
	for (unsigned i = 0; options->is_keyed && i < spec->nkeys; i++)
		fieldset_add(spec->keys[i].by_country ? &options->countries :
		    &options->found, spec->keys[i].field);
}

static int
plan_mode(struct report *r, struct err *err)
{
	const struct config *c = r->query->config;
	struct format_options options = query_format_options(r->query);
	struct buffer mode = BUFFER_EMPTY;

	options.exact_flows = c->spread;
	options.is_report = true;
	set_found(r, &options);
	if (c->mode != NULL)
		buffer_text(&mode, c->mode);
	else
		default_mode(r, &r->mode, &mode);
	buffer_char(&mode, '\0');
	if (mode.failed)
		err_nomem(err);
	else
		r->format = format_compile(mode.data, &options, err);
	buffer_fini(&mode);
	if (r->format == NULL)
		return -1;
	if (result_check_format(r->query, r->format, err) == -1)
		return -1;
	return query_read_names(r->query, r->format, err);
}

/* The values that rows may have; without a limit all. */
static int
plan_limit(struct report_limit *l, const char *text, uint64_t *min,
    uint64_t *max, struct err *err)
{
	*min = 0;
	*max = UINT64_MAX;
	if (text == NULL)
		return 0;
	if (value_limit(text, &l->sign, &l->number, err) == -1)
		return -1;
	if (l->sign == '>' && l->number < UINT64_MAX)
		*min = l->number + 1;
	else if (l->sign == '<' && l->number > 0)
		*max = l->number - 1;
	else { /* no row */
		*min = 1;
		*max = 0;
	}
	return 0;
}

static int
plan_limits(struct report *r, struct err *err)
{
	const struct config *c = r->query->config;
	struct group_limits *l = &r->limits;

	if (plan_limit(&r->byte_limit, c->byte_limit, &l->bytes_min,
	    &l->bytes_max, err) == -1)
		return -1;
	return plan_limit(&r->packet_limit, c->packet_limit, &l->packets_min,
	    &l->packets_max, err);
}

/* Keys and orders that elements have no use for may still be wrong. */
static int
check_unused(const struct config *c, struct err *err)
{
	struct buffer tokens = BUFFER_EMPTY;
	struct group_spec spec = { .nkeys = 0 };
	struct order order;
	int rc = 0;

	if (c->keys.count > 0)
		rc = report_keys_parse(c->keys.items[0], &spec, &tokens, err);
	if (rc == 0 && c->order != NULL)
		rc = report_order_parse(c->order, &order, err);
	buffer_fini(&tokens);
	return rc;
}

static int
plan_row_filter(struct report *r, struct err *err)
{
	struct query *q = r->query;

	if (q->config->row_filter == NULL)
		return 0;
	r->row_filter = selection_filter(&q->selection,
	    q->config->row_filter, "-P", err);
	return r->row_filter == NULL ? -1 : 0;
}

/* Section 0 is that of rows, and goes when there are elements alone. */
static int
plan_sections(struct report *r, struct err *err)
{
	const struct config *c = r->query->config;

	r->count = 1;
	for (unsigned i = 0; i < c->lists.count; i++)
		if (plan_list(r, c->lists.items[i], err) == -1)
			return -1;
	if (r->has_elements && !r->has_top_line) {
		if (check_unused(c, err) == -1)
			return -1;
		r->count--;
		for (unsigned i = 0; i < r->count; i++)
			r->sections[i] = r->sections[i + 1];
	} else if (plan_rows(r, &r->sections[0], err) == -1 ||
	    plan_orders(r, &r->sections[0], err) == -1)
		return -1;
	for (unsigned i = 0; i < r->count; i++)
		if (set_extras(r->query, &r->sections[i].spec, err) == -1)
			return -1;
	return 0;
}

int
report_plan(struct report *r, struct err *err)
{
	const struct config *c = r->query->config;

	if (check(c, err) == -1 || plan_sections(r, err) == -1 ||
	    plan_mode(r, err) == -1 || plan_limits(r, err) == -1 ||
	    plan_row_filter(r, err) == -1)
		return -1;
	r->top = c->top;
	if (c->top == TOP_DEFAULT)
		r->top = c->lists.count > 0 ? 10 : 0;
	notice(r);
	notice_columns(r);
	return 0;
}
