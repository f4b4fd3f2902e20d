#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/reader.h"

/*
 * Reading a flow file while a collector writes it: its blocks as soon as
 * they are whole, until the file is complete.  The open file is followed,
 * wherever it is moved to.
 *
 * What looks wrong may be a write under way: it counts as wrong when it has
 * been so for STORE_TAIL_PATIENCE_MS, and in a file without a valid header
 * or one that is complete only.
 */

#define STORE_TAIL_PATIENCE_MS 2000

struct store_tail; /* opaque */

/*
 * Follow an open file, of whatever length; path names it in messages.  The
 * descriptor belongs to the result, on failure it stays the caller's.  NULL
 * with ERR_NOMEM.
 */
struct store_tail *store_tail_new(int fd, const char *path, struct err *err);

/* NULL is allowed. */
void store_tail_free(struct store_tail *t);

/*
 * See how far the file is; now_ms is of a clock that only goes forward.  -1:
 * it is no flow file, or one that cannot be read.
 */
int store_tail_look(struct store_tail *t, uint64_t now_ms, struct err *err);

/*
 * The next record block that was there at the last look.  1, 0 when there is
 * none (yet); -1: the file is complete, and not as its header says.
 */
int store_tail_next(struct store_tail *t, struct store_ref *ref,
    struct err *err);

/* Where reading stands, to go on in another process. */
struct store_place {
	uint64_t pos; /* where the next block is looked for; 0: at the first */
	uint32_t number; /* and which it will be */
	uint32_t stored; /* of the block given last; 0: none was */
	uint64_t offset;
	uint64_t hash; /* of its last bytes, to know it again */
};

/* The file has a header. */
void store_tail_place(const struct store_tail *t, struct store_place *p);

/*
 * Go on there.  The file has a header.  1, or 0 if the block given last is
 * not there: nothing is done then.
 */
int store_tail_resume(struct store_tail *t, const struct store_place *p,
    struct err *err);

/*
 * The next of the blocks that lie before where reading stands, which does not
 * change; *at begins as {0}.  The file has a header.  1, 0 when there are no
 * more, -1 if it cannot be read.
 */
int store_tail_before(struct store_tail *t, struct store_place *at,
    struct store_ref *ref, struct err *err);

/* What store_tail_next() gave last cannot be read yet: it comes again. */
void store_tail_back(struct store_tail *t);

/* The file is complete, and all its blocks have been given. */
bool store_tail_is_done(const struct store_tail *t);

/*
 * For store_block_load() of the blocks given; NULL while the file has no
 * header.
 */
struct store_file *store_tail_file(const struct store_tail *t);

/* Its collector has completed it: what is there does not change any more. */
bool store_tail_is_complete(const struct store_tail *t);

#endif
