#ifndef COMMON_SPOOL_H
#define COMMON_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "common/datadir.h"
#include "record/info.h"
#include "store/codec.h"
#include "store/ledger.h"
#include "store/notes.h"

/*
 * The flow files of a data directory: blocks are compressed into the current
 * one, which at the end of a slot is completed and moved into place.  Nothing
 * on the disk makes this give up: what cannot be stored is counted and
 * logged, trouble with the disk at most once a minute, with the directory
 * once a slot.
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
	bool is_lazy; /* slots without blocks have no file */
	bool no_index; /* files get none */
	bool has_zone; /* names end in the offset to UTC */
	/* Told of finished files, by their names in dir; NULL: nobody is. */
	void (*done)(void *ctx, const struct spool_options *o,
	    const char *name, int64_t start_s);
	void *ctx;
};

/* Records to be stored, of one or more flows or of none. */
struct spool_block {
	const void *data;
	size_t len;
	uint32_t records;
	const struct record_stats *stats; /* of its flows */
	const struct store_notes *notes; /* likewise; NULL: none */
	bool is_due; /* it comes because of its age */
};

/* What a file gets when its slot ends. */
struct spool_end {
	int64_t start_s; /* of the slot */
	uint64_t sequence_failures;
	/*
	 * Makes the ledger, which belongs to the file then; lost: flows of
	 * the slot in no file.  NULL: no ledger.
	 */
	struct store_ledger *(*ledger)(void *ctx, uint64_t lost);
	void *ctx;
};

/* What has become of a slot. */
struct spool_slot {
	struct record_stats stats; /* of what is in its file */
	uint64_t lost; /* flows that are in none */
	uint32_t blocks;
};

/* What has become of all since the start. */
struct spool_sums {
	uint64_t files, flows, packets, bytes, lost;
	uint64_t astray; /* complete files that did not get their names */
};

struct spool; /* opaque */

/* NULL: ERR_NOMEM. */
struct spool *spool_open(const struct spool_options *o, struct err *err);

/*
 * Begin the slot that starts at start_s, with a file unless is_lazy, which is
 * created at now_s.  -1 when there is no file; the next block tries again.
 * err NULL: that is logged.
 */
int spool_begin(struct spool *s, int64_t start_s, int64_t now_s,
    struct err *err);

/* Store a block, or count what is in it as lost. */
void spool_put(struct spool *s, const struct spool_block *b);

/*
 * True once after records that may be about exporters were lost: without them
 * the flows in the file cannot be told apart.
 */
bool spool_lacks_exporters(struct spool *s);

/* Complete the file of the slot. */
void spool_end(struct spool *s, const struct spool_end *end,
    struct spool_slot *was);

/* Add what is in files and what is lost, the open slot included. */
void spool_sums(const struct spool *s, struct spool_sums *sums);

/*
 * A file that no slot ended for is removed; a complete one without its name
 * is left to the next start, which is logged.  NULL is allowed.
 */
void spool_close(struct spool *s);

#endif
