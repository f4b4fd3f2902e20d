/*
 * The probe at work.  Of a device, lanes read packets on their threads, and
 * this one looks after the rest; a capture is read here.
 */

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/notify.h"
#include "flowprobe/control.h"
#include "flowprobe/fanout.h"
#include "flowprobe/probe.h"

#define WAIT_MS 100 /* between looks at what is due */
#define LATE_MS 1000 /* how much later than its time a packet may come */
#define MS_PER_S 1000
#define NS_PER_S 1000000000
#define PIDFILE_DIR "/var/run"

static uint64_t
wall_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_REALTIME);
}

/* A signal ends it early: it may be long. */
static void
wait_until(uint64_t ns)
{
	struct timespec end = { .tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S) };

	if (ns != 0)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
}

static void
send_flow(struct probe *p, const struct flow *f, uint64_t now_ms)
{
	if (!p->has_begun) {
		p->has_begun = true;
		if (sender_begin(p->sender, lane_first_ms(p->lanes[0]),
			&p->trouble) == -1)
			return;
	}
	if (p->trouble.code == ERR_NONE)
		sender_put(p->sender, f, now_ms);
}

static void
on_flow(void *ctx, const struct flow *f, uint64_t clock_ms)
{
	struct probe *p = ctx;
	uint64_t now_ms = p->is_live ? wall_ms() : clock_ms;
	uint64_t pause_ns = 0;

	pthread_mutex_lock(&p->lock);
	tally_add(&p->tally, f);
	if (p->files != NULL)
		files_put(p->files, f, now_ms);
	if (p->sender != NULL) {
		send_flow(p, f, now_ms);
		pause_ns = sender_pause(p->sender);
	}
	pthread_mutex_unlock(&p->lock);
	wait_until(pause_ns); /* others go on */
}

static void
handle_requests(struct probe *p)
{
	if (p->requests->report) {
		p->requests->report = 0;
		report_log(p);
	}
	if (p->requests->renew) {
		p->requests->renew = 0;
		if (p->config.root == NULL) /* else it cannot be found again */
			log_reopen();
		pthread_mutex_lock(&p->lock);
		if (p->sender != NULL)
			sender_renew(p->sender);
		pthread_mutex_unlock(&p->lock);
	}
}

/*
 * Datagrams have waited long enough to be full.  The lock is held, or nobody
 * else is there.  When to go on, as sender_pause().
 */
static uint64_t
send_waiting(struct probe *p, uint64_t now_ms)
{
	uint64_t wall = wall_ms();

	if (p->sender == NULL)
		return 0;
	if (wall - p->flushed_ms >= p->config.hold_s * UINT64_C(1000) ||
	    wall < p->flushed_ms) {
		p->flushed_ms = wall;
		sender_flush(p->sender, now_ms);
	}
	sender_work(p->sender);
	return sender_pause(p->sender);
}

/* What the cache holds back of the packets that were read. */
static void
settle_lane(struct lane *l, struct meter *m, void *ctx)
{
	(void)l;
	*(uint64_t *)ctx = meter_clock(m);
	meter_set_clock(m, meter_clock(m));
}

/* Nothing comes from a pipe; there may be nothing but the pipe yet. */
static bool
on_idle(void *ctx)
{
	struct probe *p = ctx;
	uint64_t at_ms;

	if (p->requests->stop)
		return false;
	if (p->lanes[0] == NULL)
		return true;
	handle_requests(p);
	lane_ask(p->lanes[0], settle_lane, &at_ms);
	if (p->has_begun && p->trouble.code == ERR_NONE)
		wait_until(send_waiting(p, at_ms));
	return true;
}

static int
open_capture(struct probe *p, struct capture **capture, struct err *err)
{
	const struct config *c = &p->config;
	struct capture_options o = { .filter = c->filter,
		.buffer = c->buffer_kb > INT32_MAX / 1024 ? INT32_MAX :
		    c->buffer_kb * 1024,
		.snaplen = c->snaplen,
		.is_promiscuous = !c->no_promiscuous,
		.has_any_link = c->link_len != 0, .idle = on_idle, .ctx = p };

	*capture = p->is_live ? capture_device(c->interface, &o, err) :
				capture_file(c->read, &o, err);
	return *capture == NULL ? -1 : 0;
}

static int
open_captures(struct probe *p, struct err *err)
{
	int fds[THREADS_MAX];

	p->is_live = p->config.read == NULL;
	p->lane_count = p->config.threads;
	for (unsigned i = 0; i < p->lane_count; i++) {
		if (open_capture(p, &p->captures[i], err) == -1)
			return -1;
		fds[i] = capture_fd(p->captures[i]);
	}
	if (p->lane_count == 1)
		return 0;
	if (fanout_join(fds, p->lane_count, err) == -1)
		return -1;
	p->begin_ms = wall_ms() + 1;
	return 0;
}

static int
open_lanes(struct probe *p, struct err *err)
{
	const struct config *c = &p->config;
	struct lane_options o = { .archive = p->archive,
		.begin_ms = p->begin_ms };

	o.meter = (struct meter_options){ .link = capture_link(p->captures[0]),
		.link_len = c->link_len, .sampling = c->sampling,
		.is_outer = c->outer, .has_dedup = c->dedup,
		.has_frame_bytes = c->frame_bytes,
		.fragments_ms = c->fragments_s > UINT32_MAX / MS_PER_S ?
		    UINT32_MAX : c->fragments_s * MS_PER_S,
		.cache = c->cache };
	o.meter.cache.max_flows = (c->cache.max_flows + p->lane_count - 1) /
	    p->lane_count;
	if (getrandom(&o.meter.cache.seed, sizeof(o.meter.cache.seed), 0) ==
	    -1)
		return err_system(err, "getrandom");
	for (unsigned i = 0; i < p->lane_count; i++) {
		o.capture = p->captures[i];
		if ((p->lanes[i] = lane_new(&o, on_flow, p, err)) == NULL)
			return -1;
	}
	return 0;
}

static int
open_archive(struct probe *p, struct err *err)
{
	const struct config *c = &p->config;
	uint8_t header[CAPTURE_HEADER_LEN];
	struct archive_options o = { .dir = c->archive, .header = header,
		.interval_s = c->interval_s, .layout = c->layout };

	if (c->archive == NULL)
		return 0;
	if (capture_header(p->captures[0], header, err) == 0)
		p->archive = archive_open(&o, err);
	return p->archive == NULL ? -1 : 0;
}

static int
open_files(struct probe *p, struct err *err)
{
	const struct config *c = &p->config;
	struct files_options o = { .dir = c->dir, .ident = c->ident,
		.codec = codec_by_name(c->codec, err),
		.interval_s = c->interval_s, .layout = c->layout,
		.sampling = c->sampling, .is_replay = !p->is_live };

	if (c->dir == NULL)
		return 0;
	p->files = files_open(&o, err);
	return p->files == NULL ? -1 : 0;
}

/* A daemon has a pid file of its name if it may. */
static int
open_pidfile(struct probe *p, bool is_daemon, struct err *err)
{
	char path[sizeof(PIDFILE_DIR) + sizeof(p->config.name) + 8];
	struct err why;

	if (p->config.pidfile != NULL)
		return pidfile_open(&p->pidfile, p->config.pidfile, err);
	if (!is_daemon)
		return 0;
	snprintf(path, sizeof(path), PIDFILE_DIR "/%s.pid", p->config.name);
	if (pidfile_open(&p->pidfile, path, &why) == -1)
		log_warning("%s", why.text);
	return 0;
}

/* Times of file names are local, also where there are no zones to read. */
static void
keep_zone(const struct config *c)
{
	if (c->root != NULL && getenv("TZ") == NULL)
		setenv("TZ", ":/etc/localtime", 0);
	tzset();
}

static int
set_priority(uint32_t priority, struct err *err)
{
	struct sched_param param = { .sched_priority = (int)priority };

	if (priority != 0 && sched_setscheduler(0, SCHED_RR, &param) == -1)
		return err_system(err, "real-time priority %u", priority);
	return 0;
}

/* What needs root or names that another root directory does not have. */
static int
open_outside(struct probe *p, bool is_daemon, struct err *err)
{
	const struct config *c = &p->config;

	if (open_captures(p, err) == -1 ||
	    (c->remote_count > 0 && (p->sender = sender_open(c, !p->is_live,
		&p->requests->stop, err)) == NULL) ||
	    open_pidfile(p, is_daemon, err) == -1 ||
	    (c->control != NULL &&
		(p->control = control_open(c->control, err)) == NULL) ||
	    set_priority(c->priority, err) == -1)
		return -1;
	keep_zone(c);
	if (is_daemon)
		log_to_syslog();
	return privileges_confine(c->root, c->user, NULL, err);
}

int
probe_open(struct probe *p, struct err *err)
{
	const struct config *c = &p->config;
	bool is_daemon = c->read == NULL && !c->foreground && c->log_to < 2;

	if (open_outside(p, is_daemon, err) == -1)
		return -1;
	if (is_daemon && daemon_fork(&p->ready, err) == -1)
		return -1;
	report_start(p);
	if (open_archive(p, err) == -1 || open_lanes(p, err) == -1 ||
	    open_files(p, err) == -1 ||
	    pidfile_write(&p->pidfile, err) == -1)
		return -1;
	if (p->sender != NULL && p->is_live) {
		p->has_begun = true;
		if (sender_begin(p->sender, wall_ms(), err) == -1)
			return -1;
	}
	if (!is_daemon)
		return 0;
	log_detach();
	return daemon_ready(p->ready, err);
}

/* What is due when no flows come. */
static void
set_clocks(struct probe *p)
{
	uint64_t now = wall_ms(), pause_ns;

	if (p->archive != NULL)
		archive_set_clock(p->archive, now - LATE_MS);
	pthread_mutex_lock(&p->lock);
	if (p->files != NULL)
		files_set_clock(p->files, now);
	pause_ns = send_waiting(p, now);
	pthread_mutex_unlock(&p->lock);
	wait_until(pause_ns);
}

static bool
has_failed(const struct probe *p)
{
	for (unsigned i = 0; i < p->lane_count; i++)
		if (lane_has_failed(p->lanes[i]))
			return true;
	return false;
}

static int
run_live(struct probe *p, struct err *err)
{
	struct pollfd fd = { p->control == NULL ? -1 :
	    control_fd(p->control), POLLIN, 0 };
	int rc = 0;

	for (unsigned i = 0; i < p->lane_count && rc == 0; i++)
		rc = lane_start(p->lanes[i], err);
	while (rc == 0 && !p->requests->stop && !has_failed(p)) {
		if (poll(&fd, p->control != NULL, WAIT_MS) > 0)
			control_serve(p->control, p);
		set_clocks(p);
		handle_requests(p);
	}
	for (unsigned i = 0; i < p->lane_count; i++)
		if (lane_stop(p->lanes[i], err) == -1)
			rc = -1;
	return rc;
}

static int
run_file(struct probe *p, struct err *err)
{
	int rc;

	do {
		rc = lane_read(p->lanes[0], err);
		handle_requests(p);
	} while (rc == 1 && !p->requests->stop &&
	    p->trouble.code == ERR_NONE);
	/* Waiting for a pipe, reading fails when somebody wants us to stop. */
	return p->requests->stop ? 0 : rc;
}

static int
check_lost(uint64_t lost, const char *what, struct err *err)
{
	return lost == 0 ? 0 : err_set(err, ERR_SYSTEM, "%llu %s are lost",
	    (unsigned long long)lost, what);
}

static int
check_astray(uint64_t astray, const char *what, struct err *err)
{
	return astray == 0 ? 0 : err_set(err, ERR_SYSTEM,
	    "%llu %s are not in their places", (unsigned long long)astray,
	    what);
}

/* A daemon goes on without what its disk has no room for. */
static int
check_files(const struct probe *p, struct err *err)
{
	struct archive_counters packets = { .lost = 0 };
	struct files_counters flows = { .lost = 0 };

	if (p->is_live)
		return 0;
	if (p->files != NULL)
		files_counters(p->files, &flows);
	if (p->archive != NULL)
		archive_counters(p->archive, &packets);
	if (check_lost(flows.lost, "flows", err) == -1 ||
	    check_astray(flows.astray, "flow files", err) == -1 ||
	    check_lost(packets.lost, "packets of the archive", err) == -1)
		return -1;
	return check_astray(packets.astray, "files of the archive", err);
}

static void
flush_lane(struct lane *l, struct meter *m, void *ctx)
{
	(void)l;
	meter_flush(m);
	*(uint64_t *)ctx = meter_clock(m);
}

int
probe_run(struct probe *p, struct err *err)
{
	uint64_t at_ms = 0;
	int rc;

	p->start_ms = p->flushed_ms = wall_ms();
	notify_send("READY=1");
	rc = p->is_live ? run_live(p, err) : run_file(p, err);
	notify_send("STOPPING=1");
	if (p->requests->stop)
		log_info("Emitting flows cache...");
	for (unsigned i = 0; i < p->lane_count; i++)
		lane_ask(p->lanes[i], flush_lane, &at_ms);
	if (p->sender != NULL) {
		sender_flush(p->sender, p->is_live ? wall_ms() : at_ms);
		if (sender_end(p->sender, rc == -1 ? NULL : err) == -1)
			rc = -1;
	}
	if (p->files != NULL)
		files_end(p->files);
	if (p->archive != NULL)
		archive_end(p->archive);
	report_log(p);
	if (p->trouble.code != ERR_NONE) {
		*err = p->trouble;
		return -1;
	}
	return rc == 0 ? check_files(p, err) : rc;
}

void
probe_count(const struct probe *p, struct lane_counters *n)
{
	*n = (struct lane_counters){ .timeless = 0 };
	for (unsigned i = 0; i < p->lane_count; i++)
		lane_count(p->lanes[i], n);
}

void
probe_close(struct probe *p)
{
	control_close(p->control);
	for (unsigned i = 0; i < p->lane_count; i++)
		lane_free(p->lanes[i]);
	archive_close(p->archive);
	files_close(p->files);
	sender_close(p->sender);
	for (unsigned i = 0; i < p->lane_count; i++)
		capture_close(p->captures[i]);
	pidfile_close(&p->pidfile);
}
