/*
 * Writer of flow files.  At any moment there is at most one file being
 * filled, "writer", and one on its way out, "outgoing", whose completion or
 * renaming failed and is tried again with every block.  While that one is
 * stuck no other is begun: both would need what the disk refuses to give.
 */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "flowcapd/counters.h"
#include "flowcapd/spool.h"
#include "store/slot.h"
#include "store/writer.h"

#define COMPLAIN_EVERY_S 60

/* A slot's file that is complete, or shall be. */
struct outgoing {
	bool is_pending;
	struct store_writer *writer; /* NULL when committed */
	struct record_stats stats;
	char name[SLOT_NAME_MAX];
};

struct spool {
	struct spool_options options;
	char current[64]; /* name of the live file in the directory */
	char path[PATH_MAX]; /* the same with the directory */
	int64_t start_s; /* of the slot */
	int64_t created_s; /* for the file header */
	struct store_writer *writer;
	struct record_stats stats; /* of what is in the file */
	struct outgoing outgoing;
	uint64_t lost; /* flows of this slot that are in no file */
	bool has_complained; /* about the directory, in this slot */
	int64_t complained_s; /* about writing; 0: never */
	struct blocks *blocks;
	pthread_t thread;
};

/* Trouble with the disk: once a minute. */
static void
complain(struct spool *s, const struct err *err)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (s->complained_s != 0 &&
	    now.tv_sec - s->complained_s < COMPLAIN_EVERY_S)
		return;
	s->complained_s = now.tv_sec;
	log_error("%s", err->text);
}

/* Trouble with the directory: once a slot. */
static void
complain_directory(struct spool *s, const struct err *err)
{
	if (!s->has_complained)
		log_error("%s", err->text);
	s->has_complained = true;
}

/* Somebody removed the directory: make it again and lock the new one. */
static int
restore_directory(struct spool *s, struct err *err)
{
	struct datadir *d = s->options.dir;
	struct datadir fresh;

	if (access(d->path, F_OK) == 0 || errno != ENOENT)
		return 0;
	if (mkdir(d->path, 0755) == -1)
		return err_system(err, "directory '%s'", d->path);
	if (datadir_lock(&fresh, d->path, err) == -1)
		return -1;
	datadir_unlock(d);
	*d = fresh;
	log_warning("directory '%s' was removed: made again", d->path);
	return datadir_claim(d, err);
}

static int
begin_file(struct spool *s, struct err *err)
{
	if (restore_directory(s, err) == -1)
		return -1;
	s->writer = store_writer_open(s->path, s->options.codec,
	    s->options.ident, s->created_s, err);
	if (s->writer == NULL)
		return -1;
	if (s->options.no_index)
		store_writer_no_index(s->writer);
	return 0;
}

/* The live file is gone, with all that was in it. */
static void
give_up_file(struct spool *s)
{
	struct err err;

	err_set(&err, ERR_SYSTEM, "%s was removed: %llu flows are lost",
	    s->path, (unsigned long long)s->stats.flows);
	complain_directory(s, &err);
	s->lost += s->stats.flows;
	store_writer_close(s->writer);
	s->writer = NULL;
	record_stats_init(&s->stats);
	blocks_want_exporters(s->blocks);
}

/* Complete the outgoing file and move it into place.  True when it is gone. */
static bool
send_out(struct spool *s)
{
	struct outgoing *o = &s->outgoing;
	const char *dir = s->options.dir->path;
	bool in_base = false;
	char tag[SLOT_NAME_MAX];
	struct err err;

	if (o->writer != NULL) {
		if (store_writer_commit(o->writer, &o->stats, &err) == -1) {
			complain(s, &err);
			return false;
		}
		store_writer_close(o->writer);
		o->writer = NULL;
	}
	o->is_pending = false;
	if (slot_commit(dir, s->current, o->name, &in_base, &err) == 0) {
		if (in_base)
			log_error("no sub-directory for %s: stored in '%s'",
			    o->name, dir);
		return true;
	}
	complain_directory(s, &err);
	if (access(s->path, F_OK) == -1 && errno == ENOENT) {
		s->lost += o->stats.flows;
		return true;
	}
	snprintf(tag, sizeof(tag), "%ld.%ld", (long)s->start_s, (long)getpid());
	if (datadir_set_aside(dir, s->current, tag, &err) == -1) {
		complain_directory(s, &err);
		o->is_pending = true;
		return false;
	}
	return true;
}

/* A file to write to: the one there is, or a new one.  False when none. */
static bool
have_file(struct spool *s)
{
	struct err err;

	if (s->outgoing.is_pending && !send_out(s))
		return false;
	if (s->writer != NULL && access(s->path, F_OK) == -1 &&
	    errno == ENOENT)
		give_up_file(s);
	if (s->writer != NULL)
		return true;
	if (begin_file(s, &err) == -1) {
		complain_directory(s, &err);
		return false;
	}
	return true;
}

static void
print_block(struct spool *s, const struct block *b)
{
	struct err err;

	if (s->options.printer != NULL &&
	    printer_block(s->options.printer, b->data, b->len, &err) == -1)
		log_error("%s", err.text);
}

/* The block may have held records about exporters: they are sent again. */
static void
lose_block(struct spool *s, const struct block *b)
{
	s->lost += b->stats.flows;
	blocks_want_exporters(s->blocks);
}

static void
store_block(struct spool *s, const struct block *b)
{
	struct err err;

	print_block(s, b);
	if (!have_file(s)) {
		lose_block(s, b);
	} else if (store_writer_block(s->writer, b->data, b->len, b->records,
		       &err) == -1) {
		complain(s, &err);
		lose_block(s, b);
	} else
		record_stats_merge(&s->stats, &b->stats);
}

/* The line that programs parse, and ours. */
static void
log_slot(const struct spool *s, unsigned blocks, const struct slot_counters *c)
{
	log_info("Ident: '%s' Flows: %" PRIu64 ", Packets: %" PRIu64
		 ", Bytes: %" PRIu64 ", Sequence Errors: %" PRIu64
		 ", Bad Packets: %" PRIu64 ", Blocks: %u",
	    s->options.ident, s->stats.flows, s->stats.packets,
	    s->stats.bytes, c->sequence_failures, c->bad_packets, blocks);
	counters_log(c, s->lost);
}

/* Hand the live file over to "outgoing". */
static void
close_file(struct spool *s, const struct slot_end *end)
{
	struct outgoing *o = &s->outgoing;

	s->stats.sequence_failures = end->counters.sequence_failures;
	if (s->stats.flows == 0) {
		s->stats.first_ms = (uint64_t)end->start_s * 1000;
		s->stats.last_ms = s->stats.first_ms;
	}
	o->writer = s->writer;
	o->stats = s->stats;
	o->is_pending = true;
	slot_name(end->start_s, s->options.interval_s, s->options.layout,
	    o->name);
	s->writer = NULL;
	send_out(s);
}

static void
end_slot(struct spool *s, const struct slot_end *end)
{
	unsigned blocks = 0;

	if (have_file(s)) {
		blocks = store_writer_blocks(s->writer);
		close_file(s, end);
	}
	log_slot(s, blocks, &end->counters);
	record_stats_init(&s->stats);
	s->lost = 0;
	s->has_complained = false;
	s->start_s = s->created_s = end->next_s;
	if (end->is_last && s->outgoing.is_pending)
		log_error("%s is left behind for the next start", s->path);
	else if (!end->is_last)
		have_file(s);
}

static void *
spool_main(void *arg)
{
	struct spool *s = arg;
	bool is_last = false;
	struct block *b;

	while (!is_last) {
		b = blocks_get(s->blocks);
		if (b->len > 0)
			store_block(s, b);
		if (b->ends_slot) {
			is_last = b->end.is_last;
			end_slot(s, &b->end);
		}
		blocks_return(s->blocks, b);
	}
	return NULL;
}

struct spool *
spool_open(const struct spool_options *o, int64_t start_s, int64_t now_s,
    struct err *err)
{
	struct spool *s = calloc(1, sizeof(*s));
	int len;

	if (s == NULL) {
		err_nomem(err);
		return NULL;
	}
	s->options = *o;
	s->start_s = start_s;
	s->created_s = now_s;
	record_stats_init(&s->stats);
	snprintf(s->current, sizeof(s->current), "%s%ld", DATADIR_CURRENT,
	    (long)getpid());
	len = snprintf(s->path, sizeof(s->path), "%s/%s", o->dir->path,
	    s->current);
	if (len >= (int)sizeof(s->path)) {
		err_set(err, ERR_VALUE, "directory name '%s' is too long",
		    o->dir->path);
		free(s);
		return NULL;
	}
	if (begin_file(s, err) == -1) {
		free(s);
		return NULL;
	}
	return s;
}

int
spool_start(struct spool *s, struct blocks *blocks, struct err *err)
{
	sigset_t all, old;
	int rc;

	s->blocks = blocks;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&s->thread, NULL, spool_main, s);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return 0;
	errno = rc;
	return err_system(err, "cannot start the writer thread");
}

bool
spool_wait(struct spool *s, unsigned timeout_ms)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	return pthread_timedjoin_np(s->thread, NULL, &end) == 0;
}

void
spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	/* Closing an uncommitted writer removes its file: not that one. */
	if (!s->outgoing.is_pending)
		store_writer_close(s->writer);
	free(s);
}
