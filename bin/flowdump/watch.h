#ifndef FLOWDUMP_WATCH_H
#define FLOWDUMP_WATCH_H

#include <stdbool.h>

#include "base/err.h"

/*
 * The files that collectors are writing in a directory, nfcapd.current.*.  A
 * thread opens each as soon as it appears, so that it can be read to its end
 * whatever becomes of its name, however long that takes.  At most
 * WATCH_FILES_MAX are held open.
 */

#define WATCH_FILES_MAX 400

struct watch; /* opaque */
struct watch_file; /* opaque; belongs to the watch */

/*
 * Watch a directory, which may be removed and made again later.  NULL with
 * ERR_SYSTEM, ERR_NOMEM.
 */
struct watch *watch_open(const char *dir, struct err *err);

/* NULL is allowed. */
void watch_close(struct watch *w);

/*
 * A descriptor that is readable when something has happened since
 * watch_clear(): a file was opened or written to, or there is a message.
 */
int watch_descriptor(const struct watch *w);
void watch_clear(struct watch *w);

/* Look at the directory now. */
void watch_look(struct watch *w);

enum watch_news {
	WATCH_NOTHING,
	WATCH_FILE, /* *file has been opened: call watch_release() */
	WATCH_NOTICE, /* err->text says what */
	WATCH_LOSS, /* the same, and flows are not read for it */
	WATCH_ERROR /* the watch cannot go on: *err */
};

/* What has happened, in order. */
enum watch_news watch_next(struct watch *w, struct watch_file **file,
    struct err *err);

/* A descriptor of the caller's own; -1 with ERR_SYSTEM. */
int watch_file_open(const struct watch_file *f, struct err *err);
const char *watch_file_path(const struct watch_file *f);

/* Its name has been gone for so long that nobody is going to complete it. */
bool watch_is_abandoned(struct watch *w, const struct watch_file *f);

/* The file has been read to its end. */
void watch_release(struct watch *w, struct watch_file *f);

#endif
