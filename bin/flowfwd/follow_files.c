/*
 * Files that are opened, and where reading them begins.  A file that a
 * collector joins with the one of its slot comes back in a new one, behind the
 * blocks of that: those that were sent are found by their sums.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "flowfwd/follow_int.h"

/* Blocks that are read for what they tell of exporters and samplers. */
#define LEARN_MAX 1024

/* The file that has been known for longest, and of which nothing is to come. */
static struct cursor_file *
oldest_done(struct cursor *c)
{
	struct cursor_file *file;

	for (unsigned i = 0; i < c->count; i++) {
		file = &c->files[i];
		if (file->is_done && follow_is_slot(file->name))
			return file;
	}
	return NULL;
}

static struct cursor_file *
note_file(struct follow *f, const struct waiting *w)
{
	struct cursor_file *file = cursor_by_inode(&f->cursor, &w->st);

	if (file != NULL)
		return file;
	if (f->cursor.count >= CURSOR_FILES_MAX / 2 &&
	    (file = oldest_done(&f->cursor)) != NULL)
		cursor_remove(&f->cursor, file);
	file = cursor_add(&f->cursor, &w->st, w->name);
	if (file != NULL)
		file->is_seen = true;
	return file;
}

/* A descriptor of the file itself; -1 with errno. */
static int
open_same(const struct follow *f, const struct waiting *w)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	follow_path(f, w->name, path);
	fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd == -1 || (fstat(fd, &st) == 0 && follow_same_file(&st, &w->st)))
		return fd;
	close(fd);
	errno = ENOENT; /* another file has the name */
	return -1;
}

static int
add_live(struct follow *f, const struct waiting *w, int fd, struct err *err)
{
	struct live *l = &f->lives[f->live_count];
	char path[PATH_MAX];

	*l = (struct live){ .st = w->st, .is_slot = w->is_slot, .fd = -1,
		.number = f->opened + 1 };
	follow_path(f, w->name, path);
	if ((l->origins = origins_new(err)) == NULL ||
	    (l->tail = store_tail_new(fd, path, err)) == NULL) {
		origins_free(l->origins);
		close(fd);
		return -1;
	}
	l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	f->opened++;
	f->live_count++;
	return 0;
}

/* 1 when it is open, 0 not now, 2: it cannot be, -1: ERR_NOMEM. */
static int
open_file(struct follow *f, const struct waiting *w, struct err *err)
{
	struct cursor_file *file = note_file(f, w);
	int fd;

	if (file == NULL)
		return 0;
	if ((fd = open_same(f, w)) != -1)
		return add_live(f, w, fd, err) == -1 ? -1 : 1;
	if (file->blocks == 0)
		cursor_remove(&f->cursor, file);
	f->must_look = true;
	if (errno == ENOENT)
		return 0;
	if (!w->is_refused) {
		err_system(err, "%s/%s", f->dir, w->name);
		log_warning("%s", err->text);
		f->forward->result.files_failed++;
	}
	return 2;
}

/* Is a file read to its end whose name has gone? */
static bool
has_unlinked(const struct follow *f)
{
	struct stat st;

	for (unsigned i = 0; i < f->live_count; i++)
		if (fstat(f->lives[i].fd, &st) == 0 && st.st_nlink == 0)
			return true;
	return false;
}

/*
 * One slot at a time, so that they are sent in their order; and one that has
 * grown when what it has grown by has been read.
 */
static bool
may_open(struct follow *f, const struct waiting *w)
{
	struct cursor_file *file;

	if (!w->is_slot)
		return true;
	for (unsigned i = 0; i < f->live_count; i++)
		if (f->lives[i].is_slot)
			return false;
	file = cursor_by_inode(&f->cursor, &w->st);
	return file == NULL || file->blocks == 0 || !has_unlinked(f);
}

int
follow_open_files(struct follow *f, struct err *err)
{
	size_t left = 0;
	int rc = 0;

	for (size_t i = 0; i < f->waiting_count; i++) {
		struct waiting *w = &f->waiting[i];

		if (rc != -1 && f->live_count < LIVES_MAX && may_open(f, w)) {
			if ((rc = open_file(f, w, err)) == 1)
				continue;
			w->is_refused = rc == 2;
		}
		f->waiting[left++] = *w;
	}
	f->waiting_count = left;
	return rc == -1 ? -1 : 0;
}

void
follow_close_file(struct follow *f, struct live *l)
{
	if (l->tail == NULL)
		return;
	store_tail_free(l->tail);
	origins_free(l->origins);
	if (l->fd != -1)
		close(l->fd);
	l->tail = NULL;
	l->origins = NULL;
	f->closed++;
}

/* Pass over as many blocks as have been sent of a file that has gone. */
static bool
pass_over(struct live *l, const struct cursor_file *gone)
{
	struct store_place place = { 0 };
	struct store_ref ref;
	uint64_t sum = 0;
	uint32_t n = 0;

	while (n < gone->blocks && store_tail_next(l->tail, &ref, NULL) == 1) {
		store_tail_place(l->tail, &place);
		sum += place.hash;
		n++;
	}
	return n == gone->blocks && sum == gone->sum &&
	    place.hash == gone->place.hash;
}

/*
 * Are blocks of files that have gone in this one?  1, 0 when no more are, -1
 * when it cannot be read.
 */
static int
skip_joined(struct follow *f, struct live *l, struct cursor_file *file,
    struct err *err)
{
	struct cursor_file *gone;

	for (unsigned i = 0; i < f->cursor.count; i++) {
		gone = &f->cursor.files[i];
		if (gone == file || gone->is_seen || gone->blocks == 0 ||
		    follow_find_live(f, gone) != NULL)
			continue;
		if (pass_over(l, gone)) {
			store_tail_place(l->tail, &file->place);
			file->blocks += gone->blocks;
			file->sum += gone->sum;
			cursor_remove(&f->cursor, gone);
			return 1;
		}
		if (store_tail_resume(l->tail, &file->place, err) == -1)
			return -1;
	}
	return 0;
}

/*
 * The file is another one than that of which a part was sent: it is read from
 * its beginning.
 */
static int
replace_file(struct follow *f, struct live *l, struct cursor_file **file,
    struct err *err)
{
	struct waiting w = { .st = l->st, .is_slot = l->is_slot };

	snprintf(w.name, sizeof(w.name), "%s", (*file)->name);
	log_debug("%s: another file than before", w.name);
	cursor_forget_inode(*file);
	(*file)->is_seen = false;
	if ((*file = note_file(f, &w)) == NULL)
		return err_set(err, ERR_INTERNAL, "%s: too many files",
		    w.name);
	return store_tail_resume(l->tail, &(*file)->place, err);
}

/*
 * What blocks that are not sent (again) tell of exporters and samplers; what
 * cannot be read of them is no trouble here.  Most is told at the beginning of
 * a file.  -1: ERR_NOMEM.
 */
static int
learn_origins(struct live *l, struct err *err)
{
	struct store_block block = { 0 };
	struct store_place at = { 0 };
	struct store_ref ref;
	int rc = 0;

	for (unsigned n = 0; n < LEARN_MAX && rc == 0 &&
	    store_tail_before(l->tail, &at, &ref, NULL) == 1; n++) {
		rc = store_block_load(store_tail_file(l->tail), &ref, &block,
		    err);
		if (rc == 0)
			origins_block(l->origins, &block);
		else if (err->code != ERR_NOMEM)
			rc = 0;
	}
	store_block_fini(&block);
	return rc;
}

int
follow_begin_file(struct follow *f, struct live *l, struct err *err)
{
	struct cursor_file *file = cursor_by_inode(&f->cursor, &l->st);
	int rc;

	if (l->has_begun)
		return 1;
	if (store_tail_file(l->tail) == NULL || file == NULL)
		return 0;
	l->has_begun = true;
	rc = store_tail_resume(l->tail, &file->place, err);
	if (rc == 0)
		rc = replace_file(f, l, &file, err);
	while (rc != -1 && l->is_slot) {
		rc = skip_joined(f, l, file, err);
		if (rc != 1)
			break;
		/* the array has moved */
		file = cursor_by_inode(&f->cursor, &l->st);
		if (file == NULL)
			break;
	}
	return rc == -1 || learn_origins(l, err) == -1 ? -1 : 1;
}

/* Read a closed file to its end, without sending it. */
static void
pass_file(struct follow *f, struct live *l)
{
	struct cursor_file *file = cursor_by_inode(&f->cursor, &l->st);
	uint64_t now = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	struct store_ref ref;

	if (file == NULL || store_tail_look(l->tail, now, NULL) == -1 ||
	    store_tail_file(l->tail) == NULL)
		return;
	while (store_tail_next(l->tail, &ref, NULL) == 1) {
		store_tail_place(l->tail, &file->place);
		file->blocks++;
		file->sum += file->place.hash;
	}
	file->is_done = true;
}

int
follow_begin_at_end(struct follow *f, struct err *err)
{
	const struct waiting *newest = NULL;
	int rc = 0;

	if (follow_look(f, err) == -1)
		return -1;
	for (size_t i = 0; i < f->waiting_count && f->waiting[i].is_slot; i++)
		newest = &f->waiting[i];
	if (newest != NULL) {
		cursor_advance(&f->cursor, newest->name);
		rc = open_file(f, newest, err);
	}
	if (rc == 1)
		pass_file(f, &f->lives[0]);
	for (unsigned i = 0; i < f->live_count; i++)
		follow_close_file(f, &f->lives[i]);
	f->live_count = 0;
	f->waiting_count = 0;
	f->must_look = true;
	return rc == -1 ? -1 : 0;
}
