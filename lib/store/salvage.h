#ifndef STORE_SALVAGE_H
#define STORE_SALVAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "record/check.h"
#include "record/v1.h"
#include "record/v3.h"
#include "store/store_int.h"
#include "store/verify.h"

/*
 * Reading all that can be read of a file of layout 1 or 2, sound or not.
 * What verification, which only looks, and repair, which keeps it, have in
 * common.
 */

/* What is to be kept of a block. */
struct salvage_block {
	uint16_t type;
	uint32_t records;
	const uint8_t *raw; /* expanded */
	size_t len;
	/* as loaded, to be kept as it is stored; NULL: not all is right */
	const struct store_ref *ref;
	const struct store_block *block;
};

struct salvage_sink {
	const struct store_listener *listener;
	/* Called for each block in file order, or NULL. */
	int (*keep)(void *ctx, const struct salvage_block *b, struct err *err);
	void *ctx;
};

/* What flows sum up to, by each way in which collectors count. */
struct salvage_tally {
	struct record_decoder *decoder;
	struct batch batch;
	struct record_stats sum; /* as we count */
	uint64_t in_bytes, in_packets; /* without the out counters */
	uint64_t proto_bytes[STAT_PROTOS]; /* with them */
	uint64_t proto_packets[STAT_PROTOS];
	uint64_t icmp6_flows;
	uint64_t icmp6_bytes, icmp6_packets;
	uint64_t icmp6_all_bytes, icmp6_all_packets;
	uint64_t first_ms; /* the smallest that is not 0 */
};

struct salvage {
	const struct salvage_sink *sink;
	struct store_verdict *v;
	struct store_file file; /* only what loading blocks needs */
	struct store_header h;
	struct store_block b; /* at work */
	struct buffer kept; /* its records, when not all of them are right */
	struct buffer converted; /* its flows, when they are of layout 1 */
	struct buffer window; /* of the search */
	struct salvage_tally tally;
	struct record_v1_maps *maps; /* NULL: none yet */
	const struct record_v1_state *state; /* of these */
	uint16_t records_type; /* of blocks, in this layout */
	uint64_t start; /* of the first block */
	uint64_t pos;
	uint64_t end; /* of all that was understood */
	uint32_t number; /* of the block at pos */
	unsigned tries; /* blocks that the search may still expand */
	uint64_t foreign; /* records with what we do not know ... */
	struct err foreign_why; /* ... and what it is in the first */
	struct err failure; /* of the last read that failed */
	bool has_appendix;
	bool has_index; /* a damaged one, too */
	bool has_ledger; /* likewise */
};

/*
 * Go over an open file of layout 1 or, whatever it starts with, of layout 2.
 * *v is filled also when it fails.
 */
int store_salvage(const struct store_file *f, unsigned layout,
    const struct salvage_sink *sink, struct store_verdict *v,
    struct err *err);

/* Tell of a finding and count it; in a block, number and offset come first. */
void salvage_tell(struct salvage *s, enum store_finding kind,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void salvage_tell_block(struct salvage *s, enum store_finding kind,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Walk header, blocks and appendix of s->file.  The caller has set sink, v
 * and file, and calls _fini() in any case.
 */
int salvage_run(struct salvage *s, struct err *err);
void salvage_fini(struct salvage *s);

/* A message of the reader without the path that it begins with. */
const char *salvage_without_path(const struct salvage *s, const char *text);

/* Look at magic and layout, which the file begins with. */
void salvage_start(struct salvage *s, const uint8_t *data);

/*
 * Load the block whose header is at pos, as if that said so.  -1 as
 * store_block_load(), without context.
 */
int salvage_load(struct salvage *s, uint64_t pos,
    const struct store_block_header *h, struct err *err);

/* Do the records fit the loaded payload exactly?  *count: how many. */
bool salvage_fits(const struct salvage *s, uint32_t *count);

/* As salvage_fits(), of an array block. */
bool salvage_array_fits(const struct salvage *s, uint32_t elements);

/* Is what has been loaded as its header says? */
bool salvage_is_right(const struct salvage *s,
    const struct store_block_header *h);

/*
 * Check the records of the loaded payload one by one, telling what is wrong,
 * and set what is to be kept of it.  -1: no memory.
 */
int salvage_records(struct salvage *s, const struct store_block_header *h,
    struct salvage_block *out, struct err *err);

/* As store_pread(); a failure is remembered. */
ssize_t salvage_read(struct salvage *s, void *buf, size_t len, uint64_t pos);

/* The header at pos is one of a block that fits the file. */
bool salvage_is_start(struct salvage *s, uint64_t pos);

/*
 * The next place from pos on that holds a block that is right, or where the
 * header has the appendix; the end of the file when there is none.
 */
int salvage_find(struct salvage *s, uint64_t pos, uint64_t *found,
    struct err *err);

/* A record of layout 1, which is sound or bad, or another in such a block. */
enum record_state salvage_check_v1(struct salvage *s, uint16_t type,
    const struct span *record, struct err *why);

/* The header of layout 1, and whether it says what there is. */
int salvage_header_v1(struct salvage *s, struct err *err);
void salvage_compare_v1(struct salvage *s);

/* Read the loaded block as appendix. */
void salvage_appendix(struct salvage *s, const struct store_block_header *h);

int salvage_tally_init(struct salvage_tally *t, struct err *err);
void salvage_tally_fini(struct salvage_tally *t);

/* Count the flows of records that are right.  Their number. */
uint64_t salvage_tally_add(struct salvage_tally *t, const uint8_t *raw,
    size_t len);

/* Compare the index with what it is bound to, if the file has one. */
int salvage_index(struct salvage *s, struct err *err);

/* Compare the statistics of the appendix with what the flows sum up to. */
void salvage_compare(struct salvage *s);

#endif
