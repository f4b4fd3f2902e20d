/*
 * -I: the statistics in the files' headers, summed.
 */

#include "base/buffer.h"
#include "flowdump/dialect.h"
#include "flowdump/query.h"
#include "output/summary.h"
#include "store/reader.h"

/* In the lines of nfdump, or as JSON when -o asks for it. */
static void
add_stats(const struct query *q, const char *ident,
    const struct record_stats *sum, struct buffer *text)
{
	enum json_layout layout;

	if (query_json_layout(q, &layout))
		summary_stats_json(ident, sum, layout, text);
	else
		summary_stats(ident, sum, text);
}

int
statistics_run(struct query *q, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	const char *ident = NULL;
	struct record_stats sum;
	struct store_file *named = NULL, *f;
	int rc = 0;

	record_stats_init(&sum);
	for (size_t i = 0; i < q->files.count; i++) {
		if ((f = query_open(q, i)) == NULL)
			continue;
		record_stats_merge(&sum, &store_file_info(f)->stats);
		if (named == NULL ||
		    dialect_rules(q->config)->has_last_ident) {
			store_file_close(named);
			named = f;
			ident = store_file_info(f)->ident;
		} else
			store_file_close(f);
	}
	if (ident != NULL || q->files.count == 0) {
		add_stats(q, ident != NULL ? ident : "none", &sum, &text);
		rc = text.failed ? err_nomem(err) :
		    query_write(text.data, text.len, err);
	}
	buffer_fini(&text);
	store_file_close(named);
	return rc;
}
