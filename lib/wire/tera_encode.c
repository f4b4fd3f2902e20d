/*
 * Messages of Tera Flow to bytes: one segment, the struct first, then what
 * its pointers point to, as the tools of Cap'n Proto lay it out.
 */

#include "base/bytes.h"
#include "wire/tera_int.h"

#define HEADER_LEN TERA_WORD /* of a message of one segment */
#define STRUCT_AT (HEADER_LEN + TERA_WORD)
#define POINTERS_AT (STRUCT_AT + TERA_DATA_LEN)
#define OBJECTS_AT (POINTERS_AT + TERA_POINTERS * TERA_WORD)
#define WORDS(len) (((len) + TERA_WORD - 1) / TERA_WORD)

_Static_assert(OBJECTS_AT + (2 * WORDS(TERA_ADDR6_LEN) +
    2 * WORDS(TERA_MAC_LEN)) * TERA_WORD <= TERA_ENCODED_MAX, "all fits");

const struct tera_number tera_numbers[TERA_NUMBERS] = {
#define TERA(member, at) \
	{ offsetof(struct tera, member), at, \
		sizeof(((struct tera *)NULL)->member) },
#include "wire/tera.def"
};

static void
put_numbers(const struct tera *t, uint8_t *data)
{
	const struct tera_number *n = tera_numbers;

	for (; n < tera_numbers + TERA_NUMBERS; n++)
		store_le(data + n->at,
		    load_host((const uint8_t *)t + n->member, n->len), n->len);
	data[TERA_FLAGS_AT] =
	    (uint8_t)((t->is_fragmented ? TERA_FRAGMENTED : 0) |
		(t->dont_fragment ? TERA_DONT_FRAGMENT : 0));
	store_be32(data + TERA_AGENT_AT, t->agent);
	if (t->ip_version == 6)
		return;
	store_be32(data + TERA_SRC_IP_AT, (uint32_t)t->src_addr.lo);
	store_be32(data + TERA_DST_IP_AT, (uint32_t)t->dst_addr.lo);
}

/* Room for bytes at the end of the message, which is len long. */
static uint8_t *
put_list(uint8_t *out, size_t *len, enum tera_pointer which, size_t bytes)
{
	size_t at = POINTERS_AT + which * TERA_WORD;
	uint8_t *p = out + *len;

	store_le(out + at, ((*len - at) / TERA_WORD - 1) << 2 | TERA_LIST, 4);
	store_le(out + at + 4, bytes << 3 | TERA_LIST_BYTES, 4);
	*len += WORDS(bytes) * TERA_WORD;
	return p;
}

static void
put_mac(uint8_t *out, size_t *len, enum tera_pointer which, uint64_t mac)
{
	uint8_t *p;

	if (mac == 0)
		return;
	p = put_list(out, len, which, TERA_MAC_LEN);
	store_be16(p, (uint16_t)(mac >> 32));
	store_be32(p + 2, (uint32_t)mac);
}

size_t
tera_encode(const struct tera *t, uint8_t out[TERA_ENCODED_MAX])
{
	size_t len = OBJECTS_AT;

	memset(out, 0, TERA_ENCODED_MAX);
	store_le(out + HEADER_LEN + 4, TERA_DATA_WORDS, 2);
	store_le(out + HEADER_LEN + 6, TERA_POINTERS, 2);
	put_numbers(t, out + STRUCT_AT);
	if (t->ip_version == 6) {
		addr_to_bytes(t->src_addr, put_list(out, &len, TERA_SRC_ADDR6,
		    TERA_ADDR6_LEN));
		addr_to_bytes(t->dst_addr, put_list(out, &len, TERA_DST_ADDR6,
		    TERA_ADDR6_LEN));
	}
	put_mac(out, &len, TERA_SRC_MAC, t->src_mac);
	put_mac(out, &len, TERA_DST_MAC, t->dst_mac);
	store_le(out + 4, (len - HEADER_LEN) / TERA_WORD, 4);
	return len;
}
