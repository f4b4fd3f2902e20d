/*
 * Sockets to an address.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/outlet_int.h"

static int
bind_local(int fd, int family, const char *local, struct err *err)
{
	struct addrinfo *list;
	int rc;

	if (local == NULL || *local == '\0')
		return 0;
	list = lookup_now(local, NULL, family, SOCK_STREAM, AI_PASSIVE, err);
	if (list == NULL)
		return -1;
	rc = bind(fd, list->ai_addr, list->ai_addrlen);
	if (rc == -1)
		err_system(err, "bind(): %s", local);
	freeaddrinfo(list);
	return rc;
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

static int
set_device(int fd, const char *name, struct err *err)
{
	if (name != NULL && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name,
		(socklen_t)strlen(name)) == -1)
		return err_system(err, "device %s", name);
	return 0;
}

/* A receiver that vanished is noticed also when nothing is sent. */
static void
set_stream(int fd)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int
outlet_socket(const struct outlet_options *o, const struct addrinfo *to,
    struct err *err)
{
	bool is_udp = o->kind == OUTLET_UDP;
	int fd;

	if (o->family != AF_UNSPEC && to->ai_family != o->family)
		return err_set(err, ERR_VALUE, "no IPv%d address",
		    o->family == AF_INET ? 4 : 6);
	fd = socket(to->ai_family, SOCK_CLOEXEC |
	    (is_udp ? SOCK_DGRAM : SOCK_STREAM | SOCK_NONBLOCK), 0);
	if (fd == -1)
		return err_system(err, "socket");
	set_ttl(fd, to->ai_family, o->ttl);
	if (!is_udp)
		set_stream(fd);
	if (set_device(fd, o->device, err) == 0 &&
	    bind_local(fd, to->ai_family, o->local, err) == 0) {
		if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 ||
		    (!is_udp && errno == EINPROGRESS))
			return fd;
		err_system(err, "connecting");
	}
	close(fd);
	return -1;
}

static bool
is_equal(const struct sockaddr_storage *a, const struct addrinfo *to)
{
	struct sockaddr_in v4[2];
	struct sockaddr_in6 v6[2];

	if (a->ss_family != to->ai_family)
		return false;
	if (a->ss_family == AF_INET) {
		memcpy(&v4[0], a, sizeof(v4[0]));
		memcpy(&v4[1], to->ai_addr, sizeof(v4[1]));
		return v4[0].sin_port == v4[1].sin_port &&
		    v4[0].sin_addr.s_addr == v4[1].sin_addr.s_addr;
	}
	memcpy(&v6[0], a, sizeof(v6[0]));
	memcpy(&v6[1], to->ai_addr, sizeof(v6[1]));
	return v6[0].sin6_port == v6[1].sin6_port &&
	    memcmp(&v6[0].sin6_addr, &v6[1].sin6_addr,
		sizeof(v6[0].sin6_addr)) == 0;
}

bool
outlet_socket_is_at(int fd, const struct addrinfo *list)
{
	struct sockaddr_storage peer = { 0 };
	socklen_t len = sizeof(peer);

	if (getpeername(fd, (struct sockaddr *)&peer, &len) == -1)
		return false;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
		if (is_equal(&peer, a))
			return true;
	return false;
}

const char *
outlet_socket_peer(int fd, char text[OUTLET_ADDRESS_MAX])
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	char host[OUTLET_ADDRESS_MAX - 16], port[8];

	if (getpeername(fd, (struct sockaddr *)&peer, &len) == -1 ||
	    getnameinfo((struct sockaddr *)&peer, len, host, sizeof(host),
		port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return "an unknown address";
	snprintf(text, OUTLET_ADDRESS_MAX, "%s port %s", host, port);
	return text;
}
