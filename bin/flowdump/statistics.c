/*
 * Statistics of files; -I: those of all, summed.
 */

#include "base/buffer.h"
#include "flowdump/dialect.h"
#include "flowdump/query.h"
#include "output/summary.h"
#include "query/skip.h"
#include "store/reader.h"

/* The index of the file, or NULL; the first that is damaged is told. */
static const struct store_index *
load_index(struct query *q, struct store_file *f)
{
	struct err why;
	int rc;

	if (q->config->no_index)
		return NULL;
	if ((rc = skip_load_index(f, &why)) == -1 && !q->has_bad_index) {
		q->has_bad_index = true;
		query_warn(q, &why);
	}
	return rc == 1 ? store_file_index(f) : NULL;
}

static void
tell_missing(struct query *q, const struct store_file *f)
{
	struct err why;

	q->result.files_failed++;
	err_set(&why, ERR_MALFORMED,
	    "%s: no statistics in it, it is not complete", store_file_path(f));
	query_warn(q, &why);
}

bool
query_stats(struct query *q, struct store_file *f, struct record_stats *stats)
{
	const struct store_index *index;

	*stats = store_file_info(f)->stats;
	if (store_file_info(f)->has_stats)
		return true;
	if ((index = load_index(q, f)) == NULL) {
		tell_missing(q, f);
		return false;
	}
	record_stats_init(stats);
	for (uint32_t i = 0; i < store_index_spans(index); i++)
		record_stats_merge(stats, &store_index_span(index, i)->stats);
	return true;
}

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
	struct record_stats sum, stats;
	struct store_file *named = NULL, *f;
	int rc = 0;

	record_stats_init(&sum);
	for (size_t i = 0; i < q->selection.files.count; i++) {
		if ((f = query_open(q, i)) == NULL)
			continue;
		if (!query_stats(q, f, &stats)) {
			store_file_close(f);
			continue;
		}
		record_stats_merge(&sum, &stats);
		if (named == NULL ||
		    dialect_rules(q->config)->has_last_ident) {
			store_file_close(named);
			named = f;
			ident = store_file_info(f)->ident;
		} else
			store_file_close(f);
	}
	if (ident != NULL || q->selection.files.count == 0) {
		add_stats(q, ident != NULL ? ident : "none", &sum, &text);
		rc = text.failed ? err_nomem(err) :
		    query_write(text.data, text.len, err);
	}
	buffer_fini(&text);
	store_file_close(named);
	return rc;
}
