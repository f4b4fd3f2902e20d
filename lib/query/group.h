#ifndef QUERY_GROUP_H
#define QUERY_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/batch.h"
#include "query/sums.h"

/*
 * Grouping: flows with equal keys fall on one row, whose counters are summed
 * up.  Workers add batches in any order, then the rows are sorted and read
 * back as batches.  The result does not depend on the number of workers, nor
 * on the memory given: sums are exact, and rows that compare equal stand in
 * the order in which their first flows were read.
 *
 * Keys are packed into bytes; a row is its key, a place and narrow counters,
 * some 50 bytes with its slot for a 5-tuple of IPv4 (counters that do not fit
 * get a wide cell).  Tables are partitioned by hash and shared: a worker sums
 * up what repeats at once in a small table of its own, and hands rows to a
 * partition some hundred at a time; what it has left at the end is added when
 * the partition is sorted.  When tables and what workers collect are larger
 * than the memory given, partitions are written to a temporary file and summed
 * up one by one at the end.
 */

#define GROUP_KEYS_MAX 32
#define GROUP_SIDES_MAX 3
#define GROUP_DISTINCT_MAX 8
#define GROUP_SPREAD_MAX 65536

struct group_key {
	/*
	 * Any but spans.  Flows that lack the field count for zero, 0.0.0.0
	 * for an address; source and destination that are zero stay "::".
	 */
	enum field_id field;
	/*
	 * Of an address: field with its prefix length, else NONE.  A length
	 * of 0 is one that the exporter did not know: all bits count.
	 */
	enum field_id mask;
	uint8_t v4_len; /* address: leading bits that count, 32 for all */
	uint8_t v6_len; /* the same for IPv6, 128 */
	/*
	 * What counts of the address is its country; the row has the address
	 * of its first flow, as a carried field.
	 */
	bool by_country;
};

struct group_spec {
	struct group_key keys[GROUP_KEYS_MAX];
	unsigned nkeys; /* 0: one row for all flows */

	/*
	 * Two letters of the country of an address; code, which is "..",
	 * stays as it is if it is not known.  Threads call it at once.  Keys
	 * by country need it.
	 */
	void (*country)(void *ctx, struct addr a, char code[2]);
	void *country_ctx;

	/*
	 * More fields, of its type, whose value is taken for keys[0]: the
	 * flow counts for each value, once for those that are equal after
	 * masking.  Of rows with the same first flow that of keys[0] comes
	 * first.
	 */
	enum field_id sides[GROUP_SIDES_MAX];
	unsigned nsides;

	/*
	 * Every flow is a row of its own: without keys, sides, distinct values
	 * and percentile.
	 */
	bool is_each;

	/*
	 * In place of keys, the 5-tuple: TCP and UDP flows of both directions
	 * fall on one row, in the direction of the flow read first.  The
	 * counters of reversed flows are added in for out and out for in; their
	 * TCP flags do not count.
	 */
	bool is_biflow;

	/* The TCP flags of reversed flows do count. */
	bool merges_flags;

	/*
	 * Then turn rows of TCP and UDP whose source looks like the server:
	 * addresses, ports, AS numbers, interfaces, in and out counters.
	 */
	bool is_guessed;

	/*
	 * Guess as nfdump 1.6: a source port below 1024 and a destination port
	 * above it, whatever the protocol.  Type and code of ICMP then are
	 * both ports of a row that was turned.
	 */
	bool guesses_low;

	/*
	 * Fields that a row has from its first flow, unless they are keys or
	 * sums; spans up to 80 bytes.
	 */
	struct fieldset carry;

	/*
	 * A row for each time bucket, which begin at multiples of the length
	 * since 1970; 0 none.  The bucket is that of the flow's first time;
	 * with is_spread, packets and bytes are divided over the buckets from
	 * first to last by the time in each, so that sums stay exact, and the
	 * flow itself and its TCP flags count in its first bucket.  Later
	 * buckets have a row only when a packet or byte falls there.  A flow of
	 * more than GROUP_SPREAD_MAX buckets is not divided.  FIRST and LAST of
	 * a row are the begin and end of its bucket.  Rows are sorted by bucket
	 * first, and "top" is per bucket.
	 */
	uint64_t bucket_ms;
	bool is_spread;

	/*
	 * Count the distinct values of these taken together; none: 0.  A flow
	 * that is divided counts in each of its rows.
	 */
	enum field_id distinct[GROUP_DISTINCT_MAX];
	unsigned ndistinct;

	/*
	 * Rows are not split by bucket; instead P95_BPS is the 95th percentile
	 * (nearest rank) of bits per second over the buckets, in + out, those
	 * without traffic between the first bucket of any flow and the last
	 * that any has a part in included.
	 */
	bool is_p95;
};

struct group_options {
	uint64_t memory; /* bytes for rows and tables; 0 no bound */
	unsigned threads; /* that sort; 0 or 1: the caller's alone */
	const char *tmpdir; /* for temporary files; NULL: "/tmp" */
	uint64_t seed; /* of the hash */
};

/* Rows that count: bounds included, of in + out. */
struct group_limits {
	uint64_t packets_min, packets_max;
	uint64_t bytes_min, bytes_max;
};

struct group; /* opaque */

/*
 * NULL with ERR_VALUE (a span as a key, too many keys, too long a tmpdir),
 * ERR_SYSTEM (memory is bounded, and tmpdir cannot be used), ERR_NOMEM.
 * *options and *spec are copied.
 */
struct group *group_new(const struct group_spec *spec,
    const struct group_options *options, struct err *err);

/* NULL is allowed. */
void group_free(struct group *g);

/* Columns that adding reads. */
void group_fields(const struct group_spec *spec, struct fieldset *want);

/* What a thread needs to add. */
struct group_worker;

/* *g must outlive it.  NULL with ERR_NOMEM. */
struct group_worker *group_worker_new(struct group *g, struct err *err);

/* NULL is allowed. */
void group_worker_free(struct group_worker *w);

/*
 * Add the selected rows; b->order, below 2^59, tells their places.  -1 with
 * ERR_NOMEM, ERR_SYSTEM when a temporary file cannot be written, or ERR_VALUE
 * when there are too many rows.
 */
int group_add(struct group_worker *w, const struct batch *b, struct err *err);

/*
 * Hand over what the worker holds back; needed before group_finish().  Errors
 * as of group_add().  Workers may add and flush at the same time.
 */
int group_flush(struct group_worker *w, struct err *err);

/*
 * Sort: by each of the orders, the first "top" rows (0 all) that are inside
 * *limits (NULL: all rows).  No orders: as first met.  Once, after all has
 * been added.  Errors as of group_add(), ERR_SYSTEM also when a temporary file
 * cannot be read, or no thread started.
 */
int group_finish(struct group *g, const struct order *orders,
    unsigned norders, uint64_t top, const struct group_limits *limits,
    struct err *err);

/* Rows inside the limits, before the cut. */
uint64_t group_rows(const struct group *g);

/* Reads the sorted rows. */
struct group_cursor;

/*
 * For the order with this index; *g must outlive it.  NULL with ERR_NOMEM, or
 * ERR_SYSTEM when a temporary file cannot be read.
 */
struct group_cursor *group_cursor_new(struct group *g, unsigned order,
    struct err *err);

/* NULL is allowed. */
void group_cursor_free(struct group_cursor *c);

/*
 * The next rows, all selected, into the columns that *b wants; those that are
 * neither key nor sum nor carried are zero, but for EXTENSIONS, which then are
 * those that the addresses of the key need.  Columns of type span live until
 * the next call.  1, 0 at the end, -1 with ERR_NOMEM or ERR_SYSTEM.
 */
int group_cursor_next(struct group_cursor *c, struct batch *b,
    struct err *err);

#endif
