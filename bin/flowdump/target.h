#ifndef FLOWDUMP_TARGET_H
#define FLOWDUMP_TARGET_H

#include "flowdump/query.h"
#include "record/info.h"

/*
 * The flow file of -w.  It is written under another name, and appears under
 * its own, or on standard output, when it is complete.
 */

struct target; /* opaque */

/*
 * Before a long scan: the compression is known, and the file can be made.  It
 * must be a regular one if it is there, as it is replaced.  ERR_USAGE,
 * ERR_VALUE, ERR_SYSTEM.
 */
int target_check(const struct config *c, struct err *err);

/* With the compression that the options name.  NULL: ERR_USAGE, ERR_NOMEM. */
struct target *target_new(const struct query *q, struct err *err);

/* A file that was not completed is removed.  NULL is allowed. */
void target_free(struct target *t);

/* Append whole records of len bytes. */
int target_append(struct target *t, const char *records, size_t len,
    struct err *err);

/*
 * Does it sum up the flows by itself?  It does so for the index of the file,
 * and once is enough.
 */
bool target_has_sums(const struct target *t);

/* Complete the file, with these statistics; NULL: those it has. */
int target_commit(struct target *t, const struct record_stats *stats,
    struct err *err);

#endif
