/*
 * The lists of a report.
 */

#include <string.h>

#include "flowdump/dialect.h"
#include "flowdump/report_int.h"
#include "flowdump/result.h"
#include "output/statistic.h"

static void
add_limit(struct buffer *text, const char *name, const char *unit,
    const struct report_limit *l)
{
	if (l->sign != 0)
		buffer_printf(text, "%s limit: %c %llu %s\n", name, l->sign,
		    (unsigned long long)l->number, unit);
}

/* Also with -q and in csv, as nfdump does. */
int
report_print_limits(const struct report *r, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	int rc;

	if (format_is_json(r->format))
		return 0;
	add_limit(&text, "Byte", "bytes", &r->byte_limit);
	add_limit(&text, "Packet", "packets", &r->packet_limit);
	rc = result_flush(&text, err);
	buffer_fini(&text);
	return rc;
}

/* One list: rows of a section in one order. */
struct list {
	struct report *report;
	struct section *section;
	unsigned index; /* of the order */
	struct order order;
	struct batch batch;
	struct report_rows *rows;
	struct buffer text;
};

static int
list_open(struct list *l, struct fieldset *want, struct err *err)
{
	report_rows_fields(l->report, want);
	l->order = l->section->what.orders.list[l->index];
	if (batch_init(&l->batch, want, false, err) == -1)
		return -1;
	l->rows = report_rows_new(l->report, l->section, l->index, err);
	return l->rows == NULL ? -1 : 0;
}

static void
list_close(struct list *l)
{
	report_rows_free(l->rows);
	batch_fini(&l->batch);
	buffer_fini(&l->text);
}

/* Flags are a sum, but nfdump has them in rows of whole flows alone. */
static bool
has_flags(const struct list *l)
{
	struct fieldset keys = { { 0 } };

	if (l->report->keeps_flags || l->batch.col[FLD_TCP_FLAGS] == NULL)
		return true;
	report_key_fields(l->section, &keys);
	return fieldset_has(&keys, FLD_TCP_FLAGS);
}

/*
 * Rows of keys have the extensions of their first flow.  Those that hold a
 * key are left; and those of addresses of routing, which nfdump 1.7.1 shows as
 * zeroes of their family.
 */
static void
drop_extensions(struct list *l)
{
	uint64_t *extensions = l->batch.col[FLD_EXTENSIONS];
	uint64_t kept = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) |
	    FLOW_EXT(EXT_IPV6) | field_extensions(FLD_NEXT_HOP) |
	    field_extensions(FLD_BGP_NEXT_HOP) |
	    field_extensions(FLD_EXPORTER_ADDR);
	const struct group_spec *spec = &l->section->spec;

	if (l->report->keeps_flags || extensions == NULL)
		return;
	for (unsigned i = 0; i < spec->nkeys; i++)
		kept |= field_extensions(spec->keys[i].field);
	for (uint32_t i = 0; i < l->batch.rows; i++)
		extensions[i] = (extensions[i] & kept) |
		    FLOW_EXT(EXT_COUNTERS);
}

/* Of the list's order, for a heading. */
static const char *
order_text(const struct list *l)
{
	const char *none = dialect_rules(l->report->query->config)->no_order;

	if (none != NULL && l->section->what.is_unordered &&
	    l->order.id == ORDER_FLOWS)
		return none;
	return order_name(l->order.id);
}

/* "Top 10 flows ordered by bytes:" */
static void
add_top_line(struct list *l)
{
	const struct report *r = l->report;

	if (l->index == 0 && dialect_rules(r->query->config)->counts_rows)
		buffer_printf(&l->text, "Aggregated flows %llu\n",
		    (unsigned long long)group_rows(l->section->group));
	buffer_text(&l->text, "Top ");
	if (r->top > 0)
		buffer_printf(&l->text, "%llu ", (unsigned long long)r->top);
	buffer_printf(&l->text, "flows ordered by %s:\n", order_text(l));
}

/* Of the list, and of the format. */
static int
rows_heading(struct list *l, struct err *err)
{
	const struct report *r = l->report;
	const struct config *c = r->query->config;

	if (r->has_top_line && !c->quiet &&
	    format_kind(r->format) == FORMAT_TEXT)
		add_top_line(l);
	if (result_flush(&l->text, err) == -1)
		return -1;
	if (l->index > 0 && dialect_rules(c)->has_one_heading)
		return 0;
	return result_heading(r->query, r->format, err);
}

static int
print_rows(struct list *l, struct format_run *run, struct err *err)
{
	struct batch *b = &l->batch;
	uint64_t printed = 0, rows = 0;
	int rc;

	if (rows_heading(l, err) == -1)
		return -1;
	while ((rc = report_rows_next(l->rows, b, err)) == 1) {
		if (!has_flags(l))
			memset(b->col[FLD_TCP_FLAGS], 0, b->rows);
		drop_extensions(l);
		b->first_row = printed;
		printed += b->rows;
		format_rows(run, b, b->nsel, &l->text);
		if (result_rows(l->report->query,
		    format_kind(l->report->format), &l->text, &rows,
		    err) == -1)
			return -1;
	}
	return rc;
}

/* A list of rows by the format. */
static int
list_rows(struct list *l, struct err *err)
{
	const struct format *f = l->report->format;
	struct fieldset want = { { 0 } };
	struct format_run *run;
	int rc = -1;

	format_fields(f, &want);
	if ((run = format_run_new(f, err)) == NULL)
		return -1;
	if (list_open(l, &want, err) == 0)
		rc = print_rows(l, run, err);
	format_run_free(run);
	return rc;
}

static enum statistic_mode
statistic_mode(const struct report *r)
{
	switch (format_kind(r->format)) {
	case FORMAT_CSV:
	case FORMAT_CSV_ROWS:
		return STATISTIC_CSV;
	case FORMAT_PIPE:
		return STATISTIC_PIPE;
	case FORMAT_JSON:
		return STATISTIC_JSON;
	case FORMAT_NDJSON:
		return STATISTIC_NDJSON;
	default:
		return STATISTIC_TEXT;
	}
}

/*
 * Rows of one bucket after the other.  Each has a heading in the text, where
 * *bucket_ms is that of the row before, UINT64_MAX at the start.
 */
static void
bucket_rows(struct list *l, struct statistic *s, uint64_t *bucket_ms)
{
	const struct batch *b = &l->batch;
	const uint64_t *first = BATCH_COL(b, FIRST, uint64_t);
	const uint64_t *last = BATCH_COL(b, LAST, uint64_t);
	uint32_t i = 0, n;

	while (i < b->nsel) {
		uint64_t from = first[b->sel[i]];

		if (from != *bucket_ms) {
			if (*bucket_ms != UINT64_MAX)
				buffer_char(&l->text, '\n');
			statistic_heading(s, from, last[b->sel[i]], &l->text);
			*bucket_ms = from;
		}
		for (n = i; n < b->nsel && first[b->sel[n]] == from; n++)
			;
		statistic_rows(s, b, i, n - i, &l->text);
		i = n;
	}
}

static int
print_element(struct list *l, struct statistic *s, struct err *err)
{
	const struct group_spec *spec = &l->section->spec;
	struct report *r = l->report;
	bool has_buckets;
	uint64_t bucket_ms = UINT64_MAX;
	int rc;

	s->has_buckets = spec->bucket_ms > 0 && !spec->is_p95;
	has_buckets = s->has_buckets && s->mode == STATISTIC_TEXT && !s->quiet;
	if (!has_buckets)
		statistic_heading(s, 0, 0, &l->text);
	while ((rc = report_rows_next(l->rows, &l->batch, err)) == 1) {
		if (has_buckets)
			bucket_rows(l, s, &bucket_ms);
		else
			statistic_rows(s, &l->batch, 0, l->batch.nsel,
			    &l->text);
		if (result_rows(r->query, format_kind(r->format), &l->text,
		    NULL, err) == -1)
			return -1;
	}
	if (has_buckets && bucket_ms == UINT64_MAX)
		statistic_heading(s, 0, 0, &l->text);
	if (!format_is_json(r->format))
		buffer_char(&l->text, '\n');
	return rc == -1 ? -1 : result_flush(&l->text, err);
}

static int
list_element(struct list *l, struct err *err)
{
	const struct report *r = l->report;
	const struct config *c = r->query->config;
	struct statistic s = { .mode = statistic_mode(r),
	    .dialect = c->dialect, .what = &l->section->what, .top = r->top,
	    .quiet = c->quiet, .plain_numbers = c->plain_numbers,
	    .long_ipv6 = format_is_long(r->format),
	    .tags_addresses = c->tag_addresses,
	    .has_distinct = c->distinct != NULL, .has_p95 = c->p95,
	    .totals = r->query->result.totals, .country = geo_db_country,
	    .country_ctx = r->query->selection.geo };
	struct fieldset want = { { 0 } };

	statistic_fields(&s, &want);
	if (list_open(l, &want, err) == -1)
		return -1;
	s.order = dialect_order(c, l->order.id);
	s.order_text = order_text(l);
	return print_element(l, &s, err);
}

int
report_print(struct report *r, struct section *s, struct err *err)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < s->what.orders.count; i++) {
		struct list l = { .report = r, .section = s, .index = i };

		rc = s->what.element == NULL ? list_rows(&l, err) :
		    list_element(&l, err);
		list_close(&l);
	}
	return rc;
}
