/*
 * Records that all versions of sFlow have in their flow samples.
 */

#include "wire/sflow_int.h"

#define VLAN_UNKNOWN UINT32_MAX

enum addr_type { ADDR_NONE, ADDR_IPV4, ADDR_IPV6 };

struct addr
wire_sflow_addr(struct reader *r)
{
	const uint8_t *b;

	switch (reader_uint(r, 4)) {
	case ADDR_NONE:
		break;
	case ADDR_IPV4:
		if ((b = reader_take(r, 4)) != NULL)
			return addr_v4(load_be32(b));
		break;
	case ADDR_IPV6:
		if ((b = reader_take(r, 16)) != NULL)
			return addr_from_bytes(b);
		break;
	default:
		r->bad = true;
	}
	return (struct addr){ 0, 0 };
}

uint64_t
wire_sflow_source(uint32_t id)
{
	return (uint64_t)(id >> 24) << 32 | (id & 0xffffff);
}

/* Behind the addresses the two families are the same. */
static void
set_transport(struct wire_sample *s, struct flow *f, uint32_t proto,
    struct reader *r)
{
	uint32_t src = (uint32_t)reader_uint(r, 4);
	uint32_t dst = (uint32_t)reader_uint(r, 4);

	f->proto = (uint8_t)proto;
	if (flow_is_icmp(f->proto)) {
		f->src_port = 0;
		f->dst_port = (uint16_t)((src & 0xff) << 8 | (dst & 0xff));
	} else {
		f->src_port = (uint16_t)src;
		f->dst_port = (uint16_t)dst;
	}
	f->tcp_flags = (uint8_t)reader_uint(r, 4);
	f->src_tos = (uint8_t)reader_uint(r, 4);
	s->has_ip = !r->bad;
}

void
wire_record_ipv4(struct wire_packet *p, struct wire_sample *s,
    struct reader *r)
{
	struct flow *f = &p->d->record.flow;
	uint32_t len = (uint32_t)reader_uint(r, 4);
	uint32_t proto = (uint32_t)reader_uint(r, 4);

	if (s->header.data == NULL)
		s->frame_len = len;
	f->src_addr = addr_v4((uint32_t)reader_uint(r, 4));
	f->dst_addr = addr_v4((uint32_t)reader_uint(r, 4));
	set_transport(s, f, proto, r);
}

void
wire_record_ipv6(struct wire_packet *p, struct wire_sample *s,
    struct reader *r)
{
	struct flow *f = &p->d->record.flow;
	uint32_t len = (uint32_t)reader_uint(r, 4);
	uint32_t proto = (uint32_t)reader_uint(r, 4);
	const uint8_t *b = reader_take(r, 32);

	if (s->header.data == NULL)
		s->frame_len = len;
	if (b != NULL) {
		f->src_addr = addr_from_bytes(b);
		f->dst_addr = addr_from_bytes(b + 16);
	}
	set_transport(s, f, proto, r);
}

void
wire_record_switch(struct flow *f, struct reader *r)
{
	uint32_t in = (uint32_t)reader_uint(r, 4);
	uint32_t out;

	reader_take(r, 4); /* priority */
	out = (uint32_t)reader_uint(r, 4);
	reader_take(r, 4);
	f->src_vlan = in == VLAN_UNKNOWN ? 0 : in;
	f->dst_vlan = out == VLAN_UNKNOWN ? 0 : out;
}

void
wire_record_router(struct flow *f, struct reader *r)
{
	f->next_hop = wire_sflow_addr(r);
	f->src_mask = (uint8_t)reader_uint(r, 4);
	f->dst_mask = (uint8_t)reader_uint(r, 4);
}

void
wire_record_ases(struct flow *f, struct reader *r)
{
	reader_take(r, 4); /* of the router itself */
	f->src_as = (uint32_t)reader_uint(r, 4);
	f->prev_as = (uint32_t)reader_uint(r, 4);
}

void
wire_record_path(struct flow *f, struct reader *r, uint32_t numbers)
{
	const uint8_t *b;

	if (numbers > r->left / 4) {
		r->bad = true;
		return;
	}
	b = reader_take(r, (size_t)numbers * 4);
	if (b == NULL || numbers == 0)
		return;
	if (f->next_as == 0)
		f->next_as = load_be32(b);
	f->dst_as = load_be32(b + (size_t)(numbers - 1) * 4);
}

void
wire_record_segments(struct flow *f, struct reader *r)
{
	uint32_t segments = (uint32_t)reader_uint(r, 4);

	for (uint32_t i = 0; i < segments && !r->bad; i++) {
		reader_take(r, 4); /* set or sequence */
		wire_record_path(f, r, (uint32_t)reader_uint(r, 4));
	}
}
