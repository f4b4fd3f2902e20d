/*
 * Looking for flows in files that are to go.  The index of a file tells
 * mostly that there are none, without reading its blocks.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "flowexpire/hold.h"
#include "query/scan.h"
#include "store/slot.h"
#include "store/writer.h"

/* A look into a file.  All is done on one thread, so parts are this, too. */
struct look {
	int dir; /* of the copy */
	const char *current; /* name of the copy; NULL: only count */
	int64_t time_s;
	struct store_writer *writer; /* opened with the first block */
	struct buffer block;
	uint32_t records; /* in block */
	struct scan_result result;
	struct err why; /* of a file that cannot be read */
};

static void
begin(void *part, uint64_t file)
{
	(void)part;
	(void)file;
}

/*
 * Copies of one file are equal, so that it can be seen later whether it has
 * been copied: the time of making is that of the slot.
 */
static int
flush(struct look *l, struct err *err)
{
	if (l->writer == NULL)
		l->writer = store_writer_open(l->dir, l->current,
		    codec_by_id(CODEC_LZ4, NULL), l->result.ident, l->time_s,
		    err);
	if (l->writer == NULL || (l->records > 0 &&
	    store_writer_block(l->writer, l->block.data, l->block.len,
	    l->records, err) == -1))
		return -1;
	l->block.len = 0;
	l->records = 0;
	return 0;
}

static int
put(struct look *l, const struct span *record, struct err *err)
{
	if (l->block.len + record->len > STORE_BLOCK_SIZE &&
	    flush(l, err) == -1)
		return -1;
	buffer_add(&l->block, record->data, record->len);
	l->records++;
	return l->block.failed ? err_nomem(err) : 0;
}

static int
rows(void *part, const struct batch *b, struct err *err)
{
	struct look *l = part;

	for (uint32_t i = 0; l->current != NULL && i < b->nsel; i++)
		if (put(l, &b->raw[b->sel[i]], err) == -1)
			return -1;
	return 0;
}

static int
other(void *part, uint16_t type, const struct span *record, struct err *err)
{
	(void)type;
	return put(part, record, err);
}

static int
deliver(void *ctx, void *part, struct err *err)
{
	(void)ctx;
	(void)part;
	(void)err;
	return 0;
}

static void
warn(void *ctx, const struct err *why)
{
	struct look *l = ctx;

	l->why = *why;
}

static int
scan(struct look *l, const struct filter *filter, const char *path,
    struct err *err)
{
	bool counts = l->current == NULL;
	char *paths[] = { (char *)(uintptr_t)path };
	const struct path_list files = { paths, 1, 1 };
	const struct scan_plan plan = { .files = &files, .filter = filter,
		.to_ms = UINT64_MAX, .limit = counts ? 1 : 0,
		.want_raw = !counts, .warn = warn, .warn_ctx = l };
	const struct scan_sink sink = { .ctx = l, .only_counts = counts,
		.part_new = scan_part_only, .part_free = scan_part_keep,
		.begin = begin, .rows = rows,
		.record = counts ? NULL : other, .deliver = deliver };

	return scan_run(&plan, &sink, &l->result, err);
}

/* NULL when it cannot be read. */
static FILE *
open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "r");

	if (fd != -1 && f == NULL)
		close(fd);
	return f;
}

/* Have two files the same bytes? */
static bool
are_equal(int dir, const char *name, const char *other_name)
{
	FILE *a = open_file(dir, name), *b = open_file(dir, other_name);
	bool is_equal = a != NULL && b != NULL;
	int c = 0;

	while (is_equal && c != EOF) {
		c = getc(a);
		is_equal = c == getc(b);
	}
	is_equal = is_equal && !ferror(a) && !ferror(b);
	if (a != NULL)
		fclose(a);
	if (b != NULL)
		fclose(b);
	return is_equal;
}

/* Give the copy its name. */
static int
place(const struct hold *h, const char *current, const char *name,
    struct err *err)
{
	struct stat st;
	bool in_base;

	if (fstatat(h->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return S_ISREG(st.st_mode) && are_equal(h->fd, name, current) ?
		    0 : err_set(err, ERR_VALUE, "%s/%s has other flows",
		    h->dir, name);
	if (errno != ENOENT && errno != ENOTDIR)
		return err_system(err, "%s/%s", h->dir, name);
	if (slot_commit(h->fd, current, name, &in_base, err) == -1 ||
	    slot_sync(h->fd, in_base ? strrchr(name, '/') + 1 : name, err) ==
		-1)
		return err_context(err, "%s", h->dir);
	return 0;
}

/* The copy is complete. */
static int
finish(struct look *l, struct err *err)
{
	struct record_stats sums;

	return flush(l, err) == -1 ||
	    store_writer_sums(l->writer, &sums, err) == -1 ||
	    store_writer_commit(l->writer, &sums, err) == -1 ||
	    store_writer_sync(l->writer, err) == -1 ? -1 : 0;
}

enum hold_answer
hold_ask(const struct hold *h, const struct expire_file *f, const char *name,
    struct err *err)
{
	struct look l = { .time_s = f->time_s };
	enum hold_answer answer = HOLD_UNKNOWN;
	char current[64] = "";

	if (h->dir != NULL) {
		snprintf(current, sizeof(current), SLOT_CURRENT "%ld",
		    (long)getpid());
		unlinkat(h->fd, current, 0); /* of one that was killed */
		l.dir = h->fd;
		l.current = current;
	}
	buffer_init(&l.block);
	if (scan(&l, h->filter, f->path, err) == -1)
		goto done;
	if (l.result.files_failed > 0 &&
	    (h->dir != NULL || l.result.totals.records == 0)) {
		*err = l.why;
		goto done;
	}
	answer = l.result.totals.records > 0 ? HOLD_YES : HOLD_NO;
	if (answer == HOLD_YES && h->dir != NULL)
		answer = finish(&l, err) == 0 ? HOLD_COPIED : HOLD_UNKNOWN;
done:
	buffer_fini(&l.block);
	store_writer_close(l.writer);
	if (answer == HOLD_COPIED && place(h, current, name, err) == -1) {
		answer = HOLD_UNKNOWN;
		err_context(err, "%s", f->path);
	}
	if (h->dir != NULL)
		unlinkat(h->fd, current, 0);
	return answer;
}

/* Real path of a directory that is not in the data directory. */
static int
find_dir(struct hold *h, const char *dir, const char *data, struct err *err)
{
	size_t len = strlen(data);

	if ((h->dir = realpath(dir, NULL)) == NULL ||
	    (h->fd = open(h->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
	    faccessat(h->fd, ".", W_OK | X_OK, 0) == -1)
		return err_system(err, "--hold-extract %s", dir);
	if (strncmp(h->dir, data, len) == 0 &&
	    (h->dir[len] == '\0' || h->dir[len] == '/'))
		return err_set(err, ERR_VALUE,
		    "--hold-extract %s is in %s, whose files go", dir, data);
	return 0;
}

int
hold_init(struct hold *h, const char *filter, const char *dir,
    const char *data, struct err *err)
{
	*h = (struct hold){ .fd = -1 };
	if (dir != NULL && find_dir(h, dir, data, err) == -1)
		return -1;
	h->filter = filter_compile(filter, "filter", err);
	return h->filter == NULL ? -1 : 0;
}

void
hold_fini(struct hold *h)
{
	filter_free(h->filter);
	if (h->dir != NULL && h->fd != -1)
		close(h->fd);
	free(h->dir);
}
