/*
 * Flows whose record holds the first bytes of a packet (element 315): walk
 * the headers and fill in what the record does not say itself.  The packet
 * may be cut anywhere; what is there counts.  Of a tunnel the outer packet
 * is the flow.
 */

#include "wire/decode_int.h"

/* Element 408 */
#define LINK_ETHERNET 1
#define LINK_IPV4 11
#define LINK_IPV6 12

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_MPLS 0x8847
#define ETHERTYPE_MAX_LENGTH 1500 /* up to here it is a length */

#define MAC_LEN 6
#define LLC_SNAP_LEN 6 /* DSAP, SSAP, control, organisation */
#define CONTROL_WORD_LEN 4
#define IPV4_HEADER_LEN 20
#define EXTENSIONS_MAX 8
#define LABELS_MAX 10
#define TAGS_MAX 4

enum proto {
	HOP_OPTIONS = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	DESTINATION = 60,
	SCTP = 132
};

struct walk {
	const struct wire_shape *shape;
	struct flow *f;
	struct reader in;
	bool is_later; /* a fragment, not the first: no ports */
};

static bool
is_open(const struct walk *w, enum field_id id)
{
	return !w->in.bad && !wire_shape_has(w->shape, id);
}

static void
walk_ports(struct walk *w)
{
	struct flow *f = w->f;
	uint16_t src = (uint16_t)reader_uint(&w->in, 2);
	uint16_t dst = (uint16_t)reader_uint(&w->in, 2);
	uint8_t flags;

	if (is_open(w, FLD_SRC_PORT))
		f->src_port = src;
	if (is_open(w, FLD_DST_PORT))
		f->dst_port = dst;
	if (f->proto != PROTO_TCP)
		return;
	reader_take(&w->in, 9); /* sequence, acknowledgement, offset */
	flags = (uint8_t)reader_uint(&w->in, 1);
	if (is_open(w, FLD_TCP_FLAGS))
		f->tcp_flags = flags;
}

static void
walk_transport(struct walk *w, uint8_t proto)
{
	uint16_t type_code;

	if (is_open(w, FLD_PROTO))
		w->f->proto = proto;
	if (w->is_later)
		return;
	if (proto == PROTO_TCP || proto == PROTO_UDP || proto == SCTP) {
		walk_ports(w);
	} else if (flow_is_icmp(proto)) {
		type_code = (uint16_t)reader_uint(&w->in, 2);
		if (is_open(w, FLD_DST_PORT))
			w->f->dst_port = type_code;
	}
}

static void
set_addresses(struct walk *w, struct addr src, struct addr dst, unsigned ext)
{
	if (!is_open(w, FLD_SRC_ADDR) || !is_open(w, FLD_DST_ADDR))
		return;
	w->f->src_addr = src;
	w->f->dst_addr = dst;
	w->f->extensions |= FLOW_EXT(ext);
}

static void
set_tos(struct walk *w, uint8_t tos)
{
	if (is_open(w, FLD_SRC_TOS))
		w->f->src_tos = tos;
}

static void
walk_ipv4(struct walk *w)
{
	const uint8_t *h = reader_take(&w->in, IPV4_HEADER_LEN);
	size_t len;

	if (h == NULL)
		return;
	len = (size_t)(h[0] & 0x0f) * 4;
	set_tos(w, h[1]);
	set_addresses(w, addr_v4(load_be32(h + 12)),
	    addr_v4(load_be32(h + 16)), EXT_IPV4);
	w->is_later = (load_be16(h + 6) & 0x1fff) != 0;
	if (len > IPV4_HEADER_LEN)
		reader_take(&w->in, len - IPV4_HEADER_LEN);
	walk_transport(w, h[9]);
}

/* Pass one extension header; false when it is none. */
static bool
pass_extension(struct walk *w, uint8_t *next)
{
	uint8_t proto = *next;
	uint8_t len;

	if (w->in.bad || (proto != HOP_OPTIONS && proto != ROUTING &&
	    proto != FRAGMENT && proto != DESTINATION))
		return false;
	*next = (uint8_t)reader_uint(&w->in, 1);
	len = (uint8_t)reader_uint(&w->in, 1);
	if (proto == FRAGMENT) {
		w->is_later = (reader_uint(&w->in, 2) & 0xfff8) != 0;
		reader_take(&w->in, 4);
	} else {
		reader_take(&w->in, 6 + (size_t)len * 8);
	}
	return true;
}

static void
walk_ipv6(struct walk *w)
{
	uint32_t first = (uint32_t)reader_uint(&w->in, 4);
	uint8_t next;
	const uint8_t *addrs;

	reader_take(&w->in, 2);
	next = (uint8_t)reader_uint(&w->in, 1);
	reader_take(&w->in, 1);
	if ((addrs = reader_take(&w->in, 32)) == NULL)
		return;
	set_tos(w, (uint8_t)(first >> 20));
	set_addresses(w, addr_from_bytes(addrs), addr_from_bytes(addrs + 16),
	    EXT_IPV6);
	for (int i = 0; i < EXTENSIONS_MAX && pass_extension(w, &next); i++)
		continue;
	walk_transport(w, next);
}

/* IP by its first four bits; false if it is none. */
static bool
walk_ip(struct walk *w)
{
	unsigned version = w->in.left > 0 ? w->in.pos[0] >> 4 : 0;

	if (version == 4)
		walk_ipv4(w);
	else if (version == 6)
		walk_ipv6(w);
	return version == 4 || version == 6;
}

static void
walk_labels(struct walk *w)
{
	uint32_t entry = 0;

	for (int i = 0; i < LABELS_MAX && (entry >> 8 & 1) == 0; i++) {
		entry = (uint32_t)reader_uint(&w->in, 4);
		if (!is_open(w, (enum field_id)(FLD_MPLS_1 + i)))
			continue;
		w->f->mpls[i] = entry >> 8;
		w->f->extensions |= FLOW_EXT(EXT_MPLS);
	}
}

static bool
is_tag(uint16_t type)
{
	return type == 0x8100 || type == 0x88a8 || type == 0x9100 ||
	    type == 0x9200 || type == 0x9300;
}

/* The outermost tag is the VLAN, the next that of the customer. */
static void
set_tag(struct walk *w, int n, uint16_t id)
{
	if (n == 0 && is_open(w, FLD_SRC_VLAN)) {
		w->f->src_vlan = id;
		w->f->extensions |= FLOW_EXT(EXT_VLAN);
	} else if (n == 1 && is_open(w, FLD_DOT1Q_CUST_VLAN)) {
		w->f->dot1q_cust_vlan = id;
		w->f->extensions |= FLOW_EXT(EXT_LAYER2);
	}
}

/* Tags and type behind the addresses of a frame; returns the type. */
static uint16_t
walk_type(struct walk *w)
{
	uint16_t type = (uint16_t)reader_uint(&w->in, 2);

	for (int i = 0; i < TAGS_MAX && is_tag(type); i++) {
		set_tag(w, i, (uint16_t)(reader_uint(&w->in, 2) & 0x0fff));
		type = (uint16_t)reader_uint(&w->in, 2);
	}
	if (type <= ETHERTYPE_MAX_LENGTH) {
		reader_take(&w->in, LLC_SNAP_LEN);
		type = (uint16_t)reader_uint(&w->in, 2);
	}
	return w->in.bad ? 0 : type;
}

static void
set_macs(struct walk *w)
{
	uint64_t dst = reader_uint(&w->in, MAC_LEN);
	uint64_t src = reader_uint(&w->in, MAC_LEN);

	if (!is_open(w, FLD_IN_SRC_MAC) || !is_open(w, FLD_OUT_DST_MAC))
		return;
	w->f->in_src_mac = src;
	w->f->out_dst_mac = dst;
	w->f->extensions |= FLOW_EXT(EXT_MAC);
}

static void
walk_ethernet(struct walk *w)
{
	uint16_t type;

	set_macs(w);
	type = walk_type(w);
	if (type == ETHERTYPE_MPLS) {
		walk_labels(w);
		if (walk_ip(w))
			return;
		/* Ethernet over MPLS, behind a control word. */
		reader_take(&w->in, CONTROL_WORD_LEN + 2 * MAC_LEN);
		type = walk_type(w);
	}
	if (type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6)
		walk_ip(w);
}

void
wire_frame(const struct wire_shape *s, struct flow *f)
{
	struct walk w = { .shape = s, .f = f };

	reader_init(&w.in, f->frame.data, f->frame.len);
	if (!wire_shape_has(s, FLD_IN_BYTES))
		f->in_bytes = wire_shape_has(s, FLD_FRAME_SIZE) ?
		    f->frame_size : f->frame.len;
	if (!wire_shape_has(s, FLD_IN_PACKETS))
		f->in_packets = 1;
	if (f->frame.len == 0)
		return;
	if (!wire_shape_has(s, FLD_LINK_TYPE) || f->link_type == LINK_ETHERNET)
		walk_ethernet(&w);
	else if (f->link_type == LINK_IPV4 || f->link_type == LINK_IPV6)
		walk_ip(&w);
}
