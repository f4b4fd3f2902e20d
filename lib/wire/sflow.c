/*
 * sFlow: the header of a datagram, and how a flow sample becomes a flow.
 *
 * The flow is built in d->record.flow: records of the sample write into it
 * as they come, the packet header is taken apart when all have been read,
 * for they know more than it does.
 */

#include "packet/headers.h"
#include "wire/sflow_int.h"

/* Smaller steps back are datagrams that come late. */
#define RESTART_STEP 1000
#define RESTART_MS 10000

#define FORMAT_SHIFT 30
#define FORMAT_VALUE 0x3fffffff
#define STATUS_DROPPED 128 /* forwarding status */

/* Extensions that few samples have. */
#define RARE_EXTENSIONS \
	(FLOW_EXT(EXT_XLATE_V4) | FLOW_EXT(EXT_XLATE_V6) | \
	    FLOW_EXT(EXT_XLATE_PORT) | FLOW_EXT(EXT_TUNNEL_V4) | \
	    FLOW_EXT(EXT_TUNNEL_V6) | FLOW_EXT(EXT_LAYER2))

/* What a sampled header begins with. */
enum header_protocol {
	HEADER_ETHERNET = 1,
	HEADER_PPP = 7,
	HEADER_IPV4 = 11,
	HEADER_IPV6 = 12,
	HEADER_MPLS = 13
};

struct header {
	struct addr agent;
	uint32_t sub_agent;
	uint32_t sequence;
	uint32_t uptime;
	uint32_t samples;
};

/*
 * Clear what some samples fill in, but not all; member by member, as most of
 * a flow is never touched.
 */
static void
clear_flow(struct flow *f)
{
	f->src_mask = f->dst_mask = 0;
	f->src_vlan = f->dst_vlan = 0;
	f->src_as = f->dst_as = 0;
	f->next_as = f->prev_as = 0;
	f->next_hop = f->bgp_next_hop = (struct addr){ 0, 0 };
	f->in_src_mac = f->out_dst_mac = 0;
	for (size_t i = 0; i < sizeof(f->mpls) / sizeof(f->mpls[0]); i++)
		f->mpls[i] = 0;
	if ((f->extensions & RARE_EXTENSIONS) == 0)
		return;
	f->xlate_src_addr = f->xlate_dst_addr = (struct addr){ 0, 0 };
	f->xlate_src_port = f->xlate_dst_port = 0;
	f->tun_src_addr = f->tun_dst_addr = (struct addr){ 0, 0 };
	f->tun_proto = 0;
	f->dot1q_vlan = f->dot1q_cust_vlan = 0;
	f->vxlan = 0;
}

void
wire_sample_init(struct wire_packet *p, struct wire_sample *s)
{
	struct flow *f = &p->d->record.flow;

	*s = (struct wire_sample){ 0 };
	clear_flow(f);
	f->extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_MISC) |
	    FLOW_EXT(EXT_VLAN) | FLOW_EXT(EXT_AS);
}

void
wire_sample_ports(struct wire_packet *p, uint32_t in_format, uint32_t input,
    uint32_t out_format, uint32_t output)
{
	struct flow *f = &p->d->record.flow;

	f->input = in_format == PORT_INDEX ? input : 0;
	f->output = out_format == PORT_INDEX ? output : 0;
	f->fwd_status = out_format == PORT_DISCARDED ? STATUS_DROPPED : 0;
}

void
wire_sample_compact(struct wire_packet *p, uint32_t input, uint32_t output)
{
	wire_sample_ports(p, input >> FORMAT_SHIFT, input & FORMAT_VALUE,
	    output >> FORMAT_SHIFT, output & FORMAT_VALUE);
}

static void
set_frame(struct flow *f, const struct packet *k)
{
	if ((k->has & PACKET_HAS_MAC) != 0) {
		f->in_src_mac = k->src_mac;
		f->out_dst_mac = k->dst_mac;
		f->extensions |= FLOW_EXT(EXT_MAC);
	}
	if (k->vlans > 0 && f->src_vlan == 0)
		f->src_vlan = k->vlan[0];
	if (k->vlans > 1) {
		f->dot1q_cust_vlan = k->vlan[1];
		f->extensions |= FLOW_EXT(EXT_LAYER2);
	}
	if (k->labels > 0) {
		memset(f->mpls, 0, sizeof(f->mpls));
		f->extensions |= FLOW_EXT(EXT_MPLS);
	}
	for (unsigned i = 0; i < k->labels; i++)
		f->mpls[i] = k->mpls[i];
}

static void
set_packet(struct flow *f, const struct packet *k)
{
	f->src_addr = k->src;
	f->dst_addr = k->dst;
	f->proto = k->proto;
	f->src_tos = k->tos;
	f->src_port = f->dst_port = 0;
	f->tcp_flags = 0;
	if ((k->has & PACKET_HAS_PORTS) != 0) {
		f->src_port = k->src_port;
		f->dst_port = k->dst_port;
	} else if ((k->has & PACKET_HAS_ICMP) != 0) {
		f->dst_port = k->icmp;
	}
	if ((k->has & PACKET_HAS_TCP_FLAGS) != 0)
		f->tcp_flags = k->tcp_flags;
}

/* The packet in GRE or IP is the flow, what carries it the tunnel. */
static void
set_tunnel(struct flow *f, const struct packet *outer)
{
	struct packet inner;

	if (outer->proto == PROTO_UDP || packet_inner(outer, &inner) == -1)
		return;
	set_packet(f, &inner);
	f->tun_src_addr = outer->src;
	f->tun_dst_addr = outer->dst;
	f->tun_proto = outer->proto;
	f->extensions |= FLOW_EXT(addr_is_v4(outer->src) ? EXT_TUNNEL_V4 :
							   EXT_TUNNEL_V6);
}

static bool
find_link(uint32_t protocol, enum packet_link *link)
{
	switch (protocol) {
	case HEADER_ETHERNET:
		*link = PACKET_ETHERNET;
		return true;
	case HEADER_PPP:
		*link = PACKET_PPP;
		return true;
	case HEADER_IPV4:
	case HEADER_IPV6:
		*link = PACKET_IP;
		return true;
	case HEADER_MPLS:
		*link = PACKET_MPLS;
		return true;
	default:
		return false;
	}
}

/* What the header of the packet tells; false if it has no IP header. */
static bool
read_packet(struct wire_packet *p, const struct wire_sample *s)
{
	struct flow *f = &p->d->record.flow;
	enum packet_link link;
	struct packet k;
	bool has_ip;

	if (s->header.data == NULL || !find_link(s->link, &link))
		return false;
	has_ip = packet_parse(&k, link, s->header.data, s->header.len) == 0;
	set_frame(f, &k);
	if (!has_ip)
		return false;
	set_packet(f, &k);
	if (p->d->limits.decode_tunnels)
		set_tunnel(f, &k);
	return true;
}

static uint64_t
family(struct addr a, unsigned ext_v4)
{
	return FLOW_EXT(addr_is_v4(a) ? ext_v4 : ext_v4 + 1);
}

/* Is there an address, and not 0.0.0.0? */
static bool
is_hop(struct addr a)
{
	return !addr_is_zero(a) && !addr_equal(a, addr_v4(0));
}

static uint64_t
extensions_of(struct flow *f, const struct wire_sample *s)
{
	uint64_t ext = family(f->src_addr, EXT_IPV4) |
	    family(f->exporter_addr, EXT_EXPORTER_V4);

	if (!is_hop(f->next_hop))
		f->next_hop = s->mpls_hop;
	if (is_hop(f->next_hop))
		ext |= family(f->next_hop, EXT_NEXT_HOP_V4);
	else
		f->next_hop = (struct addr){ 0, 0 };
	if (is_hop(f->bgp_next_hop))
		ext |= family(f->bgp_next_hop, EXT_BGP_V4);
	else
		f->bgp_next_hop = (struct addr){ 0, 0 };
	if ((f->in_src_mac | f->out_dst_mac) != 0)
		ext |= FLOW_EXT(EXT_MAC);
	if ((f->next_as | f->prev_as) != 0)
		ext |= FLOW_EXT(EXT_AS_ADJACENT);
	return ext;
}

void
wire_sample_end(struct wire_packet *p, struct wire_sample *s)
{
	struct flow *f = &p->d->record.flow;

	if (s->rate == 0)
		s->rate = 1;
	wire_source_sample(p, s);
	if (!read_packet(p, s) && !s->has_ip) {
		p->peer->pub.counters.samples_without_packet++;
		return;
	}
	f->exporter_addr = p->sender;
	f->extensions |= extensions_of(f, s);
	f->first_ms = f->last_ms = f->received_ms = p->received_ms;
	f->in_packets = s->rate;
	f->in_bytes = (uint64_t)s->rate * s->frame_len;
	f->flows = 1;
	wire_emit(p, f);
}

static void
begin_flow(const struct wire_packet *p, struct flow *f)
{
	memset(f, 0, sizeof(*f));
	f->exporter_id = p->peer->pub.sysid;
	f->export_version = (uint8_t)p->version;
	f->record_flags = FLOW_SAMPLED;
}

/* False, and told, if it is cut or the agent has no address. */
static bool
read_header(struct wire_packet *p, struct reader *in, struct header *h)
{
	*h = (struct header){ 0 };
	reader_take(in, 4); /* version */
	h->agent = wire_sflow_addr(in);
	if (in->left > 0 && addr_is_zero(h->agent)) {
		wire_refuse(p, KIND_HEADER,
		    "sFlow: agent with an address of unknown type");
		return false;
	}
	if (p->version == WIRE_SFLOW + 5)
		h->sub_agent = (uint32_t)reader_uint(in, 4);
	h->sequence = (uint32_t)reader_uint(in, 4);
	h->uptime = (uint32_t)reader_uint(in, 4);
	h->samples = (uint32_t)reader_uint(in, 4);
	if (in->bad)
		wire_refuse(p, KIND_HEADER, "sFlow: header cut");
	return !in->bad;
}

/* Back by much, or back with an uptime that is smaller by much. */
static bool
is_restart(const struct wire_peer *peer, const struct header *h)
{
	uint32_t back = peer->last_sequence - h->sequence;

	return back != 0 && back <= INT32_MAX &&
	    (back > RESTART_STEP || (h->uptime < peer->uptime &&
				     peer->uptime - h->uptime > RESTART_MS));
}

/* Late datagrams have been counted as missing, and stay so. */
static void
check_sequence(struct wire_peer *peer, const struct header *h)
{
	uint32_t step = h->sequence - peer->last_sequence;

	if (peer->has_sequence && is_restart(peer, h))
		peer->starts++;
	else if (peer->has_sequence && (step == 0 || step > INT32_MAX))
		return;
	else if (peer->has_sequence)
		peer->pub.counters.missing_datagrams += step - 1;
	peer->has_sequence = true;
	peer->last_sequence = h->sequence;
	peer->uptime = h->uptime;
}

static void
read_samples(struct wire_packet *p, struct reader *in, uint32_t samples)
{
	bool (*next)(struct wire_packet *, struct reader *) =
	    p->version == WIRE_SFLOW + 5 ? wire_sflow5_sample :
					   wire_sflow4_sample;

	for (uint32_t i = 0; i < samples; i++) {
		if (in->left == 0) {
			wire_refuse(p, KIND_COUNT_FIELD, "sFlow: end of "
			    "datagram after sample %u of %u", i, samples);
			return;
		}
		if (!next(p, in)) {
			wire_refuse(p, KIND_SAMPLE,
			    "sFlow: sample %u of %u cannot be read", i + 1,
			    samples);
			return;
		}
	}
}

void
wire_sflow(struct wire_packet *p, struct reader *in)
{
	struct header h;

	p->version = (uint16_t)(WIRE_SFLOW + load_be16(in->pos + 2));
	if (!read_header(p, in, &h))
		return;
	p->agent = h.agent;
	p->export_ms = p->received_ms;
	if ((p->peer = wire_peer_find(p, h.sub_agent)) == NULL)
		p->first_rate = p->version == WIRE_SFLOW + 5 ?
		    wire_sflow5_rate(*in) : wire_sflow4_rate(*in);
	if ((p->peer = wire_peer_get(p, h.sub_agent)) == NULL)
		return;
	p->peer->pub.counters.packets++;
	check_sequence(p->peer, &h);
	begin_flow(p, &p->d->record.flow);
	read_samples(p, in, h.samples);
}
