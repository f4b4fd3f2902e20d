#ifndef STORE_INDEX_H
#define STORE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "record/info.h"
#include "store/reader.h"

/*
 * The index of a flow file (design.md section 4.1, flow-store(5)): what its
 * blocks hold, so that a query reads only those that it needs.  It is never
 * needed for a right answer: what it says is weaker than what the blocks
 * hold, and never stronger.
 *
 * Consecutive blocks are described together, as a span, until there are
 * enough flows in them; a full block is a span of its own.
 */

struct store_index; /* opaque; belongs to a file and does not change */

/* Smallest and largest value; none when smallest is above largest. */
struct store_range {
	uint64_t min;
	uint64_t max;
};

struct store_span {
	uint32_t block; /* number of the first block */
	uint32_t blocks;
	uint32_t record_blocks; /* those that store_file_next() would find */
	uint64_t offset; /* of the header of the first block */
	uint64_t end; /* where the last block ends */
	uint64_t bytes; /* payload of all blocks, expanded */
	uint64_t records; /* of all types */
	bool has_others; /* records that are no flows */
	bool has_v4; /* flows with the extension for IPv4 addresses, ... */
	bool has_v6; /* for IPv6 addresses */
	struct store_range first; /* seen, ms */
	struct store_range last;
	uint64_t proto[4]; /* a bit for each protocol met */
	uint64_t flow_counts; /* summed up, each at least 1 */
	struct record_stats stats; /* as in the appendix, of these flows */
};

/*
 * Load the index that f has at its end, on the thread that opened f.  1, 0
 * when it has none, -1 with ERR_MALFORMED when the index is damaged or is of
 * another state of the file, which is read without it then; ERR_SYSTEM,
 * ERR_NOMEM.
 */
int store_file_load_index(struct store_file *f, struct err *err);

/* NULL: none is loaded. */
const struct store_index *store_file_index(const struct store_file *f);

uint32_t store_index_spans(const struct store_index *x);
const struct store_span *store_index_span(const struct store_index *x,
    uint32_t n);

/*
 * False: no flow of the n-th span has an address from lo to hi, on either
 * side.  A flow without addresses has "::" on both.
 */
bool store_index_may_have_addr(const struct store_index *x, uint32_t n,
    struct addr lo, struct addr hi);

/* The same of ports; of ICMP, type and code stand as destination port. */
bool store_index_may_have_port(const struct store_index *x, uint32_t n,
    uint16_t lo, uint16_t hi);

/* XXH64 of the stored bytes of a block. */
uint64_t store_index_hash(const struct store_index *x, uint32_t block);

/* Have store_file_next() go on behind a span, whose blocks are next. */
void store_file_skip(struct store_file *f, const struct store_span *span);

#endif
