/*
 * sFlow version 5: samples, and records in them, each behind a tag and a
 * length.
 */

#include "wire/sflow_int.h"

#define COMPACT_LEN 32
#define EXPANDED_LEN 44
#define HEADER_LEN 16 /* of a sampled header */

/* Enterprise 0 */
enum sample_tag {
	SAMPLE_FLOW = 1,
	SAMPLE_COUNTERS = 2,
	SAMPLE_EXPANDED_FLOW = 3,
	SAMPLE_EXPANDED_COUNTERS = 4,
	SAMPLE_DISCARDED = 5
};

enum record_tag {
	RECORD_HEADER = 1,
	RECORD_ETHERNET = 2,
	RECORD_IPV4 = 3,
	RECORD_IPV6 = 4,
	RECORD_SWITCH = 1001,
	RECORD_ROUTER = 1002,
	RECORD_GATEWAY = 1003,
	RECORD_MPLS = 1006,
	RECORD_NAT = 1007,
	RECORD_NAT_PORT = 1020,
	RECORD_VNI_OUT = 1029,
	RECORD_VNI_IN = 1030
};

/*
 * The next tag and what stands behind it; false if it does not fit.  Lengths
 * are multiples of 4, if need be with padding that the length leaves out.
 */
static inline bool
take(struct reader *in, uint32_t *tag, struct reader *body)
{
	const uint8_t *head = reader_take(in, 8);
	uint32_t len;
	size_t padding;

	if (head == NULL)
		return false;
	*tag = load_be32(head);
	len = load_be32(head + 4);
	reader_init(body, reader_take(in, len), len);
	padding = -(size_t)len & 3;
	if (padding > 0)
		reader_take(in, padding < in->left ? padding : in->left);
	return !in->bad;
}

static void
read_header(struct wire_sample *s, struct reader *r)
{
	const uint8_t *b = reader_take(r, HEADER_LEN);

	if (b == NULL)
		return;
	s->link = load_be32(b);
	s->frame_len = load_be32(b + 4);
	s->header.len = load_be32(b + 12); /* behind what was stripped */
	s->header.data = reader_take(r, s->header.len);
}

static void
read_ethernet(struct flow *f, struct reader *r)
{
	reader_take(r, 4); /* length */
	f->in_src_mac = reader_uint(r, 8) >> 16;
	f->out_dst_mac = reader_uint(r, 8) >> 16;
}

static void
read_gateway(struct flow *f, struct reader *r)
{
	f->bgp_next_hop = wire_sflow_addr(r);
	wire_record_ases(f, r);
	wire_record_segments(f, r);
}

static void
read_mpls(struct wire_sample *s, struct flow *f, struct reader *r)
{
	const size_t most = sizeof(f->mpls) / sizeof(f->mpls[0]);
	uint32_t labels;
	const uint8_t *b;

	s->mpls_hop = wire_sflow_addr(r);
	labels = (uint32_t)reader_uint(r, 4);
	if (labels > r->left / 4) {
		r->bad = true;
		return;
	}
	if ((b = reader_take(r, (size_t)labels * 4)) == NULL)
		return;
	for (size_t i = 0; i < labels && i < most; i++)
		f->mpls[i] = load_be32(b + 4 * i) >> 8;
	if (labels > 0)
		f->extensions |= FLOW_EXT(EXT_MPLS);
}

static void
read_nat(struct flow *f, struct reader *r)
{
	struct addr src = wire_sflow_addr(r);
	struct addr dst = wire_sflow_addr(r);
	unsigned ext = addr_is_v4(src) ? EXT_XLATE_V4 : EXT_XLATE_V6;

	if (r->bad || addr_is_v4(src) != addr_is_v4(dst))
		return;
	f->xlate_src_addr = src;
	f->xlate_dst_addr = dst;
	f->extensions &= ~(FLOW_EXT(EXT_XLATE_V4) | FLOW_EXT(EXT_XLATE_V6));
	f->extensions |= FLOW_EXT(ext);
}

static void
read_nat_port(struct flow *f, struct reader *r)
{
	f->xlate_src_port = (uint16_t)reader_uint(r, 4);
	f->xlate_dst_port = (uint16_t)reader_uint(r, 4);
	f->extensions |= FLOW_EXT(EXT_XLATE_PORT);
}

/* Open vSwitch has sent it without the number. */
static void
read_vni(struct flow *f, struct reader *r)
{
	if (r->left < 4)
		return;
	f->vxlan = reader_uint(r, 4);
	f->extensions |= FLOW_EXT(EXT_LAYER2);
}

static void
read_record(struct wire_packet *p, struct wire_sample *s, uint32_t tag,
    struct reader *r)
{
	struct flow *f = &p->d->record.flow;

	switch (tag) {
	case RECORD_HEADER:
		read_header(s, r);
		break;
	case RECORD_ETHERNET:
		read_ethernet(f, r);
		break;
	case RECORD_IPV4:
		wire_record_ipv4(p, s, r);
		break;
	case RECORD_IPV6:
		wire_record_ipv6(p, s, r);
		break;
	case RECORD_SWITCH:
		wire_record_switch(f, r);
		break;
	case RECORD_ROUTER:
		wire_record_router(f, r);
		break;
	case RECORD_GATEWAY:
		read_gateway(f, r);
		break;
	case RECORD_MPLS:
		read_mpls(s, f, r);
		break;
	case RECORD_NAT:
		read_nat(f, r);
		break;
	case RECORD_NAT_PORT:
		read_nat_port(f, r);
		break;
	case RECORD_VNI_OUT:
	case RECORD_VNI_IN:
		read_vni(f, r);
		break;
	}
}

/* The fixed part of a flow sample; returns the number of records. */
static uint32_t
read_compact(struct wire_packet *p, struct wire_sample *s, const uint8_t *b)
{
	s->sequence = load_be32(b);
	s->source = wire_sflow_source(load_be32(b + 4));
	s->rate = load_be32(b + 8);
	s->drops = load_be32(b + 16);
	wire_sample_compact(p, load_be32(b + 20), load_be32(b + 24));
	return load_be32(b + 28);
}

static uint32_t
read_expanded(struct wire_packet *p, struct wire_sample *s, const uint8_t *b)
{
	s->sequence = load_be32(b);
	s->source = load_be64(b + 4);
	s->rate = load_be32(b + 12);
	s->drops = load_be32(b + 20);
	wire_sample_ports(p, load_be32(b + 24), load_be32(b + 28),
	    load_be32(b + 32), load_be32(b + 36));
	return load_be32(b + 40);
}

static bool
flow_sample(struct wire_packet *p, bool is_expanded, struct reader *in)
{
	const uint8_t *head;
	struct wire_sample s;
	struct reader r;
	uint32_t records;
	uint32_t tag;

	head = reader_take(in, is_expanded ? EXPANDED_LEN : COMPACT_LEN);
	if (head == NULL)
		return false;
	wire_sample_init(p, &s);
	records = is_expanded ? read_expanded(p, &s, head) :
				read_compact(p, &s, head);
	for (uint32_t i = 0; i < records; i++) {
		if (!take(in, &tag, &r))
			return false;
		read_record(p, &s, tag, &r);
		if (r.bad)
			return false;
	}
	wire_sample_end(p, &s);
	return true;
}

static bool
counter_sample(struct wire_packet *p, bool is_expanded, struct reader *in)
{
	struct wire_interface i = { 0 };
	bool has_interface = false;
	struct reader r;
	uint64_t source;
	uint32_t records;
	uint32_t tag;

	p->peer->pub.counters.counter_samples++;
	reader_take(in, 4); /* sequence */
	source = is_expanded ? reader_uint(in, 8) :
			       wire_sflow_source((uint32_t)reader_uint(in, 4));
	records = (uint32_t)reader_uint(in, 4);
	for (uint32_t n = 0; n < records && !in->bad; n++) {
		if (!take(in, &tag, &r))
			return false;
		if (tag == COUNTED_GENERIC)
			wire_counted_generic(&i, &r);
		else if (tag == COUNTED_ETHERNET)
			wire_counted_ethernet(&i, &r);
		else if (tag == COUNTED_PORT_NAME)
			wire_counted_name(p, source, &r);
		if (r.bad)
			return false;
		has_interface |= tag == COUNTED_GENERIC;
	}
	if (has_interface && !in->bad)
		wire_interface_put(p, source, &i);
	return !in->bad;
}

bool
wire_sflow5_sample(struct wire_packet *p, struct reader *in)
{
	struct wire_counters *c = &p->peer->pub.counters;
	struct reader body;
	uint32_t tag;

	if (!take(in, &tag, &body))
		return false;
	switch (tag) {
	case SAMPLE_FLOW:
	case SAMPLE_EXPANDED_FLOW:
		return flow_sample(p, tag == SAMPLE_EXPANDED_FLOW, &body);
	case SAMPLE_COUNTERS:
	case SAMPLE_EXPANDED_COUNTERS:
		return counter_sample(p, tag == SAMPLE_EXPANDED_COUNTERS,
		    &body);
	case SAMPLE_DISCARDED:
		c->discarded_packets++;
		return true;
	default:
		c->unknown_samples++;
		return true;
	}
}

uint32_t
wire_sflow5_rate(struct reader in)
{
	struct reader body;
	uint32_t tag;

	while (take(&in, &tag, &body)) {
		if (tag != SAMPLE_FLOW && tag != SAMPLE_EXPANDED_FLOW)
			continue;
		reader_take(&body, tag == SAMPLE_FLOW ? 8 : 12);
		return (uint32_t)reader_uint(&body, 4);
	}
	return 0;
}
