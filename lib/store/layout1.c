/*
 * Headers of layout 1 (file-format.md 5.1 and 5.2).
 */

#include "base/bytes.h"
#include "store/layout1.h"

#define STATS_AT 140
#define TIMES_AT 260

static const struct {
	uint32_t flag;
	enum codec_id id;
} codecs[] = {
	{ 0x01, CODEC_LZO },
	{ 0x08, CODEC_BZ2 },
	{ 0x10, CODEC_LZ4 },
};

#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

int64_t
store_v1_codec_flag(enum codec_id id)
{
	for (size_t i = 0; i < CODECS; i++)
		if (codecs[i].id == id)
			return codecs[i].flag;
	return id == CODEC_NONE ? 0 : -1;
}

static int
get_codec(struct store_v1_header *h, uint32_t flags, struct err *err)
{
	h->codec = CODEC_NONE;
	h->flags = flags;
	for (size_t i = 0; i < CODECS; i++) {
		if (!(flags & codecs[i].flag))
			continue;
		if (h->codec != CODEC_NONE)
			return err_set(err, ERR_MALFORMED,
			    "flags 0x%x: more than one compression", flags);
		h->codec = codecs[i].id;
		h->flags &= ~codecs[i].flag;
	}
	return 0;
}

static void
get_stats(const uint8_t *data, struct store_v1_header *h)
{
	struct record_stats *s = &h->stats;
	const uint8_t *p = data + STATS_AT, *t = data + TIMES_AT;

	s->flows = load_u64(p);
	s->bytes = load_u64(p + 8);
	s->packets = load_u64(p + 16);
	for (size_t i = 0; i < STAT_PROTOS; i++) {
		s->proto_flows[i] = load_u64(p + 24 + 8 * i);
		s->proto_bytes[i] = load_u64(p + 56 + 8 * i);
		s->proto_packets[i] = load_u64(p + 88 + 8 * i);
	}
	s->first_ms = (uint64_t)load_u32(t) * 1000 + load_u16(t + 8);
	s->last_ms = (uint64_t)load_u32(t + 4) * 1000 + load_u16(t + 10);
	s->sequence_failures = load_u32(t + 12);
	h->is_closed = h->blocks != 0 || load_u32(t) != STORE_V1_OPEN_FIRST;
}

int
store_v1_header_get(
    const uint8_t *data, size_t len, struct store_v1_header *h, struct err *err)
{
	if (len < STORE_V1_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "truncated: %zu bytes of a header of %d", len,
		    STORE_V1_HEADER_LEN);
	if (get_codec(h, load_u32(data + 4), err) == -1)
		return -1;
	h->blocks = load_u32(data + 8);
	memcpy(h->ident, data + STORE_V1_IDENT_AT, STORE_V1_IDENT_LEN);
	h->ident[STORE_V1_IDENT_LEN - 1] = '\0';
	get_stats(data, h);
	return 0;
}

static void
put_stats(uint8_t *data, const struct record_stats *s)
{
	uint64_t first_ms = s->first_ms == UINT64_MAX ? 0 : s->first_ms;
	uint8_t *p = data + STATS_AT, *t = data + TIMES_AT;

	store_u64(p, s->flows);
	store_u64(p + 8, s->bytes);
	store_u64(p + 16, s->packets);
	for (size_t i = 0; i < STAT_PROTOS; i++) {
		store_u64(p + 24 + 8 * i, s->proto_flows[i]);
		store_u64(p + 56 + 8 * i, s->proto_bytes[i]);
		store_u64(p + 88 + 8 * i, s->proto_packets[i]);
	}
	store_u32(t, (uint32_t)(first_ms / 1000));
	store_u32(t + 4, (uint32_t)(s->last_ms / 1000));
	store_u16(t + 8, (uint16_t)(first_ms % 1000));
	store_u16(t + 10, (uint16_t)(s->last_ms % 1000));
	store_u32(t + 12,
	    s->sequence_failures > UINT32_MAX ? UINT32_MAX :
						(uint32_t)s->sequence_failures);
}

void
store_v1_header_put(
    uint8_t data[STORE_V1_HEADER_LEN], const struct store_v1_header *h)
{
	memset(data, 0, STORE_V1_HEADER_LEN);
	store_u16(data, STORE_MAGIC);
	store_u16(data + 2, store_layout_1.number);
	store_u32(data + 4, h->flags | (uint32_t)store_v1_codec_flag(h->codec));
	store_u32(data + 8, h->blocks);
	memcpy(data + STORE_V1_IDENT_AT, h->ident,
	    strnlen(h->ident, STORE_V1_IDENT_LEN - 1));
	put_stats(data, &h->stats);
}

int
store_v1_block_header_get(const uint8_t data[STORE_BLOCK_HEADER_LEN],
    struct store_block_header *h, struct err *err)
{
	h->records = load_u32(data);
	h->stored = load_u32(data + 4);
	h->type = load_u16(data + 8);
	if (h->stored == 0 || h->stored > STORE_BLOCK_DISK_MAX)
		return err_set(
		    err, ERR_MALFORMED, "size of %u bytes", h->stored);
	if (h->type < STORE_V1_BLOCK_1_5 || h->type > STORE_V1_BLOCK_CATALOG)
		return err_set(err, ERR_MALFORMED, "type %u", h->type);
	return 0;
}
