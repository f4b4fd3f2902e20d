/*
 * NetFlow v1, v5 and v7: fixed records, several packets in one datagram.
 */

#include "wire/decode_int.h"
#include "wire/netflow5_int.h"

const struct nf5_layout nf5_layouts[NF5_LAYOUTS] = {
	[NF5_V1] = { 1, 16, 48, 24 },
	[NF5_V5] = { 5, 24, 48, 30 },
	[NF5_V7] = { 7, 24, 52, 28 },
	[NF5_V1_LONG] = { 1, 16, 52, 24 },
};

struct header {
	uint16_t version;
	uint16_t count;
	uint32_t sequence;
	uint8_t engine_type;
	uint8_t engine_id;
	uint16_t sampling;
};

/* The layout of a datagram; only the length tells the two of v1 apart. */
static const struct nf5_layout *
layout_of(const struct reader *in)
{
	const struct nf5_layout *l = nf5_layouts;
	const struct nf5_layout *long_v1 = &nf5_layouts[NF5_V1_LONG];
	uint16_t version = load_be16(in->pos);

	while (l->version != version)
		l++;
	if (version == 1 && in->left == long_v1->header_len +
		(size_t)load_be16(in->pos + 2) * long_v1->record_len)
		l = long_v1;
	return l;
}

/* Read a header; the times go to the packet. */
static void
read_header(struct wire_packet *p, struct reader *r, struct header *h)
{
	*h = (struct header){ 0 };
	h->version = (uint16_t)reader_uint(r, 2);
	h->count = (uint16_t)reader_uint(r, 2);
	p->uptime = (uint32_t)reader_uint(r, 4);
	p->export_ms = reader_uint(r, 4) * 1000;
	p->export_ms += reader_uint(r, 4) / 1000000;
	if (h->version == 1)
		return;
	h->sequence = (uint32_t)reader_uint(r, 4);
	if (h->version == 7) {
		reader_take(r, 4);
		return;
	}
	h->engine_type = (uint8_t)reader_uint(r, 1);
	h->engine_id = (uint8_t)reader_uint(r, 1);
	h->sampling = (uint16_t)reader_uint(r, 2);
}

/* The part that the three versions have at the same place. */
static void
read_common(const struct wire_packet *p, const uint8_t *b, struct flow *f)
{
	f->src_addr = addr_v4(load_be32(b));
	f->dst_addr = addr_v4(load_be32(b + 4));
	f->next_hop = addr_v4(load_be32(b + 8));
	f->input = load_be16(b + 12);
	f->output = load_be16(b + 14);
	f->in_packets = load_be32(b + 16);
	f->in_bytes = load_be32(b + 20);
	f->first_ms = wire_uptime_ms(p->export_ms, p->uptime,
	    load_be32(b + 24));
	f->last_ms = wire_uptime_ms(p->export_ms, p->uptime, load_be32(b + 28));
	if (f->first_ms > f->last_ms)
		f->first_ms = f->last_ms;
	f->src_port = load_be16(b + 32);
	f->dst_port = load_be16(b + 34);
}

static void
read_rest(const struct nf5_layout *l, const uint8_t *b, struct flow *f)
{
	f->proto = b[38];
	f->src_tos = b[39];
	if (l->version == 1) {
		f->tcp_flags = b[40];
		return;
	}
	f->tcp_flags = b[37];
	f->src_as = load_be16(b + 40);
	f->dst_as = load_be16(b + 42);
	f->src_mask = b[44];
	f->dst_mask = b[45];
}

static uint64_t
extensions_of(const struct flow *f)
{
	uint64_t ext = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4);

	if ((f->input | f->output) != 0 || (f->src_mask | f->dst_mask) != 0)
		ext |= FLOW_EXT(EXT_MISC);
	if ((f->src_as | f->dst_as) != 0)
		ext |= FLOW_EXT(EXT_AS);
	if (!addr_equal(f->next_hop, addr_v4(0)))
		ext |= FLOW_EXT(EXT_NEXT_HOP_V4);
	return ext | FLOW_EXT(addr_is_v4(f->exporter_addr) ? EXT_EXPORTER_V4 :
							     EXT_EXPORTER_V6);
}

static void
read_record(struct wire_packet *p, const struct nf5_layout *l,
    const uint8_t *b)
{
	struct flow *f = &p->d->record.flow;

	read_common(p, b, f);
	read_rest(l, b, f);
	f->extensions = extensions_of(f);
	f->record_flags = 0;
	/* Members that no extension covers are zero. */
	if ((f->extensions & FLOW_EXT(EXT_NEXT_HOP_V4)) == 0)
		f->next_hop = (struct addr){ 0, 0 };
	if (flow_is_icmp(f->proto))
		wire_icmp_ports(f);
	if (p->rate.total != 0)
		wire_rate_multiply(&p->rate, f);
	wire_emit(p, f);
}

/* The rate of the header counts for this packet. */
static void
find_rate(struct wire_packet *p, const struct header *h)
{
	const struct wire_limits *limits = &p->d->limits;
	uint32_t n = h->sampling & NF5_SAMPLING_INTERVAL;
	struct wire_sampler s = { .id = -1, .interval = 1, .space = n - 1,
		.algorithm = h->sampling >> NF5_SAMPLING_MODE_SHIFT };

	if (n == 0 && p->peer->samplers.count > 0)
		wire_sampler_drop_all(p->d, p->peer);
	p->rate = (struct wire_rate){ n, 1 };
	if (n > 0)
		wire_sampler_put(p, &s, &p->rate);
	if (limits->forced_sampling > 0) {
		p->rate.total = limits->forced_sampling;
		wire_rate_impose(p, WIRE_SAMPLER_FORCED,
		    limits->forced_sampling);
	} else if (n == 0 && limits->default_sampling > 1) {
		p->rate.total = limits->default_sampling;
		wire_rate_impose(p, WIRE_SAMPLER_DEFAULT,
		    limits->default_sampling);
	}
}

static void
read_records(struct wire_packet *p, const struct nf5_layout *l,
    const struct header *h, const uint8_t *body)
{
	struct flow *f = &p->d->record.flow;

	memset(f, 0, sizeof(*f));
	f->exporter_addr = p->sender;
	f->exporter_id = p->peer->pub.sysid;
	f->engine_type = h->engine_type;
	f->engine_id = h->engine_id;
	/* v7 is stored as v5. */
	f->export_version = l->version == 1 ? 1 : 5;
	f->received_ms = p->received_ms;
	f->flows = 1;
	for (unsigned i = 0; i < h->count; i++, body += l->record_len)
		read_record(p, l, body);
}

/* A further packet in the datagram has to look like one in all it has. */
static bool
is_packet(const struct nf5_layout *l, const struct reader *in)
{
	uint16_t count;

	if (in->left < l->header_len || load_be16(in->pos) != l->version)
		return false;
	count = load_be16(in->pos + 2);
	return count >= 1 && count <= l->count_max &&
	    (size_t)count * l->record_len <= in->left - l->header_len;
}

static void
one_packet(struct wire_packet *p, const struct nf5_layout *l,
    struct reader *in)
{
	struct header h;
	const uint8_t *body;

	read_header(p, in, &h);
	body = reader_take(in, (size_t)h.count * l->record_len);
	p->peer = wire_peer_get(p, (uint32_t)h.engine_type << 8 | h.engine_id);
	if (p->peer == NULL)
		return;
	p->peer->pub.counters.packets++;
	if (l->version != 1)
		wire_sequence(p, h.sequence, h.count);
	find_rate(p, &h);
	read_records(p, l, &h, body);
}

static void
refuse(struct wire_packet *p, const struct nf5_layout *l,
    struct reader *in)
{
	struct header h;

	if (in->left < l->header_len) {
		wire_refuse(p, KIND_HEADER, "NetFlow v%u header cut at %zu",
		    l->version, in->left);
		return;
	}
	read_header(p, in, &h);
	p->peer = wire_peer_find(p,
	    (uint32_t)h.engine_type << 8 | h.engine_id);
	wire_refuse(p, KIND_COUNT_FIELD,
	    "NetFlow v%u packet of %u records in %zu bytes", l->version,
	    h.count, in->left + l->header_len);
}

void
wire_netflow5(struct wire_packet *p, struct reader *in)
{
	const struct nf5_layout *l = layout_of(in);

	if (!is_packet(l, in)) {
		refuse(p, l, in);
		return;
	}
	while (is_packet(l, in))
		one_packet(p, l, in);
}
