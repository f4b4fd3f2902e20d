#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdint.h>

#include "base/addr.h"
#include "flow/field.h"

/*
 * One decoded flow: what capture, probe and forwarder handle.  Numbers are
 * in host order, times in milliseconds since 1970 UTC, counters corrected
 * for sampling, ICMP type * 256 + code in dst_port.  Members that no
 * extension bit covers are zero.  Within an extension members stand in the
 * order of its payload, so that encoding copies many at once.
 */
struct flow {
	/*
	 * Extensions present, bit n for extension n of file-format.md 2.3
	 * (1 is always there).  Of the pairs IPv4/IPv6 (2/3, 8/9, 10/11,
	 * 12/13, 20/21, 31/32) the bit says the family.
	 */
	uint64_t extensions;

	/* record header */
	uint8_t engine_type;
	uint8_t engine_id;
	uint16_t exporter_id; /* number of the exporter record, 0 none */
	uint8_t record_flags; /* FLOW_* */
	/* 1, 5, 7, 9, 10; 0x54 Tera Flow; 0x80 + n sFlow version n */
	uint8_t export_version;

	/* 1 generic */
	uint64_t first_ms;
	uint64_t last_ms;
	uint64_t received_ms;
	uint64_t in_packets;
	uint64_t in_bytes;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
	uint8_t tcp_flags;
	uint8_t fwd_status;
	uint8_t src_tos;

	/* 4 misc */
	uint32_t input;
	uint32_t output;
	uint8_t src_mask;
	uint8_t dst_mask;
	uint8_t direction;
	uint8_t dst_tos;
	uint8_t biflow_dir;
	uint8_t end_reason;

	/* 2, 3 addresses */
	struct addr src_addr;
	struct addr dst_addr;

	/* 5 counters */
	uint64_t flows; /* 0 counts as 1 */
	uint64_t out_packets;
	uint64_t out_bytes;

	/* 6 VLAN, 7 AS */
	uint32_t src_vlan;
	uint32_t dst_vlan;
	uint32_t src_as;
	uint32_t dst_as;

	/* 8 to 13 */
	struct addr bgp_next_hop;
	struct addr next_hop;
	struct addr exporter_addr;

	/* 14 MPLS, 15 MAC, 16 adjacent AS, 17 latency, 18 sampler */
	uint32_t mpls[10];
	uint64_t in_src_mac;
	uint64_t out_dst_mac;
	uint64_t in_dst_mac;
	uint64_t out_src_mac;
	uint32_t next_as;
	uint32_t prev_as;
	uint64_t client_latency_us;
	uint64_t server_latency_us;
	uint64_t app_latency_us;
	uint64_t sampler_id;

	/* 19 firewall event, 25 NAT event */
	uint64_t event_time_ms;
	uint32_t conn_id;
	uint16_t fw_xevent;
	uint8_t fw_event;
	uint8_t nat_event;
	uint32_t nat_pool;

	/* 20 to 24 */
	struct addr xlate_src_addr;
	struct addr xlate_dst_addr;
	uint16_t xlate_src_port;
	uint16_t xlate_dst_port;
	uint32_t acl_in[3];
	uint32_t acl_out[3];
	struct span user_name; /* up to 65 bytes are stored */

	/* 26 port block, 27 to 30 */
	uint16_t block_start;
	uint16_t block_end;
	uint16_t block_step;
	uint16_t block_size;
	struct span app_id;
	struct span label;
	struct span in_payload;
	struct span out_payload;

	/* 31, 32 tunnel, 33 observation, 34, 35 frame, 36 VRF */
	struct addr tun_src_addr;
	struct addr tun_dst_addr;
	uint32_t tun_proto;
	uint32_t obs_domain;
	uint64_t obs_point;
	uint16_t frame_size;
	uint16_t link_type;
	uint32_t egress_vrf;
	uint32_t ingress_vrf;
	struct span frame;

	/* 37 packet filter log */
	uint8_t pf_action;
	uint8_t pf_reason;
	uint8_t pf_direction;
	uint8_t pf_rewritten;
	uint32_t pf_rule;
	uint32_t pf_subrule;
	uint32_t pf_uid;
	uint32_t pf_pid;
	struct span pf_interface;

	/* 38 layer 2, 39 flow id */
	uint16_t dot1q_vlan;
	uint16_t dot1q_cust_vlan;
	uint16_t post_vlan;
	uint16_t post_cust_vlan;
	uint32_t phys_in;
	uint32_t phys_out;
	uint64_t vxlan;
	uint16_t ethertype;
	uint8_t ip_version;
	uint64_t flow_id;

	/* 40, 41 Nokia NAT, 42 IP header */
	uint16_t nokia_in_service;
	uint16_t nokia_out_service;
	struct span nokia_string;
	uint8_t frag_flags;
	uint8_t min_ttl;
	uint8_t max_ttl;

	/* of grouped rows, never stored */
	uint64_t distinct;
	uint64_t p95_bps;
};

/* record_flags */
#define FLOW_EVENT 0x01
#define FLOW_SAMPLED 0x02
#define FLOW_ANONYMISED 0x04

/* Extension numbers that code needs to name (file-format.md 2.3). */
enum flow_ext {
	EXT_HEADER = 0, /* stands for the record header in fields.def */
	EXT_GENERIC = 1,
	EXT_IPV4 = 2,
	EXT_IPV6 = 3,
	EXT_MISC = 4,
	EXT_COUNTERS = 5,
	EXT_VLAN = 6,
	EXT_AS = 7,
	EXT_BGP_V4 = 8,
	EXT_BGP_V6 = 9,
	EXT_NEXT_HOP_V4 = 10,
	EXT_NEXT_HOP_V6 = 11,
	EXT_EXPORTER_V4 = 12,
	EXT_EXPORTER_V6 = 13,
	EXT_MPLS = 14,
	EXT_MAC = 15,
	EXT_AS_ADJACENT = 16,
	EXT_LATENCY = 17,
	EXT_SAMPLER = 18,
	EXT_FW_EVENT = 19,
	EXT_XLATE_V4 = 20,
	EXT_XLATE_V6 = 21,
	EXT_XLATE_PORT = 22,
	EXT_ACL = 23,
	EXT_USER = 24,
	EXT_NAT_EVENT = 25,
	EXT_PORT_BLOCK = 26,
	EXT_APP_ID = 27,
	EXT_LABEL = 28,
	EXT_IN_PAYLOAD = 29,
	EXT_OUT_PAYLOAD = 30,
	EXT_TUNNEL_V4 = 31,
	EXT_TUNNEL_V6 = 32,
	EXT_OBSERVATION = 33,
	EXT_FRAME_META = 34,
	EXT_FRAME = 35,
	EXT_VRF = 36,
	EXT_PF_LOG = 37,
	EXT_LAYER2 = 38,
	EXT_FLOW_ID = 39,
	EXT_NOKIA_SERVICE = 40,
	EXT_NOKIA_STRING = 41,
	EXT_IP_INFO = 42,
	EXT_COUNT,
	EXT_NAT_EVENT_OLD = 63 /* 25 as 1.7.0 wrote it, in fields.def only */
};

#define FLOW_EXT(n) (UINT64_C(1) << (n))

#endif
