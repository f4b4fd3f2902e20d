/*
 * The elements of wire-protocols.md 6.2 and 5.3, a row each, written down by
 * hand and so apart from fields.def: bytes and the value they make, reduced
 * and wrong lengths, the same number of other enterprises, elements that are
 * skipped, any order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "flowkit.h"
#include "tap.h"
#include "wirekit.h"

enum protocols { V9 = 1, IPFIX = 2, BOTH = 3 };

enum kind {
	NUMBER, /* 1 to 8 bytes, the largest of the field for more */
	LOW, /* 1 to 8 bytes, the low one counts */
	WORD, /* 4 or 8 bytes */
	NTP, /* 8 */
	ADDR4, /* 4 */
	ADDR6, /* 16 */
	MAC, /* 6, or 8 with two in front */
	LABEL, /* 3, or 4 with a TTL behind */
	ACL, /* 12 */
	BYTES, /* any */
	OTHER /* not alone in its field */
};

struct element {
	enum protocols in;
	enum kind kind;
	const char *fields; /* it, and what it needs to be seen */
	const char *hex;
	const char *want; /* for flow_has() */
};

#define A16 "20010db8000000000000000000000001"

/* clang-format off */
static const struct element elements[] = {
	{ BOTH, NUMBER, "1/8", "0102030405060708",
	    "in_bytes 0x0102030405060708" },
	{ BOTH, NUMBER, "2/8", "0102030405060709",
	    "in_packets 0x0102030405060709" },
	{ BOTH, NUMBER, "3/8", "0000000000000005", "aggr_flows 5" },
	{ BOTH, NUMBER, "4/1", "06", "proto 6" },
	{ BOTH, NUMBER, "5/1", "b8", "src_tos 184" },
	{ BOTH, LOW, "6/2", "0112", "tcp_flags 0x12" },
	{ BOTH, NUMBER, "7/2", "c001", "src_port 49153" },
	{ BOTH, ADDR4, "8/4", "0a010203", "src_addr 10.1.2.3" },
	{ BOTH, NUMBER, "9/1", "18", "src_mask 24" },
	{ BOTH, NUMBER, "10/4", "00010002", "input_snmp 0x10002" },
	{ BOTH, NUMBER, "11/2", "01bb", "dst_port 443" },
	{ BOTH, ADDR4, "12/4", "0a090807", "dst_addr 10.9.8.7" },
	{ BOTH, NUMBER, "13/1", "10", "dst_mask 16" },
	{ BOTH, NUMBER, "14/4", "00020003", "output_snmp 0x20003" },
	{ BOTH, ADDR4, "15/4", "0a0000fe", "next_hop 10.0.0.254" },
	{ BOTH, NUMBER, "16/4", "fa56ea01", "src_as 4200000001" },
	{ BOTH, NUMBER, "17/4", "0000fbf0", "dst_as 64496" },
	{ BOTH, ADDR4, "18/4", "0a0000fd", "bgp_next_hop 10.0.0.253" },
	{ BOTH, NUMBER, "23/8", "0000000100000001", "out_bytes 0x100000001" },
	{ BOTH, NUMBER, "24/8", "0000000100000002",
	    "out_packets 0x100000002" },
	{ BOTH, ADDR6, "27/16", A16, "src_addr 2001:db8::1" },
	{ BOTH, ADDR6, "28/16", A16, "dst_addr 2001:db8::1" },
	{ BOTH, NUMBER, "29/1", "40", "src_mask 64" },
	{ BOTH, NUMBER, "30/1", "30", "dst_mask 48" },
	{ BOTH, NUMBER, "38/1", "05", "engine_type 5" },
	{ BOTH, NUMBER, "39/1", "06", "engine_id 6" },
	{ BOTH, NUMBER, "48/2", "0102", "sampler_id 258" },
	{ BOTH, NUMBER, "52/1", "3f", "ip_min_ttl 63" },
	{ BOTH, NUMBER, "53/1", "80", "ip_max_ttl 128" },
	{ BOTH, NUMBER, "55/1", "20", "dst_tos 32" },
	{ BOTH, MAC, "56/6", "0a0b0c0d0e01", "in_src_mac 0x0a0b0c0d0e01" },
	{ BOTH, MAC, "57/6", "0a0b0c0d0e02", "out_dst_mac 0x0a0b0c0d0e02" },
	{ BOTH, NUMBER, "58/2", "0065", "src_vlan 101" },
	{ BOTH, NUMBER, "59/2", "00ca", "dst_vlan 202" },
	{ BOTH, OTHER, "60/1 256/2", "06 86dd", "ip_version 6" },
	{ BOTH, NUMBER, "61/1", "01", "direction 1" },
	{ BOTH, ADDR6, "62/16", A16, "next_hop 2001:db8::1" },
	{ BOTH, ADDR6, "63/16", A16, "bgp_next_hop 2001:db8::1" },
	{ BOTH, LABEL, "70/3", "000101", "mpls_1 0x101" },
	{ BOTH, LABEL, "71/3", "000201", "mpls_2 0x201" },
	{ BOTH, LABEL, "72/3", "000301", "mpls_3 0x301" },
	{ BOTH, LABEL, "73/3", "000401", "mpls_4 0x401" },
	{ BOTH, LABEL, "74/3", "000501", "mpls_5 0x501" },
	{ BOTH, LABEL, "75/3", "000601", "mpls_6 0x601" },
	{ BOTH, LABEL, "76/3", "000701", "mpls_7 0x701" },
	{ BOTH, LABEL, "77/3", "000801", "mpls_8 0x801" },
	{ BOTH, LABEL, "78/3", "000901", "mpls_9 0x901" },
	{ BOTH, LABEL, "79/3", "000a01", "mpls_10 0xa01" },
	{ BOTH, MAC, "80/6", "0a0b0c0d0e03", "in_dst_mac 0x0a0b0c0d0e03" },
	{ BOTH, MAC, "81/6", "0a0b0c0d0e04", "out_src_mac 0x0a0b0c0d0e04" },
	{ BOTH, NUMBER, "85/8", "0000000000000011", "in_bytes 17" },
	{ BOTH, NUMBER, "86/8", "0000000000000012", "in_packets 18" },
	{ BOTH, NUMBER, "89/1", "40", "fwd_status 64" },
	{ BOTH, BYTES, "95/4", "0d000319", "app_id 0d000319" },
	{ BOTH, NUMBER, "128/4", "00010203", "next_as 66051" },
	{ BOTH, NUMBER, "129/4", "00010204", "prev_as 66052" },
	{ BOTH, NUMBER, "136/1", "02", "end_reason 2" },
	{ BOTH, NUMBER, "138/8", "0000000200000001",
	    "observation_point 0x200000001" },
	{ V9, NUMBER, "148/4", "00002134", "connect_id 8500" },
	{ IPFIX, NUMBER, "148/8", "0000000300000001", "flow_id 0x300000001" },
	{ BOTH, NUMBER, "149/4", "00000007", "observation_domain 7" },
	{ BOTH, NUMBER, "171/8", "0000000000000013", "out_bytes 19" },
	{ BOTH, NUMBER, "172/8", "0000000000000014", "out_packets 20" },
	{ BOTH, NUMBER, "180/2", "0035", "src_port 53" },
	{ BOTH, NUMBER, "181/2", "0036", "dst_port 54" },
	{ BOTH, NUMBER, "182/2", "0037", "src_port 55" },
	{ BOTH, NUMBER, "183/2", "0038", "dst_port 56" },
	{ BOTH, NUMBER, "192/1", "3e", "ip_min_ttl 62" },
	{ BOTH, NUMBER, "197/1", "60", "ip_fragment 0x60" },
	{ BOTH, ADDR4, "225/4", "c6336401", "src_xlt_ip 198.51.100.1" },
	{ BOTH, ADDR4, "226/4", "c6336402", "dst_xlt_ip 198.51.100.2" },
	{ BOTH, NUMBER, "227/2", "1234", "src_xlt_port 0x1234" },
	{ BOTH, NUMBER, "228/2", "1235", "dst_xlt_port 0x1235" },
	{ BOTH, NUMBER, "230/1", "04", "nat_event_id 4 record_flags 1" },
	{ BOTH, NUMBER, "231/8", "0000000000000015", "in_bytes 21" },
	{ BOTH, WORD, "232/8", "0000000000000016", "out_bytes 22" },
	{ BOTH, NUMBER, "233/1", "02", "event_id 2 record_flags 1" },
	{ BOTH, NUMBER, "234/4", "00000101", "ingress_vrf 257" },
	{ BOTH, NUMBER, "235/4", "00000102", "egress_vrf 258" },
	{ BOTH, NUMBER, "239/1", "01", "biflow_dir 1" },
	{ BOTH, NUMBER, "243/2", "0067", "src_vlan 103" },
	{ BOTH, NUMBER, "254/2", "00cb", "dst_vlan 203" },
	{ BOTH, NUMBER, "245/2", "0068", "cust_vlan_id 104" },
	{ BOTH, NUMBER, "255/2", "0069", "post_cust_vlan_id 105" },
	{ BOTH, NUMBER, "252/4", "00000201", "phys_ingress 513" },
	{ BOTH, NUMBER, "253/4", "00000202", "phys_egress 514" },
	{ BOTH, NUMBER, "256/2", "0800", "ethertype 0x800" },
	{ BOTH, NUMBER, "278/4", "00000009", "aggr_flows 9" },
	{ BOTH, ADDR6, "281/16", A16, "src_xlt_ip 2001:db8::1" },
	{ BOTH, ADDR6, "282/16", A16, "dst_xlt_ip 2001:db8::1" },
	{ BOTH, NUMBER, "283/4", "00000301", "nat_pool_id 769" },
	{ BOTH, NUMBER, "298/8", "0000000000000017", "in_packets 23" },
	{ BOTH, NUMBER, "299/8", "0000000000000018", "out_packets 24" },
	{ BOTH, NUMBER, "302/8", "0000000400000001",
	    "sampler_id 0x400000001" },
	{ BOTH, NUMBER, "312/2", "05dc", "frame_size 1500" },
	{ BOTH, BYTES, "315/4", "01020304",
	    "frame 01020304 in_packets 1 in_bytes 4" },
	{ BOTH, NUMBER, "351/8", "0100000000123456",
	    "vxlan 0x0100000000123456" },
	{ BOTH, NUMBER, "361/2", "0400", "pblock_start 1024" },
	{ BOTH, NUMBER, "362/2", "07ff", "pblock_end 2047" },
	{ BOTH, NUMBER, "363/2", "0001", "pblock_step 1" },
	{ BOTH, NUMBER, "364/2", "0401", "pblock_size 1025" },
	{ IPFIX, BYTES, "371/4", "616c0000", "user_name 616c" },
	{ BOTH, NUMBER, "408/2", "000b", "link_type 11" },

	/* time: 1700000000 is the export */
	{ BOTH, OTHER, "150/4", "6553f0ff", "first 1699999999000" },
	{ BOTH, OTHER, "151/4", "6553f0ff", "last 1699999999000" },
	{ BOTH, OTHER, "150/8 151/8", "000000006553f0f6 000000006553f0ff",
	    "first 1699999990000 last 1699999999000" },
	{ BOTH, OTHER, "152/8", "0000018bcfe563d8", "first 1699999998936" },
	{ BOTH, OTHER, "153/8", "0000018bcfe563d8", "last 1699999998936" },
	{ BOTH, OTHER, "152/6", "018bcfe563d8", "first 1699999998936" },
	{ BOTH, NTP, "154/8", "e8fe6f7f80000000", "first 1699999999500" },
	{ BOTH, NTP, "155/8", "e8fe6f7f80000000", "last 1699999999500" },
	{ BOTH, NTP, "156/8", "e8fe6f7f40000001", "first 1699999999250" },
	{ BOTH, NTP, "157/8", "e8fe6f7f40000001", "last 1699999999250" },
	{ BOTH, OTHER, "158/4", "000f4240", "first 1699999999000" },
	{ BOTH, OTHER, "159/4", "000f4240", "last 1699999999000" },
	{ BOTH, OTHER, "161/4 152/8", "000003e8 0000018bcfe563d8",
	    "first 1699999998936 last 1699999999936" },
	{ BOTH, OTHER, "162/4 153/8", "000f4240 0000018bcfe563d8",
	    "first 1699999997936 last 1699999998936" },
	{ V9, OTHER, "22/4", "000f3e58", "first 1699999999000" },
	{ V9, OTHER, "21/8", "00000000000f3e58", "last 1699999999000" },
	{ IPFIX, OTHER, "22/4 160/8", "00000002 0000018bcfe563d8",
	    "first 1699999998938" },
	{ IPFIX, OTHER, "21/8 160/8", "0000000000000002 0000018bcfe563d8",
	    "last 1699999998938" },
	{ BOTH, OTHER, "322/4", "6553f0ff",
	    "event_time 1699999999000 first 1699999999000" },
	{ BOTH, OTHER, "323/8", "0000018bcfe563d8",
	    "event_time 1699999998936 last 1699999998936" },
	{ BOTH, NTP, "324/8", "e8fe6f7f80000000", "event_time 1699999999500" },
	{ BOTH, NTP, "325/8", "e8fe6f7f80000000", "event_time 1699999999500" },

	/* ICMP */
	{ BOTH, OTHER, "32/2 4/1", "0301 01", "dst_port 0x301 src_port 0" },
	{ BOTH, OTHER, "139/2 4/1", "8102 3a", "dst_port 0x8102" },
	{ BOTH, OTHER, "176/1 4/1", "0b 01", "dst_port 0xb00" },
	{ BOTH, OTHER, "177/1 176/1 4/1", "01 0b 01", "dst_port 0xb01" },
	{ BOTH, OTHER, "178/1 4/1", "01 3a", "dst_port 0x100" },
	{ BOTH, OTHER, "179/1 178/1 4/1", "04 01 3a", "dst_port 0x104" },

	/* sampling with each flow */
	{ BOTH, OTHER, "34/4 2/4", "0000000a 00000003",
	    "in_packets 30 record_flags 2" },
	{ BOTH, OTHER, "35/1 34/4 2/4", "01 0000000a 00000003",
	    "in_packets 30" },
	{ BOTH, OTHER, "50/4 49/1 2/4", "0000000a 02 00000003",
	    "in_packets 30" },
	{ BOTH, OTHER, "305/4 306/4 2/4", "00000001 00000009 00000003",
	    "in_packets 30" },
	{ BOTH, OTHER, "309/4 310/4 1/4", "00000002 0000000a 00000004",
	    "in_bytes 20" },
	{ BOTH, OTHER, "311/8 23/4", "3fb999999999999a 00000003",
	    "out_bytes 30" },

	/* numbers of v9 alone */
	{ V9, ACL, "33000/12", "000000010000000200000003",
	    "ingress_acl 1 ingress_ace 2 ingress_xace 3" },
	{ V9, ACL, "33001/12", "000000040000000500000006",
	    "egress_acl 4 egress_ace 5 egress_xace 6" },
	{ V9, NUMBER, "33002/2", "03e9", "xevent_id 1001" },
	{ V9, BYTES, "40000/20", "626f62" "0000000000000000000000000000000000",
	    "user_name 626f62" },
	{ V9, ADDR4, "40001/4", "c6336403", "src_xlt_ip 198.51.100.3" },
	{ V9, ADDR4, "40002/4", "c6336404", "dst_xlt_ip 198.51.100.4" },
	{ V9, NUMBER, "40003/2", "2234", "src_xlt_port 0x2234" },
	{ V9, NUMBER, "40004/2", "2235", "dst_xlt_port 0x2235" },
	{ V9, NUMBER, "40005/1", "03", "event_id 3 record_flags 1" },
	{ V9, OTHER, "57554/4 57555/4", "00000001 00000002",
	    "cli_latency 1000002" },
	{ V9, OTHER, "57556/4 57557/4", "00000001 00000003",
	    "srv_latency 1000003" },
	{ V9, OTHER, "57558/4 57559/4", "00000001 00000004",
	    "app_latency 1000004" },

	/* enterprises */
	{ IPFIX, ADDR4, "9.12236/4", "0a010204", "src_addr 10.1.2.4" },
	{ IPFIX, ADDR4, "9.12237/4", "0a010205", "dst_addr 10.1.2.5" },
	{ IPFIX, NUMBER, "9.12241/2", "0050", "dst_port 80" },
	{ IPFIX, NUMBER, "9.8337/8", "0000000000000019", "in_bytes 25" },
	{ IPFIX, NUMBER, "9.8338/8", "000000000000001a", "out_bytes 26" },
	{ IPFIX, NUMBER, "637.91/2", "0041", "in_service_id 65" },
	{ IPFIX, NUMBER, "637.92/2", "0042", "out_service_id 66" },
	{ IPFIX, BYTES, "637.93/4", "61626300", "nat_string 616263" },
	{ IPFIX, BYTES, "6871.18/4", "61626364", "in_payload 61626364" },
	{ IPFIX, BYTES, "6871.16402/4", "65666768", "out_payload 65666768" },
	{ IPFIX, NUMBER, "29305.1/8", "000000000000001b", "out_bytes 27" },
	{ IPFIX, NUMBER, "29305.2/8", "000000000000001c", "out_packets 28" },
	{ IPFIX, NUMBER, "29305.5/1", "0c", "dst_tos 12" },
	{ IPFIX, NUMBER, "29305.23/8", "000000000000001d", "out_bytes 29" },
	{ IPFIX, NUMBER, "29305.24/8", "000000000000001e", "out_packets 30" },
	{ IPFIX, NUMBER, "29305.85/8", "000000000000001f", "out_bytes 31" },
	{ IPFIX, NUMBER, "29305.86/8", "0000000000000020", "out_packets 32" },
	{ IPFIX, NUMBER, "35632.82/4", "00000001", "cli_latency 1000000" },
	{ IPFIX, NUMBER, "35632.83/4", "00000002", "cli_latency 2" },
	{ IPFIX, NUMBER, "35632.84/4", "00000001", "srv_latency 1000000" },
	{ IPFIX, NUMBER, "35632.85/4", "00000003", "srv_latency 3" },
	{ IPFIX, NUMBER, "35632.86/4", "00000001", "app_latency 1000000" },
	{ IPFIX, NUMBER, "35632.87/4", "00000004", "app_latency 4" },
};

/* Nothing for us, in whatever protocol. */
static const uint16_t skipped[] = { 19, 20, 25, 26, 31, 33, 36, 37, 40, 41, 42,
	43, 44, 45, 46, 47, 51, 54, 64, 84, 88, 90, 98, 99, 130, 131, 184, 185,
	195, 196, 201, 206, 209, 210, 224, 291, 346, 365, 366, 367, 368, 369,
	370, 372, 511, 512, 8192, 12236 };

/* And in v9 alone, where no bit says that an enterprise follows. */
static const uint16_t skipped_v9[] = { 0, 371, 32769, 33003, 34000, 39999,
	40006, 56701, 56702, 57472, 57553, 57560, 57943, 65535 };
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a template and one record of it come to. */
static struct kit *
decode(unsigned version, const char *fields, const char *hex)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	if (version == 9) {
		send_template_v9(k, &g, 256, fields);
		send_data_v9(k, &g, 256, hex);
	} else {
		send_template_ipfix(k, &g, 256, fields);
		send_data_ipfix(k, &g, 256, hex);
	}
	return k;
}

static bool
is_in(const struct element *e, unsigned version)
{
	return (e->in & (version == 9 ? V9 : IPFIX)) != 0;
}

/* Enterprise and number of the first of the fields. */
static unsigned long
number_of(const char *fields, unsigned long *pen)
{
	char *end;
	unsigned long n = strtoul(fields, &end, 10);

	*pen = 0;
	if (*end != '.')
		return n;
	*pen = n;
	return strtoul(end + 1, NULL, 10);
}

/* The field that the element is for. */
static enum field_id
field_of(const struct element *e)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(e->want, " "),
	    e->want);
	return field_by_name(name);
}

static void
test_value(const struct element *e, unsigned version)
{
	struct kit *k = decode(version, e->fields, e->hex);

	ok(k->flows == 1 && flow_has(&k->flow[0], e->want), "v%u %s is %s",
	    version, e->fields, e->want);
	kit_free(k);
}

/* A field of len bytes, all the same, with another behind it. */
static struct kit *
decode_len(const struct element *e, unsigned version, unsigned len,
    const char *byte)
{
	char fields[64], hex[64] = "";
	unsigned company = field_of(e) == FLD_END_REASON ? 61 : 136;

	snprintf(fields, sizeof(fields), "%.*s/%u %u/1",
	    (int)strcspn(e->fields, "/"), e->fields, len, company);
	for (unsigned i = 0; i < len; i++)
		memcpy(hex + (size_t)2 * i, byte, 3);
	memcpy(hex + (size_t)2 * len, "03", 3);
	return decode(version, fields, hex);
}

static bool
is_length(enum kind kind, unsigned len)
{
	switch (kind) {
	case NUMBER:
	case LOW:
		return len >= 1 && len <= 8;
	case WORD:
		return len == 4 || len == 8;
	case NTP:
		return len == 8;
	case ADDR4:
		return len == 4;
	case ADDR6:
		return len == 16;
	case MAC:
		return len == 6 || len == 8;
	case LABEL:
		return len == 3 || len == 4;
	case ACL:
		return len == 12;
	default:
		return len >= 1;
	}
}

/* The field that was behind it. */
static bool
has_company(const struct flow *f, const struct element *e)
{
	return flow_has(f, field_of(e) == FLD_END_REASON ? "direction 3" :
	    "end_reason 3");
}

/* Is the field what it is without an element? */
static bool
is_absent(const struct flow *f, enum field_id id)
{
	switch (id) {
	case FLD_FIRST:
	case FLD_LAST:
		return f->first_ms == KIT_MS && f->last_ms == KIT_MS;
	case FLD_FLOWS:
		return f->flows <= 1;
	default:
		return flow_is_zero(f, id);
	}
}

/* Of no length, or one that it cannot have, it is as if it were absent. */
static void
test_lengths(const struct element *e, unsigned version)
{
	enum field_id id = field_of(e);
	unsigned wrong = 0, told = 0;

	for (unsigned len = 0; len <= 20; len++) {
		struct kit *k = decode_len(e, version, len, "ff");
		const struct flow *f = &k->flow[0];
		bool is_there = !is_absent(f, id);

		if (k->flows != 1 || !has_company(f, e) ||
		    is_there != is_length(e->kind, len))
			wrong |= 1U << len;
		told += is_there;
		kit_free(k);
	}
	ok(wrong == 0 && told > 0, "v%u %s: lengths 0 to 20, wrong 0x%x",
	    version, e->fields, wrong);
}

/* The largest number of len bytes, or of the field. */
static uint64_t
largest(const struct element *e, enum field_id id, unsigned len)
{
	unsigned size = field_table[id].size;
	unsigned bytes = e->kind == LOW ? 1 : len < size ? len : size;

	return bytes == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * bytes) - 1;
}

static void
test_reduced(const struct element *e, unsigned version)
{
	enum field_id id = field_of(e);
	unsigned wrong = 0;
	char want[100];

	for (unsigned len = 1; len <= 8; len++) {
		struct kit *k = decode_len(e, version, len, "ff");

		snprintf(want, sizeof(want), "%s %ju", field_name(id),
		    (uintmax_t)largest(e, id, len));
		if (k->flows != 1 || !flow_has(&k->flow[0], want))
			wrong |= 1U << len;
		kit_free(k);
	}
	ok(wrong == 0, "v%u %s: 1 to 8 bytes, wrong 0x%x", version, e->fields,
	    wrong);
}

/* Seconds are made microseconds. */
static bool
is_scaled(const struct element *e)
{
	return strncmp(e->fields, "35632.", 6) == 0;
}

static void
test_elements(unsigned version)
{
	for (size_t i = 0; i < COUNT(elements); i++) {
		const struct element *e = &elements[i];

		if (!is_in(e, version))
			continue;
		test_value(e, version);
		if (e->kind != OTHER)
			test_lengths(e, version);
		if ((e->kind == NUMBER || e->kind == LOW) && !is_scaled(e))
			test_reduced(e, version);
	}
}

static bool
is_known(unsigned long pen, unsigned long number)
{
	unsigned long other;

	for (size_t i = 0; i < COUNT(elements); i++)
		if (number_of(elements[i].fields, &other) == number &&
		    other == pen)
			return true;
	return false;
}

/* The number with another enterprise around the element, and alone. */
static void
test_stranger(const struct element *e, unsigned long pen)
{
	unsigned long own, number = number_of(e->fields, &own);
	char fields[200], hex[200];
	struct kit *k;

	snprintf(fields, sizeof(fields), "%lu.%lu/4 %s %lu.%lu/v", pen, number,
	    e->fields, pen, number);
	snprintf(hex, sizeof(hex), "01020304 %s 0405060708", e->hex);
	k = decode(10, fields, hex);
	ok(k->flows == 1 && flow_has(&k->flow[0], e->want),
	    "%s, not that of %lu", e->fields, pen);
	is_uint(kit_counters(k).unknown_elements, 2, "which is not known");
	kit_free(k);
	snprintf(fields, sizeof(fields), "%lu.%lu/4", pen, number);
	k = decode(10, fields, "01020304");
	is_uint(k->flows, 0, "and nothing alone");
	kit_free(k);
}

static void
test_strangers(void)
{
	static const unsigned long pens[] = { 1, 9, 637, 2636, 6871, 29305,
		35632, 65545, 4294967295 };
	unsigned long own, number;

	for (size_t i = 0; i < COUNT(elements); i++) {
		number = number_of(elements[i].fields, &own);
		if (elements[i].in == V9)
			continue;
		for (size_t j = 0; j < COUNT(pens); j++)
			if (!is_known(pens[j], number))
				test_stranger(&elements[i], pens[j]);
		if (own != 0)
			test_stranger(&elements[i], own + 65536);
	}
}

static void
test_skipped_one(unsigned version, unsigned number)
{
	char fields[64];
	struct kit *k;

	snprintf(fields, sizeof(fields), "%u/3", number);
	k = decode(version, fields, "010203");
	is_uint(k->flows, 0, "v%u %s: nothing", version, fields);
	kit_free(k);
	snprintf(fields, sizeof(fields), "7/2 %u/v 11/2", number);
	k = decode(version, fields, "0016 0301ff02 0017");
	ok(k->flows == 1 && flow_has(&k->flow[0], "src_port 22 dst_port 23"),
	    "v%u %s: skipped by its length", version, fields);
	kit_free(k);
}

static void
test_skipped(void)
{
	for (size_t i = 0; i < COUNT(skipped); i++) {
		test_skipped_one(9, skipped[i]);
		test_skipped_one(10, skipped[i]);
	}
	for (size_t i = 0; i < COUNT(skipped_v9); i++)
		test_skipped_one(9, skipped_v9[i]);
}

/* Elements that together leave each its value: one for each field. */
static unsigned
pick_friends(unsigned version, const struct element *list[])
{
	bool is_taken[FLD_COUNT] = { false };
	unsigned n = 0;

	for (size_t i = 0; i < COUNT(elements); i++) {
		const struct element *e = &elements[i];
		enum field_id id = field_of(e);

		if (!is_in(e, version) || strchr(e->fields, ' ') != NULL ||
		    is_taken[id])
			continue;
		is_taken[id] = true;
		list[n++] = e;
	}
	return n;
}

static void
shuffle(struct dice *d, const struct element *list[], unsigned n)
{
	for (unsigned i = n; i > 1; i--) {
		unsigned other = (unsigned)dice_below(d, i);
		const struct element *e = list[i - 1];

		list[i - 1] = list[other];
		list[other] = e;
	}
}

static void
reverse(const struct element *list[], unsigned n)
{
	for (unsigned i = 0; i < n / 2; i++) {
		const struct element *e = list[i];

		list[i] = list[n - 1 - i];
		list[n - 1 - i] = e;
	}
}

/* All in one record, in this order. */
static void
test_together(unsigned version, const struct element *list[], unsigned n,
    const char *order)
{
	char fields[4096] = "", hex[4096] = "";
	size_t at = 0, len = 0;
	unsigned wrong = 0;
	struct kit *k;

	for (unsigned i = 0; i < n; i++) {
		at += (size_t)snprintf(fields + at, sizeof(fields) - at,
		    "%s ", list[i]->fields);
		len += (size_t)snprintf(hex + len, sizeof(hex) - len, "%s ",
		    list[i]->hex);
	}
	k = decode(version, fields, hex);
	for (unsigned i = 0; i < n && k->flows == 1; i++)
		if (list[i]->kind == BYTES && list[i]->want[0] == 'f')
			wrong += !flow_has(&k->flow[0], "frame 01020304");
		else
			wrong += !flow_has(&k->flow[0], list[i]->want);
	ok(k->flows == 1 && wrong == 0, "v%u: %u elements %s", version, n,
	    order);
	kit_free(k);
}

static void
test_orders(struct dice *d, unsigned version)
{
	const struct element *list[COUNT(elements)];
	unsigned n = pick_friends(version, list);

	ok(n > 80, "%u elements at once", n);
	test_together(version, list, n, "in order of the table");
	reverse(list, n);
	test_together(version, list, n, "from the end");
	for (int i = 0; i < 50; i++) {
		shuffle(d, list, n);
		test_together(version, list, n, "in any order");
	}
}

int
main(void)
{
	struct dice d;

	dice_init(&d);
	test_elements(9);
	test_elements(10);
	test_strangers();
	test_skipped();
	test_orders(&d, 9);
	test_orders(&d, 10);
	return done_testing();
}
