/*
 * The files of a watch, what is told of them, and what could not be opened.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flowdump/watch_int.h"

#define CLOSED_TICKS 4

void
watch_notify(struct watch *w)
{
	const uint64_t one = 1;

	/* it fails when the counter is full, and then it is readable */
	(void)!write(w->wake, &one, sizeof(one));
}

/* Out of memory. */
static void
fail(struct watch *w)
{
	w->has_failed = true;
	watch_notify(w);
}

struct news *
watch_add_news(struct watch *w, enum watch_news what)
{
	struct news *n = calloc(1, sizeof(*n));

	if (n == NULL) {
		fail(w);
		return NULL;
	}
	n->what = what;
	*w->last_news = n;
	w->last_news = &n->next;
	watch_notify(w);
	return n;
}

void
watch_tell(struct watch *w, enum watch_news what, const char *name,
    const char *why)
{
	struct news *n = watch_add_news(w, what);

	if (n != NULL)
		err_set(&n->err, ERR_SYSTEM, "%s/%s: %s", w->path, name, why);
}

static bool
has_name(const struct watch *w, const struct watch_file *f)
{
	struct stat st;

	return w->dir != -1 && fstatat(w->dir, f->name, &st, 0) == 0 &&
	    st.st_dev == f->dev && st.st_ino == f->ino;
}

static char *
join_path(const struct watch *w, const char *name)
{
	size_t size = strlen(w->path) + strlen(name) + 2;
	char *path = malloc(size);

	if (path != NULL)
		snprintf(path, size, "%s/%s", w->path, name);
	return path;
}

static struct refused *
find_refused(const struct watch *w, const char *name)
{
	struct refused *r = w->refused;

	while (r != NULL && strcmp(r->name, name) != 0)
		r = r->next;
	return r;
}

/* True when it was there, and told to be a loss. */
static bool
forget_refused(struct watch *w, const char *name)
{
	struct refused *r = find_refused(w, name), **at = &w->refused;
	bool is_loss;

	if (r == NULL)
		return false;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	is_loss = r->is_loss;
	free(r);
	return is_loss;
}

static const char *
open_failure(int code)
{
	return code == EINVAL ? "not a regular file" :
	    code == EMFILE ? "waits, too many files to be read are open" :
	    strerror(code);
}

/* Tell that a file cannot be opened, unless that has been told. */
static void
refuse(struct watch *w, const char *name, int code)
{
	struct refused *r;

	if (find_refused(w, name) != NULL)
		return;
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		fail(w);
		return;
	}
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->tick = w->tick;
	r->is_loss = code != EMFILE;
	r->next = w->refused;
	w->refused = r;
	watch_tell(w, r->is_loss ? WATCH_LOSS : WATCH_NOTICE, name,
	    open_failure(code));
}

static struct watch_file *
find_file(const struct watch *w, const struct stat *st)
{
	struct watch_file *f = w->files;

	while (f != NULL && (f->dev != st->st_dev || f->ino != st->st_ino))
		f = f->next;
	return f;
}

/* A file that we hold has this name now. */
static void
name_file(struct watch_file *f, const char *name)
{
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->has_left = false;
	f->gone = 0;
}

static void
add_file(struct watch *w, int fd, const struct stat *st, const char *name)
{
	struct watch_file *f = calloc(1, sizeof(*f)), **at = &w->files;
	struct news *n;

	if (f == NULL || (f->path = join_path(w, name)) == NULL ||
	    (n = watch_add_news(w, WATCH_FILE)) == NULL) {
		fail(w);
		if (f != NULL)
			free(f->path);
		free(f);
		close(fd);
		return;
	}
	name_file(f, name);
	f->fd = fd;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	n->file = f;
	while (*at != NULL)
		at = &(*at)->next;
	*at = f;
	w->count++;
}

bool
watch_is_held(const struct watch *w, const char *name)
{
	struct stat st;

	return w->dir != -1 && fstatat(w->dir, name, &st, 0) == 0 &&
	    find_file(w, &st) != NULL;
}

int
watch_open_named(struct watch *w, const char *name)
{
	struct watch_file *f;
	struct stat st;
	int fd;

	errno = ENOENT;
	if (w->dir == -1 || fstatat(w->dir, name, &st, 0) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	if ((f = find_file(w, &st)) != NULL) {
		name_file(f, name);
		return 0;
	}
	if (w->count == WATCH_FILES_MAX) {
		errno = EMFILE;
		return -1;
	}
	fd = openat(w->dir, name,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	if ((f = find_file(w, &st)) != NULL) { /* renamed meanwhile */
		name_file(f, name);
		close(fd);
	} else
		add_file(w, fd, &st, name);
	return 0;
}

void
watch_open_current(struct watch *w, const char *name)
{
	if (watch_open_named(w, name) == 0 || errno == ENOENT)
		forget_refused(w, name);
	else
		refuse(w, name, errno);
}

bool
watch_leave(struct watch *w, const char *name)
{
	struct watch_file *f;

	for (f = w->files; f != NULL; f = f->next)
		if (!f->has_left && strcmp(f->name, name) == 0 &&
		    !has_name(w, f)) {
			f->has_left = true;
			return true;
		}
	return forget_refused(w, name);
}

void
watch_tell_missed(struct watch *w, const char *name)
{
	watch_tell(w, WATCH_LOSS, name, "was gone before it could be opened");
}

void
watch_retry(struct watch *w)
{
	char name[NAME_MAX + 1];
	struct refused *r;

	for (;;) {
		r = w->refused;
		while (r != NULL && r->tick == w->tick)
			r = r->next;
		if (r == NULL)
			return;
		r->tick = w->tick;
		snprintf(name, sizeof(name), "%s", r->name);
		watch_open_current(w, name);
	}
}

static void
free_file(struct watch_file *f)
{
	close(f->fd);
	free(f->path);
	free(f);
}

void
watch_check_files(struct watch *w)
{
	struct watch_file *f, **at = &w->files;

	while ((f = *at) != NULL) {
		f->gone = has_name(w, f) ? 0 : f->gone + 1;
		if (!f->is_released || f->gone < CLOSED_TICKS) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		free_file(f);
		w->count--;
	}
}

void
watch_free_files(struct watch *w)
{
	struct watch_file *f;

	while ((f = w->files) != NULL) {
		w->files = f->next;
		free_file(f);
	}
	while (w->refused != NULL)
		forget_refused(w, w->refused->name);
}
