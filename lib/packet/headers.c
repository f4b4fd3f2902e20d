/*
 * Packet headers from Ethernet to the transport.  Every header is taken
 * whole before it is looked at, so one comparison guards it.  Layers that
 * can hold each other (Ethernet in MPLS in Ethernet) are counted; all else
 * moves forward through the packet.
 */

#include "flow/derive.h"
#include "packet/headers_int.h"

#define MAC_LEN 6
#define IPV4_HEADER_LEN 20
#define IPV6_HEADER_LEN 40
#define UDP_HEADER_LEN 8
#define ICMP_HEADER_LEN 8
#define SCTP_HEADER_LEN 12
#define LLC_SNAP_LEN 8
#define CONTROL_WORD_LEN 4
#define PPPOE_HEADER_LEN 6
#define TAG_LEN 4

#define FRAGMENT_MORE 0x20
#define FRAGMENT_FLAGS 0xe0

/* How many are passed; fewer may be kept. */
#define TAGS_MAX 8
#define STACK_MAX 16
#define EXTENSIONS_MAX 16

enum proto {
	HOP_OPTIONS = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	AUTHENTICATION = 51,
	NO_NEXT_HEADER = 59,
	DESTINATION = 60,
	SCTP = 132
};

static struct span
rest(const struct reader *in)
{
	return (struct span){ in->pos, (uint32_t)in->left };
}

static void
limit(struct reader *in, size_t len)
{
	if (len < in->left)
		in->left = len;
}

/* Pass len bytes of a header or all that is there of them. */
static void
pass(struct reader *in, size_t len)
{
	reader_take(in, len < in->left ? len : in->left);
}

static void
walk_ports(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, 4);

	if (h == NULL)
		return;
	w->p->src_port = load_be16(h);
	w->p->dst_port = load_be16(h + 2);
	w->p->has |= PACKET_HAS_PORTS;
}

/* Behind the ports. */
static void
walk_tcp(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, 10);
	size_t len;

	if (h == NULL)
		return;
	w->p->tcp_flags = h[9];
	w->p->has |= PACKET_HAS_TCP_FLAGS;
	len = (size_t)(h[8] >> 4) * 4;
	pass(&w->in, len > 14 ? len - 14 : 0);
}

static void
walk_udp(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, UDP_HEADER_LEN - 4);
	uint16_t len;

	if (h != NULL && (len = load_be16(h)) >= UDP_HEADER_LEN)
		limit(&w->in, len - UDP_HEADER_LEN);
}

static void
walk_icmp(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, 2);

	if (h == NULL)
		return;
	w->p->icmp = load_be16(h);
	w->p->has |= PACKET_HAS_ICMP;
	pass(&w->in, ICMP_HEADER_LEN - 2);
}

static void
walk_transport(struct packet_walk *w, uint8_t proto)
{
	struct packet *p = w->p;

	p->proto = proto;
	p->has |= PACKET_HAS_PROTO;
	p->body = rest(&w->in);
	if (!p->is_later) {
		switch (proto) {
		case PROTO_TCP:
			walk_ports(w);
			walk_tcp(w);
			break;
		case PROTO_UDP:
			walk_ports(w);
			walk_udp(w);
			break;
		case SCTP:
			walk_ports(w);
			pass(&w->in, SCTP_HEADER_LEN - 4);
			break;
		case PROTO_ICMP:
		case PROTO_ICMP6:
			walk_icmp(w);
			break;
		}
	}
	if (!w->in.bad)
		p->payload = rest(&w->in);
}

void
packet_transport(struct packet *p)
{
	struct packet_walk w = { .p = p };

	reader_init(&w.in, p->body.data, p->body.len);
	walk_transport(&w, p->proto);
}

/* Bytes behind the captured ones may be padding of the link. */
static void
limit_to_packet(struct packet_walk *w, size_t len)
{
	w->p->is_cut = w->in.left < len;
	limit(&w->in, len);
}

static void
set_fragment(struct packet *p, uint16_t word, uint8_t flags, uint32_t id)
{
	p->frag_id = id;
	p->frag_flags = flags;
	p->frag_offset = word & 0xfff8;
	p->is_later = p->frag_offset != 0;
	p->is_fragment = p->is_later || (flags & FRAGMENT_MORE) != 0;
}

static int
walk_ipv4(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, IPV4_HEADER_LEN);
	struct packet *p = w->p;
	size_t len;

	if (h == NULL || (len = (size_t)(h[0] & 0x0f) * 4) < IPV4_HEADER_LEN)
		return -1;
	p->has |= PACKET_HAS_IP;
	p->header = h;
	p->ip_version = 4;
	p->tos = h[1];
	p->ttl = h[8];
	p->src = addr_v4(load_be32(h + 12));
	p->dst = addr_v4(load_be32(h + 16));
	set_fragment(p, (uint16_t)(load_be16(h + 6) << 3),
	    h[6] & FRAGMENT_FLAGS, load_be16(h + 4));
	p->ip_len = load_be16(h + 2);
	if (p->ip_len != 0)
		limit_to_packet(w, p->ip_len < IPV4_HEADER_LEN ? 0 :
		    p->ip_len - IPV4_HEADER_LEN);
	pass(&w->in, len - IPV4_HEADER_LEN);
	walk_transport(w, h[9]);
	return 0;
}

/* Pass one extension header; false when it is none. */
static bool
pass_extension(struct packet_walk *w, uint8_t *next)
{
	uint8_t proto = *next;
	const uint8_t *h;
	size_t len;

	if (proto != HOP_OPTIONS && proto != ROUTING && proto != FRAGMENT &&
	    proto != DESTINATION && proto != AUTHENTICATION)
		return false;
	if ((h = reader_take(&w->in, 8)) == NULL)
		return false;
	*next = h[0];
	if (proto == FRAGMENT) {
		set_fragment(w->p, load_be16(h + 2),
		    (h[3] & 1) != 0 ? FRAGMENT_MORE : 0, load_be32(h + 4));
		return !w->p->is_later; /* data follow, not headers */
	}
	len = h[1];
	if (proto == AUTHENTICATION) /* RFC 4302, 2.2: in 4 bytes, minus 2 */
		len = len * 4;
	else
		len = len * 8;
	return reader_take(&w->in, len) != NULL;
}

static struct addr
load_addr(const uint8_t *h)
{
	return (struct addr){ load_be64(h), load_be64(h + 8) };
}

static int
walk_ipv6(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, IPV6_HEADER_LEN);
	struct packet *p = w->p;
	uint8_t next;
	uint16_t len;

	if (h == NULL)
		return -1;
	p->has |= PACKET_HAS_IP;
	p->header = h;
	p->ip_version = 6;
	p->tos = (uint8_t)(load_be16(h) >> 4);
	p->ttl = h[7];
	p->src = load_addr(h + 8);
	p->dst = load_addr(h + 24);
	if ((len = load_be16(h + 4)) != 0 || h[6] == NO_NEXT_HEADER) {
		p->ip_len = IPV6_HEADER_LEN + (uint32_t)len;
		limit_to_packet(w, len);
	}
	next = h[6];
	for (int i = 0; i < EXTENSIONS_MAX && pass_extension(w, &next); i++)
		continue;
	if (!w->in.bad)
		walk_transport(w, next);
	return 0;
}

int
packet_walk_ip(struct packet_walk *w)
{
	unsigned version = w->in.left > 0 ? w->in.pos[0] >> 4 : 0;

	if (version == 4)
		return walk_ipv4(w);
	return version == 6 ? walk_ipv6(w) : -1;
}

static bool
is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 ||
	    type == 0x9200 || type == 0x9300;
}

static bool
is_snap(const uint8_t *h)
{
	return h[0] == 0xaa && h[1] == 0xaa && h[2] == 3;
}

/* Could a frame with IP in it start here? */
static bool
looks_like_frame(const struct reader *in, size_t at)
{
	const uint8_t *h;
	uint16_t type;

	if (in->left < at + 2 * MAC_LEN + 2 + LLC_SNAP_LEN)
		return false;
	h = in->pos + at + 2 * MAC_LEN;
	type = load_be16(h);
	if (type <= ETHERTYPE_MAX_LENGTH)
		return is_snap(h + 2);
	return is_tag(type) || type == ETHERTYPE_IPV4 ||
	    type == ETHERTYPE_IPV6 || type == ETHERTYPE_MPLS ||
	    type == ETHERTYPE_PPPOE;
}

/* Ethernet over MPLS (RFC 4448), behind a control word or without. */
static int
walk_wire(struct packet_walk *w)
{
	struct packet *p = w->p;

	if (w->in.left > 0 && w->in.pos[0] >> 4 == 0 &&
	    looks_like_frame(&w->in, CONTROL_WORD_LEN))
		reader_take(&w->in, CONTROL_WORD_LEN);
	else if (!looks_like_frame(&w->in, 0))
		return -1;
	if ((p->has & PACKET_HAS_MAC) == 0)
		return packet_walk_ethernet(w);
	reader_take(&w->in, 2 * MAC_LEN);
	return packet_walk_type(w, (uint16_t)reader_uint(&w->in, 2));
}

int
packet_walk_mpls(struct packet_walk *w)
{
	struct packet *p = w->p;
	uint32_t entry = 0;
	const uint8_t *h;
	int n;

	for (n = 0; n < STACK_MAX && (entry >> 8 & 1) == 0; n++) {
		if ((h = reader_take(&w->in, 4)) == NULL)
			return -1;
		entry = load_be32(h);
		if (p->labels < PACKET_LABELS_MAX)
			p->mpls[p->labels++] = entry >> 8;
	}
	if (w->in.left > 0 && (w->in.pos[0] >> 4 == 4 ||
	    w->in.pos[0] >> 4 == 6))
		return packet_walk_ip(w);
	return walk_wire(w);
}

int
packet_walk_llc(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, LLC_SNAP_LEN);
	uint16_t type;

	if (h == NULL || !is_snap(h))
		return -1;
	type = load_be16(h + 6);
	return type > ETHERTYPE_MAX_LENGTH ? packet_walk_type(w, type) : -1;
}

int
packet_walk_ppp(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, 1);
	uint16_t proto;

	if (h == NULL)
		return -1;
	proto = h[0];
	if ((proto & 1) == 0) { /* RFC 1661, 6.5: else compressed */
		if ((h = reader_take(&w->in, 1)) == NULL)
			return -1;
		proto = (uint16_t)(proto << 8 | h[0]);
	}
	switch (proto) {
	case 0x0021:
	case 0x0057:
		return packet_walk_ip(w);
	case 0x0281:
	case 0x0283:
		return packet_walk_mpls(w);
	}
	return -1;
}

int
packet_walk_type(struct packet_walk *w, uint16_t type)
{
	struct packet *p = w->p;
	const uint8_t *h;

	if (w->layers++ == PACKET_LAYERS_MAX)
		return -1;
	for (int i = 0; i < TAGS_MAX && is_tag(type); i++) {
		if ((h = reader_take(&w->in, TAG_LEN)) == NULL)
			return -1;
		if (p->vlans < PACKET_VLANS_MAX)
			p->vlan[p->vlans++] = load_be16(h) & 0x0fff;
		type = load_be16(h + 2);
	}
	if (type <= ETHERTYPE_MAX_LENGTH)
		return packet_walk_llc(w);
	if (p->ethertype == 0)
		p->ethertype = type;
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return packet_walk_ip(w);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return packet_walk_mpls(w);
	case ETHERTYPE_PPPOE:
		if (reader_take(&w->in, PPPOE_HEADER_LEN) != NULL)
			return packet_walk_ppp(w);
	}
	return -1;
}

int
packet_walk_ethernet(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, 2 * MAC_LEN);
	struct packet *p = w->p;

	if (h == NULL)
		return -1;
	p->dst_mac = load_be64(h) >> 16;
	p->src_mac = load_be64(h + 4) & UINT64_C(0xffffffffffff);
	p->has |= PACKET_HAS_MAC;
	if ((h = reader_take(&w->in, 2)) == NULL)
		return -1;
	return packet_walk_type(w, load_be16(h));
}

int
packet_parse(struct packet *p, enum packet_link link, const void *data,
    size_t len)
{
	struct packet_walk w;

	packet_walk_init(&w, p, data, len);
	if (link == PACKET_ETHERNET)
		return packet_walk_ethernet(&w);
	return packet_walk_link(&w, link);
}
