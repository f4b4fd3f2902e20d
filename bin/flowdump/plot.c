/*
 * -g: what each file counts, a line per file, for plotting.
 */

#include <inttypes.h>

#include "base/civil.h"
#include "flowdump/result.h"
#include "store/reader.h"
#include "store/slot.h"

static void
warn(struct query *q, const char *path, const char *text)
{
	struct err why;

	err_set(&why, ERR_MALFORMED, "%s: %s", path, text);
	query_warn(q, &why);
}

static void
add_line(const struct store_info *info, int64_t start_s,
    struct civil_cache *cache, struct buffer *out)
{
	const struct record_stats *s = &info->stats;
	char time[CIVIL_TEXT_MAX];

	civil_format_s(cache, (uint64_t)start_s * 1000, time);
	buffer_printf(out, "%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", time,
	    s->flows, s->packets, s->bytes);
}

/* The line of the i-th file, unless there is nothing to tell. */
static void
add_file(struct query *q, size_t i, struct civil_cache *cache,
    struct buffer *out)
{
	const char *path = q->files.paths[i];
	struct store_file *f = query_open(q, i);
	int64_t start_s;

	if (f == NULL)
		return;
	if (slot_time(path, &start_s) == -1) {
		warn(q, path, "no date in its name, it is left out");
	} else if (!store_file_info(f)->has_stats) {
		q->result.files_failed++;
		warn(q, path, "no statistics in it, it is not complete");
	} else {
		add_line(store_file_info(f), start_s, cache, out);
	}
	store_file_close(f);
}

int
plot_run(struct query *q, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	struct civil_cache cache = { 0 };
	int rc = 0;

	buffer_text(&text, "# yyyy-mm-dd HH:MM:SS,flows,packets,bytes\n");
	for (size_t i = 0; i < q->files.count; i++)
		add_file(q, i, &cache, &text);
	if (!result_is_unread(q))
		rc = result_flush(&text, err);
	buffer_fini(&text);
	return rc;
}
