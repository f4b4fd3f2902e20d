/*
 * What is in a directory is known from inotify, and from looking at it twice
 * a second, which alone works on file systems of other hosts.
 *
 * A file is known by device and inode, which are its own while we hold it
 * open.  So it is closed some time after its name has gone only: another file
 * that gets the inode is never taken for it, and what an event of the past
 * tells about it is understood.
 *
 * Events that come late, because the process was stopped, tell of files that
 * have gone: one that was renamed within the directory is opened under its
 * new name, another is a loss, and told.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "flowdump/watch_int.h"
#include "store/slot.h"

#define TICK_MS 500
#define ABANDONED_TICKS 20

#define EVENTS \
	(IN_ATTRIB | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MODIFY | \
	    IN_MOVE | IN_ONLYDIR)

static void
scan(struct watch *w)
{
	struct dirent *de;
	DIR *dir;
	int fd;

	if (w->dir == -1 || fstat(w->dir, &w->seen) == -1 ||
	    (fd = openat(w->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
	    -1)
		return;
	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return;
	}
	while ((de = readdir(dir)) != NULL)
		if (slot_is_current(de->d_name))
			watch_open_current(w, de->d_name);
	closedir(dir);
}

/* No event has told where the file has gone. */
static void
give_up_departed(struct watch *w)
{
	if (w->departed.is_set)
		watch_tell_missed(w, w->departed.name);
	w->departed.is_set = false;
}

static void
depart(struct watch *w, const struct inotify_event *e)
{
	struct departed *d = &w->departed;

	if (watch_leave(w, e->name))
		return;
	give_up_departed(w);
	d->is_set = true;
	d->is_deleted = (e->mask & IN_DELETE) != 0;
	d->cookie = e->cookie;
	d->tick = w->tick;
	snprintf(d->name, sizeof(d->name), "%s", e->name);
}

/*
 * The file that departed has a new name here.  When it was deleted that is
 * the name of a file that it was joined with: others know the first part of
 * it, unless we have just opened both as one.
 */
static void
arrive(struct watch *w, const char *name)
{
	w->departed.is_set = false;
	if (w->departed.is_deleted ? !watch_is_held(w, name) :
	    watch_open_named(w, name) == -1)
		watch_tell_missed(w, w->departed.name);
}

/* True when the event is about what has become of the file that departed. */
static bool
handle_departed(struct watch *w, const struct inotify_event *e)
{
	struct departed *d = &w->departed;
	size_t len = strlen(d->name);

	if (!d->is_set)
		return false;
	if (e->cookie != 0 && e->cookie == d->cookie) {
		arrive(w, e->name);
		return true;
	}
	if (!d->is_deleted || (e->mask & IN_MOVED_FROM) == 0 ||
	    strncmp(e->name, d->name, len) != 0 ||
	    strcmp(e->name + len, SLOT_APPEND) != 0)
		return false;
	d->cookie = e->cookie;
	return true;
}

static void
handle(struct watch *w, const struct inotify_event *e)
{
	if ((e->mask & IN_Q_OVERFLOW) != 0) {
		watch_tell(w, WATCH_LOSS, ".",
		    "too many changes at once to see each");
		scan(w);
	}
	if (e->wd != w->descriptor || e->len == 0 || handle_departed(w, e) ||
	    !slot_is_current(e->name))
		return;
	if ((e->mask & (IN_DELETE | IN_MOVED_FROM)) != 0)
		depart(w, e);
	else if ((e->mask & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) != 0)
		watch_open_current(w, e->name);
	watch_notify(w);
}

static void
read_events(struct watch *w)
{
	char buf[16384]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *e;
	ssize_t len;

	while (w->inotify != -1 &&
	    (len = read(w->inotify, buf, sizeof(buf))) > 0)
		for (char *p = buf; p < buf + len; p += sizeof(*e) + e->len) {
			e = (const struct inotify_event *)(void *)p;
			handle(w, e);
		}
}

/* Look at what the path is now.  -1 with errno. */
static int
open_directory(struct watch *w)
{
	if (w->inotify != -1)
		w->descriptor = inotify_add_watch(w->inotify, w->path, EVENTS);
	w->dir = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir == -1)
		return -1;
	scan(w);
	return 0;
}

static void
leave_directory(struct watch *w)
{
	if (w->descriptor != -1)
		inotify_rm_watch(w->inotify, w->descriptor);
	w->descriptor = -1;
	close(w->dir);
	w->dir = -1;
}

/* Has the directory been replaced, or removed? */
static void
check_directory(struct watch *w)
{
	struct stat st, held;
	struct news *n;

	if (w->dir != -1 && stat(w->path, &st) == 0 &&
	    fstat(w->dir, &held) == 0 && st.st_dev == held.st_dev &&
	    st.st_ino == held.st_ino)
		return;
	if (w->dir == -1) {
		open_directory(w);
		return;
	}
	leave_directory(w);
	if (open_directory(w) == -1 && (n = watch_add_news(w, WATCH_NOTICE)) != NULL)
		err_system(&n->err, "%s: waiting for it", w->path);
}

static bool
has_changed(const struct watch *w)
{
	struct stat st;

	return w->dir != -1 && fstat(w->dir, &st) == 0 &&
	    (st.st_mtim.tv_sec != w->seen.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != w->seen.st_mtim.tv_nsec);
}

static uint64_t
now_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_MONOTONIC);
}

/* Twice a second, when no event is left. */
static void
tick(struct watch *w)
{
	if (now_ms() - w->tick_ms < TICK_MS)
		return;
	w->tick_ms = now_ms();
	w->tick++;
	if (w->tick - w->departed.tick > 1)
		give_up_departed(w);
	check_directory(w);
	watch_retry(w);
	watch_check_files(w);
	if (has_changed(w))
		scan(w);
}

static void *
watch_main(void *arg)
{
	struct watch *w = arg;
	struct pollfd fds[2] = { { .fd = w->stop, .events = POLLIN },
	    { .fd = w->inotify, .events = POLLIN } };

	for (;;) {
		if (poll(fds, 2, TICK_MS) > 0 && fds[0].revents != 0)
			return NULL;
		pthread_mutex_lock(&w->lock);
		read_events(w);
		tick(w);
		pthread_mutex_unlock(&w->lock);
	}
}

static int
start_thread(struct watch *w, struct err *err)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, watch_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = rc;
	if (rc != 0)
		return err_system(err, "cannot start a thread");
	w->has_thread = true;
	return 0;
}

struct watch *
watch_open(const char *dir, struct err *err)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&w->lock, NULL);
	w->last_news = &w->news;
	w->dir = w->descriptor = -1;
	w->tick_ms = now_ms();
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->stop = eventfd(0, EFD_CLOEXEC);
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if ((w->path = strdup(dir)) == NULL) {
		err_nomem(err);
	} else if (w->wake == -1 || w->stop == -1) {
		err_system(err, "cannot watch %s", dir);
	} else if (open_directory(w) == -1) {
		err_system(err, "%s", dir);
	} else if (start_thread(w, err) == 0)
		return w;
	watch_close(w);
	return NULL;
}

static void
stop_thread(struct watch *w)
{
	const uint64_t one = 1;

	if (!w->has_thread)
		return;
	(void)!write(w->stop, &one, sizeof(one));
	pthread_join(w->thread, NULL);
}

static void
close_all(struct watch *w)
{
	const int fds[] = { w->dir, w->inotify, w->wake, w->stop };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != -1)
			close(fds[i]);
}

void
watch_close(struct watch *w)
{
	struct news *n;

	if (w == NULL)
		return;
	stop_thread(w);
	close_all(w);
	watch_free_files(w);
	while ((n = w->news) != NULL) {
		w->news = n->next;
		free(n);
	}
	pthread_mutex_destroy(&w->lock);
	free(w->path);
	free(w);
}

int
watch_descriptor(const struct watch *w)
{
	return w->wake;
}

void
watch_clear(struct watch *w)
{
	uint64_t count;

	(void)!read(w->wake, &count, sizeof(count));
}

void
watch_look(struct watch *w)
{
	pthread_mutex_lock(&w->lock);
	read_events(w);
	scan(w);
	pthread_mutex_unlock(&w->lock);
}

static enum watch_news
take_news(struct watch *w, struct watch_file **file, struct err *err)
{
	struct news *n = w->news;
	enum watch_news what;

	if (w->has_failed) {
		err_nomem(err);
		return WATCH_ERROR;
	}
	if (n == NULL)
		return WATCH_NOTHING;
	what = n->what;
	*file = n->file;
	*err = n->err;
	if ((w->news = n->next) == NULL)
		w->last_news = &w->news;
	free(n);
	return what;
}

enum watch_news
watch_next(struct watch *w, struct watch_file **file, struct err *err)
{
	enum watch_news what;

	pthread_mutex_lock(&w->lock);
	what = take_news(w, file, err);
	pthread_mutex_unlock(&w->lock);
	return what;
}

int
watch_file_open(const struct watch_file *f, struct err *err)
{
	int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);

	return fd == -1 ? err_system(err, "%s", f->path) : fd;
}

const char *
watch_file_path(const struct watch_file *f)
{
	return f->path;
}

bool
watch_is_abandoned(struct watch *w, const struct watch_file *f)
{
	bool is_abandoned;

	pthread_mutex_lock(&w->lock);
	is_abandoned = f->gone >= ABANDONED_TICKS;
	pthread_mutex_unlock(&w->lock);
	return is_abandoned;
}

void
watch_release(struct watch *w, struct watch_file *f)
{
	pthread_mutex_lock(&w->lock);
	f->is_released = true;
	pthread_mutex_unlock(&w->lock);
}
