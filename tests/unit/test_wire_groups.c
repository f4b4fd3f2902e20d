/*
 * Recorded packets of real exporters and synthetic ones, group by group:
 * flows, packets, bytes (in and out) and sequence errors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tap.h"
#include "wirekit.h"

struct group {
	const char *name;
	const char *files; /* in the order sent */
	unsigned flows;
	uint64_t packets;
	uint64_t bytes;
	uint64_t sequence_errors;
	void (*look)(struct kit *k); /* further checks, may be NULL */
};

static void
look_time_wrap(struct kit *k)
{
	is_uint(k->flow[0].first_ms, KIT_MS - 10000, "before the wrap: first");
	is_uint(k->flow[0].last_ms, KIT_MS - 1000, "before the wrap: last");
	is_uint(k->flow[1].first_ms, KIT_MS - 296, "wrap inside: first");
	is_uint(k->flow[1].last_ms, KIT_MS + 10000, "wrap inside: last");
	is_uint(k->flow[2].first_ms, KIT_MS - 10296, "wrap after: first");
	is_uint(k->flow[2].last_ms, KIT_MS - 296, "wrap after: last");
	is_uint(k->flow[3].last_ms, KIT_MS + 20500, "after the uptime: last");
}

static void
look_v5_sampling(struct kit *k)
{
	for (int i = 0; i < 2; i++) {
		is_uint(k->flow[i].in_packets, 1000, "mode %d: packets", i);
		is_uint(k->flow[i].record_flags, FLOW_SAMPLED, "flag");
	}
	is_uint(k->samplers, 2, "samplers told");
	is_int(k->sampler[0].id, -1, "for the whole exporter");
	is_uint(k->sampler[0].space, 99, "99 packets left out");
	is_uint(k->sampler[0].algorithm + k->sampler[1].algorithm, 1, "modes");
}

static void
look_v7(struct kit *k)
{
	is_uint(k->flow[0].export_version, 5, "stored as v5");
	is_uint(k->exporter.version, 7, "exporter of v7");
}

static void
look_sampler_by_id(struct kit *k)
{
	is_uint(k->flow[0].in_packets, 1000, "id 1: one in 100");
	is_uint(k->flow[1].in_packets, 5000, "id 2: one in 500");
	is_uint(k->flow[2].in_packets, 10, "id 9 was not announced");
	is_uint(k->flow[0].record_flags, FLOW_SAMPLED, "id 1: flag");
	is_uint(k->flow[2].record_flags, 0, "id 9: no flag");
	is_uint(k->flow[1].sampler_id, 2, "sampler id");
	is_uint(k->samplers, 2, "both records of the set");
}

static void
look_held(struct kit *k)
{
	is_uint(kit_counters(k).sets_held, 1, "one set was held");
	is_uint(kit_counters(k).sets_dropped, 0, "and not lost");
}

static void
look_reverse(struct kit *k)
{
	const struct flow *f = kit_last(k);

	is_uint(f->out_packets, 7, "reverse packets");
	is_uint(f->out_bytes, 5000, "reverse bytes");
	is_uint(f->tcp_flags, 0, "reverse flags are nobody's");
}

static void
look_malformed_v9(struct kit *k)
{
	is_uint(kit_malformed(k), 6, "refused");
	is_uint(k->events[WIRE_MALFORMED], 3, "told once a kind");
}

static void
look_short(struct kit *k)
{
	is_uint(wire_bad_packets(k->d), 4, "bad packets");
	is_uint(kit_malformed(k), 3, "cut headers");
	is_uint(k->exporters, 0, "no exporter came of it");
}

static void
look_bad_count(struct kit *k)
{
	is_uint(kit_malformed(k), 1, "counted");
	is_uint(k->events[WIRE_MALFORMED], 1, "told");
}

static void
look_asa(struct kit *k)
{
	const struct flow *f = &k->flow[0];

	is_uint(f->dst_port, 0, "ICMP type and code of 176 and 177");
	is_uint(f->src_port, 0, "no source port");
	is_uint(f->first_ms, UINT64_C(1444384067569), "152, not 323");
	is_uint(f->event_time_ms, UINT64_C(1444384069599), "323");
	is_uint(f->record_flags, FLOW_EVENT, "event");
	is_uint(f->conn_id, 8500, "148 is the connection");
	is_uint(f->fw_event, 2, "40005");
	is_uint(f->fw_xevent, 2025, "33002");
	is_uint(f->acl_in[0], 0x0f8e7ff3, "ACL in host order");
	is_uint(f->xlate_dst_port, 17549, "translated port");
	is_uint(k->flow[1].dst_port, 8 << 8, "echo request");
	is_uint(f->extensions,
	    FLOW_EXT(1) | FLOW_EXT(2) | FLOW_EXT(4) | FLOW_EXT(12) |
		FLOW_EXT(19) | FLOW_EXT(20) | FLOW_EXT(22) | FLOW_EXT(23) |
		FLOW_EXT(24), "extensions");
}

static void
look_1941(struct kit *k)
{
	const struct flow *f = kit_last(k);

	is_uint(f->first_ms, UINT64_C(1507050219000), "export time");
	is_uint(f->last_ms, f->first_ms, "for both");
	is_uint(f->app_id.len, 4, "application id");
}

static void
look_nbar(struct kit *k)
{
	is_uint(k->names, 15, "applications");
	is_uint(k->name[0].id, 0x01000008, "id");
	is_str(k->name[0].name, "egp", "name");
	is_str(k->name[0].description, "Exterior Gateway Protocol", "text");
	is_uint(k->flow[1].src_port, 34220, "7 against 182");
	is_uint(k->flow[0].dst_port, 8 << 8, "ICMP");
}

static void
look_asr9k_options(struct kit *k)
{
	is_uint(k->names, 19, "interfaces");
	is_uint(k->name[0].id, 74, "index");
	is_str(k->name[0].name, "TenGigE0_0_1_0", "name");
	is_uint(kit_counters(k).option_records, 19, "option records");
}

static void
look_paloalto(struct kit *k)
{
	const struct flow *f = &k->flow[1];

	is_uint(f->first_ms, UINT64_C(1510583632000), "233 hides no time");
	is_uint(f->last_ms, UINT64_C(1510583971000), "last");
	is_uint(f->fw_event, 5, "update");
}

static void
look_huawei(struct kit *k)
{
	const struct flow *f = kit_last(k);

	is_uint(f->extensions & FLOW_EXT(EXT_COUNTERS), 0,
	    "232 of two bytes is no counter");
	is_uint(f->extensions & FLOW_EXT(EXT_VLAN), FLOW_EXT(EXT_VLAN),
	    "58 and 59");
}

static void
look_h3c(struct kit *k)
{
	is_uint(kit_last(k)->record_flags, 0, "rate 0 in the data is no rate");
	is_uint(kit_last(k)->engine_type, 11, "engine from the source id");
	is_uint(kit_last(k)->extensions & FLOW_EXT(EXT_LAYER2), 0,
	    "the IP version alone makes no layer 2");
}

static void
look_iptnetflow(struct kit *k)
{
	is_uint(kit_counters(k).sets_held, 6, "sets of 259 and 262 wait");
	is_uint(kit_last(k)->phys_in, 7, "252 of two bytes");
}

static void
look_softflowd(struct kit *k)
{
	is_uint(k->flow[0].first_ms, UINT64_C(1431516013506),
	    "offset 0 is the init time");
	is_uint(k->flow[0].last_ms, UINT64_C(1431516026232), "last");
	is_uint(kit_counters(k).packets, 3, "messages");
	is_uint(k->flow[11].dst_port, 5353, "flow of the third message");
}

static void
look_barracuda(struct kit *k)
{
	is_uint(k->flow[0].in_bytes, 0, "delta 0 wins over total 65");
	is_uint(k->flow[1].in_bytes, 81, "delta");
	is_uint(k->flow[0].last_ms, UINT64_C(1498744708000), "export time");
	is_uint(k->flow[0].last_ms - k->flow[0].first_ms, 20269, "duration");
}

static void
look_mikrotik(struct kit *k)
{
	is_uint(k->flow[0].last_ms, UINT64_C(1500481088000), "export time");
	ok(addr_equal(k->flow[1].xlate_dst_addr, addr_v4(168429067)),
	    "translated address");
	ok(!addr_is_v4(k->flow[45].src_addr), "IPv6 from template 259");
	is_uint(k->flow[45].extensions & FLOW_EXT(EXT_NEXT_HOP_V6),
	    FLOW_EXT(EXT_NEXT_HOP_V6), "IPv6 next hop");
}

static void
look_vmware(struct kit *k)
{
	is_uint(k->flow[0].max_ttl, 128, "53");
	is_uint(k->flow[0].first_ms, UINT64_C(1482409057000), "152");
	is_uint(k->flow[0].extensions & FLOW_EXT(EXT_LAYER2),
	    FLOW_EXT(EXT_LAYER2), "351");
}

static void
look_yaf(struct kit *k)
{
	const struct flow *f = &k->flow[0];

	is_uint(f->in_src_mac, UINT64_C(0x000c29708609), "MAC from the list");
	is_uint(f->in_dst_mac, UINT64_C(0x000c298dafc3), "other MAC");
	is_uint(f->out_bytes, 200, "reverse total");
	is_uint(k->flow[1].src_tos, 2, "reverse 5 leaves 5 alone");
	is_uint(k->flow[1].dst_tos, 0, "and is the other tos");
	is_uint(f->end_reason, 1, "136");
}

static void
look_ubnt(struct kit *k)
{
	is_uint(k->flow[0].in_src_mac, UINT64_C(7417135820623), "56");
	is_uint(k->flow[8].out_src_mac, UINT64_C(75702686641954), "81");
	is_uint(k->flow[8].direction, 1, "61");
}

static void
look_sflow(struct kit *k)
{
	is_uint(k->flow[0].export_version, 0x85, "sFlow v5");
	is_uint(k->flow[1].input, 70000, "interface of an expanded sample");
	is_uint(k->flow[2].dst_port, 3 * 256 + 1, "ICMP type and code");
	is_uint(k->flow[2].src_port, 0, "and no port");
	is_uint(k->flow[3].extensions >> EXT_IPV4 & 3, 2, "IPv6");
	is_uint(k->flow[4].src_vlan, 100, "VLAN in");
	is_uint(k->flow[4].dst_vlan, 200, "VLAN out");
	ok(addr_equal(k->flow[5].next_hop, addr_v4(0x0a090909)), "next hop");
	is_uint(k->flow[5].dst_as, 65005, "last AS of the path");
	is_uint(k->flow[6].mpls[1], 200 << 4 | 1, "second label");
	ok(addr_equal(k->flow[7].xlate_src_addr, addr_v4(0x01010101)), "NAT");
	is_uint(k->flow[8].in_bytes, 50000, "length of an IPv4 record");
	is_uint(k->flow[9].dst_port, 0, "no ports in a later fragment");
	is_uint(k->flow[10].output, 0, "several interfaces are none");
	is_uint(k->samplers, 1, "one rate");
	is_uint(k->interfaces, 1, "counters of an interface");
	is_uint(kit_counters(k).packets, 13, "datagrams");
	is_uint(kit_counters(k).missing_datagrams, 0, "none is missing");
	is_uint(kit_counters(k).unknown_samples, 1, "another sample");
	is_uint(kit_malformed(k), 0, "nothing broken");
}

static void
look_sflow_malformed(struct kit *k)
{
	is_uint(wire_bad_packets(k->d), 1, "version 3");
	is_uint(kit_malformed(k), 6, "broken, one a datagram");
	is_uint(kit_counters(k).samples_without_packet, 1, "ARP");
	is_uint(k->exporters, 1, "one agent");
}

#define ASR9K "netflow9_test_cisco_asr9k_"

/* clang-format off */
static const struct group groups[] = {
	{ "v5_concatenated", "netflow5.dat", 30, 230, 18684, 0, NULL },
	{ "v5_mikrotik", "netflow5_test_microtik.dat", 30, 160, 40812, 0,
	    NULL },
	{ "v5_bad_count", "netflow5_test_invalid01.dat", 0, 0, 0, 0,
	    look_bad_count },
	{ "v9_softflowd", "netflow9_test_softflowd_tpl_data.dat", 7, 13, 1128,
	    0, NULL },
	{ "v9_nprobe", "netflow9_test_nprobe_tpl.dat "
	    "netflow9_test_nprobe_data.dat", 1, 2, 200, 0, NULL },
	{ "v9_cisco_asa_nsel_old", "netflow9_test_cisco_asa_1_tpl.dat "
	    "netflow9_test_cisco_asa_1_data.dat", 14, 0, 888, 0, look_asa },
	{ "v9_cisco_asr9k_flow", ASR9K "tpl260.dat " ASR9K "tpl266.dat "
	    ASR9K "data260.dat", 21, 531, 208031, 2, NULL },
	{ "v9_cisco_asr9k_options", ASR9K "opttpl334.dat "
	    ASR9K "opttpl257.dat " ASR9K "opttpl256.dat " ASR9K "data256.dat",
	    0, 0, 0, 1, look_asr9k_options },
	{ "v9_cisco_nbar", "netflow9_test_cisco_nbar_opttpl260.dat "
	    "netflow9_test_cisco_nbar_tpl262.dat "
	    "netflow9_test_cisco_nbar_data262.dat", 5, 40, 3064, 2,
	    look_nbar },
	{ "v9_cisco_1941", "netflow9_test_cisco_1941K9.dat", 29, 370, 70258,
	    0, look_1941 },
	{ "v9_fortigate_521", "netflow9_test_fortigate_fortios_521_tpl.dat "
	    "netflow9_test_fortigate_fortios_521_data257.dat "
	    "netflow9_test_fortigate_fortios_521_data256.dat", 1, 3, 152, 2,
	    NULL },
	{ "v9_paloalto", "netflow9_test_paloalto_panos_tpl.dat "
	    "netflow9_test_paloalto_panos_data.dat", 8, 8, 617, 1,
	    look_paloalto },
	{ "v9_h3c", "netflow9_test_h3c_tpl3281.dat "
	    "netflow9_test_h3c_data3281.dat", 16, 6113, 8729687, 1,
	    look_h3c },
	{ "v9_huawei_netstream", "netflow9_test_huawei_netstream_tpl.dat "
	    "netflow9_test_huawei_netstream_data.dat", 1, 4, 200, 1,
	    look_huawei },
	{ "v9_iptnetflow_reduced_size",
	    "netflow9_test_iptnetflow_reduced_size_encoding_tpldata260.dat",
	    12, 74, 7598, 0, look_iptnetflow },
	{ "v9_juniper_srx", "netflow9_test_juniper_srx_tplopt.dat", 0, 0, 0,
	    0, NULL },
	{ "v9_ubnt_edgerouter", "netflow9_test_ubnt_edgerouter_tpl.dat "
	    "netflow9_test_ubnt_edgerouter_data1024.dat "
	    "netflow9_test_ubnt_edgerouter_data1025.dat", 16, 114, 20418, 2,
	    look_ubnt },
	{ "v9_zero_length_fields",
	    "netflow9_test_0length_fields_tpl_data.dat", 10, 5, 160, 0,
	    NULL },
	{ "ipfix_softflowd_concatenated", "ipfix.dat", 12, 54, 13279, 2,
	    look_softflowd },
	{ "ipfix_openbsd_pflow", "ipfix_test_openbsd_pflow_tpl.dat "
	    "ipfix_test_openbsd_pflow_data.dat", 26, 209, 99323, 0, NULL },
	{ "ipfix_mikrotik", "ipfix_test_mikrotik_tpl.dat "
	    "ipfix_test_mikrotik_data258.dat "
	    "ipfix_test_mikrotik_data259.dat", 46, 253, 103235, 0,
	    look_mikrotik },
	{ "ipfix_barracuda", "ipfix_test_barracuda_tpl.dat "
	    "ipfix_test_barracuda_data256.dat", 8, 4, 388, 0,
	    look_barracuda },
	{ "ipfix_vmware_vds", "ipfix_test_vmware_vds_tpl.dat "
	    "ipfix_test_vmware_vds_data264.dat "
	    "ipfix_test_vmware_vds_data266.dat "
	    "ipfix_test_vmware_vds_data266_267.dat", 5, 8, 806, 2,
	    look_vmware },
	{ "ipfix_yaf", "ipfix_test_yaf_tpls_option_tpl.dat "
	    "ipfix_test_yaf_tpl45841.dat ipfix_test_yaf_data45841.dat "
	    "ipfix_test_yaf_data45873.dat ipfix_test_yaf_data53248.dat", 2,
	    10, 596, 2, look_yaf },
	{ "syn_v1", "v1.dat", 2, 18, 9000, 0, NULL },
	{ "syn_v7", "v7.dat", 1, 10, 1000, 0, look_v7 },
	{ "syn_v5_time_wrap", "before_wrap.dat "
	    "first_before_last_after_wrap.dat "
	    "both_before_wrap_export_after.dat "
	    "last_slightly_after_uptime.dat", 4, 40, 4000, 0,
	    look_time_wrap },
	{ "syn_v5_sampling", "mode1_rate100.dat mode0_rate100.dat", 2, 2000,
	    200000, 0, look_v5_sampling },
	{ "syn_v5_sequence_gap", "seq0_2rec.dat seq2_1rec.dat "
	    "seq7_1rec_gap4.dat seq8_1rec.dat", 5, 50, 5000, 1, NULL },
	{ "syn_v9_sampler_by_id", "options_template.dat "
	    "options_data_two_samplers.dat template.dat "
	    "data_id1_id2_id9.dat", 3, 6010, 601000, 0, look_sampler_by_id },
	{ "syn_v9_data_before_template", "data.dat template.dat "
	    "data_again.dat", 2, 20, 2000, 0, look_held },
	{ "syn_ipfix_varlen_and_pen", "template.dat "
	    "data_short_and_long_varlen.dat", 2, 20, 2000, 0, NULL },
	{ "syn_ipfix_biflow_reverse", "template.dat data.dat", 1, 17, 6000,
	    0, look_reverse },
	{ "syn_ipfix_withdraw_one", "template.dat data.dat withdraw_256.dat "
	    "data_after.dat", 1, 10, 1000, 0, look_held },
	{ "syn_ipfix_message_length", "template.dat "
	    "length_smaller_than_datagram.dat "
	    "length_larger_than_datagram.dat", 1, 10, 1000, 0, NULL },
	{ "syn_malformed_v9", "template.dat set_length_zero.dat "
	    "set_length_beyond_packet.dat reserved_set_id_100.dat "
	    "template_id_below_256.dat field_count_overflow.dat "
	    "good_after_all.dat", 2, 20, 2000, 0, look_malformed_v9 },
	{ "syn_malformed_short", "one_byte.dat three_bytes.dat "
	    "version_only_v5.dat version_99.dat v5_header_only_count_30.dat "
	    "v9_header_cut.dat ipfix_header_cut.dat", 0, 0, 0, 0,
	    look_short },
	{ "syn_sflow_flow_samples", "tcp_compact.dat "
	    "udp_expanded_if70000.dat icmp_type3_code1.dat ipv6_tcp.dat "
	    "vlan_and_switch_record.dat router_gateway_records.dat "
	    "mpls_two_labels.dat nat_record.dat ipv4_record_only.dat "
	    "non_first_fragment.dat output_multiple_interfaces.dat "
	    "counter_sample_only.dat unknown_sample_then_flow.dat", 12, 1200,
	    301800, 0, look_sflow },
	{ "syn_sflow_malformed", "bad_agent_address_type.dat version_3.dat "
	    "cut_header.dat sample_length_beyond_datagram.dat "
	    "header_length_huge.dat record_count_huge.dat "
	    "sample_count_100_of_1.dat arp_frame.dat good_after_all.dat", 2,
	    200, 20000, 0, look_sflow_malformed },
};
/* clang-format on */

static void
run(const struct group *g, const char *dir)
{
	struct kit *k = kit_new(NULL);
	char files[512];
	char path[1024];
	char *rest = files;
	char *file;

	snprintf(files, sizeof(files), "%s", g->files);
	while ((file = strsep(&rest, " ")) != NULL) {
		snprintf(path, sizeof(path), "%s/%s/%s", dir, g->name, file);
		kit_send_file(k, path);
	}
	is_uint(k->flows, g->flows, "%s: flows", g->name);
	is_uint(k->packets, g->packets, "%s: packets", g->name);
	is_uint(k->bytes, g->bytes, "%s: bytes", g->name);
	is_uint(kit_counters(k).sequence_failures, g->sequence_errors,
	    "%s: sequence errors", g->name);
	if (g->look != NULL && k->flows == g->flows)
		g->look(k);
	kit_free(k);
}

int
main(void)
{
	const char *srcdir = getenv("SRCDIR");
	const char *shared = getenv("SHARED");
	char own[512];
	char real[512];
	struct stat st;

	snprintf(own, sizeof(own), "%s/tests/data/wire",
	    srcdir == NULL ? "." : srcdir);
	snprintf(real, sizeof(real), "%s/data/wire",
	    shared == NULL ? "../shared" : shared);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		const struct group *g = &groups[i];

		if (strncmp(g->name, "syn_", 4) == 0)
			run(g, own);
		else if (stat(real, &st) == 0)
			run(g, real);
		else
			skip(4, "%s: no packets of real devices here", g->name);
	}
	return done_testing();
}
