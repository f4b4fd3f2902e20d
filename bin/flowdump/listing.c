/*
 * Listing: one line per matching flow, heading before and totals behind.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "flowdump/query.h"
#include "output/format.h"
#include "output/summary.h"

struct listing {
	const struct query *query;
	const struct format *format;
	bool has_begun; /* the heading is out */
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
	struct buffer text = BUFFER_EMPTY;
	int rc = 0;

	if (l->has_begun)
		return 0;
	l->has_begun = true;
	if (!l->query->config->quiet) {
		format_heading(l->format, &text);
		rc = text.failed ? err_nomem(err) :
		    query_write(text.data, text.len, err);
	}
	buffer_fini(&text);
	return rc;
}

static int
deliver(void *ctx, void *arg, struct err *err)
{
	struct listing *l = ctx;
	struct part *p = arg;

	if (print_heading(l, err) == -1)
		return -1;
	return query_write(p->text.data, p->text.len, err);
}

static double
seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static double
elapsed(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) +
	    (double)(now.tv_nsec - from->tv_nsec) / 1e9;
}

/* The window of the files' headers, clipped to -t. */
static void
set_window(const struct query *q, struct summary *s)
{
	s->window_first_ms = q->result.window.first_ms;
	s->window_last_ms = q->result.window.last_ms;
	if (s->window_last_ms == 0)
		return;
	if (q->plan.from_ms > s->window_first_ms)
		s->window_first_ms = q->plan.from_ms;
	if (q->plan.to_ms < s->window_last_ms)
		s->window_last_ms = q->plan.to_ms;
}

static int
print_summary(const struct listing *l, const struct timespec *start,
    struct err *err)
{
	const struct query *q = l->query;
	struct buffer text = BUFFER_EMPTY;
	struct rusage usage;
	struct summary s = { .totals = q->result.totals,
	    .processed = q->result.processed,
	    .bytes_read = q->result.bytes_read };
	int rc;

	set_window(q, &s);
	getrusage(RUSAGE_SELF, &usage);
	s.sys_s = seconds(usage.ru_stime);
	s.user_s = seconds(usage.ru_utime);
	s.wall_s = elapsed(start);
	if (format_has_trailer(l->format))
		summary_text(&s, q->config->plain_numbers, &text);
	else
		summary_csv(&s, &text);
	rc = text.failed ? err_nomem(err) :
	    query_write(text.data, text.len, err);
	buffer_fini(&text);
	return rc;
}

static int
scan(struct listing *l, struct query *q, struct err *err)
{
	const struct scan_sink sink = { .ctx = l, .part_new = part_new,
	    .part_free = part_free, .begin = part_begin, .rows = part_rows,
	    .deliver = deliver };
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	format_fields(l->format, &q->plan.want);
	q->plan.want_numbers = format_counts_records(l->format);
	if (scan_run(&q->plan, &sink, &q->result, err) == -1)
		return -1;
	if (q->result.files_failed > 0 && !l->has_begun)
		return 0; /* nothing could be read: no output at all */
	if (print_heading(l, err) == -1)
		return -1;
	return q->config->quiet ? 0 : print_summary(l, &start, err);
}

int
listing_run(struct query *q, struct err *err)
{
	const struct format_options options = {
	    .long_ipv6 = q->config->long_ipv6,
	    .plain_numbers = q->config->plain_numbers };
	struct format *format;
	struct listing l;
	int rc;

	format = format_compile(q->config->mode, &options, err);
	if (format == NULL)
		return -1;
	l = (struct listing){ .query = q, .format = format };
	rc = scan(&l, q, err);
	format_free(format);
	return rc;
}
