/*
 * -v, --repair and -J: checking, mending and recompressing files.
 *
 * What is wrong with a file is told on standard error, a line per finding;
 * what it comes to is printed.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "flowdump/maintain.h"
#include "store/paths.h"
#include "store/slot.h"
#include "store/verify.h"

/* Findings of one file. */
struct findings {
	const struct query *q;
	const char *path;
	struct buffer notes; /* printed last, and only of a single file */
};

static void
tell(void *ctx, enum store_finding kind, const char *text)
{
	struct findings *f = ctx;
	struct err line;

	if (kind == FINDING_NOTE) {
		buffer_printf(&f->notes, "Note          : %s\n", text);
		return;
	}
	err_set(&line, ERR_MALFORMED, "%s: %s", f->path, text);
	query_notice(f->q, line.text);
}

static int
select_files(struct query *q, struct path_request request, struct err *err)
{
	if (selection_add_files(&q->selection, request, err) == -1)
		return -1;
	return paths_unite(&q->selection.files, err);
}

/* The files that an option names itself. */
static int
select_named(struct query *q, const struct opt_list *names, struct err *err)
{
	if (q->config->input.file != NULL || q->config->input.ranges.count > 0)
		return err_set(err, ERR_USAGE, "-v and --repair name their "
		    "files themselves, they take no -r and no -R");
	return select_files(q, (struct path_request){ .has_files = true,
	    .ranges = names->items, .range_count = names->count }, err);
}

/* The process that writes a file, by its name; 0: none that lives. */
static pid_t
find_writer(const char *path)
{
	const char *name = strrchr(path, '/');
	char *end;
	long pid;

	name = name == NULL ? path : name + 1;
	if (strncmp(name, SLOT_CURRENT, strlen(SLOT_CURRENT)) != 0)
		return 0;
	name += strlen(SLOT_CURRENT);
	pid = strtol(name, &end, 10);
	if (end == name || *end != '\0' || pid <= 0 || pid != (pid_t)pid)
		return 0;
	if (kill((pid_t)pid, 0) == -1 && errno != EPERM)
		return 0;
	return (pid_t)pid;
}

static void
print_header(const char *path, const struct store_verdict *v)
{
	time_t created = (time_t)v->created_s;
	char when[32] = "?";
	struct tm tm;

	printf("File       : %s\nVersion    : %u - %s", path, v->layout,
	    v->codec == NULL ? "?" : v->codec->title);
	if (v->layout == 1) {
		printf(" \nBlocks     : %" PRIu32 "\n", v->header_blocks);
		return;
	}
	if (localtime_r(&created, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("\nCreated    : %s\nnfdump     : %" PRIx32 "\n"
	    "encryption : no\n", when, v->nfdversion);
	if (v->layout == 2)
		printf("Appdx blks : %u\n", v->appendix_blocks);
	printf("Data blks  : %" PRIu32 "\n", v->header_blocks);
}

/* As nfdump prints them, but for what turns while it works. */
static void
print_counts(const struct store_verdict *v)
{
	printf("Checking data blocks\n");
	if (v->layout == 2)
		printf("Checking appendix blocks\n");
	printf("\nTotal\n");
	for (int type = 1; type < STORE_VERDICT_TYPES; type++)
		if (v->type_blocks[type] > 0)
			printf("Type %d blocks : %" PRIu64 "\n", type,
			    v->type_blocks[type]);
	if (v->type_blocks[0] > 0)
		printf("Other blocks  : %" PRIu64 "\n", v->type_blocks[0]);
	printf("Records       : %" PRIu64 "\nFlows         : %" PRIu64 "\n",
	    v->records, v->flows);
	if (v->layout == 2)
		printf("Index         : %s\n", v->has_index ? "yes" : "none");
}

/* "1 block", "2 blocks" */
static void
add_count(struct buffer *text, uint64_t count, const char *what)
{
	buffer_printf(text, "%" PRIu64 " %s%s", count, what,
	    count == 1 ? "" : "s");
}

/* ", 1 block not readable, 40 bytes lost": what is, of all that. */
static void
add_lost(struct buffer *text, const struct store_verdict *v)
{
	if (v->blocks_lost > 0) {
		buffer_text(text, ", ");
		add_count(text, v->blocks_lost, "block");
		buffer_text(text, " not readable");
	}
	if (v->blocks_partial > 0) {
		buffer_text(text, ", ");
		add_count(text, v->blocks_partial, "block");
		buffer_text(text, " in part");
	}
	if (v->bytes_lost > 0) {
		buffer_text(text, ", ");
		add_count(text, v->bytes_lost, "byte");
		buffer_text(text, " lost");
	}
	if (v->blocks_lost + v->blocks_partial > 0 && v->has_stats &&
	    v->stats.flows > v->flows) {
		buffer_text(text, ", ");
		add_count(text, v->stats.flows - v->flows, "flow");
		buffer_text(text, " of its statistics missing");
	}
}

/* "3 findings: 120 flows in 2 blocks readable, 1 block not readable". */
static void
add_verdict(struct buffer *text, const struct store_verdict *v)
{
	add_count(text, v->damages, "finding");
	buffer_text(text, ": ");
	add_count(text, v->flows, "flow");
	buffer_text(text, " in ");
	add_count(text, v->blocks, "block");
	buffer_text(text, " readable");
	add_lost(text, v);
}

/* What a file is: one word. */
static const char *
name_state(const struct store_verdict *v, pid_t writer)
{
	if (v->damages == 0)
		return "sound";
	if (v->is_unfinished)
		return writer != 0 ? "being written" : "unfinished";
	return "damaged";
}

/* A live file is not complete, and its last block may be under way. */
static bool
is_bad(const struct store_verdict *v, pid_t writer)
{
	if (v->is_unfinished && writer != 0)
		return v->blocks_lost > 1;
	return v->damages > 0;
}

/* All about a file, or one line if it is bad. */
static int
report(const struct query *q, const struct findings *f,
    const struct store_verdict *v, pid_t writer, struct err *err)
{
	bool is_alone = q->selection.files.count == 1;
	const char *state = name_state(v, writer);
	struct buffer text = BUFFER_EMPTY;
	int rc = 0;

	if (v->damages > 0)
		add_verdict(&text, v);
	buffer_char(&text, '\0');
	if (text.failed || f->notes.failed) {
		rc = err_nomem(err);
	} else if (is_alone) {
		print_header(f->path, v);
		print_counts(v);
		if (f->notes.len > 0)
			fwrite(f->notes.data, 1, f->notes.len, stdout);
		printf("Result        : %s%s%s\n", state,
		    v->damages > 0 ? ", " : "", text.data);
	} else if (v->damages > 0)
		printf("%s: %s, %s\n", f->path, state, text.data);
	buffer_fini(&text);
	return rc;
}

/* 1 sound, 0 not, -1 cannot be told. */
static int
verify_file(struct query *q, const char *path, struct err *err)
{
	struct findings f = { q, path, BUFFER_EMPTY };
	const struct store_listener listener = { tell, &f };
	pid_t writer = find_writer(path);
	struct store_verdict v;
	int rc;

	rc = store_verify(path, &listener, &v, err);
	if (rc == 0 && (rc = report(q, &f, &v, writer, err)) == 0)
		rc = is_bad(&v, writer) ? 0 : 1;
	buffer_fini(&f.notes);
	return rc;
}

int
verify_run(struct query *q, struct err *err)
{
	const struct path_list *files = &q->selection.files;
	uint64_t sound = 0, damaged = 0, unreadable = 0;
	struct err why;
	int rc;

	if (select_named(q, &q->config->verify, err) == -1)
		return -1;
	for (size_t i = 0; i < files->count; i++) {
		rc = verify_file(q, files->paths[i], &why);
		if (rc == -1 && why.code == ERR_NOMEM)
			return err_nomem(err);
		if (rc == -1)
			query_warn(q, &why);
		sound += rc == 1;
		damaged += rc == 0;
		unreadable += rc == -1;
	}
	q->result.files_failed += damaged + unreadable;
	if (files->count != 1)
		printf("%zu files: %" PRIu64 " sound, %" PRIu64 " damaged or "
		    "unfinished, %" PRIu64 " unreadable\n", files->count,
		    sound, damaged, unreadable);
	return 0;
}

static int
repair_file(struct query *q, const char *path, struct err *err)
{
	struct findings f = { q, path, BUFFER_EMPTY };
	const struct store_listener listener = { tell, &f };
	pid_t writer = find_writer(path);
	struct buffer text = BUFFER_EMPTY;
	struct store_verdict v;
	int rc;

	if (writer != 0)
		return err_set(err, ERR_MALFORMED, "%s: process %ld is "
		    "writing it", path, (long)writer);
	rc = store_repair(path, &listener, &v, err);
	buffer_fini(&f.notes);
	if (rc == -1)
		return -1;
	add_count(&text, v.flows, "flow");
	buffer_text(&text, " in ");
	add_count(&text, v.blocks, "block");
	buffer_text(&text, " kept");
	add_lost(&text, &v);
	buffer_char(&text, '\0');
	if (text.failed)
		rc = err_nomem(err);
	else if (rc == 0)
		printf("%s: sound, left alone\n", path);
	else
		printf("%s: repaired, %s\n", path, text.data);
	buffer_fini(&text);
	return rc;
}

/* Do it to each file; those for which it fails are named and counted. */
static int
each_file(struct query *q,
    int (*what)(struct query *q, const char *path, struct err *err),
    struct err *err)
{
	struct err why;

	for (size_t i = 0; i < q->selection.files.count; i++) {
		if (what(q, q->selection.files.paths[i], &why) != -1)
			continue;
		if (why.code == ERR_NOMEM)
			return err_nomem(err);
		q->result.files_failed++;
		query_warn(q, &why);
	}
	return 0;
}

int
repair_run(struct query *q, struct err *err)
{
	if (select_named(q, &q->config->repair, err) == -1)
		return -1;
	return each_file(q, repair_file, err);
}

/* A number as nfdump has them, or a name. */
static const struct codec *
parse_codec(const char *text, struct err *err)
{
	const struct codec *codec;

	if (*text < '0' || *text > '9' || text[1] != '\0')
		codec = codec_by_name(text, err);
	else
		codec = codec_by_id((unsigned)(*text - '0'), err);
	if (codec == NULL) {
		err_context(err, "option -J");
		err->code = ERR_VALUE;
	}
	return codec;
}

static int
recompress_file(struct query *q, const char *path, struct err *err)
{
	const struct codec *codec = parse_codec(q->config->recompress, err);
	int rc = codec == NULL ? -1 : store_recompress(path, codec, err);

	if (rc == 1)
		printf("File %s compression changed\n", path);
	else if (rc == 0) /* callers of nfdump know it with this fault */
		printf("File %s is already same compression methode\n", path);
	return rc;
}

int
recompress_run(struct query *q, struct err *err)
{
	const struct config *c = q->config;

	if (parse_codec(c->recompress, err) == NULL)
		return -1;
	if (c->input.file == NULL && c->input.ranges.count == 0)
		return err_set(err, ERR_USAGE,
		    "-J compresses the files of -r or -R, and none is given");
	if (select_files(q, (struct path_request){ .file = c->input.file,
	    .ranges = c->input.ranges.items,
	    .range_count = c->input.ranges.count },
	    err) == -1)
		return -1;
	return each_file(q, recompress_file, err);
}
