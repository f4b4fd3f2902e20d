/*
 * What single makes of exporters do (wire-protocols.md 15), by packets made
 * for it, and names from option records.
 *
 * Recorded packets of the following are in test_wire_groups, with the same
 * quirks: Cisco ASA, ASR 9000, 1941 and NBAR, FortiGate, MikroTik, Huawei,
 * H3C, Palo Alto, VMware, YAF, softflowd, pflow, ipt_NETFLOW, nProbe,
 * Barracuda, Juniper SRX, EdgeRouter.  Nokia and devices without a clock are
 * in test_wire_time, Open vSwitch's VNI records in test_wire_sflow.
 */
#include <stdio.h>
#include <string.h>

#include "flowkit.h"
#include "tap.h"
#include "wirekit.h"

struct quirk {
	const char *exporter;
	unsigned version;
	unsigned scopes;
	const char *options; /* an options template and its data, or NULL */
	const char *options_hex;
	const char *fields;
	const char *hex;
	const char *want; /* of the last flow; NULL: there is none */
};

#define A16 "20010db8000000000000000000000001"
#define B16 "20010db8000000000000000000000002"
#define NAME20 "626f62" "0000000000000000000000000000000000"
#define NAME65 NAME20 NAME20 NAME20 "0000000000"
#define ETHERNET "0a0b0c0d0e0f 010203040506 0800 "
#define TCP "45000028 00000000 40 06 0000 c0000201 c6336402 " \
	"0457 01bb 00000000 00000000 50 12 0000 0000 0000"

/* clang-format off */
static const struct quirk quirks[] = {
	{ "Cisco ASA: create, ICMP identifier in the ports", 9, 0, NULL, NULL,
	    "148/4 8/4 7/2 12/4 11/2 4/1 176/1 177/1 40005/1 323/8 40000/20",
	    "00000007 0a000001 1234 0a000002 1234 01 08 00 01 "
	    "0000018bcfe563d8 " NAME20,
	    "src_port 0 dst_port 0x800 event_id 1 in_bytes 0 record_flags 1 "
	    "first 1699999998936 user_name 626f62 connect_id 7" },
	{ "Cisco ASA: long user name, counters of both directions", 9, 0,
	    NULL, NULL, "40000/65 231/4 232/4 298/4 299/4 233/1",
	    NAME65 "00000001 00000002 00000003 00000004 02",
	    "user_name 626f62 in_bytes 1 out_bytes 2 in_packets 3 "
	    "out_packets 4 event_id 2" },
	{ "Cisco ASA before 8.4.5", 9, 0, NULL, NULL, "85/4 40005/1",
	    "00000011 02", "in_bytes 17 event_id 2" },
	{ "Cisco IOS XR, older", 10, 0, NULL, NULL, "22/4 21/4",
	    "00000064 000007d0", "first 1699999998100 last 1700000000000" },
	{ "Cisco IOS XR, newer", 10, 1, "143/4 160/8",
	    "00000001 0000018bcfe563d8", "22/4 21/4", "00000000 00000001",
	    "first 1699999998936 last 1699999998937" },
	{ "Cisco NX-OS", 9, 0, NULL, NULL, "22/8 21/8",
	    "00000000000f1b30 00000000000f3e58",
	    "first 1699999990000 last 1699999999000" },
	{ "Cisco ACI", 9, 0, NULL, NULL, "351/8 8/4",
	    "0100000000123456 0a000001", "vxlan 0x0100000000123456" },
	{ "Cisco IOS XE", 9, 0, NULL, NULL, "150/4 151/4",
	    "6553f0f6 6553f0ff", "first 1699999990000 last 1699999999000" },
	{ "Cisco WLC", 9, 0, NULL, NULL, "365/6 147/8 367/6 61/1 1/8 2/8",
	    "010203040506 6162636465666768 010203040506 00 "
	    "0000000000000064 0000000000000002",
	    "in_bytes 100 in_packets 2 src_port 0" },
	{ "Cisco Viptela", 10, 0, NULL, NULL,
	    "41916.4321/4 85/8 1/8 86/8 2/8 150/4 151/4",
	    "00000001 0000000000000064 0000000000000032 0000000000000004 "
	    "0000000000000002 00000005 00000006",
	    "in_bytes 50 in_packets 2 first 5000 last 6000" },
	{ "Cisco Meraki", 9, 0, NULL, NULL, "22/4 21/4",
	    "00000010 00000020", "first 1699999000016 last 1699999000032" },
	{ "Juniper MX", 10, 1, "144/4 34/4", "00000001 00000064", "2/8",
	    "0000000000000003", "in_packets 300 record_flags 2" },
	{ "Juniper MX, newer", 10, 1, "144/4 305/4 306/4",
	    "00000001 00000001 00000063", "2/8", "0000000000000003",
	    "in_packets 300" },
	{ "Juniper SRX", 9, 0, "34/4 35/1", "00000001 01", "2/4", "00000003",
	    "in_packets 3 record_flags 2" },
	{ "Juniper inline monitoring", 10, 0, NULL, NULL,
	    "10/4 14/4 61/1 312/2 2636.1137/4 2636.1137/4 2636.1137/4 315/v",
	    "00000001 00000002 00 05dc 0a000001 0a000002 0a000003 "
	    "36" ETHERNET TCP,
	    "input_snmp 1 output_snmp 2 src_addr 192.0.2.1 dst_port 443 "
	    "in_bytes 1500 in_packets 1 first 1700000000000" },
	{ "Juniper CGN", 9, 0, NULL, NULL, "8/4 225/4 230/1",
	    "64400001 c6336401 0e", "src_addr 100.64.0.1 nat_event_id 14 "
	    "src_xlt_ip 198.51.100.1 record_flags 1" },
	{ "Fortinet FortiGate", 9, 1, "1/2 40/4 41/4 42/4 36/2 37/2 34/4 35/1",
	    "0000 00000001 00000002 00000003 003c 000f 00000005 01",
	    "95/9 1/8 23/8", "140000001130353434 0000000000000001 "
	    "0000000000000002",
	    "app_id 140000001130353434 in_bytes 5 out_bytes 10" },
	{ "Fortinet FortiGate: sampling 0", 9, 1, "1/2 34/4 35/1",
	    "0000 00000000 00", "1/8", "0000000000000001",
	    "in_bytes 1 record_flags 0" },
	{ "MikroTik, older", 10, 0, NULL, NULL, "21/4 22/4 225/4 226/4",
	    "000003e8 00000000 c6336401 c6336402",
	    "first 1699999999000 last 1700000000000 dst_xlt_ip 198.51.100.2" },
	{ "MikroTik, newer", 10, 0, NULL, NULL, "22/4 21/4 160/8",
	    "00000000 00000001 0000018bcfe563d8",
	    "first 1699999998936 last 1699999998937" },
	{ "Huawei NetStream", 9, 0, NULL, NULL,
	    "1/4 2/4 34/4 35/1 232/2 58/2 59/2",
	    "0000000a 00000001 00000064 02 0007 0065 00ca",
	    "in_bytes 1000 in_packets 100 out_bytes 0 src_vlan 101 "
	    "dst_vlan 202" },
	{ "H3C", 9, 0, NULL, NULL, "236/v 0/4 34/4 2/4 7/2",
	    "03616263 ffffffff 00000002 00000005 0000", "in_packets 10" },
	{ "Palo Alto", 9, 0, NULL, NULL, "22/4 21/4 233/1 56701/8 56702/v",
	    "000f1b30 000f3e58 05 7765622d00000000 03616263",
	    "first 1699999990000 last 1699999999000 event_id 5" },
	{ "VMware", 10, 0, NULL, NULL,
	    "6876.880/1 152/8 153/8 351/8 6876.888/2 1/8",
	    "01 0000018bcfe56400 0000018bcfe56800 0000000000001388 0001 "
	    "0000000000000005", "vxlan 5000 in_bytes 5 last 1700000000000" },
	{ "YAF", 10, 1, "145/2 160/8 86/8", "b311 0000018bcfe563d8 "
	    "0000000000000001", "85/8 86/8 29305.85/8 29305.86/8 29305.6/1",
	    "0000000000000001 0000000000000002 0000000000000003 "
	    "0000000000000004 12",
	    "in_bytes 1 in_packets 2 out_bytes 3 out_packets 4 tcp_flags 0" },
	{ "softflowd", 10, 1, "143/4 160/8 305/4 306/4",
	    "00000001 0000018bcfe563d8 0000000a 00000009", "2/4 22/4 21/4",
	    "00000003 00000000 00000001",
	    "in_packets 30 first 1699999998936 last 1699999998937" },
	{ "softflowd: both directions", 10, 0, NULL, NULL,
	    "1/4 2/4 6/1 29305.1/4 29305.2/4 29305.6/1",
	    "00000001 00000002 12 00000003 00000004 1b",
	    "in_bytes 1 out_bytes 3 out_packets 4 tcp_flags 0x12" },
	{ "pflow of FreeBSD", 10, 0, NULL, NULL, "230/1 323/8 8/4 225/4",
	    "04 0000018bcfe563d8 0a000001 c6336401",
	    "nat_event_id 4 event_time 1699999998936 first 1699999998936" },
	{ "ipt_NETFLOW", 10, 1, "144/4 302/4 304/2 305/4 306/4",
	    "00000001 00000001 0005 00000001 00000003", "209/4 2/3",
	    "00000000 000002", "in_packets 8" },
	{ "ipt_NETFLOW of v9", 9, 1, "1/4 48/1 49/1 50/2",
	    "00000000 01 02 0004", "48/1 2/2", "01 0002", "in_packets 8" },
	{ "nProbe", 9, 0, NULL, NULL, "57590/2 57591/v 95/9 1/4 23/4",
	    "0007 03616263 140000001130353434 00000001 00000002",
	    "app_id 140000001130353434 in_bytes 1 out_bytes 2" },
	{ "Nokia SR OS", 10, 1, "144/4 305/4 306/4",
	    "00000001 00000001 00000009", "637.91/2 152/8 2/4",
	    "0001 0000018bcfe563d8 00000002",
	    "nat_event_id 4 in_packets 20" },
	{ "Barracuda", 10, 0, NULL, NULL,
	    "10704.1/v 21/4 22/4 161/4 85/8 1/8 233/1",
	    "03616263 000003e8 00000000 000003e8 0000000000000041 "
	    "0000000000000000 02", "first 1699999999000 last 1700000000000 "
	    "in_bytes 0" },
	{ "Citrix NetScaler", 10, 0, NULL, NULL,
	    "5951.128/4 154/8 155/8 5951.129/v",
	    "00000001 e8fe6f7f40000000 e8fe6f7f80000000 03616263",
	    "first 1699999999250 last 1699999999500" },
	{ "Citrix NetScaler: applications", 10, 0, NULL, NULL,
	    "5951.271/v 5951.272/4", "03616263 00000001", NULL },
	{ "Procera", 10, 0, NULL, NULL,
	    "15397.1/8 15397.2/8 8/4 12/4 27/16 28/16",
	    "0000000000000064 0000000000000064 00000000 00000000 " A16 B16,
	    "in_bytes 0 src_addr 2001:db8::1 dst_addr 2001:db8::2" },
	{ "Procera, IPv4", 10, 0, NULL, NULL, "27/16 28/16 8/4 12/4",
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000 0a000001 0a000002",
	    "src_addr 10.0.0.1 dst_addr 10.0.0.2" },
	{ "Ixia", 10, 0, NULL, NULL,
	    "4/1 32/2 29305.32/2 29305.32/2 29305.139/2",
	    "01 0800 0000 0000 8100", "dst_port 0x800" },
	{ "Sophos UTM", 9, 0, NULL, NULL, "150/4 1/4", "6553f0ff 00000001",
	    "first 1699999999000 last 1699999999000" },
	{ "VPP", 10, 0, NULL, NULL, "156/8 157/8",
	    "e8fe6f7f40000000 e8fe6f7f80000000",
	    "first 1699999999250 last 1699999999500" },
	{ "Open vSwitch", 10, 0, NULL, NULL, "158/4 159/4",
	    "001e8480 000f4240", "first 1699999998000 last 1699999999000" },
	{ "Streamcore", 9, 0, NULL, NULL, "8192/4 1/4 8193/v 8300/2",
	    "00000001 00000002 03616263 0003", "in_bytes 2" },
	{ "the same element many times", 10, 0, NULL, NULL,
	    "2/4 9.9999/2 9.9999/2 9.9999/2 9.9999/2 9.9999/2 9.9999/2 1/4",
	    "00000001 0001 0002 0003 0004 0005 0006 00000002",
	    "in_packets 1 in_bytes 2" },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Options and flows, each in one packet with its template. */
static struct kit *
decode(const struct quirk *q)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	bool is_v9 = q->version == 9;

	if (q->options != NULL) {
		begin_version(&g, q->version);
		begin_set(&g, is_v9 ? 1 : 3);
		put_options(&g, 300, q->scopes, q->options);
		begin_set(&g, 300);
		put_hex(&g, q->options_hex);
		send_dgram(k, &g);
	}
	begin_version(&g, q->version);
	begin_set(&g, is_v9 ? 0 : 2);
	put_template(&g, 256, q->fields);
	begin_set(&g, 256);
	put_hex(&g, q->hex);
	send_dgram(k, &g);
	return k;
}

static void
test_quirks(void)
{
	for (size_t i = 0; i < COUNT(quirks); i++) {
		const struct quirk *q = &quirks[i];
		struct kit *k = decode(q);

		is_uint(k->flows, q->want != NULL, "%s: flows", q->exporter);
		if (q->want != NULL)
			ok(flow_has(kit_last(k), q->want), "%s: %s",
			    q->exporter, q->want);
		is_uint(kit_malformed(k), 0, "%s: nothing is refused",
		    q->exporter);
		kit_free(k);
	}
}

/* Cisco ACI, Palo Alto: what is left of the datagram is zero. */
static void
test_zeros(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_v9(&g);
	begin_set(&g, 0);
	for (uint16_t id = 256; id < 264; id++)
		put_template(&g, id, "8/4 351/8");
	end_set(&g);
	put(&g, 0, 700);
	kit_send(k, g.data, g.len);
	send_data_v9(k, &g, 263, "0a000001 0000000000000007");
	ok(flow_has(kit_last(k), "vxlan 7"), "all eight templates");
	is_uint(kit_malformed(k), 0, "zeros are silent");
	kit_free(k);
}

/* Cisco IOS XE: options, sampler and flows with their templates. */
static void
test_one_packet(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_v9(&g);
	begin_set(&g, 1);
	put_options(&g, 300, 1, "2/4 82/8 83/12");
	put_options(&g, 301, 1, "1/4 48/1 49/1 50/4");
	begin_set(&g, 0);
	put_template(&g, 256, "48/1 2/4 150/4 151/4");
	begin_set(&g, 300);
	put_hex(&g, "00000003 4769302f31000000 75706c696e6b000000000000");
	begin_set(&g, 301);
	put_hex(&g, "00000000 01 02 0000000a");
	begin_set(&g, 256);
	put_hex(&g, "01 00000004 6553f0f6 6553f0ff");
	send_dgram(k, &g);
	ok(flow_has(kit_last(k), "in_packets 40 first 1699999990000"),
	    "sampled flow");
	is_uint(k->name[0].id, 3, "interface of a v9 scope");
	is_str(k->name[0].name, "uplink", "its name");
	kit_free(k);
}

/* Juniper: sampling is told in another domain than that of the flows. */
static void
test_other_domain(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram flows = { .domain = 0x80000 };
	struct dgram options = { .domain = 0 };

	begin_ipfix(&options);
	begin_set(&options, 3);
	put_options(&options, 512, 1, "144/4 160/8 34/4");
	begin_set(&options, 512);
	put_hex(&options, "00000001 0000018bcfe563d8 000003e8");
	send_dgram(k, &options);
	send_template_ipfix(k, &flows, 256, "1/8 2/8");
	send_data_ipfix(k, &flows, 256, "0000000000000064 0000000000000001");
	ok(flow_has(kit_last(k), "in_packets 1000 in_bytes 100000"),
	    "Juniper: rate of another domain");
	kit_free(k);
}

/* Juniper CGN, Ixia: each domain is an exporter. */
static void
test_domains(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	for (g.domain = 1; g.domain <= 100; g.domain++) {
		g.sequence = 1000 * g.domain;
		send_template_v9(k, &g, 256, "230/1 8/4 225/4");
		send_data_v9(k, &g, 256, "01 64400001 c6336401");
	}
	is_uint(k->exporters, 100, "a hundred domains");
	is_uint(k->flows, 100, "each with its flow");
	is_uint(kit_counters(k).sequence_failures, 0, "and its sequence");
	kit_free(k);
}

/* VMware: all templates, of one shape, in one datagram. */
static void
test_many_templates(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_ipfix(&g);
	begin_set(&g, 2);
	for (uint16_t id = 256; id < 356; id++)
		put_template(&g, id, "8/4 6876.880/1 351/8");
	send_dgram(k, &g);
	for (uint16_t id = 256; id < 356; id++)
		send_data_ipfix(k, &g, id, "0a000001 01 0000000000000007");
	is_uint(k->flows, 100, "VMware: a hundred templates");
	kit_free(k);
}

/* pflow of old: the sequence number is always 0. */
static void
test_sequence_zero(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_ipfix(k, &g, 256, "152/8 153/8 1/8");
	for (int i = 0; i < 5; i++)
		send_data_ipfix(k, &g, 256, "0000018bcfe56400 "
		    "0000018bcfe567e8 0000000000000001");
	is_uint(k->flows, 5, "pflow: flows");
	is_uint(kit_counters(k).sequence_failures, 0, "no sequence, no error");
	kit_free(k);
}

/* softflowd of old: counts the records of the message itself. */
static void
test_sequence_ahead(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .sequence = 2 };

	begin_ipfix(&g);
	begin_set(&g, 2);
	put_template(&g, 256, "7/2 11/2");
	begin_set(&g, 256);
	put_hex(&g, "0001 0002 0003 0004");
	send_dgram(k, &g);
	g.sequence = 3;
	send_data_ipfix(k, &g, 256, "0005 0006");
	g.sequence = 6;
	send_data_ipfix(k, &g, 256, "0001 0002 0003 0004 0005 0006");
	is_uint(k->flows, 6, "softflowd: flows");
	is_uint(kit_counters(k).sequence_failures, 2, "errors are accepted");
	kit_free(k);
}

/* Several processes behind one address and domain. */
static void
test_processes(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram a = { .sequence = 100 };
	struct dgram b = { .sequence = 900000 };

	send_template_v9(k, &a, 256, "7/2 11/2");
	for (int i = 0; i < 4; i++) {
		send_data_v9(k, &a, 256, "0001 0002");
		send_data_v9(k, &b, 256, "0003 0004");
	}
	is_uint(k->flows, 8, "processes: all flows are read");
	ok(kit_counters(k).sequence_failures > 0, "errors are expected");
	is_uint(k->exporters, 1, "it is one exporter");
	kit_free(k);
}

/* EdgeRouter: one template a direction; others use one id for two layouts. */
static void
test_layouts(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_v9(k, &g, 1024, "56/6 80/6 58/2 61/1");
	send_template_v9(k, &g, 1025, "81/6 57/6 59/2 61/1");
	send_data_v9(k, &g, 1024, "010203040506 010203040507 0065 00");
	send_data_v9(k, &g, 1025, "010203040508 010203040509 00ca 01");
	ok(flow_has(&k->flow[0], "in_src_mac 0x010203040506 src_vlan 101 "
	    "direction 0 out_src_mac 0"), "ingress");
	ok(flow_has(&k->flow[1], "out_src_mac 0x010203040508 dst_vlan 202 "
	    "direction 1 in_src_mac 0"), "egress");
	send_template_v9(k, &g, 1024, "8/4 12/4");
	send_data_v9(k, &g, 1024, "0a000001 0a000002");
	send_template_v9(k, &g, 1024, "27/16 28/16");
	send_data_v9(k, &g, 1024, A16 B16);
	ok(flow_has(&k->flow[2], "dst_addr 10.0.0.2 in_src_mac 0"), "IPv4");
	ok(flow_has(&k->flow[3], "dst_addr 2001:db8::2"), "IPv6");
	kit_free(k);
}

struct name_case {
	const char *what;
	const char *fields;
	const char *hex;
	enum wire_name_kind kind;
	uint32_t id; /* 0: no name is told */
	const char *name;
	const char *description;
};

/* clang-format off */
static const struct name_case name_cases[] = {
	{ "name alone", "10/4 82/8", "00000005 6574683000000000",
	    WIRE_NAME_INTERFACE, 5, "eth0", "" },
	{ "description alone", "10/4 83/8", "00000005 75706c696e6b0000",
	    WIRE_NAME_INTERFACE, 5, "uplink", "" },
	{ "both", "10/4 83/8 82/8",
	    "00000005 75706c696e6b0000 6574683000000000",
	    WIRE_NAME_INTERFACE, 5, "uplink", "" },
	{ "an empty description", "10/4 83/8 82/8",
	    "00000005 0000000000000000 6574683000000000",
	    WIRE_NAME_INTERFACE, 5, "eth0", "" },
	{ "short index", "10/2 82/v", "0005 0465746830",
	    WIRE_NAME_INTERFACE, 5, "eth0", "" },
	{ "without an index", "143/4 82/8", "00000005 6574683000000000",
	    WIRE_NAME_INTERFACE, 0, "", "" },
	{ "VRF", "234/4 236/8", "00000007 6261636b00000000", WIRE_NAME_VRF, 7,
	    "back", "" },
	{ "application", "95/4 96/8 94/8",
	    "0d000319 6874747000000000 7765620000000000", WIRE_NAME_APP,
	    0x0d000319, "http", "web" },
	{ "application without a text", "95/4 96/v", "0d000319 0468747470",
	    WIRE_NAME_APP, 0x0d000319, "http", "" },
	{ "empty name", "10/4 82/4", "00000005 00000000",
	    WIRE_NAME_INTERFACE, 0, "", "" },
};
/* clang-format on */

static void
test_names(unsigned version)
{
	char fields[100], hex[200];

	for (size_t i = 0; i < COUNT(name_cases); i++) {
		const struct name_case *c = &name_cases[i];
		struct quirk q = { .version = version, .scopes = 1,
			.options = fields, .options_hex = hex,
			.fields = "7/2", .hex = "0001" };
		struct kit *k;

		snprintf(fields, sizeof(fields), "1/4 %s", c->fields);
		snprintf(hex, sizeof(hex), "00000000 %s", c->hex);
		k = decode(&q);
		is_uint(k->names, c->id != 0, "v%u names: %s", version,
		    c->what);
		if (c->id != 0 && k->names != 0) {
			is_uint(k->name[0].kind, c->kind, "kind");
			is_uint(k->name[0].id, c->id, "id");
			is_str(k->name[0].name, c->name, "name");
			is_str(k->name[0].description, c->description, "text");
		}
		is_uint(k->flows, 1, "option records are no flows");
		kit_free(k);
	}
}

static void
count_name(void *ctx, const struct wire_exporter *e,
    const struct wire_name *n)
{
	unsigned *count = ctx;

	*count += e->sysid == 1 && n->name.len > 0;
}

static void
count_names(void *ctx, const struct wire_exporter *e)
{
	wire_names(e, count_name, ctx);
}

/* The name of an interface, in an option record of its own. */
static void
send_name(struct kit *k, struct dgram *g, unsigned id, const char *name)
{
	begin_ipfix(g);
	begin_set(g, 300);
	put(g, id, 4);
	put(g, strlen(name), 1);
	put_bytes(g, name, strlen(name));
	send_dgram(k, g);
}

static void
test_kept_names(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	char text[201] = "";
	unsigned kept = 0;
	uint64_t bytes;

	begin_ipfix(&g);
	begin_set(&g, 3);
	put_options(&g, 300, 1, "10/4 82/v");
	send_dgram(k, &g);
	send_name(k, &g, 1, "one");
	bytes = wire_state_bytes(k->d);
	send_name(k, &g, 1, "one");
	is_uint(k->names, 1, "what is known is not told again");
	send_name(k, &g, 1, "two");
	is_uint(k->names, 2, "but what is another");
	is_uint(wire_state_bytes(k->d), bytes, "in place of the first");
	memset(text, 'x', sizeof(text) - 1);
	send_name(k, &g, 2, text);
	is_uint(strlen(k->name[2].name), WIRE_NAME_MAX, "long ones are cut");
	for (unsigned id = 3; id < 5000; id++) {
		k->names = 0;
		send_name(k, &g, id, "more");
	}
	wire_exporters(k->d, count_names, &kept);
	is_uint(kept, 4096, "there is a limit");
	is_uint(k->events[WIRE_LIMIT], 1, "which is told");
	kit_free(k);
}

int
main(void)
{
	test_quirks();
	test_zeros();
	test_one_packet();
	test_other_domain();
	test_domains();
	test_many_templates();
	test_sequence_zero();
	test_sequence_ahead();
	test_processes();
	test_layouts();
	test_names(9);
	test_names(10);
	test_kept_names();
	return done_testing();
}
