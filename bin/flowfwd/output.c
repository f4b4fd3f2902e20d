/*
 * Targets: an encoder and an outlet each.  Nothing waits inside an encoder: a
 * flow is put when there is room for all the messages that it may complete.
 */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "common/clock.h"
#include "flowfwd/output.h"
#include "wire/encode.h"

/* Uptime 0 is that long before the first flow. */
#define BOOT_BEFORE_MS (UINT64_C(86400) * 1000)

#define IDLE_MS 500
#define NS_PER_US 1000
#define NS_PER_S UINT64_C(1000000000)

/*
 * Small buffers hold about a hundred datagrams: so many may follow each other
 * at once when sending has fallen behind, and no sleep is shorter.
 */
#define BURST 16
#define SLEEP_MIN_NS 1000000

/* Those of Tera Flow hold one flow. */
#define TERA_DELAY_US 50
#define NETFLOW_DELAY_US 100

struct output_target {
	const struct target *target;
	struct output *output;
	struct outlet *outlet;
	struct wire_encoder *encoder; /* NULL: Tera Flow, or not made yet */
	uint64_t put_bytes; /* with what stands before messages */
	uint32_t prefix_len;
	uint64_t refused;
	uint64_t delay_ns;
	uint64_t next_ns; /* when a datagram is due; 0 none was */
};

struct output {
	const struct config *config;
	output_idle_fn idle;
	void *ctx;
	struct tls_context *tls;
	struct output_target targets[TARGETS_MAX];
	unsigned count;
	bool has_begun;
	uint64_t idle_ms; /* when idle was called */
	uint64_t now_ms; /* of the last flow */
	uint64_t flows;
	uint64_t turn; /* of flows to be sampled */
};

static uint64_t
monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static bool
is_stream(const struct output_target *t)
{
	return t->target->kind != OUTLET_UDP;
}

/* The other side of a new session knows no template. */
static void
on_session(void *ctx)
{
	struct output_target *t = ctx;

	if (t->encoder == NULL)
		return;
	if (is_stream(t))
		wire_encoder_reset(t->encoder, t->output->now_ms);
	else
		wire_encoder_refresh(t->encoder);
}

static uint64_t
delay_us(const struct config *c, const struct target *target)
{
	if (c->delay_us != DELAY_DEFAULT)
		return c->delay_us;
	if (c->interface != NULL)
		return 0;
	return target->version == 0 ? TERA_DELAY_US : NETFLOW_DELAY_US;
}

static int
open_target(struct output *o, const struct target *target, struct err *err)
{
	const struct config *c = o->config;
	struct output_target *t = &o->targets[o->count];
	struct outlet_options oo = OUTLET_OPTIONS_DEFAULT;

	*t = (struct output_target){ .target = target, .output = o };
	oo.kind = target->kind;
	oo.name = target->text;
	oo.host = target->url.host;
	oo.port = target->url.port;
	oo.family = c->v4 ? AF_INET : c->v6 ? AF_INET6 : AF_UNSPEC;
	oo.local = c->from;
	oo.tls = o->tls;
	oo.framing = target->version == 0 ? FRAMING_TERA : FRAMING_IPFIX;
	oo.is_stateful = target->version != 0;
	oo.ttl = c->ttl;
	oo.queue_len = c->buffer;
	oo.reconnect_s = c->reconnect_s;
	oo.on_session = on_session;
	oo.ctx = t;
	if ((t->outlet = outlet_open(&oo, err)) == NULL)
		return err_context(err, "%s", target->text);
	o->count++;
	if (is_stream(t))
		t->prefix_len = (uint32_t)framing_prefix_len(oo.framing);
	else
		t->delay_ns = delay_us(c, target) * NS_PER_US;
	return 0;
}

static bool
needs_tls(const struct config *c)
{
	for (unsigned i = 0; i < c->target_count; i++)
		if (c->targets[i].kind == OUTLET_TLS)
			return true;
	return false;
}

struct output *
output_open(const struct config *c, output_idle_fn idle, void *ctx,
    struct err *err)
{
	struct output *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		err_nomem(err);
		return NULL;
	}
	o->config = c;
	o->idle = idle;
	o->ctx = ctx;
	if (needs_tls(c) && (o->tls = tls_client(c->tls_ca, err)) == NULL)
		goto fail;
	for (unsigned i = 0; i < c->target_count; i++)
		if (open_target(o, &c->targets[i], err) == -1)
			goto fail;
	return o;
fail:
	output_close(o);
	return NULL;
}

void
output_close(struct output *o)
{
	if (o == NULL)
		return;
	for (unsigned i = 0; i < o->count; i++) {
		wire_encoder_free(o->targets[i].encoder);
		outlet_close(o->targets[i].outlet);
	}
	tls_free(o->tls);
	free(o);
}

void
output_work(struct output *o)
{
	for (unsigned i = 0; i < o->count; i++)
		outlet_work(o->targets[i].outlet);
}

/* Wait for the network, so long at most.  1 when told to stop. */
static int
wait_once(struct output *o, int ms)
{
	struct pollfd fds[TARGETS_MAX * OUTLET_FDS];
	bool is_interrupted;
	unsigned n = 0;
	uint64_t now;

	for (unsigned i = 0; i < o->count; i++)
		n += outlet_poll(o->targets[i].outlet, fds + n, &ms);
	is_interrupted = poll(fds, n, ms) == -1 && errno == EINTR;
	output_work(o);
	now = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	if (now - o->idle_ms < IDLE_MS && !is_interrupted)
		return 0;
	o->idle_ms = now;
	return o->idle(o->ctx) ? 1 : 0;
}

int
output_wait(struct output *o, uint32_t ms)
{
	uint64_t now = (uint64_t)clock_ms(CLOCK_MONOTONIC), end = now + ms;
	uint64_t left;

	do {
		left = end - now;
		if (wait_once(o, left > IDLE_MS ? IDLE_MS : (int)left) == 1)
			return 1;
		now = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	} while (now < end);
	return 0;
}

/* 1 when told to stop before there is room. */
static int
wait_for_room(struct output *o, const struct output_target *t, unsigned count,
    size_t len)
{
	if (!is_stream(t))
		return 0;
	if (!outlet_has_room(t->outlet, count, len))
		output_work(o);
	while (!outlet_has_room(t->outlet, count, len))
		if (wait_once(o, IDLE_MS) == 1)
			return 1;
	return 0;
}

static void
pace(struct output_target *t)
{
	uint64_t now = monotonic_ns(), slack = BURST * t->delay_ns, left;
	struct timespec pause;

	if (t->next_ns + slack < now)
		t->next_ns = now - slack;
	t->next_ns += t->delay_ns;
	left = t->next_ns > now ? t->next_ns - now : 0;
	if (left < SLEEP_MIN_NS)
		return;
	pause.tv_sec = (time_t)(left / NS_PER_S);
	pause.tv_nsec = (long)(left % NS_PER_S);
	nanosleep(&pause, NULL);
}

static void
send_message(void *ctx, const uint8_t *data, size_t len)
{
	struct output_target *t = ctx;

	if (t->delay_ns > 0)
		pace(t);
	if (outlet_put(t->outlet, data, len))
		t->put_bytes += len + t->prefix_len;
}

static int
begin_target(struct output_target *t, uint64_t now_ms, struct err *err)
{
	const struct config *c = t->output->config;
	struct wire_encoder_options o = WIRE_ENCODER_DEFAULT;
	size_t max = outlet_message_max(t->outlet);

	if (t->target->version == 0)
		return 0;
	o.version = t->target->version;
	o.id = c->id;
	o.max_len = max < c->max_len ? (uint32_t)max : c->max_len;
	o.sampling = c->sampling;
	o.boot_ms = now_ms > BOOT_BEFORE_MS ? now_ms - BOOT_BEFORE_MS : 0;
	o.is_stream = is_stream(t);
	t->encoder = wire_encoder_new(&o, send_message, t, err);
	return t->encoder == NULL ? -1 : 0;
}

static int
begin(struct output *o, uint64_t now_ms, struct err *err)
{
	for (unsigned i = 0; i < o->count; i++)
		if (begin_target(&o->targets[i], now_ms, err) == -1)
			return err_context(err, "%s", o->targets[i].target->text);
	o->has_begun = true;
	return 0;
}

static int
put_tera(struct output_target *t, const struct flow *f,
    const struct output_origin *from)
{
	const struct tera_rates rates = { .exporter = from->rate,
		.selection = t->output->config->sampling };
	uint8_t message[TERA_ENCODED_MAX];
	struct tera tera[2];
	unsigned n = tera_from_flow(f, &rates, tera);

	if (wait_for_room(t->output, t, 2, TERA_ENCODED_MAX) == 1)
		return 1;
	for (unsigned i = 0; i < n; i++) {
		if (tera[i].agent == 0 && addr_is_v4(from->exporter))
			tera[i].agent = (uint32_t)from->exporter.lo;
		send_message(t, message, tera_encode(&tera[i], message));
	}
	return 0;
}

static int
put_netflow(struct output_target *t, const struct flow *f, uint64_t now_ms)
{
	const struct config *c = t->output->config;

	if (wait_for_room(t->output, t, FLOW_MESSAGES_MAX, c->max_len) == 1)
		return 1;
	if (!wire_encoder_put(t->encoder, f, now_ms))
		t->refused++;
	return 0;
}

int
output_put_tera(struct output *o, const struct tera *tera, bool may_wait)
{
	uint8_t message[TERA_ENCODED_MAX];
	size_t len = tera_encode(tera, message);

	for (unsigned i = 0; i < o->count; i++) {
		if (may_wait &&
		    wait_for_room(o, &o->targets[i], 1, TERA_ENCODED_MAX) == 1)
			return 1;
		send_message(&o->targets[i], message, len);
	}
	return 0;
}

/* One in so many is sent. */
static bool
is_passed_over(struct output *o)
{
	return o->config->sampling > 1 && o->turn++ % o->config->sampling != 0;
}

int
output_put(struct output *o, const struct flow *f,
    const struct output_origin *from, uint64_t now_ms, struct err *err)
{
	struct output_target *t;
	int rc = 0;

	if (!o->has_begun && begin(o, now_ms, err) == -1)
		return -1;
	if (is_passed_over(o))
		return 0;
	o->now_ms = now_ms;
	for (unsigned i = 0; i < o->count && rc == 0; i++) {
		t = &o->targets[i];
		rc = t->encoder == NULL ? put_tera(t, f, from) :
		    put_netflow(t, f, now_ms);
	}
	o->flows += rc == 0;
	return rc;
}

int
output_flush(struct output *o, uint64_t now_ms)
{
	struct output_target *t;

	for (unsigned i = 0; i < o->count; i++) {
		t = &o->targets[i];
		if (t->encoder == NULL)
			continue;
		if (wait_for_room(o, t, FLOW_MESSAGES_MAX,
			o->config->max_len) == 1)
			return 1;
		wire_encoder_flush(t->encoder, now_ms);
	}
	output_work(o);
	return 0;
}

bool
output_drain(struct output *o, uint32_t ms, const volatile sig_atomic_t *stop)
{
	uint64_t end = (uint64_t)clock_ms(CLOCK_MONOTONIC) + ms, now;
	bool is_empty = true;

	for (unsigned i = 0; i < o->count; i++) {
		now = (uint64_t)clock_ms(CLOCK_MONOTONIC);
		if (!outlet_drain(o->targets[i].outlet,
			now < end ? (uint32_t)(end - now) : 0, stop))
			is_empty = false;
	}
	return is_empty;
}

void
output_renew(struct output *o)
{
	for (unsigned i = 0; i < o->count; i++) {
		outlet_renew(o->targets[i].outlet);
		if (o->targets[i].encoder != NULL)
			wire_encoder_refresh(o->targets[i].encoder);
	}
}

void
output_position(const struct output *o, struct output_position *p)
{
	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < o->count; i++)
		p->bytes[i] = o->targets[i].put_bytes;
}

bool
output_has_sent(const struct output *o, const struct output_position *p)
{
	const struct output_target *t;

	for (unsigned i = 0; i < o->count; i++) {
		t = &o->targets[i];
		if (is_stream(t) && t->put_bytes <
		    p->bytes[i] + outlet_queued(t->outlet))
			return false;
	}
	return true;
}

bool
output_has_arrived(const struct output *o, const struct output_position *p)
{
	const struct output_target *t;

	for (unsigned i = 0; i < o->count; i++) {
		t = &o->targets[i];
		if (is_stream(t) && t->put_bytes < p->bytes[i] +
		    outlet_queued(t->outlet) +
		    outlet_unacknowledged(t->outlet))
			return false;
	}
	return true;
}

uint64_t
output_since(const struct output *o, const struct output_position *p)
{
	const struct output_target *t;
	uint64_t least = UINT64_MAX, bytes;

	for (unsigned i = 0; i < o->count; i++) {
		t = &o->targets[i];
		bytes = t->put_bytes - p->bytes[i];
		if (is_stream(t) && bytes < least)
			least = bytes;
	}
	return least == UINT64_MAX ? 0 : least;
}

bool
output_has_streams(const struct output *o)
{
	for (unsigned i = 0; i < o->count; i++)
		if (is_stream(&o->targets[i]))
			return true;
	return false;
}

void
output_counters(const struct output *o, struct output_counters *n)
{
	struct outlet_counters c;

	*n = (struct output_counters){ .flows = o->flows };
	for (unsigned i = 0; i < o->count; i++) {
		outlet_counters(o->targets[i].outlet, &c);
		n->messages += c.messages;
		n->bytes += c.bytes;
		n->errors += c.errors;
		n->sessions += c.sessions;
		n->lost += c.ended;
		n->refused += o->targets[i].refused;
	}
}

void
output_state(const struct output *o, unsigned target, struct output_state *s)
{
	const struct outlet *outlet = o->targets[target].outlet;
	struct outlet_counters c;

	outlet_counters(outlet, &c);
	*s = (struct output_state){ outlet_is_connected(outlet), c.messages,
		c.errors, outlet_queued(outlet) };
}
