/*
 * -w: matching flows to a flow file.  Records are copied as they are, so
 * every extension survives, known or not.
 */

#include <stdlib.h>

#include "flowdump/exporters.h"
#include "flowdump/result.h"
#include "flowdump/target.h"
#include "record/names.h"
#include "record/stats.h"

struct copy {
	struct target *target;
	struct exporters *exporters;
	uint64_t file; /* source file of the last part */
	bool sums; /* the target has none */
	struct record_stats stats;
};

/* What one block gives. */
struct part {
	bool sums;
	uint64_t file;
	struct buffer everyone; /* records of names that follow no exporter */
	struct buffer others; /* records that are no flows */
	const uint8_t *end; /* of the last of them in the block */
	bool is_owned; /* which is an exporter or one of its names */
	struct buffer flows;
	uint32_t records; /* in flows */
	struct record_stats stats;
};

static void
part_free(void *arg)
{
	struct part *p = arg;

	buffer_fini(&p->everyone);
	buffer_fini(&p->others);
	buffer_fini(&p->flows);
	free(p);
}

static void *
part_new(void *ctx, struct err *err)
{
	const struct copy *c = ctx;
	struct part *p;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	p->sums = c->sums;
	return p;
}

static void
part_begin(void *arg, uint64_t file)
{
	struct part *p = arg;

	p->file = file;
	p->everyone.len = p->others.len = 0;
	p->end = NULL;
	p->is_owned = false;
	p->flows.len = 0;
	p->records = 0;
	record_stats_init(&p->stats);
}

static int
part_rows(void *arg, const struct batch *b, struct err *err)
{
	struct part *p = arg;
	const struct span *raw;

	for (uint32_t i = 0; i < b->nsel; i++) {
		raw = &b->raw[b->sel[i]];
		buffer_add(&p->flows, raw->data, raw->len);
	}
	p->records += b->nsel;
	if (p->sums)
		record_stats_add_batch(&p->stats, b);
	return p->flows.failed ? err_nomem(err) : 0;
}

static int
part_record(void *arg, uint16_t type, const struct span *record,
    struct err *err)
{
	struct part *p = arg;
	bool is_names = record_is_names(type);
	struct buffer *to;

	p->is_owned = type == RECORD_EXPORTER ||
	    (is_names && p->is_owned && record->data == p->end);
	p->end = record->data + record->len;
	to = is_names && !p->is_owned ? &p->everyone : &p->others;
	buffer_add(to, record->data, record->len);
	return to->failed ? err_nomem(err) : 0;
}

static int
append_others(struct copy *c, const struct buffer *others, struct err *err)
{
	struct record_cursor cursor = {
	    (const uint8_t *)others->data, others->len, 0, 0 };
	struct buffer out = BUFFER_EMPTY;
	struct span record;
	uint16_t type;
	int rc = 0;

	exporters_next_block(c->exporters);
	while (rc != -1 &&
	    record_next(&cursor, &type, &record, NULL) == 1)
		rc = exporters_record(c->exporters, type, &record, &out, err);
	if (rc != -1)
		rc = target_append(c->target, out.data, out.len, err);
	buffer_fini(&out);
	return rc;
}

static int
deliver(void *ctx, void *arg, struct err *err)
{
	struct copy *c = ctx;
	struct part *p = arg;

	if (p->file != c->file)
		exporters_next_file(c->exporters);
	c->file = p->file;
	if (append_others(c, &p->everyone, err) == -1 ||
	    append_others(c, &p->others, err) == -1)
		return -1;
	exporters_map(c->exporters, p->flows.data, p->flows.len);
	record_stats_merge(&c->stats, &p->stats);
	return target_append(c->target, p->flows.data, p->flows.len, err);
}

static int
run(struct copy *c, struct query *q, struct err *err)
{
	const struct scan_sink sink = { .ctx = c, .part_new = part_new,
	    .part_free = part_free, .begin = part_begin, .rows = part_rows,
	    .record = part_record, .deliver = deliver };

	record_stats_init(&c->stats);
	if ((c->sums = !target_has_sums(c->target)))
		record_stats_fields(&q->plan.want);
	q->plan.want_raw = true;
	if (scan_run(&q->plan, &sink, &q->result, err) == -1)
		return -1;
	if (result_is_missing(q))
		return 0; /* leave no file */
	return target_commit(c->target, c->sums ? &c->stats : NULL, err);
}

int
copy_run(struct query *q, struct err *err)
{
	struct copy c = { .file = 0 };
	int rc = -1;

	if ((c.target = target_new(q, err)) != NULL &&
	    (c.exporters = exporters_new(err)) != NULL)
		rc = run(&c, q, err);
	target_free(c.target);
	exporters_free(c.exporters);
	return rc;
}
