/*
 * From packets to flows: how long packets are, which ones are looked at, and
 * what is counted of the others.
 */
#include <string.h>

#include "packet/meter.h"
#include "tap.h"

#define MS UINT64_C(1760000000000)

/* UDP in IPv4 with 8 bytes of options, in IPv6 with one extension header. */
static const uint8_t ipv4[] = { 0x47, 0, 0, 36, 0, 1, 0, 0, 64, 17, 0, 0,
	192, 0, 2, 1, 192, 0, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1,
	0, 7, 0, 9, 0, 8, 0, 0 };
static const uint8_t ipv6[] = { 0x60, 0, 0, 0, 0, 16, 60, 64,
	32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	17, 0, 1, 4, 0, 0, 0, 0, 0, 7, 0, 9, 0, 8, 0, 0 };

struct got {
	uint64_t flows;
	uint64_t packets;
	uint64_t bytes;
};

static void
on_flow(void *ctx, const struct flow *f)
{
	struct got *g = ctx;

	g->flows++;
	g->packets += f->in_packets;
	g->bytes += f->in_bytes;
}

static const struct meter_options plain = { .link = PACKET_IP,
	.fragments_ms = 30000,
	.cache = { .max_flows = 10, .track = CACHE_TRACK_PORT,
		.idle_ms = { 60000, 60000, 60000, 60000 } } };

static struct meter *
make(const struct meter_options *o, struct got *g)
{
	struct err err;
	struct meter *m = meter_new(o, on_flow, g, &err);

	if (m == NULL)
		bail("%s", err.text);
	*g = (struct got){ 0, 0, 0 };
	return m;
}

/* Bytes of one packet, of which skip stand before the header of IP. */
static uint64_t
bytes_of(const struct meter_options *o, const uint8_t *ip, size_t ip_len,
    size_t skip, size_t caplen, size_t len)
{
	uint8_t data[128] = { 0 };
	struct got g;
	struct meter *m = make(o, &g);

	memcpy(data + skip, ip, ip_len);
	meter_packet(m, MS, data, caplen, len);
	meter_flush(m);
	meter_free(m);
	return g.packets == 1 ? g.bytes : 0;
}

static void
test_bytes(void)
{
	struct meter_options o = plain;
	uint8_t large[sizeof(ipv4)], large6[sizeof(ipv6)];

	memcpy(large, ipv4, sizeof(ipv4));
	large[3] = 0;
	memcpy(large6, ipv6, sizeof(ipv6));
	large6[5] = 0;
	is_uint(bytes_of(&o, ipv4, sizeof(ipv4), 0, 36, 60), 36,
	    "IPv4: padding is not counted");
	is_uint(bytes_of(&o, ipv4, sizeof(ipv4), 0, 28, 36), 36,
	    "what was not captured is");
	is_uint(bytes_of(&o, large, sizeof(large), 0, 36, 9000), 9000,
	    "length left to the card, with options");
	is_uint(bytes_of(&o, ipv6, sizeof(ipv6), 0, 56, 60), 56, "IPv6");
	is_uint(bytes_of(&o, large6, sizeof(large6), 0, 56, 9000), 9000,
	    "length left to the card, with an extension header");
	is_uint(bytes_of(&o, large6, sizeof(large6), 0, 44, 9000), 9000,
	    "in which the packet is cut");
	is_uint(bytes_of(&o, large, sizeof(large), 0, 36, 0), 0,
	    "a frame without a length");
	o.link_len = 6;
	is_uint(bytes_of(&o, large, sizeof(large), 6, 42, 1006), 1000,
	    "behind a link header");
	o.has_frame_bytes = true;
	is_uint(bytes_of(&o, ipv4, sizeof(ipv4), 6, 42, 60), 60,
	    "bytes of frames");
}

static void
test_counters(void)
{
	struct meter_options o = plain;
	struct meter_counters n;
	struct cache_counters flows;
	struct got g;
	struct meter *m;

	o.sampling = 3;
	m = make(&o, &g);
	for (unsigned i = 0; i < 7; i++)
		meter_packet(m, MS + i, ipv4, sizeof(ipv4), sizeof(ipv4));
	meter_packet(m, MS + 7, "", 0, 60);
	meter_packet(m, MS + 8, "", 0, 60);
	meter_packet(m, MS + 9, "\x45", 1, 60);
	meter_counters(m, &n, &flows);
	is_uint(n.packets, 10, "packets");
	is_uint(n.bytes, 7 * sizeof(ipv4) + 180, "bytes of their frames");
	is_uint(n.passed_over, 6, "passed over by sampling");
	is_uint(n.too_short, 1, "too short");
	is_uint(meter_clock(m), 0, "packets wait for others");
	meter_flush(m);
	is_uint(meter_clock(m), MS + 9, "the clock is that of all packets");
	is_uint(g.packets, 3, "the first of each three is counted");
	meter_restart(m, 5000);
	is_uint(meter_clock(m), 5000, "the clock is set back");
	meter_free(m);
}

/* The packet with a byte of another value, one of many. */
static void
give(struct meter *m, size_t at, uint8_t value)
{
	uint8_t p[sizeof(ipv4)];

	memcpy(p, ipv4, sizeof(p));
	p[at] = value;
	meter_packet(m, 1000, p, sizeof(p), sizeof(p));
}

static void
test_dedup(void)
{
	struct meter_options o = plain;
	struct meter_counters n;
	struct cache_counters flows;
	struct got g = { 0 };
	struct meter *m;

	o.has_dedup = true;
	m = make(&o, &g);
	give(m, 0, ipv4[0]);
	give(m, 0, ipv4[0]);
	give(m, 8, 63); /* TTL */
	give(m, 10, 7); /* checksum */
	meter_counters(m, &n, &flows);
	is_uint(n.duplicates, 3, "TTL and checksum make no other packet");
	give(m, 5, 2); /* id */
	give(m, 1, 8); /* TOS */
	give(m, 15, 3); /* source */
	give(m, 35, 1); /* behind the header */
	give(m, 6, 0x40); /* may not be divided */
	meter_counters(m, &n, &flows);
	is_uint(n.duplicates, 3, "anything else does");
	give(m, 0, ipv4[0]);
	for (uint8_t i = 0; i < 7; i++)
		give(m, 5, 10 + i);
	give(m, 0, ipv4[0]);
	meter_counters(m, &n, &flows);
	is_uint(n.duplicates, 4, "it is forgotten after eight others");
	is_uint(n.packets, 18, "duplicates are packets");
	meter_free(m);
}

/* A frame with a tag, and a packet in one of another. */
static const uint8_t tagged[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1,
	0x81, 0, 0, 10, 8, 0,
	0x45, 0, 0, 56, 0, 1, 0, 0, 64, 4, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };

struct frame {
	unsigned flows;
	uint64_t src_mac;
	uint16_t vlan;
	bool has_tunnel;
};

static void
on_frame(void *ctx, const struct flow *f)
{
	struct frame *to = ctx;

	to->flows++;
	to->src_mac = f->in_src_mac;
	to->vlan = f->src_vlan;
	to->has_tunnel = (f->extensions & FLOW_EXT(EXT_TUNNEL_V4)) != 0;
}

static void
test_frame(void)
{
	struct meter_options o = plain;
	uint8_t data[sizeof(tagged) + sizeof(ipv4)];
	struct frame got = { 0 };
	struct meter *m;
	struct err err;

	o.link = PACKET_ETHERNET;
	o.cache.has_details = true;
	o.cache.track = CACHE_TRACK_VLAN;
	if ((m = meter_new(&o, on_frame, &got, &err)) == NULL)
		bail("%s", err.text);
	memcpy(data, tagged, sizeof(tagged));
	memcpy(data + sizeof(tagged), ipv4, sizeof(ipv4));
	meter_packet(m, MS, data, sizeof(data), sizeof(data));
	data[15] = 11;
	meter_packet(m, MS, data, sizeof(data), sizeof(data));
	meter_flush(m);
	meter_free(m);
	is_uint(got.flows, 2, "tags divide packets in tunnels");
	ok(got.has_tunnel, "which were in one");
	is_uint(got.src_mac, UINT64_C(0x020000000001), "with the addresses");
	ok(got.vlan == 10 || got.vlan == 11, "and tags of the frame");
}

int
main(void)
{
	test_bytes();
	test_counters();
	test_dedup();
	test_frame();
	return done_testing();
}
