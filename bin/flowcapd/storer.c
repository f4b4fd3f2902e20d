/*
 * Writer thread.  A source that a receiver has met is begun here: its
 * directory, lock, recovery and first file cost time that receivers have not.
 */

#include <dirent.h>
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

#include "common/clock.h"
#include "common/log.h"
#include "flowcapd/setup.h"
#include "flowcapd/storer.h"

struct receiver {
	uint64_t slot; /* that it is in */
	bool has_stopped;
};

struct storer {
	struct storer_options options;
	uint64_t slot; /* number of the open one */
	int64_t slot_s; /* start of it */
	struct item *kept, **kept_tail; /* of later slots */
	bool look_back; /* some of those may be due */
	struct slot_total total; /* of the receivers that ended the slot */
	struct receiver *receivers;
	pthread_mutex_t lock; /* of what is shown */
	uint64_t blocks_written;
	bool has_ended; /* the thread */
	pthread_cond_t end; /* of it, by the monotonic clock */
	pthread_t thread;
};

struct storer *
storer_new(const struct storer_options *o, struct err *err)
{
	struct storer *st = calloc(1, sizeof(*st));
	pthread_condattr_t attr;

	if (st == NULL || (st->receivers = calloc(o->receivers,
	    sizeof(*st->receivers))) == NULL) {
		free(st);
		err_nomem(err);
		return NULL;
	}
	st->options = *o;
	st->kept_tail = &st->kept;
	pthread_mutex_init(&st->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&st->end, &attr);
	pthread_condattr_destroy(&attr);
	return st;
}

/* What has become of a source can be seen. */
static void
show(struct storer *st, struct source *source, unsigned blocks)
{
	struct spool_sums sums = source->sums;

	sums.lost += source->lost;
	if (source->spool != NULL)
		spool_sums(source->spool, &sums);
	pthread_mutex_lock(&st->lock);
	source->shown = sums;
	source->shown_slot_s = st->slot_s;
	st->blocks_written += blocks;
	pthread_mutex_unlock(&st->lock);
}

static int
add_source(struct status *s, const struct source *source, struct err *err)
{
	struct status_source *to = &s->sources[s->source_count];

	memcpy(to->ident, source->ident, sizeof(to->ident));
	if ((to->path = strdup(source->path)) == NULL)
		return err_nomem(err);
	to->files = source->shown.files;
	to->flows = source->shown.flows;
	to->packets = source->shown.packets;
	to->bytes = source->shown.bytes;
	to->lost_flows = source->shown.lost;
	to->slot_s = source->shown_slot_s;
	s->source_count++;
	return 0;
}

int
storer_status(struct storer *st, struct status *s, struct err *err)
{
	uint32_t count = sources_count(st->options.sources);
	int rc = 0;

	s->sources = calloc(count + 1, sizeof(*s->sources));
	if (s->sources == NULL)
		return err_nomem(err);
	pthread_mutex_lock(&st->lock);
	s->blocks_written = st->blocks_written;
	for (uint32_t i = 0; i < count && rc == 0; i++)
		rc = add_source(s, sources_get(st->options.sources, i), err);
	pthread_mutex_unlock(&st->lock);
	return rc;
}

static void
recover(const struct storer *st, const struct datadir *dir, const char *ident)
{
	const struct spool_options *o = &st->options.spool;
	struct datadir_slots slots = { ident, o->interval_s, o->layout,
		o->sync != SPOOL_SYNC_NEVER, o->has_zone };

	datadir_recover(dir, &slots);
}

static void
tell_keeper(void *ctx, const struct spool_options *o, const char *name,
    int64_t start_s)
{
	const struct keeper_job job = { o->dir->place.path, name, o->ident,
		start_s, o->dir->place.fd };

	keeper_put(ctx, &job);
}

int
storer_begin(struct storer *st, struct source *source, int64_t start_s,
    int64_t now_s, struct err *err)
{
	struct spool_options o = st->options.spool;

	st->slot_s = start_s;
	o.dir = &source->dir;
	o.ident = source->ident;
	if (st->options.keeper != NULL) {
		o.done = tell_keeper;
		o.ctx = st->options.keeper;
	}
	recover(st, &source->dir, source->ident);
	if (datadir_claim(&source->dir, err) == -1 ||
	    (source->spool = spool_open(&o, err)) == NULL)
		return -1;
	if (spool_begin(source->spool, start_s, now_s, err) == -1) {
		spool_close(source->spool);
		source->spool = NULL;
		return -1;
	}
	show(st, source, 0);
	return 0;
}

static void
recover_below(const struct storer *st, const char *name)
{
	struct datadir *base = st->options.base;
	struct datadir dir;
	char path[PATH_MAX];
	struct err err;

	snprintf(path, sizeof(path), "%s/%s", base->place.path, name);
	if (datadir_lock_below(&dir, base, path, &err) == -1) {
		log_error("%s", err.text);
		return;
	}
	recover(st, &dir, name);
	datadir_unlock(&dir);
}

/* May this be the name of a directory that was made for a sender? */
static int
is_sender(const struct dirent *de)
{
	return de->d_name[strspn(de->d_name, "0123456789abcdef-")] == '\0' &&
	    strchr(de->d_name, '-') != NULL;
}

void
storer_recover_base(const struct storer *st)
{
	const struct place *base = &st->options.base->place;
	struct dirent **list;
	int n = scandirat(base->fd, ".", &list, is_sender, alphasort);

	if (n == -1) {
		log_error("%s: %s", base->path, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		recover_below(st, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}

static int
open_source(struct storer *st, struct source *source, struct err *err)
{
	int rc = source->is_dynamic ?
	    datadir_lock_below(&source->dir, st->options.base, source->path,
		err) : datadir_lock(&source->dir, source->path, err);

	if (rc == -1)
		return -1;
	if (storer_begin(st, source, st->slot_s, st->slot_s, err) == 0)
		return 0;
	datadir_unlock(&source->dir);
	return -1;
}

/* A source is begun with its first block; trouble is told once a slot. */
static bool
is_begun(struct storer *st, struct source *source)
{
	struct err err;

	if (source->spool != NULL)
		return true;
	if (open_source(st, source, &err) == -1) {
		if (!source->has_failed)
			log_error("source '%s': %s", source->ident, err.text);
		source->has_failed = true;
		return false;
	}
	if (source->is_dynamic)
		log_info("Dynamically add source ident: %s in directory: %s",
		    source->ident, source->path);
	return true;
}

static void
want_exporters(const struct storer *st, struct source *source)
{
	atomic_fetch_add(&source->exporters_wanted, 1);
	blocks_want_exporters(st->options.blocks);
}

/*
 * The source whose file is open in the directory of this one: itself, or one
 * that gave way to it in this slot, as when the ident was changed, or the
 * directory's name and it is still the same.
 */
static struct source *
holder_of(const struct storer *st, struct source *source)
{
	struct source *other;
	struct stat named;
	bool is_there;

	if (source->spool != NULL)
		return source;
	is_there = stat(source->path, &named) == 0;
	for (uint32_t i = 0; i < sources_count(st->options.sources); i++) {
		other = sources_get(st->options.sources, i);
		if (other->spool != NULL &&
		    (strcmp(other->path, source->path) == 0 ||
			(is_there && place_is(&other->dir.place, &named))))
			return other;
	}
	return source;
}

static void
print_block(const struct storer *st, const struct block *b)
{
	struct err err;

	if (st->options.printer != NULL &&
	    printer_block(st->options.printer, b->data, b->len, &err) == -1)
		log_error("%s", err.text);
}

static void
put_block(const struct storer *st, struct source *source,
    const struct block *b)
{
	const struct spool_block all = { b->data, b->len, b->records,
		&b->stats, b->notes, b->is_due };

	print_block(st, b);
	spool_put(source->spool, &all);
	if (spool_lacks_exporters(source->spool))
		want_exporters(st, b->source);
}

static void
store_block(struct storer *st, struct block *b)
{
	struct source *source = holder_of(st, b->source);

	st->slot_s = b->slot_s;
	if (!is_begun(st, source)) {
		source->lost += b->stats.flows;
		want_exporters(st, b->source);
	} else {
		put_block(st, source, b);
	}
	show(st, source, 1);
	blocks_return(st->options.blocks, b);
}

/* Sources have their files though nothing came for them yet. */
static void
begin_sources(struct storer *st)
{
	struct source *source;

	for (uint32_t i = 0; i < sources_count(st->options.sources); i++) {
		source = sources_get(st->options.sources, i);
		if (!source->is_retired && !source->is_dynamic &&
		    holder_of(st, source)->spool == NULL &&
		    is_begun(st, source))
			setup_log_source(source);
	}
}

/* The next start looks for the state where the first source is. */
static void
move_state(const struct storer *st)
{
	const struct storer_options *o = &st->options;
	const struct source *first;

	if (o->state == NULL || o->base != NULL)
		return;
	first = sources_first(o->sources);
	if (first->spool != NULL)
		state_file_follow(o->state, first->path);
}

static void
close_source(struct source *source)
{
	spool_sums(source->spool, &source->sums);
	spool_close(source->spool);
	source->spool = NULL;
	datadir_unlock(&source->dir);
}

static struct store_ledger *
make_ledger(void *ctx, uint64_t lost)
{
	return counters_copy_ledger(ctx, lost);
}

/* The line that programs parse, and ours. */
static void
log_slot(const struct storer *st, const struct source *source,
    const struct spool_slot *slot)
{
	const struct slot_counters *c = &source->ended;

	log_info("Ident: '%s' Flows: %" PRIu64 ", Packets: %" PRIu64
		 ", Bytes: %" PRIu64 ", Sequence Errors: %" PRIu64
		 ", Bad Packets: %" PRIu64 ", Blocks: %" PRIu32,
	    source->ident, slot->stats.flows, slot->stats.packets,
	    slot->stats.bytes, c->wire.sequence_failures, c->bad_packets,
	    slot->blocks);
	counters_log(c, slot->lost);
	counters_log_ledger(c, st->options.log_exporters);
}

/* Complete the file of a source, and begin the next one unless it is last. */
static void
end_file(const struct storer *st, struct source *source, bool is_last)
{
	const struct slot_total *t = &st->total;
	const struct spool_end end = { .start_s = t->start_s,
		.sequence_failures = source->ended.wire.sequence_failures,
		.ledger = make_ledger, .ctx = &source->ended };
	struct spool_slot slot;

	spool_end(source->spool, &end, &slot);
	log_slot(st, source, &slot);
	if (!is_last)
		spool_begin(source->spool, t->next_s, t->next_s, NULL);
}

/* The slot ends for a source. */
static void
end_source(const struct storer *st, struct source *source)
{
	const struct slot_total *end = &st->total;
	bool is_last = end->is_last || source->is_retired;

	source->has_failed = false;
	if (source->lost > 0)
		log_error("source '%s': %" PRIu64 " flows are lost",
		    source->ident, source->lost);
	source->sums.lost += source->lost;
	source->lost = 0;
	if (source->spool != NULL && !end->is_void) {
		end_file(st, source, is_last);
		if (source->is_retired)
			close_source(source);
	}
	store_ledger_free(source->ended.ledger);
	source->ended = (struct slot_counters){ 0 };
}

static void
log_total(const struct storer *st)
{
	const struct slot_total *t = &st->total;

	log_info("Total packets received: %" PRIu64 " avg: %.2f/s ignored "
	    "packets: %" PRIu64, t->datagrams,
	    (double)t->datagrams / st->options.spool.interval_s, t->ignored);
}

/*
 * What the system dropped cannot be told to belong to a source, unless there
 * is but one.
 */
static void
tell_drops(struct storer *st, uint32_t count)
{
	if (count == 1)
		sources_get(st->options.sources, 0)->ended.socket_drops =
		    st->total.socket_drops;
	else if (st->total.socket_drops > 0)
		log_warning("Datagrams dropped by the system: %" PRIu64,
		    st->total.socket_drops);
}

/* All receivers have ended the open slot. */
static void
end_slot(struct storer *st)
{
	uint32_t count = sources_count(st->options.sources);

	tell_drops(st, count);
	for (uint32_t i = 0; i < count; i++)
		end_source(st, sources_get(st->options.sources, i));
	log_total(st);
	st->slot++;
	st->slot_s = st->total.next_s;
	if (!st->total.is_last && !st->total.is_void) {
		begin_sources(st);
		move_state(st);
	}
	for (uint32_t i = 0; i < count; i++)
		show(st, sources_get(st->options.sources, i), 0);
	st->look_back = true;
	st->total = (struct slot_total){ 0 };
}

/* Has every receiver left the open slot?  *all: for good. */
static bool
is_over(const struct storer *st, bool *all)
{
	bool is_left = true;

	*all = true;
	for (unsigned i = 0; i < st->options.receivers; i++) {
		*all = *all && st->receivers[i].has_stopped;
		is_left = is_left && (st->receivers[i].has_stopped ||
		    st->receivers[i].slot > st->slot);
	}
	return is_left;
}

/* A receiver has ended the open slot.  Counters go to where the flows are. */
static void
take_end(struct storer *st, struct slot_end *end)
{
	struct receiver *r = &st->receivers[end->item.receiver];
	struct slot_total *t = &st->total;
	struct source *source;

	for (uint32_t i = 0; i < end->count; i++) {
		source = holder_of(st, end->sources[i].source);
		counters_merge(&source->ended, &end->sources[i].counters);
		counters_take_ledger(&source->ended,
		    &end->sources[i].counters);
	}
	t->datagrams += end->total.datagrams;
	t->ignored += end->total.ignored;
	t->socket_drops += end->total.socket_drops;
	t->start_s = end->total.start_s;
	t->is_void = end->total.is_void;
	if (!end->total.is_last)
		t->next_s = end->total.next_s;
	r->slot = end->item.slot + 1;
	r->has_stopped = end->total.is_last;
	free(end);
	if (is_over(st, &t->is_last))
		end_slot(st);
}

/* Sources that are new have their files from now on. */
static void
reload(struct storer *st)
{
	if (st->options.reload(st->options.ctx) == -1)
		return;
	begin_sources(st);
	move_state(st);
	log_info("Sources read again");
}

static void
keep_back(struct storer *st, struct item *item)
{
	item->next = NULL;
	*st->kept_tail = item;
	st->kept_tail = &item->next;
}

/* The first item kept back that is due, or NULL. */
static struct item *
take_kept(struct storer *st)
{
	struct item **at = &st->kept, *item;

	while ((item = *at) != NULL && item->slot > st->slot)
		at = &item->next;
	if (item == NULL) {
		st->look_back = false;
		return NULL;
	}
	if ((*at = item->next) == NULL)
		st->kept_tail = at;
	return item;
}

static struct item *
next_item(struct storer *st)
{
	struct item *item = st->look_back ? take_kept(st) : NULL;

	return item != NULL ? item : blocks_get(st->options.blocks);
}

static void
handle(struct storer *st, struct item *item)
{
	switch (item->kind) {
	case ITEM_BLOCK:
		store_block(st, (struct block *)item);
		break;
	case ITEM_SLOT_END:
		take_end(st, (struct slot_end *)item);
		break;
	case ITEM_STATE:
		state_file_put(st->options.state, (struct state_item *)item);
		break;
	case ITEM_RELOAD:
		free(item);
		reload(st);
		break;
	}
}

static bool
has_ended(const struct storer *st)
{
	for (unsigned i = 0; i < st->options.receivers; i++)
		if (!st->receivers[i].has_stopped)
			return false;
	return true;
}

static void *
storer_main(void *arg)
{
	struct storer *st = arg;
	struct item *item;

	while (!has_ended(st)) {
		item = next_item(st);
		if (item->slot > st->slot)
			keep_back(st, item);
		else
			handle(st, item);
	}
	pthread_mutex_lock(&st->lock);
	st->has_ended = true;
	pthread_cond_signal(&st->end);
	pthread_mutex_unlock(&st->lock);
	return NULL;
}

int
storer_start(struct storer *st, struct err *err)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&st->thread, NULL, storer_main, st);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return 0;
	errno = rc;
	return err_system(err, "cannot start the writer thread");
}

bool
storer_wait(struct storer *st, unsigned timeout_ms)
{
	struct timespec end = clock_after(CLOCK_MONOTONIC, timeout_ms);
	bool has_ended;
	int rc = 0;

	pthread_mutex_lock(&st->lock);
	while (!st->has_ended && rc == 0)
		rc = pthread_cond_timedwait(&st->end, &st->lock, &end);
	has_ended = st->has_ended;
	pthread_mutex_unlock(&st->lock);
	if (has_ended)
		pthread_join(st->thread, NULL);
	return has_ended;
}

void
storer_free(struct storer *st)
{
	struct sources *all;

	if (st == NULL)
		return;
	all = st->options.sources;
	for (uint32_t i = 0; i < sources_count(all); i++)
		spool_close(sources_get(all, i)->spool);
	pthread_cond_destroy(&st->end);
	pthread_mutex_destroy(&st->lock);
	free(st->receivers);
	free(st);
}
