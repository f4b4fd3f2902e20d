/*
 * From the command line to a scan.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flowdump/dialect.h"
#include "flowdump/query.h"

void
query_notice(const struct query *q, const char *text)
{
	fprintf(stderr, "%s: %s\n", q->config->program, text);
}

void
query_warn(void *ctx, const struct err *err)
{
	struct query *q = ctx;

	progress_end(&q->progress);
	query_notice(q, err->text);
}

struct store_file *
query_open(struct query *q, size_t i)
{
	struct store_file *f;
	struct err why;

	if ((f = store_file_open(q->selection.files.paths[i], &why)) == NULL) {
		q->result.files_failed++;
		query_warn(q, &why);
	}
	return f;
}

int
query_write(const char *data, size_t len, struct err *err)
{
	ssize_t n;

	while (len > 0) {
		n = write(STDOUT_FILENO, data, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_system(err, "standard output");
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int
query_init_filter(struct query *q, char **words, int nwords, struct err *err)
{
	const struct dialect_rules *rules = dialect_rules(q->config);

	q->selection.reads_stdin = rules->reads_stdin;
	q->selection.has_filter_value = rules->has_filter_value;
	return selection_read_filter(&q->selection, words, nwords, err);
}

int
query_init_window(struct query *q, struct err *err)
{
	q->selection.window_slack_ms =
	    dialect_rules(q->config)->window_slack_ms;
	return selection_read_window(&q->selection, err);
}

/* -E: a file or directory as with -r, a range as with -R. */
static int
select_exporters(struct query *q, struct err *err)
{
	const struct config *c = q->config;

	if (c->input.file != NULL || c->input.ranges.count > 0)
		return err_set(err, ERR_USAGE,
		    "-E names its files itself, it takes no -r and no -R");
	if (selection_add_files(&q->selection,
		(struct path_request){ .has_files = true,
		    .ranges = c->exporters.items,
		    .range_count = c->exporters.count }, err) == -1)
		return -1;
	return c->exporters.count > 1 ?
	    paths_unite(&q->selection.files, err) : 0;
}

int
query_init_files(struct query *q, struct err *err)
{
	int rc = q->config->exporters.count > 0 ? select_exporters(q, err) :
	    selection_find_files(&q->selection, err);

	if (rc == 0 && q->selection.files.count == 0 &&
	    q->selection.members_missing == 0)
		query_notice(q, "Empty file list. No files to process");
	return rc;
}

/* --threads overrides. */
unsigned
query_threads(const struct config *config)
{
	return config->threads > 0 ? config->threads : selection_threads();
}

void
query_begin(struct query *q, const struct config *config)
{
	q->config = config;
	selection_init(&q->selection, &config->input, query_warn, q);
}

int
query_init(struct query *q, char **words, int nwords, struct err *err)
{
	const struct config *config = q->config;

	if (query_init_filter(q, words, nwords, err) == -1)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &q->start);
	if (query_init_window(q, err) == -1)
		return -1;
	if (config->follow == NULL && query_init_files(q, err) == -1)
		return -1;
	q->plan.limit = config->limit;
	q->plan.skips_files = dialect_rules(config)->skips_files;
	q->plan.counts_blocks = dialect_rules(config)->counts_blocks;
	q->plan.ignores_index = config->no_index;
	selection_plan(&q->selection, &q->plan);
	q->plan.threads = query_threads(config);
	q->plan.warn = query_warn;
	q->plan.warn_ctx = q;
	return 0;
}

/* Formats are compiled before it is known whether they print names. */
static const char *
name_of(void *ctx, struct addr exporter, enum format_name kind,
    struct span id)
{
	const struct query *q = ctx;

	return q->naming == NULL ? NULL :
	    naming_find(q->naming, exporter, kind, id);
}

int
query_read_names(struct query *q, const struct format *f, struct err *err)
{
	const struct path_list *files = &q->selection.files;
	struct store_file *file;
	struct err why;
	int rc = 0;

	if (!format_prints_names(f))
		return 0;
	if ((q->naming = naming_new(err)) == NULL)
		return -1;
	for (size_t i = 0; i < files->count && rc == 0; i++) {
		if ((file = store_file_open(files->paths[i], &why)) == NULL)
			continue;
		rc = naming_read(q->naming, file, !q->config->no_index, err);
		store_file_close(file);
	}
	return rc;
}

struct format_options
query_format_options(struct query *q)
{
	return (struct format_options){
	    .dialect = q->config->dialect,
	    .country = q->selection.geo == NULL ? NULL : geo_db_country,
	    .ctx = q->selection.geo,
	    .name = name_of,
	    .name_ctx = q,
	    .long_ipv6 = q->config->long_ipv6,
	    .plain_numbers = q->config->plain_numbers,
	    .tags_addresses = q->config->tag_addresses };
}

bool
query_json_layout(const struct query *q, enum json_layout *layout)
{
	return q->config->mode != NULL &&
	    format_json_layout(q->config->mode, layout);
}

void
query_fini(struct query *q)
{
	naming_free(q->naming);
	selection_fini(&q->selection);
}
