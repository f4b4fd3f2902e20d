/*
 * flowdump: query flow files.
 */

#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowdump/dialect.h"
#include "flowdump/maintain.h"
#include "flowdump/names.h"
#include "flowdump/options.h"
#include "flowdump/query.h"
#include "flowdump/target.h"
#include "flowdump/values.h"
#include "output/schema.h"

#define MALLOC_STEP (16 * 1024 * 1024)

/* Far more than there are cores, and each takes memory. */
#define THREADS_MAX 1024

static void
usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options] [filter]\n", name);
	options_usage(&flowdump_options, out);
	fprintf(out, "See flowdump(1) for more.\n");
}

/* -h and -V; false if none is asked for. */
static bool
print_about(const struct config *config, const char *name)
{
	if (config->help)
		usage(name, stdout);
	else if (config->version)
		printf("%s: Version: 1.7.1-compatible, flowdump %s\n", name,
		    PACKAGE_VERSION);
	return config->help || config->version;
}

static int
show_filter(const struct query *q, struct err *err)
{
	char *text;

	if (q->selection.filter == NULL) {
		puts("any");
		return 0;
	}
	if ((text = filter_text(q->selection.filter)) == NULL)
		return err_nomem(err);
	puts(text);
	free(text);
	return 0;
}

static int
show_schema(const char *mode, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	int rc = schema_text(mode, &text, err);

	if (rc == 0)
		rc = query_write(text.data, text.len, err);
	buffer_fini(&text);
	return rc;
}

/* What is printed through stdio; that it arrives is seen at the end. */
static int
flush_output(struct err *err)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		return err_system(err, "standard output");
	return 0;
}

/* The option that asks for what files tell of themselves, or '\0'. */
static char
stored_option(const struct config *c)
{
	return c->ident != NULL ? 'i' : c->extension_maps != NULL ? 'x' :
	    c->exporters.count > 0 ? 'E' : c->plot ? 'g' :
	    c->statistics ? 'I' : '\0';
}

/* Is there anything that selects flows, or sums them up? */
static bool
has_query(const struct config *c, int nwords)
{
	return nwords > 0 || c->input.filter_file != NULL ||
	    c->input.window != NULL || c->limit > 0 || c->write != NULL ||
	    report_is_wanted(c);
}

/* What is of no use here is told. */
static void
notice_options(const struct query *q, int nwords)
{
	const struct config *c = q->config;
	char text[128];

	if (nwords > 0 && c->input.filter_file != NULL)
		query_notice(q, "-f is ignored: there are filter words, too");
	if (stored_option(c) != '\0' && has_query(c, nwords)) {
		snprintf(text, sizeof(text), "-%c %s what is stored in the "
		    "files: filter, -t, -c, -w and reports are ignored",
		    stored_option(c), c->ident != NULL ? "changes" : "prints");
		query_notice(q, text);
	}
	if (c->write != NULL && c->mode != NULL && c->lists.count == 0)
		query_notice(q, "-o is ignored with -w: nothing is printed");
	if (c->write == NULL && (c->lzo || c->bz2 || c->lz4))
		query_notice(q, "-z, -j and -y are ignored without -w");
}

/* Each of these is a run of its own. */
static int
check_exclusive(const struct config *c, struct err *err)
{
	if ((c->exporters.count > 0) + c->plot + c->statistics +
	    (c->ident != NULL) + (c->extension_maps != NULL) +
	    (c->recompress != NULL) + (c->verify.count > 0) +
	    (c->repair.count > 0) <= 1)
		return 0;
	return err_set(err, ERR_USAGE, "-E, -g, -I, -i, -J, -v, -x and "
	    "--repair are mutually exclusive");
}

static bool
is_maintenance(const struct config *c)
{
	return c->verify.count > 0 || c->repair.count > 0 ||
	    c->recompress != NULL;
}

static int
maintain(struct query *q, struct err *err)
{
	const struct config *c = q->config;

	return c->verify.count > 0 ? verify_run(q, err) :
	    c->repair.count > 0 ? repair_run(q, err) : recompress_run(q, err);
}

/* What is read while it is written is listed, and nothing else. */
static int
check_follow(const struct config *c, struct err *err)
{
	if (c->follow == NULL)
		return 0;
	if (c->input.file != NULL || c->input.ranges.count > 0 ||
	    c->input.dirs != NULL || c->input.window != NULL)
		return err_set(err, ERR_USAGE, "--follow names its files "
		    "itself and has no end: it takes no -r, -R, -M and -t");
	if (c->write != NULL || stored_option(c) != '\0' ||
	    is_maintenance(c) || report_is_wanted(c))
		return err_set(err, ERR_USAGE, "--follow lists flows: it takes "
		    "no option that sums up, sorts or writes, and none of -E, "
		    "-g, -I, -i, -J, -v, -x and --repair");
	return 0;
}

/* What can be known to be wrong before files are read. */
static int
check_options(const struct query *q, struct err *err)
{
	const struct config *c = q->config;
	uint64_t size;

	if (c->threads > THREADS_MAX)
		return err_set(err, ERR_VALUE,
		    "option --threads: %" PRIu32 " is above %d", c->threads,
		    THREADS_MAX);
	if (c->configuration != NULL && strcmp(c->configuration, "none") != 0)
		return err_set(err, ERR_VALUE, "-C %s: no configuration file "
		    "is read; options say all", c->configuration);
	if (c->memory != NULL && value_memory(c->memory, &size, err) == -1)
		return -1;
	if (c->row_filter != NULL && !report_is_wanted(c))
		return err_set(err, ERR_USAGE, "-P is for rows of reports; "
		    "flows are filtered by words without an option");
	if (c->write == NULL && c->compression != NULL)
		return err_set(err, ERR_USAGE,
		    "--compress is for the file of -w");
	if (c->write == NULL || stored_option(c) != '\0' ||
	    c->lists.count > 0)
		return 0;
	return target_check(c, err);
}

/* 0, or -1 with *err. */
static int
run(struct query *q, const struct config *config, char **words, int nwords,
    struct err *err)
{
	int rc;

	query_begin(q, config);
	if (config->index)
		return index_run(config, words, nwords,
		    &q->result.files_failed, err);
	if (config->schema != NULL)
		return show_schema(config->schema, err);
	if (config->names != NULL)
		return names_print(config->names, err);
	if (config->check_filter || config->show_filter || config->explain) {
		if (query_init_filter(q, words, nwords, err) == -1)
			return -1;
		if (config->explain)
			return explain_run(q, err);
		return config->show_filter ? show_filter(q, err) : 0;
	}
	if (check_exclusive(config, err) == -1 ||
	    check_follow(config, err) == -1)
		return -1;
	if (config->extension_maps != NULL || config->ident != NULL) {
		notice_options(q, nwords);
		return config->ident != NULL ? ident_run(config, err) :
		    extension_maps_run(config, err);
	}
	if (is_maintenance(config)) {
		if (has_query(config, nwords))
			query_notice(q, "-v, --repair and -J are for whole "
			    "files: filter, -t, -c, -w and reports are "
			    "ignored");
		return maintain(q, err);
	}
	if (query_init(q, words, nwords, err) == -1 ||
	    check_options(q, err) == -1)
		return -1;
	notice_options(q, nwords);
	if (config->follow != NULL)
		return follow_run(q, err);
	if (config->exporters.count > 0)
		return exporters_run(q, err);
	if (config->plot)
		return plot_run(q, err);
	if (config->statistics)
		return statistics_run(q, err);
	if (report_is_wanted(config) || config->write != NULL ||
	    !isatty(STDOUT_FILENO))
		progress_start(&q->progress, &q->plan);
	rc = report_is_wanted(config) ? report_run(q, err) :
	    config->write != NULL ? copy_run(q, err) : listing_run(q, err);
	progress_end(&q->progress);
	return rc;
}

/*
 * One arena that grows in large steps: with one for each thread the C library
 * asks the kernel for each small step, which then interrupts all threads.
 */
static void
tune_malloc(void)
{
#ifdef M_ARENA_MAX
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_TOP_PAD, MALLOC_STEP);
	mallopt(M_TRIM_THRESHOLD, 2 * MALLOC_STEP);
	mallopt(M_MMAP_THRESHOLD, MALLOC_STEP);
#endif
}

int
main(int argc, char **argv)
{
	struct config config = { .top = TOP_DEFAULT };
	const char *name = options_program(argc, argv, "flowdump");
	struct query q = { 0 };
	struct err err;
	int words, rc, status;

	/* a reader that leaves early ends us quietly, whoever ran us */
	signal(SIGPIPE, SIG_DFL);
	tune_malloc();
	config.program = name;
	if (options_parse(&flowdump_options, argc, argv, &config, &words,
	    &err) == -1) {
		dialect_choose(&config, NULL);
		fprintf(stderr, "%s: %s\n", name, err.text);
		if (err.code == ERR_USAGE)
			usage(name, stderr);
		return dialect_status(&config, &err);
	}
	status = 0;
	rc = 0;
	if (!print_about(&config, name) &&
	    (rc = dialect_choose(&config, &err)) == 0)
		rc = run(&q, &config, argv + 1, words, &err);
	if (rc == 0)
		rc = flush_output(&err);
	if (rc == -1) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		status = dialect_status(&config, &err);
	} else if (q.result.files_failed > 0 || q.selection.members_missing > 0)
		status = 250;
	query_fini(&q);
	return status;
}
