#ifndef QUERY_SCAN_H
#define QUERY_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/batch.h"
#include "query/filter.h"
#include "query/totals.h"
#include "store/paths.h"
#include "store/reader.h"

/*
 * Running a query: files -> blocks -> workers that expand, decode, filter
 * and hand batches to a sink -> the sink's parts, delivered in file order.
 * The result is the same whatever the number of workers.
 *
 * Columns are decoded in two steps: what filter and window read for every
 * record, the rest only for the records that match.
 */

/*
 * Where matching flows go.  A part collects what comes from one block; parts
 * are made once and reused.  "rows" and "record" run on a worker, with a
 * part of their own; "deliver" on the caller's thread, block by block.  A
 * block without matches and without records for "record" may be left out.
 *
 * For a sink that sums up, a part belongs to a worker instead: it gets rows of
 * any block (b->order tells their place), has no "begin", and in place of
 * "deliver" there is "finish", once for each part when all has been read.
 */
struct scan_sink {
	void *ctx;
	bool sums_up;
	bool only_counts; /* rows are of no use: some may not be handed over */
	void *(*part_new)(void *ctx, struct err *err);
	void (*part_free)(void *part);

	/*
	 * Forget what is in the part: a block of a file begins.  Files are
	 * numbered from 1 in reading order.
	 */
	void (*begin)(void *part, uint64_t file);

	/* The selected rows of *b are the next matches. */
	int (*rows)(void *part, const struct batch *b, struct err *err);

	/* A record that is no flow, before the rows of its block; or NULL. */
	int (*record)(void *part, uint16_t type, const struct span *record,
	    struct err *err);

	/* 0 to go on, 1 to end the scan well, -1 on error. */
	int (*deliver)(void *ctx, void *part, struct err *err);

	/* On the caller's thread. */
	int (*finish)(void *part, struct err *err);
};

/*
 * Functions of a part for a scan on the caller's thread alone, where one part
 * is enough: ctx itself, which stays.
 */
void *scan_part_only(void *ctx, struct err *err);
void scan_part_keep(void *part);

/* How far a scan is. */
struct scan_progress {
	uint64_t files; /* whose first block has been read */
	uint64_t stored; /* bytes of blocks done, as they are in the files */
	uint64_t flows;
};

struct scan_plan {
	const struct path_list *files;
	const struct filter *filter; /* NULL: every flow */
	uint64_t from_ms; /* window: first >= from and last <= to */
	uint64_t to_ms;
	uint64_t limit; /* matches to stop after; 0 none */
	struct fieldset want; /* columns that the sink reads */
	bool want_raw; /* the sink reads b->raw */
	bool want_numbers; /* b->first_row counts over all files */
	bool skips_files; /* those outside the window, by their headers */
	bool counts_blocks; /* that in which the limit is met is read whole */
	bool ignores_index; /* read all blocks */
	unsigned threads; /* 0 or 1: the caller's alone */

	/*
	 * A file, block or index that cannot be read; the scan goes on.  Of
	 * indexes, which are not needed, only the first is told.
	 */
	void (*warn)(void *ctx, const struct err *err);
	void *warn_ctx;

	/* Called after every block, on the caller's thread; or NULL. */
	void (*progress)(void *ctx, const struct scan_progress *p);
	void *progress_ctx;
};

/* Smallest and largest time in the headers of files; both 0: unknown. */
struct scan_window {
	uint64_t first_ms;
	uint64_t last_ms;
};

struct scan_result {
	struct totals totals; /* over the matches */
	uint64_t processed; /* flow records read, or known not to match */
	uint64_t bytes_read; /* of record data, likewise */
	uint64_t blocks_read; /* likewise */
	uint64_t files_failed; /* that could not be read to their end */
	struct scan_window window; /* of the files read */
	char ident[STORE_IDENT_MAX]; /* of the first file read, "" if none */
};

/*
 * 0, or -1: ERR_NOMEM, ERR_SYSTEM when no thread could be started, as
 * filter_run_new(), or what the sink failed with.
 */
int scan_run(const struct scan_plan *plan, const struct scan_sink *sink,
    struct scan_result *result, struct err *err);

/*
 * A scan whose blocks the caller finds, in files that it keeps open: for what
 * is read while it is written.  All on the caller's thread; the plan's files
 * and threads are of no use, and the sink is one that does not sum up.
 */
struct scan_feed; /* opaque */

struct scan_block {
	struct store_file *file;
	uint64_t number; /* of the file, from 1 */
	struct store_ref ref;
	bool may_change; /* the file is still being written */
};

enum scan_fed {
	SCAN_FED_ERROR = -1, /* as scan_run() */
	SCAN_FED_MORE, /* go on */
	SCAN_FED_DONE, /* the limit is reached, or the sink wants no more */
	SCAN_FED_UNREAD /* it cannot be read, and may change: nothing done */
};

/*
 * *result is emptied, and up to date after every block.  NULL with ERR_NOMEM,
 * as filter_run_new(), or what the sink failed with.
 */
struct scan_feed *scan_feed_new(const struct scan_plan *plan,
    const struct scan_sink *sink, struct scan_result *result,
    struct err *err);

/* NULL is allowed. */
void scan_feed_free(struct scan_feed *f);

/* Handle a block, and deliver what matches in it. */
enum scan_fed scan_feed_block(struct scan_feed *f,
    const struct scan_block *block, struct err *err);

#endif
