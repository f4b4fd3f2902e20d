/*
 * -w: matching flows to a flow file.  Records are copied as they are, so
 * every extension survives, known or not.  The file appears under its name
 * when it is complete.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "flowdump/exporters.h"
#include "flowdump/query.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/writer.h"

struct copy {
	struct query *query;
	char *temporary; /* name while it is written */
	const struct codec *codec;
	struct store_writer *writer; /* opened with the first block */
	struct exporters *exporters;
	uint64_t file; /* source file of the last part */
	struct buffer block;
	uint32_t records; /* in block */
	struct record_stats stats;
};

/* What one block gives. */
struct part {
	uint64_t file;
	struct buffer others; /* records that are no flows */
	struct buffer flows;
	uint32_t records; /* in flows */
	struct record_stats stats;
};

static void
part_free(void *arg)
{
	struct part *p = arg;

	buffer_fini(&p->others);
	buffer_fini(&p->flows);
	free(p);
}

static void *
part_new(void *ctx, struct err *err)
{
	struct part *p;

	(void)ctx;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		err_nomem(err);
	return p;
}

static void
part_begin(void *arg, uint64_t file)
{
	struct part *p = arg;

	p->file = file;
	p->others.len = 0;
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
	record_stats_add_batch(&p->stats, b);
	return p->flows.failed ? err_nomem(err) : 0;
}

static int
part_record(void *arg, uint16_t type, const struct span *record,
    struct err *err)
{
	struct part *p = arg;

	(void)type;
	buffer_add(&p->others, record->data, record->len);
	return p->others.failed ? err_nomem(err) : 0;
}

/* Write the block that is being filled. */
static int
flush(struct copy *c, struct err *err)
{
	if (c->writer == NULL) {
		c->writer = store_writer_open(c->temporary, c->codec,
		    c->query->result.ident, (int64_t)time(NULL), err);
		if (c->writer == NULL)
			return -1;
	}
	if (c->records > 0 && store_writer_block(c->writer, c->block.data,
	    c->block.len, c->records, err) == -1)
		return -1;
	c->block.len = 0;
	c->records = 0;
	return 0;
}

/* Append records to the block, starting a new one when it is full. */
static int
append(struct copy *c, const char *data, size_t len, struct err *err)
{
	size_t n;

	for (; len > 0; data += n, len -= n) {
		n = load_u16(data + 2);
		if (c->block.len + n > STORE_BLOCK_SIZE &&
		    flush(c, err) == -1)
			return -1;
		buffer_add(&c->block, data, n);
		c->records++;
	}
	return c->block.failed ? err_nomem(err) : 0;
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

	while (rc != -1 &&
	    record_next(&cursor, &type, &record, NULL) == 1)
		rc = exporters_record(c->exporters, type, &record, &out, err);
	if (rc != -1)
		rc = append(c, out.data, out.len, err);
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
	if (append_others(c, &p->others, err) == -1)
		return -1;
	exporters_map(c->exporters, p->flows.data, p->flows.len);
	record_stats_merge(&c->stats, &p->stats);
	return append(c, p->flows.data, p->flows.len, err);
}

static int
finish(struct copy *c, struct err *err)
{
	const char *to = c->query->config->write;

	if (flush(c, err) == -1 ||
	    store_writer_commit(c->writer, &c->stats, err) == -1)
		return -1;
	if (rename(c->temporary, to) == -1) {
		err_system(err, "%s", to);
		unlink(c->temporary);
		return -1;
	}
	return 0;
}

static int
run(struct copy *c, struct err *err)
{
	const struct scan_sink sink = { .ctx = c, .part_new = part_new,
	    .part_free = part_free, .begin = part_begin, .rows = part_rows,
	    .record = part_record, .deliver = deliver };
	struct query *q = c->query;

	record_stats_init(&c->stats);
	record_stats_fields(&q->plan.want);
	q->plan.want_raw = true;
	if (scan_run(&q->plan, &sink, &q->result, err) == -1)
		return -1;
	if (q->result.files_failed == q->files.count && q->files.count > 0)
		return 0; /* nothing could be read: leave no file */
	return finish(c, err);
}

/* What the options name; LZ4 when they do not. */
static const struct codec *
choose_codec(const struct config *o, struct err *err)
{
	if (o->lzo + o->bz2 + o->lz4 + (o->compression != NULL) > 1) {
		err_set(err, ERR_USAGE, "Use one compression: -z for LZO, "
		    "-j for BZ2 or -y for LZ4 compression");
		return NULL;
	}
	if (o->compression != NULL)
		return codec_by_name(o->compression, err);
	return codec_by_name(o->lzo ? "lzo" : o->bz2 ? "bz2" : "lz4", err);
}

int
copy_run(struct query *q, struct err *err)
{
	struct copy c = { .query = q };
	size_t len = strlen(q->config->write) + 32;
	int rc = -1;

	c.codec = choose_codec(q->config, err);
	if (c.codec == NULL)
		return -1;
	c.temporary = malloc(len);
	c.exporters = exporters_new(err);
	if (c.temporary == NULL || c.exporters == NULL) {
		err_nomem(err);
		goto done;
	}
	snprintf(c.temporary, len, "%s.%ld.new", q->config->write,
	    (long)getpid());
	rc = run(&c, err);
done:
	store_writer_close(c.writer);
	exporters_free(c.exporters);
	buffer_fini(&c.block);
	free(c.temporary);
	return rc;
}
