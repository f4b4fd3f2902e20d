/*
 * Messages of Tera Flow from flows, and the other way round (teraflow.md
 * section 5).
 */

#include "flow/derive.h"
#include "wire/decode.h"
#include "wire/tera.h"

#define US_PER_S 1000000
#define NO_DIRECTION 0xff

/* frag_flags (element 197) */
#define MORE_FRAGMENTS 0x20
#define DONT_FRAGMENT 0x40

static uint8_t
source_of(const struct flow *f)
{
	if (f->export_version >= WIRE_SFLOW)
		return TERA_SFLOW;
	if (f->export_version != WIRE_TERA)
		return TERA_NETFLOW;
	return f->engine_type <= TERA_TERA ? f->engine_type : TERA_TERA;
}

static uint8_t
direction_of(const struct flow *f)
{
	if ((f->extensions & FLOW_EXT(EXT_MISC)) == 0 ||
	    f->direction > TERA_OUTGOING)
		return TERA_OTHER;
	return f->direction;
}

/* One in so many, of those that were seen and of those that are sent. */
static uint32_t
ratio_of(const struct flow *f, const struct tera_rates *rates)
{
	uint64_t ratio = 1;

	if ((f->record_flags & FLOW_SAMPLED) == 0 && rates->exporter > 0)
		ratio = rates->exporter;
	if (rates->selection > 0)
		ratio *= rates->selection;
	return ratio < UINT32_MAX ? (uint32_t)ratio : UINT32_MAX;
}

static void
swap_u16(uint16_t *a, uint16_t *b)
{
	uint16_t c = *a;

	*a = *b;
	*b = c;
}

static void
swap_u32(uint32_t *a, uint32_t *b)
{
	uint32_t c = *a;

	*a = *b;
	*b = c;
}

/* The other way; type and code of ICMP are no ports and stay. */
static void
turn(struct tera *t)
{
	struct addr a = t->src_addr;
	uint64_t mac = t->src_mac;

	t->src_addr = t->dst_addr;
	t->dst_addr = a;
	t->src_mac = t->dst_mac;
	t->dst_mac = mac;
	if (!flow_is_icmp((uint8_t)t->proto))
		swap_u16(&t->src_port, &t->dst_port);
	swap_u32(&t->src_as, &t->dst_as);
	swap_u32(&t->input, &t->output);
	if (t->direction <= TERA_OUTGOING)
		t->direction ^= TERA_INCOMING ^ TERA_OUTGOING;
}

static void
set_counters(struct tera *t, uint64_t packets, uint64_t bytes)
{
	t->packets = packets;
	t->bytes = t->ip_bytes = bytes;
}

unsigned
tera_from_flow(const struct flow *f, const struct tera_rates *rates,
    struct tera t[2])
{
	bool has_ipv6 = (f->extensions & FLOW_EXT(EXT_IPV6)) != 0;
	bool is_icmp = flow_is_icmp(f->proto);

	*t = (struct tera){ .source = source_of(f),
		.ip_version = has_ipv6 ? 6 : 4,
		.ttl = f->min_ttl != 0 ? f->min_ttl : f->max_ttl,
		.tcp_flags = is_icmp ? 0 : f->tcp_flags,
		.direction = direction_of(f),
		.is_fragmented = (f->frag_flags & MORE_FRAGMENTS) != 0,
		.dont_fragment = (f->frag_flags & DONT_FRAGMENT) != 0,
		.src_port = is_icmp ? 0 : f->src_port,
		.dst_port = f->dst_port,
		.sample_ratio = ratio_of(f, rates),
		.src_as = f->src_as, .dst_as = f->dst_as,
		.input = f->input, .output = f->output,
		.proto = f->proto,
		.sec = (int64_t)(f->last_ms / 1000),
		.usec = (int64_t)(f->last_ms % 1000 * 1000),
		.src_addr = f->src_addr, .dst_addr = f->dst_addr,
		.src_mac = f->in_src_mac, .dst_mac = f->out_dst_mac };
	if (addr_is_v4(f->exporter_addr))
		t->agent = (uint32_t)f->exporter_addr.lo;
	set_counters(t, f->in_packets, f->in_bytes);
	if ((f->out_packets | f->out_bytes) == 0)
		return 1;
	t[1] = t[0];
	turn(&t[1]);
	set_counters(&t[1], f->out_packets, f->out_bytes);
	return 2;
}

/* Milliseconds since 1970; 0 if it is no time. */
static uint64_t
time_of(const struct tera *t)
{
	uint64_t sec = t->sec > 0 ? (uint64_t)t->sec : 0;
	uint64_t ms = t->usec > 0 && t->usec < US_PER_S ?
	    (uint64_t)t->usec / 1000 : 0;

	return sec > UINT64_MAX / 1000 - 1 ? UINT64_MAX : sec * 1000 + ms;
}

static void
set_interfaces(const struct tera *t, struct flow *f)
{
	bool has_direction = t->direction <= TERA_OUTGOING;

	if (!has_direction && (t->input | t->output) == 0)
		return;
	f->input = t->input;
	f->output = t->output;
	f->direction = has_direction ? t->direction : NO_DIRECTION;
	f->extensions |= FLOW_EXT(EXT_MISC);
}

static void
set_ip_info(const struct tera *t, struct flow *f)
{
	if (t->ttl == 0 && !t->is_fragmented && !t->dont_fragment)
		return;
	f->min_ttl = f->max_ttl = t->ttl;
	f->frag_flags = (uint8_t)((t->is_fragmented ? MORE_FRAGMENTS : 0) |
	    (t->dont_fragment ? DONT_FRAGMENT : 0));
	f->extensions |= FLOW_EXT(EXT_IP_INFO);
}

static void
set_numbers(const struct tera *t, struct flow *f)
{
	f->first_ms = f->last_ms = time_of(t);
	f->in_packets = t->packets;
	f->in_bytes = t->ip_bytes != 0 && t->ip_bytes < t->bytes ?
	    t->ip_bytes : t->bytes;
	f->proto = (uint8_t)t->proto;
	f->tcp_flags = t->tcp_flags;
	f->src_port = flow_is_icmp(f->proto) ? 0 : t->src_port;
	f->dst_port = t->dst_port;
	if ((t->src_as | t->dst_as) != 0)
		f->extensions |= FLOW_EXT(EXT_AS);
	f->src_as = t->src_as;
	f->dst_as = t->dst_as;
	if ((t->src_mac | t->dst_mac) != 0)
		f->extensions |= FLOW_EXT(EXT_MAC);
	f->in_src_mac = t->src_mac;
	f->out_dst_mac = t->dst_mac;
}

void
tera_to_flow(const struct tera *t, struct flow *f)
{
	*f = (struct flow){ .extensions = FLOW_EXT(EXT_GENERIC) |
		FLOW_EXT(t->ip_version == 6 ? EXT_IPV6 : EXT_IPV4),
		.engine_type = t->source, .export_version = WIRE_TERA,
		.flows = 1, .src_addr = t->src_addr,
		.dst_addr = t->dst_addr };
	set_numbers(t, f);
	set_interfaces(t, f);
	set_ip_info(t, f);
}
