/*
 * Export of flowprobe: who gets which flows, how many datagrams there are
 * and what their sequence numbers are.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "flowprobe/sender.h"
#include "tap.h"

#define COLLECTORS 3
#define NOW_MS UINT64_C(1760000000000)
#define FULL 30 /* records of version 5 */

struct receiver {
	int fd;
	unsigned datagrams;
	unsigned records;
	uint32_t sequence; /* of the last datagram */
};

static struct receiver receivers[COLLECTORS];
static volatile sig_atomic_t stop;

static void
open_receiver(struct receiver *r, struct remote *remote)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);

	*r = (struct receiver){ .fd = socket(AF_INET,
		SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) };
	if (r->fd == -1 ||
	    bind(r->fd, (struct sockaddr *)&to, sizeof(to)) == -1 ||
	    getsockname(r->fd, (struct sockaddr *)&to, &len) == -1)
		bail("no socket on the loopback");
	snprintf(remote->host, sizeof(remote->host), "127.0.0.1");
	snprintf(remote->port, sizeof(remote->port), "%u",
	    ntohs(to.sin_port));
}

static void
receive(struct receiver *r)
{
	uint8_t data[2048];

	while (recv(r->fd, data, sizeof(data), 0) >= 24) {
		r->datagrams++;
		r->records += load_be16(data + 2);
		r->sequence = load_be32(data + 16);
	}
}

/* What the collectors have got: "datagrams/records" of each. */
static const char *
got(char *text, size_t len)
{
	size_t used = 0;

	for (int i = 0; i < COLLECTORS; i++) {
		receive(&receivers[i]);
		used += (size_t)snprintf(text + used, len - used, "%s%u/%u",
		    i > 0 ? " " : "", receivers[i].datagrams,
		    receivers[i].records);
	}
	return text;
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
}

/* A mirror and two that take turns. */
static struct sender *
open_sender(struct config *c)
{
	struct err err;
	struct sender *s;

	c->version = 5;
	c->max_len = 1464;
	c->remote_count = COLLECTORS;
	for (int i = 0; i < COLLECTORS; i++) {
		open_receiver(&receivers[i], &c->remotes[i]);
		c->remotes[i].is_rotating = i > 0;
	}
	if ((s = sender_open(c, false, &stop, &err)) == NULL ||
	    sender_begin(s, NOW_MS, &err) == -1)
		bail("%s", err.text);
	return s;
}

/* A pause is for the caller to make; this one would take days. */
static void
test_pause(void)
{
	static struct config c = { .burst_bytes = 100000,
		.pause_ns = UINT64_C(1000000000000000), .rate = "" };
	struct sender *s = open_sender(&c);
	uint64_t first;

	put(s, FULL);
	is_uint(sender_pause(s), 0, "no pause before so many bytes");
	put(s, 60 * FULL);
	first = sender_pause(s);
	ok(first > c.pause_ns, "a pause behind them");
	is_uint(sender_pause(s), 0, "is told once");
	put(s, 60 * FULL);
	ok(sender_pause(s) >= first + c.pause_ns, "pauses add up");
	sender_close(s);
	for (int i = 0; i < COLLECTORS; i++)
		close(receivers[i].fd);
}

int
main(void)
{
	static struct config c;
	struct sender *s = open_sender(&c);
	struct sender_counters n;
	char text[128];

	put(s, 2 * FULL);
	is_str(got(text, sizeof(text)), "2/60 1/30 1/30",
	    "full datagrams take turns");
	put(s, 1);
	sender_flush(s, NOW_MS);
	put(s, 1);
	sender_flush(s, NOW_MS);
	is_str(got(text, sizeof(text)), "4/62 2/31 2/31",
	    "and so do those that are sent before they are full");
	sender_flush(s, NOW_MS);
	is_str(got(text, sizeof(text)), "4/62 2/31 2/31",
	    "nothing is sent of nothing");
	put(s, 2);
	sender_flush(s, NOW_MS);
	is_str(got(text, sizeof(text)), "5/64 3/33 2/31", "and so on");
	is_uint(receivers[0].sequence, 62, "sequence numbers of the mirror");
	is_uint(receivers[1].sequence, 31, "of the one");
	is_uint(receivers[2].sequence, 30, "and of the other");
	sender_counters(s, &n);
	is_uint(n.messages, 10, "messages are counted");
	is_uint(n.errors, 0, "there are no errors");
	sender_close(s);
	for (int i = 0; i < COLLECTORS; i++)
		close(receivers[i].fd);
	test_pause();
	return done_testing();
}
