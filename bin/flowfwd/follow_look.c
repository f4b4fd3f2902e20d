/*
 * The files of a directory: slots by their names, and those that are being
 * written.  An inode tells which of them the cursor knows.
 */

#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "flowfwd/follow_int.h"
#include "store/paths.h"
#include "store/slot.h"

/* Longer than a collector needs to join two files. */
#define GONE_MS 10000

void
follow_path(const struct follow *f, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", f->dir, name);
}

bool
follow_is_slot(const char *name)
{
	int64_t start;

	return slot_time(name, &start) == 0;
}

struct live *
follow_find_live(struct follow *f, const struct cursor_file *file)
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
		if (follow_same_file(&f->waiting[i].st, st))
			return &f->waiting[i];
	return NULL;
}

/* Room for one more. */
static int
grow_waiting(struct follow *f, struct err *err)
{
	size_t room = f->waiting_room == 0 ? 16 : 2 * f->waiting_room;
	struct waiting *w;

	if (f->waiting_count < f->waiting_room)
		return 0;
	if ((w = realloc(f->waiting, room * sizeof(*w))) == NULL)
		return err_nomem(err);
	f->waiting = w;
	f->waiting_room = room;
	return 0;
}

static int
add_waiting(struct follow *f, const struct stat *st, const char *name,
    bool is_slot, struct err *err)
{
	struct waiting *w = find_waiting(f, st);
	char path[PATH_MAX];

	if (w == NULL) {
		if (grow_waiting(f, err) == -1)
			return -1;
		assert(f->waiting != NULL);
		w = &f->waiting[f->waiting_count++];
		*w = (struct waiting){ .st = *st };
	}
	if (is_slot && !w->is_slot) {
		follow_path(f, name, path);
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

	if (file == NULL || follow_find_live(f, file) != NULL)
		return NULL;
	file->dev = st->st_dev;
	file->ino = st->st_ino;
	file->is_done = false;
	return file;
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
	    (!is_slot || follow_is_slot(file->name))) {
		cursor_forget_inode(file);
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

	follow_path(f, name, path);
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
	else if (follow_find_live(f, file) == NULL)
		return add_waiting(f, &st, name, is_slot, err);
	return 0;
}

static int
see_currents(struct follow *f, struct err *err)
{
	DIR *dir = opendir(f->dir);
	struct dirent *e;
	int rc = 0;

	if (dir == NULL)
		return err_system(err, "%s", f->dir);
	while (rc == 0 && (e = readdir(dir)) != NULL)
		if (slot_is_current(e->d_name))
			rc = see_file(f, e->d_name, false, err);
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
		if (follow_is_slot(base) && strcmp(base, first) < 0)
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
see_slots(struct follow *f, struct err *err)
{
	const struct path_request request = { .ranges = &f->dir,
		.range_count = 1, .warn = ignore };
	struct path_list list = PATH_LIST_EMPTY;
	size_t skip = strlen(f->dir);
	const char *first = earliest(f), *name;
	int rc = paths_select(&request, &list, err);

	for (size_t i = 0; i < list.count && rc == 0; i++) {
		if (strncmp(list.paths[i], f->dir, skip) != 0)
			continue;
		name = list.paths[i] + skip;
		name += strspn(name, "/");
		if (follow_is_slot(name) &&
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

	if (file->is_seen || follow_find_live(f, file) != NULL) {
		file->gone_ms = 0;
		return true;
	}
	if (file->gone_ms == 0)
		file->gone_ms = now;
	if (follow_is_slot(file->name) ||
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

/* The directory cannot be read now, and may come back: nothing has gone. */
static void
await_directory(struct follow *f, const struct err *why)
{
	if (!f->is_away)
		log_warning("%s: waiting for it", why->text);
	f->is_away = true;
	f->must_look = true;
	for (size_t i = 0; i < f->waiting_count; i++)
		f->waiting[i].is_seen = true;
	for (unsigned i = 0; i < f->cursor.count; i++)
		f->cursor.files[i].is_seen = true;
}

static void
forget_seen(struct follow *f)
{
	for (size_t i = 0; i < f->waiting_count; i++)
		f->waiting[i].is_seen = false;
	for (unsigned i = 0; i < f->cursor.count; i++)
		f->cursor.files[i].is_seen = false;
}

/* All that is in the directory: ERR_NOMEM, or it cannot be read. */
static int
see_all(struct follow *f, struct err *err)
{
	forget_seen(f);
	/* a file that is renamed meanwhile is seen twice, not never */
	return see_currents(f, err) == -1 || see_slots(f, err) == -1 ? -1 : 0;
}

int
follow_look(struct follow *f, struct err *err)
{
	struct stat st;

	if (stat(f->dir, &st) == -1) {
		err_system(err, "%s", f->dir);
		await_directory(f, err);
		return 0;
	}
	if (!f->must_look && follow_same_file(&st, &f->seen) &&
	    st.st_mtim.tv_sec == f->seen.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == f->seen.st_mtim.tv_nsec)
		return 0;
	f->must_look = false;
	f->seen = st;
	if (see_all(f, err) == -1) {
		if (err->code == ERR_NOMEM)
			return -1;
		await_directory(f, err);
		return 0;
	}
	f->is_away = false;
	drop_waiting(f);
	drop_files(f);
	if (f->waiting_count > 1)
		qsort(f->waiting, f->waiting_count, sizeof(*f->waiting),
		    compare_waiting);
	return 0;
}
