#ifndef COMMON_DATADIR_H
#define COMMON_DATADIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "common/place.h"

/*
 * The data directory: one living collector each, and what a killed one left
 * behind.  It is opened once (common/place.h).
 */

/* Readers of all versions pass over this name. */
#define DATADIR_LOCK ".flowcapd.stat.lock"
#define DATADIR_RECOVERED "nfcapd.recovered."

struct datadir {
	struct place place;
	struct datadir *base; /* it was made in that one; NULL: no */
	int lock; /* held until the process ends */
	pid_t previous; /* who held it before us, 0 unknown */
};

#define DATADIR_NONE { .place = PLACE_NONE, .lock = -1 }

/*
 * Open and lock the directory, which proves that it can be written.  ERR_VALUE
 * when another collector has it or the name is too long, ERR_SYSTEM when it
 * cannot be used.  The path is kept by reference.
 */
int datadir_lock(struct datadir *d, const char *path, struct err *err);

/*
 * The same for a directory in another one, base, which is made when it is not
 * there.  The base stays open as long.  ERR_NOMEM, too.
 */
int datadir_lock_below(struct datadir *d, struct datadir *base,
    const char *path, struct err *err);

/*
 * Somebody may have removed the directory: then make it again, lock and claim
 * the new one, and log that.  -1 as datadir_lock(); the next call tries again.
 */
int datadir_renew(struct datadir *d, struct err *err);

/* After the fork: put our pid into the lock. */
int datadir_claim(struct datadir *d, struct err *err);

/* Give the lock up.  May be called again. */
void datadir_unlock(struct datadir *d);

struct datadir_slots {
	const char *ident;
	uint32_t interval_s;
	unsigned layout;
	bool is_synced; /* put what is moved on stable storage */
	bool has_zone; /* names end in the offset to UTC */
};

/*
 * Complete the files that dead collectors left and move them to the slots
 * they were begun in; what cannot be read is renamed to nfcapd.recovered.*.
 * When it is the system that fails, as on a full disk, the file is left for
 * the next start.  Logs each.
 */
void datadir_recover(const struct datadir *d, const struct datadir_slots *s);

/*
 * Rename the file current to nfcapd.recovered.TAG, or .TAG.N when that
 * exists.  ERR_SYSTEM.
 */
int datadir_set_aside(const struct datadir *d, const char *current,
    const char *tag, struct err *err);

#endif
