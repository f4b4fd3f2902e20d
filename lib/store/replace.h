#ifndef STORE_REPLACE_H
#define STORE_REPLACE_H

#include <sys/stat.h>

#include "base/err.h"

/*
 * Replacing a file by a new one, at once or not at all.
 *
 * The new file is made beside the old one, under a name that all readers of
 * directories pass over.  When all of it is on stable storage it takes the
 * old one's name, owner, permissions and times.  A crash, a full disk or an
 * error on the way leaves the old file as it was.
 */
struct store_replace {
	char *path; /* of the file itself: no link */
	char *beside;
	struct stat was;
	int dir; /* opened first: what fails later has changed the file */
};

/*
 * Begin: an empty file at r->beside, which only we may read, for the caller
 * to write.  A symbolic link is followed; fd is the old file, open.  -1 with
 * ERR_SYSTEM also when the file may not be written to.  Release with _fini()
 * in any case.
 */
int store_replace_begin(struct store_replace *r, const char *path, int fd,
    struct err *err);

/*
 * Put the new file in the old one's place.  ERR_MALFORMED when that has
 * changed since the beginning.  The caller has closed the new file.
 */
int store_replace_commit(struct store_replace *r, struct err *err);

/*
 * The name of the new file, ".NAME.PID.stat", which all readers of directories
 * pass over; for free().  NULL with ERR_NOMEM.
 */
char *store_replace_name(const char *path, struct err *err);

/* What was not committed is removed. */
void store_replace_fini(struct store_replace *r);

#endif
