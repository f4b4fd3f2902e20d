/*
 * -g: what each file counts, a line per file, for plotting.
 */

#include "flowdump/result.h"
#include "output/plot.h"
#include "store/reader.h"
#include "store/slot.h"

static void
tell_dateless(struct query *q, const char *path)
{
	struct err why;

	err_set(&why, ERR_MALFORMED,
	    "%s: no date in its name, it is left out", path);
	query_warn(q, &why);
}

/* Where the lines go. */
struct plot {
	struct buffer text;
	bool is_json;
	struct json json;
	struct civil_cache civil;
};

static void
add_row(struct plot *p, const struct plot_row *row)
{
	if (p->is_json)
		plot_json(row, &p->json);
	else
		plot_text(row, &p->civil, &p->text);
}

/* The line of the i-th file, unless there is nothing to tell. */
static void
add_file(struct plot *p, struct query *q, size_t i)
{
	const char *path = q->selection.files.paths[i];
	struct store_file *f = query_open(q, i);
	struct record_stats stats;
	int64_t start_s;

	if (f == NULL)
		return;
	if (slot_time(path, &start_s) == -1) {
		tell_dateless(q, path);
	} else if (query_stats(q, f, &stats)) {
		add_row(p, &(struct plot_row){ path,
		    (uint64_t)start_s * 1000, &stats });
	}
	store_file_close(f);
}

int
plot_run(struct query *q, struct err *err)
{
	struct plot p = { .text = BUFFER_EMPTY };
	enum json_layout layout = JSON_LINES;
	int rc = 0;

	p.is_json = query_json_layout(q, &layout);
	json_init(&p.json, layout, &p.text);
	if (p.is_json)
		json_list_begin(&p.json);
	else
		plot_heading(&p.text);
	for (size_t i = 0; i < q->selection.files.count; i++)
		add_file(&p, q, i);
	if (p.is_json)
		json_list_end(&p.json);
	if (!result_is_unread(q))
		rc = result_flush(&p.text, err);
	buffer_fini(&p.text);
	return rc;
}
