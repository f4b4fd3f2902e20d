/*
 * Listing: one line per matching flow, heading before and totals behind.
 */

#include <stdlib.h>
#include <string.h>

#include "flowdump/result.h"

struct listing {
	struct query *query;
	const struct format *format;
	bool has_begun; /* the heading is out */
	uint64_t rows; /* printed */
};

/* Text of one block. */
struct part {
	struct format_run *run;
	struct buffer text;
};

static void
part_free(void *arg)
{
	struct part *p = arg;

	format_run_free(p->run);
	buffer_fini(&p->text);
	free(p);
}

static void *
part_new(void *ctx, struct err *err)
{
	const struct listing *l = ctx;
	struct part *p;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	if ((p->run = format_run_new(l->format, err)) == NULL) {
		part_free(p);
		return NULL;
	}
	return p;
}

static void
part_begin(void *arg, uint64_t file)
{
	struct part *p = arg;

	(void)file;
	p->text.len = 0;
}

static int
part_rows(void *arg, const struct batch *b, struct err *err)
{
	struct part *p = arg;

	format_rows(p->run, b, b->nsel, &p->text);
	return p->text.failed ? err_nomem(err) : 0;
}

static int
print_heading(struct listing *l, struct err *err)
{
	if (l->has_begun)
		return 0;
	l->has_begun = true;
	return result_heading(l->query, l->format, err);
}

static int
deliver(void *ctx, void *arg, struct err *err)
{
	struct listing *l = ctx;
	struct part *p = arg;

	if (print_heading(l, err) == -1)
		return -1;
	return result_rows(l->query, format_kind(l->format), &p->text,
	    &l->rows, err);
}

static int
scan(struct listing *l, struct query *q, struct err *err)
{
	const struct scan_sink sink = { .ctx = l, .part_new = part_new,
	    .part_free = part_free, .begin = part_begin, .rows = part_rows,
	    .deliver = deliver };

	format_fields(l->format, &q->plan.want);
	q->plan.want_numbers = format_counts_records(l->format);
	if (scan_run(&q->plan, &sink, &q->result, err) == -1)
		return -1;
	if ((q->result.files_failed > 0 || result_is_missing(q)) &&
	    !l->has_begun)
		return 0; /* nothing was read: no output at all */
	if (print_heading(l, err) == -1)
		return -1;
	return result_summary(q, format_kind(l->format), err);
}

int
listing_run(struct query *q, struct err *err)
{
	const struct format_options options = query_format_options(q);
	struct format *format;
	struct listing l;
	int rc = -1;

	format = format_compile(q->config->mode != NULL ? q->config->mode :
	    "line", &options, err);
	if (format == NULL)
		return -1;
	l = (struct listing){ .query = q, .format = format };
	if (result_check_format(q, format, err) == 0)
		rc = scan(&l, q, err);
	format_free(format);
	return rc;
}
