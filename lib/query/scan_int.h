#ifndef QUERY_SCAN_INT_H
#define QUERY_SCAN_INT_H

#include "query/scan.h"
#include "record/v3.h"

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
