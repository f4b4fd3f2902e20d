#ifndef STORE_INDEXER_H
#define STORE_INDEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "store/index_int.h"
#include "store/notes.h"

/*
 * Making the index of a file, block by block.  What cannot be indexed, be it
 * for want of memory, ends the index and not the file: from then on blocks
 * are only summed up, and there is nothing to write.
 */

struct store_indexer; /* opaque */

/* A block of the file, as it is stored and as it is read. */
struct index_block {
	const void *stored;
	size_t stored_len;
	uint32_t records; /* those in raw, of all types */
	const void *raw; /* its records; NULL: it holds none that count */
	size_t raw_len;
	size_t bytes; /* of the payload, expanded */
	/* what is known of its flows; NULL: it is to be decoded */
	const struct record_stats *stats;
	const struct store_notes *notes;
};

/* NULL when there is no memory. */
struct store_indexer *store_indexer_new(void);

/* With all that is in the index of a file, and no more to come. */
struct store_indexer *store_indexer_of(const struct store_index *index);

/* NULL is allowed here and below, and makes no index. */
void store_indexer_free(struct store_indexer *x);

/* The next block. */
void store_indexer_add(struct store_indexer *x, const struct index_block *b);

/*
 * The statistics of all flows added, also when there is no index.  False when
 * a record could not be decoded.
 */
bool store_indexer_sums(const struct store_indexer *x, struct record_stats *s);

/*
 * The index of the blocks added, which are all of the file, for a file whose
 * appendix ends where *place says.  It lives until the indexer is freed.
 * NULL when there is none; may be called again, with another *place.
 */
const struct buffer *store_indexer_finish(
    struct store_indexer *x, const struct index_place *place);

/* Is there none for want of memory? */
bool store_indexer_lacks_memory(const struct store_indexer *x);

#endif
