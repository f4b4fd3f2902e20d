#ifndef FLOWCAPD_STORER_H
#define FLOWCAPD_STORER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/spool.h"
#include "flowcapd/block.h"
#include "flowcapd/keeper.h"
#include "flowcapd/print.h"
#include "flowcapd/source.h"
#include "flowcapd/status.h"
#include "flowcapd/state_file.h"

/*
 * The writer: a thread that takes blocks off the queue and puts them into the
 * files of their sources.  A slot ends for all sources when every receiver
 * has marked its end; what comes for a later slot is kept back until then.
 */

struct storer_options {
	/* of all sources: dir, ident and who is told are not */
	struct spool_options spool;
	struct printer *printer; /* NULL: do not print */
	struct keeper *keeper; /* told of finished files; NULL: nobody is */
	bool log_exporters; /* all of them at the end of a slot */
	struct sources *sources;
	struct datadir *base; /* of dynamic sources; NULL: there are none */
	struct blocks *blocks;
	struct state_file *state; /* NULL: none is kept */
	unsigned receivers;
	/*
	 * ITEM_RELOAD: take over sources and settings as they are told now.
	 * -1: logged, and all stays as it is.
	 */
	int (*reload)(void *ctx);
	void *ctx;
};

struct storer;

struct storer *storer_new(const struct storer_options *o, struct err *err);

/*
 * Recover what is in the directory of a source, which is locked, and begin
 * its first file, for the slot that starts at start_s.
 */
int storer_begin(struct storer *st, struct source *source, int64_t start_s,
    int64_t now_s, struct err *err);

/*
 * Recover what is in the directories of the base that were made for senders.
 * Logs.
 */
void storer_recover_base(const struct storer *st);

/*
 * The sources as they are after the last block, from any thread, without
 * waiting for the disk.  -1 with ERR_NOMEM.
 */
int storer_status(struct storer *st, struct status *s, struct err *err);

/* Start the thread, which ends when all receivers have stopped. */
int storer_start(struct storer *st, struct err *err);

/*
 * Wait for the thread to end, at most that long.  False when it did not;
 * then nothing that it works on may be released.
 */
bool storer_wait(struct storer *st, unsigned timeout_ms);

/* With the spools of all sources.  NULL is allowed. */
void storer_free(struct storer *st);

#endif
