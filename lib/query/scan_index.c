/*
 * What an index saves a scan: spans without a match, and spans of which
 * nothing but the sums is wanted.
 */

#include "query/scan_int.h"
#include "query/skip.h"

void
scan_index_init(struct scan_index *x, const struct scan_plan *plan,
    const struct scan_sink *sink)
{
	*x = (struct scan_index){ .from_ms = plan->from_ms,
		.to_ms = plan->to_ms,
		.has_records = sink->record != NULL };
	if (plan->ignores_index)
		return;
	if (plan->filter != NULL)
		x->facts = *filter_facts(plan->filter);
	else
		filter_facts_init(&x->facts);
	filter_facts_window(&x->facts, plan->from_ms, plan->to_ms);
	x->skips = skip_is_possible(&x->facts);
	x->counts = sink->only_counts && plan->filter == NULL &&
	    plan->limit == 0;
}

bool
scan_index_is_wanted(const struct scan_index *x)
{
	return x->skips || x->counts;
}

static bool
is_inside(const struct scan_index *x, const struct store_span *span)
{
	return span->stats.flows == 0 || (span->first.min >= x->from_ms &&
	    span->last.max <= x->to_ms);
}

/* Count a span without reading it, if possible. */
static bool
skip(const struct scan_index *x, const struct store_index *index, uint32_t n,
    struct scan_skipped *skipped)
{
	const struct store_span *span = store_index_span(index, n);

	if (x->has_records && span->has_others)
		return false;
	if (x->counts && is_inside(x, span))
		totals_merge(&skipped->totals, &(struct totals){
		    .records = span->stats.flows,
		    .flows = span->flow_counts,
		    .packets = span->stats.packets,
		    .bytes = span->stats.bytes,
		    .first_ms = span->first.min,
		    .last_ms = span->last.max });
	else if (!x->skips || skip_span(&x->facts, index, n) == SKIP_NONE)
		return false;
	skipped->flows += span->stats.flows;
	skipped->bytes += span->bytes;
	skipped->blocks += span->record_blocks;
	skipped->stored += span->end - span->offset;
	return true;
}

void
scan_index_skip(const struct scan_index *x, struct scan_file *file,
    struct scan_skipped *skipped)
{
	const struct store_index *index = file->index;
	const struct store_span *span;

	while (index != NULL && file->pos >= file->end &&
	    file->span < store_index_spans(index)) {
		span = store_index_span(index, file->span);
		/* a span that has been begun is read to its end */
		if (file->pos <= span->offset &&
		    skip(x, index, file->span, skipped)) {
			store_file_skip(file->store, span);
			file->pos = span->end;
		}
		file->end = span->end;
		file->span++;
	}
}
