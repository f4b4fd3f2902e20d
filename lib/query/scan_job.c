/*
 * One block: load, decode, filter, hand to the sink.
 */

#include <string.h>

#include "query/scan_int.h"

/* More rows than a block can hold: a record has at least 12 bytes. */
#define ORDER_ROW_BITS 20
static_assert(STORE_BLOCK_RAW_MAX / 12 < 1U << ORDER_ROW_BITS,
    "rows of a block have places of their own");

static bool
has_window(const struct scan_plan *plan)
{
	return plan->from_ms > 0 || plan->to_ms < UINT64_MAX;
}

/*
 * Split the columns: those that decide whether a record matches, and the
 * others.  Without filter and window all are decoded at once.
 */
static void
split_fields(const struct scan_plan *plan, struct fieldset *first,
    struct fieldset *rest)
{
	memset(first, 0, sizeof(*first));
	*rest = plan->want;
	totals_fields(rest);
	if (plan->filter == NULL && !has_window(plan)) {
		*first = *rest;
		memset(rest, 0, sizeof(*rest));
		return;
	}
	if (plan->filter != NULL)
		filter_fields(plan->filter, first);
	if (has_window(plan)) {
		fieldset_add(first, FLD_FIRST);
		fieldset_add(first, FLD_LAST);
	}
	fieldset_remove(rest, first);
}

int
scan_worker_init(struct scan_worker *w, const struct scan_plan *plan,
    const struct scan_sink *sink, struct err *err)
{
	struct fieldset first, rest, all;

	split_fields(plan, &first, &rest);
	all = first;
	fieldset_merge(&all, &rest);
	if (batch_init(&w->batch, &all, plan->want_raw, err) == -1)
		return -1;
	if ((w->decoder = record_decoder_new(&first, err)) == NULL)
		return -1;
	if (!fieldset_is_empty(&rest) &&
	    (w->rest = record_decoder_new(&rest, err)) == NULL)
		return -1;
	if (plan->filter != NULL &&
	    (w->filter = filter_run_new(plan->filter, err)) == NULL)
		return -1;
	if (sink->sums_up &&
	    (w->part = sink->part_new(sink->ctx, err)) == NULL)
		return -1;
	return 0;
}

void
scan_worker_fini(struct scan_worker *w, const struct scan_sink *sink)
{
	if (w->part != NULL)
		sink->part_free(w->part);
	filter_run_free(w->filter);
	record_decoder_free(w->rest);
	record_decoder_free(w->decoder);
	batch_fini(&w->batch);
	store_block_fini(&w->block);
}

/* Keep the rows that lie wholly inside the window. */
static void
apply_window(const struct scan_plan *plan, struct batch *b)
{
	const uint64_t *first = BATCH_COL(b, FIRST, uint64_t);
	const uint64_t *last = BATCH_COL(b, LAST, uint64_t);
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->nsel; i++) {
		uint16_t row = b->sel[i];

		b->sel[n] = row;
		n += first[row] >= plan->from_ms && last[row] <= plan->to_ms;
	}
	b->nsel = n;
}

/*
 * Rows of a decoded batch to the sink.  Returns 1 when the limit is reached,
 * else 0; -1 when the sink failed.
 */
static int
match_rows(struct scan_job *job, struct scan_worker *w,
    const struct scan_plan *plan, const struct scan_sink *sink, void *part,
    uint64_t limit)
{
	struct batch *b = &w->batch;
	uint64_t left = limit - job->totals.records;
	bool is_full = false;

	if (has_window(plan))
		apply_window(plan, b);
	if (w->filter != NULL)
		filter_apply(w->filter, b);
	if (b->nsel >= left) {
		is_full = true;
		b->nsel = (uint32_t)left;
	}
	job->processed += is_full ? b->sel[b->nsel - 1] + 1U : b->rows;
	if (b->nsel == 0)
		return 0;
	b->order = (job->ordinal << ORDER_ROW_BITS) + b->first_row -
	    job->first_number;
	if (w->rest != NULL)
		record_decode_rest(w->rest, w->decoder, b);
	if (w->filter != NULL)
		filter_label(w->filter, b);
	totals_add(&job->totals, b);
	if (sink->rows(part, b, &job->err) == -1) {
		job->sink_failed = true;
		return -1;
	}
	return is_full;
}

/* Records that are no flows. */
static int
pass_records(struct scan_job *job, const struct store_block *block,
    const struct scan_sink *sink, void *part)
{
	struct record_cursor c = { block->raw, block->len, 0, 0 };
	struct span record;
	uint16_t type;

	while (record_next(&c, &type, &record, &job->err) == 1) {
		if (type == RECORD_FLOW_V3)
			continue;
		if (sink->record(part, type, &record, &job->err) == -1) {
			job->sink_failed = true;
			return -1;
		}
	}
	return 0; /* a malformed record is met again among the flows */
}

/* Count all flows of the block as read. */
static void
count_flows(struct scan_job *job, const struct store_block *block)
{
	struct record_cursor c = { block->raw, block->len, 0, 0 };
	struct span record;
	struct err err;
	uint16_t type;

	job->processed = 0;
	while (record_next(&c, &type, &record, &err) == 1)
		job->processed += type == RECORD_FLOW_V3;
}

void
scan_job_run(struct scan_job *job, struct scan_worker *w,
    const struct scan_plan *plan, const struct scan_sink *sink,
    uint64_t limit)
{
	void *part = sink->sums_up ? w->part : job->part;
	struct record_cursor c = { NULL, 0, 0, 0 };
	int rc;

	job->totals = (struct totals){ 0 };
	job->processed = job->bytes = 0;
	job->has_failed = job->sink_failed = false;
	if (!sink->sums_up)
		sink->begin(part, job->file->number);
	if (store_block_load(job->file->store, &job->ref, &w->block,
	    &job->err) == -1) {
		job->has_failed = true;
		if (w->block.len == 0)
			return;
	}
	job->bytes = w->block.bytes;
	w->batch.ident = store_file_info(job->file->store)->ident;
	if (w->filter != NULL)
		filter_run_ident(w->filter, w->batch.ident);
	if (sink->record != NULL && pass_records(job, &w->block, sink, part) == -1)
		return;
	c.data = w->block.raw;
	c.len = w->block.len;
	c.flows = job->first_number;
	do {
		rc = record_decode(w->decoder, &c, &w->batch, &job->err);
		if (rc == -1) {
			err_context(&job->err, "%s: block %u",
			    store_file_path(job->file->store),
			    job->ref.number);
			job->has_failed = true;
		}
		if (w->batch.rows > 0 &&
		    match_rows(job, w, plan, sink, part, limit) != 0) {
			if (plan->counts_blocks)
				count_flows(job, &w->block);
			return;
		}
	} while (rc == 1);
}

void
scan_job_account(const struct scan_job *job, struct scan_result *result)
{
	totals_merge(&result->totals, &job->totals);
	result->processed += job->processed;
	result->bytes_read += job->bytes;
	result->blocks_read += job->bytes > 0;
}
