#ifndef COMMON_LISTEN_H
#define COMMON_LISTEN_H

#include <netdb.h>

/* How, or-ed. */
enum {
	LISTEN_SHARED = 1, /* several sockets of ours have the port */
	LISTEN_BOTH = 2 /* any address of IPv6 is one of either family */
};

/* A socket that listens at an address, without blocking; -1 with errno. */
int listen_at(const struct addrinfo *a, unsigned how, int backlog);

#endif
