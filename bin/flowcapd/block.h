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
 * What receivers hand to the writer: blocks of records, from a bounded pool,
 * each for one source, and marks that say how a slot ended.  All of it goes
 * through one queue, in order.
 */

struct source;

enum item_kind {
	ITEM_BLOCK, /* struct block */
	ITEM_SLOT_END, /* struct slot_end */
	ITEM_STATE, /* struct state_item */
	ITEM_RELOAD /* read the sources again; an item alone, for free() */
};

/* The head of all that is queued. */
struct item {
	struct item *next;
	enum item_kind kind;
	uint32_t receiver;
	uint64_t slot; /* the receiver's, from 0; 0 also if it has none */
};

struct block {
	struct item item; /* first */
	struct source *source;
	int64_t slot_s; /* start of its slot */
	uint8_t *data; /* STORE_BLOCK_SIZE bytes */
	size_t len;
	size_t touched; /* bytes of data that are in memory */
	uint32_t records;
	struct record_stats stats; /* of the flows in it */
	struct store_notes *notes; /* likewise; NULL: none are wanted */
	bool is_due; /* sent off because of its age */
	struct block *link; /* the pool's own */
};

struct source_counters {
	struct source *source;
	struct slot_counters counters;
};

/* A slot that has ended, for one receiver or for all. */
struct slot_total {
	int64_t start_s;
	int64_t next_s; /* start of the one that follows */
	bool is_last; /* none follows */
	bool is_void; /* nothing was replayed: there was no slot */
	uint64_t datagrams; /* all that came */
	uint64_t ignored; /* of senders without a source */
	uint64_t socket_drops;
};

/*
 * A receiver has handed over all of a slot.  From malloc(); who takes it off
 * the queue frees it.
 */
struct slot_end {
	struct item item; /* first */
	struct slot_total total; /* is_last: the receiver stops */
	uint32_t count;
	struct source_counters sources[]; /* those that counted something */
};

/* What the decoder of a receiver knows of exporters; from malloc(), too. */
struct state_item {
	struct item item; /* first */
	size_t len;
	uint8_t bytes[];
};

struct blocks; /* pool and queue */

/*
 * A pool of count blocks, with notes for an index or without.  They are also
 * the bound on the bytes that wait for the writer.
 */
struct blocks *blocks_new(unsigned count, bool has_notes, struct err *err);
void blocks_free(struct blocks *q);

/*
 * That many blocks more, for one more filler, which has blocks of its own:
 * they are made when needed, and may wait as long as they are nearly empty.
 */
void blocks_grow(struct blocks *q, unsigned more);

/*
 * Receiver: an empty block, or NULL when all but keep blocks are in use, or
 * without memory.  Never waits.
 */
struct block *blocks_take(struct blocks *q, unsigned keep);

/* Some blocks that may get full, and more that will be nearly empty. */
struct spare_blocks {
	unsigned full;
	unsigned each; /* nearly empty: that many for each filler */
};

/* Receiver: these blocks are free. */
bool blocks_have(struct blocks *q, struct spare_blocks room);

/*
 * Free blocks, all there may be, and the bytes in those that the writer has
 * not done with.
 */
void blocks_room(struct blocks *q, uint32_t *free_blocks, uint32_t *all,
    uint64_t *waiting);

/* Flows in blocks that the writer has not done with. */
uint64_t blocks_flows(struct blocks *q);

/*
 * Receiver: hand something to the writer.  A state takes the place of one of
 * the same receiver that still waits, so a disk that hangs does not heap them
 * up.
 */
void blocks_put(struct blocks *q, struct item *item);

/* Writer: the oldest item, waiting for it. */
struct item *blocks_get(struct blocks *q);

/*
 * Writer: some file lacks records about exporters, its source says so.
 * Receiver: a number that is another one each time this was told.
 */
void blocks_want_exporters(struct blocks *q);
uint32_t blocks_exporters_wanted(struct blocks *q);

/* Writer: the block is done with. */
void blocks_return(struct blocks *q, struct block *b);

#endif
