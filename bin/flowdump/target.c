/*
 * The file of -w: records gathered to blocks.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "flowdump/target.h"
#include "store/replace.h"
#include "store/writer.h"

struct target {
	const struct query *query;
	char *temporary; /* name while it is written */
	const struct codec *codec;
	struct store_writer *writer; /* opened with the first block */
	struct buffer block;
	uint32_t records; /* in block */
};

/* What the options name; LZ4 when they do not. */
static const struct codec *
choose_codec(const struct config *o, struct err *err)
{
	if (o->lzo + o->bz2 + o->lz4 + (o->compression != NULL) > 1) {
		err_set(err, ERR_USAGE, "Use one compression: -z for LZO, "
		    "-j for BZ2 or -y for LZ4 compression");
		return NULL;
	}
	if (o->compression != NULL)
		return codec_by_name(o->compression, err);
	return codec_by_name(o->lzo ? "lzo" : o->bz2 ? "bz2" : "lz4", err);
}

/* The directory must take a new file. */
static int
check_directory(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int rc = 0;

	dir = slash == NULL ? strdup(".") :
	    strndup(path, (size_t)(slash - path) + 1);
	if (dir == NULL)
		return err_nomem(err);
	if (access(dir, W_OK | X_OK) == -1)
		rc = err_system(err, "%s", path);
	free(dir);
	return rc;
}

/* A flow file is not written from its start to its end: it is copied there. */
static bool
is_standard_output(const struct config *c)
{
	return strcmp(c->write, "-") == 0;
}

int
target_check(const struct config *c, struct err *err)
{
	struct stat st;

	if (choose_codec(c, err) == NULL)
		return -1;
	if (is_standard_output(c))
		return !isatty(STDOUT_FILENO) ? 0 : err_set(err, ERR_USAGE,
		    "-w -: standard output is a terminal");
	if (*c->write == '\0')
		return err_set(err, ERR_VALUE, "option -w needs a file name");
	if (stat(c->write, &st) == -1)
		return check_directory(c->write, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_VALUE,
		    "-w %s: not a regular file, which it would replace",
		    c->write);
	return check_directory(c->write, err);
}

static char *
name_in_tmpdir(const struct config *c, struct err *err)
{
	struct buffer path = BUFFER_EMPTY;
	char *name;

	buffer_printf(&path, "%s/flowdump", selection_tmpdir(&c->input));
	buffer_char(&path, '\0');
	if (path.failed) {
		err_nomem(err);
		name = NULL;
	} else
		name = store_replace_name(path.data, err);
	buffer_fini(&path);
	return name;
}

struct target *
target_new(const struct query *q, struct err *err)
{
	const struct codec *codec = choose_codec(q->config, err);
	struct target *t;

	if (codec == NULL)
		return NULL;
	if ((t = calloc(1, sizeof(*t))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	t->query = q;
	t->codec = codec;
	t->temporary = is_standard_output(q->config) ?
	    name_in_tmpdir(q->config, err) :
	    store_replace_name(q->config->write, err);
	if (t->temporary == NULL) {
		target_free(t);
		return NULL;
	}
	return t;
}

void
target_free(struct target *t)
{
	if (t == NULL)
		return;
	store_writer_close(t->writer);
	buffer_fini(&t->block);
	free(t->temporary);
	free(t);
}

/* Write the block that is being filled. */
static int
flush(struct target *t, struct err *err)
{
	if (t->writer == NULL) {
		t->writer = store_writer_open(AT_FDCWD, t->temporary, t->codec,
		    t->query->result.ident, (int64_t)time(NULL), err);
		if (t->writer == NULL)
			return -1;
		if (t->query->config->no_index)
			store_writer_no_index(t->writer);
	}
	if (t->records > 0 && store_writer_block(t->writer, t->block.data,
	    t->block.len, t->records, err) == -1)
		return -1;
	t->block.len = 0;
	t->records = 0;
	return 0;
}

/* A new block is started when one is full. */
int
target_append(struct target *t, const char *records, size_t len,
    struct err *err)
{
	size_t n;

	for (; len > 0; records += n, len -= n) {
		n = load_u16(records + 2);
		if (t->block.len + n > STORE_BLOCK_SIZE &&
		    flush(t, err) == -1)
			return -1;
		buffer_add(&t->block, records, n);
		t->records++;
	}
	return t->block.failed ? err_nomem(err) : 0;
}

bool
target_has_sums(const struct target *t)
{
	return !t->query->config->no_index;
}

static int
copy_out(const char *path, struct err *err)
{
	char data[65536];
	FILE *in = fopen(path, "re");
	size_t n;
	int rc = 0;

	if (in == NULL)
		return err_system(err, "%s", path);
	while (rc == 0 && (n = fread(data, 1, sizeof(data), in)) > 0)
		rc = query_write(data, n, err);
	if (rc == 0 && ferror(in))
		rc = err_system(err, "%s", path);
	fclose(in);
	return rc;
}

/* The file is complete: it goes where it was asked for. */
static int
move_file(const struct target *t, struct err *err)
{
	const char *to = t->query->config->write;
	int rc;

	if (!is_standard_output(t->query->config)) {
		if ((rc = rename(t->temporary, to)) == 0)
			return 0;
		err_system(err, "%s", to);
	} else
		rc = copy_out(t->temporary, err);
	unlink(t->temporary);
	return rc;
}

int
target_commit(struct target *t, const struct record_stats *stats,
    struct err *err)
{
	struct record_stats sums;

	if (flush(t, err) == -1)
		return -1;
	if (stats == NULL) {
		if (store_writer_sums(t->writer, &sums, err) == -1)
			return -1;
		stats = &sums;
	}
	if (store_writer_commit(t->writer, stats, err) == -1)
		return -1;
	return move_file(t, err);
}
