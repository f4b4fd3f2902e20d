#ifndef FLOWDUMP_WATCH_INT_H
#define FLOWDUMP_WATCH_INT_H

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/stat.h>

#include "flowdump/watch.h"

struct watch_file {
	struct watch_file *next;
	char *path; /* when it was opened */
	char name[NAME_MAX + 1]; /* now */
	int fd;
	dev_t dev;
	ino_t ino;
	bool has_left; /* an event told that the name has gone */
	unsigned gone; /* ticks for which it has */
	bool is_released;
};

/* A file that could not be opened: it is told once, and tried again. */
struct refused {
	struct refused *next;
	uint64_t tick; /* when it was tried last */
	bool is_loss; /* not only for the time being */
	char name[NAME_MAX + 1];
};

struct news {
	struct news *next;
	enum watch_news what;
	struct watch_file *file;
	struct err err;
};

/* A file that was renamed and is not known: where has it gone? */
struct departed {
	bool is_set;
	bool is_deleted;
	uint32_t cookie; /* of the events that tell */
	uint64_t tick; /* when it was */
	char name[NAME_MAX + 1];
};

struct watch {
	char *path;
	int dir; /* -1: not there */
	struct stat seen; /* the directory at the last scan */
	int inotify; /* -1: there is none */
	int descriptor; /* of the directory's events, -1 none */
	int wake; /* for the caller */
	int stop; /* for the thread */
	uint64_t tick; /* they are counted */
	uint64_t tick_ms; /* time of the last one */
	struct watch_file *files;
	unsigned count;
	struct refused *refused;
	struct departed departed;
	struct news *news;
	struct news **last_news;
	bool has_failed; /* out of memory */
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock; /* of all that is above */
};

/* Wake the caller. */
void watch_notify(struct watch *w);

/* NULL, and watch_next() says so, when there is no memory. */
struct news *watch_add_news(struct watch *w, enum watch_news what);
void watch_tell(struct watch *w, enum watch_news what, const char *name,
    const char *why);
void watch_tell_missed(struct watch *w, const char *name);

/*
 * Hold a file of the directory, unless we do already.  Of the second failures
 * are told, or else -1 with errno.
 */
int watch_open_named(struct watch *w, const char *name);
void watch_open_current(struct watch *w, const char *name);

/* Whether we hold the file that has this name. */
bool watch_is_held(const struct watch *w, const char *name);

/* Try those again that could not be opened. */
void watch_retry(struct watch *w);

/*
 * The name has left the directory: true when that was a file that we hold,
 * or one whose loss has been told.
 */
bool watch_leave(struct watch *w, const char *name);

/* Count how long names have been gone, and close what has been read. */
void watch_check_files(struct watch *w);
void watch_free_files(struct watch *w);

#endif
