/*
 * Encoder of NetFlow v1, v5 and v7: fixed records, no templates.
 */

#include <string.h>

#include "base/bytes.h"
#include "flow/derive.h"
#include "wire/encode_int.h"
#include "wire/netflow5_int.h"

/* Records that a flow may become: 17 terabytes. */
#define PARTS_MAX 4096

#define AS_TRANS 23456 /* RFC 6793 section 9 */
#define SAMPLING_DETERMINISTIC 1

/* What all versions have room for, and the receiver knows by itself. */
#define CARRIED \
	(FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_MISC) | \
	FLOW_EXT(EXT_NEXT_HOP_V4) | FLOW_EXT(EXT_EXPORTER_V4) | \
	FLOW_EXT(EXT_EXPORTER_V6))

static const struct nf5_layout *
layout_of(const struct wire_encoder *e)
{
	const struct nf5_layout *l = nf5_layouts;

	while (l->version != e->options.version)
		l++;
	return l;
}

static uint16_t
as_16(uint32_t as)
{
	return as > UINT16_MAX ? AS_TRANS : (uint16_t)as;
}

static uint16_t
interface_16(uint32_t index)
{
	return index > UINT16_MAX ? UINT16_MAX : (uint16_t)index;
}

/* Bytes of the layout stay zero where the flow has nothing. */
static void
write_record(const struct wire_encoder *e, const struct flow *f, uint8_t *b)
{
	uint16_t version = e->options.version;

	store_be32(b, (uint32_t)f->src_addr.lo);
	store_be32(b + 4, (uint32_t)f->dst_addr.lo);
	if ((f->extensions & FLOW_EXT(EXT_NEXT_HOP_V4)) != 0)
		store_be32(b + 8, (uint32_t)f->next_hop.lo);
	store_be16(b + 12, interface_16(f->input));
	store_be16(b + 14, interface_16(f->output));
	store_be32(b + 16, (uint32_t)f->in_packets);
	store_be32(b + 20, (uint32_t)f->in_bytes);
	store_be32(b + 24, wire_encoder_uptime(e, f->first_ms));
	store_be32(b + 28, wire_encoder_uptime(e, f->last_ms));
	store_be16(b + 32, f->src_port);
	store_be16(b + 34, f->dst_port);
	b[38] = f->proto;
	b[39] = f->src_tos;
	if (version == 1) {
		b[40] = f->tcp_flags;
		return;
	}
	b[37] = f->tcp_flags;
	store_be16(b + 40, as_16(f->src_as));
	store_be16(b + 42, as_16(f->dst_as));
	b[44] = f->src_mask;
	b[45] = f->dst_mask;
}

static void
put_record(struct wire_encoder *e, const struct flow *f, uint64_t now_ms)
{
	const struct nf5_layout *l = layout_of(e);
	struct wire_message *m = &e->message;
	uint8_t *b;

	if (m->len == 0)
		m->len = l->header_len;
	b = m->data + m->len;
	memset(b, 0, l->record_len);
	write_record(e, f, b);
	m->len += l->record_len;
	m->waiting++;
	e->counters.records++;
	if (m->waiting == l->count_max ||
	    e->options.max_len - m->len < l->record_len)
		wire_encoder_emit(e, now_ms);
}

static void
seal(struct wire_encoder *e, uint64_t now_ms)
{
	const struct wire_encoder_options *o = &e->options;
	uint8_t *b = e->message.data;

	memset(b, 0, layout_of(e)->header_len);
	store_be16(b, o->version);
	store_be16(b + 2, (uint16_t)e->message.waiting);
	store_be32(b + 4, wire_encoder_uptime(e, now_ms));
	store_be32(b + 8, (uint32_t)(now_ms / 1000));
	store_be32(b + 12, (uint32_t)(now_ms % 1000 * 1000000));
	if (o->version == 1)
		return;
	store_be32(b + 16, e->sequence);
	e->sequence += e->message.waiting;
	if (o->version == 7)
		return;
	store_be16(b + 20, (uint16_t)o->id);
	if (o->sampling > 1)
		store_be16(b + 22,
		    (uint16_t)(SAMPLING_DETERMINISTIC <<
				NF5_SAMPLING_MODE_SHIFT | o->sampling));
}

/* Records that it takes for counters of 32 bits to hold these. */
static uint64_t
count_parts(uint64_t packets, uint64_t bytes)
{
	uint64_t most = packets > bytes ? packets : bytes;

	return most == 0 ? 1 : (most - 1) / UINT32_MAX + 1;
}

static uint64_t
share(uint64_t total, uint64_t parts, uint64_t i)
{
	return total / parts + (i < total % parts);
}

static void
put_parts(struct wire_encoder *e, const struct flow *f, uint64_t parts,
    uint64_t now_ms)
{
	struct flow part;

	if (parts == 1) {
		put_record(e, f, now_ms);
		return;
	}
	part = *f;
	for (uint64_t i = 0; i < parts; i++) {
		part.in_packets = share(f->in_packets, parts, i);
		part.in_bytes = share(f->in_bytes, parts, i);
		put_record(e, &part, now_ms);
	}
}

/* The other direction of a flow; its TCP flags are those of both. */
static void
reverse(const struct flow *f, struct flow *r)
{
	*r = *f;
	r->src_addr = f->dst_addr;
	r->dst_addr = f->src_addr;
	if (!flow_is_icmp(f->proto)) {
		r->src_port = f->dst_port;
		r->dst_port = f->src_port;
	}
	r->src_tos = f->dst_tos;
	r->in_packets = f->out_packets;
	r->in_bytes = f->out_bytes;
	r->input = f->output;
	r->output = f->input;
	r->src_mask = f->dst_mask;
	r->dst_mask = f->src_mask;
	r->src_as = f->dst_as;
	r->dst_as = f->src_as;
	r->extensions &= ~FLOW_EXT(EXT_NEXT_HOP_V4);
}

static bool
is_far(uint64_t ms, uint64_t now_ms)
{
	int64_t age = (int64_t)(now_ms - ms);

	return age > INT32_MAX || age < INT32_MIN;
}

static bool
has_out(const struct flow *f)
{
	return (f->out_packets | f->out_bytes) != 0;
}

static bool
is_partial(const struct wire_encoder *e, const struct flow *f)
{
	uint64_t carried = CARRIED;

	if (e->options.version != 1)
		carried |= FLOW_EXT(EXT_AS);
	if (f->flows <= 1 && (e->options.is_biflow || !has_out(f)))
		carried |= FLOW_EXT(EXT_COUNTERS);
	return (f->extensions & ~carried) != 0;
}

static bool
put(struct wire_encoder *e, const struct flow *f, uint64_t now_ms)
{
	uint64_t parts = count_parts(f->in_packets, f->in_bytes);
	uint64_t back = 0;
	struct flow other;

	if ((f->extensions & FLOW_EXT(EXT_IPV4)) == 0) {
		e->counters.not_ipv4++;
		return false;
	}
	if (e->options.is_biflow && has_out(f)) {
		back = count_parts(f->out_packets, f->out_bytes);
		if ((f->in_packets | f->in_bytes) == 0)
			parts = 0;
	}
	if (parts > PARTS_MAX || back > PARTS_MAX) {
		e->counters.too_large++;
		return false;
	}
	e->counters.partial += is_partial(e, f);
	e->counters.far_times +=
	    is_far(f->first_ms, now_ms) || is_far(f->last_ms, now_ms);
	if (parts > 0)
		put_parts(e, f, parts, now_ms);
	if (back > 0) {
		reverse(f, &other);
		put_parts(e, &other, back, now_ms);
	}
	return true;
}

const struct wire_encoder_protocol wire_encoder_netflow5 = { put, seal,
	NULL };
