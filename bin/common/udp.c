/*
 * UDP reception with recvmmsg(2).  A ring has room for UDP_BATCH datagrams of
 * the largest size; only the pages that datagrams really fill are touched.
 */

#include <errno.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/sockaddr.h"
#include "common/udp.h"

/*
 * Not a multiple of 4096: heads of buffers a power of two apart would all
 * fall into the same few cache sets.
 */
#define BUFFER_STRIDE (UDP_LEN_MAX + 1 + 33 * 64)

#define CONTROL_LEN CMSG_SPACE(sizeof(struct timespec))

struct udp_ring {
	struct mmsghdr messages[UDP_BATCH];
	struct iovec vectors[UDP_BATCH];
	struct sockaddr_in6 senders[UDP_BATCH];
	struct udp_datagram datagrams[UDP_BATCH];
	_Alignas(struct cmsghdr) char control[UDP_BATCH][CONTROL_LEN];
	uint8_t *buffers;
};

static uint32_t
receive_buffer(int fd)
{
	int size = 0;
	socklen_t len = sizeof(size);

	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len);
	return (uint32_t)size / 2; /* the kernel reports twice what counts */
}

/* Never shrink; the limit of the system binds only who is not root. */
static void
grow_buffer(int fd, uint32_t bytes)
{
	int size = (int)bytes;

	if (receive_buffer(fd) >= bytes)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ==
	    -1)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* A bound socket for one address, or -1 with errno. */
static int
bind_one(const struct addrinfo *ai, bool both, bool is_shared)
{
	int fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int v6only = !both, one = 1, saved;

	if (fd == -1)
		return -1;
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only,
		    sizeof(v6only));
	if (is_shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == -1) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	return fd;
}

static bool
is_group(const struct addrinfo *ai)
{
	struct sockaddr_in6 v6 = { 0 };
	struct sockaddr_in v4 = { 0 };

	if (ai->ai_family == AF_INET6) {
		memcpy(&v6, ai->ai_addr, sizeof(v6));
		return IN6_IS_ADDR_MULTICAST(&v6.sin6_addr);
	}
	memcpy(&v4, ai->ai_addr, sizeof(v4));
	return IN_MULTICAST(ntohl(v4.sin_addr.s_addr));
}

static bool
join_on(int fd, const struct addrinfo *ai, unsigned interface)
{
	struct group_req r = { .gr_interface = interface };
	int level = ai->ai_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;

	memcpy(&r.gr_group, ai->ai_addr, ai->ai_addrlen);
	return setsockopt(fd, level, MCAST_JOIN_GROUP, &r, sizeof(r)) == 0;
}

/* One interface that can is enough.  -1 with errno. */
static int
join(int fd, const struct addrinfo *ai)
{
	const struct sockaddr_in6 *v6 = (const void *)ai->ai_addr;
	struct if_nameindex *list;
	bool has_joined = false;
	int saved;

	if (ai->ai_family == AF_INET6 && v6->sin6_scope_id != 0)
		return join_on(fd, ai, v6->sin6_scope_id) ? 0 : -1;
	if ((list = if_nameindex()) == NULL)
		return join_on(fd, ai, 0) ? 0 : -1;
	for (size_t i = 0; list[i].if_index != 0; i++)
		has_joined |= join_on(fd, ai, list[i].if_index);
	saved = errno;
	if_freenameindex(list);
	errno = saved;
	return has_joined ? 0 : -1;
}

/* A socket that is bound to a group and has joined it, or -1 with errno. */
static int
bind_group(const struct addrinfo *ai, bool is_shared)
{
	int fd, saved;

	errno = EADDRNOTAVAIL;
	if (!is_group(ai) || (fd = bind_one(ai, false, is_shared)) == -1)
		return -1;
	if (join(fd, ai) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
resolve(const struct udp_listen *how, bool both, struct addrinfo **list,
    struct err *err)
{
	const char *host = how->multicast != NULL ? how->multicast : how->host;
	struct addrinfo hints;
	int rc;

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_DGRAM;
	hints.ai_flags = AI_PASSIVE;
	if (both)
		hints.ai_family = host == NULL ? AF_INET6 : AF_UNSPEC;
	else if (how->v6)
		hints.ai_family = AF_INET6;
	else if (how->v4 || host == NULL)
		hints.ai_family = AF_INET;
	rc = getaddrinfo(host, how->port, &hints, list);
	if (rc == EAI_SYSTEM)
		return err_system(err, "getaddrinfo error");
	if (rc != 0)
		return err_set(err, ERR_VALUE,
		    "getaddrinfo error: [%s] for %s port %s", gai_strerror(rc),
		    host == NULL ? "any address" : host, how->port);
	return 0;
}

int
udp_listen(const struct udp_listen *how, struct udp_bound *bound,
    struct err *err)
{
	bool both = how->v4 && how->v6;
	struct addrinfo *list, *ai;
	int fd = -1, saved;

	if (resolve(how, both, &list, err) == -1)
		return -1;
	for (ai = list; ai != NULL && fd == -1; ai = ai->ai_next)
		if ((fd = how->multicast != NULL ?
			bind_group(ai, how->is_shared) :
			bind_one(ai, both, how->is_shared)) != -1)
			bound->family = ai->ai_family;
	saved = errno;
	freeaddrinfo(list);
	errno = saved;
	if (fd == -1 && how->multicast != NULL)
		return err_system(err, "multicast group %s port %s: bind",
		    how->multicast, how->port);
	if (fd == -1)
		return err_system(err, "Could not bind to %s:%s",
		    how->host == NULL ? "any" : how->host, how->port);
	grow_buffer(fd, how->buffer != 0 ? how->buffer : UDP_BUFFER_DEFAULT);
	bound->fd = fd;
	bound->port = sockaddr_bound_port(fd);
	bound->buffer = receive_buffer(fd);
	return 0;
}

struct udp_ring *
udp_ring_new(struct err *err)
{
	struct udp_ring *r = calloc(1, sizeof(*r));

	if (r == NULL ||
	    (r->buffers = malloc((size_t)UDP_BATCH * BUFFER_STRIDE)) == NULL) {
		free(r);
		err_nomem(err);
		return NULL;
	}
	for (int i = 0; i < UDP_BATCH; i++) {
		struct msghdr *m = &r->messages[i].msg_hdr;

		r->vectors[i].iov_base = r->buffers + i * BUFFER_STRIDE;
		r->vectors[i].iov_len = UDP_LEN_MAX;
		m->msg_iov = &r->vectors[i];
		m->msg_iovlen = 1;
		m->msg_name = &r->senders[i];
		m->msg_control = r->control[i];
		m->msg_namelen = sizeof(r->senders[i]);
		m->msg_controllen = CONTROL_LEN;
	}
	return r;
}

void
udp_ring_free(struct udp_ring *r)
{
	if (r == NULL)
		return;
	free(r->buffers);
	free(r);
}

static void
read_control(struct msghdr *m, struct udp_datagram *d)
{
	struct timespec ts;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL;
	    c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		d->received_ns = (uint64_t)ts.tv_sec * 1000000000 +
		    (uint64_t)ts.tv_nsec;
	}
}

/* Without a time from the kernel the present one must do. */
static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

int
udp_ring_receive(struct udp_ring *r, int fd, const struct udp_datagram **list,
    struct err *err)
{
	int n = recvmmsg(fd, r->messages, UDP_BATCH, MSG_DONTWAIT, NULL);

	*list = r->datagrams;
	if (n == -1) {
		if (errno == EBADF || errno == ENOTSOCK || errno == EINVAL)
			return err_system(err, "recvmmsg");
		return 0;
	}
	for (int i = 0; i < n; i++) {
		struct udp_datagram *d = &r->datagrams[i];
		struct msghdr *m = &r->messages[i].msg_hdr;

		d->data = r->vectors[i].iov_base;
		d->len = r->messages[i].msg_len;
		d->sender = sockaddr_addr(&r->senders[i]);
		d->sender_port = sockaddr_port(&r->senders[i]);
		d->received_ns = 0;
		read_control(m, d);
		if (d->received_ns == 0)
			d->received_ns = now_ns();
		m->msg_namelen = sizeof(r->senders[i]);
		m->msg_controllen = CONTROL_LEN;
	}
	return n;
}

uint32_t
udp_dropped(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) == -1)
		return 0;
	return info[SK_MEMINFO_DROPS];
}
