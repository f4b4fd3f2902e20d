/*
 * The files of a directory: slots by their names, and those that are being
 * written.  An inode tells which of them the cursor knows.  A file that a
 * collector joins with the one of its slot comes back in a new one, behind the
 * blocks of that: those that were sent are found by their sums.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "flowfwd/follow_int.h"
#include "store/paths.h"
#include "store/slot.h"

#define CURRENT "nfcapd.current."
#define APPEND ".append"

/* Longer than a collector needs to join two files. */
#define GONE_MS 10000

static void
path_of(const struct follow *f, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", f->dir, name);
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool
is_slot_name(const char *name)
{
	int64_t start;

	return slot_time(name, &start) == 0;
}

static struct live *
find_live(struct follow *f, const struct cursor_file *file)
{
	for (unsigned i = 0; i < f->live_count; i++)
		if (f->lives[i].tail != NULL &&
		    f->lives[i].st.st_dev == file->dev &&
		    f->lives[i].st.st_ino == file->ino)
			return &f->lives[i];
	return NULL;
}

/* Flows by the statistics of a file; 0 unknown. */
static uint64_t
flows_in(const char *path)
{
	struct store_file *file = store_file_open(path, NULL);
	uint64_t flows;

	if (file == NULL)
		return 0;
	flows = store_file_info(file)->stats.flows;
	store_file_close(file);
	return flows;
}

static struct waiting *
find_waiting(struct follow *f, const struct stat *st)
{
	for (size_t i = 0; i < f->waiting_count; i++)
		if (same_file(&f->waiting[i].st, st))
			return &f->waiting[i];
	return NULL;
}

static int
add_waiting(struct follow *f, const struct stat *st, const char *name,
    bool is_slot, struct err *err)
{
	size_t room = f->waiting_room == 0 ? 16 : 2 * f->waiting_room;
	struct waiting *w = find_waiting(f, st);
	char path[PATH_MAX];

	if (w == NULL && f->waiting_count == f->waiting_room) {
		w = realloc(f->waiting, room * sizeof(*w));
		if (w == NULL)
			return err_nomem(err);
		f->waiting = w;
		f->waiting_room = room;
		w = NULL;
	}
	if (w == NULL) {
		w = &f->waiting[f->waiting_count++];
		*w = (struct waiting){ .st = *st };
	}
	if (is_slot && !w->is_slot) {
		path_of(f, name, path);
		w->flows = flows_in(path);
	}
	snprintf(w->name, sizeof(w->name), "%s", name);
	w->is_slot = is_slot;
	w->is_seen = true;
	return 0;
}

/*
 * What becomes of the inode of a slot that we know by name: the collector has
 * put a longer file in its place.
 */
static struct cursor_file *
find_replaced(struct follow *f, const struct stat *st, const char *name)
{
	struct cursor_file *file = cursor_by_name(&f->cursor, name);

	if (file == NULL || find_live(f, file) != NULL)
		return NULL;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->is_done = false;
	return file;
}

/* The inode of a file that has gone is another file's now. */
static void
forget_inode(struct cursor_file *file)
{
	file->dev = file->ino = 0;
}

/*
 * What the cursor knows of a file.  Files that are being written get the name
 * of a slot, and no other change of names is a rename.
 */
static struct cursor_file *
find_file(struct follow *f, const struct stat *st, const char *name,
    bool is_slot)
{
	struct cursor_file *file = cursor_by_inode(&f->cursor, st);

	if (file != NULL && strcmp(file->name, name) != 0 &&
	    (!is_slot || is_slot_name(file->name))) {
		forget_inode(file);
		file = NULL;
	}
	if (file == NULL && is_slot)
		file = find_replaced(f, st, name);
	return file;
}

/* A file of the directory.  ERR_NOMEM. */
static int
see_file(struct follow *f, const char *name, bool is_slot, struct err *err)
{
	struct cursor_file *file;
	char path[PATH_MAX];
	struct stat st;

	path_of(f, name, path);
	if (strlen(name) >= CURSOR_NAME_MAX || lstat(path, &st) == -1 ||
	    !S_ISREG(st.st_mode))
		return 0;
	file = find_file(f, &st, name, is_slot);
	if (file == NULL)
		return is_slot && strcmp(cursor_base(name), f->cursor.last) <=
		    0 ? 0 : add_waiting(f, &st, name, is_slot, err);
	snprintf(file->name, sizeof(file->name), "%s", name);
	file->is_seen = true;
	if (file->is_done)
		cursor_advance(&f->cursor, name);
	else if (find_live(f, file) == NULL)
		return add_waiting(f, &st, name, is_slot, err);
	return 0;
}

static bool
is_current(const char *name)
{
	size_t len = strlen(name), end = strlen(APPEND);

	return strncmp(name, CURRENT, strlen(CURRENT)) == 0 &&
	    (len < end || strcmp(name + len - end, APPEND) != 0);
}

static int
see_currents(struct follow *f, struct err *err)
{
	DIR *dir = opendir(f->dir);
	struct dirent *e;
	int rc = 0;

	while (dir != NULL && rc == 0 && (e = readdir(dir)) != NULL)
		if (is_current(e->d_name))
			rc = see_file(f, e->d_name, false, err);
	if (dir != NULL)
		closedir(dir);
	return rc;
}

/* The earliest slot that is of interest. */
static const char *
earliest(const struct follow *f)
{
	const char *first = f->cursor.last, *base;

	for (unsigned i = 0; i < f->cursor.count; i++) {
		base = cursor_base(f->cursor.files[i].name);
		if (is_slot_name(base) && strcmp(base, first) < 0)
			first = base;
	}
	return first;
}

static void
ignore(void *ctx, const struct err *err)
{
	(void)ctx;
	(void)err; /* files that go while we look are no trouble */
}

static int
select_slots(const struct follow *f, struct path_list *list, struct err *err)
{
	const struct path_request request = { .ranges = &f->dir,
		.range_count = 1, .warn = ignore };

	if (paths_select(&request, list, err) == 0 || err->code != ERR_NOMEM)
		return 0;
	return -1;
}

static int
see_slots(struct follow *f, struct err *err)
{
	struct path_list list = PATH_LIST_EMPTY;
	size_t skip = strlen(f->dir);
	const char *first = earliest(f), *name;
	int rc = select_slots(f, &list, err);

	for (size_t i = 0; i < list.count && rc == 0; i++) {
		if (strncmp(list.paths[i], f->dir, skip) != 0)
			continue;
		name = list.paths[i] + skip;
		name += strspn(name, "/");
		if (is_slot_name(name) &&
		    strcmp(cursor_base(name), first) >= 0)
			rc = see_file(f, name, true, err);
	}
	path_list_fini(&list);
	return rc;
}

static void
tell_lost(struct follow *f, const char *name, uint64_t flows)
{
	f->forward->lost_files++;
	f->forward->lost_flows += flows;
	if (flows > 0)
		log_warning("%s: removed before it was sent, with %" PRIu64
		    " flows", name, flows);
	else
		log_warning("%s: removed before it was sent to its end", name);
}

/* Slots that have gone; a file that was being written has another name. */
static void
drop_waiting(struct follow *f)
{
	const struct waiting *w;
	size_t left = 0;

	for (size_t i = 0; i < f->waiting_count; i++) {
		w = &f->waiting[i];
		if (w->is_seen)
			f->waiting[left++] = *w;
		else if (w->is_slot)
			tell_lost(f, w->name, w->flows);
	}
	f->waiting_count = left;
}

/*
 * A file of the cursor that is not there.  One that was being written may be
 * on its way into another, so it is kept for a while.
 */
static bool
is_wanted(struct follow *f, struct cursor_file *file)
{
	uint64_t now = (uint64_t)clock_ms(CLOCK_MONOTONIC);

	if (file->is_seen || find_live(f, file) != NULL) {
		file->gone_ms = 0;
		return true;
	}
	if (file->gone_ms == 0)
		file->gone_ms = now;
	if (is_slot_name(file->name) ||
	    now - file->gone_ms >= GONE_MS)
		return false;
	f->must_look = true;
	return true;
}

static void
drop_files(struct follow *f)
{
	struct cursor_file *file;

	for (unsigned i = f->cursor.count; i-- > 0;) {
		file = &f->cursor.files[i];
		if (is_wanted(f, file))
			continue;
		if (!file->is_done && file->blocks > 0)
			tell_lost(f, file->name, 0);
		cursor_remove(&f->cursor, file);
	}
}

static int
compare_waiting(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->is_slot != y->is_slot)
		return x->is_slot ? -1 : 1;
	return strcmp(cursor_base(x->name), cursor_base(y->name));
}

int
follow_look(struct follow *f, struct err *err)
{
	struct stat st;

	if (stat(f->dir, &st) == -1)
		return 0; /* it may come back */
	if (!f->must_look && same_file(&st, &f->seen) &&
	    st.st_mtim.tv_sec == f->seen.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == f->seen.st_mtim.tv_nsec)
		return 0;
	f->must_look = false;
	f->seen = st;
	for (size_t i = 0; i < f->waiting_count; i++)
		f->waiting[i].is_seen = false;
	for (unsigned i = 0; i < f->cursor.count; i++)
		f->cursor.files[i].is_seen = false;
	/* a file that is renamed meanwhile is seen twice, not never */
	if (see_currents(f, err) == -1 || see_slots(f, err) == -1)
		return -1;
	drop_waiting(f);
	drop_files(f);
	if (f->waiting_count > 1)
		qsort(f->waiting, f->waiting_count, sizeof(*f->waiting),
		    compare_waiting);
	return 0;
}

/* The file that has been known for longest, and of which nothing is to come. */
static struct cursor_file *
oldest_done(struct cursor *c)
{
	struct cursor_file *file;

	for (unsigned i = 0; i < c->count; i++) {
		file = &c->files[i];
		if (file->is_done && is_slot_name(file->name))
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

	path_of(f, w->name, path);
	fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd == -1 || (fstat(fd, &st) == 0 && same_file(&st, &w->st)))
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
	path_of(f, w->name, path);
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
		    find_live(f, gone) != NULL)
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
	forget_inode(*file);
	(*file)->is_seen = false;
	if ((*file = note_file(f, &w)) == NULL)
		return err_set(err, ERR_INTERNAL, "%s: too many files",
		    w.name);
	return store_tail_resume(l->tail, &(*file)->place, err);
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
	return rc == -1 ? -1 : 1;
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
