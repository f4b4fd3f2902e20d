/*
 * Scan: finds blocks on the caller's thread, has workers handle them, and
 * delivers the parts in file order.
 *
 * A limit on matches needs no talk between workers: each block is handled as
 * if it were alone, and the block in which the limit is reached is handled
 * once more with what is left of it.
 */

#include <stdlib.h>
#include <string.h>

#include "base/queue.h"
#include "query/scan_int.h"

#define JOBS_PER_WORKER 3

struct scan {
	const struct scan_plan *plan;
	const struct scan_sink *sink;
	struct scan_result *result;
	struct queue *queue; /* NULL: jobs run on the caller's thread */
	struct scan_job *jobs;
	unsigned njobs;
	struct scan_job **idle;
	unsigned nidle;
	struct scan_file *file; /* being walked, or NULL */
	size_t next_path;
	struct scan_window opened; /* of files opened since the last job */
	bool is_done; /* limit reached, or the sink wants no more */
};

static void
report(struct scan *s, struct scan_file *file, const struct err *err)
{
	if (file == NULL || !file->has_failed)
		s->result->files_failed++;
	if (file != NULL)
		file->has_failed = true;
	s->plan->warn(s->plan->warn_ctx, err);
}

static void
release_file(struct scan_file *file)
{
	if (!file->is_read || file->pending > 0)
		return;
	store_file_close(file->store);
	free(file);
}

static void
widen(struct scan_window *w, uint64_t first_ms, uint64_t last_ms)
{
	if (w->last_ms == 0 || first_ms < w->first_ms)
		w->first_ms = first_ms;
	if (last_ms > w->last_ms)
		w->last_ms = last_ms;
}

/*
 * Note what the header says.  The window counts only when the file's first
 * block, or a later one, is delivered: files are opened ahead of that.
 */
static void
note_header(struct scan *s, const struct store_info *info)
{
	if (s->result->ident[0] == '\0')
		memcpy(s->result->ident, info->ident, sizeof(info->ident));
	if (info->has_stats && info->stats.last_ms > 0)
		widen(&s->opened, info->stats.first_ms, info->stats.last_ms);
}

static void
take_window(struct scan *s, struct scan_window *w)
{
	if (w->last_ms > 0)
		widen(&s->result->window, w->first_ms, w->last_ms);
	*w = (struct scan_window){ 0, 0 };
}

/* Open the next file.  1, 0 when there is none, -1 out of memory. */
static int
open_next(struct scan *s, struct err *err)
{
	struct store_file *store;
	struct err why;

	for (;;) {
		if (s->next_path == s->plan->files->count)
			return 0;
		store = store_file_open(
		    s->plan->files->paths[s->next_path++], &why);
		if (store != NULL)
			break;
		report(s, NULL, &why);
	}
	if ((s->file = calloc(1, sizeof(*s->file))) == NULL) {
		store_file_close(store);
		return err_nomem(err);
	}
	s->file->store = store;
	s->file->number = s->next_path;
	note_header(s, store_file_info(store));
	return 1;
}

/* The next block of all files.  1, 0 when there is none, -1 on error. */
static int
next_block(struct scan *s, struct scan_job *job, struct err *err)
{
	struct scan_file *file;
	struct err why;
	int rc;

	for (;;) {
		if (s->file == NULL && (rc = open_next(s, err)) != 1)
			return rc;
		file = s->file;
		rc = store_file_next(file->store, &job->ref, &why);
		if (rc == 1) {
			job->file = file;
			job->window = s->opened;
			s->opened = (struct scan_window){ 0, 0 };
			file->pending++;
			return 1;
		}
		if (rc == -1)
			report(s, file, &why);
		s->file = NULL;
		file->is_read = true;
		release_file(file);
	}
}

static uint64_t
matches_left(const struct scan *s)
{
	if (s->plan->limit == 0)
		return UINT64_MAX;
	return s->plan->limit - s->result->totals.records;
}

/* Account for a job that has run, and deliver its part. */
static int
finish(struct scan *s, struct scan_job *job, struct err *err)
{
	uint64_t left = matches_left(s);
	int rc;

	if (s->queue != NULL && job->totals.records >= left)
		scan_job_run(job, s->plan, s->sink, left);
	if (job->sink_failed) {
		*err = job->err;
		return -1;
	}
	take_window(s, &job->window);
	totals_merge(&s->result->totals, &job->totals);
	s->result->processed += job->processed;
	s->result->bytes_read += job->bytes;
	rc = s->sink->deliver(s->sink->ctx, job->part, err);
	if (job->has_failed)
		report(s, job->file, &job->err);
	if (rc == 1 || matches_left(s) == 0)
		s->is_done = true;
	return rc == -1 ? -1 : 0;
}

static void
release_job(struct scan *s, struct scan_job *job)
{
	job->file->pending--;
	release_file(job->file);
	s->idle[s->nidle++] = job;
}

static void
work(void *ctx, unsigned worker, void *item)
{
	struct scan *s = ctx;

	(void)worker;
	scan_job_run(item, s->plan, s->sink,
	    s->plan->limit > 0 ? s->plan->limit : UINT64_MAX);
}

/* Whether somebody looks at the number of a flow. */
static bool
needs_numbers(const struct scan_plan *plan)
{
	return plan->want_numbers ||
	    (plan->filter != NULL && filter_counts_records(plan->filter));
}

/*
 * Blocks one after the other on this thread: how many flows are before a
 * block is known when the one before it is done.
 */
static int
run_inline(struct scan *s, struct err *err)
{
	struct scan_job *job = s->idle[0];
	int rc = 0;

	while (!s->is_done && (rc = next_block(s, job, err)) == 1) {
		s->nidle = 0;
		job->first_number = s->result->processed;
		scan_job_run(job, s->plan, s->sink, matches_left(s));
		rc = finish(s, job, err);
		release_job(s, job);
		if (rc == -1)
			break;
	}
	return rc == -1 ? -1 : 0;
}

/* Keep the queue full and take what is done. */
static int
run_queue(struct scan *s, struct err *err)
{
	struct scan_job *job;
	bool more = true;
	int rc = 0;

	for (;;) {
		while (more && s->nidle > 0) {
			job = s->idle[s->nidle - 1];
			rc = next_block(s, job, err);
			if (rc == -1)
				return -1;
			more = rc == 1;
			if (more) {
				s->nidle--;
				queue_put(s->queue, job);
			}
		}
		if ((job = queue_get(s->queue)) == NULL)
			return 0;
		rc = s->is_done ? 0 : finish(s, job, err);
		release_job(s, job);
		if (rc == -1)
			return -1;
		if (s->is_done)
			more = false;
	}
}

static int
start(struct scan *s, unsigned threads, struct err *err)
{
	bool is_inline = threads <= 1 || needs_numbers(s->plan);
	unsigned jobs = is_inline ? 1 : threads * JOBS_PER_WORKER;

	s->jobs = calloc(jobs, sizeof(*s->jobs));
	s->idle = calloc(jobs, sizeof(struct scan_job *));
	if (s->jobs == NULL || s->idle == NULL)
		return err_nomem(err);
	for (; s->njobs < jobs; s->njobs++) {
		struct scan_job *job = &s->jobs[s->njobs];

		if (scan_job_init(job, s->plan, s->sink, err) == -1) {
			scan_job_fini(job, s->sink);
			return -1;
		}
		s->idle[s->nidle++] = job;
	}
	if (is_inline)
		return 0;
	s->queue = queue_new(threads - 1, jobs, work, s, err);
	return s->queue == NULL ? -1 : 0;
}

/* Wait for the workers, then close what is open. */
static void
stop(struct scan *s)
{
	struct scan_job *job;

	while (s->queue != NULL && (job = queue_get(s->queue)) != NULL)
		release_job(s, job);
	queue_free(s->queue);
	if (s->file != NULL) {
		s->file->is_read = true;
		release_file(s->file);
	}
	for (unsigned i = 0; i < s->njobs; i++)
		scan_job_fini(&s->jobs[i], s->sink);
	free(s->idle);
	free(s->jobs);
}

int
scan_run(const struct scan_plan *plan, const struct scan_sink *sink,
    struct scan_result *result, struct err *err)
{
	struct scan s = { .plan = plan, .sink = sink, .result = result };
	int rc;

	memset(result, 0, sizeof(*result));
	if ((rc = start(&s, plan->threads, err)) == 0)
		rc = s.queue != NULL ? run_queue(&s, err) :
		    run_inline(&s, err);
	if (!s.is_done)
		take_window(&s, &s.opened);
	stop(&s);
	return rc;
}
