/*
 * Blocks that the caller finds, one after the other on its thread.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "query/scan_int.h"

struct scan_feed {
	struct scan_plan plan;
	struct scan_sink sink;
	struct scan_result *result;
	struct scan_worker worker;
	struct scan_file file; /* of the block under way */
	struct scan_job job;
	uint64_t failed; /* number of the file that failed last */
};

struct scan_feed *
scan_feed_new(const struct scan_plan *plan, const struct scan_sink *sink,
    struct scan_result *result, struct err *err)
{
	struct scan_feed *f = calloc(1, sizeof(*f));

	assert(!sink->sums_up);
	memset(result, 0, sizeof(*result));
	if (f == NULL) {
		err_nomem(err);
		return NULL;
	}
	f->plan = *plan;
	if (plan->filter != NULL && filter_is_always(plan->filter))
		f->plan.filter = NULL;
	f->sink = *sink;
	f->result = result;
	f->job.file = &f->file;
	if (scan_worker_init(&f->worker, &f->plan, sink, err) == -1 ||
	    (f->job.part = sink->part_new(sink->ctx, err)) == NULL) {
		scan_feed_free(f);
		return NULL;
	}
	return f;
}

void
scan_feed_free(struct scan_feed *f)
{
	if (f == NULL)
		return;
	if (f->job.part != NULL)
		f->sink.part_free(f->job.part);
	scan_worker_fini(&f->worker, &f->sink);
	free(f);
}

static uint64_t
matches_left(const struct scan_feed *f)
{
	if (f->plan.limit == 0)
		return UINT64_MAX;
	return f->plan.limit - f->result->totals.records;
}

static void
report(struct scan_feed *f)
{
	if (f->failed != f->file.number)
		f->result->files_failed++;
	f->failed = f->file.number;
	f->plan.warn(f->plan.warn_ctx, &f->job.err);
}

enum scan_fed
scan_feed_block(struct scan_feed *f, const struct scan_block *block,
    struct err *err)
{
	struct scan_job *job = &f->job;
	int rc;

	f->file.store = block->file;
	f->file.number = block->number;
	job->ref = block->ref;
	job->first_number = f->result->processed;
	scan_job_run(job, &f->worker, &f->plan, &f->sink, matches_left(f));
	if (job->sink_failed) {
		*err = job->err;
		return SCAN_FED_ERROR;
	}
	if (job->has_failed && block->may_change)
		return SCAN_FED_UNREAD;
	job->ordinal++;
	scan_job_account(job, f->result);
	rc = f->sink.deliver(f->sink.ctx, job->part, err);
	if (job->has_failed)
		report(f);
	if (rc == -1)
		return SCAN_FED_ERROR;
	return rc == 1 || matches_left(f) == 0 ? SCAN_FED_DONE : SCAN_FED_MORE;
}
