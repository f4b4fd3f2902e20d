/*
 * Outlets and inlets over loopback, both in one thread.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "common/clock.h"
#include "common/inlet.h"
#include "common/log.h"
#include "common/lookup.h"
#include "common/outlet.h"
#include "tap.h"

#define PATIENCE_MS 30000
#define MESSAGE_LEN 64

/* Numbered messages: what came in which order. */
struct pair {
	struct inlet *in;
	struct outlet *out;
	char port[16];
	enum framing framing;
	uint32_t stall_s; /* 0: 1 */
	uint64_t got; /* messages */
	uint64_t next; /* the number that is expected */
	uint64_t jumps; /* numbers that were not */
	unsigned sessions; /* calls of the hook */
};

static void
listen_at(struct pair *p, const char *port)
{
	struct inlet_options o = INLET_OPTIONS_DEFAULT;
	struct err err;

	o.name = "tcp://test";
	o.host = "127.0.0.1";
	o.port = port;
	o.framing = p->framing;
	o.connections = 2;
	o.stall_s = p->stall_s > 0 ? p->stall_s : 1;
	if ((p->in = inlet_open(&o, &err)) == NULL)
		bail("%s", err.text);
	snprintf(p->port, sizeof(p->port), "%u", inlet_port(p->in));
}

static void
on_session(void *ctx)
{
	struct pair *p = ctx;

	p->sessions++;
}

static void
pair_open(struct pair *p, enum framing f, bool is_stateful)
{
	struct outlet_options o = OUTLET_OPTIONS_DEFAULT;
	struct err err;

	memset(p, 0, sizeof(*p));
	p->framing = f;
	listen_at(p, "0");
	o.kind = OUTLET_TCP;
	o.name = "tcp://peer";
	o.host = "127.0.0.1";
	o.port = p->port;
	o.framing = f;
	o.is_stateful = is_stateful;
	o.queue_len = 100000;
	o.reconnect_s = 0;
	o.on_session = on_session;
	o.ctx = p;
	if ((p->out = outlet_open(&o, &err)) == NULL)
		bail("%s", err.text);
}

static void
pair_close(struct pair *p)
{
	outlet_close(p->out);
	inlet_close(p->in);
}

static bool
put(struct pair *p, uint64_t number)
{
	uint8_t m[MESSAGE_LEN] = { 0, 10, 0, MESSAGE_LEN };

	store_u64(m + 16, number);
	return outlet_put(p->out, m, sizeof(m));
}

static void
receive(struct pair *p)
{
	const struct udp_datagram *list;
	unsigned n = inlet_receive(p->in, &list);
	uint64_t number;

	for (unsigned i = 0; i < n; i++) {
		number = load_u64(list[i].data + 16);
		p->jumps += number != p->next ||
		    list[i].len != MESSAGE_LEN;
		p->next = number + 1;
		p->got++;
	}
}

/* Let both work; in == NULL: only the outlet. */
static void
turn(struct pair *p)
{
	struct pollfd fds[OUTLET_FDS + 1];
	int timeout = 100;
	unsigned n = outlet_poll(p->out, fds, &timeout);

	if (p->in != NULL)
		fds[n++] = (struct pollfd){ inlet_fd(p->in), POLLIN, 0 };
	poll(fds, n, timeout);
	outlet_work(p->out);
	if (p->in != NULL)
		receive(p);
}

static int64_t
limit(void)
{
	return clock_ms(CLOCK_MONOTONIC) + PATIENCE_MS;
}

static bool
has_time(int64_t end)
{
	return clock_ms(CLOCK_MONOTONIC) < end;
}

/* Turns until so many messages are there. */
static bool
arrive(struct pair *p, uint64_t count)
{
	for (int64_t end = limit(); p->got < count && has_time(end);)
		turn(p);
	return p->got == count;
}

static void
test_order(enum framing f)
{
	struct outlet_counters out;
	struct inlet_counters in;
	struct pair p;
	uint64_t n = 0;

	pair_open(&p, f, false);
	for (int64_t end = limit(); n < 20000 && has_time(end);) {
		while (n < 20000 && outlet_has_room(p.out, 1, MESSAGE_LEN))
			n += put(&p, n);
		turn(&p);
	}
	ok(arrive(&p, 20000), "all arrive");
	is_uint(p.jumps, 0, "in order");
	outlet_counters(p.out, &out);
	inlet_counters(p.in, &in);
	is_uint(out.messages, 20000, "counted as sent");
	is_uint(in.messages, 20000, "counted as received");
	is_uint(out.bytes, in.bytes, "the same bytes");
	is_uint(out.errors, 0, "none was lost");
	is_uint(p.sessions, 0, "no other session");
	pair_close(&p);
}

/* Nobody reads: memory is bounded, and what has no room is counted. */
static void
test_full(void)
{
	struct outlet_counters out;
	struct pair p;
	uint64_t n = 0, taken = 0;
	int64_t end = limit();

	pair_open(&p, FRAMING_TERA, false);
	while (!outlet_is_connected(p.out) && has_time(end))
		turn(&p);
	for (; n < 400000; n++) {
		taken += put(&p, taken);
		if (n % 100 == 0)
			outlet_work(p.out);
	}
	ok(taken < n, "a receiver that does not read fills the queue");
	ok(outlet_queued(p.out) <= 100000, "which is bounded");
	outlet_counters(p.out, &out);
	is_uint(out.full, n - taken, "what has no room is counted");
	ok(arrive(&p, taken), "the rest arrives");
	is_uint(p.jumps, 0, "in order");
	pair_close(&p);
}

static bool
lose_connection(struct pair *p)
{
	int64_t end = limit();

	inlet_close(p->in);
	p->in = NULL;
	while (outlet_is_connected(p->out) && has_time(end))
		turn(p);
	return !outlet_is_connected(p->out);
}

/* What was queued before or while nobody was there arrives. */
static void
test_reconnect(void)
{
	struct outlet_counters out;
	struct pair p;

	pair_open(&p, FRAMING_TERA, false);
	put(&p, 0);
	ok(arrive(&p, 1), "one arrives");
	ok(lose_connection(&p), "the receiver goes");
	is_uint(p.sessions, 1, "another session has begun");
	for (uint64_t i = 1; i <= 100; i++)
		put(&p, i);
	listen_at(&p, p.port);
	ok(arrive(&p, 101), "what was put meanwhile arrives");
	is_uint(p.jumps, 0, "in order");
	outlet_counters(p.out, &out);
	is_uint(out.sessions, 2, "two sessions");
	is_uint(out.ended, 1, "of which one was ended by the receiver");
	is_uint(out.errors, 0, "nothing was lost");
	pair_close(&p);
}

/* The queue of a session that ends stays, or is lost with it. */
static void
test_queue_at_end(bool is_stateful)
{
	struct outlet_counters out;
	struct pair p;
	int64_t end = limit();
	uint64_t n = 0;

	pair_open(&p, FRAMING_IPFIX, is_stateful);
	while (!outlet_is_connected(p.out) && has_time(end))
		turn(&p);
	do {
		outlet_work(p.out);
		while (outlet_has_room(p.out, 1, MESSAGE_LEN))
			n += put(&p, n);
		outlet_work(p.out);
	} while (outlet_has_room(p.out, 1, MESSAGE_LEN) && has_time(end));
	ok(lose_connection(&p), "the receiver goes, stateful: %d",
	    is_stateful);
	outlet_counters(p.out, &out);
	is_uint(outlet_queued(p.out) > 0, !is_stateful, "the queue stays");
	is_uint(out.lost > 0, is_stateful, "or is lost");
	is_uint(out.messages + out.lost +
	    outlet_queued(p.out) / MESSAGE_LEN, n, "and all is counted");
	listen_at(&p, p.port);
	n -= out.messages + out.lost;
	p.next = out.messages;
	ok(arrive(&p, n), "the queue arrives");
	is_uint(p.jumps, 0, "whole messages, the first one too");
	outlet_counters(p.out, &out);
	is_uint(out.carried, n, "and is counted as carried over");
	pair_close(&p);
}

static void
test_drain(void)
{
	struct pair p;
	struct outlet_counters out;
	struct inlet_counters in;
	int64_t end = limit();

	pair_open(&p, FRAMING_IPFIX, true);
	for (uint64_t i = 0; i < 100; i++)
		put(&p, i);
	ok(outlet_drain(p.out, PATIENCE_MS, NULL), "drained");
	outlet_counters(p.out, &out);
	is_uint(out.messages, 100, "all are sent");
	do {
		receive(&p);
		inlet_counters(p.in, &in);
	} while ((p.got < 100 || in.open > 0) && has_time(end));
	is_uint(p.got, 100, "all are received");
	is_uint(in.open, 0, "the connection has ended");
	is_uint(in.broken, 0, "not within a message");
	pair_close(&p);
}

static int
dial(const struct pair *p)
{
	struct addrinfo *a = lookup_now("127.0.0.1", p->port, AF_INET,
	    SOCK_STREAM, 0, NULL);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (a == NULL || connect(fd, a->ai_addr, a->ai_addrlen) == -1)
		bail("connect: %s", strerror(errno));
	freeaddrinfo(a);
	return fd;
}

/* Receive until a counter has its value. */
static bool
counts(struct pair *p, size_t offset, uint64_t want)
{
	struct pollfd fd = { inlet_fd(p->in), POLLIN, 0 };
	struct inlet_counters in;
	int64_t end = limit();
	uint64_t have;

	do {
		poll(&fd, 1, 100);
		receive(p);
		inlet_counters(p->in, &in);
		memcpy(&have, (char *)&in + offset, sizeof(have));
	} while (have < want && has_time(end));
	return have == want;
}

#define COUNTS(p, what, want) \
	counts(p, offsetof(struct inlet_counters, what), want)

static void
send_number(int fd, uint64_t number, size_t from, size_t to)
{
	uint8_t m[8 + MESSAGE_LEN] = { 0 };

	framing_prefix(FRAMING_TERA, MESSAGE_LEN, m);
	store_u64(m + 8 + 16, number);
	if (send(fd, m + from, to - from, MSG_NOSIGNAL) == -1)
		note("send: %s", strerror(errno));
}

static void
test_limits(void)
{
	struct pair p = { .framing = FRAMING_TERA };
	int fd[3];

	listen_at(&p, "0");
	fd[0] = dial(&p);
	fd[1] = dial(&p);
	ok(COUNTS(&p, accepted, 2), "two connections");
	send_number(fd[0], 0, 0, 72);
	ok(COUNTS(&p, messages, 1), "a message of one");
	send_number(fd[1], 1, 0, 72);
	ok(COUNTS(&p, messages, 2), "and of the other");
	fd[2] = dial(&p);
	ok(COUNTS(&p, refused, 1), "a third is one too many");
	send_number(fd[0], 0, 0, 50);
	send_number(fd[1], 2, 0, 72);
	ok(COUNTS(&p, messages, 3), "one in part holds no other");
	ok(COUNTS(&p, stalled, 1), "and is closed when the rest stays away");
	send_number(fd[1], 3, 0, 72);
	ok(COUNTS(&p, messages, 4), "one that sends nothing stays");
	send_number(fd[1], 4, 0, 72);
	send(fd[1], "\0\0\0\0\0\0\0\0", 8, 0);
	ok(COUNTS(&p, malformed, 1), "length 0 closes");
	is_uint(p.got, 5, "what was before it arrived");
	is_uint(p.jumps, 0, "as it was");
	fd[0] = (close(fd[0]), dial(&p));
	send_number(fd[0], 5, 0, 30);
	close(fd[0]);
	ok(COUNTS(&p, broken, 1), "an end within a message is counted");
	close(fd[1]);
	close(fd[2]);
	inlet_close(p.in);
}

/* Has the other side closed it? */
static bool
is_closed(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char byte;

	return poll(&p, 1, PATIENCE_MS) == 1 &&
	    recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* There is time to send something. */
static void
test_patience(void)
{
	struct pair p = { .framing = FRAMING_TERA, .stall_s = 3600 };
	int fd[3];

	listen_at(&p, "0");
	for (int i = 0; i < 3; i++)
		fd[i] = dial(&p);
	ok(COUNTS(&p, refused, 1), "the third is refused");
	ok(COUNTS(&p, accepted, 2), "for two that send nothing yet");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	inlet_close(p.in);
}

/* Who has never sent anything gives up the place that another needs. */
static void
test_silent(void)
{
	struct pair p = { .framing = FRAMING_TERA };
	struct inlet_counters n;
	int64_t end = limit();
	int fd[3], more;

	listen_at(&p, "0");
	fd[0] = dial(&p);
	ok(COUNTS(&p, accepted, 1), "one that will be silent");
	fd[1] = dial(&p);
	send_number(fd[1], 0, 0, 72);
	ok(COUNTS(&p, messages, 1), "and one with a message");
	do {
		fd[2] = dial(&p);
		receive(&p);
		inlet_counters(p.in, &n);
		if (n.accepted < 3) {
			close(fd[2]);
			poll(NULL, 0, 50);
		}
	} while (n.accepted < 3 && has_time(end));
	is_uint(n.accepted, 3, "another comes in, after a time");
	is_uint(n.stalled, 1, "one was closed for it");
	ok(is_closed(fd[0]), "which is the silent one");
	send_number(fd[2], 1, 0, 72);
	ok(COUNTS(&p, messages, 2), "the new one can send");
	more = dial(&p);
	ok(COUNTS(&p, refused, n.refused + 1), "those who have sent stay");
	send_number(fd[1], 2, 0, 72);
	ok(COUNTS(&p, messages, 3), "and can go on");
	is_uint(p.jumps, 0, "all is in order");
	for (int i = 0; i < 3; i++)
		close(fd[i]);
	close(more);
	inlet_close(p.in);
}

/* More messages than a batch has room for, from two at once. */
static void
test_batches(void)
{
	static uint8_t data[2][500 * (8 + MESSAGE_LEN)];
	struct pair p = { .framing = FRAMING_TERA };
	int fd[2];

	listen_at(&p, "0");
	for (int i = 0; i < 2; i++) {
		for (size_t n = 0; n < 500; n++)
			framing_prefix(FRAMING_TERA, MESSAGE_LEN,
			    data[i] + n * (8 + MESSAGE_LEN));
		fd[i] = dial(&p);
		if (send(fd[i], data[i], sizeof(data[i]), 0) !=
		    sizeof(data[i]))
			note("send: %s", strerror(errno));
		close(fd[i]);
	}
	ok(COUNTS(&p, messages, 1000), "all of a thousand");
	inlet_close(p.in);
}

/* What came to the wrong one of two that share a port has to come again. */
static void
test_shards(void)
{
	uint32_t ours = udp_shard(addr_v4(0x7f000001), 2);
	struct inlet_options o = INLET_OPTIONS_DEFAULT;
	struct pair p = { .framing = FRAMING_TERA };
	struct inlet_counters n;
	char byte;
	int fd;

	o.name = "tcp://test";
	o.host = "127.0.0.1";
	o.port = "0";
	o.shards = 2;
	for (; o.shard < 2; o.shard++) {
		if ((p.in = inlet_open(&o, NULL)) == NULL)
			bail("cannot listen");
		snprintf(p.port, sizeof(p.port), "%u", inlet_port(p.in));
		fd = dial(&p);
		receive(&p);
		inlet_counters(p.in, &n);
		is_uint(n.open, o.shard == ours, "the other one closes it");
		is_int(recv(fd, &byte, 1, MSG_DONTWAIT),
		    o.shard == ours ? -1 : 0, "which the peer sees");
		close(fd);
		inlet_close(p.in);
	}
}

static void
test_lookup(void)
{
	struct addrinfo *list = NULL;
	struct lookup *l;
	struct err err;
	struct pollfd fd = { .events = POLLIN };
	int rc;

	if ((l = lookup_start("no.such.host.invalid", "1", SOCK_STREAM,
		&err)) == NULL)
		bail("%s", err.text);
	fd.fd = lookup_fd(l);
	ok(poll(&fd, 1, PATIENCE_MS) == 1, "an answer");
	is_int(rc = lookup_answer(l, &list, &err), -1, "not known");
	lookup_free(l);
	if ((l = lookup_start("127.0.0.1", "1", SOCK_STREAM, &err)) == NULL)
		bail("%s", err.text);
	lookup_free(l); /* while the thread is at work */
	lookup_free(NULL);
}

int
main(void)
{
	log_init("test");
	log_limit(-1);
	test_order(FRAMING_IPFIX);
	test_order(FRAMING_TERA);
	test_full();
	test_reconnect();
	test_queue_at_end(false);
	test_queue_at_end(true);
	test_drain();
	test_limits();
	test_patience();
	test_silent();
	test_batches();
	test_shards();
	test_lookup();
	return done_testing();
}
