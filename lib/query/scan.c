/*
 * Scan: finds blocks on the caller's thread, has workers handle them, and
 * delivers the parts in file order.
 *
 * A limit on matches needs no talk between workers: each block is handled as
 * if it were alone, and the block in which the limit is reached is handled
 * once more with what is left of it.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/queue.h"
#include "query/scan_int.h"
#include "query/skip.h"

#define JOBS_PER_WORKER 3

/* Starting a worker takes longer than reading that many bytes of files. */
#define WORKERS_FROM (1024 * 1024)

/* What is wrong with a file, found ahead of its turn. */
struct failure {
	struct failure *next;
	uint64_t before; /* the block that it is told before */
	struct scan_file *file; /* NULL: could not be opened */
	bool is_harmless; /* the file is read all the same */
	struct err err;
};

struct scan {
	const struct scan_plan *plan;
	const struct scan_sink *sink;
	struct scan_result *result;
	struct queue *queue; /* NULL: jobs run on the caller's thread */
	struct scan_job *jobs;
	unsigned njobs;
	struct scan_job **idle;
	unsigned nidle;
	struct scan_worker *workers; /* the last is the caller's thread */
	unsigned nworkers;
	uint64_t blocks; /* found so far */
	struct scan_file *file; /* being walked, or NULL */
	size_t next_path;
	struct scan_window opened; /* of files opened since the last job */
	struct scan_index index;
	struct scan_skipped skipped; /* since the last job */
	bool has_bad_index; /* it has been told */
	struct scan_progress progress;
	struct failure *failures; /* in order */
	struct failure **last_failure;
	bool is_done; /* limit reached, or the sink wants no more */
};

static void
release_file(struct scan_file *file)
{
	if (!file->is_read || file->pending > 0)
		return;
	store_file_close(file->store);
	free(file);
}

static void
report(struct scan *s, struct scan_file *file, const struct err *err)
{
	if (file == NULL || !file->has_failed)
		s->result->files_failed++;
	if (file != NULL)
		file->has_failed = true;
	s->plan->warn(s->plan->warn_ctx, err);
}

/*
 * Something is wrong: tell it when all blocks found so far are delivered, and
 * never if the scan ends before, so that nobody sees how far it was ahead.
 */
static int
postpone(struct scan *s, struct scan_file *file, bool is_harmless,
    const struct err *why, struct err *err)
{
	struct failure *f = malloc(sizeof(*f));

	if (f == NULL)
		return err_nomem(err);
	if (file != NULL)
		file->pending++;
	*f = (struct failure){ NULL, s->blocks, file, is_harmless, *why };
	*s->last_failure = f;
	s->last_failure = &f->next;
	return 0;
}

static void
drop_failure(struct scan *s)
{
	struct failure *f = s->failures;

	if ((s->failures = f->next) == NULL)
		s->last_failure = &s->failures;
	if (f->file != NULL) {
		f->file->pending--;
		release_file(f->file);
	}
	free(f);
}

/* Tell the failures that stand before a block. */
static void
tell_failures(struct scan *s, uint64_t block)
{
	while (s->failures != NULL && s->failures->before <= block) {
		if (s->failures->is_harmless)
			s->plan->warn(s->plan->warn_ctx, &s->failures->err);
		else
			report(s, s->failures->file, &s->failures->err);
		drop_failure(s);
	}
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

/* Add what was skipped to the result. */
static void
take_skipped(struct scan *s, struct scan_skipped *skipped)
{
	totals_merge(&s->result->totals, &skipped->totals);
	s->result->processed += skipped->flows;
	s->result->bytes_read += skipped->bytes;
	s->result->blocks_read += skipped->blocks;
	s->progress.stored += skipped->stored;
	*skipped = (struct scan_skipped){ 0 };
}

/* Have the index of the file that was just opened, unless it is of no use. */
static int
load_index(struct scan *s, struct err *err)
{
	struct store_file *store = s->file->store;
	struct err why;

	if (!scan_index_is_wanted(&s->index))
		return 0;
	if (skip_load_index(store, &why) != -1) {
		s->file->index = store_file_index(store);
		return 0;
	}
	if (why.code == ERR_NOMEM) {
		*err = why;
		return -1;
	}
	if (s->has_bad_index)
		return 0;
	s->has_bad_index = true;
	return postpone(s, NULL, true, &why, err);
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
		if (store != NULL && s->plan->skips_files &&
		    skip_file(store_file_info(store), s->plan->from_ms,
		    s->plan->to_ms)) {
			store_file_close(store);
			continue;
		}
		if (store != NULL)
			break;
		if (postpone(s, NULL, false, &why, err) == -1)
			return -1;
	}
	if ((s->file = calloc(1, sizeof(*s->file))) == NULL) {
		store_file_close(store);
		return err_nomem(err);
	}
	s->file->store = store;
	s->file->number = s->next_path;
	note_header(s, store_file_info(store));
	return load_index(s, err) == -1 ? -1 : 1;
}

/* A block of the file has been found: make it the job's. */
static void
take_block(struct scan *s, struct scan_file *file, struct scan_job *job)
{
	file->pending++;
	file->pos = job->ref.offset + job->ref.stored;
	job->file = file;
	job->window = s->opened;
	job->skipped = s->skipped;
	job->ordinal = s->blocks++;
	s->opened = (struct scan_window){ 0, 0 };
	s->skipped = (struct scan_skipped){ 0 };
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
		scan_index_skip(&s->index, file, &s->skipped);
		rc = store_file_next(file->store, &job->ref, &why);
		if (rc == 1) {
			take_block(s, file, job);
			return 1;
		}
		if (rc == -1)
			rc = postpone(s, file, false, &why, err);
		s->file = NULL;
		file->is_read = true;
		release_file(file);
		if (rc == -1)
			return -1;
	}
}

static uint64_t
matches_left(const struct scan *s)
{
	if (s->plan->limit == 0)
		return UINT64_MAX;
	return s->plan->limit - s->result->totals.records;
}

static void
report_progress(struct scan *s, const struct scan_job *job)
{
	struct scan_progress *p = &s->progress;

	if (s->plan->progress == NULL)
		return;
	p->files = job->file->number;
	p->stored += job->ref.stored;
	p->flows = s->result->processed;
	s->plan->progress(s->plan->progress_ctx, p);
}

/* Account for a job that has run, and deliver its part. */
static int
finish(struct scan *s, struct scan_job *job, struct err *err)
{
	uint64_t left = matches_left(s);
	int rc = 0;

	if (s->queue != NULL && job->totals.records >= left)
		scan_job_run(job, &s->workers[s->nworkers - 1], s->plan,
		    s->sink, left);
	if (job->sink_failed) {
		*err = job->err;
		return -1;
	}
	tell_failures(s, job->ordinal);
	take_window(s, &job->window);
	take_skipped(s, &job->skipped);
	scan_job_account(job, s->result);
	if (!s->sink->sums_up)
		rc = s->sink->deliver(s->sink->ctx, job->part, err);
	if (job->has_failed)
		report(s, job->file, &job->err);
	report_progress(s, job);
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

	scan_job_run(item, &s->workers[worker], s->plan, s->sink,
	    s->plan->limit > 0 ? s->plan->limit : UINT64_MAX);
}

/* Whether the files are so small that workers do not pay. */
static bool
is_small(const struct path_list *files)
{
	uint64_t bytes = 0;
	struct stat st;

	for (size_t i = 0; i < files->count && bytes < WORKERS_FROM; i++)
		if (stat(files->paths[i], &st) == 0)
			bytes += (uint64_t)st.st_size;
	return bytes < WORKERS_FROM;
}

/*
 * Whether blocks are handled one after the other: when somebody looks at the
 * number of a flow, or when a limit meets sums that cannot be undone.
 */
static bool
needs_order(const struct scan_plan *plan, const struct scan_sink *sink)
{
	return plan->want_numbers || (sink->sums_up && plan->limit > 0) ||
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

	assert(job != NULL);
	while (!s->is_done && (rc = next_block(s, job, err)) == 1) {
		s->nidle = 0;
		job->first_number = s->result->processed + job->skipped.flows;
		scan_job_run(job, s->workers, s->plan, s->sink,
		    matches_left(s));
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
	int rc;

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
start_workers(struct scan *s, unsigned workers, struct err *err)
{
	if ((s->workers = calloc(workers, sizeof(*s->workers))) == NULL)
		return err_nomem(err);
	while (s->nworkers < workers)
		if (scan_worker_init(&s->workers[s->nworkers++], s->plan,
		    s->sink, err) == -1)
			return -1;
	return 0;
}

static int
start_jobs(struct scan *s, unsigned jobs, struct err *err)
{
	s->jobs = calloc(jobs, sizeof(*s->jobs));
	s->idle = calloc(jobs, sizeof(struct scan_job *));
	if (s->jobs == NULL || s->idle == NULL)
		return err_nomem(err);
	for (; s->njobs < jobs; s->njobs++) {
		struct scan_job *job = &s->jobs[s->njobs];

		if (!s->sink->sums_up && (job->part =
		    s->sink->part_new(s->sink->ctx, err)) == NULL)
			return -1;
		s->idle[s->nidle++] = job;
	}
	return 0;
}

static int
finish_parts(struct scan *s, struct err *err)
{
	for (unsigned i = 0; s->sink->sums_up && i < s->nworkers; i++)
		if (s->sink->finish(s->workers[i].part, err) == -1)
			return -1;
	return 0;
}

static int
start(struct scan *s, unsigned threads, struct err *err)
{
	bool is_inline = threads <= 1 || needs_order(s->plan, s->sink) ||
	    is_small(s->plan->files);
	unsigned workers = is_inline ? 1 : threads;
	unsigned jobs = is_inline ? 1 : threads * JOBS_PER_WORKER;

	if (start_workers(s, workers, err) == -1 ||
	    start_jobs(s, jobs, err) == -1)
		return -1;
	if (is_inline)
		return 0;
	s->queue = queue_new(workers - 1, jobs, work, s, err);
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
	while (s->failures != NULL)
		drop_failure(s);
	if (s->file != NULL) {
		s->file->is_read = true;
		release_file(s->file);
	}
	for (unsigned i = 0; i < s->njobs; i++)
		if (s->jobs[i].part != NULL)
			s->sink->part_free(s->jobs[i].part);
	for (unsigned i = 0; i < s->nworkers; i++)
		scan_worker_fini(&s->workers[i], s->sink);
	free(s->workers);
	free(s->idle);
	free(s->jobs);
}

int
scan_run(const struct scan_plan *plan, const struct scan_sink *sink,
    struct scan_result *result, struct err *err)
{
	struct scan_plan p = *plan;
	struct scan s = { .plan = &p, .sink = sink, .result = result };
	int rc;

	if (p.filter != NULL && filter_is_always(p.filter))
		p.filter = NULL;
	scan_index_init(&s.index, &p, sink);
	s.last_failure = &s.failures;
	memset(result, 0, sizeof(*result));
	if ((rc = start(&s, p.threads, err)) == 0)
		rc = s.queue != NULL ? run_queue(&s, err) :
		    run_inline(&s, err);
	if (rc == 0 && !s.is_done)
		tell_failures(&s, UINT64_MAX);
	if (!s.is_done) {
		take_window(&s, &s.opened);
		take_skipped(&s, &s.skipped);
	}
	if (rc == 0)
		rc = finish_parts(&s, err);
	stop(&s);
	return rc;
}

void *
scan_part_only(void *ctx, struct err *err)
{
	(void)err;
	return ctx;
}

void
scan_part_keep(void *part)
{
	(void)part;
}
