/*
 * Writer of flow files.  A block is filled in place by the record encoder
 * and written when the next record does not fit, and while capturing also
 * after some seconds, so that a crash costs no more than that.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/datadir.h"
#include "common/log.h"
#include "flowprobe/files.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/books.h"
#include "store/slot.h"
#include "store/writer.h"

#define FLUSH_MS 2000
#define LOCK_WAIT_MS 500
#define COMPLAIN_EVERY_S 60
#define MS_PER_S 1000

struct files {
	struct files_options options;
	struct datadir dir;
	struct record_encoder *encoder;
	char current[64]; /* name of the file being written */
	char path[PATH_MAX];
	struct store_writer *writer; /* NULL: none is being written */
	bool has_slot;
	int64_t start_s; /* of the slot */
	struct record_stats stats; /* of the file */
	/* the block */
	uint8_t *block;
	size_t len;
	uint32_t records;
	struct record_stats block_stats;
	struct store_notes *notes; /* NULL: without */
	uint64_t flushed_ms;
	int64_t complained_s; /* 0: never */
	struct files_counters counters;
};

static void
complain(struct files *f, const struct err *err)
{
	int64_t now_s = clock_ms(CLOCK_MONOTONIC) / 1000;

	if (f->complained_s != 0 && now_s - f->complained_s < COMPLAIN_EVERY_S)
		return;
	f->complained_s = now_s;
	log_error("%s", err->text);
}

static void
clear_block(struct files *f)
{
	f->len = 0;
	f->records = 0;
	record_stats_init(&f->block_stats);
	if (f->notes != NULL)
		store_notes_clear(f->notes);
}

static void
lose(struct files *f, uint64_t flows, const struct err *err)
{
	complain(f, err);
	f->counters.lost += flows;
	f->counters.flows -= flows;
}

static void
write_block(struct files *f)
{
	struct err err;

	if (f->len == 0)
		return;
	if (f->writer == NULL)
		f->writer = store_writer_open(f->path, f->options.codec,
		    f->options.ident, f->start_s, &err);
	if (f->writer == NULL ||
	    store_writer_noted(f->writer, f->block, f->len, f->records,
		&f->block_stats, f->notes, &err) == -1)
		lose(f, f->block_stats.flows, &err);
	else
		record_stats_merge(&f->stats, &f->block_stats);
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
add_to_books(struct files *f, const char *name)
{
	struct books_how how = { .mode = BOOKS_UPDATE,
		.wait_ms = LOCK_WAIT_MS, .warn = warn,
		.path = f->options.dir };
	int dir = open(f->options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err;

	if (dir == -1) {
		err_system(&err, "%s", f->options.dir);
		complain(f, &err);
		return;
	}
	if (books_add(dir, name, &how, time(NULL), &err) == -1)
		log_warning("%s: %s", f->options.dir, err.text);
	close(dir);
}

/* Move the complete file into place, or out of the way of the next one. */
static void
move(struct files *f)
{
	char name[SLOT_NAME_MAX], tag[32];
	const char *slash;
	bool in_base = false;
	struct err err;

	slot_name(f->start_s, f->options.interval_s, f->options.layout, name);
	if (slot_commit(f->options.dir, f->current, name, &in_base, &err) ==
	    0) {
		slash = in_base ? strrchr(name, '/') : NULL;
		add_to_books(f, slash != NULL ? slash + 1 : name);
		f->counters.files++;
		return;
	}
	log_error("%s", err.text);
	snprintf(tag, sizeof(tag), "%" PRId64, f->start_s);
	if (datadir_set_aside(f->options.dir, f->current, tag, &err) == -1)
		log_error("%s", err.text);
}

static void
end_file(struct files *f)
{
	struct err err;

	if (f->stats.flows == 0)
		f->stats.first_ms = f->stats.last_ms =
		    (uint64_t)f->start_s * MS_PER_S;
	if (store_writer_commit(f->writer, &f->stats, &err) == -1) {
		lose(f, f->stats.flows, &err);
		store_writer_close(f->writer);
	} else {
		store_writer_close(f->writer);
		move(f);
	}
	f->writer = NULL;
}

static void
end_slot(struct files *f)
{
	uint64_t flows;

	write_block(f);
	flows = f->stats.flows;
	if (f->writer != NULL)
		end_file(f);
	log_info("Flows: %" PRIu64 ", Packets: %" PRIu64 ", Bytes: %" PRIu64,
	    flows, f->stats.packets, f->stats.bytes);
	record_stats_init(&f->stats);
	f->has_slot = false;
}

/* Live, a file is there from the start of its slot. */
static void
begin_slot(struct files *f, uint64_t now_ms)
{
	struct err err;

	f->start_s = slot_start((int64_t)(now_ms / MS_PER_S),
	    f->options.interval_s);
	f->has_slot = true;
	f->flushed_ms = now_ms;
	if (f->options.is_replay)
		return;
	f->writer = store_writer_open(f->path, f->options.codec,
	    f->options.ident, f->start_s, &err);
	if (f->writer == NULL)
		complain(f, &err);
}

static void
enter_slot(struct files *f, uint64_t now_ms)
{
	uint64_t end_ms = (uint64_t)(f->start_s + f->options.interval_s) *
	    MS_PER_S;

	if (f->has_slot && now_ms >= end_ms)
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
	f->counters.flows++;
	record_stats_add_flow(&f->block_stats, flow);
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
	*n = f->counters;
}

static int
prepare(struct files *f, struct err *err)
{
	const struct files_options *o = &f->options;
	struct datadir_slots slots = { o->ident, o->interval_s, o->layout,
		false, false };

	if (datadir_lock(&f->dir, o->dir, err) == -1 ||
	    datadir_claim(&f->dir, err) == -1)
		return -1;
	datadir_recover(&f->dir, &slots);
	snprintf(f->current, sizeof(f->current), "%s%ld", DATADIR_CURRENT,
	    (long)getpid());
	snprintf(f->path, sizeof(f->path), "%s/%s", o->dir, f->current);
	if ((f->block = malloc(STORE_BLOCK_SIZE)) == NULL)
		return err_nomem(err);
	if ((f->encoder = record_encoder_new(0, err)) == NULL)
		return -1;
	f->notes = store_notes_new();
	record_stats_init(&f->stats);
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
	store_writer_close(f->writer);
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
	f->dir.fd = -1;
	if (prepare(f, err) == -1) {
		files_close(f);
		return NULL;
	}
	return f;
}
