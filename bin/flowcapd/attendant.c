/*
 * The attendant.  Who asks is served one at a time; all that it waits for has
 * a time limit, and what is due meanwhile is done after.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/ask.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/place.h"
#include "common/unix.h"
#include "flowcapd/attendant.h"
#include "flowcapd/metric.h"
#include "flowcapd/status_json.h"

#define METRIC_MS 1000
#define LOOK_MS 1000 /* whether the directory is still there */

struct attendant {
	struct attendant_options options;
	struct place place; /* of the socket */
	int fd; /* of the socket; -1: none */
	int wake; /* eventfd */
	bool is_started;
	pthread_t thread;
	struct metric *metric; /* NULL: none is sent */
	int64_t metric_due_ms; /* since 1970 */
	struct watch watch;
	int64_t watch_step_ms; /* 0: nobody watches */
	int64_t watch_due_ms; /* of the monotonic clock */
};

bool
watch_is_alive(struct watch *w, const struct status *s)
{
	bool is_moving = w->queue_bytes == 0 || s->queue_bytes == 0 ||
	    s->blocks_written != w->blocks_written;

	w->blocks_written = s->blocks_written;
	w->queue_bytes = s->queue_bytes;
	return is_moving;
}

/* An ask_fn. */
static int
render(void *ctx, struct buffer *out, struct err *err)
{
	const struct attendant *a = ctx;
	struct status s;
	int rc;

	if (a->options.ask(a->options.ctx, &s, err) == -1)
		return -1;
	rc = status_json_put(&s, out, err);
	status_fini(&s);
	return rc;
}

/* One message, on a connection of its own.  False: nobody takes it. */
static bool
send_message(const struct attendant *a, const struct buffer *message)
{
	const char *name;
	int dir = unix_open_parent(a->options.metric_socket, &name, NULL);
	int fd = dir == -1 ? -1 : unix_connect(dir, name, METRIC_MS, NULL);
	bool is_sent = fd != -1 &&
	    unix_send(fd, message->data, message->len, METRIC_MS) == 0;

	if (fd != -1)
		close(fd);
	if (dir != -1)
		close(dir);
	return is_sent;
}

static int
take_metric(const struct attendant *a, struct err *err)
{
	struct status s;
	int rc;

	if (a->options.ask(a->options.ctx, &s, err) == -1)
		return -1;
	rc = metric_take(a->metric, &s, err);
	status_fini(&s);
	return rc;
}

/* At the next multiple of the interval, as nfcapd does. */
static void
schedule_metric(struct attendant *a)
{
	int64_t step = (int64_t)a->options.metric_interval_s * 1000;

	a->metric_due_ms = (clock_ms(CLOCK_REALTIME) / step + 1) * step;
}

static void
send_metric(struct attendant *a)
{
	struct buffer out = BUFFER_EMPTY;
	struct err err;
	int rc = take_metric(a, &err);

	while (rc != -1 && (rc = metric_next(a->metric, &out, &err)) == 1) {
		if (!send_message(a, &out))
			break;
		out.len = 0;
	}
	if (rc == -1)
		log_warning("metric socket: %s", err.text);
	buffer_fini(&out);
	schedule_metric(a);
}

static void
feed_watchdog(struct attendant *a)
{
	struct status s;
	struct err err;
	char text[256];

	a->watch_due_ms = clock_ms(CLOCK_MONOTONIC) + a->watch_step_ms;
	if (a->options.ask(a->options.ctx, &s, &err) == -1) {
		log_warning("watchdog: %s", err.text);
		return;
	}
	if (watch_is_alive(&a->watch, &s)) {
		snprintf(text, sizeof(text), "WATCHDOG=1\nSTATUS=%" PRIu32
		    " exporters, %" PRIu64 " datagrams, %" PRIu64
		    " flows, %" PRIu64 " missing", s.exporter_count,
		    s.datagrams, s.totals.flows, s.totals.missing_flows);
		notify_send(text);
	} else
		log_warning("watchdog: the writer does not get on");
	status_fini(&s);
}

static int
listen_in_place(struct attendant *a, enum unix_stale stale, struct err *err)
{
	a->fd = unix_listen(a->place.fd, ATTENDANT_SOCKET, ASK_SOCKET_MODE,
	    stale, err);
	return a->fd == -1 ? err_context(err, "%s", a->place.real) : 0;
}

/* Somebody removed the directory: be in the one that is made in its place. */
static void
follow_directory(struct attendant *a)
{
	struct err err;

	if (a->place.fd == -1 || !place_follow(&a->place))
		return;
	if (a->fd != -1)
		close(a->fd);
	/* Others may have been faster there than our writer. */
	if (listen_in_place(a, UNIX_STALE_UNUSED, &err) == -1)
		log_warning("--status will not be answered: %s", err.text);
}

/* Milliseconds until something is due, -1 never. */
static int
time_left(const struct attendant *a)
{
	int64_t left = a->place.fd == -1 ? INT64_MAX : LOOK_MS, n;

	if (a->metric != NULL) {
		n = a->metric_due_ms - clock_ms(CLOCK_REALTIME);
		left = n < left ? n : left;
	}
	if (a->watch_step_ms > 0) {
		n = a->watch_due_ms - clock_ms(CLOCK_MONOTONIC);
		left = n < left ? n : left;
	}
	if (left == INT64_MAX)
		return -1;
	/* The clock may be set meanwhile. */
	return left < 0 ? 0 : left > 1000 ? 1000 : (int)left;
}

/* Has the clock come to that moment, or been set back far before it? */
static bool
is_due(int64_t due_ms, int64_t now_ms, int64_t step_ms)
{
	return now_ms >= due_ms || now_ms < due_ms - step_ms;
}

static void *
run(void *arg)
{
	struct attendant *a = arg;
	struct pollfd fds[] = { { a->wake, POLLIN, 0 },
		{ a->fd, POLLIN, 0 } };

	for (;; follow_directory(a)) {
		fds[1].fd = a->fd;
		if (poll(fds, 2, time_left(a)) == -1 && errno != EINTR)
			break;
		if (fds[0].revents != 0)
			break;
		if (fds[1].revents != 0)
			ask_answer(a->fd, render, a);
		if (a->watch_step_ms > 0 && is_due(a->watch_due_ms,
		    clock_ms(CLOCK_MONOTONIC), a->watch_step_ms))
			feed_watchdog(a);
		if (a->metric != NULL && is_due(a->metric_due_ms,
		    clock_ms(CLOCK_REALTIME),
		    (int64_t)a->options.metric_interval_s * 1000))
			send_metric(a);
	}
	return NULL;
}

struct attendant *
attendant_new(struct err *err)
{
	struct attendant *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		err_nomem(err);
		return NULL;
	}
	a->fd = -1;
	a->place = (struct place)PLACE_NONE;
	if ((a->wake = eventfd(0, EFD_CLOEXEC)) == -1) {
		err_system(err, "eventfd");
		free(a);
		return NULL;
	}
	return a;
}

int
attendant_listen(struct attendant *a, const char *dir, struct err *err)
{
	if (place_open(&a->place, dir, err) == -1)
		return -1;
	a->place.path = a->place.real; /* dir may not stay */
	return listen_in_place(a, UNIX_STALE_OURS, err);
}

int
attendant_start(struct attendant *a, const struct attendant_options *o,
    struct err *err)
{
	a->options = *o;
	/* Twice in the time that the manager waits. */
	a->watch_step_ms = (int64_t)(notify_watchdog_ms() / 2);
	a->watch_due_ms = clock_ms(CLOCK_MONOTONIC);
	if (o->metric_socket != NULL) {
		a->metric = metric_new(o->metric_interval_s, err);
		if (a->metric == NULL)
			return -1;
		schedule_metric(a);
	}
	errno = pthread_create(&a->thread, NULL, run, a);
	if (errno != 0)
		return err_system(err, "cannot start a thread");
	a->is_started = true;
	return 0;
}

void
attendant_close(struct attendant *a)
{
	uint64_t one = 1;

	if (a == NULL)
		return;
	if (a->is_started && write(a->wake, &one, sizeof(one)) != -1)
		pthread_join(a->thread, NULL);
	if (a->fd != -1) {
		close(a->fd);
		unlinkat(a->place.fd, ATTENDANT_SOCKET, 0);
	}
	place_close(&a->place);
	close(a->wake);
	metric_free(a->metric);
	free(a);
}

int
attendant_ask(const char *dir, struct buffer *out, struct err *err)
{
	struct ask_socket s = { .program = "collector", .place = dir,
		.name = ATTENDANT_SOCKET };
	int rc;

	s.dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s.dir == -1)
		return err_system(err, "%s", dir);
	rc = ask_status(&s, out, err);
	close(s.dir);
	return rc;
}
