/*
 * Packets to flows.
 */

#include <stdlib.h>
#include <string.h>

#include "packet/datagrams.h"
#include "packet/dedup.h"
#include "packet/meter.h"

#define TUNNELS_MAX 4
#define DATAGRAMS 4096

struct meter {
	struct meter_options options;
	struct cache *cache;
	struct datagrams *datagrams;
	struct dedup dedup;
	uint64_t now_ms; /* of the packets that were given to the cache */
	uint32_t until_next; /* packets that sampling passes over before */
	struct meter_counters counters;
};

struct meter *
meter_new(const struct meter_options *o, cache_fn fn, void *ctx,
    struct err *err)
{
	struct meter *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		err_nomem(err);
		return NULL;
	}
	m->options = *o;
	if ((m->cache = cache_new(&o->cache, fn, ctx, err)) == NULL ||
	    (m->datagrams = datagrams_new(DATAGRAMS, o->fragments_ms,
		 o->cache.seed, err)) == NULL) {
		meter_free(m);
		return NULL;
	}
	return m;
}

void
meter_free(struct meter *m)
{
	if (m == NULL)
		return;
	cache_free(m->cache);
	datagrams_free(m->datagrams);
	free(m);
}

/* True for one packet in so many, the first one among them. */
static bool
is_sampled(struct meter *m)
{
	if (m->options.sampling <= 1)
		return true;
	if (m->until_next > 0) {
		m->until_next--;
		m->counters.passed_over++;
		return false;
	}
	m->until_next = m->options.sampling - 1;
	return true;
}

static int
parse(const struct meter *m, struct packet *p, const uint8_t *data,
    size_t len)
{
	size_t skip = m->options.link_len;

	if (skip == 0)
		return packet_parse(p, m->options.link, data, len);
	if (skip > len)
		skip = len;
	return packet_parse(p, PACKET_IP, data + skip, len - skip);
}

/* Was it IP that could not be read? */
static bool
is_ip(const struct meter *m, const struct packet *p)
{
	return p->ethertype == 0x0800 || p->ethertype == 0x86dd ||
	    (p->ethertype == 0 && (m->options.link == PACKET_IP ||
		m->options.link_len != 0));
}

/* A packet that is in a tunnel without a frame of its own has that of ours. */
static void
keep_frame(struct packet *inner, const struct packet *outer)
{
	if ((inner->has & PACKET_HAS_MAC) != 0)
		return;
	inner->has |= outer->has & PACKET_HAS_MAC;
	inner->src_mac = outer->src_mac;
	inner->dst_mac = outer->dst_mac;
	if (inner->vlans == 0) {
		inner->vlans = outer->vlans;
		memcpy(inner->vlan, outer->vlan,
		    outer->vlans * sizeof(inner->vlan[0]));
	}
	if (inner->labels == 0) {
		inner->labels = outer->labels;
		memcpy(inner->mpls, outer->mpls,
		    outer->labels * sizeof(inner->mpls[0]));
	}
}

/*
 * To the innermost packet.  A fragment is none of it: what follows the first
 * one cannot be told apart.
 */
static void
descend(struct meter *m, struct packet *p)
{
	struct addr src = p->src, dst = p->dst;
	uint8_t proto = p->proto;
	struct packet inner;

	for (int i = 0; i < TUNNELS_MAX && !p->is_fragment; i++) {
		if (packet_inner(p, &inner) == -1)
			return;
		keep_frame(&inner, p);
		*p = inner;
		p->has |= PACKET_HAS_TUNNEL;
		p->tunnel_src = src;
		p->tunnel_dst = dst;
		p->tunnel_proto = proto;
		m->counters.tunnels += i == 0;
	}
}

/* Length of the packet, which a sender may have left to its card. */
static uint64_t
bytes_of(const struct meter *m, const struct packet *p, const uint8_t *data,
    size_t len)
{
	size_t before = (size_t)(p->header - data);

	if (m->options.has_frame_bytes)
		return len;
	if (p->ip_len != 0)
		return p->ip_len;
	return before < len ? len - before : 0;
}

/* Fragments that wait for nothing any more. */
static void
add_orphans(struct meter *m, bool all)
{
	struct packet_sum sum;
	struct packet p;

	while (all ? datagrams_drain(m->datagrams, &p, &sum) :
		     datagrams_give_up(m->datagrams, m->now_ms, &p, &sum)) {
		m->counters.orphans += sum.packets;
		cache_add(m->cache, &p, &sum);
	}
}

static void
add_fragment(struct meter *m, struct packet *p, struct packet_sum *sum)
{
	m->counters.fragments++;
	add_orphans(m, false);
	if (datagrams_add(m->datagrams, m->now_ms, p, sum))
		cache_add(m->cache, p, sum);
}

/* A packet that sampling takes. */
static void
look(struct meter *m, uint64_t time_ms, const uint8_t *data, size_t caplen,
    size_t len)
{
	struct packet_sum sum = { 1, 0, time_ms, time_ms };
	struct packet p;

	if (parse(m, &p, data, caplen) == -1) {
		if (is_ip(m, &p))
			m->counters.too_short++;
		else
			m->counters.no_ip++;
		return;
	}
	if (m->options.has_dedup &&
	    dedup_look(&m->dedup, &p, m->options.cache.seed)) {
		m->counters.duplicates++;
		return;
	}
	if (!m->options.is_outer)
		descend(m, &p);
	sum.bytes = bytes_of(m, &p, data, len);
	if (p.is_fragment)
		add_fragment(m, &p, &sum);
	else
		cache_add(m->cache, &p, &sum);
}

bool
meter_packet(struct meter *m, uint64_t time_ms, const void *data,
    size_t caplen, size_t len)
{
	m->counters.packets++;
	m->counters.bytes += len;
	if (time_ms > m->now_ms)
		m->now_ms = time_ms;
	if (!is_sampled(m))
		return false;
	look(m, time_ms, data, caplen, len);
	return true;
}

void
meter_set_clock(struct meter *m, uint64_t now_ms)
{
	if (now_ms > m->now_ms)
		m->now_ms = now_ms;
	add_orphans(m, false);
	cache_set_clock(m->cache, m->now_ms);
}

uint64_t
meter_clock(const struct meter *m)
{
	return cache_clock(m->cache);
}

void
meter_flush(struct meter *m)
{
	add_orphans(m, true);
	cache_set_clock(m->cache, m->now_ms);
	cache_flush(m->cache);
}

void
meter_restart(struct meter *m, uint64_t now_ms)
{
	meter_flush(m);
	cache_restart(m->cache, now_ms);
	m->now_ms = now_ms;
}

uint64_t
meter_clear(struct meter *m)
{
	add_orphans(m, true);
	return cache_clear(m->cache);
}

void
meter_each(struct meter *m, cache_each_fn fn, void *ctx)
{
	cache_each(m->cache, fn, ctx);
}

void
meter_counters(const struct meter *m, struct meter_counters *n,
    struct cache_counters *flows)
{
	*n = m->counters;
	cache_counters(m->cache, flows);
}
