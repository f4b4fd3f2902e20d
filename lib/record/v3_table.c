/*
 * Tables of V3 records.
 */

#include "record/v3_int.h"

const struct rec_row rec_rows[] = {
#define REC(id, ext, offset, form) { FLD_##id, ext, offset, REC_##form },
#include "flow/fields.def"
};

const size_t rec_rows_count = sizeof(rec_rows) / sizeof(rec_rows[0]);

/* file-format.md 2.3, less the 4 bytes of the element header. */
const struct rec_ext rec_exts[64] = {
	[EXT_GENERIC] = { 48, false },
	[EXT_IPV4] = { 8, false },
	[EXT_IPV6] = { 32, false },
	[EXT_MISC] = { 16, false },
	[EXT_COUNTERS] = { 24, false },
	[EXT_VLAN] = { 8, false },
	[EXT_AS] = { 8, false },
	[EXT_BGP_V4] = { 4, false },
	[EXT_BGP_V6] = { 16, false },
	[EXT_NEXT_HOP_V4] = { 4, false },
	[EXT_NEXT_HOP_V6] = { 16, false },
	[EXT_EXPORTER_V4] = { 4, false },
	[EXT_EXPORTER_V6] = { 16, false },
	[EXT_MPLS] = { 40, false },
	[EXT_MAC] = { 32, false },
	[EXT_AS_ADJACENT] = { 8, false },
	[EXT_LATENCY] = { 24, false },
	[EXT_SAMPLER] = { 16, false },
	[EXT_FW_EVENT] = { 16, false },
	[EXT_XLATE_V4] = { 8, false },
	[EXT_XLATE_V6] = { 32, false },
	[EXT_XLATE_PORT] = { 4, false },
	[EXT_ACL] = { 24, false },
	[EXT_USER] = { 68, false },
	[EXT_NAT_EVENT] = { 16, false },
	[EXT_PORT_BLOCK] = { 8, false },
	[EXT_APP_ID] = { 0, true },
	[EXT_LABEL] = { 0, true },
	[EXT_IN_PAYLOAD] = { 0, true },
	[EXT_OUT_PAYLOAD] = { 0, true },
	[EXT_TUNNEL_V4] = { 12, false },
	[EXT_TUNNEL_V6] = { 40, false },
	[EXT_OBSERVATION] = { 16, false },
	[EXT_FRAME_META] = { 4, false },
	[EXT_FRAME] = { 0, true },
	[EXT_VRF] = { 8, false },
	[EXT_PF_LOG] = { 20, true },
	[EXT_LAYER2] = { 32, false },
	[EXT_FLOW_ID] = { 8, false },
	[EXT_NOKIA_SERVICE] = { 4, false },
	[EXT_NOKIA_STRING] = { 0, true },
	[EXT_IP_INFO] = { 4, false },
	[EXT_NAT_EVENT_OLD] = { 24, false },
};
