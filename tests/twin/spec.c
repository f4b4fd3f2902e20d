/*
 * Random queries; see spec.h.
 */
#include "twin/spec.h"

#include <inttypes.h>
#include <string.h>

#include "tap.h"
#include "twin/text.h"

#define KEYS_MAX 6
#define BUCKETS_MAX 60 /* of the times in all flows */

/* clang-format off */
static const enum field_id key_fields[] = {
	FLD_SRC_ADDR, FLD_DST_ADDR, FLD_SRC_PORT, FLD_DST_PORT, FLD_PROTO,
	FLD_SRC_ADDR, FLD_DST_ADDR, FLD_SRC_PORT, FLD_DST_PORT, FLD_PROTO,
	FLD_TCP_FLAGS, FLD_SRC_TOS, FLD_DST_TOS, FLD_INPUT, FLD_OUTPUT,
	FLD_SRC_MASK, FLD_DST_MASK, FLD_DIRECTION, FLD_SRC_VLAN, FLD_DST_VLAN,
	FLD_SRC_AS, FLD_DST_AS, FLD_NEXT_HOP, FLD_IN_SRC_MAC, FLD_OUT_DST_MAC,
	FLD_ENGINE_ID, FLD_EXPORTER_ID, FLD_EXTENSIONS, FLD_RECEIVED,
};

/* What a row can have from its first flow, unless they are keys or sums. */
static const enum field_id carried[] = {
	FLD_RECEIVED, FLD_EXTENSIONS, FLD_SRC_TOS, FLD_DST_TOS, FLD_ENGINE_ID,
	FLD_EXPORTER_ID, FLD_NEXT_HOP, FLD_SRC_VLAN, FLD_IN_SRC_MAC,
	FLD_IN_DST_MAC, FLD_DIRECTION, FLD_USER_NAME, FLD_IN_PAYLOAD,
	FLD_SRC_MASK, FLD_PROTO, FLD_FIRST, FLD_IN_BYTES, FLD_TCP_FLAGS,
};

/* Those that are exchanged with the direction; carried together. */
static const enum field_id paired[][2] = {
	{ FLD_SRC_AS, FLD_DST_AS },
	{ FLD_INPUT, FLD_OUTPUT },
	{ FLD_SRC_ADDR, FLD_DST_ADDR },
	{ FLD_SRC_PORT, FLD_DST_PORT },
};

static const enum field_id sides[][4] = {
	{ FLD_SRC_ADDR, FLD_DST_ADDR, FLD_NONE, FLD_NONE },
	{ FLD_DST_ADDR, FLD_SRC_ADDR, FLD_NEXT_HOP, FLD_NONE },
	{ FLD_SRC_PORT, FLD_DST_PORT, FLD_NONE, FLD_NONE },
	{ FLD_SRC_AS, FLD_DST_AS, FLD_NONE, FLD_NONE },
	{ FLD_INPUT, FLD_OUTPUT, FLD_NONE, FLD_NONE },
	{ FLD_SRC_VLAN, FLD_DST_VLAN, FLD_NONE, FLD_NONE },
	{ FLD_SRC_MASK, FLD_DST_MASK, FLD_NONE, FLD_NONE },
	{ FLD_IN_SRC_MAC, FLD_IN_DST_MAC, FLD_OUT_SRC_MAC, FLD_OUT_DST_MAC },
};

static const enum field_id tuple[] = { FLD_PROTO, FLD_SRC_ADDR, FLD_DST_ADDR,
	FLD_SRC_PORT, FLD_DST_PORT };

/* All that a row can show. */
static const enum field_id summed[] = { FLD_FIRST, FLD_LAST, FLD_IN_PACKETS,
	FLD_IN_BYTES, FLD_OUT_PACKETS, FLD_OUT_BYTES, FLD_FLOWS,
	FLD_TCP_FLAGS, FLD_DISTINCT, FLD_P95_BPS };
/* clang-format on */

#define COUNT(list) (unsigned)(sizeof(list) / sizeof((list)[0]))

static bool
has_key(const struct group_spec *g, enum field_id field)
{
	for (unsigned i = 0; i < g->nkeys; i++)
		if (g->keys[i].field == field)
			return true;
	return false;
}

/* An address is masked by a field, to a length, or not at all. */
static struct group_key
any_key(struct dice *d, enum field_id field, bool may_have_mask)
{
	struct group_key k = { .field = field, .mask = FLD_NONE, .v4_len = 32,
		.v6_len = 128 };

	if (field_table[field].type != FIELD_ADDR || one_in(d, 2))
		return k;
	if (may_have_mask && one_in(d, 3))
		k.mask = one_in(d, 2) ? FLD_SRC_MASK : FLD_DST_MASK;
	if (!one_in(d, 3))
		k.v4_len = (uint8_t)dice_below(d, 33);
	if (!one_in(d, 3))
		k.v6_len = (uint8_t)dice_below(d, 129);
	return k;
}

static void
add_keys(struct dice *d, struct group_spec *g, unsigned most)
{
	unsigned n = (unsigned)dice_below(d, most + 1);

	while (n-- > 0) {
		enum field_id field =
		    key_fields[dice_below(d, COUNT(key_fields))];

		if (!has_key(g, field))
			g->keys[g->nkeys++] = any_key(d, field, true);
	}
}

static void
add_sides(struct dice *d, struct group_spec *g)
{
	const enum field_id *list = sides[dice_below(d, COUNT(sides))];

	g->keys[g->nkeys++] = any_key(d, list[0], false);
	for (unsigned i = 1; i < 4 && list[i] != FLD_NONE; i++)
		g->sides[g->nsides++] = list[i];
	add_keys(d, g, 2);
}

static void
add_tuple(struct dice *d, struct group_spec *g)
{
	g->is_biflow = true;
	g->is_guessed = one_in(d, 2);
	for (unsigned i = 0; i < COUNT(tuple); i++)
		g->keys[g->nkeys++] = (struct group_key){ .field = tuple[i],
			.mask = FLD_NONE, .v4_len = 32, .v6_len = 128 };
}

static void
add_carry(struct dice *d, struct group_spec *g)
{
	unsigned n = (unsigned)dice_below(d, 6);

	while (n-- > 0)
		fieldset_add(&g->carry, carried[dice_below(d, COUNT(carried))]);
	for (unsigned i = 0; i < COUNT(paired); i++) {
		if (has_key(g, paired[i][0]) || has_key(g, paired[i][1]) ||
		    !one_in(d, 3))
			continue;
		fieldset_add(&g->carry, paired[i][0]);
		fieldset_add(&g->carry, paired[i][1]);
	}
}

static void
add_buckets(struct dice *d, const struct input *in, struct group_spec *g)
{
	/* durations reach as far again to either side of the span */
	g->bucket_ms = 1 + in->span_ms * 3 / BUCKETS_MAX;
	g->bucket_ms += dice_any(d) % (in->span_ms + 2);
	g->is_spread = one_in(d, 2);
	g->is_p95 = one_in(d, 3);
}

static void
add_distinct(struct dice *d, struct group_spec *g)
{
	unsigned n = 1 + (unsigned)dice_below(d, 3);

	while (n-- > 0)
		g->distinct[g->ndistinct++] =
		    key_fields[dice_below(d, COUNT(key_fields))];
}

static void
make_group(struct dice *d, const struct input *in, struct group_spec *g)
{
	switch (dice_below(d, 8)) {
	case 0:
		g->is_each = true;
		break;
	case 1:
	case 2:
		add_tuple(d, g);
		break;
	case 3:
	case 4:
		add_sides(d, g);
		break;
	default:
		add_keys(d, g, KEYS_MAX);
	}
	add_carry(d, g);
	if (!g->is_each && one_in(d, 2))
		add_buckets(d, in, g);
	if (!g->is_each && one_in(d, 3))
		add_distinct(d, g);
}

static void
make_orders(struct dice *d, struct spec *s)
{
	s->norders = 1 + (unsigned)dice_below(d, SPEC_ORDERS_MAX);
	for (unsigned i = 0; i < s->norders; i++) {
		s->orders[i].id =
		    (enum order_id)dice_below(d, ORDER_INPUT + 1);
		s->orders[i].is_ascending = one_in(d, 2);
	}
	s->top = one_in(d, 2) ? 0 : 1 + dice_below(d, one_in(d, 2) ? 5 : 30);
}

static void
make_limits(struct dice *d, struct group_limits *l)
{
	*l = (struct group_limits){ 0, UINT64_MAX, 0, UINT64_MAX };
	if (one_in(d, 2))
		l->packets_min = dice_any(d) >> 40;
	if (one_in(d, 2))
		l->packets_max = dice_any(d) >> 24;
	if (one_in(d, 2))
		l->bytes_min = dice_any(d) >> 40;
	if (one_in(d, 2))
		l->bytes_max = dice_any(d) >> 24;
}

static void
make_scan(struct dice *d, const struct input *in, struct spec *s)
{
	s->to_ms = UINT64_MAX;
	if (one_in(d, 6))
		s->from_ms = in->begin_ms + dice_below(d, in->span_ms + 1);
	if (one_in(d, 6))
		s->to_ms = in->begin_ms + in->span_ms / 2 +
		    dice_below(d, in->span_ms + 1);
	if (one_in(d, 6))
		s->count = 1 + dice_below(d, in->count + 2);
	s->threads = one_in(d, 2) ? 1 : 2 + (unsigned)dice_below(d, 3);
	s->memory = one_in(d, 2) ? 0 : 1 + (dice_any(d) >> 44);
}

/* All that rows have, and sometimes what they have not, which is zero. */
static void
make_shown(struct dice *d, struct spec *s)
{
	for (unsigned i = 0; i < COUNT(summed); i++)
		fieldset_add(&s->shown, summed[i]);
	for (unsigned i = 0; i < s->group.nkeys; i++)
		fieldset_add(&s->shown, s->group.keys[i].field);
	fieldset_merge(&s->shown, &s->group.carry);
	for (unsigned i = 0; i < 3; i++)
		fieldset_add(&s->shown, carried[dice_below(d, COUNT(carried))]);
}

void
spec_make(struct dice *d, const struct input *in, struct spec *s)
{
	memset(s, 0, sizeof(*s));
	make_group(d, in, &s->group);
	make_orders(d, s);
	s->is_limited = one_in(d, 4);
	if (s->is_limited)
		make_limits(d, &s->limits);
	make_scan(d, in, s);
	make_shown(d, s);
}

static void
put_group(struct text *o, const struct group_spec *g)
{
	text_put(o, "keys");
	for (unsigned i = 0; i < g->nkeys; i++) {
		text_put(o, " %s", field_table[g->keys[i].field].id);
		if (g->keys[i].mask != FLD_NONE)
			text_put(o, "/%s", field_table[g->keys[i].mask].id);
		if (field_table[g->keys[i].field].type == FIELD_ADDR)
			text_put(o, "/%u/%u", g->keys[i].v4_len,
			    g->keys[i].v6_len);
	}
	for (unsigned i = 0; i < g->nsides; i++)
		text_put(o, " side %s", field_table[g->sides[i]].id);
	text_put(o, "%s%s%s carry", g->is_each ? " each" : "",
	    g->is_biflow ? " biflow" : "", g->is_guessed ? " guessed" : "");
	for (int id = 0; id < FLD_COUNT; id++)
		if (fieldset_has(&g->carry, (enum field_id)id))
			text_put(o, " %s", field_table[id].id);
	if (g->bucket_ms != 0)
		text_put(o, " bucket %" PRIu64 "%s%s", g->bucket_ms,
		    g->is_spread ? " spread" : "", g->is_p95 ? " p95" : "");
	for (unsigned i = 0; i < g->ndistinct; i++)
		text_put(o, " distinct %s", field_table[g->distinct[i]].id);
}

void
spec_text(const struct spec *s, char *text)
{
	struct text o = { text, SPEC_TEXT_MAX, 0 };

	put_group(&o, &s->group);
	for (unsigned i = 0; i < s->norders; i++)
		text_put(&o, " order %s:%c", order_name(s->orders[i].id),
		    s->orders[i].is_ascending ? 'a' : 'd');
	text_put(&o, " top %" PRIu64, s->top);
	if (s->is_limited)
		text_put(&o, " packets %" PRIu64 "-%" PRIu64 " bytes %" PRIu64
		    "-%" PRIu64, s->limits.packets_min, s->limits.packets_max,
		    s->limits.bytes_min, s->limits.bytes_max);
	text_put(&o, " window %" PRIu64 "-%" PRIu64 " count %" PRIu64
	    " threads %u memory %" PRIu64, s->from_ms, s->to_ms, s->count,
	    s->threads, s->memory);
}
