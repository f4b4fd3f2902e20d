/*
 * Threads of receivers.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "flowcapd/receivers.h"

struct receiver {
	struct receivers *all;
	struct capture *capture;
	pthread_t thread;
	bool is_running;
	int rc;
	struct err err;
};

struct receivers {
	int ended; /* eventfd */
	struct board *board;
	unsigned count;
	struct receiver list[];
};

struct receivers *
receivers_new(const struct capture_options *o, unsigned count, int64_t now_s,
    struct err *err)
{
	struct receivers *r =
	    calloc(1, sizeof(*r) + count * sizeof(r->list[0]));
	struct capture_options one = *o;

	if (r == NULL) {
		err_nomem(err);
		return NULL;
	}
	r->count = count;
	if ((r->ended = eventfd(0, EFD_CLOEXEC)) == -1)
		err_system(err, "eventfd");
	else
		r->board = board_new(count, err);
	if (r->board == NULL) {
		receivers_free(r);
		return NULL;
	}
	one.board = r->board;
	one.receivers = count;
	one.limits.sysid_step = count;
	one.limits.state_bytes /= count;
	for (unsigned i = 0; i < count; i++) {
		one.receiver = i;
		one.limits.sysid_first = i + 1;
		one.intakes = o->intakes + (size_t)i * o->intake_count;
		r->list[i].all = r;
		r->list[i].capture = capture_new(&one, now_s, err);
		if (r->list[i].capture == NULL) {
			receivers_free(r);
			return NULL;
		}
	}
	return r;
}

int
receivers_load_state(struct receivers *r, const uint8_t *data, size_t len,
    struct err *err)
{
	for (unsigned i = 0; i < r->count; i++)
		if (capture_load_state(r->list[i].capture, data, len, err) ==
		    -1)
			return -1;
	return 0;
}

static void *
receiver_main(void *arg)
{
	static const uint64_t one = 1;
	struct receiver *r = arg;

	r->rc = capture_run(r->capture, &r->err);
	if (write(r->all->ended, &one, sizeof(one)) == -1)
		abort(); /* an eventfd takes this */
	return NULL;
}

int
receivers_start(struct receivers *r, struct err *err)
{
	sigset_t all, old;
	int rc = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned i = 0; i < r->count && rc == 0; i++) {
		rc = pthread_create(&r->list[i].thread, NULL, receiver_main,
		    &r->list[i]);
		r->list[i].is_running = rc == 0;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return 0;
	errno = rc;
	return err_system(err, "cannot start a receiver thread");
}

void
receivers_ask(struct receivers *r, enum capture_request what)
{
	for (unsigned i = 0; i < r->count; i++)
		capture_ask(r->list[i].capture, what);
}

static void
ask_all(void *ctx)
{
	receivers_ask(ctx, CAPTURE_STATUS);
}

int
receivers_status(struct receivers *r, struct status *s, struct err *err)
{
	return board_ask(r->board, ask_all, r, s, err);
}

int
receivers_fd(const struct receivers *r)
{
	return r->ended;
}

int
receivers_stop(struct receivers *r, struct err *err)
{
	int rc = 0;

	receivers_ask(r, CAPTURE_STOP);
	for (unsigned i = 0; i < r->count; i++) {
		if (!r->list[i].is_running)
			continue;
		pthread_join(r->list[i].thread, NULL);
		r->list[i].is_running = false;
		if (r->list[i].rc == -1 && rc == 0) {
			*err = r->list[i].err;
			rc = -1;
		}
	}
	return rc;
}

void
receivers_free(struct receivers *r)
{
	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->count; i++)
		capture_free(r->list[i].capture);
	board_free(r->board);
	if (r->ended != -1)
		close(r->ended);
	free(r);
}
