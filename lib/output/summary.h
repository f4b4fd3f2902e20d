#ifndef OUTPUT_SUMMARY_H
#define OUTPUT_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "output/dialect.h"
#include "output/json.h"
#include "query/totals.h"
#include "record/info.h"

/*
 * What stands behind the rows: the text trailer (query-cli.md section 14),
 * the CSV summary block (15) and the statistics of -I (19).
 */

struct summary {
	enum dialect dialect;
	struct totals totals;
	uint64_t processed; /* records read */
	uint64_t skipped_blocks;
	uint64_t bytes_read; /* of record data, in ... */
	uint64_t blocks_read;
	uint64_t window_first_ms; /* from the files' statistics */
	uint64_t window_last_ms; /* both 0: unknown */
	double sys_s, user_s, wall_s; /* run times */
};

/* "Summary: ..." up to "Sys: ..."; 1.6 has plain numbers always. */
void summary_text(const struct summary *s, bool plain_numbers,
    struct buffer *out);

/* "Summary", heading and values. */
void summary_csv(const struct summary *s, struct buffer *out);

/* The lines of -I. */
void summary_stats(const char *ident, const struct record_stats *s,
    struct buffer *out);

/* The same as an object of JSON, with a newline. */
void summary_stats_json(const char *ident, const struct record_stats *s,
    enum json_layout layout, struct buffer *out);

#endif
