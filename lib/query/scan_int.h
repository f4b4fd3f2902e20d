#ifndef QUERY_SCAN_INT_H
#define QUERY_SCAN_INT_H

#include "query/filter_facts.h"
#include "query/scan.h"
#include "record/v3.h"
#include "store/index.h"

/*
 * A job is one block on its way through a worker; jobs are made once and
 * reused.  What handles it belongs to the worker: its buffers are large, and
 * stay in the cache when they serve the next block at once.
 */

/* A file with blocks under way. */
struct scan_file {
	struct store_file *store;
	uint64_t number; /* from 1 */
	unsigned pending; /* jobs */
	bool is_read; /* no more blocks will be found */
	bool has_failed;

	/* where the walk is in its index */
	const struct store_index *index; /* NULL: every block is read */
	uint32_t span; /* the next to decide about */
	uint64_t pos; /* behind the last block found */
	uint64_t end; /* of the span that is being read */
};

/* What a scan uses indexes for. */
struct scan_index {
	struct filter_facts facts;
	bool skips; /* spans without matches are not read */
	bool counts; /* nor those whose flows all match and only count */
	bool has_records; /* the sink takes records that are no flows */
	uint64_t from_ms; /* window */
	uint64_t to_ms;
};

/* What was not read, and would have been without an index. */
struct scan_skipped {
	uint64_t flows;
	uint64_t bytes; /* of record data */
	uint64_t blocks;
	uint64_t stored;
	struct totals totals; /* over the matches */
};

struct scan_worker {
	struct store_block block;
	struct record_decoder *decoder; /* fields of filter and window */
	struct record_decoder *rest; /* the others; NULL: none */
	struct filter_run *filter; /* NULL: none */
	struct batch batch;
	void *part; /* of the sink, when it sums up */
};

struct scan_job {
	/* what to do */
	struct scan_file *file;
	struct store_ref ref;
	struct scan_window window; /* of files opened since the job before */
	struct scan_skipped skipped; /* since the job before */
	uint64_t first_number; /* of the block's first flow record */
	uint64_t ordinal; /* blocks of all files before it */

	void *part; /* of the sink; NULL when parts belong to workers */

	/* what came of it */
	struct totals totals;
	uint64_t processed;
	uint64_t bytes;
	bool has_failed; /* the block cannot be read to its end */
	bool sink_failed;
	struct err err; /* of either */
};

void scan_index_init(struct scan_index *x, const struct scan_plan *plan,
    const struct scan_sink *sink);

/* Is the index of a file worth loading? */
bool scan_index_is_wanted(const struct scan_index *x);

/* Pass over the spans in front of the walk that need not be read. */
void scan_index_skip(const struct scan_index *x, struct scan_file *file,
    struct scan_skipped *skipped);

int scan_worker_init(struct scan_worker *w, const struct scan_plan *plan,
    const struct scan_sink *sink, struct err *err);
void scan_worker_fini(struct scan_worker *w, const struct scan_sink *sink);

/* Handle the block; stop after "limit" matches. */
void scan_job_run(struct scan_job *job, struct scan_worker *w,
    const struct scan_plan *plan, const struct scan_sink *sink,
    uint64_t limit);

/* Add what came of it to the result of the scan. */
void scan_job_account(const struct scan_job *job, struct scan_result *result);

#endif
