#ifndef QUERY_SCAN_INT_H
#define QUERY_SCAN_INT_H

#include "query/scan.h"
#include "record/v3.h"

/*
 * A job: one block on its way through a worker, with all that the worker
 * needs.  Jobs are made once and reused.
 */

/* A file with blocks under way. */
struct scan_file {
	struct store_file *store;
	uint64_t number; /* from 1 */
	unsigned pending; /* jobs */
	bool is_read; /* no more blocks will be found */
	bool has_failed;
};

struct scan_job {
	/* what to do */
	struct scan_file *file;
	struct store_ref ref;
	struct scan_window window; /* of files opened since the job before */
	uint64_t first_number; /* of the block's first flow record */
	uint64_t ordinal; /* blocks of all files before it */

	/* what to do it with */
	struct store_block block;
	struct record_decoder *decoder; /* fields of filter and window */
	struct record_decoder *rest; /* the others; NULL: none */
	struct filter_run *filter; /* NULL: none */
	struct batch batch;
	void *part; /* of the sink; NULL when parts belong to workers */

	/* what came of it */
	struct totals totals;
	uint64_t processed;
	uint64_t bytes;
	bool has_failed; /* the block cannot be read to its end */
	bool sink_failed;
	struct err err; /* of either */
};

int scan_job_init(struct scan_job *job, const struct scan_plan *plan,
    const struct scan_sink *sink, struct err *err);
void scan_job_fini(struct scan_job *job, const struct scan_sink *sink);

/* Handle the block with a part of the sink; stop after "limit" matches. */
void scan_job_run(struct scan_job *job, const struct scan_plan *plan,
    const struct scan_sink *sink, void *part, uint64_t limit);

#endif
