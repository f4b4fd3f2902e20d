#ifndef OUTPUT_STATISTIC_H
#define OUTPUT_STATISTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/civil.h"
#include "flow/batch.h"
#include "output/dialect.h"
#include "query/report.h"
#include "query/totals.h"

/*
 * Lists of element statistics (query-cli.md section 8): a heading, a column
 * line, and a row for each value with its share of all matching flows.
 */

enum statistic_mode {
	STATISTIC_TEXT,
	STATISTIC_CSV,
	STATISTIC_PIPE,
	STATISTIC_JSON, /* each row begins with a comma, as FORMAT_JSON says */
	STATISTIC_NDJSON
};

struct statistic {
	enum statistic_mode mode;
	enum dialect dialect;
	const struct report_statistic *what;
	enum order_id order; /* of this list: which counters it shows */
	const char *order_text; /* for the heading; NULL: the order's name */
	uint64_t top; /* rows asked for, 0 all; for the heading */
	bool quiet; /* -q */
	bool plain_numbers; /* -N */
	bool long_ipv6; /* -6 */
	bool tags_addresses; /* -T, in text */
	bool has_distinct; /* columns of their own behind the others */
	bool has_p95;
	struct totals totals; /* what percentages refer to */
	struct civil_cache civil; /* zero it */
	bool has_buckets; /* rows of --by: each has a list of its own */
	uint64_t rank; /* of the row before; zero it */
	uint64_t bucket_ms; /* its first time */

	/* As in struct group_spec; for elements by country. */
	void (*country)(void *ctx, struct addr a, char code[2]);
	void *country_ctx;
};

/* Add the columns that statistic_rows() reads. */
void statistic_fields(const struct statistic *s, struct fieldset *want);

/*
 * What stands before the rows.  With to_ms they are those of the time from
 * from_ms to to_ms, which the text names; else both are 0.
 */
void statistic_heading(struct statistic *s, uint64_t from_ms, uint64_t to_ms,
    struct buffer *out);

/* Append "count" of the rows of *b, from the first one given. */
void statistic_rows(struct statistic *s, const struct batch *b,
    uint32_t first, uint32_t count, struct buffer *out);

#endif
