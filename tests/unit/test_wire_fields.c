/*
 * From elements to fields: every row of the table, reduced sizes, several
 * sources of a field, ICMP, address families, lists, packet headers.
 */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "tap.h"
#include "wirekit.h"

enum form { UINT, LOW, UINT6, V4, V6, MAC, MPLS, ACL, TEXT, BYTES };
enum pen { V9 = -1, IPFIX = -2 };

struct row {
	enum field_id field;
	long pen;
	unsigned element;
	enum form form;
	const char *name;
};

static const struct row rows[] = {
#define WIRE(id, pen, element, form) { FLD_##id, pen, element, form, #id },
#include "flow/fields.def"
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* A second element of the same extension, for those that need company. */
static const char *
company(const struct row *r)
{
	return r->field == FLD_IP_VERSION ? " 256/2" : "";
}

static unsigned
len_of(const struct row *r)
{
	switch (r->form) {
	case V4:
		return 4;
	case V6:
		return 16;
	case MAC:
		return 6;
	case MPLS:
		return 3;
	case ACL:
		return 12;
	case TEXT:
	case BYTES:
		return 8;
	default:
		return field_table[r->field].size;
	}
}

/* Does the flow hold what the bytes 1, 2, 3, ... of this length say? */
static bool
holds(const struct flow *f, const struct row *r, unsigned len)
{
	const uint8_t *p = (const uint8_t *)f + field_table[r->field].offset;
	uint8_t bytes[16];
	struct addr a;
	struct span s;

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i + 1);
	switch (r->form) {
	case V4:
		memcpy(&a, p, sizeof(a));
		return addr_equal(a, addr_v4(0x01020304));
	case V6:
		memcpy(&a, p, sizeof(a));
		return addr_equal(a, addr_from_bytes(bytes));
	case TEXT:
	case BYTES:
		memcpy(&s, p, sizeof(s));
		return s.len == 8 && memcmp(s.data, bytes, 8) == 0;
	case MPLS:
		return load_u32(p) == 0x010203;
	case ACL:
		return load_u32(p) == 0x01020304 &&
		    load_u32(p + 4) == 0x05060708 &&
		    load_u32(p + 8) == 0x090a0b0c;
	case LOW:
		return *p == len;
	default:
		break;
	}
	switch (field_table[r->field].type) {
	case FIELD_U8:
		return *p == 1;
	case FIELD_U16:
		return load_u16(p) == 0x0102;
	case FIELD_U32:
		return load_u32(p) == 0x01020304;
	default:
		return load_u64(p) == load_be(bytes, len);
	}
}

static void
test_row(const struct row *r, unsigned version)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	unsigned len = len_of(r);
	char fields[100];

	if (r->pen > 0)
		snprintf(fields, sizeof(fields), "%ld.%u/%u%s", r->pen,
		    r->element, len, company(r));
	else
		snprintf(fields, sizeof(fields), "%u/%u%s", r->element, len,
		    company(r));
	if (version == 9)
		send_template_v9(k, &g, 256, fields);
	else
		send_template_ipfix(k, &g, 256, fields);
	if (version == 9)
		begin_v9(&g);
	else
		begin_ipfix(&g);
	begin_set(&g, 256);
	for (unsigned i = 0; i < len; i++)
		put(&g, i + 1, 1);
	put(&g, 0, r->field == FLD_IP_VERSION ? 2 : 0);
	send_dgram(k, &g);
	ok(k->flows == 1 && holds(&k->flow[0], r, len), "v%u element %s is %s",
	    version, fields, r->name);
	kit_free(k);
}

static void
test_rows(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].pen == 0 || rows[i].pen == V9)
			test_row(&rows[i], 9);
		if (rows[i].pen != V9)
			test_row(&rows[i], 10);
	}
	ok(wire_elements_v9() > 120, "%u elements of v9", wire_elements_v9());
	ok(wire_elements_ipfix() > 130, "%u elements of IPFIX",
	    wire_elements_ipfix());
}

/* One record of IPFIX with these fields. */
static struct flow
decode(const char *fields, const char *hex)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	struct flow f;

	send_template_ipfix(k, &g, 256, fields);
	send_data_ipfix(k, &g, 256, hex);
	f = *kit_last(k);
	kit_free(k);
	return f;
}

static struct flow
decode_v9(const char *fields, const char *hex)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	struct flow f;

	send_template_v9(k, &g, 256, fields);
	send_data_v9(k, &g, 256, hex);
	f = *kit_last(k);
	kit_free(k);
	return f;
}

static void
test_sizes(void)
{
	struct flow f;

	f = decode("1/3 2/5 10/1 14/3 16/8 17/2",
	    "010203 0102030405 07 010203 00000000fffffffe 0005");
	is_uint(f.in_bytes, 0x010203, "3 bytes");
	is_uint(f.in_packets, UINT64_C(0x0102030405), "5 bytes");
	is_uint(f.input, 7, "interface of 1 byte");
	is_uint(f.output, 0x010203, "interface of 3 bytes");
	is_uint(f.src_as, 0xfffffffe, "AS of 8 bytes");
	is_uint(f.dst_as, 5, "AS of 2 bytes");
	f = decode("7/4 11/4 9/2 4/4 16/8 6/2",
	    "00010000 0000ffff 0100 000000ff 0000000100000000 0112");
	is_uint(f.src_port, 65535, "a port that is too large saturates");
	is_uint(f.dst_port, 65535, "one that just fits");
	is_uint(f.src_mask, 255, "mask");
	is_uint(f.proto, 255, "proto");
	is_uint(f.src_as, UINT32_MAX, "AS");
	is_uint(f.tcp_flags, 0x12, "flags: the low 8 bits");
	f = decode("1/9 2/8 8/5 12/4 27/4",
	    "010203040506070809 0000000000000007 0a00000001 0a000002 "
	    "01020304");
	is_uint(f.in_bytes, 0, "9 bytes are no number");
	is_uint(f.in_packets, 7, "but skipped by length");
	ok(addr_equal(f.src_addr, addr_v4(0)), "5 bytes are no address");
	ok(addr_equal(f.dst_addr, addr_v4(0x0a000002)), "4 are");
	f = decode("56/8 70/4 71/2 95/9 637.93/6",
	    "0000010203040506 01234567 0102 0102030405060708ff 616200000000");
	is_uint(f.in_src_mac, UINT64_C(0x010203040506), "MAC of 8 bytes");
	is_uint(f.mpls[0], 0x012345, "label of 4 bytes loses the TTL");
	is_uint(f.mpls[1], 0, "2 bytes are no label");
	is_uint(f.app_id.len, 9, "application id of 9 bytes");
	is_uint(f.nokia_string.len, 2, "text ends at a zero byte");
	f = decode("23/8 232/2 24/8", "0000000000000005 0007 0000000000000006");
	is_uint(f.out_bytes, 5, "232 of 2 bytes is something else");
}

static void
test_doubles(void)
{
	struct flow f;

	f = decode("85/4 1/4", "00000005 00000000");
	is_uint(f.in_bytes, 0, "delta wins, also with 0");
	f = decode("1/4 85/4", "00000000 00000005");
	is_uint(f.in_bytes, 0, "in either order");
	f = decode("86/8 2/4", "0000000000000005 00000003");
	is_uint(f.in_packets, 3, "packets too");
	f = decode("85/4 86/4", "00000005 00000006");
	is_uint(f.in_bytes * 10 + f.in_packets, 56, "totals alone");
	f = decode("231/4 298/4 232/4 299/4",
	    "00000001 00000002 00000003 00000004");
	is_uint(f.in_bytes * 1000 + f.in_packets * 100 + f.out_bytes * 10 +
		f.out_packets, 1234, "initiator and responder");
	f = decode("171/4 23/4 172/4 24/4",
	    "00000001 00000002 00000003 00000004");
	is_uint(f.out_bytes * 10 + f.out_packets, 24, "out: delta wins");
	is_uint(f.extensions & FLOW_EXT(EXT_COUNTERS), FLOW_EXT(EXT_COUNTERS),
	    "counters extension");
	is_uint(f.flows, 1, "with one flow");
	f = decode("29305.85/4 29305.1/4 29305.2/4 29305.6/1 29305.7/2",
	    "00000001 00000002 00000003 12 0016");
	is_uint(f.out_bytes * 10 + f.out_packets, 23, "reverse counters");
	is_uint(f.tcp_flags + f.src_port, 0, "reverse others are skipped");
	f = decode("29305.23/4 29305.24/4", "00000001 00000002");
	is_uint(f.out_bytes * 10 + f.out_packets, 12, "reverse out counters");
	f = decode("5/1 29305.5/1", "01 02");
	is_uint(f.src_tos * 10 + f.dst_tos, 12, "reverse tos");
	f = decode("29305.5/1 55/1", "02 03");
	is_uint(f.dst_tos, 3, "55 wins over it");
	f = decode("7/2 11/2 182/2 181/2", "0016 0017 0000 0018");
	is_uint(f.src_port * 100 + f.dst_port, 2223, "7 and 11 win");
	f = decode("182/2 180/2 181/2 183/2", "0000 0016 0017 0000");
	is_uint(f.src_port * 100 + f.dst_port, 2223, "ports by protocol");
	f = decode("58/2 243/2 59/2 254/2", "0001 0001 0002 0002");
	is_uint(f.src_vlan * 10 + f.dst_vlan, 12, "VLAN elements");
	is_uint(f.extensions & FLOW_EXT(EXT_LAYER2), 0, "are no layer 2");
	f = decode("192/1", "05");
	is_uint(f.min_ttl, 5, "TTL");
	f = decode("52/1 192/1 53/1", "04 05 06");
	is_uint(f.min_ttl * 10 + f.max_ttl, 46, "52 wins over it");
	f = decode("278/4", "00000007");
	is_uint(f.flows, 7, "new connections");
	f = decode("9.12236/4 9.12237/4 9.12241/2 9.8337/4 9.8338/4 9.7/2",
	    "0a000001 0a000002 01bb 00000005 00000006 1234");
	ok(addr_equal(f.src_addr, addr_v4(0x0a000001)), "client");
	is_uint(f.dst_port, 443, "server port");
	is_uint(f.in_bytes * 10 + f.out_bytes, 56, "its counters");
	is_uint(f.src_port, 0, "unknown elements of a vendor are skipped");
	f = decode("65545.7/2 11/2", "0016 0017");
	is_uint(f.src_port, 0, "an enterprise has 32 bits");
}

static void
test_versions(void)
{
	struct flow f;

	f = decode("148/8", "0000000000000007");
	is_uint(f.flow_id, 7, "148 is a flow in IPFIX");
	f = decode_v9("148/4", "00000007");
	is_uint(f.conn_id, 7, "and a connection in v9");
	f = decode_v9("57554/4 57555/4 57556/4 57557/4 57558/4 57559/4",
	    "00000001 00000002 00000000 00000003 00000002 00000000");
	is_uint(f.client_latency_us, 1000002, "client latency");
	is_uint(f.server_latency_us, 3, "server latency");
	is_uint(f.app_latency_us, 2000000, "application latency");
	f = decode("35632.82/4 35632.85/4", "00000001 00000005");
	is_uint(f.client_latency_us, 1000000, "with the enterprise");
	is_uint(f.server_latency_us, 5, "microseconds alone");
	is_uint(f.extensions,
	    FLOW_EXT(1) | FLOW_EXT(12) | FLOW_EXT(17), "latency extension");
	f = decode("60/1", "04");
	is_uint(f.extensions, FLOW_EXT(1) | FLOW_EXT(12),
	    "the IP version alone makes no extension");
	is_uint(f.ip_version, 0, "and is not kept");
	f = decode("38/1 39/1", "05 06");
	is_uint(f.engine_type * 10 + f.engine_id, 56, "engine");
	f = decode("61/1", "ff");
	is_uint(f.direction, 255, "unknown direction stays");
}

struct icmp_case {
	const char *what;
	const char *fields;
	const char *hex;
	uint16_t src, dst;
};

/* clang-format off */
static const struct icmp_case icmp_cases[] = {
	{ "32", "4/1 7/2 11/2 32/2", "01 1234 5678 0301", 0, 0x0301 },
	{ "32 first", "32/2 11/2 7/2 4/1", "0301 5678 1234 01", 0, 0x0301 },
	{ "32 of 0", "4/1 7/2 11/2 32/2", "01 1234 5678 0000", 0, 0 },
	{ "32 for TCP", "4/1 7/2 11/2 32/2", "06 1234 5678 0301", 0x1234,
	    0x5678 },
	{ "139", "4/1 7/2 11/2 139/2", "3a 1234 5678 8100", 0, 0x8100 },
	{ "32 and 139", "4/1 32/2 139/2", "3a 0301 8100", 0, 0x8100 },
	{ "32 and 139", "4/1 32/2 139/2", "01 0301 8100", 0, 0x0301 },
	{ "32 for ICMPv6", "4/1 32/2", "3a 8100", 0, 0x8100 },
	{ "type and code", "4/1 176/1 177/1 7/2 11/2", "01 0b 01 0000 448d",
	    0, 0x0b01 },
	{ "type 0", "4/1 176/1 177/1 7/2 11/2", "01 00 00 0000 448d", 0, 0 },
	{ "type alone", "176/1 4/1", "0b 01", 0, 0x0b00 },
	{ "type and code v6", "4/1 178/1 179/1", "3a 01 04", 0, 0x0104 },
	{ "in the destination port", "4/1 7/2 11/2", "01 0000 0800", 0,
	    0x0800 },
	{ "in the source port, swapped", "4/1 7/2 11/2", "01 0008 0000", 0,
	    0x0800 },
	{ "in both", "4/1 7/2 11/2", "3a 1234 8600", 0, 0x8600 },
	{ "source port alone", "4/1 7/2", "01 0103", 0, 0x0301 },
	{ "no ICMP", "4/1 7/2 11/2", "11 0008 0000", 8, 0 },
};
/* clang-format on */

static void
test_icmp(void)
{
	for (size_t i = 0; i < sizeof(icmp_cases) / sizeof(icmp_cases[0]);
	     i++) {
		const struct icmp_case *c = &icmp_cases[i];
		struct flow f = decode(c->fields, c->hex);
		struct flow g = decode_v9(c->fields, c->hex);

		is_uint(f.src_port, c->src, "%s: source port", c->what);
		is_uint(f.dst_port, c->dst, "%s: destination port", c->what);
		ok(f.src_port == g.src_port && f.dst_port == g.dst_port,
		    "%s: the same in v9", c->what);
	}
}

/* What a record leaves behind is not seen by the next. */
static void
test_no_traces(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_ipfix(k, &g, 256, "4/1 7/2");
	send_data_ipfix(k, &g, 256, "01 0103 06 0016");
	is_uint(k->flow[1].dst_port, 0, "destination port");
	send_template_ipfix(k, &g, 257, "4/1 32/2");
	send_data_ipfix(k, &g, 257, "01 0103 06 0016");
	is_uint(k->flow[3].dst_port, 0, "ICMP value");
	send_template_ipfix(k, &g, 258, "4/1 95/v 1/v");
	send_data_ipfix(k, &g, 258, "01 01aa 0205ff 06 00 00");
	is_uint(k->flow[5].app_id.len, 0, "variable field");
	is_uint(k->flow[4].in_bytes, 0x05ff, "variable number");
	is_uint(k->flow[5].in_bytes, 0, "variable number that is absent");
	kit_free(k);
}

#define IP6_A "20010db8000000000000000000000001"
#define IP6_B "20010db8000000000000000000000002"
#define IP6_0 "00000000000000000000000000000000"
#define FAMILY_BITS (FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_IPV6))

static void
test_families(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	const struct flow *f;

	send_template_ipfix(k, &g, 256,
	    "27/16 28/16 29/1 8/4 12/4 9/1 62/16 15/4 13/1");
	send_data_ipfix(k, &g, 256,
	    IP6_0 IP6_0 "40 0a000001 0a000002 18" IP6_0 "0a0000fe 10"
	    IP6_A IP6_B "40 00000000 00000000 18" IP6_B "00000000 10"
	    IP6_A IP6_B "40 0a000001 00000000 18" IP6_B "0a0000fe 10"
	    IP6_0 IP6_0 "40 00000000 00000000 18" IP6_0 "00000000 10");
	f = k->flow;
	is_uint(f[0].extensions & FAMILY_BITS, FLOW_EXT(EXT_IPV4), "IPv4");
	ok(addr_equal(f[0].dst_addr, addr_v4(0x0a000002)), "address");
	is_uint(f[0].src_mask, 24, "its mask");
	is_uint(f[1].extensions & FAMILY_BITS, FLOW_EXT(EXT_IPV6), "IPv6");
	is_uint(f[1].dst_addr.lo, 2, "address");
	is_uint(f[1].src_mask, 64, "its mask");
	is_uint(f[1].extensions & (FLOW_EXT(10) | FLOW_EXT(11)), FLOW_EXT(11),
	    "next hop of IPv6");
	is_uint(f[2].extensions & FAMILY_BITS, FLOW_EXT(EXT_IPV4),
	    "IPv4 first");
	is_uint(f[3].extensions & FAMILY_BITS, FLOW_EXT(EXT_IPV4),
	    "IPv4 if all is zero");
	send_template_ipfix(k, &g, 257, "27/16 28/16 9/1 29/1");
	send_data_ipfix(k, &g, 257, IP6_A IP6_B "18 40");
	f = kit_last(k);
	is_uint(f->src_mask, 64, "mask of the only family");
	send_template_ipfix(k, &g, 258, "281/16 282/16 12/4");
	send_data_ipfix(k, &g, 258, IP6_A IP6_B "0a000002");
	f = kit_last(k);
	is_uint(f->xlate_src_addr.lo, 1, "translated IPv6 source");
	ok(addr_equal(f->src_addr, addr_v4(0)), "no source is 0.0.0.0");
	is_uint(f->extensions, FLOW_EXT(1) | FLOW_EXT(2) | FLOW_EXT(12) |
		FLOW_EXT(21), "extensions");
	k->sender = addr_from_bytes((const uint8_t *)"0123456789abcdef");
	send_template_ipfix(k, &g, 258, "12/4");
	send_data_ipfix(k, &g, 258, "0a000002");
	f = kit_last(k);
	ok(addr_equal(f->exporter_addr, k->sender), "IPv6 exporter");
	is_uint(f->extensions, FLOW_EXT(1) | FLOW_EXT(2) | FLOW_EXT(13),
	    "extension 13");
	kit_free(k);
}

static void
test_lists(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	const struct flow *f;

	send_template_ipfix(k, &g, 300, "56/6 80/6 7/2");
	send_template_ipfix(k, &g, 301, "150/4 11/2 95/v");
	send_template_ipfix(k, &g, 302, "293/v");
	send_template_ipfix(k, &g, 256, "7/2 293/v 11/2");
	send_template_ipfix(k, &g, 257, "7/2 292/v 4/1");
	/* MACs of 300, then 301, then an unknown one */
	send_data_ipfix(k, &g, 256, "0001 2d 03"
	    "012c 0012 010203040506 0a0b0c0d0e0f 0009"
	    "012d 0010 6553f0ff 0008 02abcd 000000"
	    "0999 000a 010203040506 0002");
	f = kit_last(k);
	is_uint(f->in_src_mac, UINT64_C(0x010203040506), "from the list");
	is_uint(f->src_port, 1, "the outer record wins");
	is_uint(f->dst_port, 2, "also when the field comes later");
	is_uint(f->first_ms, KIT_MS - 1000, "time with its unit");
	is_uint(f->app_id.len, 2, "variable length inside");
	is_uint(f->extensions, FLOW_EXT(1) | FLOW_EXT(12) | FLOW_EXT(15) |
		FLOW_EXT(27), "extensions of the lists");
	send_data_ipfix(k, &g, 257, "0001 1f 03 012c"
	    "010203040506 0a0b0c0d0e0f 0009 111213141516 0a0b0c0d0e0f 0009"
	    "06");
	f = kit_last(k);
	is_uint(f->in_src_mac, UINT64_C(0x010203040506), "the first record");
	is_uint(f->proto, 6, "the field behind it");
	is_uint(kit_malformed(k), 0, "nothing refused");

	send_data_ipfix(k, &g, 256, "0001 05 03 012c 0000 0002");
	is_uint(kit_last(k)->dst_port, 2, "a block of length 0");
	send_data_ipfix(k, &g, 256, "0001 05 03 012c 0005 0002");
	is_uint(kit_last(k)->dst_port, 2, "a block past the field");
	send_data_ipfix(k, &g, 256, "0001 07 03 012c 0006 0101 0002");
	is_uint(kit_last(k)->in_src_mac, 0, "a cut record");
	send_data_ipfix(k, &g, 256, "0001 03 03 012c 0002");
	is_uint(kit_last(k)->dst_port, 2, "a cut block header");
	is_uint(kit_malformed(k), 4, "all counted");
	send_data_ipfix(k, &g, 257, "0001 02 03 01 06");
	is_uint(kit_malformed(k), 5, "a list without a template");
	send_data_ipfix(k, &g, 256, "0001"
	    "25 03 012e 0024 1f 03 012e 001e"
	    "19 03 012e 0018 13 03 012c 0012 010203040506 0a0b0c0d0e0f 0009"
	    "0002");
	is_uint(kit_last(k)->in_src_mac, UINT64_C(0x010203040506),
	    "four levels of lists");
	/* five levels of lists; the last is not looked into */
	send_data_ipfix(k, &g, 256, "0001"
	    "2b 03 012e 002a 25 03 012e 0024 1f 03 012e 001e"
	    "19 03 012e 0018 13 03 012c 0012 010203040506 0a0b0c0d0e0f 0009"
	    "0002");
	is_uint(kit_last(k)->in_src_mac, 0, "depth is limited");
	is_uint(kit_last(k)->dst_port, 2, "the record is read");
	is_uint(kit_counters(k).cut_records, 0, "none was cut");
	kit_free(k);
}

#define ETHERNET "0a0b0c0d0e0f 010203040506 "
#define IPV4_TCP "45200028 00000000 40 06 0000 c0000201 c6336402 " \
	"0457 01bb 00000000 00000000 50 12 0000 0000 0000"
#define IPV6_UDP "6ee00000 0008 11 40 " IP6_A IP6_B "0035 1234 0008 0000"

static void
test_frame(void)
{
	struct flow f;

	f = decode("315/62", ETHERNET "8100 0065 8100 0066 0800" IPV4_TCP);
	is_uint(f.proto, 6, "proto");
	ok(addr_equal(f.src_addr, addr_v4(0xc0000201)), "source");
	is_uint(f.src_port * 1000 + f.dst_port, 1111443, "ports");
	is_uint(f.tcp_flags, 0x12, "flags");
	is_uint(f.src_tos, 0x20, "tos");
	is_uint(f.in_src_mac, UINT64_C(0x010203040506), "MAC");
	is_uint(f.src_vlan * 1000 + f.dot1q_cust_vlan, 101102, "tags");
	is_uint(f.in_packets, 1, "one packet");
	is_uint(f.in_bytes, 62, "of this length");
	is_uint(f.first_ms, KIT_MS, "at the export time");
	is_uint(f.extensions, FLOW_EXT(1) | FLOW_EXT(2) | FLOW_EXT(6) |
		FLOW_EXT(12) | FLOW_EXT(15) | FLOW_EXT(35) | FLOW_EXT(38),
	    "extensions");
	f = decode("315/v 312/2 408/2 1/4", "30" IPV6_UDP
	    "05dc 000c 00000007");
	is_uint(f.dst_addr.lo, 2, "IPv6 without a link header");
	is_uint(f.src_port, 53, "port");
	is_uint(f.src_tos, 0xee, "traffic class");
	is_uint(f.in_bytes, 7, "counters of the record win");
	f = decode("312/2 315/v", "05dc 12" ETHERNET "86dd 6000 0000");
	is_uint(f.in_bytes, 1500, "frame size");
	is_uint(f.proto, 0, "a cut header");
	f = decode("315/v 7/2", "3e" ETHERNET
	    "8847 00010040 00020140" IPV4_TCP "0016");
	is_uint(f.mpls[0] * 1000 + f.mpls[1], 0x100 * 1000 + 0x201, "labels");
	is_uint(f.dst_port, 443, "port behind them");
	is_uint(f.src_port, 22, "the record's own port wins");
	f = decode("315/v", "26 " ETHERNET
	    "0800 45000028 00002001 40 11 0000 c0000201 c6336402 0035 0035");
	is_uint(f.proto, 17, "a later fragment");
	is_uint(f.src_port + f.dst_port, 0, "has no ports");
	f = decode("315/v", "48 " ETHERNET "0026 aaaa03 000000 86dd"
	    "60000000 0010 00 40" IP6_A IP6_B "3a00 000000000000 8000");
	is_uint(f.dst_port, 0x8000, "SNAP, extension header, ICMPv6");
	is_uint(f.proto, 58, "proto");
	f = decode("315/v", "00");
	is_uint(f.in_packets, 1, "no bytes of it at all");
}

int
main(void)
{
	test_rows();
	test_sizes();
	test_doubles();
	test_versions();
	test_icmp();
	test_no_traces();
	test_families();
	test_lists();
	test_frame();
	return done_testing();
}
