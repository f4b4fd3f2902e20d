/*
 * Flows to records of v9 and IPFIX.  As in the decoder each kind of store
 * has a loop of its own, so that nothing is to decide for each field.
 */

#include <string.h>

#include "base/bytes.h"
#include "wire/encode_int.h"

#define LEN_SHORT_MAX 254 /* of a variable length in one byte */
#define LEN_LONG 255 /* two more follow */
#define USEC_PER_SEC 1000000
#define MS_PER_SEC 1000

#define NTP_TO_UNIX UINT64_C(2208988800) /* seconds from 1900 to 1970 */
#define NTP_SECOND (UINT64_C(1) << 32) /* in units of the fraction */
#define NTP_US_UNIT 2048 /* RFC 7011, 6.1.9: the low 11 bits are zero */

static struct addr
load_addr(const uint8_t *p)
{
	struct addr a;

	memcpy(&a, p, sizeof(a));
	return a;
}

static struct span
load_span(const uint8_t *p)
{
	struct span s;

	memcpy(&s, p, sizeof(s));
	return s;
}

static uint16_t
saturate_16(uint32_t v)
{
	return v < UINT16_MAX ? (uint16_t)v : UINT16_MAX;
}

static uint32_t
saturate_32(uint64_t v)
{
	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

static void
store_v6(uint8_t *p, struct addr a)
{
	store_be64(p, a.hi);
	store_be64(p + 8, a.lo);
}

static void
store_mac(uint8_t *p, uint64_t mac)
{
	store_be16(p, (uint16_t)(mac >> 32));
	store_be32(p + 2, (uint32_t)mac);
}

static void
store_label(uint8_t *p, uint32_t label)
{
	p[0] = (uint8_t)(label >> 16);
	store_be16(p + 1, (uint16_t)label);
}

static void
store_acl(uint8_t *p, const uint8_t *from)
{
	for (int i = 0; i < 3; i++)
		store_be32(p + 4 * i, load_u32(from + 4 * i));
}

/*
 * RFC 7011, 6.1.9 and 6.1.10.  The fraction is rounded up, so that what is cut
 * off later leaves the same millisecond.
 */
static void
store_ntp(uint8_t *p, uint64_t ms, uint64_t unit)
{
	uint64_t fraction = ms % MS_PER_SEC * NTP_SECOND;

	fraction = (fraction + MS_PER_SEC * unit - 1) / (MS_PER_SEC * unit);
	store_be32(p, (uint32_t)(ms / MS_PER_SEC + NTP_TO_UNIX));
	store_be32(p + 4, (uint32_t)(fraction * unit));
}

static void
store_padded(uint8_t *p, struct span s, size_t len)
{
	size_t n = s.len < len ? s.len : len;

	if (n > 0)
		memcpy(p, s.data, n);
	memset(p + n, 0, len - n);
}

static size_t
span_len(uint32_t len)
{
	return len + (len <= LEN_SHORT_MAX ? (size_t)1 : 3);
}

static uint8_t *
store_variable(uint8_t *p, struct span s)
{
	if (s.len <= LEN_SHORT_MAX) {
		*p++ = (uint8_t)s.len;
	} else {
		*p++ = LEN_LONG;
		store_be16(p, (uint16_t)s.len);
		p += 2;
	}
	if (s.len > 0)
		memcpy(p, s.data, s.len);
	return p + s.len;
}

size_t
wire_record_len(const struct wire_layout *l, const struct flow *f)
{
	size_t len = l->record_len;

	for (unsigned i = l->end[STORE_SPAN - 1]; i < l->end[STORE_SPAN]; i++)
		len += span_len(
		    load_span((const uint8_t *)f + l->op[i].from).len);
	return len;
}

#define RUN(kind, statement) \
	for (end = l->op + l->end[kind]; op < end; op++) { \
		const uint8_t *src = (const uint8_t *)f + op->from; \
		uint8_t *dst = p + op->to; \
		statement; \
	}

void
wire_record_write(const struct wire_layout *l, const struct flow *f,
    uint8_t *p)
{
	const struct wire_store_op *op = l->op;
	const struct wire_store_op *end;
	uint8_t *tail = p + l->record_len;

	RUN(STORE_1, *dst = *src)
	RUN(STORE_2, store_be16(dst, load_u16(src)))
	RUN(STORE_4, store_be32(dst, load_u32(src)))
	RUN(STORE_8, store_be64(dst, load_u64(src)))
	RUN(STORE_1_IN_2, store_be16(dst, *src))
	RUN(STORE_4_IN_2, store_be16(dst, saturate_16(load_u32(src))))
	RUN(STORE_8_IN_4, store_be32(dst, saturate_32(load_u64(src))))
	RUN(STORE_V4, store_be32(dst, (uint32_t)load_addr(src).lo))
	RUN(STORE_V6, store_v6(dst, load_addr(src)))
	RUN(STORE_MAC, store_mac(dst, load_u64(src)))
	RUN(STORE_MPLS, store_label(dst, load_u32(src)))
	RUN(STORE_ACL, store_acl(dst, src))
	RUN(STORE_SEC,
	    store_be32(dst, saturate_32(load_u64(src) / USEC_PER_SEC)))
	RUN(STORE_USEC,
	    store_be32(dst, (uint32_t)(load_u64(src) % USEC_PER_SEC)))
	RUN(STORE_MS_SEC,
	    store_be32(dst, saturate_32(load_u64(src) / MS_PER_SEC)))
	RUN(STORE_MS_NTP_US, store_ntp(dst, load_u64(src), NTP_US_UNIT))
	RUN(STORE_MS_NTP_NS, store_ntp(dst, load_u64(src), 1))
	RUN(STORE_PADDED, store_padded(dst, load_span(src), op->len))
	for (end = l->op + l->end[STORE_SPAN]; op < end; op++)
		tail = store_variable(tail,
		    load_span((const uint8_t *)f + op->from));
}
