#ifndef FLOWFWD_CURSOR_H
#define FLOWFWD_CURSOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/tail.h"

/*
 * How far a store has been sent: all files up to one, and how far of those
 * that are being sent.  A file is known by its inode, since a collector
 * renames what it has completed, and by its name, since one that is joined
 * with another has a new inode.
 */

#define CURSOR_FILES_MAX 48
#define CURSOR_NAME_MAX 128

struct cursor_file {
	uint64_t dev;
	uint64_t ino;
	char name[CURSOR_NAME_MAX]; /* below the directory, when last seen */
	bool is_done; /* it was complete, and all of it has been sent */
	uint32_t blocks; /* that were sent, */
	uint64_t sum; /* and the sum of their hashes */
	struct store_place place; /* where to go on */

	/* not in the file */
	bool is_seen; /* at the last look at the directory */
	uint64_t gone_ms; /* since when it is not; 0: it is */
};

struct cursor {
	/* Of slots up to this one all has been sent that is not below. */
	char last[CURSOR_NAME_MAX]; /* without directories; "": none */
	unsigned count;
	struct cursor_file files[CURSOR_FILES_MAX];
};

/* NULL if it is not there. */
struct cursor_file *cursor_by_inode(struct cursor *c, const struct stat *st);
struct cursor_file *cursor_by_name(struct cursor *c, const char *name);

/* A file of which nothing has been sent; NULL when there is no room. */
struct cursor_file *cursor_add(struct cursor *c, const struct stat *st,
    const char *name);
void cursor_remove(struct cursor *c, struct cursor_file *f);

/* The inode is another file's now: it is known by its name alone. */
void cursor_forget_inode(struct cursor_file *f);

/* Name of a file without its directories. */
const char *cursor_base(const char *name);

/* Slots up to this one have been sent, if it is a slot and a later one. */
void cursor_advance(struct cursor *c, const char *name);

/*
 * 1, 0 if the file is not there, -1 with ERR_SYSTEM, ERR_MALFORMED, ERR_NOMEM.
 */
int cursor_read(struct cursor *c, const char *path, struct err *err);

/*
 * Replace the file at once; is_synced: a crash of the system leaves the old or
 * the new one.  ERR_SYSTEM, ERR_VALUE.
 */
int cursor_write(const struct cursor *c, const char *path, bool is_synced,
    struct err *err);

#endif
