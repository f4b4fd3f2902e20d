#ifndef STORE_PENDING_H
#define STORE_PENDING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * What an nfcapd of 1.6.25 to 1.7 has counted and not yet put into the books:
 * a record in System V shared memory, found by the real path of the data
 * directory (expire.md section 10).  One that was killed leaves it behind.
 * flowcapd has none.
 */

struct pending {
	pid_t collector;
	pid_t launcher; /* 0: none */
	uint64_t sequence;
	int64_t first_s; /* 0: no file */
	int64_t last_s;
	uint64_t files;
	uint64_t size;
	uint64_t max_size;
	uint64_t lifetime_s;
};

/*
 * Read the record.  1, 0 when there is none, -1 with ERR_SYSTEM when it
 * belongs to another user.
 */
int pending_read(const char *real_path, struct pending *p, struct err *err);

/* Has the collector died, as far as can be seen from here? */
bool pending_is_stale(const struct pending *p);

/*
 * Set its counts to zero, as all files are going to be counted: a file that
 * is finished meanwhile may be in both, which makes nfexpire count anew.
 * Holds the semaphore of the record for a moment, for which it waits at most
 * wait_ms; a collector that has died with it is not minded.  1, 0 when there
 * is none, -1 with ERR_SYSTEM.
 */
int pending_clear(const char *real_path, uint32_t wait_ms, struct err *err);

#endif
