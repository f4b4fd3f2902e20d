#ifndef STORE_EXPIRE_H
#define STORE_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/books.h"

/*
 * Expiry: the oldest flow files go until a data directory is within its
 * limits (expire.md sections 6 and 16).
 *
 * What goes is decided by what is found on the disk, never by the books, and
 * oldest first by the times that the names tell, whatever directories they
 * are in: stopped at any moment, what is left is the newest part.  A file
 * that cannot be removed stays, and no newer one goes in its place.  The
 * books stay locked from before the count until what is left is written to
 * them.
 */

struct expire_limits {
	uint64_t max_size; /* allocated bytes; reached, it is exceeded; 0 none */
	uint64_t lifetime_s; /* 0 none */
	/*
	 * Percent of each limit down to which files go; 0 is the default,
	 * BOOKS_WATERMARK, and above 100 is 100.
	 */
	uint32_t watermark;
	uint64_t min_free; /* bytes of the file system; 0 none */
};

/* A file that goes, or does not. */
struct expire_file {
	const char *path; /* with that of the data directory */
	int64_t time_s;
	uint64_t allocated; /* bytes */
	uint64_t size;
};

/* A data directory. */
struct expire_dir {
	int fd; /* open for reading */
	const char *path; /* for messages */
	uint64_t quota; /* limit of its own, in allocated bytes; 0 none */
	struct books books; /* result: as they are now */
};

struct expire_request {
	/*
	 * First each is brought within its quota, then more than one are
	 * limited by what is left in all of them together.
	 */
	struct expire_dir *dirs;
	uint32_t dir_count;
	/* NULL: those in the books, of one directory. */
	const struct expire_limits *limits;
	int64_t now_s;
	/* Files of this age and younger stay: the interval of rotation. */
	uint32_t young_s;
	uint32_t wait_ms; /* for the lock of the books, at most */
	bool is_dry; /* nothing changes, not even the books */
	bool takes_newest; /* or else the newest file stays in any case */
	bool takes_any; /* also when most of the files are foreign */
	bool crosses_mounts;
	/* Each is NULL or called with ctx. */
	void (*locked)(void *ctx, uint32_t dir); /* before files are counted */
	/* So many files are to go, at most; before the first one. */
	void (*planned)(void *ctx, uint64_t files);
	bool (*is_stopped)(void *ctx); /* asked before each file */
	bool (*may_go)(void *ctx, const struct expire_file *f);
	void (*gone)(void *ctx, const struct expire_file *f);
	void (*warn)(void *ctx, const struct err *why);
	void *ctx;
};

struct expire_result {
	struct expire_limits limits; /* that were applied */
	uint64_t found; /* files */
	uint64_t files; /* that went */
	uint64_t allocated; /* bytes of these */
	uint64_t size;
	uint64_t kept; /* files that were to go: in use or held back */
	uint64_t failed; /* the same: could not be removed */
	uint64_t rmdirs; /* directories that went */
	/*
	 * Files that went or were to go, whose names tell a time that the
	 * clock showed twice; they are taken for the later one.
	 */
	uint64_t repeated;
	int64_t span_s; /* by which the first file is now newer */
	bool is_stopped;
	bool is_partial; /* something could not be read */
};

/*
 * Expire.  What goes wrong with single files and directories is told by
 * warn, the rest is done.  -1 when nothing could be done: as books_open(),
 * and ERR_VALUE for limits in the books that are no numbers and for a
 * directory with more foreign files than flow files.
 */
int expire_run(const struct expire_request *r, struct expire_result *result,
    struct err *err);

/*
 * Would these books, if they are true, let files go?  A collector may spare
 * the count when they do not; it should take one now and then.
 */
bool expire_is_due(const struct books *b, int64_t now_s);

#endif
