/*
 * sFlow version 5: packets, records and samples, and what becomes of them.
 */
#include <string.h>

#include "sflowkit.h"
#include "tap.h"

#define IP4_GRE "4500 0050 0001 0000 40 2f 0000 0a090909 0a080808"
#define IP4_SIX "4500 0050 0001 0000 40 29 0000 0a090909 0a080808"
#define IP4_ICMP "4500 0028 0001 0000 40 01 0000 0a010101 0a020202"
#define IP4_UDP "4500 0028 0001 0000 40 11 0000 0a010101 0a020202"
#define IP6 "60000000 0014 06 40 20010db8000000000000000000000001 " \
	"20010db8000000000000000000000002"

#define BASE_EXT \
	(FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_MISC) | \
	    FLOW_EXT(EXT_VLAN) | FLOW_EXT(EXT_AS) | FLOW_EXT(EXT_EXPORTER_V4))

/* clang-format off */
static const struct {
	const char *what;
	uint32_t protocol;
	const char *packet;
	uint8_t proto;
	uint16_t src_port, dst_port;
	uint8_t tcp_flags;
	uint32_t vlan;
	uint16_t inner_vlan;
	uint32_t label; /* the first */
} packets[] = {
	{ "Ethernet", SF_ETHERNET, SF_ETHER SF_IP4 SF_TCP, 6, 1234, 80, 0x12, 0,
	    0, 0 },
	{ "one tag", SF_ETHERNET, SF_MACS "8100 e064 0800" SF_IP4 SF_TCP, 6,
	    1234, 80, 0x12, 100, 0, 0 },
	{ "two tags", SF_ETHERNET,
	    SF_MACS "88a8 0064 8100 00c8 0800" SF_IP4 SF_TCP,
	    6, 1234, 80, 0x12, 100, 200, 0 },
	{ "labels", SF_ETHERNET, SF_MACS "8847 00064240 000c8140" SF_IP4 SF_TCP,
	    6, 1234, 80, 0x12, 0, 0, 0x642 },
	{ "LLC and SNAP", SF_ETHERNET,
	    SF_MACS "0030 aaaa03 000000 0800" SF_IP4 SF_TCP,
	    6, 1234, 80, 0x12, 0, 0, 0 },
	{ "IP alone", SF_IPV4, SF_IP4 SF_TCP, 6, 1234, 80, 0x12, 0, 0, 0 },
	{ "PPP", SF_PPP, "ff03 0021" SF_IP4 SF_TCP, 6, 1234, 80, 0x12, 0, 0,
	    0 },
	{ "MPLS", SF_MPLS, "000c8140" SF_IP4 SF_TCP, 6, 1234, 80, 0x12, 0, 0,
	    0xc81 },
	{ "ICMP", SF_ETHERNET, SF_ETHER IP4_ICMP "0301 0000 00000000", 1, 0,
	    3 * 256 + 1, 0, 0, 0, 0 },
	{ "later fragment", SF_IPV4, "4500 0028 0001 00b9 40 06 0000 "
	    "0a010101 0a020202" SF_TCP, 6, 0, 0, 0, 0, 0, 0 },
	{ "cut before the flags", SF_IPV4, SF_IP4 "04d2 0050 00000001", 6, 1234,
	    80, 0, 0, 0, 0 },
	{ "cut behind IP", SF_IPV4, SF_IP4, 6, 0, 0, 0, 0, 0, 0 },
};

/* Records beside the packet: ports of the sample, what to look at. */
static const struct {
	const char *what;
	uint32_t input, output;
	uint32_t want_input, want_output;
	uint8_t fwd_status;
} ports[] = {
	{ "indexes", 7, 9, 7, 9, 0 },
	{ "internal", 7, 0x3fffffff, 7, 0x3fffffff, 0 },
	{ "discarded", 7, 0x40000102, 7, 0, 128 },
	{ "several", 7, 0x80000002, 7, 0, 0 },
	{ "unknown", 0, 0x80000000, 0, 0, 0 },
};
/* clang-format on */

static void
test_packets(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	const struct flow *f;

	sf_init(&s);
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const char *what = packets[i].what;

		sf_send_packet(k, &s, packets[i].protocol, packets[i].packet);
		f = kit_last(k);
		is_uint(k->flows, i + 1, "%s: a flow", what);
		ok(addr_equal(f->src_addr, addr_v4(0x0a010101)) &&
		    addr_equal(f->dst_addr, addr_v4(0x0a020202)),
		    "%s: addresses", what);
		is_uint(f->proto, packets[i].proto, "%s: protocol", what);
		is_uint(f->src_port, packets[i].src_port, "%s: from", what);
		is_uint(f->dst_port, packets[i].dst_port, "%s: to", what);
		is_uint(f->tcp_flags, packets[i].tcp_flags, "%s: flags", what);
		is_uint(f->src_vlan, packets[i].vlan, "%s: VLAN", what);
		is_uint(f->dot1q_cust_vlan, packets[i].inner_vlan,
		    "%s: inner VLAN", what);
		is_uint(f->mpls[0], packets[i].label, "%s: label", what);
	}
	kit_free(k);
}

static void
test_values(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	const struct flow *f;

	sf_init(&s);
	sf_send_packet(k, &s, SF_ETHERNET, SF_ETHER SF_IP4 SF_TCP);
	f = kit_last(k);
	is_uint(f->in_packets, 100, "packets: the rate");
	is_uint(f->in_bytes, 100 * SF_FRAME, "bytes: frames of that length");
	is_uint(f->flows, 1, "one flow");
	is_uint(f->record_flags, FLOW_SAMPLED, "sampled");
	is_uint(f->first_ms, k->now_ms, "first");
	is_uint(f->last_ms, k->now_ms, "last");
	is_uint(f->received_ms, k->now_ms, "received");
	is_uint(f->export_version, 0x85, "version");
	is_uint(f->src_tos, 0x28, "tos");
	is_uint(f->in_src_mac, UINT64_C(0x020000000001), "source MAC");
	is_uint(f->out_dst_mac, UINT64_C(0x020000000002), "destination MAC");
	ok(addr_equal(f->exporter_addr, k->sender), "sent by");
	is_uint(f->extensions, BASE_EXT | FLOW_EXT(EXT_MAC), "extensions");
	is_uint(k->exporter.version, WIRE_SFLOW + 5, "exporter");
	is_uint(k->exporter.first_rate, 100, "its first rate");
	ok(addr_equal(k->exporter.agent, addr_v4(s.agent)), "its agent");

	s.rate = 0;
	sf_send_packet(k, &s, SF_ETHERNET, SF_ETHER SF_IP4 SF_TCP);
	is_uint(kit_last(k)->in_packets, 1, "rate 0 is 1");
	s.rate = UINT32_MAX;
	sf_send_packet(k, &s, SF_ETHERNET, SF_ETHER SF_IP4 SF_TCP);
	is_uint(kit_last(k)->in_bytes, UINT64_C(100) * UINT32_MAX,
	    "many bytes");
	s.rate = 100;
	sf_send_packet(k, &s, SF_ETHERNET, SF_MACS "86dd" IP6 SF_TCP);
	f = kit_last(k);
	is_uint(f->extensions & (FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_IPV6)),
	    FLOW_EXT(EXT_IPV6), "IPv6");
	is_uint(f->dst_addr.lo, 2, "its address");
	is_uint(f->record_flags, FLOW_SAMPLED, "is no event");
	kit_free(k);
}

static void
test_ports(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;

	sf_init(&s);
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		s.input = ports[i].input;
		s.output = ports[i].output;
		sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
		is_uint(kit_last(k)->input, ports[i].want_input, "%s: in",
		    ports[i].what);
		is_uint(kit_last(k)->output, ports[i].want_output, "%s: out",
		    ports[i].what);
		is_uint(kit_last(k)->fwd_status, ports[i].fwd_status,
		    "%s: status", ports[i].what);
	}
	s.input = 70000;
	s.output = 0x40000001;
	for (uint32_t format = 0; format < 3; format++) {
		sf_begin(&s);
		sf_expanded(&s, 0, format);
		sf_packet(&s, SF_IPV4, SF_IP4 SF_TCP);
		sf_send(k, &s);
		is_uint(kit_last(k)->input, 70000, "expanded: in");
		is_uint(kit_last(k)->output, format == 0 ? s.output : 0,
		    "expanded, format %u: out", format);
		is_uint(kit_last(k)->fwd_status, format == 1 ? 128 : 0,
		    "expanded, format %u: status", format);
	}
	kit_free(k);
}

/* A flow sample with a packet and one record more. */
static const struct flow *
with_record(struct kit *k, uint32_t tag, const char *hex)
{
	static struct sflow s;

	if (s.sequence == 0)
		sf_init(&s);
	sf_begin(&s);
	sf_flow(&s);
	sf_record(&s, tag, hex);
	sf_packet(&s, SF_ETHERNET, SF_MACS "8100 0005 0800" SF_IP4 SF_TCP);
	sf_send(k, &s);
	return kit_last(k);
}

static void
test_routing(struct kit *k)
{
	const struct flow *f;

	f = with_record(k, 1001, "00000064 00000000 000000c8 00000000");
	is_uint(f->src_vlan, 100, "switch: in");
	is_uint(f->dst_vlan, 200, "switch: out");
	f = with_record(k, 1001, "ffffffff 00000000 ffffffff 00000000");
	is_uint(f->src_vlan, 5, "switch does not know: the tag");
	is_uint(f->dst_vlan, 0, "nor out");
	f = with_record(k, 1002, "00000001 0a090909 00000018 00000010");
	ok(addr_equal(f->next_hop, addr_v4(0x0a090909)), "router: next hop");
	is_uint(f->src_mask, 24, "router: source mask");
	is_uint(f->dst_mask, 16, "router: destination mask");
	f = with_record(k, 1002, "00000002 20010db8000000000000000000000009 "
	    "00000018 00000010");
	ok((f->extensions & FLOW_EXT(EXT_NEXT_HOP_V6)) != 0, "router: IPv6");
	f = with_record(k, 1002, "00000000 00000018 00000010");
	ok((f->extensions & (FLOW_EXT(EXT_NEXT_HOP_V4) |
		FLOW_EXT(EXT_NEXT_HOP_V6))) == 0, "router: no next hop");
	f = with_record(k, 1003, "00000001 0a080808 0000fde8 0000fde9 "
	    "0000fdea 00000002 00000002 00000001 0000fdeb "
	    "00000001 00000002 0000fdec 0000fded 00000000 00000064");
	ok(addr_equal(f->bgp_next_hop, addr_v4(0x0a080808)),
	    "gateway: next hop");
	is_uint(f->src_as, 65001, "gateway: source");
	is_uint(f->prev_as, 65002, "gateway: its peer");
	is_uint(f->next_as, 65003, "gateway: first of the path");
	is_uint(f->dst_as, 65005, "gateway: last of the path");
	f = with_record(k, 1003, "00000001 0a080808 0000fde8 00000000 "
	    "00000000 00000000 00000000 00000064");
	is_uint(f->dst_as | f->src_as | f->next_as, 0, "gateway: no path");
	f = with_record(k, 1006, "00000001 0a070707 00000002 00064200 "
	    "000c8140 00000000");
	is_uint(f->mpls[1], 0xc81, "MPLS: label");
	ok(addr_equal(f->next_hop, addr_v4(0x0a070707)), "MPLS: next hop");
}

static void
test_other_records(struct kit *k)
{
	const struct flow *f;

	f = with_record(k, 1007, "00000001 01010101 00000001 02020202");
	ok(addr_equal(f->xlate_src_addr, addr_v4(0x01010101)), "NAT: source");
	ok(addr_equal(f->xlate_dst_addr, addr_v4(0x02020202)), "NAT: other");
	f = with_record(k, 1020, "000004d2 00000050");
	is_uint(f->xlate_dst_port, 80, "NAT: port");
	is_uint(f->extensions & (FLOW_EXT(EXT_XLATE_V4) |
		    FLOW_EXT(EXT_XLATE_PORT)), FLOW_EXT(EXT_XLATE_PORT),
	    "NAT: ports only");
	ok(addr_is_zero(f->xlate_src_addr), "nothing of the sample before");
	is_uint(with_record(k, 1030, "00001234")->vxlan, 0x1234, "VNI");
	is_uint(with_record(k, 1029, "")->vxlan, 0, "VNI without a number");
	/* A socket is what the agent sees of itself, not of the packet. */
	f = with_record(k, 2100, "00000006 0b000001 0b000002 00000001 "
	    "00000002");
	is_uint(f->src_port, 1234, "socket: skipped");
	f = with_record(k, 0xfff001, "0102");
	is_uint(f->extensions, BASE_EXT | FLOW_EXT(EXT_MAC),
	    "unknown, of odd length");
}

/* Two samples of one datagram, the first with all that is rare. */
static void
test_next_sample(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	const struct flow *f;
	struct sflow s;
	struct kit *k;

	limits.decode_tunnels = true;
	k = kit_new(&limits);
	sf_init(&s);
	sf_begin(&s);
	sf_flow(&s);
	sf_record(&s, 1007, "00000001 01010101 00000001 02020202");
	sf_record(&s, 1020, "000004d2 00000050");
	sf_record(&s, 1030, "00001234");
	sf_packet(&s, SF_IPV4, IP4_GRE "0000 0800" SF_IP4 SF_TCP);
	sf_flow(&s);
	sf_packet(&s, SF_IPV4, SF_IP4 SF_TCP);
	sf_send(k, &s);
	is_uint(k->flows, 2, "two samples");
	f = &k->flow[0];
	ok(f->tun_proto == 47 && f->vxlan == 0x1234 &&
		f->xlate_dst_port == 80 && !addr_is_zero(f->xlate_src_addr),
	    "the first has it all");
	f = &k->flow[1];
	ok(addr_is_zero(f->xlate_src_addr) && addr_is_zero(f->xlate_dst_addr) &&
		addr_is_zero(f->tun_src_addr) && addr_is_zero(f->tun_dst_addr),
	    "the next none of its addresses");
	is_uint(f->xlate_src_port | f->xlate_dst_port | f->tun_proto | f->vxlan,
	    0, "nor of its numbers");
	kit_free(k);
}

static void
test_records(void)
{
	struct kit *k = kit_new(NULL);

	test_routing(k);
	test_other_records(k);
	is_uint(kit_malformed(k), 0, "all could be read");
	kit_free(k);
}

/* What the agent has read from the packet itself. */
static void
test_read_packets(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	const struct flow *f;

	sf_init(&s);
	sf_begin(&s);
	sf_flow(&s);
	sf_record(&s, 3, "000001f4 00000006 0a050505 0a060606 000003e8 "
	    "000007d0 00000010 00000028");
	sf_record(&s, 2, "00000200 0200000000010000 0200000000020000 "
	    "00000800");
	sf_flow(&s);
	sf_record(&s, 4, "000001f4 0000003a 20010db8000000000000000000000001 "
	    "20010db8000000000000000000000002 00000080 00000003 00000000 "
	    "00000000");
	sf_flow(&s);
	sf_record(&s, 2, "00000200 0200000000010000 0200000000020000 "
	    "00000800");
	sf_send(k, &s);
	is_uint(k->flows, 2, "MAC addresses alone are no flow");
	is_uint(kit_counters(k).samples_without_packet, 1, "but counted");
	f = &k->flow[0];
	is_uint(f->in_bytes, 50000, "IPv4: bytes");
	is_uint(f->src_port, 1000, "IPv4: from");
	is_uint(f->dst_port, 2000, "IPv4: to");
	is_uint(f->tcp_flags, 16, "IPv4: flags");
	is_uint(f->src_tos, 40, "IPv4: tos");
	is_uint(f->in_src_mac, UINT64_C(0x020000000001), "MAC");
	is_uint(f->extensions, BASE_EXT | FLOW_EXT(EXT_MAC), "extensions");
	f = &k->flow[1];
	is_uint(f->dst_port, 128 * 256 + 3, "IPv6: ICMP type and code");
	is_uint(f->src_port, 0, "IPv6: no port");
	is_uint(f->in_src_mac, 0, "nothing of the sample before");
	kit_free(k);
}

static void
test_tunnels(void)
{
	static const char *const packet[] = { IP4_GRE "0000 0800" SF_IP4 SF_TCP,
		IP4_SIX IP6 SF_TCP };
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct kit *k;
	struct sflow s;
	const struct flow *f;

	for (uint32_t i = 0; i < 4; i++) {
		limits.decode_tunnels = i / 2;
		k = kit_new(&limits);
		sf_init(&s);
		sf_send_packet(k, &s, SF_IPV4, packet[i % 2]);
		f = kit_last(k);
		if (i < 2) {
			is_uint(f->proto, i == 0 ? 47 : 41, "outer packet");
			is_uint(f->tun_proto, 0, "no tunnel");
		} else {
			is_uint(f->proto, 6, "inner packet");
			is_uint(f->dst_port, 80, "its port");
			is_uint(f->tun_proto, i == 2 ? 47 : 41, "tunnel");
			ok(addr_equal(f->tun_src_addr, addr_v4(0x0a090909)),
			    "its address");
			ok((f->extensions & FLOW_EXT(EXT_TUNNEL_V4)) != 0,
			    "its extension");
		}
		sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
		is_uint(kit_last(k)->tun_proto, 0, "none in the next");
		kit_free(k);
	}
}

static void
test_samples(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	struct wire_counters c;

	sf_init(&s);
	sf_begin(&s);
	sf_sample(&s, SF_DISCARDED);
	put_hex(&s.g, "00000001 00000000 00000003 00000000 00000003 "
	    "00000000 00000102 00000000");
	sf_sample(&s, 4096 + 1);
	put_hex(&s.g, "0102030405");
	put(&s.g, 0, 3);
	sf_counters(&s);
	sf_flow(&s);
	sf_packet(&s, SF_ETHERNET, SF_MACS "0806 0001080006040001");
	sf_flow(&s);
	sf_packet(&s, 15, "0102");
	sf_flow(&s);
	sf_packet(&s, SF_IPV4, SF_IP4 SF_TCP);
	sf_send(k, &s);
	c = kit_counters(k);
	is_uint(k->flows, 1, "the last is a flow");
	is_uint(c.discarded_packets, 1, "discarded packet");
	is_uint(c.unknown_samples, 1, "of another enterprise");
	is_uint(c.counter_samples, 1, "counters");
	is_uint(c.samples_without_packet, 2, "ARP and 802.11");
	is_uint(kit_malformed(k), 0, "none is broken");
	is_uint(k->samplers, 1, "one rate");
	kit_free(k);
}

static void
test_counters(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	const struct wire_interface *i = &k->interface;

	sf_init(&s);
	sf_begin(&s);
	sf_counters(&s);
	sf_record(&s, 1, "00000007 00000006 00000002540be400 00000001 "
	    "00000003 0000000100000000 00000001 00000002 00000003 00000004 "
	    "00000005 00000006 0000000200000000 0000000b 0000000c 0000000d "
	    "0000000e 0000000f 00000000");
	sf_record(&s, 2, "00000015 00000016 00000000 00000000 00000000 "
	    "00000000 00000017 00000018 00000000 00000019 0000001a 00000000 "
	    "0000001b");
	sf_record(&s, 1005, "00000004 65746837");
	sf_record(&s, 2000, "0102");
	sf_send(k, &s);
	is_uint(k->interfaces, 1, "told");
	is_uint(i->index, 7, "index");
	is_uint(i->type, 6, "type");
	is_uint(i->speed, UINT64_C(10000000000), "speed");
	is_uint(i->direction, 1, "direction");
	is_uint(i->status, 3, "status");
	is_uint(i->in_octets, UINT64_C(1) << 32, "octets in");
	is_uint(i->out_octets, UINT64_C(2) << 32, "octets out");
	is_uint(i->in_unicast * 10000 + i->in_multicast * 100 +
	    i->in_broadcast, 10203, "packets in");
	is_uint(i->in_discards * 10000 + i->in_errors * 100 +
	    i->unknown_protocols, 40506, "not delivered");
	is_uint(i->out_unicast * 10000 + i->out_multicast * 100 +
	    i->out_broadcast, 111213, "packets out");
	is_uint(i->out_discards * 100 + i->out_errors, 1415, "not sent");
	is_uint(i->alignment_errors * 100 + i->fcs_errors, 2122, "frames");
	is_uint(i->late_collisions * 100 + i->excessive_collisions, 2324,
	    "collisions");
	is_uint(i->carrier_errors * 10000 + i->too_long * 100 +
	    i->symbol_errors, 252627, "other errors");
	is_uint(k->names, 1, "its name");
	is_str(k->name[0].name, "eth7", "its name");
	is_uint(k->name[0].id, 3, "of the source");
	kit_free(k);
}

static void
one_interface(void *ctx, const struct wire_exporter *e,
    const struct wire_interface *i)
{
	uint64_t *sum = ctx;

	*sum += e->sysid * 1000 + i->index;
}

static void
test_interfaces(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	uint64_t sum = 0;
	char hex[200];

	sf_init(&s);
	memset(hex, '0', 2 * 88);
	hex[2 * 88] = '\0';
	for (s.source = 1; s.source <= 3; s.source++) {
		hex[7] = (char)('0' + s.source);
		for (int i = 0; i < 2; i++) {
			sf_begin(&s);
			sf_counters(&s);
			sf_record(&s, 1, hex);
			sf_send(k, &s);
		}
	}
	wire_interfaces(k->d, one_interface, &sum);
	is_uint(k->interfaces, 6, "each is told");
	is_uint(sum, 3006, "the last of each is kept");
	kit_free(k);
}

static void
test_agents(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow a;
	struct sflow b;

	sf_init(&a);
	sf_init(&b);
	sf_send_packet(k, &a, SF_IPV4, SF_IP4 SF_TCP);
	b.agent++;
	b.rate = 500;
	sf_send_packet(k, &b, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->exporters, 2, "another agent is another exporter");
	is_uint(k->samplers, 2, "with a rate of its own");
	b.sub_agent = 9;
	sf_send_packet(k, &b, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->exporters, 3, "so is another sub agent");
	is_uint(k->exporter.id, 9, "with its number");
	sf_send_packet(k, &a, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->exporters, 3, "the first is known");
	is_uint(kit_last(k)->in_packets, 100, "and its rate");
	k->sender = addr_v4(0x7f000002);
	sf_send_packet(k, &a, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->exporters, 4, "so is another sender");
	kit_free(k);
}

static void
test_sequence(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;

	sf_init(&s);
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	s.sequence += 3;
	s.sample_sequence += 5;
	s.drops += 7;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(kit_counters(k).missing_datagrams, 3, "datagrams missing");
	is_uint(kit_counters(k).missing_samples, 5, "samples missing");
	is_uint(kit_counters(k).agent_drops, 7, "dropped by the agent");
	is_uint(kit_counters(k).sequence_failures, 0, "no sequence errors");
	s.sequence -= 2;
	s.sample_sequence -= 2;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	s.sequence++;
	s.sample_sequence++;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(kit_counters(k).missing_datagrams, 3, "one comes late");
	is_uint(kit_counters(k).missing_samples, 5, "and its sample");
	s.sequence = s.sample_sequence = 1;
	s.drops = 0;
	s.uptime = 5;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(kit_counters(k).missing_datagrams, 3, "agent started anew");
	is_uint(kit_counters(k).missing_samples, 5, "with its samples");
	is_uint(kit_counters(k).agent_drops, 7, "and its drops");
	s.sequence++;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(kit_counters(k).missing_datagrams, 4, "counting goes on");
	s.sample_sequence = 5000;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(kit_counters(k).missing_samples, 5001, "a large gap");
	s.sample_sequence = 1;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(kit_counters(k).missing_samples, 5001, "one source anew");
	s.sample_sequence++;
	s.drops = 2;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(kit_counters(k).missing_samples, 5002, "it counts on");
	is_uint(kit_counters(k).agent_drops, 9, "its drops, too");
	kit_free(k);
}

static void
test_rates(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;

	sf_init(&s);
	for (int i = 0; i < 3; i++)
		sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->samplers, 1, "one rate, told once");
	is_int(k->sampler[0].id, -1, "for the whole exporter");
	is_uint(k->sampler[0].space, 99, "99 left out");
	is_uint(k->sampler[0].is_first, 0, "nothing is to be corrected");
	s.source = 4;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->samplers, 1, "a source with the same rate");
	s.source = 5;
	s.rate = 200;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->samplers, 2, "a source with another");
	is_int(k->sampler[1].id, 5, "its number");
	is_uint(k->sampler[1].space, 199, "its rate");
	s.rate = 100;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->samplers, 2, "a change at once is not told yet");
	is_uint(kit_last(k)->in_packets, 100, "but counts");
	k->now_ms += 1000;
	sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	is_uint(k->samplers, 3, "later it is");
	is_uint(k->sampler[2].space, 99, "as the new rate");
	kit_free(k);
}

int
main(void)
{
	test_packets();
	test_values();
	test_ports();
	test_records();
	test_read_packets();
	test_tunnels();
	test_next_sample();
	test_samples();
	test_counters();
	test_interfaces();
	test_agents();
	test_sequence();
	test_rates();
	return done_testing();
}
