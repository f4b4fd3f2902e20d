#ifndef FLOWCAPD_BLOCK_H
#define FLOWCAPD_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flowcapd/counters.h"
#include "record/info.h"
#include "store/notes.h"

/*
 * What the receiver hands to the writer: blocks of records, from a fixed
 * pool, in order.  The last block of a slot says how the slot ended.
 */

/* The end of a slot, and the slot that follows. */
struct slot_end {
	int64_t start_s; /* of the slot that ends */
	int64_t next_s; /* when the next file is begun */
	bool is_last; /* the collector stops, no file is begun */
	struct slot_counters counters;
};

struct block {
	struct block *next;
	uint8_t *data; /* STORE_BLOCK_SIZE bytes */
	size_t len;
	uint32_t records;
	struct record_stats stats; /* of the flows in it */
	struct store_notes *notes; /* likewise; NULL: none are wanted */
	bool is_due; /* sent off because of its age */
	bool ends_slot;
	struct slot_end end;
};

struct blocks; /* pool and queue */

/* A pool of count blocks, with notes for an index or without. */
struct blocks *blocks_new(unsigned count, bool has_notes, struct err *err);
void blocks_free(struct blocks *q);

/* Receiver: an empty block, or NULL when all are in use.  Never waits. */
struct block *blocks_take(struct blocks *q);

/* Receiver: at least n blocks are free. */
bool blocks_have_spare(struct blocks *q, unsigned n);

/* Flows in blocks that the writer has not done with. */
uint64_t blocks_flows(struct blocks *q);

/* Receiver: hand a block to the writer. */
void blocks_put(struct blocks *q, struct block *b);

/* Writer: the oldest block, waiting for it. */
struct block *blocks_get(struct blocks *q);

/*
 * Writer: a file lacks records about exporters.  Receiver: was this asked
 * since the last call?
 */
void blocks_want_exporters(struct blocks *q);
bool blocks_exporters_wanted(struct blocks *q);

/* Writer: the block is done with. */
void blocks_return(struct blocks *q, struct block *b);

#endif
