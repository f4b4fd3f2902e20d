/*
 * Packet repeaters.  Each target has a connected socket of its own, so that
 * the system looks up the way once and tells when nobody listens there.  It
 * is connected anew when there is no way to the target, or no longer.
 *
 * To keep the sender's address there is a raw socket for UDP besides: we make
 * the UDP header, the system that of IP around it, with the source address
 * that comes with each message, and fragments if need be.  That address may
 * be anybody's as the socket is transparent (ip(7), IP_TRANSPARENT).
 */

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "common/log.h"
#include "flowcapd/repeat.h"

#define SEND_BUFFER (4 * 1024 * 1024)
#define HOPS 255
#define UDP_HEADER_LEN 8
#define UDP_CHECKSUM_AT 6

/* Room for the source address of either family. */
#define CONTROL_LEN CMSG_SPACE(sizeof(struct in6_pktinfo))

struct target {
	char *name; /* as the user gave it */
	struct addr addr;
	uint16_t port;
	struct sockaddr_storage to;
	socklen_t to_len;
	int fd;
	int raw; /* -1: senders are not kept */
	atomic_uint_fast64_t sent, dropped, failed, own_sender;
	struct log_pause complained;
};

struct repeater {
	unsigned count;
	struct target targets[REPEAT_TARGETS_MAX];
};

/* Messages for one call. */
struct batch {
	unsigned count;
	struct mmsghdr messages[UDP_BATCH];
	struct iovec vectors[UDP_BATCH][2];
	uint8_t headers[UDP_BATCH][UDP_HEADER_LEN];
	_Alignas(struct cmsghdr) char control[UDP_BATCH][CONTROL_LEN];
};

static void
complain(struct target *t, const char *why)
{
	if (log_is_due(&t->complained))
		log_error("repeater %s: %s (not sent so far: %" PRIuFAST64
		    " datagrams)", t->name, why,
		    atomic_load(&t->dropped) + atomic_load(&t->failed));
}

/* A raw socket has no port, and IPv6 wants none to be named. */
static int
connect_to(const struct target *t, int fd)
{
	static const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
	struct sockaddr_storage to = t->to;

	if (fd == t->raw)
		((struct sockaddr_in *)&to)->sin_port = 0;
	connect(fd, &nowhere, sizeof(nowhere)); /* our own address may change */
	return connect(fd, (const struct sockaddr *)&to, t->to_len);
}

static void
fail(struct target *t, unsigned count, const char *why)
{
	atomic_fetch_add(&t->failed, count);
	complain(t, why);
}

/*
 * Something is in the way of the first of that many datagrams, for the first
 * time or again.  How many of them to give up.
 */
static unsigned
give_up(const struct target *t, int fd, unsigned count, bool again)
{
	switch (errno) {
	case ECONNREFUSED: /* of an earlier one; that is told once */
		return again ? 1 : 0;
	case EMSGSIZE:
		return 1;
	}
	if (again)
		return count;
	connect_to(t, fd);
	return 0;
}

/* Send all messages. */
static void
flush(struct target *t, int fd, struct batch *b)
{
	unsigned done = 0, lost;
	int failed_at = -1, n;

	while (done < b->count) {
		n = sendmmsg(fd, b->messages + done, b->count - done,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			done += (unsigned)n;
			atomic_fetch_add(&t->sent, (unsigned)n);
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			atomic_fetch_add(&t->dropped, b->count - done);
			complain(t, "datagrams are dropped");
			break;
		} else if (errno != EINTR) {
			lost = give_up(t, fd, b->count - done,
			    failed_at == (int)done);
			failed_at = (int)done;
			done += lost;
			fail(t, lost, strerror(errno));
		}
	}
	b->count = 0;
}

static struct msghdr *
add_message(struct batch *b)
{
	struct msghdr *m = &b->messages[b->count].msg_hdr;

	memset(m, 0, sizeof(*m));
	m->msg_iov = b->vectors[b->count++];
	return m;
}

/* sendmmsg() does not write to it. */
static struct iovec
payload(const struct udp_datagram *d)
{
	return (struct iovec){ (void *)(uintptr_t)d->data, d->len };
}

static void
send_plain(struct target *t, const struct udp_datagram *list, unsigned count)
{
	struct batch b;

	b.count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct msghdr *m = add_message(&b);

		m->msg_iov[0] = payload(&list[i]);
		m->msg_iovlen = 1;
		if (b.count == UDP_BATCH)
			flush(t, t->fd, &b);
	}
	flush(t, t->fd, &b);
}

/* Add the bytes up as big endian words of 16 bits. */
static uint64_t
sum_words(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;

	for (; len >= 4; p += 4, len -= 4)
		sum += load_be32(p);
	if (len >= 2)
		sum += load_be16(p);
	if (len % 2 == 1)
		sum += (uint64_t)p[len & 2] << 8;
	return sum;
}

/* RFC 768: never 0, which means none. */
static uint16_t
checksum(const struct target *t, const struct udp_datagram *d,
    const uint8_t header[UDP_HEADER_LEN])
{
	uint64_t sum = (uint32_t)d->sender.lo + (uint64_t)(uint32_t)t->addr.lo +
	    IPPROTO_UDP + UDP_HEADER_LEN + d->len;

	sum += sum_words(header, UDP_HEADER_LEN) + sum_words(d->data, d->len);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? 0xffff : (uint16_t)~sum;
}

static void
set_source(struct msghdr *m, char control[CONTROL_LEN], struct addr sender)
{
	bool is_v4 = addr_is_v4(sender);
	struct in6_pktinfo v6 = { 0 };
	struct in_pktinfo v4 = { 0 };
	struct cmsghdr *c;

	memset(control, 0, CONTROL_LEN);
	m->msg_control = control;
	m->msg_controllen = is_v4 ? CMSG_SPACE(sizeof(v4)) :
				    CMSG_SPACE(sizeof(v6));
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = is_v4 ? CMSG_LEN(sizeof(v4)) : CMSG_LEN(sizeof(v6));
	v4.ipi_spec_dst.s_addr = htonl((uint32_t)sender.lo);
	addr_to_bytes(sender, v6.ipi6_addr.s6_addr);
	if (is_v4)
		memcpy(CMSG_DATA(c), &v4, sizeof(v4));
	else
		memcpy(CMSG_DATA(c), &v6, sizeof(v6));
}

/* A datagram that seems to come from its sender. */
static void
add_raw(struct batch *b, const struct target *t, const struct udp_datagram *d)
{
	uint8_t *header = b->headers[b->count];
	char *control = b->control[b->count];
	struct msghdr *m = add_message(b);
	struct writer w;

	writer_init(&w, header, UDP_HEADER_LEN);
	writer_uint(&w, d->sender_port, 2);
	writer_uint(&w, t->port, 2);
	writer_uint(&w, UDP_HEADER_LEN + d->len, 2);
	writer_uint(&w, 0, 2);
	if (addr_is_v4(t->addr)) /* the system does it for IPv6 */
		store_be16(header + UDP_CHECKSUM_AT, checksum(t, d, header));
	m->msg_iov[0] = (struct iovec){ header, UDP_HEADER_LEN };
	m->msg_iov[1] = payload(d);
	m->msg_iovlen = 2;
	set_source(m, control, d->sender);
}

static void
send_raw(struct target *t, const struct udp_datagram *list, unsigned count)
{
	struct batch b;

	b.count = 0;
	for (unsigned i = 0; i < count; i++) {
		if (addr_is_v4(list[i].sender) != addr_is_v4(t->addr)) {
			flush(t, t->raw, &b); /* keep the order */
			send_plain(t, &list[i], 1);
			atomic_fetch_add(&t->own_sender, 1);
			continue;
		}
		add_raw(&b, t, &list[i]);
		if (b.count == UDP_BATCH)
			flush(t, t->raw, &b);
	}
	flush(t, t->raw, &b);
}

void
repeat_send(struct repeater *r, const struct udp_datagram *list,
    unsigned count)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct target *t = &r->targets[i];

		if (t->raw == -1)
			send_plain(t, list, count);
		else
			send_raw(t, list, count);
	}
}

/* Room for bursts; the limit of the system binds only who is not root. */
static void
set_up(int fd, int family)
{
	int size = SEND_BUFFER, dont = IP_PMTUDISC_DONT;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) ==
	    -1)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* A datagram too long for the way is sent in fragments, not lost. */
	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont,
		    sizeof(dont));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &dont,
		    sizeof(dont));
}

/* Is there a way to it now? */
static bool
open_plain(struct target *t, const struct addrinfo *ai)
{
	memcpy(&t->to, ai->ai_addr, ai->ai_addrlen);
	t->to_len = ai->ai_addrlen;
	t->fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (t->fd == -1)
		return false;
	set_up(t->fd, ai->ai_family);
	return connect_to(t, t->fd) == 0;
}

static int
set_raw_v4(int fd)
{
	int one = 1, hops = HOPS;

	if (setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof(one)) ==
	    -1)
		return -1;
	return setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof(hops));
}

static int
set_raw_v6(int fd)
{
	int one = 1, hops = HOPS, at = UDP_CHECKSUM_AT;

	if (setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &one,
		sizeof(one)) == -1 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_CHECKSUM, &at, sizeof(at)) ==
		-1)
		return -1;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops,
	    sizeof(hops));
}

/* A raw socket gets a copy of what comes in, which we do not read. */
static int
refuse_input(int fd)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &nothing };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
	    sizeof(program));
}

static int
open_raw(struct target *t, int family, struct err *err)
{
	int (*set_raw)(int fd) = family == AF_INET ? set_raw_v4 : set_raw_v6;

	t->raw = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
	if (t->raw != -1 && refuse_input(t->raw) == 0 &&
	    set_raw(t->raw) == 0) {
		set_up(t->raw, family);
		connect_to(t, t->raw); /* or later */
		return 0;
	}
	if (errno == EPERM || errno == EACCES)
		return err_set(err, ERR_VALUE,
		    "Src IP spoofing requires process to start as root");
	return err_system(err, "raw socket");
}

/* Where it leads: the port is at the same place for both families. */
static void
note_address(struct target *t)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	memcpy(&v6, &t->to, sizeof(v6));
	memcpy(&v4, &t->to, sizeof(v4));
	t->port = ntohs(v4.sin_port);
	t->addr = v6.sin6_family == AF_INET6 ?
	    addr_from_bytes(v6.sin6_addr.s6_addr) :
	    addr_v4(ntohl(v4.sin_addr.s_addr));
}

/*
 * The first address that there is a way to; as long as there is none, the
 * first one that we have sockets for.
 */
static int
open_first(struct target *t, const struct addrinfo *list, bool keeps_sender,
    struct err *err)
{
	const struct addrinfo *ai = list, *first = NULL;

	while (ai != NULL && !open_plain(t, ai)) {
		if (first == NULL && t->fd != -1)
			first = ai;
		if (t->fd != -1)
			close(t->fd);
		ai = ai->ai_next;
	}
	if (ai == NULL && (ai = first) != NULL && !open_plain(t, ai))
		log_warning("repeater %s: %s", t->name, strerror(errno));
	if (ai == NULL || t->fd == -1) {
		t->fd = -1;
		return err_system(err, "socket");
	}
	note_address(t);
	return keeps_sender ? open_raw(t, ai->ai_family, err) : 0;
}

/* Numbers from 1 to 65535; else it may be the name of a service. */
static bool
is_port(const char *port)
{
	bool is_number = port[strspn(port, "0123456789")] == '\0';
	unsigned long n = strtoul(port, NULL, 10);

	return *port != '\0' && (!is_number || (n > 0 && n <= UINT16_MAX));
}

static int
open_target(struct target *t, const struct repeat_options *o, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *list;
	char *host = strdup(t->name), *slash;
	const char *port = o->port;
	int rc = EAI_NONAME;

	if (host == NULL)
		return err_nomem(err);
	if ((slash = strrchr(host, '/')) != NULL) {
		*slash = '\0';
		port = slash + 1;
	}
	if (*host != '\0' && is_port(port))
		rc = getaddrinfo(host, port, &hints, &list);
	free(host);
	if (rc != 0)
		return err_set(err, ERR_VALUE, "getaddrinfo error: [%s]",
		    gai_strerror(rc));
	rc = open_first(t, list, o->keeps_sender, err);
	freeaddrinfo(list);
	return rc;
}

static int
open_targets(struct repeater *r, const struct repeat_options *o,
    struct err *err)
{
	for (unsigned i = 0; i < o->count; i++) {
		struct target *t = &r->targets[r->count++];

		t->fd = t->raw = -1;
		if ((t->name = strdup(o->targets[i])) == NULL)
			return err_nomem(err);
		if (open_target(t, o, err) == -1)
			return err_context(err, "repeater %s", t->name);
	}
	return 0;
}

static void
release(struct repeater *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct target *t = &r->targets[i];

		free(t->name);
		if (t->fd != -1)
			close(t->fd);
		if (t->raw != -1)
			close(t->raw);
	}
	free(r);
}

struct repeater *
repeat_open(const struct repeat_options *o, struct err *err)
{
	struct repeater *r;

	if (o->count > REPEAT_TARGETS_MAX) {
		err_set(err, ERR_USAGE, "Too many packet repeaters! Max: %d",
		    REPEAT_TARGETS_MAX);
		return NULL;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	if (open_targets(r, o, err) == -1) {
		release(r);
		return NULL;
	}
	return r;
}

unsigned
repeat_targets(const struct repeater *r)
{
	return r->count;
}

void
repeat_counts(const struct repeater *r, unsigned target,
    struct repeat_counts *n)
{
	const struct target *t = &r->targets[target];

	n->target = t->name;
	n->sent = atomic_load(&t->sent);
	n->dropped = atomic_load(&t->dropped);
	n->failed = atomic_load(&t->failed);
	n->own_sender = atomic_load(&t->own_sender);
}

void
repeat_close(struct repeater *r)
{
	struct repeat_counts n;

	if (r == NULL)
		return;
	for (unsigned i = 0; i < r->count; i++) {
		repeat_counts(r, i, &n);
		log_info("repeater %s: sent: %" PRIu64 ", dropped: %" PRIu64
		    ", failed: %" PRIu64 ", not from their sender: %" PRIu64,
		    n.target, n.sent, n.dropped, n.failed,
		    n.own_sender);
	}
	release(r);
}
