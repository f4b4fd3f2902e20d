/*
 * Keys of the cache.  The table has at least twice as many places as there
 * are flows, and the place of an entry is the first free one from where its
 * hash points on; removing one moves up those behind it.
 */

#include <string.h>

#include "base/hash.h"
#include "flow/derive.h"
#include "packet/cache_int.h"

_Static_assert(sizeof(struct cache_key) == 40, "keys have no holes");

static bool
is_icmp_key(const struct cache_key *k)
{
	return flow_is_icmp(k->proto);
}

struct cache_key
cache_key_reverse(const struct cache_key *k)
{
	struct cache_key r = *k;

	r.src = k->dst;
	r.dst = k->src;
	r.src_port = k->dst_port;
	r.dst_port = k->src_port;
	return r;
}

static void
set_ports(const struct cache *c, const struct packet *p, struct cache_key *k)
{
	if ((p->has & PACKET_HAS_PORTS) != 0) {
		k->src_port = p->src_port;
		k->dst_port = p->dst_port;
	} else if ((p->has & PACKET_HAS_ICMP) != 0) {
		k->dst_port = p->icmp;
		if (c->options.has_icmp_ports) {
			k->src_port = p->icmp >> 8;
			k->dst_port = p->icmp & 0xff;
		}
	}
}

static void
set_key(const struct cache *c, const struct packet *p, struct cache_key *k)
{
	*k = (struct cache_key){ .src = p->src, .dst = p->dst };
	if (c->options.track >= CACHE_TRACK_PROTO)
		k->proto = p->proto;
	if (c->options.track >= CACHE_TRACK_PORT)
		set_ports(c, p, k);
	if (c->options.has_tos_key)
		k->tos = p->tos;
}

static void
set_detail(const struct packet *p, struct cache_detail *d)
{
	memset(d, 0, sizeof(*d));
	d->has_mac = (p->has & PACKET_HAS_MAC) != 0;
	d->src_mac = p->src_mac;
	d->dst_mac = p->dst_mac;
	d->min_ttl = d->max_ttl = p->ttl;
	d->vlans = p->vlans < CACHE_VLANS ? p->vlans : CACHE_VLANS;
	for (unsigned i = 0; i < d->vlans; i++)
		d->vlan[i] = p->vlan[i];
	d->labels = p->labels;
	memcpy(d->mpls, p->mpls, p->labels * sizeof(d->mpls[0]));
	if ((p->has & PACKET_HAS_TUNNEL) == 0)
		return;
	d->has_tunnel = true;
	d->tunnel_src = p->tunnel_src;
	d->tunnel_dst = p->tunnel_dst;
	d->tunnel_proto = p->tunnel_proto;
}

/* The same for both directions of a biflow: the smaller end comes first. */
static struct cache_key
canonical(const struct cache_key *k)
{
	int order = addr_compare(k->src, k->dst);

	if (is_icmp_key(k) || order < 0 ||
	    (order == 0 && k->src_port <= k->dst_port))
		return *k;
	return cache_key_reverse(k);
}

/* The same for both directions; pairs cannot be chosen to have one hash. */
static uint64_t
hash_macs(uint64_t h, const struct cache_detail *d)
{
	bool is_up = d->src_mac < d->dst_mac;

	h = hash_pair(h, is_up ? d->src_mac : d->dst_mac);
	return hash_pair(h, is_up ? d->dst_mac : d->src_mac);
}

void
cache_rehash(const struct cache *c, struct cache_arrival *a)
{
	uint64_t h;
	struct cache_key k;

	if (!c->options.is_biflow) {
		h = hash_bytes(&a->key, sizeof(a->key), c->options.seed);
	} else {
		k = canonical(&a->key);
		h = hash_bytes(&k, sizeof(k), c->options.seed);
	}
	if (c->options.track >= CACHE_TRACK_VLAN)
		h = hash_pair(h, (uint64_t)a->detail.vlan[0] << 16 |
			a->detail.vlan[1]);
	if (c->options.track == CACHE_TRACK_ETHER)
		h = hash_macs(h, &a->detail);
	a->hash = (uint32_t)h;
}

void
cache_arrive(const struct cache *c, const struct packet *p,
    struct cache_arrival *a)
{
	set_key(c, p, &a->key);
	if (c->has_details)
		set_detail(p, &a->detail);
	a->tos = p->tos;
	a->tcp_flags = p->tcp_flags;
	cache_rehash(c, a);
}

static bool
has_same_detail(const struct cache *c, const struct cache_arrival *a,
    uint32_t entry, bool reversed)
{
	const struct cache_detail *d, *b = &a->detail;

	if (c->options.track < CACHE_TRACK_VLAN)
		return true;
	d = &c->details[entry];
	if (memcmp(d->vlan, b->vlan, sizeof(d->vlan)) != 0 ||
	    d->vlans != b->vlans)
		return false;
	if (c->options.track < CACHE_TRACK_ETHER)
		return true;
	return reversed ?
	    d->src_mac == b->dst_mac && d->dst_mac == b->src_mac :
	    d->src_mac == b->src_mac && d->dst_mac == b->dst_mac;
}

static bool
is_key(const struct cache *c, const struct cache_arrival *a, uint32_t entry,
    const struct cache_key *k, bool reversed)
{
	return memcmp(&c->entries[entry].key, k, sizeof(*k)) == 0 &&
	    has_same_detail(c, a, entry, reversed);
}

static uint32_t
find(const struct cache *c, const struct cache_arrival *a,
    const struct cache_key *k, bool reversed)
{
	const struct cache_place *p;

	for (uint32_t i = a->hash & c->mask;; i = (i + 1) & c->mask) {
		p = &c->places[i];
		if (p->entry == CACHE_NONE)
			return CACHE_NONE;
		if (p->hash == a->hash && is_key(c, a, p->entry, k, reversed))
			return p->entry;
	}
}

uint32_t
cache_find(const struct cache *c, const struct cache_arrival *a,
    bool *reversed)
{
	uint32_t entry = find(c, a, &a->key, false);
	struct cache_key k;

	*reversed = false;
	if (entry != CACHE_NONE || !c->options.is_biflow ||
	    is_icmp_key(&a->key))
		return entry;
	k = cache_key_reverse(&a->key);
	entry = find(c, a, &k, true);
	*reversed = entry != CACHE_NONE;
	return entry;
}

void
cache_place_put(struct cache *c, uint32_t hash, uint32_t entry)
{
	uint32_t i = hash & c->mask;

	while (c->places[i].entry != CACHE_NONE)
		i = (i + 1) & c->mask;
	c->places[i] = (struct cache_place){ hash, entry };
}

void
cache_place_remove(struct cache *c, uint32_t entry)
{
	uint32_t i = c->entries[entry].hash & c->mask, j, home;

	while (c->places[i].entry != entry)
		i = (i + 1) & c->mask;
	for (j = (i + 1) & c->mask; c->places[j].entry != CACHE_NONE;
	    j = (j + 1) & c->mask) {
		home = c->places[j].hash & c->mask;
		/* It may move up to i unless its home is behind that. */
		if (((j - home) & c->mask) < ((j - i) & c->mask))
			continue;
		c->places[i] = c->places[j];
		i = j;
	}
	c->places[i].entry = CACHE_NONE;
}
