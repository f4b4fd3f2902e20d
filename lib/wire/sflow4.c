/*
 * sFlow versions 2 and 4: nothing has a length, so what is not known ends
 * the datagram.
 */

#include "wire/sflow_int.h"

#define HEAD_LEN 28

enum sample_type { SAMPLE_FLOW = 1, SAMPLE_COUNTERS = 2 };
enum data_type { DATA_HEADER = 1, DATA_IPV4 = 2, DATA_IPV6 = 3 };

enum extended_type {
	EXTENDED_SWITCH = 1,
	EXTENDED_ROUTER = 2,
	EXTENDED_GATEWAY = 3,
	EXTENDED_USER = 4,
	EXTENDED_URL = 5
};

/* Counters of an interface: the generic ones, then those of its medium. */
static const struct {
	bool has_generic;
	uint8_t more; /* bytes */
} counted[] = {
	[1] = { true, 0 },
	[COUNTED_ETHERNET] = { true, 52 },
	[3] = { true, 72 }, /* token ring */
	[4] = { true, 0 }, /* FDDI */
	[5] = { true, 80 }, /* 100VG */
	[6] = { true, 0 }, /* WAN */
	[7] = { false, 28 }, /* VLAN */
};

/* Bytes behind their length, padded to a multiple of 4. */
static struct span
take_opaque(struct reader *in)
{
	uint32_t len = (uint32_t)reader_uint(in, 4);
	struct span s = { reader_take(in, len), len };

	reader_take(in, -len & 3);
	return s;
}

static void
read_header(struct wire_sample *s, struct reader *in)
{
	s->link = (uint32_t)reader_uint(in, 4);
	s->frame_len = (uint32_t)reader_uint(in, 4);
	s->header = take_opaque(in);
}

static void
read_gateway(struct wire_packet *p, struct reader *in)
{
	struct flow *f = &p->d->record.flow;
	uint32_t communities;

	wire_record_ases(f, in);
	if (p->version == WIRE_SFLOW + 2) {
		wire_record_path(f, in, (uint32_t)reader_uint(in, 4));
		return;
	}
	wire_record_segments(f, in);
	communities = (uint32_t)reader_uint(in, 4);
	if (communities > in->left / 4)
		in->bad = true;
	reader_take(in, (size_t)communities * 4);
	reader_take(in, 4); /* local preference */
}

/* False if it is of a type that we do not know. */
static bool
read_extended(struct wire_packet *p, struct reader *in)
{
	struct flow *f = &p->d->record.flow;

	switch (reader_uint(in, 4)) {
	case EXTENDED_SWITCH:
		wire_record_switch(f, in);
		return true;
	case EXTENDED_ROUTER:
		wire_record_router(f, in);
		return true;
	case EXTENDED_GATEWAY:
		read_gateway(p, in);
		return true;
	case EXTENDED_USER:
		take_opaque(in);
		take_opaque(in);
		return true;
	case EXTENDED_URL:
		reader_take(in, 4); /* direction */
		take_opaque(in);
		return true;
	default:
		return false;
	}
}

static bool
read_data(struct wire_packet *p, struct wire_sample *s, struct reader *in)
{
	switch (reader_uint(in, 4)) {
	case DATA_HEADER:
		read_header(s, in);
		return true;
	case DATA_IPV4:
		wire_record_ipv4(p, s, in);
		return true;
	case DATA_IPV6:
		wire_record_ipv6(p, s, in);
		return true;
	default:
		return false;
	}
}

static bool
flow_sample(struct wire_packet *p, struct reader *in)
{
	const uint8_t *b = reader_take(in, HEAD_LEN);
	struct wire_sample s;
	bool is_known = true;
	uint32_t extended;

	if (b == NULL)
		return false;
	wire_sample_init(p, &s);
	s.sequence = load_be32(b);
	s.source = wire_sflow_source(load_be32(b + 4));
	s.rate = load_be32(b + 8);
	s.drops = load_be32(b + 16);
	wire_sample_compact(p, load_be32(b + 20), load_be32(b + 24));
	if (!read_data(p, &s, in))
		return false;
	extended = (uint32_t)reader_uint(in, 4);
	for (uint32_t i = 0; i < extended && is_known && !in->bad; i++)
		is_known = read_extended(p, in);
	if (in->bad)
		return false;
	/* The packet was read, whatever the unknown element is. */
	wire_sample_end(p, &s);
	return is_known;
}

static bool
counter_sample(struct wire_packet *p, struct reader *in)
{
	struct wire_interface i = { 0 };
	uint64_t source;
	struct reader more;
	uint32_t type;

	p->peer->pub.counters.counter_samples++;
	reader_take(in, 4); /* sequence */
	source = wire_sflow_source((uint32_t)reader_uint(in, 4));
	reader_take(in, 4); /* interval */
	type = (uint32_t)reader_uint(in, 4);
	if (type == 0 || type >= sizeof(counted) / sizeof(counted[0]))
		return false;
	if (counted[type].has_generic)
		wire_counted_generic(&i, in);
	reader_init(&more, reader_take(in, counted[type].more),
	    counted[type].more);
	if (in->bad)
		return false;
	if (type == COUNTED_ETHERNET)
		wire_counted_ethernet(&i, &more);
	if (counted[type].has_generic)
		wire_interface_put(p, source, &i);
	return true;
}

bool
wire_sflow4_sample(struct wire_packet *p, struct reader *in)
{
	switch (reader_uint(in, 4)) {
	case SAMPLE_FLOW:
		return flow_sample(p, in);
	case SAMPLE_COUNTERS:
		return counter_sample(p, in);
	default:
		p->peer->pub.counters.unknown_samples++;
		return false;
	}
}

uint32_t
wire_sflow4_rate(struct reader in)
{
	if (reader_uint(&in, 4) != SAMPLE_FLOW)
		return 0;
	reader_take(&in, 8); /* sequence, source */
	return (uint32_t)reader_uint(&in, 4);
}
