#ifndef FLOWFWD_FOLLOW_INT_H
#define FLOWFWD_FOLLOW_INT_H

#include <limits.h>
#include <sys/stat.h>

#include "flowfwd/cursor.h"
#include "flowfwd/follow.h"
#include "store/tail.h"

/*
 *	follow.c	the loop, and what of it is certain to have been sent
 *	follow_look.c	which files there are
 *	follow_files.c	those that are open, and where reading them begins
 */

/* Files that are read at once: one slot, and those that are being written. */
#define LIVES_MAX 16

/* Blocks that may have to be sent again. */
#define STEPS_MAX 64

/* A file that is open. */
struct live {
	struct stat st; /* when it was opened */
	int fd; /* of our own, to know whether it has a name */
	struct store_tail *tail;
	struct origins *origins;
	uint64_t number; /* for the scan */
	bool is_slot;
	bool has_begun; /* reading begins where the cursor says */
	unsigned idle; /* looks in a row at which there was nothing new */
};

/* A file of which nothing has been sent, and that is not open. */
struct waiting {
	struct stat st;
	char name[CURSOR_NAME_MAX];
	bool is_slot;
	bool is_seen; /* at the last look */
	bool is_refused; /* it could not be opened, and that has been told */
	uint64_t flows; /* as its statistics say; 0 unknown */
};

/* A block that was put. */
struct step {
	struct cursor before;
	struct output_position after;
	bool is_sent; /* the system has taken it */
	uint64_t arrived_ms; /* when the receivers' had; 0: not yet */
};

struct follow {
	struct forward *forward;
	const char *dir;
	struct scan_feed *feed;
	struct cursor cursor; /* of what has been put */
	struct live lives[LIVES_MAX];
	unsigned live_count;
	uint64_t opened; /* files so far */
	uint64_t closed;
	struct waiting *waiting; /* slots in their order, then the others */
	size_t waiting_count;
	size_t waiting_room;
	struct stat seen; /* the directory at the last look */
	bool must_look;
	bool is_away; /* the directory cannot be read, which has been told */

	struct step steps[STEPS_MAX];
	unsigned step_count;
	struct cursor written; /* in the file */
	bool is_written;
	bool has_failed; /* to be written, which has been told */
	uint64_t synced_ms;
	uint64_t losses; /* of connections, that were seen */
	bool must_rewind;
};

static inline bool
follow_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is that the name of a slot, and not of a file that is being written? */
bool follow_is_slot(const char *name);

/* Where a file of the directory is. */
void follow_path(const struct follow *f, const char *name,
    char path[PATH_MAX]);

/* The open file that the cursor knows so; NULL: it is not open. */
struct live *follow_find_live(struct follow *f,
    const struct cursor_file *file);

/* Look what is in the directory, if it has changed.  ERR_NOMEM. */
int follow_look(struct follow *f, struct err *err);

/* Without a cursor: what is in closed files has been sent. */
int follow_begin_at_end(struct follow *f, struct err *err);

/* Open files that wait, as many as may be open.  ERR_NOMEM. */
int follow_open_files(struct follow *f, struct err *err);

/*
 * Find where reading begins, as soon as the file has a header.  1, 0 when it
 * has none yet, -1: ERR_NOMEM, or the file cannot be read.
 */
int follow_begin_file(struct follow *f, struct live *l, struct err *err);

/* Nothing more is read from it. */
void follow_close_file(struct follow *f, struct live *l);

#endif
