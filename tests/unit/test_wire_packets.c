/*
 * The 18 packets that all golden flow files were made from: every flow with
 * the values that were sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wirekit.h"

#define T UINT64_C(1718452800000) /* export time */

struct want {
	uint8_t proto;
	const char *src;
	uint16_t src_port;
	const char *dst;
	uint16_t dst_port;
	uint64_t in_packets, in_bytes, out_packets, out_bytes;
	uint64_t first, last; /* ms before T; may wrap */
	uint8_t tcp_flags, src_tos, dst_tos;
	uint32_t input, output, src_as, dst_as;
	uint8_t src_mask, dst_mask;
	uint8_t flags; /* record_flags */
};

#define ICMP(type, code) ((type) * 256 + (code))

/* clang-format off */
static const struct want wanted[] = {
	/* v5: the export was half a second later */
	{ 6, "192.0.2.10", 51515, "198.51.100.20", 443, 10, 4500, 0, 0,
	    59500, 734, 0x1b, 0x28, 0, 3, 7, 64500, 64501, 24, 25, 0 },
	{ 17, "192.0.2.11", 40000, "198.51.100.53", 53, 1, 76, 0, 0,
	    4500, 4500, 0, 0, 0, 3, 7, 0, 0, 0, 0, 0 },
	{ 1, "192.0.2.12", 0, "198.51.100.54", ICMP(8, 0), 3, 252, 0, 0,
	    29500, 27500, 0, 0, 0, 0, 0, 64500, 0, 24, 0, 0 },
	{ 1, "192.0.2.12", 0, "198.51.100.54", ICMP(3, 13), 3, 168, 0, 0,
	    29500, 27501, 0, 0, 0, 65535, 65534, 65535, 1, 32, 32, 0 },
	{ 47, "192.0.2.13", 0, "198.51.100.55", 0, 4000000000, 4294967295, 0,
	    0, 599500, -UINT64_C(400), 0, 255, 0, 1, 2, 64502, 64503, 16, 8,
	    0 },
	{ 17, "192.0.2.20", 1234, "198.51.100.60", 5678, 500, 50000, 0, 0,
	    1500, 500, 0, 4, 0, 11, 12, 64510, 64511, 24, 24, FLOW_SAMPLED },
	/* v9 */
	{ 6, "10.1.2.3", 33000, "10.9.8.7", 80, 100, 123456, 99, 654321,
	    90000, 100, 0x12, 0x10, 0x20, 100000, 200000, 4200000001,
	    4200000002, 24, 16, 0 },
	{ 17, "10.1.2.4", 500, "10.9.8.8", 500, 6000000000, 5000000000,
	    8000000000, 7000000000, 3000000, 10, 0, 0, 0, 1, 2, 1, 2, 32, 32,
	    0 },
	{ 6, "2001:db8::1", 50000, "2001:db8:1::2", 443, 12, 9000, 0, 0,
	    45678, 321, 0x1f, 0, 0, 5, 6, 64496, 64497, 64, 48, 0 },
	{ 58, "fe80::1", 0, "ff02::1", ICMP(134, 0), 1, 104, 0, 0,
	    9000, 9000, 0, 0xe0, 0, 5, 0, 0, 0, 0, 0, 0 },
	{ 58, "2001:db8::3", 0, "2001:db8::4", ICMP(1, 4), 2, 208, 0, 0,
	    8000, 7000, 0, 0, 0, 5, 6, 0, 0, 128, 128, 0 },
	{ 6, "10.20.0.5", 40123, "192.0.2.80", 443, 0, 1500, 0, 25000,
	    61500, 61500, 0, 0, 0, 2, 3, 0, 0, 0, 0, FLOW_EVENT },
	{ 1, "10.20.0.6", 0, "192.0.2.81", ICMP(8, 0), 0, 0, 0, 0,
	    1400, 1400, 0, 0, 0, 2, 3, 0, 0, 0, 0, FLOW_EVENT },
	{ 6, "100.64.0.9", 55555, "198.51.100.99", 80, 0, 0, 0, 0,
	    2500, 2500, 0, 0, 0, 0, 0, 0, 0, 0, 0, FLOW_EVENT },
	{ 6, "100.64.0.9", 55555, "198.51.100.99", 80, 0, 0, 0, 0,
	    2400, 2400, 0, 0, 0, 0, 0, 0, 0, 0, 0, FLOW_EVENT },
	{ 6, "10.30.0.1", 1111, "10.30.0.2", 2222, 200, 200000, 0, 0,
	    7000, 6500, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, FLOW_SAMPLED },
	{ 17, "10.30.0.3", 1112, "10.30.0.4", 2223, 1, 100, 0, 0,
	    7000, 7000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 6, "10.40.0.1", 3333, "10.40.0.2", 25, 8, 800, 0, 0,
	    4000, 3000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 1, "10.50.0.1", 0, "10.50.0.2", ICMP(11, 1), 1, 56, 0, 0,
	    500, 500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	/* IPFIX */
	{ 6, "172.16.1.1", 60001, "172.16.2.2", 22, 70, 70000, 140, 140000,
	    120500, 500, 0x18, 0x48, 0x10, 10, 20, 65001, 65002, 24, 24, 0 },
	{ 47, "172.16.1.9", 0, "172.16.2.9", 0, 1, 1400, 0, 0,
	    1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 58, "2001:db8:a::1", 0, "2001:db8:a::2", ICMP(128, 0), 10, 1040, 0,
	    0, 10000, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 58, "2001:db8:a::2", 0, "2001:db8:a::1", ICMP(129, 0), 10, 1040, 0,
	    0, 9990, 990, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 17, "172.17.0.1", 4000, "172.17.0.2", 4001, 3, 3000, 0, 0,
	    3000, 2000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 6, "100.64.1.1", 10000, "198.51.100.1", 443, 0, 0, 0, 0,
	    2222, 2222, 0, 0, 0, 0, 0, 0, 0, 0, 0, FLOW_EVENT },
	{ 17, "172.18.0.1", 1, "172.18.0.2", 2, 100, 10000, 0, 0,
	    800, 700, 0, 0, 0, 0, 0, 0, 0, 0, 0, FLOW_SAMPLED },
};
/* clang-format on */

#define WANTED (sizeof(wanted) / sizeof(wanted[0]))

static void
is_addr(struct addr a, const char *want, const char *what)
{
	char text[ADDR_TEXT_MAX];

	addr_format(a, text);
	is_str(text, want, "%s", what);
}

static void
check(const struct flow *f, const struct want *w, unsigned n)
{
	note("flow %u", n);
	is_uint(f->proto, w->proto, "proto");
	is_addr(f->src_addr, w->src, "source");
	is_addr(f->dst_addr, w->dst, "destination");
	is_uint(f->src_port, w->src_port, "source port");
	is_uint(f->dst_port, w->dst_port, "destination port");
	is_uint(f->in_packets, w->in_packets, "packets");
	is_uint(f->in_bytes, w->in_bytes, "bytes");
	is_uint(f->out_packets, w->out_packets, "out packets");
	is_uint(f->out_bytes, w->out_bytes, "out bytes");
	is_uint(f->first_ms, T - w->first, "first");
	is_uint(f->last_ms, T - w->last, "last");
	is_uint(f->tcp_flags, w->tcp_flags, "flags");
	is_uint(f->src_tos, w->src_tos, "tos");
	is_uint(f->dst_tos, w->dst_tos, "dst tos");
	is_uint(f->input, w->input, "input");
	is_uint(f->output, w->output, "output");
	is_uint(f->src_as, w->src_as, "source AS");
	is_uint(f->dst_as, w->dst_as, "destination AS");
	is_uint(f->src_mask, w->src_mask, "source mask");
	is_uint(f->dst_mask, w->dst_mask, "destination mask");
	is_uint(f->record_flags, w->flags, "record flags");
	is_uint(f->received_ms, KIT_MS + 250, "received");
	is_addr(f->exporter_addr, "127.0.0.1", "exporter");
}

static void
check_v5(const struct flow *f)
{
	is_uint(f[0].engine_type * 256 + f[0].engine_id, 0x102, "engine");
	is_uint(f[5].engine_type * 256 + f[5].engine_id, 0x304, "engine");
	is_addr(f[0].next_hop, "203.0.113.1", "next hop");
	is_uint(f[0].extensions, FLOW_EXT(1) | FLOW_EXT(2) | FLOW_EXT(4) |
		FLOW_EXT(7) | FLOW_EXT(10) | FLOW_EXT(12), "extensions");
	is_uint(f[1].extensions, FLOW_EXT(1) | FLOW_EXT(2) | FLOW_EXT(4) |
		FLOW_EXT(12), "extensions without AS and next hop");
	is_uint(f[2].extensions & FLOW_EXT(4), FLOW_EXT(4),
	    "misc for the masks alone");
}

static void
check_v9(const struct flow *f)
{
	const struct flow *g = &f[6];

	is_uint(g->flows, 1, "one flow when there is no element 3");
	is_uint(f[7].flows, 12, "aggregated flows");
	is_uint(g->engine_type * 256 + g->engine_id, 0x506,
	    "engine of 38 and 39");
	is_uint(f[8].engine_type * 256 + f[8].engine_id, 1001,
	    "engine of the source id");
	is_uint(g->next_as, 64600, "next AS");
	is_uint(g->prev_as, 64601, "previous AS");
	is_addr(g->next_hop, "10.0.0.1", "next hop");
	is_addr(g->bgp_next_hop, "10.0.0.2", "BGP next hop");
	is_uint(g->src_vlan, 101, "VLAN");
	is_uint(g->dst_vlan, 202, "VLAN out");
	is_uint(g->direction, 1, "direction");
	is_uint(g->fwd_status, 0x40, "forwarding");
	is_uint(g->in_src_mac, UINT64_C(0x020000000001), "element 56");
	is_uint(g->out_dst_mac, UINT64_C(0x020000000002), "element 57");
	is_uint(g->in_dst_mac, UINT64_C(0x020000000003), "element 80");
	is_uint(g->out_src_mac, UINT64_C(0x020000000004), "element 81");
	is_uint(g->mpls[0], 1001 << 4 | 5 << 1, "label 1");
	is_uint(g->mpls[1], 1002 << 4, "label 2");
	is_uint(g->mpls[2], 1003 << 4 | 7 << 1 | 1, "label 3");
	is_uint(g->mpls[3], 0, "no label 4");
	is_addr(f[8].next_hop, "2001:db8:ffff::1", "next hop");
	is_addr(f[8].bgp_next_hop, "2001:db8:fffe::1", "BGP next hop");
	is_uint(f[8].extensions, FLOW_EXT(1) | FLOW_EXT(3) | FLOW_EXT(4) |
		FLOW_EXT(7) | FLOW_EXT(9) | FLOW_EXT(11) | FLOW_EXT(12),
	    "extensions of IPv6");
}

static void
check_events(const struct flow *f)
{
	const struct flow *g = &f[11];
	const struct flow *n = &f[13];

	is_uint(g->fw_event, 2, "event");
	is_uint(g->fw_xevent, 2015, "extended event");
	is_uint(g->conn_id, 777777, "connection");
	is_uint(g->event_time_ms, T - 1500, "event time");
	is_addr(g->xlate_src_addr, "203.0.113.5", "translated source");
	is_uint(g->xlate_src_port, 1024, "translated port");
	is_addr(g->xlate_dst_addr, "192.0.2.80", "translated destination");
	is_uint(g->xlate_dst_port, 443, "translated port");
	is_uint(g->acl_in[0], 0x11111111, "ACL in");
	is_uint(g->acl_in[2], 0x33333333, "extended ACE in");
	is_uint(g->acl_out[1], 0x55555555, "ACE out");
	is_uint(g->user_name.len, 5, "user name");
	is_mem(g->user_name.data, "alice", 5, "user name");
	is_uint(f[12].acl_in[2], 0xc, "ACL c");
	is_addr(f[12].xlate_src_addr, "203.0.113.6", "translated source");
	is_addr(f[12].xlate_dst_addr, "192.0.2.81", "destination as it was");
	is_uint(n->nat_event, 1, "NAT event");
	is_uint(n->event_time_ms, T - 2500, "event time");
	is_uint(n->ingress_vrf, 31, "VRF in");
	is_uint(n->egress_vrf, 32, "VRF out");
	is_uint(n->block_start, 2048, "block start");
	is_uint(n->block_end, 2559, "block end");
	is_uint(f[14].block_end, 0, "no block end");
	is_uint(n->block_step, 1, "block step");
	is_uint(n->block_size, 512, "block size");
	is_uint(n->nat_pool, 9, "pool");
	is_uint(n->extensions & FLOW_EXT(19), 0, "no firewall extension");
	is_uint(f[24].nat_event, 4, "NAT event");
	is_addr(f[24].xlate_src_addr, "203.0.113.88", "translated source");
}

static void
check_rest(const struct kit *k)
{
	const struct flow *f = k->flow;
	const struct flow *l = &f[23];

	is_uint(f[15].sampler_id, 5, "sampler");
	is_uint(f[17].client_latency_us, 1002000, "client latency");
	is_uint(f[17].server_latency_us, 300, "server latency");
	is_uint(f[17].app_latency_us, 2000040, "application latency");
	is_mem(f[18].app_id.data, "\x0d\0\0\x4d", 4, "application");
	is_uint(f[19].biflow_dir, 1, "biflow direction");
	is_uint(f[19].end_reason, 3, "end reason");
	is_uint(f[19].src_vlan * 1000 + f[19].dst_vlan, 300301, "VLANs");
	is_uint(f[19].engine_type + f[19].engine_id, 0, "IPFIX: no engine");
	is_uint(l->in_src_mac, UINT64_C(0x020000000001), "element 56");
	is_uint(l->out_dst_mac, UINT64_C(0x020000000004), "element 57");
	is_uint(l->mpls[1], 2002 << 4 | 1, "label 2");
	is_uint(l->src_vlan, 11, "243");
	is_uint(l->dst_vlan, 22, "254");
	is_uint(l->dot1q_cust_vlan, 33, "245");
	is_uint(l->post_cust_vlan, 44, "255");
	is_uint(l->ethertype, 0x0800, "ethertype");
	is_uint(l->ip_version, 4, "IP version");
	is_uint(l->min_ttl * 1000 + l->max_ttl, 60064, "TTL");
	is_uint(l->frag_flags, 0x40, "fragment flags");
	is_uint(l->flow_id, UINT64_C(0x1122334455667788), "flow id");
	is_uint(l->obs_point, 77, "observation point");
	is_uint(l->obs_domain, 88, "observation domain");
	is_uint(l->phys_in * 1000 + l->phys_out, 501502, "physical");
	is_uint(l->ingress_vrf * 1000 + l->egress_vrf, 41042, "VRF");
	is_uint(f[25].sampler_id, 99, "selector");
	is_uint(k->samplers, 3, "samplers told");
	is_int(k->sampler[1].id, 5, "sampler 5");
	is_uint(k->sampler[1].space, 49, "one in 50");
	is_uint(k->sampler[1].algorithm, 2, "mode");
	is_int(k->sampler[2].id, 99, "selector 99");
	is_uint(k->sampler[2].space, 9, "one in 10");
	is_uint(k->names, 4, "names");
	is_str(k->name[0].name, "eth3", "interface 3");
	is_str(k->name[1].name, "GigabitEth0/7", "interface 7");
	is_str(k->name[2].name, "vrf-red", "VRF 31");
	is_str(k->name[3].name, "example-app", "application");
}

int
main(void)
{
	static const char *const files[] = { "01-v5", "02-v5-sampled",
		"03-v9-templates", "04-v9-options", "05-v9-ipv4",
		"06-v9-ipv6", "07-v9-nsel", "08-v9-nel", "09-v9-sampled",
		"10-v9-latency", "11-v9-nbar-icmp", "12-ipfix-templates",
		"13-ipfix-options", "14-ipfix-ipv4", "15-ipfix-icmp6",
		"16-ipfix-l2", "17-ipfix-nat", "18-ipfix-sampled" };
	const char *srcdir = getenv("SRCDIR");
	struct kit *k = kit_new(NULL);
	char path[1024];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/tests/data/files/packets/%s.bin",
		    srcdir == NULL ? "." : srcdir, files[i]);
		kit_send_file(k, path);
	}
	is_uint(k->flows, WANTED, "flows");
	if (k->flows != WANTED)
		return done_testing();
	for (unsigned i = 0; i < WANTED; i++)
		check(&k->flow[i], &wanted[i], i + 1);
	check_v5(k->flow);
	check_v9(k->flow);
	check_events(k->flow);
	check_rest(k);
	is_uint(kit_counters(k).sequence_failures, 0, "sequence errors");
	is_uint(kit_malformed(k), 0, "malformed");
	kit_free(k);
	return done_testing();
}
