/*
 * Frames for the probe.
 */

#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "bench/frames.h"
#include "flow/derive.h"

#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define IPV4_LEN 20
#define IPV6_LEN 40
#define TCP_LEN 20
#define UDP_LEN 8
#define TCP_ACK 0x10
#define TTL 64

/* What the frames of a flow have in common, from a hash of its number. */
struct kind {
	uint64_t hash;
	uint32_t src;
	uint32_t dst;
	uint16_t src_port;
	uint16_t dst_port;
	uint16_t vlan;
	uint8_t proto;
	bool is_v6;
};

static struct kind
kind_of(const struct frames_options *o, uint32_t flow)
{
	static const uint16_t ports[] = { 443, 80, 53, 22, 993, 123, 8080,
		5060 };
	uint64_t h = hash_pair(o->seed, flow);
	struct kind k = { .hash = h };

	k.src = 10U << 24 | (flow & 0xffffff);
	k.dst = 172U << 24 | 16U << 16 | (h & 0xfffff);
	k.src_port = (uint16_t)(1024 + (h >> 20 & 0x7fff));
	k.dst_port = ports[h >> 35 & 7];
	k.proto = (h >> 38 & 3) == 0 ? PROTO_UDP : PROTO_TCP;
	k.is_v6 = (h >> 40 & 7) == 0;
	k.vlan = o->vlan_count == 0 ? 0 : o->vlans[flow % o->vlan_count];
	return k;
}

static void
turn(struct kind *k)
{
	struct kind old = *k;

	k->src = old.dst;
	k->dst = old.src;
	k->src_port = old.dst_port;
	k->dst_port = old.src_port;
}

static void
put_link(struct writer *w, const struct kind *k)
{
	writer_uint(w, UINT64_C(0x020000000000) | k->dst >> 8, 6);
	writer_uint(w, UINT64_C(0x020000000000) | k->src >> 8, 6);
	if (k->vlan != 0) {
		writer_uint(w, ETHERTYPE_VLAN, 2);
		writer_uint(w, k->vlan, 2);
	}
	writer_uint(w, k->is_v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, 2);
}

static void
put_ip(struct writer *w, const struct kind *k, uint64_t number, size_t len)
{
	if (!k->is_v6) {
		writer_uint(w, 0x4500, 2);
		writer_uint(w, IPV4_LEN + len, 2);
		writer_uint(w, number, 2);
		writer_uint(w, 0, 2);
		writer_uint(w, TTL << 8 | k->proto, 2);
		writer_uint(w, 0, 2);
		writer_uint(w, k->src, 4);
		writer_uint(w, k->dst, 4);
		return;
	}
	writer_uint(w, 0x60000000, 4);
	writer_uint(w, len, 2);
	writer_uint(w, k->proto << 8 | TTL, 2);
	writer_uint(w, UINT64_C(0x20010db800000000), 8);
	writer_uint(w, k->src, 8);
	writer_uint(w, UINT64_C(0x20010db800000000), 8);
	writer_uint(w, k->dst, 8);
}

/* len bytes of transport, its header included. */
static void
put_transport(struct writer *w, const struct kind *k, uint64_t number,
    size_t len)
{
	writer_uint(w, k->src_port, 2);
	writer_uint(w, k->dst_port, 2);
	if (k->proto == PROTO_UDP) {
		writer_uint(w, len, 2);
		writer_uint(w, 0, 2);
		writer_zero(w, len - UDP_LEN);
		return;
	}
	writer_uint(w, number, 4);
	writer_uint(w, 0, 4);
	writer_uint(w, 5 << 12 | TCP_ACK, 2);
	writer_uint(w, UINT16_MAX, 2);
	writer_uint(w, 0, 4);
	writer_zero(w, len - TCP_LEN);
}

size_t
frames_make(const struct frames_options *o, uint64_t number,
    uint8_t frame[FRAMES_LEN_MAX])
{
	static const uint16_t lens[] = { 20, 20, 32, 120, 556, 1440, 1440,
		1440 };
	uint64_t h = hash_pair(~o->seed, number);
	struct kind k = kind_of(o, (uint32_t)((h >> 32) % o->flows));
	size_t len = lens[h & 7];
	struct writer w;

	if (o->has_answers && (h & 8) != 0)
		turn(&k);
	writer_init(&w, frame, FRAMES_LEN_MAX);
	put_link(&w, &k);
	put_ip(&w, &k, number, len);
	put_transport(&w, &k, number, len);
	return w.used;
}
