#ifndef FLOWCAPD_SPOOL_H
#define FLOWCAPD_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flowcapd/block.h"
#include "flowcapd/datadir.h"
#include "flowcapd/print.h"
#include "store/codec.h"

/*
 * The writer: a thread that compresses blocks into the current file, and at
 * the end of a slot completes it, moves it into place, logs the slot and
 * begins the next file.  Nothing on the disk makes it give up: what cannot be
 * stored is counted and logged.
 */

/* What a power failure may cost. */
enum spool_sync {
	SPOOL_SYNC_NEVER, /* what the system has not written yet */
	SPOOL_SYNC_CLOSE, /* that of the file being written */
	SPOOL_SYNC_FLUSH /* the flows of the flush time */
};

struct spool_options {
	struct datadir *dir; /* locked */
	const char *ident;
	const struct codec *codec;
	uint32_t interval_s;
	uint32_t flush_s;
	unsigned layout;
	enum spool_sync sync;
	struct printer *printer; /* NULL: do not print */
	bool no_index; /* files get none */
};

struct spool;

/*
 * Begin the first file, for the slot that starts at start_s; it is created
 * at now_s.  Fails when that is not possible.
 */
struct spool *spool_open(const struct spool_options *o, int64_t start_s,
    int64_t now_s, struct err *err);

/* Start the thread, which takes blocks until a slot end that is the last. */
int spool_start(struct spool *s, struct blocks *blocks, struct err *err);

/*
 * Wait for the thread to end, at most that long.  False when it did not;
 * then the spool must not be closed.
 */
bool spool_wait(struct spool *s, unsigned timeout_ms);

/* NULL is allowed. */
void spool_close(struct spool *s);

#endif
