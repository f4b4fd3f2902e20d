#ifndef COMMON_SOCKADDR_H
#define COMMON_SOCKADDR_H

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/addr.h"

/* IPv4 and IPv6, whose socket addresses all fit into that of IPv6. */

static inline struct addr
sockaddr_addr(const struct sockaddr_in6 *sa)
{
	struct sockaddr_in v4;

	if (sa->sin6_family == AF_INET6)
		return addr_from_bytes(sa->sin6_addr.s6_addr);
	memcpy(&v4, sa, sizeof(v4));
	return addr_v4(ntohl(v4.sin_addr.s_addr));
}

/* It is in the same place for both families. */
static inline uint16_t
sockaddr_port(const struct sockaddr_in6 *sa)
{
	return ntohs(sa->sin6_port);
}

/* The port that a socket is bound to, 0 if it is none. */
static inline uint16_t
sockaddr_bound_port(int fd)
{
	struct sockaddr_in6 sa = { 0 };
	socklen_t len = sizeof(sa);

	if (getsockname(fd, (struct sockaddr *)&sa, &len) == -1)
		return 0;
	return sockaddr_port(&sa);
}

#endif
