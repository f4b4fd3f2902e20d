/*
 * Flow files of the probe.  A block is filled in place by the record encoder
 * and stored when the next record does not fit, and while capturing also
 * after some seconds, so that a crash costs no more than that.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "common/datadir.h"
#include "common/log.h"
#include "common/spool.h"
#include "flowprobe/files.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/books.h"
#include "store/slot.h"
#include "store/writer.h"

#define FLUSH_MS 2000
#define LOCK_WAIT_MS 500
#define MS_PER_S 1000

struct files {
	struct files_options options;
	struct datadir dir;
	struct spool *spool;
	struct record_encoder *encoder;
	bool has_slot;
	int64_t start_s; /* of the slot */
	/* the block */
	uint8_t *block;
	size_t len;
	uint32_t records;
	struct record_stats stats; /* of its flows */
	struct store_notes *notes; /* NULL: without */
	uint64_t flushed_ms;
};

static void
clear_block(struct files *f)
{
	f->len = 0;
	f->records = 0;
	record_stats_init(&f->stats);
	if (f->notes != NULL)
		store_notes_clear(f->notes);
}

static void
write_block(struct files *f)
{
	const struct spool_block b = { f->block, f->len, f->records,
		&f->stats, f->notes, false };

	if (f->len > 0)
		spool_put(f->spool, &b);
	clear_block(f);
}

static void
warn(void *ctx, const struct err *why)
{
	(void)ctx;
	log_warning("%s", why->text);
}

/* Books that another program keeps are kept up. */
static void
add_to_books(void *ctx, const struct spool_options *o, const char *name,
    int64_t start_s)
{
	struct books_how how = { .mode = BOOKS_UPDATE,
		.wait_ms = LOCK_WAIT_MS, .warn = warn,
		.path = o->dir->place.path };
	struct err err;

	(void)ctx;
	(void)start_s;
	if (books_add(o->dir->place.fd, name, &how, time(NULL), &err) == -1)
		log_warning("%s: %s", how.path, err.text);
}

static void
end_slot(struct files *f)
{
	const struct spool_end end = { .start_s = f->start_s };
	struct spool_slot was;

	write_block(f);
	spool_end(f->spool, &end, &was);
	log_info("Flows: %" PRIu64 ", Packets: %" PRIu64 ", Bytes: %" PRIu64,
	    was.stats.flows, was.stats.packets, was.stats.bytes);
	f->has_slot = false;
}

static void
begin_slot(struct files *f, uint64_t now_ms)
{
	f->start_s = slot_start((int64_t)(now_ms / MS_PER_S),
	    f->options.interval_s);
	f->has_slot = true;
	f->flushed_ms = now_ms;
	spool_begin(f->spool, f->start_s, f->start_s, NULL);
}

/* Is it over?  Also if the clock was set back to long before it. */
static bool
is_over(const struct files *f, uint64_t now_ms)
{
	int64_t now_s = (int64_t)(now_ms / MS_PER_S);
	int64_t interval_s = f->options.interval_s;

	return now_s >= f->start_s + interval_s ||
	    now_s < f->start_s - interval_s;
}

static void
enter_slot(struct files *f, uint64_t now_ms)
{
	if (f->has_slot && is_over(f, now_ms))
		end_slot(f);
	if (!f->has_slot)
		begin_slot(f, now_ms);
}

static size_t
encode(struct files *f, const struct flow *flow)
{
	return record_encode(f->encoder, flow, f->block + f->len,
	    STORE_BLOCK_SIZE - f->len);
}

static void
put(struct files *f, const struct flow *flow)
{
	size_t len = encode(f, flow);

	if (len == 0) {
		write_block(f);
		len = encode(f, flow);
	}
	f->len += len;
	f->records++;
	record_stats_add_flow(&f->stats, flow);
	if (f->notes != NULL)
		store_notes_add(f->notes, flow);
}

void
files_put(struct files *f, const struct flow *flow, uint64_t now_ms)
{
	struct flow all;

	enter_slot(f, now_ms);
	if (f->options.sampling <= 1) {
		put(f, flow);
		return;
	}
	all = *flow;
	all.record_flags |= FLOW_SAMPLED;
	all.in_packets *= f->options.sampling;
	all.in_bytes *= f->options.sampling;
	all.out_packets *= f->options.sampling;
	all.out_bytes *= f->options.sampling;
	put(f, &all);
}

void
files_set_clock(struct files *f, uint64_t now_ms)
{
	if (f->options.is_replay)
		return;
	enter_slot(f, now_ms);
	if (now_ms - f->flushed_ms < FLUSH_MS)
		return;
	f->flushed_ms = now_ms;
	write_block(f);
}

void
files_counters(const struct files *f, struct files_counters *n)
{
	struct spool_sums sums = { 0 };

	spool_sums(f->spool, &sums);
	n->files = sums.files;
	n->flows = sums.flows + f->stats.flows;
	n->lost = sums.lost;
	n->astray = sums.astray;
}

static int
open_spool(struct files *f, struct err *err)
{
	const struct files_options *o = &f->options;
	const struct datadir_slots slots = { o->ident, o->interval_s,
		o->layout, false, false };
	const struct spool_options spool = { .dir = &f->dir,
		.ident = o->ident, .codec = o->codec,
		.interval_s = o->interval_s, .layout = o->layout,
		.sync = SPOOL_SYNC_NEVER, .is_lazy = o->is_replay,
		.done = add_to_books };

	if (datadir_lock(&f->dir, o->dir, err) == -1 ||
	    datadir_claim(&f->dir, err) == -1)
		return -1;
	datadir_recover(&f->dir, &slots);
	f->spool = spool_open(&spool, err);
	return f->spool == NULL ? -1 : 0;
}

static int
prepare(struct files *f, struct err *err)
{
	if (open_spool(f, err) == -1)
		return -1;
	if ((f->block = malloc(STORE_BLOCK_SIZE)) == NULL)
		return err_nomem(err);
	if ((f->encoder = record_encoder_new(0, err)) == NULL)
		return -1;
	f->notes = store_notes_new();
	clear_block(f);
	return 0;
}

void
files_end(struct files *f)
{
	if (f->has_slot)
		end_slot(f);
}

void
files_close(struct files *f)
{
	if (f == NULL)
		return;
	spool_close(f->spool);
	datadir_unlock(&f->dir);
	record_encoder_free(f->encoder);
	store_notes_free(f->notes);
	free(f->block);
	free(f);
}

struct files *
files_open(const struct files_options *o, struct err *err)
{
	struct files *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		err_nomem(err);
		return NULL;
	}
	f->options = *o;
	f->dir = (struct datadir)DATADIR_NONE;
	if (prepare(f, err) == -1) {
		files_close(f);
		return NULL;
	}
	return f;
}
