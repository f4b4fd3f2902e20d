/*
 * Flows whose record holds the first bytes of a packet (element 315): fill
 * in from its headers what the record does not say itself.  Of a tunnel the
 * outer packet is the flow.
 */

#include "packet/headers.h"
#include "wire/decode_int.h"

/* Element 408 */
#define LINK_ETHERNET 1
#define LINK_IPV4 11
#define LINK_IPV6 12

struct fill {
	const struct wire_shape *shape;
	const struct packet *packet;
	struct flow *f;
};

static bool
is_open(const struct fill *to, enum field_id id)
{
	return !wire_shape_has(to->shape, id);
}

static void
fill_link(const struct fill *to)
{
	const struct packet *p = to->packet;
	struct flow *f = to->f;

	if ((p->has & PACKET_HAS_MAC) != 0 && is_open(to, FLD_IN_SRC_MAC) &&
	    is_open(to, FLD_OUT_DST_MAC)) {
		f->in_src_mac = p->src_mac;
		f->out_dst_mac = p->dst_mac;
		f->extensions |= FLOW_EXT(EXT_MAC);
	}
	/* The outermost tag is the VLAN, the next that of the customer. */
	if (p->vlans > 0 && is_open(to, FLD_SRC_VLAN)) {
		f->src_vlan = p->vlan[0];
		f->extensions |= FLOW_EXT(EXT_VLAN);
	}
	if (p->vlans > 1 && is_open(to, FLD_DOT1Q_CUST_VLAN)) {
		f->dot1q_cust_vlan = p->vlan[1];
		f->extensions |= FLOW_EXT(EXT_LAYER2);
	}
	for (int i = 0; i < p->labels; i++) {
		if (!is_open(to, (enum field_id)(FLD_MPLS_1 + i)))
			continue;
		f->mpls[i] = p->mpls[i];
		f->extensions |= FLOW_EXT(EXT_MPLS);
	}
}

static void
fill_ip(const struct fill *to)
{
	const struct packet *p = to->packet;
	struct flow *f = to->f;

	if ((p->has & PACKET_HAS_IP) == 0)
		return;
	if (is_open(to, FLD_SRC_TOS))
		f->src_tos = p->tos;
	if (is_open(to, FLD_SRC_ADDR) && is_open(to, FLD_DST_ADDR)) {
		f->src_addr = p->src;
		f->dst_addr = p->dst;
		f->extensions |=
		    FLOW_EXT(p->ip_version == 4 ? EXT_IPV4 : EXT_IPV6);
	}
	if ((p->has & PACKET_HAS_PROTO) != 0 && is_open(to, FLD_PROTO))
		f->proto = p->proto;
}

static void
fill_transport(const struct fill *to)
{
	const struct packet *p = to->packet;
	struct flow *f = to->f;

	if ((p->has & PACKET_HAS_PORTS) != 0) {
		if (is_open(to, FLD_SRC_PORT))
			f->src_port = p->src_port;
		if (is_open(to, FLD_DST_PORT))
			f->dst_port = p->dst_port;
	}
	if ((p->has & PACKET_HAS_ICMP) != 0 && is_open(to, FLD_DST_PORT))
		f->dst_port = p->icmp;
	if ((p->has & PACKET_HAS_TCP_FLAGS) != 0 &&
	    is_open(to, FLD_TCP_FLAGS))
		f->tcp_flags = p->tcp_flags;
}

void
wire_frame(const struct wire_shape *s, struct flow *f)
{
	struct packet p;
	struct fill to = { .shape = s, .packet = &p, .f = f };
	enum packet_link link = PACKET_ETHERNET;

	if (!wire_shape_has(s, FLD_IN_BYTES))
		f->in_bytes = wire_shape_has(s, FLD_FRAME_SIZE) ?
		    f->frame_size : f->frame.len;
	if (!wire_shape_has(s, FLD_IN_PACKETS))
		f->in_packets = 1;
	if (wire_shape_has(s, FLD_LINK_TYPE) && f->link_type != LINK_ETHERNET) {
		if (f->link_type != LINK_IPV4 && f->link_type != LINK_IPV6)
			return;
		link = PACKET_IP;
	}
	packet_parse(&p, link, f->frame.data, f->frame.len);
	fill_link(&to);
	fill_ip(&to);
	fill_transport(&to);
}
