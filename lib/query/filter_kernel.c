/*
 * The inner loops of filters.  A kernel tests one or two columns in the rows
 * of a selection and keeps those that pass.  It writes every row and moves on
 * only past those that it keeps, so there is no branch to mispredict; rows
 * of a full selection are counted instead of read.
 */

#include <string.h>
#include <strings.h>

#include "query/filter_int.h"

/* Is every row up to the last one selected?  Rows are distinct, ascending. */
static bool
is_dense(const uint16_t *in, uint32_t n)
{
	return n > 0 && in[n - 1] == n - 1;
}

#define KEEP(test) do { \
		out[kept] = (uint16_t)row; \
		kept += (uint32_t)(test) ^ negate; \
	} while (0)

#define EACH_ROW(test) do { \
		if (is_dense(in, n)) \
			for (uint32_t row = 0; row < n; row++) \
				KEEP(test); \
		else \
			for (uint32_t i = 0; i < n; i++) { \
				const uint32_t row = in[i]; \
				KEEP(test); \
			} \
	} while (0)

/*
 * A kernel from a test of one value.  Two values are tested both, as numbers:
 * || and && would bring the branch back.
 */
#define KERNEL(name, ctype, passes) \
static uint32_t \
name(const struct op *o, const void *a, const void *b, const uint16_t *in, \
    uint32_t n, uint16_t *out) \
{ \
	const ctype *x = a, *y = b; \
	const uint32_t negate = o->negate; \
	uint32_t kept = 0; \
 \
	switch ((enum shape)o->shape) { \
	case SHAPE_ONE: \
		EACH_ROW(passes(o, x[row])); \
		break; \
	case SHAPE_EITHER: \
		EACH_ROW((uint32_t)passes(o, x[row]) | \
		    (uint32_t)passes(o, y[row])); \
		break; \
	case SHAPE_BOTH: \
		EACH_ROW((uint32_t)passes(o, x[row]) & \
		    (uint32_t)passes(o, y[row])); \
		break; \
	} \
	return kept; \
}

static inline bool
in_range(const struct op *o, uint64_t v)
{
	return v - o->u.range.lo <= o->u.range.span;
}

static inline bool
has_bits(const struct op *o, uint64_t v)
{
	return (v & o->u.bits.mask) == o->u.bits.value;
}

static inline bool
in_bitmap(const struct op *o, uint64_t v)
{
	return o->u.bitmap[v >> 6] >> (v & 63) & 1;
}

static inline bool
in_set(const struct op *o, struct addr a)
{
	return set_has(o->u.set, a);
}

static inline bool
in_number_set(const struct op *o, uint64_t v)
{
	return in_set(o, (struct addr){ 0, v });
}

static inline bool
in_net(const struct op *o, struct addr a)
{
	const struct addr mask = o->u.net.mask, value = o->u.net.value;
	bool in = (((a.hi & mask.hi) ^ value.hi) |
		      ((a.lo & mask.lo) ^ value.lo)) == 0;

	return (uint32_t)in | ((uint32_t)o->u.net.zero & addr_is_zero(a));
}

/* The stored text may be padded with NUL. */
static inline bool
is_text(const struct op *o, struct span s)
{
	const char *data = (const char *)s.data;
	uint32_t len = o->u.text.len;

	if (s.len < len || (s.len > len && data[len] != '\0'))
		return false;
	if (o->fold_case)
		return strncasecmp(data, o->u.text.data, len) == 0;
	return memcmp(data, o->u.text.data, len) == 0;
}

static inline bool
has_text(const struct op *o, struct span s)
{
	return s.len >= o->u.text.len &&
	    memmem(s.data, s.len, o->u.text.data, o->u.text.len) != NULL;
}

KERNEL(range_u8, uint8_t, in_range)
KERNEL(range_u16, uint16_t, in_range)
KERNEL(range_u32, uint32_t, in_range)
KERNEL(range_u64, uint64_t, in_range)
KERNEL(bits_u8, uint8_t, has_bits)
KERNEL(bits_u64, uint64_t, has_bits)
KERNEL(bitmap_u8, uint8_t, in_bitmap)
KERNEL(bitmap_u16, uint16_t, in_bitmap)
KERNEL(set_u32, uint32_t, in_number_set)
KERNEL(set_u64, uint64_t, in_number_set)
KERNEL(set_addr, struct addr, in_set)
KERNEL(net_addr, struct addr, in_net)
KERNEL(equal_span, struct span, is_text)
KERNEL(inside_span, struct span, has_text)

/* Two columns, a <= b. */
#define ORDER_KERNEL(name, ctype) \
static uint32_t \
name(const struct op *o, const void *a, const void *b, const uint16_t *in, \
    uint32_t n, uint16_t *out) \
{ \
	const ctype *x = a, *y = b; \
	const uint32_t negate = o->negate; \
	uint32_t kept = 0; \
 \
	EACH_ROW(x[row] <= y[row]); \
	return kept; \
}

ORDER_KERNEL(order_u8, uint8_t)
ORDER_KERNEL(order_u16, uint16_t)

const kernel kernel_table[KERNEL_KINDS][FIELD_TYPES] = {
	[KERNEL_RANGE] = {
		[FIELD_U8] = range_u8,
		[FIELD_U16] = range_u16,
		[FIELD_U32] = range_u32,
		[FIELD_U64] = range_u64,
		[FIELD_MAC] = range_u64,
	},
	[KERNEL_BITS] = { [FIELD_U8] = bits_u8, [FIELD_U64] = bits_u64 },
	[KERNEL_BITMAP] = { [FIELD_U8] = bitmap_u8, [FIELD_U16] = bitmap_u16 },
	[KERNEL_SET] = {
		[FIELD_U32] = set_u32,
		[FIELD_U64] = set_u64,
		[FIELD_MAC] = set_u64,
		[FIELD_ADDR] = set_addr,
	},
	[KERNEL_NET] = { [FIELD_ADDR] = net_addr },
	[KERNEL_ORDER] = { [FIELD_U8] = order_u8, [FIELD_U16] = order_u16 },
	[KERNEL_EQUAL] = { [FIELD_SPAN] = equal_span },
	[KERNEL_INSIDE] = { [FIELD_SPAN] = inside_span },
};
