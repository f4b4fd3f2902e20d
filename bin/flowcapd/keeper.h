#ifndef FLOWCAPD_KEEPER_H
#define FLOWCAPD_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "store/slot.h"

/*
 * The housekeeper: a process of its own that does, for each finished file,
 * what may take long: the books of the directory (.nfstat), expiry, the
 * launch command.  It is forked before there are threads and after privileges
 * are dropped, and lives until the collector has closed its end and the work
 * is done.  Nothing it does delays reception or writing.
 *
 * Jobs of one directory are done in order, at most one command of a directory
 * runs at a time.
 */

struct keeper_options {
	const char *command; /* NULL: none is launched */
	bool expire;
	uint32_t interval_s;
};

/* A file that has got its name. */
struct keeper_job {
	const char *dir; /* data directory */
	const char *name; /* of the file, relative to it */
	const char *ident;
	int64_t start_s; /* of its slot */
	uint64_t size; /* bytes allocated on the disk */
	bool is_appended; /* the file was there before */
};

struct keeper {
	pid_t pid; /* 0: none is needed */
	int fd;
	uint64_t skipped; /* jobs that found the queue full */
};

/*
 * Check the command (ERR_USAGE) and start the process.  Always started: a
 * directory has books if somebody made them.
 */
int keeper_start(struct keeper *k, const struct keeper_options *o,
    struct err *err);

/*
 * Hand a job over, without waiting.  False when the queue is full: the job
 * is not done, and counted.  Called by the writer thread only.
 */
bool keeper_put(struct keeper *k, const struct keeper_job *job);

/*
 * No more jobs come.  Wait for those handed over at most that long; the
 * process goes on without us when they take longer.
 */
void keeper_stop(struct keeper *k, unsigned timeout_ms);

#endif
