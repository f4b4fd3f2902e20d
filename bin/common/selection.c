/*
 * From options and words to files, a filter and a window.
 */

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/civil.h"
#include "common/selection.h"
#include "common/standard_input.h"
#include "store/reader.h"

/* Largest filter text: a list of some million addresses. */
#define FILTER_MAX (64U * 1024 * 1024)

void
selection_init(struct selection *s, const struct selection_options *options,
    void (*warn)(void *ctx, const struct err *err), void *ctx)
{
	*s = (struct selection){ .options = options, .warn = warn, .ctx = ctx,
		.files = PATH_LIST_EMPTY, .to_ms = UINT64_MAX };
}

void
selection_fini(struct selection *s)
{
	filter_free(s->filter);
	resolver_close(s->resolver);
	geo_db_close(s->geo);
	path_list_fini(&s->files);
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
filter_source(const struct selection_options *o, char **words, int nwords,
    struct buffer *text, struct err *err)
{
	int rc = 0;

	for (int i = 0; i < nwords; i++) {
		if (i > 0)
			buffer_char(text, ' ');
		buffer_text(text, words[i]);
	}
	if (nwords == 0 && o->filter_file != NULL)
		rc = read_filter_file(o->filter_file, text, err);
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
	const struct selection *s = ctx;

	return resolver_addresses(s->resolver, name, addrs, max, err);
}

static void
country(void *ctx, struct addr a, char code[2])
{
	const struct selection *s = ctx;

	geo_db_country(s->geo, a, code);
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
explain_missing_file(const struct selection *s, struct err *err)
{
	struct filter *f = filter_compile(s->options->filter_file, "filter",
	    NULL);

	if (s->has_filter_value)
		err->code = ERR_VALUE;
	if (f != NULL)
		err_set(err, err->code,
		    "%s; -f names a file, a filter is given without it",
		    err->text);
	filter_free(f);
}

struct filter *
selection_filter(struct selection *s, const char *text, const char *name,
    struct err *err)
{
	const struct filter_options options = { .resolve = resolve,
		.load = load, .country = s->geo == NULL ? NULL : country,
		.ctx = s };

	return filter_compile_with(text, name, &options, err);
}

/* What the filter may need to know. */
static int
open_sources(struct selection *s, struct err *err)
{
	const struct selection_options *o = s->options;

	if (o->geo != NULL && strcmp(o->geo, "none") != 0 &&
	    (s->geo = geo_db_open(o->geo, err)) == NULL)
		return -1;
	if (o->name_server != NULL &&
	    (s->resolver = resolver_open(o->name_server, err)) == NULL)
		return -1;
	return 0;
}

int
selection_read_filter(struct selection *s, char **words, int nwords,
    struct err *err)
{
	const struct selection_options *o = s->options;
	const char *name = nwords == 0 && o->filter_file != NULL ?
	    o->filter_file : "filter";
	struct buffer text = BUFFER_EMPTY;
	int rc = -1;

	buffer_room(&text, 1);
	if (open_sources(s, err) == -1)
		goto done;
	if (filter_source(o, words, nwords, &text, err) == -1) {
		if (err->code == ERR_SYSTEM)
			explain_missing_file(s, err);
		goto done;
	}
	if (!is_blank(text.data) &&
	    (s->filter = selection_filter(s, text.data, name, err)) == NULL)
		goto done;
	rc = 0;
done:
	buffer_fini(&text);
	return rc;
}

/* "+N" or "-N" */
static int
read_seconds(struct selection *s, struct err *err)
{
	const char *text = s->options->window;
	unsigned long long n;
	char *end;

	n = strtoull(text + 1, &end, 10);
	if (text[1] < '0' || text[1] > '9' || *end != '\0' || n > UINT32_MAX)
		return err_set(err, ERR_VALUE,
		    "time window '%s': no number of seconds", text);
	s->window_end = *text;
	s->window_s = (uint32_t)n;
	return 0;
}

int
selection_read_window(struct selection *s, struct err *err)
{
	const char *text = s->options->window;

	if (text == NULL)
		return 0;
	if (*text == '+' || *text == '-')
		return read_seconds(s, err);
	if (civil_window_parse(text, &s->from_ms, &s->to_ms, err) == -1)
		return -1;
	if (s->to_ms < UINT64_MAX)
		s->to_ms += s->window_slack_ms;
	return 0;
}

/* The seconds begin or end with the flows of the file. */
static int
place_seconds(struct selection *s, const struct store_file *f,
    struct err *err)
{
	const struct store_info *info = store_file_info(f);
	uint64_t ms = (uint64_t)s->window_s * 1000;

	if (!info->has_stats)
		return err_set(err, ERR_MALFORMED, "time window '%s': %s has "
		    "no statistics", s->options->window, store_file_path(f));
	if (s->window_end == '+') {
		s->from_ms = info->stats.first_ms;
		s->to_ms = info->stats.first_ms + ms + s->window_slack_ms;
	} else {
		s->to_ms = info->stats.last_ms;
		s->from_ms = s->to_ms > ms ? s->to_ms - ms : 0;
	}
	return 0;
}

static int
place_window(struct selection *s, struct err *err)
{
	size_t at = s->window_end == '+' ? 0 : s->files.count - 1;
	struct store_file *f;
	int rc;

	if (s->window_end == 0 || s->files.count == 0)
		return 0;
	if ((f = store_file_open(s->files.paths[at], err)) == NULL)
		return -1;
	rc = place_seconds(s, f, err);
	store_file_close(f);
	return rc;
}

const char *
selection_tmpdir(const struct selection_options *options)
{
	const char *dir = options->tmpdir;

	if (dir == NULL)
		dir = getenv("TMPDIR");
	return dir != NULL ? dir : "/tmp";
}

/* "-r -", and where that is usual also nothing at all. */
static bool
is_standard_input(const struct selection *s)
{
	const struct selection_options *o = s->options;

	if (o->dirs != NULL || o->ranges.count > 0)
		return false;
	if (o->file == NULL)
		return s->reads_stdin;
	return strcmp(o->file, "-") == 0;
}

/* A member of a list that is not there, beside others that are. */
static void
warn_missing(void *ctx, const struct err *err)
{
	struct selection *s = ctx;

	s->members_missing++;
	s->warn(s->ctx, err);
}

int
selection_add_files(struct selection *s, struct path_request request,
    struct err *err)
{
	request.dirs = s->options->dirs;
	request.warn = warn_missing;
	request.ctx = s;
	return paths_select(&request, &s->files, err);
}

int
selection_find_files(struct selection *s, struct err *err)
{
	const struct selection_options *o = s->options;
	struct path_request request = { .file = o->file,
		.ranges = o->ranges.items, .range_count = o->ranges.count };

	if (is_standard_input(s)) {
		request.file = standard_input(selection_tmpdir(o), err);
		if (request.file == NULL)
			return -1;
	}
	if (request.file == NULL && o->dirs == NULL && o->ranges.count == 0)
		return err_set(err, ERR_USAGE,
		    "no input: give -r FILE or -R LIST");
	if (selection_add_files(s, request, err) == -1 ||
	    (o->ranges.count > 1 && paths_unite(&s->files, err) == -1))
		return -1;
	return place_window(s, err);
}

void
selection_plan(const struct selection *s, struct scan_plan *plan)
{
	plan->files = &s->files;
	plan->filter = s->filter;
	plan->from_ms = s->from_ms;
	plan->to_ms = s->to_ms;
}

unsigned
selection_threads(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t ours;

	/* It fails if there are more of them than a set has room for. */
	if (sched_getaffinity(0, sizeof(ours), &ours) == 0)
		cores = CPU_COUNT(&ours);
	return cores > 0 ? (unsigned)cores : 1;
}
