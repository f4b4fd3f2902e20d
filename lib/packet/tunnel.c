/*
 * Packets in packets.
 */

#include "flow/derive.h"
#include "packet/headers_int.h"

#define PORT_GENEVE 6081
#define PORT_VXLAN 4789
#define PORT_VXLAN_LINUX 8472 /* from before there was a number */

#define GENEVE_HEADER_LEN 8
#define VXLAN_HEADER_LEN 8
#define VXLAN_HAS_ID 0x08
#define ERSPAN_2_LEN 8
#define ERSPAN_3_LEN 12
#define ERSPAN_3_MORE_LEN 8

#define ETHERTYPE_ERSPAN_2 0x88be
#define ETHERTYPE_ERSPAN_3 0x22eb

enum gre_flags {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080,
	GRE_VERSION = 0x0007
};

enum tunnel {
	IP_IN_IP = 4,
	IPV6_IN_IP = 41,
	GRE = 47,
	MPLS_IN_IP = 137
};

/* Behind the type of a tunnel that may hold frames. */
static int
walk_content(struct packet_walk *w, uint16_t type)
{
	if (type == ETHERTYPE_ETHERNET)
		return packet_walk_ethernet(w);
	return packet_walk_type(w, type);
}

/* Without a sequence number there is no header: type I. */
static int
walk_erspan_2(struct packet_walk *w, uint16_t flags)
{
	if ((flags & GRE_SEQUENCE) != 0)
		reader_take(&w->in, ERSPAN_2_LEN);
	return packet_walk_ethernet(w);
}

static int
walk_erspan_3(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, ERSPAN_3_LEN);

	if (h == NULL)
		return -1;
	if ((h[11] & 1) != 0)
		reader_take(&w->in, ERSPAN_3_MORE_LEN);
	return packet_walk_ethernet(w);
}

/* RFC 2784, 2890; version 1 is that of PPTP, RFC 2637. */
static int
walk_gre(struct packet_walk *w)
{
	uint16_t flags = (uint16_t)reader_uint(&w->in, 2);
	uint16_t type = (uint16_t)reader_uint(&w->in, 2);
	unsigned version = flags & GRE_VERSION;

	if (w->in.bad || version > 1 || (flags & GRE_ROUTING) != 0)
		return -1;
	if ((flags & GRE_CHECKSUM) != 0)
		reader_take(&w->in, 4);
	if ((flags & GRE_KEY) != 0)
		reader_take(&w->in, 4);
	if ((flags & GRE_SEQUENCE) != 0)
		reader_take(&w->in, 4);
	if (version == 1) {
		if ((flags & GRE_ACK) != 0)
			reader_take(&w->in, 4);
		if (type != ETHERTYPE_PPP)
			return -1;
		return packet_walk_link(w, PACKET_PPP);
	}
	if (type == ETHERTYPE_ERSPAN_2)
		return walk_erspan_2(w, flags);
	if (type == ETHERTYPE_ERSPAN_3)
		return walk_erspan_3(w);
	return walk_content(w, type);
}

static int
walk_vxlan(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, VXLAN_HEADER_LEN);

	if (h == NULL || (h[0] & VXLAN_HAS_ID) == 0)
		return -1;
	return packet_walk_ethernet(w);
}

/* RFC 8926 */
static int
walk_geneve(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, GENEVE_HEADER_LEN);

	if (h == NULL || h[0] >> 6 != 0)
		return -1;
	reader_take(&w->in, (size_t)(h[0] & 0x3f) * 4);
	return walk_content(w, load_be16(h + 2));
}

static int
walk_udp_port(struct packet_walk *w, uint16_t port)
{
	switch (port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		return walk_vxlan(w);
	case PORT_GENEVE:
		return walk_geneve(w);
	}
	return -1;
}

int
packet_inner(const struct packet *outer, struct packet *inner)
{
	struct packet_walk w;

	packet_walk_init(&w, inner, outer->payload.data, outer->payload.len);
	if (outer->is_later)
		return -1;
	switch (outer->proto) {
	case IP_IN_IP:
	case IPV6_IN_IP:
		return packet_walk_ip(&w);
	case GRE:
		return walk_gre(&w);
	case MPLS_IN_IP:
		return packet_walk_mpls(&w);
	case PROTO_UDP:
		return walk_udp_port(&w, outer->dst_port);
	}
	return -1;
}
