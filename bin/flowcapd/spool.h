#ifndef FLOWCAPD_SPOOL_H
#define FLOWCAPD_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/datadir.h"
#include "flowcapd/block.h"
#include "flowcapd/keeper.h"
#include "flowcapd/print.h"
#include "store/codec.h"

/*
 * The files of one source: blocks are compressed into the current one, which
 * at the end of a slot is completed and moved into place, when the slot is
 * logged and the next file begun.  Nothing on the disk makes this give up:
 * what cannot be stored is counted and logged.
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
	struct keeper *keeper; /* told of finished files; NULL: nobody is */
	bool no_index; /* files get none */
	bool log_exporters; /* all of them at the end of a slot */
	bool has_zone; /* names end in the offset to UTC */
};

struct source_sums;
struct spool;

/*
 * Begin the first file, for the slot that starts at start_s; it is created
 * at now_s.  Fails when that is not possible.
 */
struct spool *spool_open(const struct spool_options *o, int64_t start_s,
    int64_t now_s, struct err *err);

/* Store a block, or count what is in it as lost. */
void spool_put(struct spool *s, const struct block *b);

/*
 * True once after records about exporters were lost: without them the flows
 * in the file cannot be told apart.
 */
bool spool_lacks_exporters(struct spool *s);

/*
 * Complete the file of the slot that started at start_s, log the slot with
 * what receivers counted, and begin the next file unless it is the last.
 * The file gets a copy of the ledger of *c.
 */
void spool_end_slot(struct spool *s, const struct slot_counters *c,
    int64_t start_s, int64_t next_s, bool is_last);

/* Add what is in files and what is lost, the open slot included. */
void spool_sums(const struct spool *s, struct source_sums *sums);

/* NULL is allowed. */
void spool_close(struct spool *s);

#endif
