/*
 * Keys and carried fields: columns to packed bytes and back.
 */

#include "query/group_int.h"

#define ADDR_LEN 16
#define ADDR_LEN_V4 4
#define V4_FIRST_BIT 96 /* of an IPv4 address, see base/addr.h */

/* Bytes that a field takes in a packed key. */
static uint16_t
packed_len(enum field_type type, bool is_wide)
{
	switch (type) {
	case FIELD_U8:
		return 1;
	case FIELD_U16:
		return 2;
	case FIELD_U32:
		return 4;
	case FIELD_U64:
	case FIELD_MAC:
		return 8;
	case FIELD_ADDR:
		return is_wide ? ADDR_LEN : ADDR_LEN_V4;
	case FIELD_SPAN:
		return 1 + GROUP_SPAN_MAX;
	case FIELD_TYPES:
		break;
	}
	assert(0);
	return 0;
}

int
key_layout_init(struct key_layout *l, const struct group_key *keys,
    unsigned nkeys, struct err *err)
{
	memset(l, 0, sizeof(*l));
	if (nkeys > GROUP_KEYS_MAX)
		return err_set(err, ERR_VALUE, "%u keys are more than %u",
		    nkeys, GROUP_KEYS_MAX);
	for (unsigned i = 0; i < nkeys; i++) {
		struct key_part *part = &l->part[l->parts++];

		part->field = keys[i].field;
		part->type = field_table[keys[i].field].type;
		part->mask = keys[i].mask;
		part->v4_len = keys[i].v4_len;
		part->v6_len = keys[i].v6_len;
		part->by_country = keys[i].by_country;
		if (part->by_country)
			part->type = FIELD_U16;
		if (part->type == FIELD_SPAN)
			return err_set(err, ERR_VALUE, "%s cannot be a key",
			    field_table[part->field].id);
		for (int wide = 0; wide < 2; wide++) {
			part->offset[wide] = l->len[wide];
			l->len[wide] += packed_len(part->type, wide);
		}
	}
	return 0;
}

/* Carried addresses are wide: they do not decide on the variant. */
void
carry_layout_init(struct carry_layout *l, const struct fieldset *carry)
{
	memset(l, 0, sizeof(*l));
	for (int id = 0; id < FLD_COUNT; id++) {
		struct key_part *part = &l->part[l->parts];

		if (!fieldset_has(carry, (enum field_id)id))
			continue;
		part->field = (enum field_id)id;
		part->type = field_table[id].type;
		part->offset[0] = l->len;
		l->len += packed_len(part->type, true);
		l->parts++;
	}
}

/* The field that a part is read from. */
static enum field_id
part_field(const struct key_layout *l, unsigned part, enum field_id first)
{
	return part == 0 && first != FLD_NONE ? first : l->part[part].field;
}

static struct addr
key_value(struct addr a, bool optional)
{
	return optional && addr_is_zero(a) ? addr_v4(0) : a;
}

void
key_find_wide(const struct key_layout *l, const struct batch *b,
    const uint16_t *sel, uint32_t n, enum field_id first, uint8_t bit,
    uint8_t *is_wide)
{
	for (unsigned i = 0; i < l->parts; i++) {
		enum field_id field = part_field(l, i, first);
		const struct addr *col = batch_column(b, field);
		bool optional = key_is_optional(field);

		if (l->part[i].type != FIELD_ADDR)
			continue;
		for (uint32_t k = 0; k < n; k++)
			if (!addr_is_v4(key_value(col[sel[k]], optional)))
				is_wide[k] |= bit;
	}
}

/* The leading bits that count. */
static struct addr
mask_addr(const struct key_part *part, struct addr a, unsigned len)
{
	unsigned most;

	if (addr_is_v4(a)) {
		most = part->v4_len < len ? part->v4_len : len;
		return addr_mask(a, V4_FIRST_BIT + (most < 32 ? most : 32));
	}
	most = part->v6_len < len ? part->v6_len : len;
	return addr_mask(a, most);
}

/* The prefix length of a row; the exporter did not know one of 0. */
static unsigned
prefix_len(const uint8_t *lengths, uint32_t row)
{
	return lengths == NULL || lengths[row] == 0 ? UINT8_MAX : lengths[row];
}

/* The lengths that go with a part, or NULL. */
static const uint8_t *
part_lengths(const struct key_part *part, const struct batch *b)
{
	return part->mask == FLD_NONE ? NULL : batch_column(b, part->mask);
}

static void
put_country(const struct key_layout *l, struct addr a, uint8_t *p)
{
	char code[COUNTRY_LEN] = { '.', '.' };

	l->country(l->country_ctx, a, code);
	memcpy(p, code, COUNTRY_LEN);
}

static bool
is_same_country(const struct key_layout *l, struct addr a, struct addr b)
{
	uint8_t x[COUNTRY_LEN], y[COUNTRY_LEN];

	put_country(l, a, x);
	put_country(l, b, y);
	return memcmp(x, y, COUNTRY_LEN) == 0;
}

static void
store_countries(const struct key_layout *l, const struct key_part *part,
    const struct addr *col, const uint16_t *sel, uint32_t n, uint8_t bit,
    const uint8_t *is_wide, uint8_t *const *keys)
{
	for (uint32_t k = 0; k < n; k++)
		put_country(l, col[sel[k]],
		    keys[k] + part->offset[(is_wide[k] & bit) != 0]);
}

bool
key_same(const struct key_layout *l, const struct batch *b, enum field_id one,
    enum field_id other, uint32_t row)
{
	const struct key_part *part = &l->part[0];
	const uint8_t *x = batch_column(b, one), *y = batch_column(b, other);
	size_t size = field_table[part->field].size;
	struct addr a, c;
	unsigned len;

	if (field_table[part->field].type != FIELD_ADDR)
		return memcmp(x + row * size, y + row * size, size) == 0;
	len = prefix_len(part_lengths(part, b), row);
	memcpy(&a, x + row * size, sizeof(a));
	memcpy(&c, y + row * size, sizeof(c));
	if (part->by_country)
		return is_same_country(l, a, c);
	a = key_value(a, key_is_optional(one));
	c = key_value(c, key_is_optional(other));
	return addr_equal(mask_addr(part, a, len), mask_addr(part, c, len));
}

static void
put_addr(uint8_t *p, struct addr a, bool is_wide)
{
	if (is_wide)
		memcpy(p, &a, sizeof(a));
	else
		store_u32(p, (uint32_t)a.lo);
}

static bool
is_whole(const struct key_part *part)
{
	return part->mask == FLD_NONE && part->v4_len >= 32 &&
	    part->v6_len >= 128;
}

static void
store_addrs(const struct key_part *part, const struct addr *col,
    bool optional, const uint8_t *lengths, const uint16_t *sel, uint32_t n,
    uint8_t bit, const uint8_t *is_wide, uint8_t *const *keys)
{
	bool whole = is_whole(part);

	for (uint32_t k = 0; k < n; k++) {
		struct addr a = key_value(col[sel[k]], optional);
		bool wide = (is_wide[k] & bit) != 0;

		if (!whole)
			a = mask_addr(part, a, prefix_len(lengths, sel[k]));
		put_addr(keys[k] + part->offset[wide], a, wide);
	}
}

/* Numbers of len bytes. */
static inline void
store_numbers(const struct key_part *part, const uint8_t *col, size_t len,
    const uint16_t *sel, uint32_t n, uint8_t bit, const uint8_t *is_wide,
    uint8_t *const *keys)
{
	for (uint32_t k = 0; k < n; k++)
		memcpy(keys[k] + part->offset[(is_wide[k] & bit) != 0],
		    col + sel[k] * len, len);
}

void
key_store(const struct key_layout *l, const struct batch *b,
    const uint16_t *sel, uint32_t n, enum field_id first, uint8_t bit,
    const uint8_t *is_wide, uint8_t *const *keys)
{
	for (unsigned i = 0; i < l->parts; i++) {
		const struct key_part *part = &l->part[i];
		enum field_id field = part_field(l, i, first);
		const void *col = batch_column(b, field);

		if (part->by_country) {
			store_countries(l, part, col, sel, n, bit, is_wide,
			    keys);
			continue;
		}
		switch (part->type) {
		case FIELD_U8:
			store_numbers(part, col, 1, sel, n, bit, is_wide, keys);
			break;
		case FIELD_U16:
			store_numbers(part, col, 2, sel, n, bit, is_wide, keys);
			break;
		case FIELD_U32:
			store_numbers(part, col, 4, sel, n, bit, is_wide, keys);
			break;
		case FIELD_U64:
		case FIELD_MAC:
			store_numbers(part, col, 8, sel, n, bit, is_wide, keys);
			break;
		case FIELD_ADDR:
			store_addrs(part, col, key_is_optional(field),
			    part_lengths(part, b), sel, n, bit, is_wide,
			    keys);
			break;
		case FIELD_SPAN:
		case FIELD_TYPES:
			assert(0);
		}
	}
}

static void
put_span(uint8_t *p, const struct span *s)
{
	size_t len = s->len < GROUP_SPAN_MAX ? s->len : GROUP_SPAN_MAX;

	*p = (uint8_t)len;
	if (s->len > 0)
		memcpy(p + 1, s->data, len);
	memset(p + 1 + len, 0, GROUP_SPAN_MAX - len);
}

void
carry_store(const struct carry_layout *l, const struct batch *b, uint32_t row,
    enum field_id field, enum field_id first, uint8_t *p)
{
	for (unsigned i = 0; i < l->parts; i++) {
		const struct key_part *part = &l->part[i];
		const uint8_t *col = batch_column(b,
		    part->field == field && first != FLD_NONE ? first :
		    part->field);
		size_t size = field_table[part->field].size;
		struct span span;

		if (part->type == FIELD_SPAN) {
			memcpy(&span, col + row * size, sizeof(span));
			put_span(p + part->offset[0], &span);
		} else
			memcpy(p + part->offset[0], col + row * size, size);
	}
}

void
key_part_load(const struct key_part *part, enum field_id field,
    const uint8_t *p, bool is_wide, struct batch *b, uint32_t row)
{
	uint8_t *col;
	struct addr a;
	size_t size = field_table[part->field].size;

	if ((col = b->col[field]) == NULL || part->by_country)
		return;
	p += part->offset[is_wide];
	if (part->type == FIELD_ADDR) {
		a = key_addr(p, is_wide);
		memcpy(col + row * size, &a, sizeof(a));
	} else
		memcpy(col + row * size, p, size);
}

void
carry_part_load(const struct key_part *part, enum field_id field,
    const uint8_t *p, struct batch *b, uint32_t row)
{
	uint8_t *col;
	struct span span;
	size_t size = field_table[part->field].size;

	if ((col = b->col[field]) == NULL)
		return;
	p += part->offset[0];
	if (part->type == FIELD_SPAN) {
		span = (struct span){ p + 1, *p };
		memcpy(col + row * size, &span, sizeof(span));
	} else
		memcpy(col + row * size, p, size);
}
