/*
 * The cursor moves with the blocks that are put; what it was before each of
 * the last ones is kept until a receiver has surely read them.  The file holds
 * the one behind the last block that the system has taken, or while a
 * connection is lost, that before the first block that may be sent again.
 */

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "flowfwd/follow_int.h"

#define POLL_MS 500
#define ABANDONED_LOOKS 20

/*
 * What has arrived may wait in the buffer of a receiver, that is read by it
 * after so long, or when so much was put after it: more than the buffers on
 * both sides and our queue hold.
 */
#define REWIND_MS 60000
#define REWIND_BYTES (16U * 1024 * 1024)

#define SYNC_MS 1000

static uint64_t
now_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_MONOTONIC);
}

/* Make the cursor file say this; what fails is tried again by the next call. */
static void
write_cursor(struct follow *f, const struct cursor *c)
{
	const char *path = f->forward->config.cursor;
	bool had_failed = f->has_failed;
	struct err err;
	uint64_t now;

	if (path == NULL ||
	    (f->is_written && memcmp(c, &f->written, sizeof(*c)) == 0))
		return;
	now = now_ms();
	f->has_failed = cursor_write(c, path, now - f->synced_ms >= SYNC_MS,
	    &err) == -1;
	f->is_written = !f->has_failed;
	if (f->has_failed) {
		if (!had_failed)
			log_warning("%s: the cursor is an old one", err.text);
		return;
	}
	if (now - f->synced_ms >= SYNC_MS)
		f->synced_ms = now;
	f->written = *c;
}

/* Steps that need not be done again leave at the front. */
static void
drop_steps(struct follow *f, unsigned n)
{
	f->step_count -= n;
	memmove(f->steps, f->steps + n, f->step_count * sizeof(f->steps[0]));
}

static bool
is_certain(const struct follow *f, const struct step *s)
{
	const struct output *o = f->forward->output;

	return s->is_sent && (!output_has_streams(o) ||
	    output_since(o, &s->after) >=
		REWIND_BYTES + (uint64_t)f->forward->config.buffer ||
	    (s->arrived_ms != 0 && now_ms() - s->arrived_ms >= REWIND_MS));
}

/* Has a connection been lost?  Then the cursor file goes back at once. */
static void
check_connections(struct follow *f)
{
	struct output_counters n;

	output_counters(f->forward->output, &n);
	if (n.lost == f->losses)
		return;
	f->losses = n.lost;
	f->must_rewind = true;
	if (f->step_count > 0)
		write_cursor(f, &f->steps[0].before);
}

/* What has the system taken?  Nothing that was queued for a lost connection. */
static void
settle(struct follow *f)
{
	const struct output *o = f->forward->output;
	const struct cursor *c;
	unsigned certain = 0;
	struct step *s;

	check_connections(f);
	if (f->must_rewind)
		return;
	c = f->step_count > 0 ? &f->steps[0].before : &f->cursor;

	for (unsigned i = 0; i < f->step_count; i++) {
		s = &f->steps[i];
		if (!s->is_sent && !output_has_sent(o, &s->after))
			break;
		s->is_sent = true;
		if (s->arrived_ms == 0 && output_has_arrived(o, &s->after))
			s->arrived_ms = now_ms();
		c = i + 1 < f->step_count ? &f->steps[i + 1].before :
		    &f->cursor;
		if (certain == i && is_certain(f, s))
			certain++;
	}
	write_cursor(f, c);
	drop_steps(f, certain);
}

/* Begin again before the first block that may not have been read. */
static void
rewind_steps(struct follow *f)
{
	f->must_rewind = false;
	if (f->step_count == 0)
		return;
	log_info("connection lost: the last %u blocks are sent again",
	    f->step_count);
	for (unsigned i = 0; i < f->live_count; i++)
		follow_close_file(f, &f->lives[i]);
	f->live_count = 0;
	f->cursor = f->steps[0].before;
	f->step_count = 0;
	f->must_look = true;
}

void
follow_idle(struct follow *f)
{
	struct err err;

	settle(f);
	if (follow_look(f, &err) == -1)
		log_warning("%s", err.text);
}

void
follow_waiting(const struct follow *f, uint64_t *files, uint64_t *flows)
{
	*files = f->waiting_count;
	*flows = 0;
	for (size_t i = 0; i < f->waiting_count; i++)
		*flows += f->waiting[i].flows;
}

const char *
follow_last(const struct follow *f)
{
	return f->cursor.last;
}

/* Room for a step.  1 when told to stop, 2 when steps are to be done again. */
static int
make_room(struct follow *f)
{
	while (f->step_count == STEPS_MAX) {
		settle(f);
		if (f->must_rewind)
			return 2;
		if (f->step_count == STEPS_MAX && f->steps[0].is_sent)
			drop_steps(f, 1);
		else if (f->step_count == STEPS_MAX &&
		    output_wait(f->forward->output, POLL_MS) == 1)
			return 1;
	}
	return 0;
}

/* A block has been put: the cursor moves behind it. */
static void
advance(struct follow *f, const struct live *l)
{
	struct step *s = &f->steps[f->step_count];
	struct cursor_file *file = cursor_by_inode(&f->cursor, &l->st);

	s->before = f->cursor;
	s->is_sent = false;
	s->arrived_ms = 0;
	output_position(f->forward->output, &s->after);
	f->step_count++;
	if (file == NULL)
		return;
	store_tail_place(l->tail, &file->place);
	file->blocks++;
	file->sum += file->place.hash;
}

/* 1 when no more are wanted, 2 when none can be read now. */
static int
put_block(struct follow *f, struct live *l, const struct store_ref *ref,
    struct err *err)
{
	struct forward *w = f->forward;
	const struct scan_block block = { .file = store_tail_file(l->tail),
		.number = l->number, .ref = *ref,
		.may_change = !store_tail_is_complete(l->tail) };
	enum scan_fed fed;
	int rc;

	if ((rc = make_room(f)) != 0)
		return rc;
	w->origins = l->origins;
	w->file = l->number;
	fed = scan_feed_block(f->feed, &block, err);
	if (fed == SCAN_FED_ERROR)
		return -1;
	if (fed == SCAN_FED_UNREAD) {
		store_tail_back(l->tail);
		return 2;
	}
	if (w->is_stopped)
		return 1; /* it was not sent to its end */
	if (output_flush(w->output, w->now_ms) == 1)
		return 1;
	advance(f, l);
	settle(f);
	return fed == SCAN_FED_DONE || forward_serve(w) ? 1 : 0;
}

static void
fail_file(struct follow *f, struct live *l, const struct err *why)
{
	struct cursor_file *file = cursor_by_inode(&f->cursor, &l->st);

	log_warning("%s", why->text);
	f->forward->result.files_failed++;
	if (file != NULL)
		file->is_done = true;
	follow_close_file(f, l);
}

static void
end_file(struct follow *f, struct live *l)
{
	struct cursor_file *file = cursor_by_inode(&f->cursor, &l->st);

	if (file != NULL) {
		file->is_done = true;
		cursor_advance(&f->cursor, file->name);
	}
	follow_close_file(f, l);
}

/* Its name has gone, and nobody is going to complete it. */
static bool
is_abandoned(const struct live *l)
{
	struct stat st;

	return l->idle >= ABANDONED_LOOKS && fstat(l->fd, &st) == 0 &&
	    st.st_nlink == 0;
}

static int
read_file(struct follow *f, struct live *l, struct err *err)
{
	struct store_ref ref;
	struct err why;
	int rc;

	if (store_tail_look(l->tail, now_ms(), &why) == -1 ||
	    (rc = follow_begin_file(f, l, &why)) == -1) {
		fail_file(f, l, &why);
		return 0;
	}
	l->idle++;
	if (rc == 0)
		return 0;
	while ((rc = store_tail_next(l->tail, &ref, &why)) == 1) {
		l->idle = 0;
		if ((rc = put_block(f, l, &ref, err)) != 0)
			return rc == 2 ? 0 : rc;
		if (f->must_rewind)
			return 0;
	}
	if (rc == -1)
		fail_file(f, l, &why);
	else if (store_tail_is_done(l->tail))
		end_file(f, l);
	else if (is_abandoned(l)) {
		err_set(&why, ERR_MALFORMED, "a file was moved or removed "
		    "before it was complete");
		fail_file(f, l, &why);
	}
	return 0;
}

/* All files as far as they are there.  1 when no more are wanted. */
static int
read_files(struct follow *f, struct err *err)
{
	unsigned left = 0;
	int rc = 0;

	for (unsigned i = 0; i < f->live_count; i++) {
		if (rc == 0 && !f->must_rewind)
			rc = read_file(f, &f->lives[i], err);
		if (f->lives[i].tail != NULL)
			f->lives[left++] = f->lives[i];
	}
	f->live_count = left;
	return rc;
}

static int
follow_files(struct follow *f, struct err *err)
{
	struct forward *w = f->forward;
	uint64_t closed;
	int rc;

	while (!forward_serve(w)) {
		closed = f->closed;
		if (f->must_rewind)
			rewind_steps(f);
		if (follow_look(f, err) == -1 ||
		    follow_open_files(f, err) == -1)
			return -1;
		if ((rc = read_files(f, err)) != 0)
			return rc == -1 ? -1 : 0;
		if (f->closed == closed)
			(void)output_wait(w->output, POLL_MS);
	}
	return 0;
}

/* What cannot be sent now waits in the store, if there is a cursor. */
static int
finish(struct follow *f, struct err *err)
{
	struct forward *w = f->forward;
	bool is_empty;
	int rc = forward_finish(w, &is_empty, err);

	if (is_empty)
		settle(f);
	else
		check_connections(f);
	if (rc == 0)
		return 0;
	if (w->config.cursor == NULL || !w->requests->stop)
		return -1;
	log_info("%s%s", err->text, is_empty ? "" : ": it waits in the store");
	return 0;
}

static int
run(struct follow *f, struct err *err)
{
	struct forward *w = f->forward;
	int rc = 0;

	if (w->config.cursor != NULL &&
	    (rc = cursor_read(&f->cursor, w->config.cursor, err)) == -1)
		return -1;
	f->must_look = true;
	if (rc == 0 && follow_begin_at_end(f, err) == -1)
		return -1;
	f->feed = scan_feed_new(&w->plan, &w->sink, &w->result, err);
	if (f->feed == NULL)
		return -1;
	settle(f);
	if (follow_files(f, err) == -1)
		return -1;
	return finish(f, err);
}

int
follow_run(struct forward *w, struct err *err)
{
	struct follow *f = calloc(1, sizeof(*f));
	struct origins *own = w->origins;
	int rc;

	if (f == NULL)
		return err_nomem(err);
	f->forward = w;
	f->dir = w->config.follow;
	w->follow = f;
	rc = run(f, err);
	w->follow = NULL;
	w->origins = own;
	for (unsigned i = 0; i < f->live_count; i++)
		follow_close_file(f, &f->lives[i]);
	scan_feed_free(f->feed);
	free(f->waiting);
	free(f);
	return rc;
}
