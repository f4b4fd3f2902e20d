#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/layout1.h"
#include "tap.h"
#include "v1kit.h"

enum form {
	NUMBER,
	ADDR_V4,
	ADDR_V6,
	TEXT
};

struct part {
	uint8_t ext;
	uint8_t at;
	uint8_t len;
	uint8_t form;
	uint16_t member;
	uint8_t size; /* of the member */
};

#define PART(ext, at, len, form, member) \
	{ \
		ext, at, len, form, offsetof(struct flow, member), \
		    sizeof(((struct flow *)0)->member) \
	}

/* clang-format off */
static const struct part parts[] = {
	PART(4, 0, 2, NUMBER, input),
	PART(4, 2, 2, NUMBER, output),
	PART(5, 0, 4, NUMBER, input),
	PART(5, 4, 4, NUMBER, output),
	PART(6, 0, 2, NUMBER, src_as),
	PART(6, 2, 2, NUMBER, dst_as),
	PART(7, 0, 4, NUMBER, src_as),
	PART(7, 4, 4, NUMBER, dst_as),
	PART(8, 0, 1, NUMBER, dst_tos),
	PART(8, 1, 1, NUMBER, direction),
	PART(8, 2, 1, NUMBER, src_mask),
	PART(8, 3, 1, NUMBER, dst_mask),
	PART(9, 0, 4, ADDR_V4, next_hop),
	PART(10, 0, 16, ADDR_V6, next_hop),
	PART(11, 0, 4, ADDR_V4, bgp_next_hop),
	PART(12, 0, 16, ADDR_V6, bgp_next_hop),
	PART(13, 0, 2, NUMBER, src_vlan),
	PART(13, 2, 2, NUMBER, dst_vlan),
	PART(14, 0, 4, NUMBER, out_packets),
	PART(15, 0, 8, NUMBER, out_packets),
	PART(16, 0, 4, NUMBER, out_bytes),
	PART(17, 0, 8, NUMBER, out_bytes),
	PART(18, 0, 4, NUMBER, flows),
	PART(19, 0, 8, NUMBER, flows),
	PART(20, 0, 8, NUMBER, in_src_mac),
	PART(20, 8, 8, NUMBER, out_dst_mac),
	PART(21, 0, 8, NUMBER, in_dst_mac),
	PART(21, 8, 8, NUMBER, out_src_mac),
	PART(22, 0, 4, NUMBER, mpls[0]),
	PART(22, 4, 4, NUMBER, mpls[1]),
	PART(22, 8, 4, NUMBER, mpls[2]),
	PART(22, 12, 4, NUMBER, mpls[3]),
	PART(22, 16, 4, NUMBER, mpls[4]),
	PART(22, 20, 4, NUMBER, mpls[5]),
	PART(22, 24, 4, NUMBER, mpls[6]),
	PART(22, 28, 4, NUMBER, mpls[7]),
	PART(22, 32, 4, NUMBER, mpls[8]),
	PART(22, 36, 4, NUMBER, mpls[9]),
	PART(23, 0, 4, ADDR_V4, exporter_addr),
	PART(24, 0, 16, ADDR_V6, exporter_addr),
	PART(25, 2, 1, NUMBER, engine_type),
	PART(25, 3, 1, NUMBER, engine_id),
	PART(26, 0, 4, NUMBER, next_as),
	PART(26, 4, 4, NUMBER, prev_as),
	PART(27, 0, 8, NUMBER, received_ms),
	PART(37, 0, 8, NUMBER, event_time_ms),
	PART(37, 8, 4, NUMBER, conn_id),
	PART(37, 14, 1, NUMBER, fw_event),
	PART(37, 16, 2, NUMBER, fw_xevent),
	PART(38, 0, 2, NUMBER, xlate_src_port),
	PART(38, 2, 2, NUMBER, xlate_dst_port),
	PART(39, 0, 4, ADDR_V4, xlate_src_addr),
	PART(39, 4, 4, ADDR_V4, xlate_dst_addr),
	PART(40, 0, 16, ADDR_V6, xlate_src_addr),
	PART(40, 16, 16, ADDR_V6, xlate_dst_addr),
	PART(41, 0, 4, NUMBER, acl_in[0]),
	PART(41, 4, 4, NUMBER, acl_in[1]),
	PART(41, 8, 4, NUMBER, acl_in[2]),
	PART(41, 12, 4, NUMBER, acl_out[0]),
	PART(41, 16, 4, NUMBER, acl_out[1]),
	PART(41, 20, 4, NUMBER, acl_out[2]),
	PART(42, 0, 24, TEXT, user_name),
	PART(43, 0, 72, TEXT, user_name),
	PART(45, 0, 8, NUMBER, client_latency_us),
	PART(45, 8, 8, NUMBER, server_latency_us),
	PART(45, 16, 8, NUMBER, app_latency_us),
	PART(46, 0, 1, NUMBER, nat_event),
	PART(46, 4, 4, NUMBER, egress_vrf),
	PART(46, 8, 4, NUMBER, ingress_vrf),
	PART(48, 0, 2, NUMBER, block_start),
	PART(48, 2, 2, NUMBER, block_end),
	PART(48, 4, 2, NUMBER, block_step),
	PART(48, 6, 2, NUMBER, block_size),
};

static const uint8_t lengths[V1KIT_EXT_LAST + 1] = {
	0, 0, 0, 0, 4, 8, 4, 8, 4, 4, 16, 4, 16, 4, 4, 8, 4, 8, 4, 8, 16, 16,
	40, 4, 16, 4, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 4, 8, 32, 24, 24,
	72, 0, 24, 12, 8, 8,
};
/* clang-format on */

#define PARTS (sizeof(parts) / sizeof(parts[0]))

unsigned
v1kit_ext_len(unsigned ext)
{
	return ext <= V1KIT_EXT_LAST ? lengths[ext] : 0;
}

void
v1kit_fill(struct flow *f, unsigned ext, struct dice *dice, const uint8_t *text)
{
	uint8_t *base = (uint8_t *)f;
	const struct part *part;
	struct addr a;
	uint64_t v;

	for (part = parts; part < parts + PARTS; part++) {
		if (part->ext != ext)
			continue;
		v = dice_any(dice);
		if (part->form == NUMBER) {
			if (part->len < 8)
				v &= (UINT64_C(1) << 8 * part->len) - 1;
			store_host(base + part->member, v, part->size);
			continue;
		}
		if (part->form == TEXT) {
			f->user_name = (struct span){ text,
				(uint32_t)(v % (part->len > 65 ? 66 : 25)) };
			continue;
		}
		a = part->form == ADDR_V4 ?
		    addr_v4((uint32_t)v) :
		    (struct addr){ v | 1, dice_next(dice) };
		memcpy(base + part->member, &a, sizeof(a));
	}
}

static void
put(struct buffer *out, uint64_t value, size_t len)
{
	uint8_t bytes[8];

	store_host(bytes, value, len);
	buffer_add(out, bytes, len);
}

static size_t
ext_size(const struct v1kit_map *m)
{
	size_t size = 0;

	for (size_t i = 0; i < m->count; i++)
		size += v1kit_ext_len(m->ext[i]);
	return size;
}

void
v1kit_put_map(struct buffer *out, const struct v1kit_map *m)
{
	size_t listed = (m->count + 2) / 2 * 2;

	put(out, 2, 2);
	put(out, 8 + 2 * listed, 2);
	put(out, m->id, 2);
	put(out, ext_size(m), 2);
	for (size_t i = 0; i < listed; i++)
		put(out, i < m->count ? m->ext[i] : 0, 2);
}

static void
put_part(uint8_t *p, const struct part *part, const struct flow *f)
{
	const uint8_t *from = (const uint8_t *)f + part->member;
	struct span text;
	struct addr a;

	switch (part->form) {
	case NUMBER:
		store_host(p, load_host(from, part->size), part->len);
		break;
	case TEXT:
		memcpy(&text, from, sizeof(text));
		if (text.len > 0)
			memcpy(p, text.data, text.len);
		break;
	default:
		memcpy(&a, from, sizeof(a));
		if (part->form == ADDR_V6)
			store_u64(p, a.hi);
		store_host(p + part->len - (part->form == ADDR_V6 ? 8 : 4),
		    a.lo, part->form == ADDR_V6 ? 8 : 4);
	}
}

static void
put_extensions(
    struct buffer *out, const struct v1kit_map *m, const struct flow *f)
{
	uint8_t bytes[72];

	for (size_t i = 0; i < m->count; i++) {
		memset(bytes, 0, sizeof(bytes));
		for (size_t k = 0; k < PARTS; k++)
			if (parts[k].ext == m->ext[i])
				put_part(bytes + parts[k].at, &parts[k], f);
		if (m->ext[i] == 37 && (f->proto == 1 || f->proto == 58))
			store_u16(bytes + 12, f->dst_port); /* type, code */
		buffer_add(out, bytes, v1kit_ext_len(m->ext[i]));
	}
}

static void
put_fixed(struct buffer *out, const struct v1kit_map *m, const struct flow *f,
    unsigned form, uint8_t flags)
{
	put(out, flags, 1);
	put(out, form & V1KIT_SHORT ? f->exporter_id : f->export_version, 1);
	put(out, m->id, 2);
	put(out, f->first_ms % 1000, 2);
	put(out, f->last_ms % 1000, 2);
	put(out, f->first_ms / 1000, 4);
	put(out, f->last_ms / 1000, 4);
	put(out, f->fwd_status, 1);
	put(out, f->tcp_flags, 1);
	put(out, f->proto, 1);
	put(out, f->src_tos, 1);
	put(out, f->src_port, 2);
	put(out, f->dst_port, 2);
	if (form & V1KIT_SHORT)
		return;
	put(out, f->exporter_id, 2);
	put(out, f->biflow_dir, 1);
	put(out, f->end_reason, 1);
}

static void
put_addrs(struct buffer *out, const struct flow *f, bool is_v6)
{
	const struct addr *a[2] = { &f->src_addr, &f->dst_addr };

	for (int i = 0; i < 2; i++) {
		if (is_v6)
			put(out, a[i]->hi, 8);
		put(out, a[i]->lo, is_v6 ? 8 : 4);
	}
}

void
v1kit_put_flow(struct buffer *out, const struct v1kit_map *m,
    const struct flow *f, unsigned form)
{
	bool is_v6 = f->extensions >> EXT_IPV6 & 1;
	size_t counter = form & V1KIT_COUNTERS_32 ? 4 : 8, start = out->len;
	uint8_t flags = (uint8_t)(is_v6 | (counter == 8 ? 6 : 0));

	if (f->record_flags & FLOW_EVENT)
		flags |= 0x40;
	if (f->record_flags & FLOW_SAMPLED)
		flags |= 0x80;
	put(out, form & V1KIT_SHORT ? 1 : 10, 2);
	put(out, 0, 2);
	put_fixed(out, m, f, form, flags);
	put_addrs(out, f, is_v6);
	put(out, f->in_packets, counter);
	put(out, f->in_bytes, counter);
	put_extensions(out, m, f);
	if (out->failed)
		bail("out of memory");
	store_u16(out->data + start + 2, (uint16_t)(out->len - start));
}

void
v1kit_put_sampler(
    struct buffer *out, int32_t id, uint32_t interval, uint16_t sysid)
{
	put(out, 9, 2);
	put(out, 16, 2);
	put(out, (uint32_t)id, 4);
	put(out, interval, 4);
	put(out, 1, 2);
	put(out, sysid, 2);
}

static void
write_at(
    const struct v1kit_file *f, const void *data, size_t len, uint64_t offset)
{
	if (pwrite(f->fd, data, len, (off_t)offset) != (ssize_t)len)
		bail("cannot write a file of layout 1");
}

void
v1kit_create(struct v1kit_file *f, const char *path, const struct codec *codec)
{
	*f = (struct v1kit_file){ .codec = codec, .pos = STORE_V1_HEADER_LEN };
	f->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (f->fd == -1)
		bail("cannot create %s", path);
}

void
v1kit_put_block(struct v1kit_file *f, uint16_t type, uint32_t records,
    const void *raw, size_t len)
{
	struct store_block_header h = { .records = records, .type = type };
	size_t room = f->codec->bound(len);
	uint8_t *block = malloc(STORE_BLOCK_HEADER_LEN + room);

	if (block == NULL)
		bail("out of memory");
	h.stored = (uint32_t)f->codec->compress(
	    raw, len, block + STORE_BLOCK_HEADER_LEN, room);
	store_block_header_put(block, &h);
	write_at(f, block, STORE_BLOCK_HEADER_LEN + h.stored, f->pos);
	f->pos += STORE_BLOCK_HEADER_LEN + h.stored;
	f->blocks++;
	free(block);
}

static void
put_header(struct v1kit_file *f, const struct store_v1_header *h)
{
	uint8_t data[STORE_V1_HEADER_LEN];

	store_v1_header_put(data, h);
	write_at(f, data, sizeof(data), 0);
	if (close(f->fd) == -1)
		bail("cannot write a file of layout 1");
}

void
v1kit_finish(struct v1kit_file *f, const char *ident, uint32_t flags,
    const struct record_stats *s)
{
	struct store_v1_header h = { .flags = flags, .codec = f->codec->id };

	h.blocks = f->blocks;
	h.stats = *s;
	memcpy(h.ident, ident, strlen(ident));
	put_header(f, &h);
}

void
v1kit_crash(struct v1kit_file *f)
{
	struct store_v1_header h = { .codec = f->codec->id };

	h.stats.first_ms = UINT64_C(0x7fffffff) * 1000 + 999;
	put_header(f, &h);
}
