/*
 * Listing: one line per matching flow, heading before and totals behind.
 */

#include <stdlib.h>
#include <string.h>

#include "flowdump/listing.h"
#include "flowdump/result.h"

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

int
listing_heading(struct listing *l, struct err *err)
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

	if (listing_heading(l, err) == -1)
		return -1;
	return result_rows(l->query, format_kind(l->format), &p->text,
	    &l->rows, err);
}

int
listing_open(struct listing *l, struct query *q, struct err *err)
{
	const struct format_options options = query_format_options(q);
	const char *mode = q->config->mode;

	*l = (struct listing){ .query = q };
	l->format = format_compile(mode != NULL ? mode : "line", &options, err);
	if (l->format == NULL || result_check_format(q, l->format, err) == -1)
		return -1;
	l->sink = (struct scan_sink){ .ctx = l, .part_new = part_new,
	    .part_free = part_free, .begin = part_begin, .rows = part_rows,
	    .deliver = deliver, .only_counts = !format_has_rows(l->format) };
	format_fields(l->format, &q->plan.want);
	q->plan.want_numbers = format_counts_records(l->format);
	return 0;
}

void
listing_close(struct listing *l)
{
	format_free(l->format);
}

int
listing_end(struct listing *l, struct err *err)
{
	if (listing_heading(l, err) == -1)
		return -1;
	return result_summary(l->query, format_kind(l->format), err);
}

static int
scan(struct listing *l, struct query *q, struct err *err)
{
	if (scan_run(&q->plan, &l->sink, &q->result, err) == -1)
		return -1;
	if ((q->result.files_failed > 0 || result_is_missing(q)) &&
	    !l->has_begun && q->result.bytes_read == 0)
		return 0; /* nothing was read: no output at all */
	return listing_end(l, err);
}

int
listing_run(struct query *q, struct err *err)
{
	struct listing l;
	int rc = -1;

	if (listing_open(&l, q, err) == 0 &&
	    query_read_names(q, l.format, err) == 0)
		rc = scan(&l, q, err);
	listing_close(&l);
	return rc;
}
