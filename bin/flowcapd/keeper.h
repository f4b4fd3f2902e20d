#ifndef FLOWCAPD_KEEPER_H
#define FLOWCAPD_KEEPER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "store/slot.h"

/*
 * The housekeeper: a process of its own that does, for each finished file,
 * what may take long: the books of the directory (.nfstat), expiry, the
 * launch command.  It is forked before there are threads and after privileges
 * are dropped, keeps none of our descriptors but the standard ones, and lives
 * until the collector has closed its end, by dying if it must, and the work
 * is done, or KEEPER_LINGER_S later.  Until then signals that stop the
 * collector do nothing to it, though they reach it as well, be it from a
 * terminal or from a service manager that stops all processes.
 *
 * A job brings its directory with it as a descriptor; the name is for
 * messages and the launch command.
 *
 * Jobs of one directory are done in order.  Each is a process of its own, and
 * at most one of a kind works for a directory at a time, so what hangs holds
 * up that directory only.
 */

#define KEEPER_LINGER_S 60

struct keeper_options {
	const char *command; /* NULL: none is launched */
	bool expire;
	bool is_background; /* standard descriptors go to the null device */
	uint32_t interval_s;
};

/* A file that has got its name. */
struct keeper_job {
	const char *dir; /* data directory */
	const char *name; /* of the file, relative to it */
	const char *ident;
	int64_t start_s; /* of its slot */
	int dir_fd; /* of dir, open for reading; -1: it could not be opened */
};

/* What it has not done, since the start.  All processes of it add up here. */
struct keeper_counts {
	atomic_uint_fast64_t skipped; /* jobs, or rests of them: no room */
	atomic_uint_fast64_t failed; /* books not kept, commands failed */
};

struct keeper {
	pid_t pid; /* 0: not started, or waited for */
	int fd;
	bool is_stuck; /* the queue was full when we last looked */
	struct keeper_counts *counts; /* shared memory, NULL: not started */
};

#define KEEPER_NONE { 0, -1, false, NULL }

/*
 * Check the command (ERR_USAGE) and start the process.  Always started: a
 * directory has books if somebody made them.
 */
int keeper_start(struct keeper *k, const struct keeper_options *o,
    struct err *err);

/*
 * Hand a job over.  A full queue is given a moment to move, but not again
 * before it has.  False when it did not: the job is not done, and counted.
 * Called by the writer thread only.
 */
bool keeper_put(struct keeper *k, const struct keeper_job *job);

/*
 * No more jobs come.  Wait for those handed over at most that long; the
 * process goes on without us when they take longer, and false is returned.
 */
bool keeper_stop(struct keeper *k, unsigned timeout_ms);

#endif
