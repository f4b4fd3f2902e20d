/*
 * What is in flows of the cache besides counters: details, payload.
 */
#include <stdio.h>
#include <string.h>

#include "flow/derive.h"
#include "packet/cache.h"
#include "tap.h"

#define PAYLOAD_LEN 5

static const struct cache_options plain = { .max_flows = 16,
	.track = CACHE_TRACK_PORT, .scan_ms = 1000, .seed = 1,
	.idle_ms = { 10000, 6000, 4000, 5000 } };

static void
on_flow(void *ctx, const struct flow *f)
{
	*(struct flow *)ctx = *f;
}

static void
test_details(void)
{
	struct cache_options o = plain;
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO |
		    PACKET_HAS_MAC | PACKET_HAS_ICMP,
		.ip_version = 4, .proto = PROTO_ICMP, .src = addr_v4(1),
		.dst = addr_v4(2), .src_mac = 3, .dst_mac = 4, .vlans = 2,
		.vlan = { 5, 6 }, .labels = 1, .mpls = { 7 }, .ttl = 8,
		.icmp = 0x0301 };
	struct packet_sum sum = { 1, 100, 9, 9 };
	struct flow f = { .extensions = 0 };
	struct cache *c;
	struct err err;

	o.has_details = o.has_icmp_ports = true;
	o.input = 10;
	o.output = 11;
	if ((c = cache_new(&o, on_flow, &f, &err)) == NULL)
		bail("%s", err.text);
	cache_add(c, &p, &sum);
	p.ttl = 12;
	cache_add(c, &p, &sum);
	cache_flush(c);
	is_uint(f.in_src_mac * 10 + f.out_dst_mac, 34, "MAC addresses");
	is_uint(f.src_vlan * 10 + f.dst_vlan, 56, "tags");
	is_uint(f.mpls[0], 7, "label");
	is_uint(f.min_ttl * 100U + f.max_ttl, 812, "TTL");
	is_uint(f.src_port * 10U + f.dst_port, 31, "type and code");
	is_uint(f.input * 100 + f.output, 1011, "interfaces");
	is_uint(f.in_packets, 2, "packets");
	is_uint(f.extensions, FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) |
		FLOW_EXT(EXT_MISC) | FLOW_EXT(EXT_VLAN) |
		FLOW_EXT(EXT_MPLS) | FLOW_EXT(EXT_MAC) |
		FLOW_EXT(EXT_IP_INFO), "what there is");
	cache_free(c);
	o.max_flows = 0;
	ok(cache_new(&o, on_flow, &f, &err) == NULL, "no room at all");
	is_uint(err.code, ERR_VALUE, "is an error");
}

/* What came out last, with copies of its payload. */
struct last {
	struct flow f;
	char in[PAYLOAD_LEN + 1];
	char out[PAYLOAD_LEN + 1];
};

static void
copy(char *text, struct span s)
{
	if (s.len > PAYLOAD_LEN)
		bail("%u bytes of payload", (unsigned)s.len);
	memcpy(text, s.data, s.len);
	text[s.len] = '\0';
}

static void
on_payload(void *ctx, const struct flow *f)
{
	struct last *last = ctx;

	*last = (struct last){ .f = *f };
	if ((f->extensions & FLOW_EXT(EXT_IN_PAYLOAD)) != 0)
		copy(last->in, f->in_payload);
	if ((f->extensions & FLOW_EXT(EXT_OUT_PAYLOAD)) != 0)
		copy(last->out, f->out_payload);
}

/* A packet of one side or the other; its data are gone behind the call. */
static void
add(struct cache *c, bool is_answer, bool is_later, const char *payload)
{
	struct packet_sum sum = { 1, 100, 9, 9 };
	char data[64];
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO |
		    PACKET_HAS_PORTS, .ip_version = 4, .proto = PROTO_UDP,
		.src = addr_v4(is_answer ? 2 : 1),
		.dst = addr_v4(is_answer ? 1 : 2),
		.src_port = is_answer ? 53 : 1024,
		.dst_port = is_answer ? 1024 : 53,
		.is_fragment = is_later, .is_later = is_later };

	if (payload != NULL) {
		snprintf(data, sizeof(data), "%s", payload);
		p.payload = (struct span){ (const uint8_t *)data,
			(uint32_t)strlen(data) };
	}
	cache_add(c, &p, &sum);
	memset(data, '#', sizeof(data));
}

static struct cache *
payload_cache(uint16_t len, bool is_biflow, struct last *last)
{
	struct cache_options o = plain;
	struct cache *c;
	struct err err;

	o.payload_len = len;
	o.is_biflow = is_biflow;
	o.max_flows = 1; /* one place is used again and again */
	if ((c = cache_new(&o, on_payload, last, &err)) == NULL)
		bail("%s", err.text);
	return c;
}

static void
test_payload(void)
{
	struct last last = { .in = "" };
	struct cache *c = payload_cache(PAYLOAD_LEN, false, &last);

	add(c, false, false, NULL);
	add(c, false, true, "later");
	add(c, false, false, "first one");
	add(c, false, false, "second");
	cache_flush(c);
	is_uint(last.f.in_packets, 4, "packets");
	is_str(last.in, "first", "the first payload");
	is_uint(last.f.extensions & FLOW_EXT(EXT_OUT_PAYLOAD), 0,
	    "none of the other direction");
	add(c, true, false, "abc");
	cache_flush(c);
	is_str(last.in, "abc", "a short one");
	add(c, false, false, NULL);
	cache_flush(c);
	is_uint(last.f.extensions & FLOW_EXT(EXT_IN_PAYLOAD), 0,
	    "none of the flow before");
	cache_free(c);

	c = payload_cache(0, false, &last);
	add(c, false, false, "first one");
	cache_flush(c);
	is_uint(last.f.extensions & FLOW_EXT(EXT_IN_PAYLOAD), 0,
	    "none is kept");
	cache_free(c);
}

static void
test_biflow_payload(void)
{
	struct last last = { .in = "" };
	struct cache *c = payload_cache(PAYLOAD_LEN, true, &last);

	add(c, false, false, "question");
	add(c, true, false, "answer");
	cache_flush(c);
	is_str(last.in, "quest", "of the source");
	is_str(last.out, "answe", "of the other side");
	add(c, false, false, "question");
	cache_flush(c);
	is_str(last.out, "", "which may have none");
	cache_free(c);
}

static void
test_size(void)
{
	struct cache_options o = plain;
	uint64_t size = cache_flow_size(&o);

	o.payload_len = 100;
	is_uint(cache_flow_size(&o), size + 102, "memory for payload");
	o.is_biflow = true;
	is_uint(cache_flow_size(&o), size + 204, "of two directions");
}

int
main(void)
{
	test_details();
	test_payload();
	test_biflow_payload();
	test_size();
	return done_testing();
}
