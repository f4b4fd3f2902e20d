/*
 * Rows of a section in one of its orders, without those that -P leaves out.
 * These must not count for -n, so with -P all rows are sorted and the first
 * ones are taken here.
 */

#include <stdlib.h>

#include "flowdump/report_int.h"

struct report_rows {
	struct group_cursor *cursor;
	struct filter_run *filter; /* NULL: all rows */
	uint64_t top; /* of a bucket, with a filter; 0 all */
	bool has_buckets;
	uint64_t bucket_ms; /* of the last row */
	uint64_t taken; /* rows of it */
};

/* What is there to filter by: what the rows' flows have in common, and sums. */
static void
add_found(const struct report *r, const struct section *s,
    struct fieldset *found)
{
	*found = s->spec.carry;
	report_key_fields(s, found);
	totals_fields(found);
	fieldset_add(found, FLD_EXTENSIONS);
	if (r->keeps_flags)
		fieldset_add(found, FLD_TCP_FLAGS);
}

int
report_rows_check(const struct report *r, const struct section *s,
    struct err *err)
{
	struct fieldset want = { { 0 } }, found;

	if (r->row_filter == NULL)
		return 0;
	add_found(r, s, &found);
	filter_fields(r->row_filter, &want);
	fieldset_remove(&want, &found);
	for (int id = 0; id < FLD_COUNT; id++)
		if (fieldset_has(&want, (enum field_id)id))
			return err_set(err, ERR_FILTER,
			    "-P: rows of this report have no %s",
			    field_name((enum field_id)id));
	if (filter_counts_records(r->row_filter))
		return err_set(err, ERR_FILTER, "-P: rows have no number");
	if (filter_tests_ident(r->row_filter))
		return err_set(err, ERR_FILTER, "-P: rows have no ident");
	return 0;
}

void
report_rows_fields(const struct report *r, struct fieldset *want)
{
	if (r->row_filter == NULL)
		return;
	filter_fields(r->row_filter, want);
	fieldset_add(want, FLD_FIRST); /* tells the bucket */
}

struct report_rows *
report_rows_new(const struct report *r, const struct section *s,
    unsigned order, struct err *err)
{
	const struct group_spec *spec = &s->spec;
	struct report_rows *rows = calloc(1, sizeof(*rows));

	if (rows == NULL) {
		err_nomem(err);
		return NULL;
	}
	rows->top = r->top;
	rows->has_buckets = spec->bucket_ms > 0 && !spec->is_p95;
	rows->bucket_ms = UINT64_MAX;
	if ((rows->cursor = group_cursor_new(s->group, order, err)) == NULL ||
	    (r->row_filter != NULL && (rows->filter = filter_run_new(
	    r->row_filter, err)) == NULL)) {
		report_rows_free(rows);
		return NULL;
	}
	return rows;
}

void
report_rows_free(struct report_rows *rows)
{
	if (rows == NULL)
		return;
	group_cursor_free(rows->cursor);
	filter_run_free(rows->filter);
	free(rows);
}

/* Of each bucket the first rows alone. */
static void
cut(struct report_rows *rows, struct batch *b)
{
	const uint64_t *first = BATCH_COL(b, FIRST, uint64_t);
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->nsel; i++) {
		uint16_t row = b->sel[i];

		if (rows->has_buckets && first[row] != rows->bucket_ms) {
			rows->bucket_ms = first[row];
			rows->taken = 0;
		}
		if (rows->top > 0 && rows->taken == rows->top)
			continue;
		rows->taken++;
		b->sel[n++] = row;
	}
	b->nsel = n;
}

int
report_rows_next(struct report_rows *rows, struct batch *b, struct err *err)
{
	int rc;

	while ((rc = group_cursor_next(rows->cursor, b, err)) == 1) {
		if (rows->filter == NULL)
			return 1;
		filter_apply(rows->filter, b);
		cut(rows, b);
		if (b->nsel > 0)
			return 1;
	}
	return rc;
}
