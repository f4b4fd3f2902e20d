/*
 * From the command line to a scan.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/civil.h"
#include "flowdump/dialect.h"
#include "flowdump/query.h"
#include "flowdump/standard_input.h"

/* Largest filter text: a list of some million addresses. */
#define FILTER_MAX (64U * 1024 * 1024)

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

	if ((f = store_file_open(q->files.paths[i], &why)) == NULL) {
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

static int
read_filter_file(const char *path, struct buffer *text, struct err *err)
{
	FILE *in = fopen(path, "r");
	size_t n = 1;
	char *p;
	int rc = 0;

	if (in == NULL)
		return err_system(err, "filter file %s", path);
	while (rc == 0 && n > 0) {
		if ((p = buffer_room(text, 65536)) == NULL) {
			rc = err_nomem(err);
			break;
		}
		n = fread(p, 1, 65536, in);
		text->len += n;
		if (text->len > FILTER_MAX)
			rc = err_set(err, ERR_FILTER,
			    "filter file %s is larger than %u bytes", path,
			    FILTER_MAX);
	}
	if (rc == 0 && ferror(in))
		rc = err_system(err, "filter file %s", path);
	fclose(in);
	return rc;
}

/* The words of the command line, or the filter file. */
static int
filter_source(const struct config *config, char **words, int nwords,
    struct buffer *text, struct err *err)
{
	int rc = 0;

	for (int i = 0; i < nwords; i++) {
		if (i > 0)
			buffer_char(text, ' ');
		buffer_text(text, words[i]);
	}
	if (nwords == 0 && config->filter_file != NULL)
		rc = read_filter_file(config->filter_file, text, err);
	if (rc == 0 && memchr(text->data, '\0', text->len) != NULL)
		rc = err_set(err, ERR_FILTER, "filter with a zero byte");
	buffer_char(text, '\0');
	if (rc == 0 && text->failed)
		rc = err_nomem(err);
	return rc;
}

static int
resolve(void *ctx, const char *name, struct addr *addrs, size_t max,
    struct err *err)
{
	const struct query *q = ctx;

	return resolver_addresses(q->resolver, name, addrs, max, err);
}

static void
country(void *ctx, struct addr a, char code[2])
{
	const struct query *q = ctx;

	geo_db_country(q->geo, a, code);
}

/* A file that the filter includes. */
static int
load(void *ctx, const char *name, struct buffer *text, struct err *err)
{
	(void)ctx;
	return read_filter_file(name, text, err);
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* A filter where its file should be named is easily told. */
static void
explain_missing_file(const struct config *config, struct err *err)
{
	struct filter *f = filter_compile(config->filter_file, "filter",
	    NULL);

	if (dialect_rules(config)->has_filter_value)
		err->code = ERR_VALUE;
	if (f != NULL)
		err_set(err, err->code,
		    "%s; -f names a file, a filter is given without it",
		    err->text);
	filter_free(f);
}

struct filter *
query_filter(struct query *q, const char *text, const char *name,
    struct err *err)
{
	const struct filter_options options = { .resolve = resolve,
		.load = load, .country = q->geo == NULL ? NULL : country,
		.ctx = q };

	return filter_compile_with(text, name, &options, err);
}

int
query_init_filter(struct query *q, const struct config *config, char **words,
    int nwords, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	const char *name = nwords == 0 && config->filter_file != NULL ?
	    config->filter_file : "filter";
	int rc = -1;

	memset(q, 0, sizeof(*q));
	q->config = config;
	buffer_room(&text, 1);
	if (config->geo != NULL && strcmp(config->geo, "none") != 0 &&
	    (q->geo = geo_db_open(config->geo, err)) == NULL)
		goto done;
	if (config->name_server != NULL && (q->resolver =
	    resolver_open(config->name_server, err)) == NULL)
		goto done;
	if (filter_source(config, words, nwords, &text, err) == -1) {
		if (err->code == ERR_SYSTEM)
			explain_missing_file(config, err);
		goto done;
	}
	if (!is_blank(text.data) &&
	    (q->filter = query_filter(q, text.data, name, err)) == NULL)
		goto done;
	rc = 0;
done:
	buffer_fini(&text);
	return rc;
}

int
query_init_window(struct query *q, struct err *err)
{
	q->plan.to_ms = UINT64_MAX;
	if (q->config->window == NULL)
		return 0;
	if (civil_window_parse(q->config->window, &q->plan.from_ms,
	    &q->plan.to_ms, err) == -1)
		return -1;
	if (q->plan.to_ms < UINT64_MAX)
		q->plan.to_ms += dialect_rules(q->config)->window_slack_ms;
	return 0;
}

const char *
query_tmpdir(const struct config *config)
{
	const char *dir = config->tmpdir;

	if (dir == NULL)
		dir = getenv("TMPDIR");
	return dir != NULL ? dir : "/tmp";
}

/* "-r -", and in 1.6 also nothing at all. */
static bool
is_standard_input(const struct config *c)
{
	if (c->dirs != NULL || c->ranges.count > 0)
		return false;
	if (c->file == NULL)
		return dialect_rules(c)->reads_stdin;
	return strcmp(c->file, "-") == 0;
}

/* A member of a list that is not there, beside others that are. */
static void
warn_missing(void *ctx, const struct err *err)
{
	struct query *q = ctx;

	q->members_missing++;
	query_warn(q, err);
}

int
query_select_paths(struct query *q, struct path_request request,
    struct err *err)
{
	request.dirs = q->config->dirs;
	request.warn = warn_missing;
	request.ctx = q;
	return paths_select(&request, &q->files, err);
}

/* -E: a file or directory as with -r, a range as with -R. */
static int
select_exporters(struct query *q, struct err *err)
{
	const struct config *c = q->config;

	if (c->file != NULL || c->ranges.count > 0)
		return err_set(err, ERR_USAGE,
		    "-E names its files itself, it takes no -r and no -R");
	return query_select_paths(q, (struct path_request){ .has_files = true,
	    .ranges = c->exporters.items, .range_count = c->exporters.count },
	    err);
}

static int
select_ranges(struct query *q, struct err *err)
{
	const struct config *c = q->config;
	struct path_request request = { .file = c->file,
		.ranges = c->ranges.items, .range_count = c->ranges.count };

	if (is_standard_input(c)) {
		request.file = standard_input(query_tmpdir(c), err);
		if (request.file == NULL)
			return -1;
	}
	if (request.file == NULL && c->dirs == NULL && c->ranges.count == 0)
		return err_set(err, ERR_USAGE,
		    "no input: give -r FILE or -R LIST");
	return query_select_paths(q, request, err);
}

/* A file that several lists have is read once. */
int
query_init_files(struct query *q, struct err *err)
{
	const struct config *c = q->config;
	int rc = c->exporters.count > 0 ? select_exporters(q, err) :
	    select_ranges(q, err);

	if (rc == 0 && (c->exporters.count > 1 || c->ranges.count > 1))
		rc = paths_unite(&q->files, err);
	if (rc == 0 && q->files.count == 0)
		query_notice(q, "Empty file list. No files to process");
	return rc;
}

/* Cores that we may use; --threads overrides. */
unsigned
query_threads(const struct config *config)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->threads > 0)
		return config->threads;
	return cores > 0 ? (unsigned)cores : 1;
}

int
query_init(struct query *q, const struct config *config, char **words,
    int nwords, struct err *err)
{
	if (query_init_filter(q, config, words, nwords, err) == -1)
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
	q->plan.files = &q->files;
	q->plan.filter = q->filter;
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
	struct store_file *file;
	struct err why;
	int rc = 0;

	if (!format_prints_names(f))
		return 0;
	if ((q->naming = naming_new(err)) == NULL)
		return -1;
	for (size_t i = 0; i < q->files.count && rc == 0; i++) {
		if ((file = store_file_open(q->files.paths[i], &why)) == NULL)
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
	    .country = q->geo == NULL ? NULL : geo_db_country,
	    .ctx = q->geo,
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
	filter_free(q->filter);
	resolver_close(q->resolver);
	geo_db_close(q->geo);
	naming_free(q->naming);
	path_list_fini(&q->files);
}
