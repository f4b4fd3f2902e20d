/*
 * sFlow versions 2 and 4, which have no lengths.
 */
#include <stdio.h>

#include "tap.h"
#include "wirekit.h"

#define AGENT "00000001 0a000001 "
#define PACKET "4500 0028 0001 0000 40 06 0000 0a010101 0a020202 " \
	"04d2 0050 00000001 00000002 5012 0064 0000 0000 "
#define SAMPLE "00000001 00000007 00000003 00000064 00000000 00000009 " \
	"00000003 00000004 "
#define HEADER "00000001 0000000b 00000064 00000028 " PACKET
#define IPV4 "00000002 000001f4 00000006 0a010101 0a020202 000004d2 " \
	"00000050 00000012 00000028 "
#define IPV6 "00000003 000001f4 00000006 " \
	"20010db8000000000000000000000001 20010db8000000000000000000000002 " \
	"000004d2 00000050 00000012 00000028 "
#define SWITCH "00000001 00000064 00000000 000000c8 00000000 "
#define ROUTER "00000002 00000001 0a090909 00000018 00000010 "
#define ASES "00000003 0000fde8 0000fde9 0000fdea "
#define COUNTERS "00000002 00000001 00000003 0000001e "
#define GENERIC "00000007 00000006 000000003b9aca00 00000001 00000003 " \
	"0000000000000064 00000001 00000002 00000003 00000004 00000005 " \
	"00000006 00000000000000c8 0000000b 0000000c 0000000d 0000000e " \
	"0000000f 00000000 "
#define ZERO4 "00000000 00000000 00000000 00000000 "
#define ZERO13 ZERO4 ZERO4 ZERO4 "00000000 "

static void
send_samples(struct kit *k, unsigned version, unsigned samples,
    const char *hex)
{
	static struct dgram g;

	g.len = 0;
	put(&g, version, 4);
	put_hex(&g, AGENT);
	put(&g, ++g.sequence, 4);
	put(&g, KIT_UPTIME, 4);
	put(&g, samples, 4);
	put_hex(&g, hex);
	kit_send(k, g.data, g.len);
}

static void
look_same(const struct flow *f, unsigned version, uint64_t bytes)
{
	ok(addr_equal(f->src_addr, addr_v4(0x0a010101)) &&
	    addr_equal(f->dst_addr, addr_v4(0x0a020202)), "addresses");
	is_uint(f->src_port, 1234, "from");
	is_uint(f->dst_port, 80, "to");
	is_uint(f->tcp_flags, 0x12, "flags");
	is_uint(f->in_packets, 100, "packets");
	is_uint(f->in_bytes, bytes, "bytes");
	is_uint(f->input, 3, "in");
	is_uint(f->output, 4, "out");
	is_uint(f->export_version, 0x80 + version, "version");
}

static void
test_version(unsigned version)
{
	struct kit *k = kit_new(NULL);
	const struct flow *f = k->flow;

	note("version %u", version);
	send_samples(k, version, 3, SAMPLE HEADER "00000002 " SWITCH ROUTER
	    SAMPLE IPV4 "00000000 " SAMPLE IPV6 "00000000 ");
	is_uint(k->flows, 3, "flows");
	look_same(&f[0], version, 10000);
	is_uint(f[0].src_vlan, 100, "VLAN in");
	is_uint(f[0].dst_vlan, 200, "VLAN out");
	ok(addr_equal(f[0].next_hop, addr_v4(0x0a090909)), "next hop");
	is_uint(f[0].src_mask, 24, "mask");
	look_same(&f[1], version, 50000);
	is_uint(f[1].src_tos, 40, "tos");
	is_uint(f[1].src_vlan, 0, "nothing of the sample before");
	is_uint(f[2].dst_addr.lo, 2, "IPv6");
	is_uint(k->exporter.version, WIRE_SFLOW + version, "exporter");
	is_uint(k->exporter.id, 0, "has no sub agents");
	is_uint(k->exporter.first_rate, 100, "first rate");
	is_uint(kit_malformed(k), 0, "all could be read");
	kit_free(k);
}

static void
test_gateway(void)
{
	struct kit *k = kit_new(NULL);
	const struct flow *f = k->flow;

	send_samples(k, 2, 2, SAMPLE IPV4 "00000001 " ASES
	    "00000002 0000fdeb 0000fdec " SAMPLE IPV4 "00000001 " ASES
	    "00000000 ");
	send_samples(k, 4, 2, SAMPLE IPV4 "00000001 " ASES
	    "00000002 00000001 00000001 0000fdeb 00000002 00000001 0000fdec "
	    "00000001 00000001 00000064 " SAMPLE IPV4 "00000000 ");
	is_uint(k->flows, 4, "flows");
	for (int i = 0; i < 4; i += 2) {
		is_uint(f[i].src_as, 65001, "source");
		is_uint(f[i].prev_as, 65002, "its peer");
		is_uint(f[i].next_as, 65003, "first of the path");
		is_uint(f[i].dst_as, 65004, "last of the path");
	}
	is_uint(f[1].dst_as, 0, "no path");
	is_uint(f[3].extensions & FLOW_EXT(EXT_AS_ADJACENT), 0, "no gateway");
	is_uint(k->exporters, 2, "versions share nothing");
	kit_free(k);
}

static void
test_texts(void)
{
	struct kit *k = kit_new(NULL);

	send_samples(k, 4, 2, SAMPLE IPV4 "00000002 "
	    "00000004 00000003 61626300 00000000 "
	    "00000005 00000001 00000005 6162636465000000 "
	    SAMPLE HEADER "00000000 ");
	is_uint(k->flows, 2, "users and URLs are passed");
	is_uint(kit_malformed(k), 0, "without complaint");
	kit_free(k);
}

static void
test_counters(void)
{
	struct kit *k = kit_new(NULL);

	send_samples(k, 4, 8, COUNTERS "00000001 " GENERIC
	    COUNTERS "00000002 " GENERIC "00000015 00000016 " ZERO4 ZERO4
	    "00000000 00000000 0000001b "
	    COUNTERS "00000003 " GENERIC ZERO13 ZERO4 "00000000 "
	    COUNTERS "00000004 " GENERIC
	    COUNTERS "00000005 " GENERIC ZERO4 ZERO4 ZERO4 ZERO4 ZERO4
	    COUNTERS "00000006 " GENERIC
	    COUNTERS "00000007 " ZERO4 "00000000 00000000 00000000 "
	    SAMPLE HEADER "00000000 ");
	is_uint(k->flows, 1, "behind all counters there is a flow");
	is_uint(kit_counters(k).counter_samples, 7, "counter samples");
	is_uint(k->interfaces, 6, "VLANs are no interfaces");
	is_uint(k->interface.in_octets, 100, "octets in");
	is_uint(k->interface.out_errors, 15, "errors");
	kit_forget(k);
	send_samples(k, 4, 1, COUNTERS "00000002 " GENERIC
	    "00000015 00000016 " ZERO4 ZERO4 "00000000 00000000 0000001b ");
	is_uint(k->interface.alignment_errors, 21, "Ethernet");
	is_uint(k->interface.symbol_errors, 27, "its last");
	kit_free(k);
}

/* clang-format off */
static const struct {
	const char *what;
	const char *hex; /* behind a whole sample */
	unsigned flows;
} broken[] = {
	{ "nothing", "", 1 },
	{ "sample of an unknown type", "00000003 00000001", 1 },
	{ "data of an unknown type", SAMPLE "00000004", 1 },
	{ "unknown element", SAMPLE IPV4 "00000001 00000006 00000001", 2 },
	{ "element cut", SAMPLE IPV4 "00000001 00000001 00000064", 1 },
	{ "header cut", SAMPLE "00000001 0000000b 00000064 ffffffff 45000028",
	    1 },
	{ "packet cut", SAMPLE "00000002 000001f4 00000006 0a010101", 1 },
	{ "path cut", SAMPLE IPV4 "00000001 " ASES "00000001 00000001 "
	    "7fffffff 00000001", 1 },
	{ "segments cut", SAMPLE IPV4 "00000001 " ASES "ffffffff 00000001 "
	    "00000000 00000001 00000000", 1 },
	{ "communities cut", SAMPLE IPV4 "00000001 " ASES "00000000 "
	    "40000000 00000001", 1 },
	{ "text cut", SAMPLE IPV4 "00000001 00000004 00000003 616263", 1 },
	{ "counters of no type", COUNTERS "00000000 " GENERIC, 1 },
	{ "of an unknown type", COUNTERS "00000008 " GENERIC, 1 },
	{ "counters cut", COUNTERS "00000001 00000007 00000006", 1 },
	{ "the rest cut", COUNTERS "00000002 " GENERIC "00000001", 1 },
};
/* clang-format on */

static void
test_broken(void)
{
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct kit *k = kit_new(NULL);
		char hex[2000];

		snprintf(hex, sizeof(hex), "%s%s", SAMPLE HEADER "00000000 ",
		    broken[i].hex);
		send_samples(k, 4, 3, hex);
		is_uint(k->flows, broken[i].flows, "%s: flows",
		    broken[i].what);
		is_uint(kit_malformed(k), 1, "%s: counted",
		    broken[i].what);
		kit_free(k);
	}
}

int
main(void)
{
	test_version(2);
	test_version(4);
	test_gateway();
	test_texts();
	test_counters();
	test_broken();
	return done_testing();
}
