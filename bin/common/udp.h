#ifndef COMMON_UDP_H
#define COMMON_UDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"

/*
 * UDP reception: a bound socket, and datagrams in batches with the time they
 * arrived, and the number that the kernel had to drop.
 */

struct udp_listen {
	const char *host; /* NULL: any */
	const char *port; /* number or service name */
	bool v4, v6; /* both: one socket for both families; none: IPv4 */
	uint32_t buffer; /* wanted receive buffer, bytes; 0: the default */
	/*
	 * Group to bind to and to join on all interfaces, or on the one
	 * that is named behind it with a %; NULL: none, else host is not used.
	 */
	const char *multicast;
	bool is_shared; /* several sockets of ours have the port */
};

struct udp_bound {
	int fd;
	int family; /* AF_INET or AF_INET6 */
	uint16_t port;
	uint32_t buffer; /* granted, bytes */
};

/* The buffer asked for when the user says nothing; less is not reported. */
#define UDP_BUFFER_DEFAULT (4U * 1024 * 1024)

/*
 * Bind, without sharing the port unless that is asked for.  ERR_SYSTEM with
 * errno set by bind(2), for what is no group as well, ERR_VALUE when a name is
 * not known.
 */
int udp_listen(const struct udp_listen *how, struct udp_bound *bound,
    struct err *err);

struct udp_datagram {
	const uint8_t *data;
	size_t len;
	struct addr sender;
	uint16_t sender_port;
	uint64_t received_ns; /* since 1970, from the kernel */
};

#define UDP_BATCH 64
#define UDP_LEN_MAX 65535

struct udp_ring;

struct udp_ring *udp_ring_new(struct err *err);
void udp_ring_free(struct udp_ring *r);

/*
 * Take what has arrived, up to UDP_BATCH datagrams, without waiting.  Their
 * number, 0 when there is nothing.  *list lives until the next call.  Errors
 * of the network that a socket reports are passed over.
 */
int udp_ring_receive(struct udp_ring *r, int fd,
    const struct udp_datagram **list, struct err *err);

/*
 * Datagrams that the system dropped since the socket was opened, modulo 2^32.
 * What it tells with a datagram are those before that one only; this is all.
 */
uint32_t udp_dropped(int fd);

/*
 * Sockets that share a port: the one that gets what a sender sends, of n.
 * An exporter is always with the same one.
 */
uint32_t udp_shard(struct addr sender, uint32_t n);

/* Make the system choose like that among n sockets, in order of binding. */
int udp_shard_attach(int fd, uint32_t n, struct err *err);

#endif
