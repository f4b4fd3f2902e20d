/*
 * Export.  A route is an encoder and the collectors that get its messages:
 * one of all that mirror by UDP, one of each that rotates or has a session of
 * its own.
 */

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/outlet.h"
#include "flowprobe/sender.h"
#include "wire/encode.h"

/* Uptime 0 is that long before the first packet. */
#define BOOT_BEFORE_MS (UINT64_C(86400) * 1000)

/* As long as nothing else is asked for, captures are sent at 10 MB/s. */
#define REPLAY_BURST 10000
#define REPLAY_PAUSE_NS 1000000

#define NS_PER_S 1000000000

/* Messages for a stream wait in so many bytes. */
#define QUEUE_LEN (4U * 1024 * 1024)

/* A flow makes no more messages than that. */
#define ROOM_MESSAGES 4

#define WORK_FLOWS 256 /* between two looks at the sockets, of a capture */
#define LOOK_MS 500 /* whether to stop, while there is no room */
#define END_MS 5000 /* for queues to empty, of what was live */

struct collector {
	const struct remote *remote;
	struct outlet *outlet;
	struct route *route;
};

struct route {
	struct sender *sender;
	struct wire_encoder *encoder; /* NULL before sender_begin() */
	unsigned first; /* of its collectors, which follow each other */
	unsigned count;
	bool is_stream;
};

struct sender {
	const struct config *config;
	struct wire_encoder_options encoding;
	bool is_replay;
	const volatile sig_atomic_t *stop;
	struct tls_context *tls; /* NULL: nobody needs it */
	struct collector collectors[REMOTES_MAX]; /* mirrors first */
	unsigned collector_count;
	struct route routes[REMOTES_MAX]; /* those of mirrors first */
	unsigned route_count;
	unsigned mirrors; /* routes of mirrors */
	unsigned turn; /* the rotating route that gets flows now */
	uint64_t puts;
	uint64_t now_ms; /* what the last caller said it is */
	uint64_t burst; /* bytes sent since the last pause */
	uint64_t burst_bytes;
	uint64_t pause_ns;
	uint64_t due_ns; /* end of the last pause */
	bool is_pausing; /* who sends now is to be told */
	uint64_t refused;
};

/* Where a collector is has changed, or it has forgotten all. */
static void
on_session(void *ctx)
{
	struct collector *to = ctx;
	struct route *r = to->route;

	if (r->encoder == NULL)
		return;
	if (r->is_stream)
		wire_encoder_reset(r->encoder, r->sender->now_ms);
	else
		wire_encoder_refresh(r->encoder);
}

static int
open_collector(struct sender *s, struct collector *to, struct err *err)
{
	const struct config *c = s->config;
	const struct remote *r = to->remote;
	struct outlet_options o = OUTLET_OPTIONS_DEFAULT;

	if (r->kind == OUTLET_TLS && s->tls == NULL &&
	    (s->tls = tls_client(c->tls_ca, err)) == NULL)
		return -1;
	o.kind = r->kind;
	o.name = r->name;
	o.host = r->host;
	o.port = r->port;
	o.local = r->local[0] != '\0' ? r->local : c->from;
	o.tls = s->tls;
	o.framing = FRAMING_IPFIX;
	o.is_stateful = true;
	o.ttl = c->ttl;
	o.device = c->bind_device;
	o.queue_len = QUEUE_LEN;
	o.reconnect_s = c->reconnect_s;
	o.on_session = on_session;
	o.ctx = to;
	to->outlet = outlet_open(&o, err);
	return to->outlet == NULL ? -1 : 0;
}

/* The collector gets what this route makes; NULL: it has one of its own. */
static struct route *
join_route(struct sender *s, struct collector *to, struct route *r)
{
	if (r == NULL) {
		r = &s->routes[s->route_count++];
		*r = (struct route){ .sender = s,
			.first = s->collector_count,
			.is_stream = to->remote->kind != OUTLET_UDP };
	}
	to->route = r;
	r->count++;
	return r;
}

/* Collectors of one type, in the order of the command line. */
static int
add_collectors(struct sender *s, bool is_rotating, bool is_stream,
    struct err *err)
{
	const struct config *c = s->config;
	struct route *shared = NULL;
	struct collector *to;

	for (unsigned i = 0; i < c->remote_count; i++) {
		if (c->remotes[i].is_rotating != is_rotating ||
		    (c->remotes[i].kind != OUTLET_UDP) != is_stream)
			continue;
		to = &s->collectors[s->collector_count];
		to->remote = &c->remotes[i];
		if (open_collector(s, to, err) == -1)
			return err_context(err, "collector #%u", i + 1);
		if (is_rotating || is_stream)
			join_route(s, to, NULL);
		else
			shared = join_route(s, to, shared);
		s->collector_count++;
	}
	return 0;
}

static int
add_all(struct sender *s, struct err *err)
{
	if (add_collectors(s, false, false, err) == -1 ||
	    add_collectors(s, false, true, err) == -1)
		return -1;
	s->mirrors = s->turn = s->route_count;
	return add_collectors(s, true, false, err) == -1 ||
		add_collectors(s, true, true, err) == -1 ? -1 : 0;
}

struct sender *
sender_open(const struct config *c, bool is_replay,
    const volatile sig_atomic_t *stop, struct err *err)
{
	struct sender *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_nomem(err);
		return NULL;
	}
	s->config = c;
	s->encoding = (struct wire_encoder_options){
		.version = (uint16_t)c->version, .id = c->id,
		.max_len = c->max_len, .template_s = c->template_s,
		.template_packets = c->template_packets,
		.sampling = c->sampling, .exporter = c->exporter, .time = c->time,
		.is_biflow = c->biflow };
	s->is_replay = is_replay;
	s->stop = stop;
	s->burst_bytes = c->burst_bytes;
	s->pause_ns = c->pause_ns;
	if (is_replay && c->rate == NULL) {
		s->burst_bytes = REPLAY_BURST;
		s->pause_ns = REPLAY_PAUSE_NS;
	}
	if (wire_encoder_check(&s->encoding, err) == 0 &&
	    add_all(s, err) == 0)
		return s;
	sender_close(s);
	return NULL;
}

void
sender_work(struct sender *s)
{
	for (unsigned i = 0; i < s->collector_count; i++)
		outlet_work(s->collectors[i].outlet);
}

/* Wait for a collector to have work, that long at most, and do it. */
static void
wait_and_work(struct sender *s, int timeout_ms)
{
	struct pollfd fds[REMOTES_MAX * OUTLET_FDS];
	unsigned count = 0;

	for (unsigned i = 0; i < s->collector_count; i++)
		count += outlet_poll(s->collectors[i].outlet, fds + count,
		    &timeout_ms);
	poll(fds, count, timeout_ms);
	sender_work(s);
}

static bool
has_room(const struct sender *s)
{
	for (unsigned i = 0; i < s->collector_count; i++)
		if (!outlet_has_room(s->collectors[i].outlet, ROOM_MESSAGES,
			s->config->max_len))
			return false;
	return true;
}

/* What is in a capture can wait for those who are slow, or not there. */
static void
make_room(struct sender *s)
{
	if (s->puts++ % WORK_FLOWS == 0)
		sender_work(s);
	while (!has_room(s) && !*s->stop)
		wait_and_work(s, LOOK_MS);
}

static uint64_t
monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Pauses add up, as several may send while one waits. */
static void
pace(struct sender *s, size_t len)
{
	uint64_t now;

	if (s->pause_ns == 0 || s->burst_bytes == 0)
		return;
	s->burst += len;
	if (s->burst < s->burst_bytes)
		return;
	s->burst = 0;
	now = monotonic_ns();
	if (s->due_ns < now)
		s->due_ns = now;
	s->due_ns = s->pause_ns > UINT64_MAX - s->due_ns ? UINT64_MAX :
	    s->due_ns + s->pause_ns;
	s->is_pausing = true;
}

uint64_t
sender_pause(struct sender *s)
{
	uint64_t due_ns = s->is_pausing ? s->due_ns : 0;

	s->is_pausing = false;
	return due_ns;
}

/* The turn is with the rotating route behind that one. */
static void
pass_turn(struct sender *s, const struct route *r)
{
	unsigned number = (unsigned)(r - s->routes);

	if (number < s->mirrors)
		return;
	s->turn = number + 1 < s->route_count ? number + 1 : s->mirrors;
}

static void
on_message(void *ctx, const uint8_t *data, size_t len)
{
	struct route *r = ctx;
	struct sender *s = r->sender;
	bool is_sent;

	pass_turn(s, r);
	for (unsigned i = r->first; i < r->first + r->count; i++) {
		is_sent = outlet_put(s->collectors[i].outlet, data, len);
		if (is_sent && !r->is_stream)
			pace(s, len);
		/* There may have been templates in it. */
		if (!is_sent && r->is_stream)
			wire_encoder_refresh(r->encoder);
	}
}

static int
begin_route(struct route *r, struct err *err)
{
	struct wire_encoder_options o = r->sender->encoding;
	size_t len;

	for (unsigned i = r->first; i < r->first + r->count; i++) {
		len = outlet_message_max(r->sender->collectors[i].outlet);
		if (len < o.max_len)
			o.max_len = (uint32_t)len;
	}
	/* A session knows what it was told: RFC 7011 section 10.4. */
	if (r->is_stream) {
		o.is_stream = true;
		o.template_s = 0;
		o.template_packets = 0;
	}
	r->encoder = wire_encoder_new(&o, on_message, r, err);
	return r->encoder == NULL ? -1 : 0;
}

int
sender_begin(struct sender *s, uint64_t first_ms, struct err *err)
{
	s->encoding.boot_ms = first_ms > BOOT_BEFORE_MS ?
	    first_ms - BOOT_BEFORE_MS : 0;
	for (unsigned i = 0; i < s->route_count; i++)
		if (begin_route(&s->routes[i], err) == -1)
			return -1;
	return 0;
}

static void
put(struct sender *s, struct route *r, const struct flow *f)
{
	if (!wire_encoder_put(r->encoder, f, s->now_ms))
		s->refused++;
}

void
sender_put(struct sender *s, const struct flow *f, uint64_t now_ms)
{
	s->now_ms = now_ms;
	if (s->is_replay)
		make_room(s);
	for (unsigned i = 0; i < s->mirrors; i++)
		put(s, &s->routes[i], f);
	if (s->route_count > s->mirrors)
		put(s, &s->routes[s->turn], f);
}

void
sender_flush(struct sender *s, uint64_t now_ms)
{
	s->now_ms = now_ms;
	for (unsigned i = 0; i < s->route_count; i++)
		if (s->routes[i].encoder != NULL)
			wire_encoder_flush(s->routes[i].encoder, now_ms);
}

static bool
has_queue(const struct sender *s)
{
	for (unsigned i = 0; i < s->collector_count; i++)
		if (outlet_queued(s->collectors[i].outlet) > 0)
			return true;
	return false;
}

int
sender_end(struct sender *s, struct err *err)
{
	int rc = 0;

	bool is_patient = s->is_replay && !*s->stop;
	int64_t end = clock_ms(CLOCK_MONOTONIC) + END_MS;

	/* Whoever is away gets another chance. */
	if (is_patient)
		end += (int64_t)s->config->reconnect_s * 1000;
	sender_work(s);
	while (has_queue(s) && clock_ms(CLOCK_MONOTONIC) < end &&
	    !(is_patient && *s->stop))
		wait_and_work(s, LOOK_MS);
	for (unsigned i = 0; i < s->collector_count; i++)
		if (!outlet_drain(s->collectors[i].outlet, 0, NULL))
			rc = err_set(err, ERR_SYSTEM, "%s did not take all",
			    s->collectors[i].remote->name);
	return rc;
}

void
sender_renew(struct sender *s)
{
	for (unsigned i = 0; i < s->collector_count; i++)
		outlet_renew(s->collectors[i].outlet);
	for (unsigned i = 0; i < s->route_count; i++)
		if (s->routes[i].encoder != NULL && !s->routes[i].is_stream)
			wire_encoder_refresh(s->routes[i].encoder);
}

unsigned
sender_collectors(const struct sender *s)
{
	return s->collector_count;
}

const char *
sender_collector(const struct sender *s, unsigned i,
    struct outlet_counters *n)
{
	outlet_counters(s->collectors[i].outlet, n);
	return s->collectors[i].remote->name;
}

void
sender_counters(const struct sender *s, struct sender_counters *n)
{
	struct wire_encoder_counters c;
	struct outlet_counters o;

	*n = (struct sender_counters){ .refused = s->refused };
	for (unsigned i = 0; i < s->route_count; i++) {
		if (s->routes[i].encoder == NULL)
			continue;
		wire_encoder_counters(s->routes[i].encoder, &c);
		n->records += c.records;
	}
	for (unsigned i = 0; i < s->collector_count; i++) {
		outlet_counters(s->collectors[i].outlet, &o);
		n->messages += o.messages;
		n->bytes += o.bytes;
		n->errors += o.errors;
	}
}

void
sender_close(struct sender *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->collector_count; i++)
		outlet_close(s->collectors[i].outlet);
	for (unsigned i = 0; i < s->route_count; i++)
		wire_encoder_free(s->routes[i].encoder);
	tls_free(s->tls);
	free(s);
}
