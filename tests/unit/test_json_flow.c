/*
 * The members of flows in JSON: each extension alone, all of them, protocols
 * of ICMP, rows of sums and keys, and the schema against all this.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "formatkit.h"
#include "output/schema.h"
#include "tap.h"

#define T_MS (FORMATKIT_T_MS + 123)

#define ANY_FLOW FLOW_EXT(EXT_GENERIC)
#define TUNNELS (FLOW_EXT(EXT_TUNNEL_V4) | FLOW_EXT(EXT_TUNNEL_V6))
#define EVENTS (FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT))

/*
 * Members of a flow that has one of some extensions and not another one; of
 * one family (4, 6) or both (0).  Quotes are single ones here.
 */
struct piece {
	uint64_t need, without;
	unsigned family;
	const char *text;
};

/* clang-format off */
static const struct piece objects[] = {
	{ ANY_FLOW, 0, 0,
	    "'type':'EVENT'\n'sampled':1\n'export_sysid':163\n"
	    "'first':'2024-06-15T12:00:00.123'\n"
	    "'last':'2024-06-15T12:00:01.123'\n"
	    "'received':'2024-06-15T12:00:02.123'\n'in_packets':53\n"
	    "'in_bytes':54\n'proto':6\n'tcp_flags':'...AP.SF'\n'src_port':55\n"
	    "'dst_port':56\n'src_tos':60" },
	{ FLOW_EXT(EXT_IPV4), 0, 4,
	    "'src4_addr':'192.0.2.11'\n'dst4_addr':'192.0.2.12'" },
	{ FLOW_EXT(EXT_IPV6), 0, 6,
	    "'src6_addr':'2001:db8:ff::b'\n'dst6_addr':'2001:db8:ff::c'" },
	{ FLOW_EXT(EXT_MISC), 0, 4,
	    "'input_snmp':63\n'output_snmp':64\n'src_mask':24\n'dst_mask':31\n"
	    "'src_net':'192.0.2.0'\n'dst_net':'192.0.2.12'\n'fwd_status':59\n"
	    "'direction':67\n'dst_tos':68" },
	{ FLOW_EXT(EXT_MISC), 0, 6,
	    "'input_snmp':63\n'output_snmp':64\n'src_mask':24\n'dst_mask':31\n"
	    "'src_net':'2001:d00::'\n'dst_net':'2001:db8::'\n'fwd_status':59\n"
	    "'direction':67\n'dst_tos':68" },
	{ FLOW_EXT(EXT_COUNTERS), 0, 0,
	    "'out_packets':72\n'out_bytes':73\n'aggr_flows':71" },
	{ FLOW_EXT(EXT_VLAN), 0, 0,
	    "'src_vlan':74\n'dst_vlan':75" },
	{ FLOW_EXT(EXT_AS), 0, 0,
	    "'src_as':76\n'dst_as':77" },
	{ FLOW_EXT(EXT_BGP_V4), 0, 4,
	    "'bgp4_next_hop':'192.0.2.28'" },
	{ FLOW_EXT(EXT_BGP_V6), 0, 6,
	    "'bgp6_next_hop':'2001:db8:ff::1c'" },
	{ FLOW_EXT(EXT_NEXT_HOP_V4), 0, 4,
	    "'ip4_next_hop':'192.0.2.29'" },
	{ FLOW_EXT(EXT_NEXT_HOP_V6), 0, 6,
	    "'ip6_next_hop':'2001:db8:ff::1d'" },
	{ FLOW_EXT(EXT_EXPORTER_V4), 0, 4,
	    "'ip4_router':'192.0.2.30'" },
	{ FLOW_EXT(EXT_EXPORTER_V6), 0, 6,
	    "'ip6_router':'2001:db8:ff::1e'" },
	{ FLOW_EXT(EXT_MPLS), 0, 0,
	    "'mpls_1':'5-0-1'\n'mpls_2':'5-1-0'\n'mpls_3':'5-1-1'\n"
	    "'mpls_4':'5-2-0'\n'mpls_5':'5-2-1'\n'mpls_6':'5-3-0'\n"
	    "'mpls_7':'5-3-1'\n'mpls_8':'5-4-0'\n'mpls_9':'5-4-1'\n"
	    "'mpls_10':'5-5-0'" },
	{ FLOW_EXT(EXT_MAC), 0, 0,
	    "'in_src_mac':'00:00:00:00:00:5b'\n"
	    "'out_dst_mac':'00:00:00:00:00:5c'\n"
	    "'in_dst_mac':'00:00:00:00:00:5d'\n'out_src_mac':'00:00:00:00:00:5e'" },
	{ FLOW_EXT(EXT_AS_ADJACENT), 0, 0,
	    "'next_as':95\n'prev_as':96" },
	{ FLOW_EXT(EXT_LATENCY), 0, 0,
	    "'cli_latency':0.097000\n'srv_latency':0.098000\n"
	    "'app_latency':0.099000" },
	{ FLOW_EXT(EXT_FW_EVENT), 0, 0,
	    "'connect_id':'102'\n'event_id':'3'\n'event':'DENIED'\n"
	    "'xevent_id':'103'\n't_event':'2024-06-15T12:00:03.123'" },
	{ FLOW_EXT(EXT_XLATE_V4), 0, 4,
	    "'src4_xlt_ip':'192.0.2.57'\n'dst4_xlt_ip':'192.0.2.58'" },
	{ FLOW_EXT(EXT_XLATE_V6), 0, 6,
	    "'src6_xlt_ip':'2001:db8:ff::39'\n'dst6_xlt_ip':'2001:db8:ff::3a'" },
	{ FLOW_EXT(EXT_XLATE_PORT), 0, 0,
	    "'src_xlt_port':'109'\n'dst_xlt_port':'110'" },
	{ FLOW_EXT(EXT_ACL), 0, 0,
	    "'ingress_acl':'0x6f/0x70/0x71'\n'egress_acl':'0x72/0x73/0x74'" },
	{ FLOW_EXT(EXT_USER), 0, 0,
	    "'user_name':'a\\\"\\n\xef\xbf\xbd!'" },
	{ FLOW_EXT(EXT_NAT_EVENT), 0, 0,
	    "'nat_event_id':'4'\n'nat_event':'NAT44 session create'\n"
	    "'ingress_vrf':'135'\n'egress_vrf':'134'" },
	{ FLOW_EXT(EXT_NAT_EVENT), FLOW_EXT(EXT_FW_EVENT), 0,
	    "'t_event':'2024-06-15T12:00:03.123'" },
	{ FLOW_EXT(EXT_PORT_BLOCK), 0, 0,
	    "'pblock_start':'118'\n'pblock_end':'119'\n'pblock_step':'120'\n"
	    "'pblock_size':'121'" },
	{ TUNNELS, 0, 0,
	    "'tun proto':128" },
	{ FLOW_EXT(EXT_TUNNEL_V4), 0, 4,
	    "'src4_tun_ip':'192.0.2.76'\n'dst4_tun_ip':'192.0.2.77'" },
	{ FLOW_EXT(EXT_TUNNEL_V6), 0, 6,
	    "'src6_tun_ip':'2001:db8:ff::4c'\n'dst6_tun_ip':'2001:db8:ff::4d'" },
	{ FLOW_EXT(EXT_OBSERVATION), 0, 0,
	    "'observationDoaminID':130\n'observationPointID':129" },
	{ FLOW_EXT(EXT_VRF), FLOW_EXT(EXT_NAT_EVENT), 0,
	    "'ingress_vrf':'135'\n'egress_vrf':'134'" },
	{ ANY_FLOW, FLOW_EXT(EXT_LABEL), 0, "'label':'<none>'" },
	{ FLOW_EXT(EXT_LABEL), 0, 0,
	    "'label':'a\\\"\\n\xef\xbf\xbd!'" },
};

static const struct piece lines[] = {
	{ ANY_FLOW, 0, 0,
	    "'type':'EVENT'\n'sampled':1\n'export_sysid':163\n"
	    "'export_version':165\n'engine_type':161\n'engine_id':162\n"
	    "'first':'2024-06-15T12:00:00.123+00:00'\n'first_ms':1718452800123\n"
	    "'last':'2024-06-15T12:00:01.123+00:00'\n'last_ms':1718452801123\n"
	    "'received':'2024-06-15T12:00:02.123+00:00'\n"
	    "'received_ms':1718452802123\n'in_packets':53\n'in_bytes':54\n"
	    "'proto':6\n'tcp_flags':'...AP.SF'\n'src_port':55\n'dst_port':56\n"
	    "'fwd_status':59\n'src_tos':60" },
	{ FLOW_EXT(EXT_IPV4), 0, 4,
	    "'src4_addr':'192.0.2.11'\n'dst4_addr':'192.0.2.12'" },
	{ FLOW_EXT(EXT_IPV6), 0, 6,
	    "'src6_addr':'2001:db8:ff::b'\n'dst6_addr':'2001:db8:ff::c'" },
	{ FLOW_EXT(EXT_MISC), 0, 4,
	    "'input_snmp':63\n'output_snmp':64\n'src_mask':24\n'dst_mask':31\n"
	    "'src_net':'192.0.2.0'\n'dst_net':'192.0.2.12'\n'direction':67\n"
	    "'dst_tos':68\n'biflow_dir':69\n'end_reason':70" },
	{ FLOW_EXT(EXT_MISC), 0, 6,
	    "'input_snmp':63\n'output_snmp':64\n'src_mask':24\n'dst_mask':31\n"
	    "'src_net':'2001:d00::'\n'dst_net':'2001:db8::'\n'direction':67\n"
	    "'dst_tos':68\n'biflow_dir':69\n'end_reason':70" },
	{ FLOW_EXT(EXT_COUNTERS), 0, 0,
	    "'out_packets':72\n'out_bytes':73\n'aggr_flows':71" },
	{ FLOW_EXT(EXT_VLAN), 0, 0,
	    "'src_vlan':74\n'dst_vlan':75" },
	{ FLOW_EXT(EXT_AS), 0, 0,
	    "'src_as':76\n'dst_as':77" },
	{ FLOW_EXT(EXT_BGP_V4), 0, 4,
	    "'bgp4_next_hop':'192.0.2.28'" },
	{ FLOW_EXT(EXT_BGP_V6), 0, 6,
	    "'bgp6_next_hop':'2001:db8:ff::1c'" },
	{ FLOW_EXT(EXT_NEXT_HOP_V4), 0, 4,
	    "'ip4_next_hop':'192.0.2.29'" },
	{ FLOW_EXT(EXT_NEXT_HOP_V6), 0, 6,
	    "'ip6_next_hop':'2001:db8:ff::1d'" },
	{ FLOW_EXT(EXT_EXPORTER_V4), 0, 4,
	    "'ip4_router':'192.0.2.30'" },
	{ FLOW_EXT(EXT_EXPORTER_V6), 0, 6,
	    "'ip6_router':'2001:db8:ff::1e'" },
	{ FLOW_EXT(EXT_MPLS), 0, 0,
	    "'mpls_1':'5-0-1'\n'mpls_2':'5-1-0'\n'mpls_3':'5-1-1'\n"
	    "'mpls_4':'5-2-0'\n'mpls_5':'5-2-1'\n'mpls_6':'5-3-0'\n"
	    "'mpls_7':'5-3-1'\n'mpls_8':'5-4-0'\n'mpls_9':'5-4-1'\n"
	    "'mpls_10':'5-5-0'" },
	{ FLOW_EXT(EXT_MAC), 0, 0,
	    "'in_src_mac':'00:00:00:00:00:5b'\n"
	    "'out_dst_mac':'00:00:00:00:00:5c'\n"
	    "'in_dst_mac':'00:00:00:00:00:5d'\n'out_src_mac':'00:00:00:00:00:5e'" },
	{ FLOW_EXT(EXT_AS_ADJACENT), 0, 0,
	    "'next_as':95\n'prev_as':96" },
	{ FLOW_EXT(EXT_LATENCY), 0, 0,
	    "'cli_latency':0.097\n'srv_latency':0.098\n'app_latency':0.099" },
	{ FLOW_EXT(EXT_SAMPLER), 0, 0,
	    "'sampler_id':100" },
	{ FLOW_EXT(EXT_FW_EVENT), 0, 0,
	    "'connect_id':102\n'event_id':3\n'event':'DENIED'\n'xevent_id':103" },
	{ EVENTS, 0, 0,
	    "'t_event':'2024-06-15T12:00:03.123+00:00'\n"
	    "'t_event_ms':1718452803123" },
	{ FLOW_EXT(EXT_XLATE_V4), 0, 4,
	    "'src4_xlt_ip':'192.0.2.57'\n'dst4_xlt_ip':'192.0.2.58'" },
	{ FLOW_EXT(EXT_XLATE_V6), 0, 6,
	    "'src6_xlt_ip':'2001:db8:ff::39'\n'dst6_xlt_ip':'2001:db8:ff::3a'" },
	{ FLOW_EXT(EXT_XLATE_PORT), 0, 0,
	    "'src_xlt_port':109\n'dst_xlt_port':110" },
	{ FLOW_EXT(EXT_ACL), 0, 0,
	    "'ingress_acl':'0x6f/0x70/0x71'\n'egress_acl':'0x72/0x73/0x74'" },
	{ FLOW_EXT(EXT_USER), 0, 0,
	    "'user_name':'a\\\"\\n\xef\xbf\xbd!'" },
	{ FLOW_EXT(EXT_NAT_EVENT), 0, 0,
	    "'nat_event_id':4\n'nat_event':'NAT44 session create'\n"
	    "'nat_pool_id':105" },
	{ FLOW_EXT(EXT_PORT_BLOCK), 0, 0,
	    "'pblock_start':118\n'pblock_end':119\n'pblock_step':120\n"
	    "'pblock_size':121" },
	{ FLOW_EXT(EXT_APP_ID), 0, 0,
	    "'app_id':'97..571146017'" },
	{ FLOW_EXT(EXT_IN_PAYLOAD), 0, 0,
	    "'in_payload':'61220aff21'" },
	{ FLOW_EXT(EXT_OUT_PAYLOAD), 0, 0,
	    "'out_payload':'61220aff21'" },
	{ TUNNELS, 0, 0,
	    "'tun_proto':128" },
	{ FLOW_EXT(EXT_TUNNEL_V4), 0, 4,
	    "'src4_tun_ip':'192.0.2.76'\n'dst4_tun_ip':'192.0.2.77'" },
	{ FLOW_EXT(EXT_TUNNEL_V6), 0, 6,
	    "'src6_tun_ip':'2001:db8:ff::4c'\n'dst6_tun_ip':'2001:db8:ff::4d'" },
	{ FLOW_EXT(EXT_OBSERVATION), 0, 0,
	    "'observationDomainID':130\n'observationPointID':129" },
	{ FLOW_EXT(EXT_FRAME_META), 0, 0,
	    "'frame_size':131\n'link_type':132" },
	{ FLOW_EXT(EXT_FRAME), 0, 0,
	    "'frame':'61220aff21'" },
	{ FLOW_EXT(EXT_VRF), 0, 0,
	    "'ingress_vrf':135\n'egress_vrf':134" },
	{ FLOW_EXT(EXT_PF_LOG), 0, 0,
	    "'pf_action':136\n'pf_reason':137\n'pf_direction':138\n"
	    "'pf_rewritten':139\n'pf_rule':140\n'pf_subrule':141\n'pf_uid':142\n"
	    "'pf_pid':143\n'pf_interface':'a\\\"\\n\xef\xbf\xbd!'" },
	{ FLOW_EXT(EXT_LAYER2), 0, 0,
	    "'vlanID':145\n'post_vlanID':147\n'cust_vlanID':146\n"
	    "'post_cust_vlanID':148\n'phys_ingress':149\n'phys_egress':150\n"
	    "'vxlan':151\n'ethertype':152\n'ip_version':153" },
	{ FLOW_EXT(EXT_FLOW_ID), 0, 0,
	    "'flowID':154" },
	{ FLOW_EXT(EXT_NOKIA_SERVICE), 0, 0,
	    "'inServiceID':155\n'outServiceID':156" },
	{ FLOW_EXT(EXT_NOKIA_STRING), 0, 0,
	    "'natString':'a\\\"\\n\xef\xbf\xbd!'" },
	{ FLOW_EXT(EXT_IP_INFO), 0, 0,
	    "'ip_fragment':158\n'ip_minttl':159\n'ip_maxttl':160" },
	{ FLOW_EXT(EXT_LABEL), 0, 0,
	    "'label':'a\\\"\\n\xef\xbf\xbd!'" },
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Every field has a value of its own. */
static struct flow
make_flow(uint64_t extensions, unsigned family)
{
	static const uint8_t text[] = { 'a', '"', '\n', 0xff, '!' };
	const struct span span = { text, sizeof(text) };
	struct flow f = { .extensions = 0 };

	for (int id = 0; id < FLD_COUNT; id++) {
		const struct field *field = &field_table[id];
		char *at = (char *)&f + field->offset;
		struct addr a = address(family == 6 ? "2001:db8:ff::" :
		    "192.0.2.0");

		a.lo += (uint64_t)id;
		if (field->type == FIELD_ADDR)
			memcpy(at, &a, sizeof(a));
		else if (field->type == FIELD_SPAN)
			memcpy(at, &span, sizeof(span));
		else
			store_host(at, (uint64_t)id + 50, field->size);
	}
	f.extensions = extensions;
	f.first_ms = T_MS;
	f.last_ms = T_MS + 1000;
	f.received_ms = T_MS + 2000;
	f.event_time_ms = T_MS + 3000;
	f.proto = 6;
	f.tcp_flags = 0x1b;
	f.src_mask = 24;
	f.dst_mask = 31;
	f.record_flags = FLOW_EVENT | FLOW_SAMPLED;
	f.fw_event = 3;
	f.nat_event = 4;
	return f;
}

/* One member in the layout of -o json or -o ndjson. */
static void
add_member(struct buffer *out, const char *text, size_t len, bool is_array)
{
	const char *colon = memchr(text, ':', len);

	buffer_text(out, is_array ? "\n\t" : "");
	for (size_t i = 0; i < len; i++) {
		if (is_array && text + i == colon)
			buffer_text(out, " : ");
		else
			buffer_char(out, text[i] == '\'' ? '"' : text[i]);
	}
}

static void
add_members(struct buffer *out, const char *text, bool is_array)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (out->data[out->len - 1] != '{')
			buffer_char(out, ',');
		add_member(out, text, len, is_array);
		text += len + (text[len] == '\n');
	}
}

/* What the row of such a flow should be; free it. */
static char *
wanted(bool is_array, uint64_t extensions, unsigned family)
{
	const struct piece *pieces = is_array ? objects : lines;
	size_t count = is_array ? COUNT(objects) : COUNT(lines);
	struct buffer out = BUFFER_EMPTY;

	buffer_text(&out, is_array ? ",\n{" : "{");
	for (size_t i = 0; i < count; i++) {
		const struct piece *p = &pieces[i];

		if ((p->need & extensions) != 0 &&
		    (p->without & extensions) == 0 &&
		    (p->family == 0 || p->family == family))
			add_members(&out, p->text, is_array);
	}
	buffer_text(&out, is_array ? "\n}" : "}\n");
	buffer_char(&out, '\0');
	if (out.failed)
		bail("out of memory");
	return out.data;
}

static void
flow_is(uint64_t extensions, unsigned family, const char *name)
{
	struct flow f = make_flow(extensions | ANY_FLOW, family);

	for (int is_array = 0; is_array < 2; is_array++) {
		const char *mode = is_array ? "json" : "ndjson";
		char *got = print(mode, &no_options, &f, 1);
		char *want = wanted(is_array, f.extensions, family);

		is_str(got, want, "%s: %s, IPv%u", mode, name, family);
		free(want);
		free(got);
	}
}

/* Extensions of the pairs, by family. */
#define V4 \
	(FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_BGP_V4) | \
	    FLOW_EXT(EXT_NEXT_HOP_V4) | FLOW_EXT(EXT_EXPORTER_V4) | \
	    FLOW_EXT(EXT_XLATE_V4) | FLOW_EXT(EXT_TUNNEL_V4))
#define V6 (V4 << 1)

static void
test_flows(void)
{
	char name[32];

	for (unsigned ext = 1; ext < EXT_COUNT; ext++) {
		snprintf(name, sizeof(name), "extension %u", ext);
		if ((FLOW_EXT(ext) & V6) == 0)
			flow_is(FLOW_EXT(ext), 4, name);
		if ((FLOW_EXT(ext) & V4) == 0)
			flow_is(FLOW_EXT(ext), 6, name);
	}
	flow_is(EVENTS, 4, "both events");
	flow_is(FLOW_EXT(EXT_NAT_EVENT) | FLOW_EXT(EXT_VRF), 4,
	    "NAT event and VRF");
	flow_is(FLOW_EXT(EXT_COUNT) - 1 - V6, 4, "all");
	flow_is(FLOW_EXT(EXT_COUNT) - 1 - V4, 6, "all");
	flow_is(UINT64_MAX - V6, 4, "extensions that do not exist");
}

static bool
has(const char *row, const char *member)
{
	return strstr(row, member) != NULL;
}

static void
test_icmp(void)
{
	static const uint8_t protocols[] = { 1, 58 };
	struct flow f = make_flow(ANY_FLOW, 4);

	f.dst_port = 0x0b01;
	for (size_t i = 0; i < sizeof(protocols); i++) {
		char *row;

		f.proto = protocols[i];
		row = print("ndjson", &no_options, &f, 1);
		ok(has(row, "\"icmp_type\":11,\"icmp_code\":1,") &&
		    !has(row, "_port") && !has(row, "tcp_flags"),
		    "protocol %u has type and code", f.proto);
		free(row);
		row = print("json", &no_options, &f, 1);
		ok(has(row, "\t\"icmp_type\" : 11,\n\t\"icmp_code\" : 1,\n") &&
		    !has(row, "_port") && !has(row, "tcp_flags"),
		    "protocol %u in json", f.proto);
		free(row);
	}
	f.proto = 17;
	f.flows = 0;
	f.extensions |= FLOW_EXT(EXT_COUNTERS);
	for (size_t i = 0; i < 2; i++) {
		char *row = print(i == 0 ? "ndjson" : "json", &no_options, &f,
		    1);

		ok(has(row, "tcp_flags") && !has(row, "icmp"),
		    "protocol 17 has ports");
		ok(has(row, i == 0 ? "\"aggr_flows\":1" :
		    "\"aggr_flows\" : 1"), "no flows are one");
		free(row);
	}
}

/* Rows by keys have these and the sums, whatever their first flow had. */
static void
test_keyed(void)
{
	static const enum field_id found[] = { FLD_FIRST, FLD_IN_BYTES,
		FLD_OUT_BYTES, FLD_SRC_AS, FLD_NEXT_HOP, FLD_DST_PORT,
		FLD_LABEL, FLD_DISTINCT };
	struct format_options options = { .is_keyed = true };
	struct flow f = make_flow(ANY_FLOW, 4);
	char *row;

	for (size_t i = 0; i < COUNT(found); i++)
		fieldset_add(&options.found, found[i]);
	row = print("ndjson", &options, &f, 1);
	is_str(row, "{\"type\":\"EVENT\","
	    "\"first\":\"2024-06-15T12:00:00.123+00:00\","
	    "\"first_ms\":1718452800123,\"in_bytes\":54,\"dst_port\":56,"
	    "\"out_bytes\":73,\"src_as\":76,\"ip4_next_hop\":\"192.0.2.29\","
	    "\"distinct\":167,\"label\":\"a\\\"\\n\xef\xbf\xbd!\"}\n",
	    "ndjson: a row by keys");
	free(row);
	f.extensions |= FLOW_EXT(EXT_NEXT_HOP_V6);
	f.next_hop = address("2001:db8::1");
	f.proto = 1;
	row = print("json", &options, &f, 1);
	is_str(row, ",\n{\n\t\"type\" : \"EVENT\",\n\t\"sampled\" : 1,\n"
	    "\t\"export_sysid\" : 163,\n"
	    "\t\"first\" : \"2024-06-15T12:00:00.123\",\n"
	    "\t\"in_bytes\" : 54,\n\t\"icmp_type\" : 0,\n"
	    "\t\"icmp_code\" : 56,\n\t\"out_bytes\" : 73,\n"
	    "\t\"src_as\" : 76,\n\t\"ip6_next_hop\" : \"2001:db8::1\",\n"
	    "\t\"distinct\" : 167,\n\t\"label\" : \"<none>\"\n}",
	    "json: a row by keys");
	free(row);
}

/* Sums of whole flows are told by ndjson alone: nfdump leaves them out. */
static void
test_sums(void)
{
	struct format_options options = { .is_report = true };
	struct flow f = make_flow(ANY_FLOW | FLOW_EXT(EXT_IN_PAYLOAD) |
	    FLOW_EXT(EXT_FRAME), 4);
	char *row;

	fieldset_add(&options.found, FLD_FLOWS);
	fieldset_add(&options.found, FLD_P95_BPS);
	row = print("ndjson", &options, &f, 1);
	ok(has(row, "\"aggr_flows\":71") && has(row, "\"p95_bps\":168") &&
	    !has(row, "out_bytes") && has(row, "src_tos"), "ndjson: sums");
	ok(!has(row, "in_payload") && !has(row, "\"frame\""),
	    "rows of reports have nothing that is cut off");
	free(row);
	row = print("json", &options, &f, 1);
	ok(!has(row, "aggr_flows") && has(row, "\"p95_bps\" : 168") &&
	    has(row, "src_tos"), "json: sums");
	free(row);
}

static void
country(void *ctx, struct addr a, char code[2])
{
	(void)ctx;
	if (a.lo % 2 == 1)
		memcpy(code, "CH", 2);
}

static void
test_countries(void)
{
	struct format_options options = { .country = country };
	struct flow f = make_flow(ANY_FLOW | FLOW_EXT(EXT_IPV4), 4);
	char *row = print("ndjson", &options, &f, 1);

	ok(has(row, "\"src4_addr\":\"192.0.2.11\","
	    "\"dst4_addr\":\"192.0.2.12\",\"src4_geo\":\"CH\","
	    "\"dst4_geo\":\"\""), "countries");
	free(row);
	options.is_keyed = true;
	fieldset_add(&options.countries, FLD_DST_ADDR);
	row = print("ndjson", &options, &f, 1);
	is_str(row, "{\"type\":\"EVENT\",\"dst4_geo\":\"\"}\n",
	    "a country as the key");
	free(row);
}

static void
test_fields(void)
{
	struct format_options options = { .is_keyed = false };
	struct fieldset want = { { 0 } };
	struct format *f;

	fieldset_add(&options.found, FLD_DISTINCT);
	fieldset_add(&options.found, FLD_P95_BPS);
	f = compile("ndjson", &options);
	format_fields(f, &want);
	for (int id = 0; id < FLD_COUNT; id++)
		ok(fieldset_has(&want, (enum field_id)id),
		    "ndjson has %s", field_table[id].id);
	format_free(f);
}

/* Every member of these pieces is in the schema, with its type. */
static void
schema_has(const char *schema, const struct piece *pieces, size_t count)
{
	char line[128];

	for (size_t i = 0; i < count; i++)
		for (const char *m = pieces[i].text; *m != '\0';
		     m += strcspn(m, "\n"), m += *m == '\n') {
			int len = (int)strcspn(m + 1, "'");

			snprintf(line, sizeof(line), "\nflows\t%.*s\t%s\n",
			    len, m + 1, m[len + 3] == '\'' ? "string" :
			    "number");
			ok(has(schema, line), "schema: %.*s", len, m + 1);
		}
}

static void
test_schema(void)
{
	struct buffer out = BUFFER_EMPTY;
	struct err err;

	for (int is_array = 0; is_array < 2; is_array++) {
		out.len = 0;
		buffer_char(&out, '\n');
		if (schema_text(is_array ? "json" : "ndjson", &out, &err) ==
		    -1)
			bail("%s", err.text);
		buffer_char(&out, '\0');
		schema_has(out.data, is_array ? objects : lines,
		    is_array ? COUNT(objects) : COUNT(lines));
	}
	out.len = 0;
	is_int(schema_text("csv", &out, &err), -1, "no schema of csv");
	is_str(err.text, "schema 'csv': json or ndjson is known",
	    "what is known");
	buffer_fini(&out);
}

int
main(void)
{
	formatkit_begin();
	test_flows();
	test_icmp();
	test_keyed();
	test_sums();
	test_countries();
	test_fields();
	test_schema();
	return done_testing();
}
