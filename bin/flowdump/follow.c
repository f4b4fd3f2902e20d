/*
 * --follow: a listing of what collectors store, as they store it.
 *
 * What is in the files that are being written at the start is printed first:
 * these are the flows that no closed file has, so that -R before and --follow
 * after it see every flow.  From then on every file is read through the
 * descriptor that it was opened with when it appeared.  Where it is moved to
 * and what it is joined with is of no interest, so nothing is read twice.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "flowdump/listing.h"
#include "flowdump/watch.h"
#include "store/tail.h"

/* Where nothing tells that a file grows. */
#define POLL_MS 500

/* A file that is not read to its end yet. */
struct live {
	struct watch_file *file;
	struct store_tail *tail;
	uint64_t number; /* from 1 */
};

struct follow {
	struct query *query;
	struct watch *watch;
	struct scan_feed *feed;
	struct live *live; /* in the order in which they appeared */
	size_t count;
	size_t room;
	uint64_t files; /* opened so far */
};

static volatile sig_atomic_t is_stopped;

/* The next signal ends us at once, also when nobody reads what we print. */
static void
on_signal(int number)
{
	(void)number;
	is_stopped = 1;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

static void
catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	struct sigaction old;

	/* a shell has its background jobs ignore it */
	if (sigaction(SIGINT, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static uint64_t
now_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_MONOTONIC);
}

static int
make_room(struct follow *f, struct err *err)
{
	size_t room = f->room == 0 ? 8 : 2 * f->room;
	struct live *live;

	if (f->count < f->room)
		return 0;
	if ((live = realloc(f->live, room * sizeof(*live))) == NULL)
		return err_nomem(err);
	f->live = live;
	f->room = room;
	return 0;
}

static int
add_file(struct follow *f, struct watch_file *file, struct err *err)
{
	struct live *l;
	int fd;

	if (make_room(f, err) == -1 || (fd = watch_file_open(file, err)) == -1)
		return -1;
	l = &f->live[f->count];
	*l = (struct live){ file, NULL, f->files + 1 };
	l->tail = store_tail_new(fd, watch_file_path(file), err);
	if (l->tail == NULL) {
		close(fd);
		return -1;
	}
	f->count++;
	f->files++;
	return 0;
}

/* What the watch has seen. */
static int
take_news(struct follow *f, struct err *err)
{
	struct watch_file *file;
	struct err why;

	for (;;)
		switch (watch_next(f->watch, &file, &why)) {
		case WATCH_NOTHING:
			return 0;
		case WATCH_FILE:
			if (add_file(f, file, err) == -1)
				return -1;
			break;
		case WATCH_LOSS:
			f->query->result.files_failed++;
			query_warn(f->query, &why);
			break;
		case WATCH_NOTICE:
			query_warn(f->query, &why);
			break;
		case WATCH_ERROR:
			*err = why;
			return -1;
		}
}

/* Nothing more comes from the file. */
static void
end_file(struct follow *f, struct live *l)
{
	watch_release(f->watch, l->file);
	store_tail_free(l->tail);
	l->tail = NULL;
}

/* It cannot be read on. */
static void
fail_file(struct follow *f, struct live *l, const struct err *why)
{
	f->query->result.files_failed++;
	query_warn(f->query, why);
	end_file(f, l);
}

/* Blocks of a file as far as they are there.  1 when no more are wanted. */
static int
read_blocks(struct follow *f, struct live *l, struct err *err)
{
	struct scan_block block = { .number = l->number };
	struct err why;
	int rc;

	if (store_tail_look(l->tail, now_ms(), &why) == -1) {
		fail_file(f, l, &why);
		return 0;
	}
	block.file = store_tail_file(l->tail);
	block.may_change = !store_tail_is_complete(l->tail);
	while ((rc = store_tail_next(l->tail, &block.ref, &why)) == 1)
		switch (scan_feed_block(f->feed, &block, err)) {
		case SCAN_FED_ERROR:
			return -1;
		case SCAN_FED_DONE:
			return 1;
		case SCAN_FED_UNREAD:
			store_tail_back(l->tail);
			return 0;
		case SCAN_FED_MORE:
			break;
		}
	if (rc == -1)
		fail_file(f, l, &why);
	return 0;
}

static void
give_up(struct follow *f, struct live *l)
{
	struct err why;

	/* one that is empty never was a file */
	if (store_tail_file(l->tail) != NULL) {
		err_set(&why, ERR_MALFORMED,
		    "%s: moved or removed before it was complete",
		    watch_file_path(l->file));
		query_warn(f->query, &why);
	}
	end_file(f, l);
}

static int
read_file(struct follow *f, struct live *l, struct err *err)
{
	/* asked before reading: what is written until then is read */
	bool is_abandoned = watch_is_abandoned(f->watch, l->file);
	int rc = read_blocks(f, l, err);

	if (rc != 0 || l->tail == NULL)
		return rc;
	if (store_tail_is_done(l->tail))
		end_file(f, l);
	else if (is_abandoned && !store_tail_is_complete(l->tail))
		give_up(f, l);
	return 0;
}

/* All files as far as they are there.  1 when no more are wanted. */
static int
read_files(struct follow *f, struct err *err)
{
	size_t left = 0;
	int rc = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (rc == 0)
			rc = read_file(f, &f->live[i], err);
		if (f->live[i].tail != NULL)
			f->live[left++] = f->live[i];
	}
	f->count = left;
	return rc;
}

/* Until something happens.  A reader of our output who has gone ends us. */
static void
wait_for_more(const struct follow *f)
{
	struct pollfd fds[2] = { { .fd = watch_descriptor(f->watch),
	    .events = POLLIN }, { .fd = STDOUT_FILENO } };

	if (poll(fds, 2, POLL_MS) > 0 && fds[1].revents != 0)
		raise(SIGPIPE);
}

/* What was stored before the signal is printed. */
static int
follow_files(struct follow *f, struct err *err)
{
	bool is_last;
	int rc;

	for (;;) {
		if ((is_last = is_stopped))
			watch_look(f->watch);
		watch_clear(f->watch);
		if (take_news(f, err) == -1)
			return -1;
		if ((rc = read_files(f, err)) != 0 || is_last)
			return rc;
		wait_for_more(f);
	}
}

static int
run(struct follow *f, struct listing *l, struct err *err)
{
	if (listing_open(l, f->query, err) == -1 ||
	    (f->watch = watch_open(f->query->config->follow, err)) == NULL ||
	    (f->feed = scan_feed_new(&f->query->plan, &l->sink,
	    &f->query->result, err)) == NULL)
		return -1;
	catch_signals();
	if (listing_heading(l, err) == -1 || follow_files(f, err) == -1)
		return -1;
	return listing_end(l, err);
}

int
follow_run(struct query *q, struct err *err)
{
	struct follow f = { .query = q };
	struct listing l;
	int rc = run(&f, &l, err);

	for (size_t i = 0; i < f.count; i++)
		store_tail_free(f.live[i].tail);
	free(f.live);
	scan_feed_free(f.feed);
	watch_close(f.watch);
	listing_close(&l);
	return rc;
}
