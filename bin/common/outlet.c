/*
 * Where messages go.
 */

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/outlet_int.h"

#define IPV4_OVERHEAD 28 /* headers of IP and UDP */
#define IPV6_OVERHEAD 48
#define UDP_MIN 548 /* what every IPv4 path lets through */

/* So much is worth a write before there is time for one. */
#define WRITE_AT 32768

#define LOOK_MS 500 /* whether to stop */
#define LINGER_MS 2000 /* for the other side to have read all */

static int
open_kind(struct outlet *o, struct err *err)
{
	const struct outlet_options *p = &o->options;

	if (p->kind == OUTLET_TLS && tls_check_host(p->host, err) == -1)
		return -1;
	o->list = lookup_now(p->host, p->port, AF_UNSPEC,
	    p->kind == OUTLET_UDP ? SOCK_DGRAM : SOCK_STREAM, 0, err);
	if (o->list == NULL)
		return -1;
	o->is_fresh = true;
	o->renewed_ms = clock_ms(CLOCK_MONOTONIC);
	if (p->kind == OUTLET_UDP)
		return outlet_udp_open(o, err);
	return outlet_queue_init(&o->queue, p->framing, p->queue_len, err);
}

struct outlet *
outlet_open(const struct outlet_options *options, struct err *err)
{
	struct outlet *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		err_nomem(err);
		return NULL;
	}
	assert(options->kind != OUTLET_TLS || options->tls != NULL);
	signal(SIGPIPE, SIG_IGN);
	o->options = *options;
	o->channel = (struct channel)CHANNEL_NONE;
	if (open_kind(o, err) == 0)
		return o;
	outlet_close(o);
	return NULL;
}

void
outlet_close(struct outlet *o)
{
	if (o == NULL)
		return;
	channel_close(&o->channel);
	lookup_free(o->lookup);
	if (o->list != NULL)
		freeaddrinfo(o->list);
	outlet_queue_fini(&o->queue);
	free(o);
}

size_t
outlet_message_max(const struct outlet *o)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer), mtu_len = sizeof(int);
	int mtu, overhead;
	bool is_v4;

	if (o->options.kind != OUTLET_UDP)
		return FRAMING_MESSAGE_MAX;
	if (getpeername(o->channel.fd, (struct sockaddr *)&peer, &len) == -1)
		return UDP_MIN;
	is_v4 = peer.ss_family == AF_INET;
	overhead = is_v4 ? IPV4_OVERHEAD : IPV6_OVERHEAD;
	if (getsockopt(o->channel.fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
		is_v4 ? IP_MTU : IPV6_MTU, &mtu, &mtu_len) == -1 ||
	    mtu - overhead < UDP_MIN)
		return UDP_MIN;
	return (size_t)(mtu - overhead);
}

bool
outlet_has_room(const struct outlet *o, unsigned count, size_t len)
{
	return o->options.kind == OUTLET_UDP ||
	    outlet_queue_has_room(&o->queue, count, len);
}

bool
outlet_put(struct outlet *o, const uint8_t *data, size_t len)
{
	if (o->options.kind == OUTLET_UDP)
		return outlet_udp_put(o, data, len);
	if (!outlet_queue_has_room(&o->queue, 1, len)) {
		o->counters.errors++;
		o->counters.full++;
		return false;
	}
	outlet_queue_put(&o->queue, data, len);
	if (o->state == OUTLET_UP && !o->is_broken && !o->is_blocked &&
	    o->queue.used >= WRITE_AT)
		outlet_stream_write(o);
	return true;
}

void
outlet_work(struct outlet *o)
{
	if (o->options.kind == OUTLET_UDP)
		outlet_udp_work(o);
	else
		outlet_stream_work(o);
}

bool
outlet_take_answer(struct outlet *o)
{
	struct addrinfo *list;
	int rc = lookup_answer(o->lookup, &list, &o->why);

	if (rc == 0)
		return false;
	lookup_free(o->lookup);
	o->lookup = NULL;
	if (rc == -1) {
		log_warning("%s: %s: the old addresses stay",
		    o->options.name, o->why.text);
		return true;
	}
	freeaddrinfo(o->list);
	o->list = list;
	return true;
}

/* When there is work anyway; -1: never. */
static int64_t
due_ms(const struct outlet *o)
{
	if (o->lookup != NULL)
		return -1;
	if (o->options.kind == OUTLET_UDP)
		return !o->has_failed ? -1 : o->renewed_ms +
			(int64_t)o->options.reconnect_s * 1000;
	if (o->is_broken)
		return 0;
	return o->state == OUTLET_UP ? -1 : o->moment_ms;
}

static short
events(const struct outlet *o)
{
	switch (o->state) {
	case OUTLET_CONNECTING:
		return POLLOUT;
	case OUTLET_SHAKING_HANDS:
		return o->channel.events;
	default:
		return o->queue.used > 0 ? POLLIN | POLLOUT : POLLIN;
	}
}

unsigned
outlet_poll(const struct outlet *o, struct pollfd *fds, int *timeout_ms)
{
	int64_t due = due_ms(o), left;

	if (due != -1) {
		left = due - clock_ms(CLOCK_MONOTONIC);
		left = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : left;
		if (*timeout_ms == -1 || left < *timeout_ms)
			*timeout_ms = (int)left;
	}
	if (o->lookup != NULL)
		*fds = (struct pollfd){ lookup_fd(o->lookup), POLLIN, 0 };
	else if (o->options.kind != OUTLET_UDP && o->channel.fd != -1)
		*fds = (struct pollfd){ o->channel.fd, events(o), 0 };
	else
		return 0;
	return 1;
}

/* Wait for work until then. */
static void
wait_until(const struct outlet *o, int64_t end_ms)
{
	int64_t left = end_ms - clock_ms(CLOCK_MONOTONIC);
	int timeout = left < 0 ? 0 : left > LOOK_MS ? LOOK_MS : (int)left;
	struct pollfd fds[OUTLET_FDS];
	unsigned n = outlet_poll(o, fds, &timeout);

	poll(fds, n, timeout);
}

/*
 * Closing a socket that has bytes to read destroys what the other side has
 * not read as yet: wait until it ends, too, that long at most.
 */
static void
part(struct outlet *o, int64_t ms)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + ms, left;
	struct pollfd fd = { .fd = o->channel.fd, .events = POLLIN };
	char data[4096];
	ssize_t n = 0;

	channel_shutdown(&o->channel);
	while (n >= 0 && (left = end - clock_ms(CLOCK_MONOTONIC)) > 0) {
		if (poll(&fd, 1, (int)left) == -1 && errno != EINTR)
			break;
		n = channel_read(&o->channel, data, sizeof(data), &o->why);
	}
	channel_close(&o->channel);
	o->state = OUTLET_RESTING;
}

bool
outlet_drain(struct outlet *o, uint32_t ms, const volatile sig_atomic_t *stop)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + ms;
	uint64_t lost;

	if (o->options.kind == OUTLET_UDP)
		return true;
	for (;;) {
		outlet_work(o);
		if (o->queue.count == 0 || clock_ms(CLOCK_MONOTONIC) >= end ||
		    (stop != NULL && *stop))
			break;
		wait_until(o, end);
	}
	if (o->state == OUTLET_UP)
		part(o, o->queue.count == 0 ? LINGER_MS : 0);
	lost = outlet_queue_clear(&o->queue);
	o->counters.lost += lost;
	o->counters.errors += lost;
	return lost == 0;
}

void
outlet_renew(struct outlet *o)
{
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	if (o->options.kind != OUTLET_UDP) {
		if (o->state == OUTLET_RESTING)
			o->moment_ms = now;
	} else if (o->lookup == NULL) {
		o->renewed_ms = now;
		o->lookup = lookup_start(o->options.host, o->options.port,
		    SOCK_DGRAM, &o->why);
	}
}

bool
outlet_is_connected(const struct outlet *o)
{
	return o->options.kind == OUTLET_UDP ||
	    (o->state == OUTLET_UP && !o->is_broken);
}

size_t
outlet_unacknowledged(const struct outlet *o)
{
	int n;

	if (o->options.kind == OUTLET_UDP || o->channel.fd == -1 ||
	    ioctl(o->channel.fd, SIOCOUTQ, &n) == -1 || n < 0)
		return 0;
	return (size_t)n;
}

size_t
outlet_queued(const struct outlet *o)
{
	return o->queue.used;
}

void
outlet_counters(const struct outlet *o, struct outlet_counters *n)
{
	*n = o->counters;
}
