/*
 * Sessions of TCP and TLS.  outlet_stream_work() takes a step as long as one
 * is possible without waiting.
 */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/outlet_int.h"

#define READS_MAX 16 /* between writes */

static int64_t
now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

static void
rest(struct outlet *o)
{
	channel_close(&o->channel);
	o->state = OUTLET_RESTING;
	o->is_fresh = false;
	o->moment_ms = now_ms() + (int64_t)o->options.reconnect_s * 1000;
}

/* The next address that a connection can be begun to, if there is one. */
static void
try_next(struct outlet *o)
{
	const struct addrinfo *a;
	int fd;

	channel_close(&o->channel);
	while ((a = o->next) != NULL) {
		o->next = a->ai_next;
		if ((fd = outlet_socket(&o->options, a, &o->why)) == -1)
			continue;
		o->state = OUTLET_CONNECTING;
		o->channel.fd = fd;
		o->moment_ms = now_ms() + o->options.connect_ms;
		return;
	}
	o->counters.failures++;
	log_warning("%s: no connection: %s; again in %u s", o->options.name,
	    o->why.text, o->options.reconnect_s);
	rest(o);
}

static void
begin_connecting(struct outlet *o)
{
	o->next = o->list;
	err_set(&o->why, ERR_SYSTEM, "no address");
	try_next(o);
}

/* The name is looked up for each attempt but the first. */
static bool
wake(struct outlet *o)
{
	if (now_ms() < o->moment_ms)
		return false;
	if (!o->is_fresh)
		o->lookup = lookup_start(o->options.host, o->options.port,
		    SOCK_STREAM, &o->why);
	if (o->lookup != NULL)
		o->state = OUTLET_LOOKING_UP;
	else
		begin_connecting(o);
	return true;
}

static bool
take_addresses(struct outlet *o)
{
	if (!outlet_take_answer(o))
		return false;
	begin_connecting(o);
	return true;
}

/* Is it too late?  Then the next address has its turn. */
static bool
is_late(struct outlet *o)
{
	if (now_ms() < o->moment_ms)
		return false;
	err_set(&o->why, ERR_SYSTEM, o->state == OUTLET_CONNECTING ?
	    "no answer" : "the handshake of TLS takes too long");
	try_next(o);
	return true;
}

static bool
finish_connecting(struct outlet *o)
{
	struct pollfd fd = { .fd = o->channel.fd, .events = POLLOUT };
	struct tls_context *tls = o->options.kind == OUTLET_TLS ?
	    o->options.tls : NULL;
	socklen_t len = sizeof(int);
	int error = 0;

	if (poll(&fd, 1, 0) != 1)
		return is_late(o);
	getsockopt(fd.fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		errno = error;
		err_system(&o->why, "connecting");
		try_next(o);
	} else if (channel_open(&o->channel, fd.fd, tls, o->options.host,
		&o->why) == -1) {
		try_next(o);
	} else {
		o->state = OUTLET_SHAKING_HANDS;
	}
	return true;
}

static bool
shake_hands(struct outlet *o)
{
	int rc = channel_handshake(&o->channel, &o->why);
	char text[OUTLET_ADDRESS_MAX];

	if (rc == 0)
		return is_late(o);
	if (rc == -1) {
		try_next(o);
		return true;
	}
	log_info("%s: connected to %s", o->options.name,
	    outlet_socket_peer(o->channel.fd, text));
	o->state = OUTLET_UP;
	o->is_blocked = false;
	o->counters.sessions++;
	return true;
}

static void
end_session(struct outlet *o)
{
	uint64_t lost = 0;

	o->counters.ended++;
	if (o->options.is_stateful) {
		lost = outlet_queue_clear(&o->queue);
		o->counters.lost += lost;
		o->counters.errors += lost;
	}
	outlet_queue_rewind(&o->queue);
	o->carry = o->queue.count;
	o->is_broken = false;
	log_warning("%s: connection lost: %s; again in %u s, messages lost "
	    "with it: %llu", o->options.name, o->why.text,
	    o->options.reconnect_s, (unsigned long long)lost);
	rest(o);
	if (o->options.on_session != NULL)
		o->options.on_session(o->options.ctx);
}

/*
 * Nobody has anything to tell us but that it ends; who talks all the time does
 * not hold us.
 */
static void
read_end(struct outlet *o)
{
	char data[4096];
	ssize_t n;

	for (unsigned i = 0; i < READS_MAX; i++)
		if ((n = channel_read(&o->channel, data, sizeof(data),
			 &o->why)) <= 0)
			break;
	if (n == CHANNEL_END)
		err_set(&o->why, ERR_SYSTEM, "closed by the other side");
	o->is_broken = n < 0;
}

static void
count_written(struct outlet *o, size_t n)
{
	uint64_t messages = outlet_queue_wrote(&o->queue, n,
	    &o->counters.bytes);
	uint64_t carried = messages < o->carry ? messages : o->carry;

	o->counters.messages += messages;
	o->counters.carried += carried;
	o->carry -= carried;
}

void
outlet_stream_write(struct outlet *o)
{
	const uint8_t *data;
	size_t len;
	ssize_t n;

	while (!o->is_broken &&
	    (len = outlet_queue_next(&o->queue, &data)) > 0) {
		n = channel_write(&o->channel, data, len, &o->why);
		if (n == -1)
			o->is_broken = true;
		o->is_blocked = n <= 0;
		if (n <= 0)
			return;
		count_written(o, (size_t)n);
	}
}

static bool
carry_on(struct outlet *o)
{
	if (!o->is_broken)
		read_end(o);
	outlet_stream_write(o);
	if (!o->is_broken)
		return false;
	end_session(o);
	return true;
}

void
outlet_stream_work(struct outlet *o)
{
	bool has_moved;

	do {
		switch (o->state) {
		case OUTLET_RESTING:
			has_moved = wake(o);
			break;
		case OUTLET_LOOKING_UP:
			has_moved = take_addresses(o);
			break;
		case OUTLET_CONNECTING:
			has_moved = finish_connecting(o);
			break;
		case OUTLET_SHAKING_HANDS:
			has_moved = shake_hands(o);
			break;
		default:
			has_moved = carry_on(o);
		}
	} while (has_moved);
}
