/*
 * Export of flowprobe by TCP: what a collector gets that goes and comes back.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "common/clock.h"
#include "common/inlet.h"
#include "common/log.h"
#include "flowprobe/sender.h"
#include "tap.h"

#define NOW_MS UINT64_C(1760000000000)
#define PATIENCE_MS 30000
#define TEMPLATE_SET 2

static volatile sig_atomic_t stop;

struct collector {
	struct inlet *in;
	char port[16];
	unsigned messages;
	unsigned templates; /* messages that begin with one */
	uint32_t first; /* sequence number */
	uint32_t last;
};

static void
listen_at(struct collector *c, const char *port)
{
	struct inlet_options o = INLET_OPTIONS_DEFAULT;
	struct err err;

	o.name = "tcp://test";
	o.host = "127.0.0.1";
	o.port = port;
	o.framing = FRAMING_IPFIX;
	if ((c->in = inlet_open(&o, &err)) == NULL)
		bail("%s", err.text);
	snprintf(c->port, sizeof(c->port), "%u", inlet_port(c->in));
	c->messages = c->templates = 0;
}

static void
receive(struct collector *c)
{
	const struct udp_datagram *list;
	unsigned n = inlet_receive(c->in, &list);

	for (unsigned i = 0; i < n; i++) {
		c->last = load_be32(list[i].data + 8);
		if (c->messages++ == 0)
			c->first = c->last;
		c->templates +=
		    load_be16(list[i].data + 16) == TEMPLATE_SET;
	}
}

static void
put(struct sender *s, unsigned flows)
{
	const struct flow f = {
		.extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4),
		.first_ms = NOW_MS, .last_ms = NOW_MS, .in_packets = 1,
		.in_bytes = 40 };

	while (flows-- > 0)
		sender_put(s, &f, NOW_MS);
	sender_flush(s, NOW_MS);
}

/* Work until so many messages are there. */
static bool
arrive(struct sender *s, struct collector *c, unsigned messages)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
	struct pollfd fd = { inlet_fd(c->in), POLLIN, 0 };

	while (c->messages < messages && clock_ms(CLOCK_MONOTONIC) < end) {
		sender_work(s);
		poll(&fd, 1, 10);
		receive(c);
	}
	return c->messages == messages;
}

static bool
lose_connection(struct sender *s, struct collector *c)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
	struct outlet_counters n;

	inlet_close(c->in);
	do {
		sender_work(s);
		poll(NULL, 0, 10);
		sender_collector(s, 0, &n);
	} while (n.failures == 0 && clock_ms(CLOCK_MONOTONIC) < end);
	return n.failures > 0;
}

static struct sender *
open_sender(struct config *c, const char *port)
{
	struct remote *r = &c->remotes[0];
	struct sender *s;
	struct err err;

	c->version = 10;
	c->max_len = 1400;
	c->template_packets = 1;
	c->reconnect_s = 1;
	c->remote_count = 1;
	r->kind = OUTLET_TCP;
	snprintf(r->name, sizeof(r->name), "tcp://127.0.0.1:%s", port);
	snprintf(r->host, sizeof(r->host), "127.0.0.1");
	snprintf(r->port, sizeof(r->port), "%s", port);
	if ((s = sender_open(c, false, &stop, &err)) == NULL ||
	    sender_begin(s, NOW_MS, &err) == -1)
		bail("%s", err.text);
	return s;
}

int
main(void)
{
	static struct config config;
	struct collector c;
	struct sender *s;
	struct outlet_counters n;
	char port[16];
	struct err err;

	log_init("test");
	log_limit(-1);
	listen_at(&c, "0");
	memcpy(port, c.port, sizeof(port));
	s = open_sender(&config, port);
	put(s, 2);
	put(s, 1);
	put(s, 1);
	ok(arrive(s, &c, 3), "three messages");
	is_uint(c.first, 0, "numbers begin at 0");
	is_uint(c.last, 3, "and go by records");
	is_uint(c.templates, 1, "the template is sent once");

	ok(lose_connection(s, &c), "the collector goes");
	put(s, 5);
	put(s, 1);
	listen_at(&c, port);
	ok(arrive(s, &c, 2), "what was put meanwhile arrives later");
	is_uint(c.first, 0, "numbers begin at 0 again");
	is_uint(c.last, 5, "and go on");
	is_uint(c.templates, 1, "the template was sent again");
	sender_collector(s, 0, &n);
	is_uint(n.sessions, 2, "two sessions");
	is_uint(n.errors, 0, "nothing was lost");
	is_int(sender_end(s, &err), 0, "the end");
	sender_close(s);
	inlet_close(c.in);
	return done_testing();
}
