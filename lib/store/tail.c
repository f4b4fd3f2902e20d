/*
 * A collector appends whole blocks, then writes the appendix and last the
 * header.  Between these two writes the appendix looks like one more block,
 * with records that no data block has.  A collector that was killed leaves a
 * torn block at the end; the next one cuts it off and completes the file.
 *
 * One that cannot put blocks on stable storage cuts them off as well, and
 * writes others over them.  So it is noted how each block that was given ends:
 * those that are not there any more are gone, and reading goes on before them.
 *
 * Which of two blocks comes first is told by their numbers: the directory of
 * layout 3 may list them in another order than they are stored in.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/store_int.h"
#include "store/tail.h"

/* An appendix has an ident and a statistics record. */
#define APPENDIX_RECORDS_MAX 8

/* Of a block, to know it again: these change with its last records. */
#define MARK_LEN 64

/* A block that was given. */
struct mark {
	uint64_t pos; /* where looking for it began, */
	uint32_t number; /* and with which number */
	uint32_t stored;
	uint64_t offset;
	uint64_t hash; /* of its last bytes */
};

struct store_tail {
	int fd; /* -1 when the file has it */
	char *path;
	struct store_file *file; /* NULL while there is no header */
	uint64_t start; /* of its first block */
	uint64_t pos; /* of the block given last, */
	uint32_t number; /* and its number */
	uint64_t now_ms; /* of the last look */
	uint64_t trouble_ms; /* since when something is wrong */
	bool has_trouble;
	bool is_unread; /* the header could not be read again */
	bool is_done;
	struct mark *marks; /* in order */
	size_t count;
	size_t room;
};

struct store_tail *
store_tail_new(int fd, const char *path, struct err *err)
{
	struct store_tail *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->path = strdup(path)) == NULL) {
		free(t);
		err_nomem(err);
		return NULL;
	}
	t->fd = fd;
	return t;
}

void
store_tail_free(struct store_tail *t)
{
	if (t == NULL)
		return;
	store_file_close(t->file);
	if (t->fd != -1)
		close(t->fd);
	free(t->marks);
	free(t->path);
	free(t);
}

/* Something is wrong: 0 to wait, -1 when it has been so for long. */
static int
wait_or_fail(struct store_tail *t, const struct err *err)
{
	if (err->code == ERR_NOMEM)
		return -1;
	if (!t->has_trouble)
		t->trouble_ms = t->now_ms;
	t->has_trouble = true;
	return t->now_ms - t->trouble_ms < STORE_TAIL_PATIENCE_MS ? 0 : -1;
}

static int
open_file(struct store_tail *t, struct err *err)
{
	struct stat st;

	if (fstat(t->fd, &st) == -1)
		return err_system(err, "%s", t->path);
	if (st.st_size < STORE_HEADER_LEN)
		return 0;
	if ((t->file = store_file_open_fd(t->fd, t->path, err)) == NULL)
		return wait_or_fail(t, err);
	t->fd = -1;
	t->start = t->file->pos;
	t->has_trouble = false;
	return 0;
}

/* Read the header of a file that has grown, or is complete now. */
static int
read_header(struct store_file *f, struct err *err)
{
	uint64_t pos = f->pos;
	int rc;

	f->info.is_complete = f->info.has_stats = f->is_counted = false;
	f->damage = NULL;
	rc = f->layout->open(f, err);
	f->pos = pos;
	return rc == -1 ? err_context(err, "%s", f->path) : 0;
}

/* The hash of a block's last bytes; 1, 0 when it is not all there, -1. */
static int
hash_end(const struct store_file *f, const struct mark *m, uint64_t *hash)
{
	uint8_t buf[MARK_LEN];
	size_t len = m->stored < MARK_LEN ? m->stored : MARK_LEN;
	ssize_t got = store_pread(f->fd, buf, len,
	    m->offset + m->stored - len);

	if (got == -1)
		return -1;
	*hash = hash_bytes(buf, (size_t)got, 0);
	return (size_t)got == len;
}

static int
add_mark(struct store_tail *t, const struct store_ref *ref, struct err *err)
{
	size_t room = t->room == 0 ? 64 : 2 * t->room;
	struct mark m = { .pos = t->pos, .number = t->number,
		.stored = ref->stored, .offset = ref->offset };
	struct mark *marks;

	if (t->count == t->room) {
		marks = realloc(t->marks, room * sizeof(*marks));
		if (marks == NULL)
			return err_nomem(err);
		t->marks = marks;
		t->room = room;
	}
	/* one that is gone already is found to be so at the next look */
	(void)hash_end(t->file, &m, &m.hash);
	t->marks[t->count++] = m;
	return 0;
}

/* Go back before the blocks that have been cut off. */
static void
drop_marks(struct store_tail *t)
{
	const struct mark *m;
	uint64_t hash;
	int rc;

	while (t->count > 0) {
		m = &t->marks[t->count - 1];
		rc = hash_end(t->file, m, &hash);
		if (rc == -1 || (rc == 1 && hash == m->hash))
			return;
		t->file->pos = m->pos;
		t->file->number = m->number;
		t->count--;
	}
}

/*
 * A complete file is looked at again in trouble alone: another collector may
 * append to it what it has in a file of its own.  nfcapd begins anew in a file
 * that one of its process id left behind.
 */
static int
reload(struct store_tail *t, struct err *err)
{
	struct store_file *f = t->file;
	int64_t created_s = f->info.created_s;
	bool was_unread = t->is_unread;

	if (t->is_done || (f->info.is_complete && !t->has_trouble))
		return 0;
	t->is_unread = read_header(f, err) == -1;
	if (t->is_unread)
		return wait_or_fail(t, err);
	if (was_unread)
		t->has_trouble = false;
	if (f->info.created_s != created_s) {
		f->pos = t->start;
		f->number = 0;
		t->count = 0;
	}
	drop_marks(t);
	return 0;
}

int
store_tail_look(struct store_tail *t, uint64_t now_ms, struct err *err)
{
	struct err why;

	if (err == NULL)
		err = &why;
	t->now_ms = now_ms;
	return t->file == NULL ? open_file(t, err) : reload(t, err);
}

/*
 * Behind the end: blocks that were given have been cut off, as recovery did
 * not like them.
 */
static bool
is_cut(const struct store_file *f)
{
	return f->pos > f->end || (f->is_counted && f->number > f->info.blocks);
}

/* 1, 0, -1. */
static int
is_appendix(const struct store_tail *t, const struct store_ref *ref,
    struct err *err)
{
	struct store_block b = { 0 };
	int rc;

	if (t->file->info.is_complete || ref->records > APPENDIX_RECORDS_MAX)
		return 0;
	rc = store_block_load(t->file, ref, &b, err);
	if (rc == -1) /* it is met again when the block is used */
		rc = err->code == ERR_NOMEM ? -1 : 0;
	else
		rc = store_block_is_appendix(&b);
	store_block_fini(&b);
	return rc;
}

/* No block: is that the end? */
static int
end(struct store_tail *t, int rc, const struct err *err)
{
	if (!store_tail_is_complete(t))
		return rc == -1 && err->code == ERR_NOMEM ? -1 : 0;
	if (rc == -1 && wait_or_fail(t, err) == 0)
		return 0;
	t->is_done = true;
	return rc;
}

int
store_tail_next(struct store_tail *t, struct store_ref *ref, struct err *err)
{
	static const struct err cut = { .code = ERR_MALFORMED };
	struct store_file *f = t->file;
	struct err why;
	int rc;

	if (f == NULL || t->is_done || t->is_unread)
		return 0;
	if (err == NULL)
		err = &why;
	if (is_cut(f)) {
		if (store_tail_is_complete(t) && wait_or_fail(t, &cut) == -1)
			t->is_done = true;
		return 0;
	}
	t->pos = f->pos;
	t->number = f->number;
	if ((rc = store_file_next(f, ref, err)) != 1) {
		store_tail_back(t);
		return end(t, rc, err);
	}
	if ((rc = is_appendix(t, ref, err)) != 0) {
		store_tail_back(t);
		return rc == 1 ? 0 : -1;
	}
	if (add_mark(t, ref, err) == -1) {
		store_tail_back(t);
		return -1;
	}
	t->has_trouble = false;
	return 1;
}

void
store_tail_place(const struct store_tail *t, struct store_place *p)
{
	const struct mark *m;

	*p = (struct store_place){ .pos = t->file->pos,
		.number = t->file->number };
	if (t->count == 0)
		return;
	m = &t->marks[t->count - 1];
	p->stored = m->stored;
	p->offset = m->offset;
	p->hash = m->hash;
}

int
store_tail_resume(struct store_tail *t, const struct store_place *p,
    struct err *err)
{
	struct store_ref ref = { .stored = p->stored, .offset = p->offset };
	struct mark m = { .stored = p->stored, .offset = p->offset };
	uint64_t hash;

	t->count = 0;
	t->is_done = false;
	t->pos = t->start;
	t->number = 0;
	if (p->stored > 0) {
		if (p->offset < t->start || p->pos < p->offset + p->stored ||
		    hash_end(t->file, &m, &hash) != 1 || hash != p->hash)
			return 0;
		if (add_mark(t, &ref, err) == -1)
			return -1;
	}
	t->file->pos = p->pos < t->start ? t->start : p->pos;
	t->file->number = p->pos < t->start ? 0 : p->number;
	return 1;
}

int
store_tail_before(struct store_tail *t, struct store_place *at,
    struct store_ref *ref, struct err *err)
{
	struct store_file *f = t->file;
	const uint64_t pos = f->pos;
	const uint32_t number = f->number;
	int rc;

	if (at->pos == 0)
		at->pos = t->start;
	if (at->number >= number)
		return 0;
	f->pos = at->pos;
	f->number = at->number;
	rc = store_file_next(f, ref, err);
	at->pos = f->pos;
	at->number = f->number;
	f->pos = pos;
	f->number = number;
	return rc;
}

void
store_tail_back(struct store_tail *t)
{
	t->file->pos = t->pos;
	t->file->number = t->number;
	if (t->count > 0 && t->marks[t->count - 1].number == t->number)
		t->count--;
}

bool
store_tail_is_done(const struct store_tail *t)
{
	return t->is_done;
}

struct store_file *
store_tail_file(const struct store_tail *t)
{
	return t->file;
}

bool
store_tail_is_complete(const struct store_tail *t)
{
	/* a header that points to a damaged appendix is final, too */
	return t->file != NULL &&
	    (t->file->info.is_complete || t->file->appendix != 0);
}
