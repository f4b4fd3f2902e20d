/*
 * Heading and totals.
 */

#include <sys/resource.h>
#include <string.h>
#include <time.h>

#include "flowdump/dialect.h"
#include "flowdump/result.h"
#include "output/summary.h"

int
result_flush(struct buffer *text, struct err *err)
{
	int rc = text->failed ? err_nomem(err) :
	    query_write(text->data, text->len, err);

	text->len = 0;
	return rc;
}

bool
result_is_unread(const struct query *q)
{
	size_t count = q->selection.files.count;

	return count > 0 && q->result.files_failed == count;
}

bool
result_is_missing(const struct query *q)
{
	if (dialect_rules(q->config)->needs_data && q->result.bytes_read == 0)
		return true;
	return result_is_unread(q);
}

int
result_check_format(const struct query *q, const struct format *f,
    struct err *err)
{
	struct fieldset set = { { 0 } };

	format_fields(f, &set);
	if (fieldset_has(&set, FLD_DISTINCT) && q->config->distinct == NULL)
		return err_set(err, ERR_USAGE, "%%distinct needs --distinct");
	if (fieldset_has(&set, FLD_P95_BPS) && !q->config->p95)
		return err_set(err, ERR_USAGE, "%%p95 needs --p95");
	return 0;
}

/* The first row begins the array in place of its comma. */
static int
begin_array(struct query *q, struct buffer *text, struct err *err)
{
	size_t comma = strlen(FORMAT_JSON_COMMA);

	q->has_rows = true;
	if (query_write("[\n", 2, err) == -1 ||
	    query_write(text->data + comma, text->len - comma, err) == -1)
		return -1;
	text->len = 0;
	return 0;
}

static int
numbered_rows(struct buffer *text, uint64_t *count, struct err *err)
{
	struct buffer out = BUFFER_EMPTY;
	int rc;

	format_number_rows(text, count, &out);
	text->len = 0;
	rc = result_flush(&out, err);
	buffer_fini(&out);
	return rc;
}

int
result_rows(struct query *q, enum format_kind kind, struct buffer *text,
    uint64_t *count, struct err *err)
{
	if (text->len == 0 || text->failed)
		return result_flush(text, err);
	if (kind == FORMAT_NDJSON && count != NULL)
		return numbered_rows(text, count, err);
	if (kind == FORMAT_JSON && !q->has_rows)
		return begin_array(q, text, err);
	return result_flush(text, err);
}

int
result_heading(const struct query *q, const struct format *f, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	int rc;

	if (q->config->quiet)
		return 0;
	format_heading(f, &text);
	rc = result_flush(&text, err);
	buffer_fini(&text);
	return rc;
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

/* The window of the files' headers; 1.7 clips it to -t. */
static void
set_window(const struct query *q, struct summary *s)
{
	s->window_first_ms = q->result.window.first_ms;
	s->window_last_ms = q->result.window.last_ms;
	if (s->window_last_ms == 0 ||
	    !dialect_rules(q->config)->clips_window)
		return;
	if (q->plan.from_ms > s->window_first_ms)
		s->window_first_ms = q->plan.from_ms;
	if (q->plan.to_ms < s->window_last_ms)
		s->window_last_ms = q->plan.to_ms;
}

int
result_summary(const struct query *q, enum format_kind kind, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	struct rusage usage;
	struct summary s = { .dialect = q->config->dialect,
	    .totals = q->result.totals,
	    .processed = q->result.processed,
	    .bytes_read = q->result.bytes_read,
	    .blocks_read = q->result.blocks_read };
	int rc;

	if (kind == FORMAT_JSON)
		return query_write(q->has_rows ? "]\n" : "[\n]\n",
		    q->has_rows ? 2 : 4, err);
	if (q->config->quiet || kind == FORMAT_NDJSON)
		return 0;
	set_window(q, &s);
	getrusage(RUSAGE_SELF, &usage);
	s.sys_s = seconds(usage.ru_stime);
	s.user_s = seconds(usage.ru_utime);
	s.wall_s = elapsed(&q->start);
	switch (kind) {
	case FORMAT_TEXT:
		summary_text(&s, q->config->plain_numbers, &text);
		break;
	case FORMAT_CSV:
		summary_csv(&s, &text);
		break;
	case FORMAT_CSV_ROWS:
		break;
	case FORMAT_PIPE:
		if (dialect_rules(q->config)->has_pipe_trailer)
			summary_text(&s, q->config->plain_numbers, &text);
		break;
	case FORMAT_JSON:
	case FORMAT_NDJSON:
		break;
	}
	rc = result_flush(&text, err);
	buffer_fini(&text);
	return rc;
}
