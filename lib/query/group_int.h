#ifndef QUERY_GROUP_INT_H
#define QUERY_GROUP_INT_H

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "query/group.h"
#include "query/spill.h"

/*
 * What the parts of the grouping engine share.
 *
 *   group_key.c     keys and carried fields: columns <-> packed bytes
 *   group_row.c     one row as bytes
 *   group_table.c   rows of one partition, found by key
 *   group_set.c     all partitions: takes streams of rows, spills, loads
 *   group_out.c     a worker's streams of rows for the partitions of a set
 *   group_feed.c    a worker's way into a set: sums up what repeats soon
 *   group_pack.c    whole flows to rows, column by column
 *   group_add.c     batches to rows: sides, buckets, distinct values
 *   group_finish.c  partition by partition: reduce, sort, cut
 *   group_cursor.c  merge the sorted partitions, rows back to batches
 *
 * A group has up to three sets: its rows; for each row the distinct values;
 * for each row the buckets of a percentile.  The keys of the latter two begin
 * with the key of the row and are partitioned by that alone.
 */

#define GROUP_PARTS 256
#define GROUP_SPAN_MAX 80 /* bytes of a carried span */

/*
 * Variants of a packed key: addresses of the key take 4 bytes when all of
 * them are IPv4, else 16; likewise those of the distinct values.
 */
enum {
	VARIANT_WIDE = 1,
	VARIANT_WIDE_DISTINCT = 2,
	VARIANTS = 4
};

/* Bytes that may be read, or written, behind a packed key or a row. */
#define KEY_SLACK 8

/*
 * A field as bytes: part of a key, or carried.  Without mask and with full
 * lengths an address is taken as it is.
 */
struct key_part {
	enum field_id field;
	enum field_type type;
	enum field_id mask;
	uint8_t v4_len;
	uint8_t v6_len;
	bool by_country; /* then the type is that of a code */
	uint16_t offset[2]; /* narrow, wide */
};

#define COUNTRY_LEN 2

struct key_layout {
	struct key_part part[GROUP_KEYS_MAX];
	unsigned parts;
	void (*country)(void *ctx, struct addr a, char code[COUNTRY_LEN]);
	void *country_ctx;
	uint16_t len[2]; /* narrow, wide */
};

struct carry_layout {
	struct key_part part[FLD_COUNT]; /* offset[0] counts */
	unsigned parts;
	uint16_t len;
};

/* The parts of the key of a biflow. */
enum {
	BIFLOW_SRC_ADDR,
	BIFLOW_DST_ADDR,
	BIFLOW_SRC_PORT,
	BIFLOW_DST_PORT,
	BIFLOW_PROTO,
	BIFLOW_KEYS
};

/* group_key.c */

/*
 * Whether a zero address means that there is none: it then counts as 0.0.0.0,
 * as all that is missing counts as zero.  Source and destination may be "::".
 */
static inline bool
key_is_optional(enum field_id field)
{
	return field != FLD_SRC_ADDR && field != FLD_DST_ADDR;
}

int key_layout_init(struct key_layout *l, const struct group_key *keys,
    unsigned nkeys, struct err *err);
void carry_layout_init(struct carry_layout *l, const struct fieldset *carry);

/*
 * Which of n rows have an address in their key that is not IPv4: is_wide[i]
 * is ored with "bit".  "first" is read in place of the field of part 0, unless
 * it is FLD_NONE.
 */
void key_find_wide(const struct key_layout *l, const struct batch *b,
    const uint16_t *sel, uint32_t n, enum field_id first, uint8_t bit,
    uint8_t *is_wide);

/* Pack the keys of n rows, row i to keys[i]. */
void key_store(const struct key_layout *l, const struct batch *b,
    const uint16_t *sel, uint32_t n, enum field_id first, uint8_t bit,
    const uint8_t *is_wide, uint8_t *const *keys);

/* A packed address. */
static inline struct addr
key_addr(const uint8_t *p, bool is_wide)
{
	struct addr a;
	uint32_t v4;

	if (is_wide)
		memcpy(&a, p, sizeof(a));
	else {
		memcpy(&v4, p, sizeof(v4));
		a = addr_v4(v4);
	}
	return a;
}

/* Is the value of part 0 the same when read from either field? */
bool key_same(const struct key_layout *l, const struct batch *b,
    enum field_id one, enum field_id other, uint32_t row);

/*
 * Pack the carried fields of a row; "first" is read in place of "field",
 * unless it is FLD_NONE.
 */
void carry_store(const struct carry_layout *l, const struct batch *b,
    uint32_t row, enum field_id field, enum field_id first, uint8_t *p);

/* Unpack to a row of the batch, to that field if it is wanted. */
void key_part_load(const struct key_part *part, enum field_id field,
    const uint8_t *p, bool is_wide, struct batch *b, uint32_t row);
void carry_part_load(const struct key_part *part, enum field_id field,
    const uint8_t *p, struct batch *b, uint32_t row);

/* group_row.c */

/*
 * A row as bytes, at any alignment:
 *    0  u64  head: ROW_HAS_CELL, or ROW_IS_CACHED in a worker's cache, and
 *            order, side, direction of its first flow
 *    8  u64  first time (48 bits), flows (16 bits)
 *   16  u32  last - first
 *   20  u32  packets in, or in a table the number of the cell
 *   24  u32  bytes in
 *   28  u8   TCP flags
 *   29       key, then carried fields
 * Sums that do not fit, output counters among them, are in a cell: behind the
 * row in a stream, in an array of its own in a table.  Their places in the row
 * are set all the same: rows are written out whole.
 */
#define ROW_AT_FIRST 8
#define ROW_AT_DURATION 16
#define ROW_AT_PACKETS 20
#define ROW_AT_CELL 20
#define ROW_AT_BYTES 24
#define ROW_AT_FLAGS 28
#define ROW_HEAD_LEN 29
#define ROW_HAS_CELL (UINT64_C(1) << 63)
#define ROW_IS_CACHED (UINT64_C(1) << 62)
#define ROW_FIRST_MASK ((UINT64_C(1) << 48) - 1)

/* Low bits of the head: which side of the flow, and whether it was turned. */
#define HEAD_ORDER_SHIFT 3
#define HEAD_SIDE_SHIFT 1
#define HEAD_TURNED 1
static_assert(GROUP_SIDES_MAX < 1 << (HEAD_ORDER_SHIFT - HEAD_SIDE_SHIFT),
    "sides have numbers of their own");

struct cell {
	uint64_t first_ms;
	uint64_t last_ms;
	uint64_t in_packets;
	uint64_t in_bytes;
	uint64_t out_packets;
	uint64_t out_bytes;
	uint64_t flows;
	uint64_t turned_flags;
};

static inline bool
row_has_cell(const uint8_t *row)
{
	return (load_u64(row) & ROW_HAS_CELL) != 0;
}

static inline uint64_t
row_head(const uint8_t *row)
{
	return load_u64(row) & ~ROW_HAS_CELL;
}

/* Do these fit into a row?  A duration below zero does not. */
static inline bool
row_is_narrow(uint64_t first_ms, uint64_t duration_ms, uint64_t packets,
    uint64_t bytes, uint64_t out, uint64_t flows)
{
	return (first_ms >> 48 | flows >> 16 |
	    (duration_ms | packets | bytes) >> 32 | out) == 0;
}

static inline void
row_put_narrow(uint8_t *row, uint64_t first_ms, uint64_t duration_ms,
    uint64_t packets, uint64_t bytes, uint64_t flows)
{
	store_u64(row + ROW_AT_FIRST, first_ms | flows << 48);
	store_u32(row + ROW_AT_DURATION, (uint32_t)duration_ms);
	store_u32(row + ROW_AT_PACKETS, (uint32_t)packets);
	store_u32(row + ROW_AT_BYTES, (uint32_t)bytes);
}

/*
 * Add the sums of another row when both are narrow, and the result is; else
 * nothing is done.
 */
static inline bool
row_merge(uint8_t *row, const uint8_t *other)
{
	uint64_t a = load_u64(row + ROW_AT_FIRST);
	uint64_t b = load_u64(other + ROW_AT_FIRST);
	uint64_t a_first = a & ROW_FIRST_MASK, b_first = b & ROW_FIRST_MASK;
	uint64_t a_last = a_first + load_u32(row + ROW_AT_DURATION);
	uint64_t b_last = b_first + load_u32(other + ROW_AT_DURATION);
	uint64_t first = a_first < b_first ? a_first : b_first;
	uint64_t last = a_last > b_last ? a_last : b_last;
	uint64_t flows = (a >> 48) + (b >> 48);
	uint64_t packets = (uint64_t)load_u32(row + ROW_AT_PACKETS) +
	    load_u32(other + ROW_AT_PACKETS);
	uint64_t bytes = (uint64_t)load_u32(row + ROW_AT_BYTES) +
	    load_u32(other + ROW_AT_BYTES);

	if (!row_is_narrow(first, last - first, packets, bytes, 0, flows))
		return false;
	row_put_narrow(row, first, last - first, packets, bytes, flows);
	row[ROW_AT_FLAGS] |= other[ROW_AT_FLAGS];
	return true;
}

/* Write the sums to the row when they fit; false when they need a cell. */
bool row_put_sums(uint8_t *row, const struct sums *s);

/*
 * Write head and sums of a row of a stream, and the cell behind it if need
 * be.  Returns the bytes of the cell, or 0.
 */
size_t row_put(uint8_t *row, size_t stride, uint64_t head,
    const struct sums *s);

/* What does not fit: the flags to the row, the rest to a cell. */
void row_put_flags(uint8_t *row, const struct sums *s);
void row_put_cell(struct cell *c, const struct sums *s);

/* The sums of a row; c is its cell, NULL if it has none. */
void row_sums(const uint8_t *row, const struct cell *c, struct sums *s);

/* Append a row and its cell, if any, to a stream. */
void row_append(struct buffer *stream, const uint8_t *row, size_t stride,
    const struct cell *c);

/*
 * Copy by words: up to KEY_SLACK - 1 bytes more than len are read and written.
 */
static inline void
row_copy(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i += 8)
		store_u64(to + i, load_u64(from + i));
}

/* Compare and hash packed keys, which have KEY_SLACK behind them. */
static inline uint64_t
key_tail(const uint8_t *p, size_t len)
{
	return load_u64(p) & ((UINT64_C(1) << len * 8) - 1);
}

static inline bool
key_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (; len >= 8; a += 8, b += 8, len -= 8)
		if (load_u64(a) != load_u64(b))
			return false;
	return len == 0 || key_tail(a, len) == key_tail(b, len);
}

static inline uint64_t
key_hash(const uint8_t *p, size_t len, uint64_t seed)
{
	uint64_t h = seed ^ len;

	for (; len >= 8; p += 8, len -= 8)
		h = hash_u64(h ^ load_u64(p));
	return len == 0 ? hash_u64(h) : hash_u64(h ^ key_tail(p, len));
}

/* group_table.c */

/* What rows of a set look like, by variant. */
struct row_shape {
	uint16_t key_len;
	uint16_t prefix_len; /* of the key: decides on the partition */
	uint16_t stride; /* of a row */
};

/* Carried fields are those of the earlier flow. */
static inline void
row_take_carried(const struct row_shape *s, uint8_t *row, const uint8_t *other)
{
	size_t carry = ROW_HEAD_LEN + (size_t)s->key_len;

	memcpy(row + carry, other + carry, s->stride - carry);
}

static_assert(ROW_HEAD_LEN + GROUP_KEYS_MAX * sizeof(struct addr) +
    sizeof(uint64_t) + GROUP_DISTINCT_MAX * sizeof(struct addr) +
    FLD_COUNT * (1 + GROUP_SPAN_MAX) <= UINT16_MAX,
    "the longest row has a stride");

/*
 * Rows of one variant of a partition; all distinct values of a row are in the
 * same one.  Rows live in chunks and never move; a slot holds 8 bits of the
 * hash and the number of a row, counted from 1.
 */
#define TABLE_ROWS_MAX ((1U << 24) - 2)

struct table {
	uint32_t *slots; /* NULL: rows are not looked up */
	uint32_t nslots; /* a power of two */
	uint32_t rows;
	uint8_t **chunks;
	uint32_t nchunks;
	struct cell *cells;
	uint32_t ncells;
	uint32_t cells_room;
	uint64_t bytes; /* all of that */
	uint64_t *results; /* RESULTS of each row, or NULL */
};

#define TABLE_CHUNK_ROWS 256U

static inline uint8_t *
table_row(const struct table *t, const struct row_shape *s, uint32_t row)
{
	return t->chunks[row / TABLE_CHUNK_ROWS] +
	    (size_t)(row % TABLE_CHUNK_ROWS) * s->stride;
}

static inline const struct cell *
table_cell(const struct table *t, const uint8_t *row)
{
	return row_has_cell(row) ? &t->cells[load_u32(row + ROW_AT_CELL)] :
	    NULL;
}

/*
 * Add rows of a stream: whole rows of this shape, cells behind them.  With
 * look_up rows of equal key are summed up.  -1 with ERR_NOMEM, or ERR_VALUE
 * when there are too many rows.
 */
int table_add(struct table *t, const struct row_shape *s, uint64_t seed,
    bool look_up, const uint8_t *stream, size_t len, struct err *err);

/* The row with that key, or -1. */
int64_t table_find(const struct table *t, const struct row_shape *s,
    const uint8_t *key, uint64_t hash);

/* Forget all rows and give the memory back. */
void table_clear(struct table *t);

/* group_set.c */

/* Rows that were written out. */
struct extent {
	uint64_t offset;
	uint32_t len;
	uint8_t variant;
};

/* A stream of rows that is collected for a partition. */
struct stream {
	struct stream *next; /* of the partition */
	uint32_t room;
	uint32_t used;
	uint8_t variant;
	uint8_t rows[]; /* room, and KEY_SLACK */
};

struct part {
	pthread_mutex_t lock;
	struct stream *left; /* to be added at the end */
	struct table tables[VARIANTS];
	struct extent *extents;
	uint32_t nextents;
	uint32_t extents_room;
};

struct group_set {
	struct group *group;
	struct row_shape shapes[VARIANTS];
	bool look_up;
	struct part parts[GROUP_PARTS];
	unsigned nparts; /* whose lock is made */
};

struct group_set *group_set_new(struct group *g, bool look_up, struct err *err);
void group_set_free(struct group_set *set);

/*
 * Add a stream of rows to a partition, which is written out when memory is
 * short.  -1 with ERR_NOMEM, ERR_VALUE, ERR_SYSTEM.  This and
 * group_set_leave() may be called by any thread; the others, after all has
 * been added, by one thread for a partition.
 */
int group_set_add(struct group_set *set, unsigned part, unsigned variant,
    const uint8_t *stream, size_t len, struct err *err);

/* The same when the partition is loaded; the stream is the set's then. */
void group_set_leave(struct group_set *set, unsigned part, struct stream *s);

/* Write the rows of a partition out.  -1 with ERR_NOMEM, ERR_SYSTEM. */
int group_set_spill(struct group_set *set, unsigned part, struct err *err);

/*
 * Add what was written out or left.  -1 with ERR_NOMEM, ERR_VALUE, ERR_SYSTEM.
 */
int group_set_load(struct group_set *set, unsigned part, struct err *err);

/* Forget the rows of a partition. */
void group_set_clear(struct group_set *set, unsigned part);

/* group_out.c */

/* Streams of one worker, by variant and partition. */
struct outlet {
	struct group_set *set;
	uint32_t len_first; /* of a stream */
	uint32_t len_most;
	uint8_t *at[VARIANTS][GROUP_PARTS]; /* for the next row */
	uint32_t left[VARIANTS][GROUP_PARTS]; /* bytes from there on */
	struct stream *streams[VARIANTS][GROUP_PARTS]; /* NULL: not yet */
};

/* row_len: most bytes of a row and its cell. */
void out_init(struct outlet *o, struct group_set *set, uint32_t row_len);
void out_fini(struct outlet *o);

/*
 * Copy a row and its cell, if any, to the stream of its partition.  -1 as
 * group_set_add().
 */
int out_put(struct outlet *o, unsigned variant, const uint8_t *row,
    const void *cell, struct err *err);

/* Leave what is not full yet to the partitions. */
void out_flush(struct outlet *o);

/* group_feed.c */

/* A flow, or part of one, on its way into a set. */
struct item {
	uint64_t head;
	const struct sums *sums;
	const uint8_t *key;
	const uint8_t *carry;
	unsigned variant;
};

struct feed;

/* Rows that are looked up together. */
#define FEED_ROWS 256U

struct feed *feed_new(struct group_set *set, uint16_t carry_len,
    struct err *err);
void feed_free(struct feed *f);
int feed_put(struct feed *f, const struct item *item, struct err *err);

/*
 * Or written in place: room for up to FEED_ROWS rows and their cells, of which
 * so many of len bytes in all are taken.  NULL when out of memory.
 */
uint8_t *feed_room(struct feed *f, unsigned variant, uint32_t rows,
    struct err *err);
void feed_take(struct feed *f, unsigned variant, uint32_t rows, size_t len);
int feed_flush(struct feed *f, struct err *err);

/* group_pack.c */

/* Columns of what is summed up. */
struct sum_columns {
	const uint64_t *first, *last;
	const uint64_t *in_packets, *in_bytes;
	const uint64_t *out_packets, *out_bytes;
	const uint64_t *flows;
	const uint8_t *flags;
};

void sum_columns_set(struct sum_columns *c, const struct batch *b);

/* The sums of one flow. */
void sum_columns_get(const struct sum_columns *c, uint32_t row,
    struct sums *s);

/*
 * Whole flows as rows: the selected ones of a batch, FEED_ROWS at most.
 * "first" and "side" tell where the value of the first key is from.
 */
int pack_rows(const struct group *g, struct feed *f, const struct batch *b,
    const uint16_t *sel, uint32_t n, enum field_id first, unsigned side,
    struct err *err);

/* group_finish.c */

/*
 * A sorted partition: numbers of rows, or a stream in the temporary file of
 * variant, row, cell if any, and results if the group has them.
 */
struct run {
	uint32_t *rows; /* variant in the upper 8 bits; NULL: in the file */
	uint32_t count;
	uint64_t offset;
	uint64_t len;
};

#define RUN_VARIANT_SHIFT 24

/* Distinct values and percentile of a row. */
enum {
	RESULT_DISTINCT,
	RESULT_P95,
	RESULTS
};

/* What rows are sorted by. */
struct sort_key {
	uint64_t bucket;
	uint64_t value; /* inverted when descending */
	uint64_t head;
};

static inline int
sort_key_compare(const struct sort_key *a, const struct sort_key *b)
{
	if (a->bucket != b->bucket)
		return a->bucket < b->bucket ? -1 : 1;
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->head < b->head ? -1 : a->head > b->head;
}

/*
 * A row of the result: where its bytes are, and its sums in the direction
 * that is shown.
 */
struct result_row {
	const uint8_t *row;
	unsigned variant;
	bool is_turned; /* against the packed key */
	bool is_guessed; /* against its first flow, too */
	struct sums sums;
};

/* results: RESULTS of them, or NULL. */
void group_result_row(const struct group *g, const uint8_t *row,
    unsigned variant, const struct cell *c, const uint64_t *results,
    struct result_row *r);
void group_sort_key(const struct group *g, const struct order *o,
    const struct result_row *r, struct sort_key *key);

/* group.c */

struct group {
	struct group_spec spec;
	struct group_options options;
	struct key_layout keys;
	struct key_layout distinct_keys;
	struct carry_layout carry;
	bool has_buckets; /* in the key of a row */
	struct group_set *rows;
	struct group_set *distinct; /* or NULL */
	struct group_set *buckets; /* of a percentile, or NULL */

	struct spill *spill; /* NULL: no bound on memory */
	_Atomic uint64_t bytes; /* of all tables and streams */
	_Atomic bool has_spilled;
	_Atomic uint64_t first_bucket;
	_Atomic uint64_t last_bucket;

	/* when finished */
	struct order *orders;
	unsigned norders;
	uint64_t top;
	struct group_limits limits;
	bool has_results;
	struct run *runs; /* norders * GROUP_PARTS */
	_Atomic uint64_t count;
};

#endif
