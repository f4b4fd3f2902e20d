#ifndef PACKET_HEADERS_INT_H
#define PACKET_HEADERS_INT_H

#include "base/bytes.h"
#include "packet/headers.h"

/*
 * The walk that headers.c, link.c and tunnel.c share.  Each step reads one
 * header and goes on with the next; -1 when no IP header is reached.
 */

#define PACKET_LAYERS_MAX 16 /* that can hold each other */

enum ethertype {
	ETHERTYPE_MAX_LENGTH = 1500, /* up to here it is a length */
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_ETHERNET = 0x6558, /* in a tunnel */
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERTYPE_PPP = 0x880b,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE = 0x8864
};

struct packet_walk {
	struct packet *p;
	struct reader in;
	unsigned layers;
};

static inline void
packet_walk_init(struct packet_walk *w, struct packet *p, const void *data,
    size_t len)
{
	memset(p, 0, offsetof(struct packet, vlan));
	w->p = p;
	w->layers = 0;
	reader_init(&w->in, data, len);
}

/* headers.c */
int packet_walk_ip(struct packet_walk *w);
int packet_walk_mpls(struct packet_walk *w);
int packet_walk_ethernet(struct packet_walk *w);

/* What follows an ethertype, or the protocol number of PPP. */
int packet_walk_type(struct packet_walk *w, uint16_t type);
int packet_walk_ppp(struct packet_walk *w);

/* LLC, of 802.3 and 802.11. */
int packet_walk_llc(struct packet_walk *w);

/* link.c: any link but Ethernet. */
int packet_walk_link(struct packet_walk *w, enum packet_link link);

#endif
