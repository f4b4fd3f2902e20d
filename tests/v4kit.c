#include "record/v3.h"
#include "tap.h"
#include "v4kit.h"

static void
put_addr(struct writer *w, struct addr a, bool is_v4)
{
	if (is_v4) {
		writer_host(w, (uint32_t)a.lo, 4);
		return;
	}
	writer_host(w, a.hi, 8);
	writer_host(w, a.lo, 8);
}

static void
put_pair(struct writer *w, struct addr a, struct addr b, bool is_v4)
{
	put_addr(w, a, is_v4);
	put_addr(w, b, is_v4);
}

static void
put_counted(struct writer *w, struct span s)
{
	writer_host(w, s.len, 4);
	writer_bytes(w, s.data, s.len);
}

static void
put_padded(struct writer *w, struct span s, size_t len)
{
	writer_bytes(w, s.data, s.len);
	writer_zero(w, len - s.len);
}

static void
put_generic(struct writer *w, const struct flow *f)
{
	writer_host(w, f->first_ms, 8);
	writer_host(w, f->last_ms, 8);
	writer_host(w, f->received_ms, 8);
	writer_host(w, f->in_packets, 8);
	writer_host(w, f->in_bytes, 8);
	writer_host(w, f->src_port, 2);
	writer_host(w, f->dst_port, 2);
	writer_host(w, f->proto, 1);
	writer_host(w, f->tcp_flags, 1);
	writer_host(w, f->fwd_status, 1);
	writer_host(w, f->src_tos, 1);
}

static void
put_misc(struct writer *w, const struct flow *f)
{
	writer_host(w, f->src_mask, 1);
	writer_host(w, f->dst_mask, 1);
	writer_host(w, f->direction, 1);
	writer_host(w, f->biflow_dir, 1);
	writer_host(w, f->dst_tos, 1);
	writer_host(w, f->end_reason, 1);
	writer_zero(w, 2);
}

static void
put_event(struct writer *w, const struct flow *f, uint16_t kind)
{
	writer_host(w, f->event_time_ms, 8);
	writer_host(w, f->conn_id, 4);
	writer_host(w, f->fw_xevent, 2);
	writer_host(w, f->fw_event, 1);
	writer_zero(w, 1);
	writer_host(w, kind, 2);
	writer_host(w, f->nat_event, 2);
	writer_host(w, f->nat_pool, 4);
}

static void
put_pf_log(struct writer *w, const struct flow *f)
{
	writer_host(w, f->pf_action, 1);
	writer_host(w, f->pf_reason, 1);
	writer_host(w, f->pf_direction, 1);
	writer_host(w, f->pf_rewritten, 1);
	writer_host(w, f->pf_rule, 4);
	writer_host(w, f->pf_subrule, 4);
	writer_host(w, f->pf_uid, 4);
	writer_host(w, f->pf_pid, 4);
	put_padded(w, f->pf_interface, 4);
}

static void
put_layer2(struct writer *w, const struct flow *f)
{
	writer_host(w, f->dot1q_vlan, 2);
	writer_host(w, f->dot1q_cust_vlan, 2);
	writer_host(w, f->post_vlan, 2);
	writer_host(w, f->post_cust_vlan, 2);
	writer_host(w, f->phys_in, 4);
	writer_host(w, f->phys_out, 4);
	writer_host(w, f->vxlan, 8);
	writer_host(w, f->ethertype, 2);
	writer_host(w, f->ip_version, 1);
	writer_zero(w, 5);
}

/* Labels as the collectors of 1.8 store them, or as numbers. */
static void
put_mpls(struct writer *w, const struct flow *f, bool is_wire)
{
	for (unsigned i = 0; i < 10; i++) {
		if (is_wire) {
			writer_uint(w, f->mpls[i], 3);
			writer_zero(w, 1);
		} else
			writer_host(w, f->mpls[i], 4);
	}
}

void
v4_two(struct writer *w, uint64_t a, uint64_t b, size_t len)
{
	writer_host(w, a, len);
	writer_host(w, b, len);
}

static void
put_three(struct writer *w, uint64_t a, uint64_t b, uint64_t c)
{
	v4_two(w, a, b, 8);
	writer_host(w, c, 8);
}

static void
put_words(struct writer *w, const uint32_t *words)
{
	for (unsigned i = 0; i < 3; i++)
		writer_uint(w, words[i], 4);
}

/* Extensions by their number; the V3 extensions that they make. */
static uint64_t
put_low(struct writer *w, const struct flow *f, unsigned id, bool is_wire)
{
	switch (id) {
	case 1:
		put_generic(w, f);
		return FLOW_EXT(EXT_GENERIC);
	case 2:
	case 3:
		put_pair(w, f->src_addr, f->dst_addr, id == 2);
		return FLOW_EXT(id == 2 ? EXT_IPV4 : EXT_IPV6);
	case 4:
		v4_two(w, f->input, f->output, 4);
		return FLOW_EXT(EXT_MISC);
	case 5:
		put_misc(w, f);
		return FLOW_EXT(EXT_MISC);
	case 6:
		put_three(w, f->flows, f->out_packets, f->out_bytes);
		return FLOW_EXT(EXT_COUNTERS);
	case 7:
		v4_two(w, f->src_vlan, f->dst_vlan, 4);
		return FLOW_EXT(EXT_VLAN);
	case 8:
		v4_two(w, f->src_as, f->dst_as, 4);
		return FLOW_EXT(EXT_AS);
	case 9:
	case 10:
		put_pair(w, f->next_hop, f->bgp_next_hop, id == 9);
		return id == 9 ?
		    FLOW_EXT(EXT_NEXT_HOP_V4) | FLOW_EXT(EXT_BGP_V4) :
		    FLOW_EXT(EXT_NEXT_HOP_V6) | FLOW_EXT(EXT_BGP_V6);
	case 11:
	case 12:
		put_addr(w, f->exporter_addr, id == 11);
		writer_zero(w, id == 11 ? 4 : 0);
		return FLOW_EXT(id == 11 ? EXT_EXPORTER_V4 : EXT_EXPORTER_V6);
	case 13:
		put_mpls(w, f, is_wire);
		return FLOW_EXT(EXT_MPLS);
	case 14:
		v4_two(w, f->in_src_mac, f->out_dst_mac, 8);
		return FLOW_EXT(EXT_MAC);
	case 15:
		v4_two(w, f->in_dst_mac, f->out_src_mac, 8);
		return FLOW_EXT(EXT_MAC);
	default:
		return 0;
	}
}

static uint64_t
put_middle(
    struct writer *w, const struct flow *f, unsigned id, uint64_t kind)
{
	switch (id) {
	case 16:
		v4_two(w, f->next_as, f->prev_as, 4);
		return FLOW_EXT(EXT_AS_ADJACENT);
	case 17:
		put_three(w, f->client_latency_us, f->server_latency_us,
		    f->app_latency_us);
		return FLOW_EXT(EXT_LATENCY);
	case 18:
	case 19:
		put_pair(w, f->xlate_src_addr, f->xlate_dst_addr, id == 18);
		return FLOW_EXT(id == 18 ? EXT_XLATE_V4 : EXT_XLATE_V6);
	case 20:
		v4_two(w, f->xlate_src_port, f->xlate_dst_port, 2);
		writer_zero(w, 4);
		return FLOW_EXT(EXT_XLATE_PORT);
	case 21:
		put_event(w, f, (uint16_t)(kind % 3));
		return FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT);
	case 22:
		put_words(w, f->acl_in);
		put_words(w, f->acl_out);
		return FLOW_EXT(EXT_ACL);
	case 23:
		put_padded(w, f->user_name, 72);
		return FLOW_EXT(EXT_USER);
	case 24:
		v4_two(w, f->block_start, f->block_end, 2);
		v4_two(w, f->block_step, f->block_size, 2);
		return FLOW_EXT(EXT_PORT_BLOCK);
	case 25:
		put_counted(w, f->app_id);
		return FLOW_EXT(EXT_APP_ID);
	case 26:
		put_counted(w, f->in_payload);
		return FLOW_EXT(EXT_IN_PAYLOAD);
	case 27:
		put_counted(w, f->out_payload);
		return FLOW_EXT(EXT_OUT_PAYLOAD);
	default:
		return 0;
	}
}

static uint64_t
put_high(struct writer *w, const struct flow *f, unsigned id)
{
	switch (id) {
	case 28:
	case 29:
		put_pair(w, f->tun_src_addr, f->tun_dst_addr, id == 28);
		v4_two(w, f->tun_proto, 0, 4);
		return FLOW_EXT(id == 28 ? EXT_TUNNEL_V4 : EXT_TUNNEL_V6);
	case 30:
		v4_two(w, f->obs_point, f->obs_domain, 8);
		return FLOW_EXT(EXT_OBSERVATION);
	case 31:
		v4_two(w, f->frame_size, f->link_type, 2);
		writer_zero(w, 4);
		return FLOW_EXT(EXT_FRAME_META);
	case 32:
		put_counted(w, f->frame);
		return FLOW_EXT(EXT_FRAME);
	case 33:
		v4_two(w, f->egress_vrf, f->ingress_vrf, 4);
		return FLOW_EXT(EXT_VRF);
	case 34:
		put_pf_log(w, f);
		return FLOW_EXT(EXT_PF_LOG);
	case 35:
		put_layer2(w, f);
		return FLOW_EXT(EXT_LAYER2);
	case 36:
		writer_host(w, f->flow_id, 8);
		return FLOW_EXT(EXT_FLOW_ID);
	case 37:
		v4_two(w, f->nokia_in_service, f->nokia_out_service, 2);
		writer_zero(w, 4);
		return FLOW_EXT(EXT_NOKIA_SERVICE);
	case 38:
		put_padded(w, f->nokia_string, 4);
		return FLOW_EXT(EXT_NOKIA_STRING);
	case 39:
		v4_two(w, f->frag_flags, f->min_ttl, 1);
		v4_two(w, f->max_ttl, 0, 1);
		writer_zero(w, 4);
		return FLOW_EXT(EXT_IP_INFO);
	default:
		return 0;
	}
}

void
v4_align(struct writer *w)
{
	writer_zero(w, (8 - w->used % 8) % 8);
}

void
v4_begin(struct v4 *v, uint64_t bitmap)
{
	writer_init(&v->w, v->data, sizeof(v->data));
	writer_zero(&v->w, 24 + 2 * (size_t)__builtin_popcountll(bitmap));
	v4_align(&v->w);
	v->bitmap = bitmap;
}

size_t
v4_end(struct v4 *v, const struct flow *f)
{
	uint8_t *offset = v->data + 24;

	if (v->w.bad)
		bail("the record is too long");
	store_u16(v->data, 16);
	store_u16(v->data + 2, (uint16_t)v->w.used);
	store_u16(v->data + 4, (uint16_t)__builtin_popcountll(v->bitmap));
	store_u16(v->data + 6, f->record_flags);
	store_u32(v->data + 8, f->exporter_id);
	v->data[12] = f->engine_type;
	v->data[13] = f->engine_id;
	v->data[14] = f->export_version;
	store_u64(v->data + 16, v->bitmap);
	for (unsigned id = 0; id < 64; id++)
		if (v->bitmap >> id & 1) {
			store_u16(offset, v->offset[id]);
			offset += 2;
		}
	return v->w.used;
}

size_t
v4_put(struct v4 *v, const struct flow *f, uint64_t bitmap, uint64_t dice,
    uint64_t *exts)
{
	unsigned id = (unsigned)(dice % V4_EXTENSIONS);

	v4_begin(v, bitmap);
	for (unsigned i = 0; i < V4_EXTENSIONS; i++, id = (id + 1) % V4_EXTENSIONS) {
		if (!(bitmap >> id & 1))
			continue;
		v->offset[id] = (uint16_t)v->w.used;
		if (id < 16)
			*exts |= put_low(&v->w, f, id, dice >> 32 & 1);
		else if (id < 28)
			*exts |= put_middle(&v->w, f, id, dice >> 33);
		else
			*exts |= put_high(&v->w, f, id);
		v4_align(&v->w);
	}
	return v4_end(v, f);
}
