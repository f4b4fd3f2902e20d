/*
 * Export.  A route is an encoder and the collectors that get its datagrams:
 * one of all that mirror, one of each that rotates.
 */

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "flowprobe/sender.h"
#include "wire/encode.h"

/* Uptime 0 is that long before the first packet. */
#define BOOT_BEFORE_MS (UINT64_C(86400) * 1000)

/* As long as nothing else is asked for, captures are sent at 10 MB/s. */
#define REPLAY_BURST 10000
#define REPLAY_PAUSE_NS 1000000

#define NS_PER_S 1000000000
#define IPV4_OVERHEAD 28 /* headers of IP and UDP */
#define IPV6_OVERHEAD 48

struct collector {
	const struct remote *remote;
	int fd;
	int family;
};

struct route {
	struct sender *sender;
	struct wire_encoder *encoder; /* NULL before sender_begin() */
	unsigned first; /* of its collectors, which follow each other */
	unsigned count;
};

struct sender {
	const struct config *config;
	struct wire_encoder_options encoding;
	struct collector collectors[REMOTES_MAX]; /* mirrors first */
	unsigned collector_count;
	struct route routes[REMOTES_MAX]; /* that of mirrors first */
	unsigned route_count;
	unsigned mirrors; /* routes of mirrors: 0 or 1 */
	unsigned turn; /* the rotating route that gets flows now */
	uint64_t burst; /* bytes sent since the last pause */
	uint64_t burst_bytes;
	uint64_t pause_ns;
	struct sender_counters counters;
};

static struct addrinfo *
look_up(const char *host, const char *port, int family, int flags,
    struct err *err)
{
	struct addrinfo hints = { .ai_family = family, .ai_flags = flags,
		.ai_socktype = SOCK_DGRAM };
	struct addrinfo *list;
	int rc = getaddrinfo(host, port, &hints, &list);

	if (rc == 0)
		return list;
	err_set(err, ERR_VALUE, "%s:%s: %s", host, port == NULL ? "" : port,
	    gai_strerror(rc));
	return NULL;
}

static int
bind_local(int fd, int family, const char *local, struct err *err)
{
	struct addrinfo *list;
	int rc;

	if (local == NULL || *local == '\0')
		return 0;
	list = look_up(local, NULL, family, AI_PASSIVE, err);
	if (list == NULL)
		return -1;
	rc = bind(fd, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
	return rc == -1 ? err_system(err, "bind(): %s", local) : 0;
}

static void
set_ttl(int fd, int family, uint32_t ttl)
{
	int n = (int)ttl;

	if (ttl == 0)
		return;
	if (family == AF_INET) {
		setsockopt(fd, IPPROTO_IP, IP_TTL, &n, sizeof(n));
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &n, sizeof(n));
	} else {
		setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &n, sizeof(n));
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &n,
		    sizeof(n));
	}
}

/* A socket connected to one of the addresses of a collector, or -1. */
static int
open_socket(const struct config *c, const struct remote *r,
    const struct addrinfo *to, struct err *err)
{
	const char *local = r->local[0] != '\0' ? r->local : c->from;
	int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return err_system(err, "socket");
	set_ttl(fd, to->ai_family, c->ttl);
	if (bind_local(fd, to->ai_family, local, err) == 0) {
		if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
			return fd;
		err_system(err, "%s:%s", r->host, r->port);
	}
	close(fd);
	return -1;
}

static int
connect_collector(const struct config *c, struct collector *to,
    struct err *err)
{
	struct addrinfo *list;
	int fd = -1;

	list = look_up(to->remote->host, to->remote->port, AF_UNSPEC, 0, err);
	for (struct addrinfo *a = list; a != NULL && fd == -1; a = a->ai_next) {
		fd = open_socket(c, to->remote, a, err);
		to->family = a->ai_family;
	}
	if (list != NULL)
		freeaddrinfo(list);
	if (fd == -1)
		return -1;
	if (to->fd != -1)
		close(to->fd);
	to->fd = fd;
	return 0;
}

static void
add_route(struct sender *s, unsigned first, unsigned count)
{
	struct route *r = &s->routes[s->route_count++];

	*r = (struct route){ .sender = s, .first = first, .count = count };
}

/* Collectors of one type, in the order of the command line. */
static int
add_collectors(struct sender *s, bool is_rotating, struct err *err)
{
	const struct config *c = s->config;
	struct collector *to;

	for (unsigned i = 0; i < c->remote_count; i++) {
		if (c->remotes[i].is_rotating != is_rotating)
			continue;
		to = &s->collectors[s->collector_count];
		to->remote = &c->remotes[i];
		to->fd = -1;
		if (connect_collector(c, to, err) == -1)
			return err_context(err, "collector #%u", i + 1);
		if (is_rotating)
			add_route(s, s->collector_count, 1);
		s->collector_count++;
	}
	if (!is_rotating && s->collector_count > 0)
		add_route(s, 0, s->collector_count);
	return 0;
}

struct sender *
sender_open(const struct config *c, bool is_replay, struct err *err)
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
		.sampling = c->sampling, .is_biflow = c->biflow };
	s->burst_bytes = c->burst_bytes;
	s->pause_ns = c->pause_ns;
	if (is_replay && c->rate == NULL) {
		s->burst_bytes = REPLAY_BURST;
		s->pause_ns = REPLAY_PAUSE_NS;
	}
	if (wire_encoder_check(&s->encoding, err) == -1 ||
	    add_collectors(s, false, err) == -1)
		goto fail;
	s->mirrors = s->turn = s->route_count;
	if (add_collectors(s, true, err) == 0)
		return s;
fail:
	sender_close(s);
	return NULL;
}

/* What the path to a collector takes in one datagram, as is known now. */
static uint32_t
path_len(const struct collector *to)
{
	bool is_v4 = to->family == AF_INET;
	int mtu, overhead = is_v4 ? IPV4_OVERHEAD : IPV6_OVERHEAD;
	socklen_t len = sizeof(mtu);

	if (getsockopt(to->fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
		is_v4 ? IP_MTU : IPV6_MTU, &mtu, &len) == -1 ||
	    mtu - overhead < WIRE_ENCODER_LEN_MIN)
		return WIRE_ENCODER_LEN_MIN;
	return (uint32_t)(mtu - overhead);
}

static void
pace(struct sender *s, size_t len)
{
	struct timespec pause;

	if (s->pause_ns == 0 || s->burst_bytes == 0)
		return;
	s->burst += len;
	if (s->burst < s->burst_bytes)
		return;
	s->burst = 0;
	pause.tv_sec = (time_t)(s->pause_ns / NS_PER_S);
	pause.tv_nsec = (long)(s->pause_ns % NS_PER_S);
	nanosleep(&pause, NULL);
}

/* An error may be of an earlier datagram: try once more. */
static bool
send_to(int fd, const uint8_t *data, size_t len)
{
	return send(fd, data, len, 0) != -1 || send(fd, data, len, 0) != -1;
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
on_datagram(void *ctx, const uint8_t *data, size_t len)
{
	struct route *r = ctx;
	struct sender *s = r->sender;

	pass_turn(s, r);
	for (unsigned i = r->first; i < r->first + r->count; i++) {
		if (!send_to(s->collectors[i].fd, data, len)) {
			s->counters.errors++;
			continue;
		}
		s->counters.datagrams++;
		s->counters.bytes += len;
		pace(s, len);
	}
}

static int
begin_route(struct route *r, struct err *err)
{
	struct wire_encoder_options o = r->sender->encoding;
	uint32_t len;

	for (unsigned i = r->first; i < r->first + r->count; i++) {
		len = path_len(&r->sender->collectors[i]);
		if (len < o.max_len)
			o.max_len = len;
	}
	r->encoder = wire_encoder_new(&o, on_datagram, r, err);
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
put(struct sender *s, struct route *r, const struct flow *f, uint64_t now_ms)
{
	if (!wire_encoder_put(r->encoder, f, now_ms))
		s->counters.refused++;
}

void
sender_put(struct sender *s, const struct flow *f, uint64_t now_ms)
{
	if (s->mirrors > 0)
		put(s, &s->routes[0], f, now_ms);
	if (s->route_count > s->mirrors)
		put(s, &s->routes[s->turn], f, now_ms);
}

void
sender_flush(struct sender *s, uint64_t now_ms)
{
	for (unsigned i = 0; i < s->route_count; i++)
		if (s->routes[i].encoder != NULL)
			wire_encoder_flush(s->routes[i].encoder, now_ms);
}

void
sender_renew(struct sender *s)
{
	struct err err;

	for (unsigned i = 0; i < s->collector_count; i++)
		if (connect_collector(s->config, &s->collectors[i], &err) ==
		    -1)
			log_warning("%s: the old address stays", err.text);
	for (unsigned i = 0; i < s->route_count; i++)
		if (s->routes[i].encoder != NULL)
			wire_encoder_refresh(s->routes[i].encoder);
}

void
sender_counters(const struct sender *s, struct sender_counters *n)
{
	struct wire_encoder_counters c;

	*n = s->counters;
	for (unsigned i = 0; i < s->route_count; i++) {
		if (s->routes[i].encoder == NULL)
			continue;
		wire_encoder_counters(s->routes[i].encoder, &c);
		n->records += c.records;
	}
}

void
sender_close(struct sender *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < s->route_count; i++)
		wire_encoder_free(s->routes[i].encoder);
	for (unsigned i = 0; i < s->collector_count; i++)
		close(s->collectors[i].fd);
	free(s);
}
