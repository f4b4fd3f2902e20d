/*
 * The probe at work.
 */

#include <errno.h>
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
#include "flowprobe/probe.h"

#define WAIT_MS 250 /* for packets, before the clock is set without */
#define SEND_MS 1000 /* how long a datagram may wait to be full */
/* Packets may come so much later than they were captured. */
#define LATE_MS 200
/* Steps back of the clock that flows live through. */
#define BACK_MS 60000
#define MS_PER_S 1000
#define PIDFILE_DIR "/var/run"

static uint64_t
wall_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_REALTIME);
}

/* Where a flow is in time for those who get it. */
static uint64_t
now_ms(const struct probe *p)
{
	return p->is_live ? wall_ms() : meter_clock(p->meter);
}

static void
send_flow(struct probe *p, const struct flow *f)
{
	if (!p->has_begun) {
		p->has_begun = true;
		if (sender_begin(p->sender, p->first_ms, &p->trouble) == -1)
			return;
	}
	if (p->trouble.code == ERR_NONE)
		sender_put(p->sender, f, now_ms(p));
}

static void
on_flow(void *ctx, const struct flow *f)
{
	struct probe *p = ctx;

	if (p->files != NULL)
		files_put(p->files, f, now_ms(p));
	if (p->sender != NULL)
		send_flow(p, f);
}

static void
on_packet(void *ctx, uint64_t time_ms, const uint8_t *data, size_t caplen,
    size_t len)
{
	struct probe *p = ctx;

	if (p->first_ms == 0)
		p->first_ms = time_ms;
	meter_packet(p->meter, time_ms, data, caplen, len);
}

static int
open_capture(struct probe *p, struct err *err)
{
	const struct config *c = &p->config;
	struct capture_options o = { .filter = c->filter,
		.buffer = c->buffer_kb > INT32_MAX / 1024 ? INT32_MAX :
		    c->buffer_kb * 1024,
		.snaplen = c->snaplen,
		.is_promiscuous = !c->no_promiscuous,
		.has_any_link = c->link_len != 0 };

	p->is_live = c->read == NULL;
	p->capture = p->is_live ? capture_device(c->interface, &o, err) :
				  capture_file(c->read, &o, err);
	return p->capture == NULL ? -1 : 0;
}

static int
open_meter(struct probe *p, struct err *err)
{
	const struct config *c = &p->config;
	struct meter_options o = { .link = capture_link(p->capture),
		.link_len = c->link_len, .sampling = c->sampling,
		.is_outer = c->outer, .has_frame_bytes = c->frame_bytes,
		.fragments_ms = c->fragments_s > UINT32_MAX / MS_PER_S ?
		    UINT32_MAX : c->fragments_s * MS_PER_S,
		.cache = c->cache };

	if (getrandom(&o.cache.seed, sizeof(o.cache.seed), 0) == -1)
		return err_system(err, "getrandom");
	p->meter = meter_new(&o, on_flow, p, err);
	return p->meter == NULL ? -1 : 0;
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

static void
log_start(const struct probe *p)
{
	const struct config *c = &p->config;
	const struct remote *r;

	log_info("%s: %s, data link %s", c->name, capture_name(p->capture),
	    capture_link_name(p->capture));
	if (c->filter != NULL && *c->filter != '\0')
		log_info("filter: \"%s\"", c->filter);
	for (unsigned i = 0; i < c->remote_count; i++) {
		r = &c->remotes[i];
		log_info("collector #%u: %s/%s/%s", i + 1, r->name, r->local,
		    r->is_rotating ? "r" : "m");
	}
}

/* What needs root or names that another root directory does not have. */
static int
open_outside(struct probe *p, bool is_daemon, struct err *err)
{
	const struct config *c = &p->config;

	if (open_capture(p, err) == -1 ||
	    (c->remote_count > 0 && (p->sender = sender_open(c, !p->is_live,
		&p->requests->stop, err)) == NULL) ||
	    open_pidfile(p, is_daemon, err) == -1 ||
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
	log_start(p);
	if (is_daemon && daemon_fork(&p->ready, err) == -1)
		return -1;
	if (open_meter(p, err) == -1 || open_files(p, err) == -1 ||
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
		if (p->sender != NULL)
			sender_renew(p->sender);
	}
}

/* What is due when no packets or no flows come. */
static void
set_clocks(struct probe *p)
{
	uint64_t now = wall_ms();

	if (meter_clock(p->meter) > now + BACK_MS) {
		log_warning("The clock went back: all flows end");
		meter_restart(p->meter, now);
	}
	meter_set_clock(p->meter, now - LATE_MS);
	if (p->files != NULL)
		files_set_clock(p->files, now);
	if (p->sender != NULL &&
	    (now - p->flushed_ms >= SEND_MS || now < p->flushed_ms)) {
		p->flushed_ms = now;
		sender_flush(p->sender, now);
	}
	if (p->sender != NULL)
		sender_work(p->sender);
}

static int
run_live(struct probe *p, struct err *err)
{
	struct pollfd fd = { capture_fd(p->capture), POLLIN, 0 };

	while (!p->requests->stop) {
		if (poll(&fd, 1, WAIT_MS) == -1 && errno != EINTR)
			return err_system(err, "poll");
		if (capture_read(p->capture, on_packet, p, err) == -1)
			return -1;
		set_clocks(p);
		handle_requests(p);
	}
	return 0;
}

static int
run_file(struct probe *p, struct err *err)
{
	int rc;

	do {
		rc = capture_read(p->capture, on_packet, p, err);
		handle_requests(p);
	} while (rc == 1 && !p->requests->stop &&
	    p->trouble.code == ERR_NONE);
	/* Waiting for a pipe, reading fails when somebody wants us to stop. */
	return p->requests->stop ? 0 : rc;
}

/* A daemon goes on without what its disk has no room for. */
static int
check_files(const struct probe *p, struct err *err)
{
	struct files_counters n;

	if (p->files == NULL || p->is_live)
		return 0;
	files_counters(p->files, &n);
	return n.lost == 0 ? 0 : err_set(err, ERR_SYSTEM,
	    "%llu flows are lost", (unsigned long long)n.lost);
}

int
probe_run(struct probe *p, struct err *err)
{
	int rc;

	notify_send("READY=1");
	rc = p->is_live ? run_live(p, err) : run_file(p, err);
	notify_send("STOPPING=1");
	if (p->requests->stop)
		log_info("Emitting flows cache...");
	meter_flush(p->meter);
	if (p->sender != NULL) {
		sender_flush(p->sender, now_ms(p));
		if (sender_end(p->sender, rc == -1 ? NULL : err) == -1)
			rc = -1;
	}
	if (p->files != NULL)
		files_end(p->files);
	report_log(p);
	if (p->trouble.code != ERR_NONE) {
		*err = p->trouble;
		return -1;
	}
	return rc == 0 ? check_files(p, err) : rc;
}

void
probe_close(struct probe *p)
{
	files_close(p->files);
	sender_close(p->sender);
	meter_free(p->meter);
	capture_close(p->capture);
	pidfile_close(&p->pidfile);
}
