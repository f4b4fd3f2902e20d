#ifndef COMMON_PLACE_H
#define COMMON_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

/*
 * A directory that is opened once.  What is done in it goes through the
 * descriptor, and so to this directory whatever its name leads to later; only
 * when the directory has been removed is its name used again.
 */
struct place {
	int fd; /* open for reading; -1: not open */
	const char *path; /* as it was given, for messages; not ours */
	const struct place *above; /* it was made in that one; NULL: no */
	char *real; /* its name in "above", or else from the root */
	dev_t device; /* which it is */
	ino_t inode;
};

#define PLACE_NONE { .fd = -1 }

/* Open a directory.  ERR_SYSTEM, ERR_NOMEM; nothing is open then. */
int place_open(struct place *p, const char *path, struct err *err);

/*
 * The same for the last part of path, which is no symbolic link, in the
 * directory above it, which is open and stays so.  It is made when it is not
 * there.
 */
int place_open_below(struct place *p, const struct place *above,
    const char *path, struct err *err);

/*
 * Has the directory been removed?  Then open the one that has its name now,
 * which is made when there is none; a symbolic link is not taken for it.  1
 * when the descriptor is another one, 0 when nothing has happened, -1 with
 * ERR_SYSTEM when there is no directory.
 */
int place_renew(struct place *p, struct err *err);

/*
 * The same of a directory that others make again: true when the descriptor is
 * another one, false as well while there is none.
 */
bool place_follow(struct place *p);

/* Is this the directory, by whatever name? */
bool place_is(const struct place *p, const struct stat *st);

/*
 * Programs with many directories have several descriptors for each: let there
 * be as many as the system allows, within reason for programs that we start.
 */
void place_allow_many(void);

/* How many things with so many descriptors each there may be beside others. */
uint32_t place_room(uint32_t each);

/* May be called again. */
void place_close(struct place *p);

#endif
