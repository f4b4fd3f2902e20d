#ifndef PACKET_HEADERS_H
#define PACKET_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "flow/field.h"

/*
 * Headers of packets, from the link to the transport.  A packet may be cut
 * anywhere and may claim any length: what is there counts.
 */

#define PACKET_VLANS_MAX 4
#define PACKET_LABELS_MAX 10

/* What a packet starts with. */
enum packet_link {
	PACKET_ETHERNET,
	PACKET_IP, /* told by the first four bits */
	PACKET_MPLS,
	PACKET_PPP, /* with address and control or without; or Cisco HDLC */
	PACKET_LOOPBACK, /* of BSD: NULL and LOOP */
	PACKET_COOKED, /* of Linux */
	PACKET_COOKED_2,
	PACKET_IEEE802_11,
	PACKET_RADIOTAP, /* 802.11 behind a header of the radio */
	PACKET_PFLOG, /* of the packet filter of BSD */
	PACKET_NFLOG, /* of netfilter */
	PACKET_LINKS
};

/* What was found; other members have a count or are 0 without it. */
enum packet_has {
	PACKET_HAS_MAC = 1, /* both addresses */
	PACKET_HAS_IP = 2, /* ip_version, addresses, tos, ttl, ip_len */
	PACKET_HAS_PROTO = 4,
	PACKET_HAS_PORTS = 8,
	PACKET_HAS_TCP_FLAGS = 16,
	PACKET_HAS_ICMP = 32,
	PACKET_HAS_TUNNEL = 64 /* set by whoever called packet_inner() */
};

struct packet {
	uint32_t has; /* PACKET_HAS_* */
	uint16_t ethertype; /* behind the tags of the outermost frame */
	uint8_t vlans; /* used of vlan[] */
	uint8_t labels; /* used of mpls[] */
	uint64_t src_mac;
	uint64_t dst_mac;

	/* IP */
	const uint8_t *header; /* where it starts in the data; NULL: none */
	struct addr src;
	struct addr dst;
	uint8_t ip_version; /* 4, 6; 0 none */
	uint8_t proto; /* behind the extension headers */
	uint8_t tos;
	uint8_t ttl;
	uint32_t ip_len; /* as its header says; 0 if left to the card */
	bool is_cut; /* fewer bytes than that were captured */

	/* Fragments */
	bool is_fragment;
	bool is_later; /* not the first: without ports */
	uint8_t frag_flags; /* 0x20 more follow, 0x40 don't fragment */
	uint16_t frag_offset; /* in bytes */
	uint32_t frag_id;

	/* Transport */
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t icmp; /* type * 256 + code */
	uint8_t tcp_flags;

	/*
	 * What is left within the lengths of IP and UDP and the capture:
	 * behind the IP header with its extensions, behind that of the
	 * transport.
	 */
	struct span body;
	struct span payload;

	/* Not set behind their counts.  Outermost first, 12 and 24 bits. */
	uint16_t vlan[PACKET_VLANS_MAX];
	uint32_t mpls[PACKET_LABELS_MAX]; /* label, class, bottom of stack */

	/* The outermost of the packets around it; not set without. */
	struct addr tunnel_src;
	struct addr tunnel_dst;
	uint8_t tunnel_proto;
};

/*
 * Take a packet apart; its spans point into data, which may be NULL when len
 * is 0.  Of a tunnel this is the outer packet.  -1 if no whole IP header is
 * reached; what was found before it is there all the same.
 */
int packet_parse(struct packet *p, enum packet_link link, const void *data,
    size_t len);

/* Read the transport header that p->body starts with, after reassembly. */
void packet_transport(struct packet *p);

/*
 * The packet in a tunnel: GRE with ERSPAN or PPTP, IP and MPLS in IP, VXLAN,
 * Geneve.  -1 if outer is no tunnel, or as packet_parse().
 */
int packet_inner(const struct packet *outer, struct packet *inner);

/* By the link type of a capture, a DLT or LINKTYPE number; -1 if unknown. */
int packet_link_find(int number, enum packet_link *link);

#endif
