/*
 * Lanes.  The thread waits for packets and for jobs; between the two it owns
 * everything, so packets cost no lock.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "flowprobe/lane.h"

#define WAIT_MS 250 /* for packets, before the clock is set without */
/* Packets may come so much later than they were captured. */
#define LATE_MS 200
/* Steps back of the clock that flows live through. */
#define BACK_MS 60000
/* Others that share the device have joined for so long. */
#define JOINED_MS 1000
/* A busy device may have packets for ever. */
#define LAST_MS 200

struct lane {
	struct lane_options options;
	lane_fn fn;
	void *ctx;
	struct meter *meter;
	uint64_t first_ms;
	uint64_t begin_ms; /* of the options; 0 behind the first packet */
	bool is_paused;
	int wake; /* there is a job */

	pthread_t thread;
	bool has_thread; /* to be joined */
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t done;
	bool is_running; /* jobs are done by the thread */
	bool is_stopping;
	lane_job job; /* NULL: none */
	void *job_ctx;
	struct err err; /* what ended the thread */
};

static uint64_t
wall_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_REALTIME);
}

static void
on_flow(void *ctx, const struct flow *f)
{
	struct lane *l = ctx;

	l->fn(l->ctx, f, meter_clock(l->meter));
}

static void
on_packet(void *ctx, uint64_t time_ms, const uint8_t *data, size_t caplen,
    size_t len)
{
	struct lane *l = ctx;

	if (time_ms < l->begin_ms)
		return;
	l->begin_ms = 0;
	if (l->is_paused)
		return;
	if (l->first_ms == 0)
		l->first_ms = time_ms;
	if (meter_packet(l->meter, time_ms, data, caplen, len) &&
	    l->options.archive != NULL)
		archive_put(l->options.archive,
		    capture_packet_us(l->options.capture), data, caplen, len);
}

struct lane *
lane_new(const struct lane_options *o, lane_fn fn, void *ctx, struct err *err)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		err_nomem(err);
		return NULL;
	}
	l->options = *o;
	l->begin_ms = o->begin_ms;
	l->fn = fn;
	l->ctx = ctx;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->done, NULL);
	if ((l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		err_system(err, "eventfd");
	else
		l->meter = meter_new(&o->meter, on_flow, l, err);
	if (l->meter != NULL)
		return l;
	lane_free(l);
	return NULL;
}

void
lane_free(struct lane *l)
{
	struct err err;

	if (l == NULL)
		return;
	lane_stop(l, &err);
	if (l->wake != -1)
		close(l->wake);
	pthread_cond_destroy(&l->done);
	pthread_mutex_destroy(&l->lock);
	meter_free(l->meter);
	free(l);
}

int
lane_read(struct lane *l, struct err *err)
{
	return capture_read(l->options.capture, on_packet, l, err);
}

/* Do the job that waits; the lock is held. */
static void
do_job(struct lane *l)
{
	if (l->job == NULL)
		return;
	l->job(l, l->meter, l->job_ctx);
	l->job = NULL;
	pthread_cond_signal(&l->done);
}

/* Whether to go on. */
static bool
serve(struct lane *l)
{
	uint64_t n;
	bool goes_on;

	if (read(l->wake, &n, sizeof(n)) == -1)
		return true; /* nobody wants anything */
	pthread_mutex_lock(&l->lock);
	do_job(l);
	goes_on = !l->is_stopping;
	pthread_mutex_unlock(&l->lock);
	return goes_on;
}

/* Until nothing is left, or it does not end. */
static int
read_last(struct lane *l, struct pollfd *fd)
{
	int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + LAST_MS, left;
	int rc = 0;

	while (rc != -1 &&
	    (left = end_ms - clock_ms(CLOCK_MONOTONIC)) > 0 &&
	    poll(fd, 1, (int)left) > 0)
		rc = lane_read(l, &l->err);
	return rc == -1 ? -1 : 0;
}

static void
set_clock(struct lane *l)
{
	uint64_t now = wall_ms();

	if (now > l->begin_ms + JOINED_MS)
		l->begin_ms = 0;
	if (meter_clock(l->meter) > now + BACK_MS) {
		log_warning("The clock went back: all flows end");
		meter_restart(l->meter, now);
	}
	meter_set_clock(l->meter, now - LATE_MS);
}

static int
work(struct lane *l)
{
	struct pollfd fds[] = {
		{ capture_fd(l->options.capture), POLLIN, 0 },
		{ l->wake, POLLIN, 0 },
	};

	do {
		if (poll(fds, 2, WAIT_MS) == -1 && errno != EINTR)
			return err_system(&l->err, "poll");
		if (lane_read(l, &l->err) == -1)
			return -1;
		set_clock(l);
	} while (serve(l));
	return read_last(l, fds);
}

static void *
run(void *arg)
{
	struct lane *l = arg;
	int rc = work(l);

	pthread_mutex_lock(&l->lock);
	l->is_running = false;
	if (rc == 0)
		l->err.code = ERR_NONE;
	do_job(l);
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

int
lane_start(struct lane *l, struct err *err)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	l->is_running = true;
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&l->thread, NULL, run, l);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	l->has_thread = l->is_running = rc == 0;
	errno = rc;
	return rc != 0 ? err_system(err, "pthread_create") : 0;
}

static void
wake(struct lane *l)
{
	uint64_t one = 1;

	/* It cannot fail but for a counter that is full, which wakes, too. */
	(void)!write(l->wake, &one, sizeof(one));
}

int
lane_stop(struct lane *l, struct err *err)
{
	if (!l->has_thread)
		return 0;
	pthread_mutex_lock(&l->lock);
	l->is_stopping = true;
	pthread_mutex_unlock(&l->lock);
	wake(l);
	pthread_join(l->thread, NULL);
	l->has_thread = false;
	if (l->err.code == ERR_NONE)
		return 0;
	*err = l->err;
	return -1;
}

bool
lane_has_failed(struct lane *l)
{
	bool is_over;

	pthread_mutex_lock(&l->lock);
	is_over = l->has_thread && !l->is_running;
	pthread_mutex_unlock(&l->lock);
	return is_over;
}

void
lane_ask(struct lane *l, lane_job job, void *ctx)
{
	pthread_mutex_lock(&l->lock);
	l->job = job;
	l->job_ctx = ctx;
	if (l->is_running)
		wake(l);
	else
		do_job(l);
	while (l->job != NULL)
		pthread_cond_wait(&l->done, &l->lock);
	pthread_mutex_unlock(&l->lock);
}

void
lane_pause(struct lane *l, bool is_paused)
{
	l->is_paused = is_paused;
}

static void
add_packets(struct meter_counters *to, const struct meter_counters *n)
{
	to->packets += n->packets;
	to->bytes += n->bytes;
	to->passed_over += n->passed_over;
	to->duplicates += n->duplicates;
	to->no_ip += n->no_ip;
	to->too_short += n->too_short;
	to->fragments += n->fragments;
	to->orphans += n->orphans;
	to->tunnels += n->tunnels;
}

static void
add_flows(struct cache_counters *to, const struct cache_counters *n)
{
	to->created += n->created;
	for (int i = 0; i < CACHE_REASONS; i++)
		to->ended[i] += n->ended[i];
	to->packets += n->packets;
	to->bytes += n->bytes;
	to->live += n->live;
	to->most += n->most;
}

static void
count(struct lane *l, struct meter *m, void *ctx)
{
	struct lane_counters *to = ctx;
	struct meter_counters packets;
	struct cache_counters flows;
	uint64_t kernel, interface;

	meter_counters(m, &packets, &flows);
	add_packets(&to->packets, &packets);
	add_flows(&to->flows, &flows);
	capture_drops(l->options.capture, &kernel, &interface);
	to->kernel_drops += kernel;
	/* of the whole device, whichever lane asks */
	if (interface > to->interface_drops)
		to->interface_drops = interface;
	to->timeless += capture_timeless(l->options.capture);
}

void
lane_count(struct lane *l, struct lane_counters *n)
{
	lane_ask(l, count, n);
}

uint64_t
lane_first_ms(const struct lane *l)
{
	return l->first_ms;
}
