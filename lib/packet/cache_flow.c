/*
 * Entries of the cache to flows.
 */

#include "packet/cache_int.h"

/* Values of flowEndReason (RFC 5102, 5.11.3). */
static const uint8_t end_reasons[CACHE_REASONS] = {
	[CACHE_IDLE] = 1,
	[CACHE_ACTIVE] = 2,
	[CACHE_CLOSED] = 3,
	[CACHE_FULL] = 5,
	[CACHE_EVICTED] = 5,
	[CACHE_FLUSHED] = 4,
	[CACHE_DELETED] = 4,
};

#define BIFLOW_INITIATOR 1 /* biflowDirection (RFC 5103, 6.3) */

bool
cache_is_closed(const struct cache *c, const struct cache_entry *e)
{
	uint8_t fins = e->ends & (CACHE_FIN | CACHE_REVERSE_FIN);

	if ((e->ends & CACHE_RST) != 0)
		return true;
	if (!c->options.is_biflow || e->reverse_packets == 0)
		return (fins & CACHE_FIN) != 0;
	return fins == (CACHE_FIN | CACHE_REVERSE_FIN);
}

static void
set_tunnel(struct flow *f, const struct cache_detail *d)
{
	f->extensions |= FLOW_EXT(addr_is_v4(d->tunnel_src) ? EXT_TUNNEL_V4 :
							      EXT_TUNNEL_V6);
	f->tun_src_addr = d->tunnel_src;
	f->tun_dst_addr = d->tunnel_dst;
	f->tun_proto = d->tunnel_proto;
}

static void
set_details(struct flow *f, const struct cache_detail *d)
{
	f->extensions |= FLOW_EXT(EXT_IP_INFO);
	f->min_ttl = d->min_ttl;
	f->max_ttl = d->max_ttl;
	if (d->vlans > 0) {
		f->extensions |= FLOW_EXT(EXT_VLAN);
		f->src_vlan = d->vlan[0];
		f->dst_vlan = d->vlan[d->vlans - 1];
	}
	if (d->labels > 0)
		f->extensions |= FLOW_EXT(EXT_MPLS);
	for (unsigned i = 0; i < PACKET_LABELS_MAX; i++)
		f->mpls[i] = i < d->labels ? d->mpls[i] : 0;
	if (d->has_mac) {
		f->extensions |= FLOW_EXT(EXT_MAC);
		f->in_src_mac = d->src_mac;
		f->out_dst_mac = d->dst_mac;
	}
	if (d->has_tunnel)
		set_tunnel(f, d);
}

static void
set_reverse(struct flow *f, const struct cache_entry *e)
{
	f->biflow_dir = BIFLOW_INITIATOR;
	f->dst_tos = e->reverse_tos;
	f->out_packets = e->reverse_packets;
	f->out_bytes = e->reverse_bytes;
	if (e->reverse_packets > 0)
		f->extensions |= FLOW_EXT(EXT_COUNTERS);
}

static void
set_flow(struct flow *f, const struct cache *c, const struct cache_entry *e)
{
	f->extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_MISC) |
	    FLOW_EXT(addr_is_v4(e->key.src) ? EXT_IPV4 : EXT_IPV6);
	f->src_addr = e->key.src;
	f->dst_addr = e->key.dst;
	f->src_port = e->key.src_port;
	f->dst_port = e->key.dst_port;
	f->proto = e->key.proto;
	f->src_tos = e->tos;
	f->tcp_flags = e->tcp_flags;
	f->first_ms = e->sum.first_ms;
	f->last_ms = e->sum.last_ms;
	f->received_ms = c->now_ms;
	f->in_packets = e->sum.packets;
	f->in_bytes = e->sum.bytes;
	f->input = c->options.input;
	f->output = c->options.output;
}

/* The flow of an entry, as it is now. */
static void
make_flow(struct cache *c, uint32_t entry)
{
	const struct cache_entry *e = &c->entries[entry];

	set_flow(&c->flow, c, e);
	if (c->options.is_biflow)
		set_reverse(&c->flow, e);
	if (c->options.has_details)
		set_details(&c->flow, &c->details[entry]);
	if (c->payloads != NULL)
		cache_payload_set(c, entry, &c->flow);
}

void
cache_each(struct cache *c, cache_each_fn fn, void *ctx)
{
	const struct cache_entry *e;

	cache_take_all(c);
	for (unsigned i = 0; i < CACHE_WHEEL; i++) {
		for (uint32_t n = c->slots[i]; n != CACHE_NONE; n = e->newer) {
			e = &c->entries[n];
			make_flow(c, n);
			if (!fn(ctx, &c->flow, cache_due(c, e)))
				return;
		}
	}
}

void
cache_end(struct cache *c, uint32_t entry, enum cache_reason reason)
{
	struct cache_entry *e = &c->entries[entry];
	struct cache_counters *n = &c->counters;

	make_flow(c, entry);
	c->flow.end_reason = end_reasons[reason];
	n->ended[reason]++;
	n->packets += e->sum.packets + e->reverse_packets;
	n->bytes += e->sum.bytes + e->reverse_bytes;
	n->live--;
	cache_wheel_remove(c, entry);
	cache_place_remove(c, entry);
	e->newer = c->free;
	c->free = entry;
	if (reason != CACHE_DELETED)
		c->fn(c->ctx, &c->flow);
}
