/*
 * Writer of flow files.  At any moment there is at most one file being
 * filled, "writer", and one on its way out, "outgoing", whose completion or
 * renaming failed and is tried again with every block.  While that one is
 * stuck no other is begun: both would need what the disk refuses to give.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/spool.h"
#include "store/reader.h"
#include "store/slot.h"
#include "store/writer.h"

/* A slot's file that is complete, or shall be. */
struct outgoing {
	bool is_pending;
	struct store_writer *writer; /* NULL when committed */
	struct record_stats stats; /* of what is in the file */
	int64_t start_s; /* of its slot */
	char name[SLOT_NAME_MAX];
};

struct spool {
	struct spool_options options;
	const struct place *dir;
	char current[64]; /* name of the live file in the directory */
	char appended[80]; /* the same while it is appended to another */
	int64_t start_s; /* of the slot */
	int64_t created_s; /* for the file header */
	struct store_writer *writer;
	struct record_stats stats; /* of what is in the file */
	struct record_stats safe; /* of that what is on stable storage */
	int64_t synced_s; /* when it got there */
	struct outgoing outgoing;
	uint64_t lost; /* flows of this slot that are in no file */
	bool has_complained; /* about the directory, in this slot */
	struct log_pause complained; /* about writing */
	bool lacks_exporters;
	struct spool_sums sums; /* of earlier slots */
};

static int64_t
uptime_s(void)
{
	return clock_ms(CLOCK_MONOTONIC) / 1000;
}

/* Trouble with the disk, as told by who does not know where: once a minute. */
static void
complain(struct spool *s, const struct err *err)
{
	if (log_is_due(&s->complained))
		log_error("%s: %s", s->dir->path, err->text);
}

/* Trouble with the directory: once a slot, when those take their time. */
static void
complain_directory(struct spool *s, const struct err *err)
{
	if (s->options.is_lazy ? log_is_due(&s->complained) :
	    !s->has_complained)
		log_error("%s", err->text);
	s->has_complained = true;
}

/* A name that a power failure undoes is found again by the next start. */
static void
make_names_safe(struct spool *s, const char *name)
{
	struct err err;

	if (slot_sync(s->dir->fd, name, &err) == -1)
		complain(s, &err);
}

static bool
is_there(const struct spool *s, const char *name)
{
	struct stat st;

	return fstatat(s->dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    errno != ENOENT;
}

/*
 * A file of our name that we do not write is what an error kept us from
 * removing.  It would be in the way for ever.  An append that could not be
 * finished would be taken for one of ours.
 */
static int
clear_way(const struct spool *s, struct err *err)
{
	const char *tag = s->current + strlen(SLOT_CURRENT);
	struct stat st;

	if (is_there(s, s->appended))
		return err_set(err, ERR_SYSTEM, "%s/%s is not finished",
		    s->dir->path, s->appended);
	if (fstatat(s->dir->fd, s->current, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	if (S_ISREG(st.st_mode) && st.st_size > STORE_HEADER_LEN)
		return datadir_set_aside(s->options.dir, s->current, tag, err);
	if (unlinkat(s->dir->fd, s->current, 0) == -1)
		return err_system(err, "%s/%s", s->dir->path, s->current);
	return 0;
}

static int
begin_file(struct spool *s, struct err *err)
{
	if (datadir_renew(s->options.dir, err) == -1 ||
	    clear_way(s, err) == -1)
		return -1;
	s->writer = store_writer_open(s->dir->fd, s->current,
	    s->options.codec, s->options.ident, s->created_s, err);
	if (s->writer == NULL)
		return err_context(err, "%s", s->dir->path);
	if (s->options.no_index)
		store_writer_no_index(s->writer);
	s->synced_s = uptime_s();
	if (s->options.sync == SPOOL_SYNC_FLUSH)
		make_names_safe(s, ".");
	return 0;
}

static void
forget_file(struct spool *s)
{
	record_stats_init(&s->stats);
	record_stats_init(&s->safe);
}

/* The live file is gone, with all that was in it. */
static void
give_up_file(struct spool *s)
{
	struct err err;

	err_set(&err, ERR_SYSTEM, "%s/%s was removed: %llu flows are lost",
	    s->dir->path, s->current, (unsigned long long)s->stats.flows);
	if (s->stats.flows > 0)
		complain_directory(s, &err);
	s->lost += s->stats.flows;
	store_writer_close(s->writer);
	s->writer = NULL;
	forget_file(s);
	s->lacks_exporters = true;
}

/* Flows that are in the outgoing file no longer. */
static void
lose_outgoing(struct spool *s, const struct record_stats *left)
{
	struct outgoing *o = &s->outgoing;

	if (left->flows >= o->stats.flows)
		return;
	s->lost += o->stats.flows - left->flows;
	o->stats = *left;
}

/* What is in the outgoing file after an error, down to the records. */
static void
check_outgoing(struct spool *s)
{
	struct store_file *f = NULL;
	struct err err;

	if (store_recover(s->dir->fd, s->current, s->options.ident, &err) ==
		-1 ||
	    (f = store_file_open_at(s->dir->fd, s->current, &err)) == NULL)
		complain(s, &err);
	else
		lose_outgoing(s, &store_file_info(f)->stats);
	store_file_close(f);
}

/*
 * Put the outgoing file on stable storage.  When that fails, what the system
 * still knows of it is written again; the flows that can be read after that
 * are there, the others are lost.
 */
static void
make_safe(struct spool *s)
{
	struct outgoing *o = &s->outgoing;
	struct err err;

	if (store_writer_sync(o->writer, &err) == 0)
		return;
	log_error("%s: %s: %" PRIu64 " flows are not on stable storage",
	    s->dir->path, err.text, o->stats.flows);
	if (store_writer_renew(o->writer, &err) == 0)
		log_warning("%s/%s: written again", s->dir->path, s->current);
	else
		log_error("%s: %s", s->dir->path, err.text);
	check_outgoing(s);
}

/* Complete the outgoing file. */
static bool
complete(struct spool *s)
{
	struct outgoing *o = &s->outgoing;
	struct err err;

	if (o->writer == NULL)
		return true;
	if (store_writer_commit(o->writer, &o->stats, &err) == -1) {
		complain(s, &err);
		return false;
	}
	if (s->options.sync != SPOOL_SYNC_NEVER)
		make_safe(s);
	store_writer_close(o->writer);
	o->writer = NULL;
	return true;
}

/*
 * The outgoing file could not be moved.  An append that has come so far that
 * it counts can only be tried again.
 */
static bool
keep_outgoing(struct spool *s)
{
	struct outgoing *o = &s->outgoing;
	struct record_stats none;
	char tag[SLOT_NAME_MAX];
	struct err err;

	if (is_there(s, s->current)) {
		snprintf(tag, sizeof(tag), "%ld.%ld", (long)s->start_s,
		    (long)getpid());
		if (datadir_set_aside(s->options.dir, s->current, tag,
			&err) == 0) {
			s->sums.astray++;
			return true;
		}
		complain_directory(s, &err);
	} else if (!is_there(s, s->appended)) {
		record_stats_init(&none);
		lose_outgoing(s, &none);
		return true;
	}
	o->is_pending = true;
	return false;
}

/* The outgoing file has its name, in the base if need be. */
static void
tell_done(const struct spool *s, bool in_base)
{
	const struct outgoing *o = &s->outgoing;
	const char *slash = in_base ? strrchr(o->name, '/') : NULL;

	if (s->options.done != NULL)
		s->options.done(s->options.ctx, &s->options,
		    slash != NULL ? slash + 1 : o->name, o->start_s);
}

/* Complete the outgoing file and move it into place.  True when it is gone. */
static bool
send_out(struct spool *s)
{
	struct outgoing *o = &s->outgoing;
	const char *name = o->name;
	bool in_base = false;
	struct err err;

	if (!complete(s))
		return false;
	o->is_pending = false;
	if (slot_commit(s->dir->fd,
		is_there(s, s->current) ? s->current : s->appended, name,
		&in_base, &err) == -1) {
		err_context(&err, "%s", s->dir->path);
		complain_directory(s, &err);
		return keep_outgoing(s);
	}
	if (in_base)
		log_error("no sub-directory for %s: stored in '%s'", name,
		    s->dir->path);
	if (s->options.sync != SPOOL_SYNC_NEVER)
		make_names_safe(s, in_base ? "." : name);
	tell_done(s, in_base);
	return true;
}

/* A file to write to: the one there is, or a new one.  False when none. */
static bool
have_file(struct spool *s)
{
	struct err err;

	if (s->outgoing.is_pending && !send_out(s))
		return false;
	if (s->writer != NULL && !is_there(s, s->current))
		give_up_file(s);
	if (s->writer != NULL)
		return true;
	if (begin_file(s, &err) == -1) {
		complain_directory(s, &err);
		return false;
	}
	return true;
}

/* The block may have held records about exporters: they are sent again. */
static void
lose_block(struct spool *s, const struct spool_block *b)
{
	s->lost += b->stats->flows;
	s->lacks_exporters = true;
}

/* Put the blocks so far on stable storage, or lose those that are not. */
static void
flush_file(struct spool *s)
{
	uint32_t blocks = store_writer_blocks(s->writer);
	struct err err;

	s->synced_s = uptime_s();
	if (store_writer_sync(s->writer, &err) == 0) {
		s->safe = s->stats;
		return;
	}
	complain(s, &err);
	if (store_writer_blocks(s->writer) == blocks)
		return;
	s->lost += s->stats.flows - s->safe.flows;
	s->stats = s->safe;
	s->lacks_exporters = true;
}

/* Blocks that fill up faster than they are due must not put it off. */
static bool
must_flush(const struct spool *s, const struct spool_block *b)
{
	return s->options.sync == SPOOL_SYNC_FLUSH &&
	    (b->is_due || uptime_s() - s->synced_s >= s->options.flush_s);
}

void
spool_put(struct spool *s, const struct spool_block *b)
{
	struct err err;

	if (!have_file(s)) {
		lose_block(s, b);
	} else if (store_writer_noted(s->writer, b->data, b->len, b->records,
		       b->stats, b->notes, &err) == -1) {
		complain(s, &err);
		lose_block(s, b);
	} else {
		record_stats_merge(&s->stats, b->stats);
		if (must_flush(s, b))
			flush_file(s);
	}
}

/* Hand the live file over to "outgoing". */
static void
close_file(struct spool *s, const struct spool_end *end)
{
	struct outgoing *o = &s->outgoing;

	s->stats.sequence_failures = end->sequence_failures;
	if (s->stats.flows == 0) {
		s->stats.first_ms = (uint64_t)end->start_s * 1000;
		s->stats.last_ms = s->stats.first_ms;
	}
	if (end->ledger != NULL)
		store_writer_ledger(
		    s->writer, end->ledger(end->ctx, s->lost));
	o->writer = s->writer;
	o->stats = s->stats;
	o->is_pending = true;
	o->start_s = end->start_s;
	slot_name(end->start_s, s->options.interval_s, s->options.layout,
	    o->name);
	if (s->options.has_zone)
		slot_add_zone(end->start_s, o->name);
	s->writer = NULL;
	send_out(s);
	s->stats = o->stats; /* less what was lost on the way */
}

/* What was counted in the slot is history. */
static void
forget_slot(struct spool *s)
{
	s->sums.flows += s->stats.flows;
	s->sums.packets += s->stats.packets;
	s->sums.bytes += s->stats.bytes;
	s->sums.lost += s->lost;
	forget_file(s);
	s->lost = 0;
	s->has_complained = false;
}

/* Is there nothing that a file would be made for? */
static bool
is_idle(const struct spool *s)
{
	return s->options.is_lazy && s->writer == NULL;
}

void
spool_end(struct spool *s, const struct spool_end *end,
    struct spool_slot *was)
{
	uint32_t blocks = 0;

	if (is_idle(s) && s->outgoing.is_pending) {
		send_out(s);
	} else if (!is_idle(s) && have_file(s)) {
		blocks = store_writer_blocks(s->writer);
		close_file(s, end);
		s->sums.files++;
	}
	*was = (struct spool_slot){ s->stats, s->lost, blocks };
	forget_slot(s);
}

bool
spool_lacks_exporters(struct spool *s)
{
	bool lacks = s->lacks_exporters;

	s->lacks_exporters = false;
	return lacks;
}

void
spool_sums(const struct spool *s, struct spool_sums *sums)
{
	sums->files += s->sums.files;
	sums->flows += s->sums.flows + s->stats.flows;
	sums->packets += s->sums.packets + s->stats.packets;
	sums->bytes += s->sums.bytes + s->stats.bytes;
	sums->lost += s->sums.lost + s->lost;
	sums->astray += s->sums.astray + s->outgoing.is_pending;
}

struct spool *
spool_open(const struct spool_options *o, struct err *err)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_nomem(err);
		return NULL;
	}
	s->options = *o;
	s->dir = &o->dir->place;
	forget_file(s);
	snprintf(s->current, sizeof(s->current), "%s%ld", SLOT_CURRENT,
	    (long)getpid());
	snprintf(s->appended, sizeof(s->appended), "%s" SLOT_APPEND,
	    s->current);
	return s;
}

int
spool_begin(struct spool *s, int64_t start_s, int64_t now_s, struct err *err)
{
	s->start_s = start_s;
	s->created_s = now_s;
	if (s->options.is_lazy)
		return 0;
	if (err != NULL)
		return begin_file(s, err);
	return have_file(s) ? 0 : -1;
}

void
spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	if (s->outgoing.is_pending)
		log_error("%s/%s is left behind for the next start",
		    s->dir->path, s->current);
	if (s->outgoing.writer != NULL)
		store_writer_keep(s->outgoing.writer);
	store_writer_close(s->outgoing.writer);
	store_writer_close(s->writer);
	free(s);
}
