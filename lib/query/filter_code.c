/*
 * From tree to program.  The program is the tree in preorder: an AND or OR
 * is followed by its parts, and "next" leads past them.  Inside a group the
 * cheap tests come first; tests are pure, so the order changes no result.
 */

#include <stdlib.h>
#include <string.h>

#include "flow/derive.h"
#include "flow/flow.h"
#include "query/filter_int.h"
#include "query/filter_payload.h"

/* What else must hold for a test, by flag of its word: proto, event. */
static const struct guard {
	unsigned flag;
	uint8_t field;
	uint8_t other; /* either of them; the same if there is one */
	uint8_t values;
	uint8_t value[2];
} guards[] = {
	{ WORD_TCP, FLD_PROTO, FLD_PROTO, 1, { PROTO_TCP } },
	{ WORD_ICMP, FLD_PROTO, FLD_PROTO, 2, { PROTO_ICMP, PROTO_ICMP6 } },
	{ WORD_DENIED, FLD_FW_EVENT, FLD_FW_EVENT, 1, { 3 } },
	{ WORD_DNS, FLD_SRC_PORT, FLD_DST_PORT, 1, { 53 } },
};

#define GUARDS (sizeof(guards) / sizeof(guards[0]))

static int emit_node(struct filter *f, const struct node *n);

/* Append an operation; its index, or -1 when out of memory. */
static int64_t
emit(struct filter *f, const struct op *o)
{
	if (f->nops == f->ops_capacity) {
		uint32_t capacity = f->nops < 8 ? 8 : 2 * f->nops;
		struct op *ops;

		if (capacity > INT32_MAX)
			return -1;
		ops = realloc(f->ops, capacity * sizeof(*ops));
		if (ops == NULL)
			return -1;
		f->ops = ops;
		f->ops_capacity = capacity;
	}
	f->ops[f->nops] = *o;
	f->ops[f->nops].next = f->nops + 1;
	return f->nops++;
}

static int64_t
emit_begin(struct filter *f, bool is_or)
{
	struct op o = { .kind = is_or ? OP_OR : OP_AND };

	return emit(f, &o);
}

/* Close a group.  Always 0. */
static int
emit_end(struct filter *f, int64_t group)
{
	f->ops[group].next = f->nops;
	return 0;
}

static enum field_type
source_type(uint8_t id)
{
	return id >= SOURCE_CALC ? FIELD_U64 : field_table[id].type;
}

static void
want_source(struct filter *f, const struct op *o, uint8_t id)
{
	const struct calc *c;

	if (id < SOURCE_CALC) {
		fieldset_add(&f->want, (enum field_id)id);
		return;
	}
	c = &calc_table[id - SOURCE_CALC];
	f->has_calc = true;
	if (id == SOURCE_CALC + CALC_ORDINAL)
		f->counts_records = true;
	if (id == SOURCE_CALC + CALC_MPLS_EXP) {
		fieldset_add(&f->want, (enum field_id)o->calc_field);
		return;
	}
	for (unsigned i = 0; i < c->fields; i++)
		if (c->field[i] != FLD_NONE)
			fieldset_add(&f->want, (enum field_id)c->field[i]);
}

/* Append a test of one or two sources of the same type. */
static int
emit_test(struct filter *f, struct op *o, enum kernel_kind kind)
{
	o->kind = OP_TEST;
	o->run = kernel_table[kind][source_type(o->source[0])];
	assert(o->run != NULL);
	want_source(f, o, o->source[0]);
	if (o->shape != SHAPE_ONE || kind == KERNEL_ORDER)
		want_source(f, o, o->source[1]);
	return emit(f, o) == -1 ? -1 : 0;
}

static const uint64_t *
make_bitmap(struct filter *f, const struct item *items, uint32_t n,
    enum field_type type)
{
	size_t bits = type == FIELD_U8 ? UINT8_MAX + 1 : UINT16_MAX + 1;
	uint64_t *map = arena_alloc(&f->arena, bits / 8);

	if (map == NULL)
		return NULL;
	for (uint32_t i = 0; i < n; i++)
		for (uint64_t v = items[i].lo.lo;
		     v <= items[i].hi.lo && v < bits; v++)
			map[v / 64] |= UINT64_C(1) << v % 64;
	return map;
}

static const struct set *
make_set(struct filter *f, const struct item *items, uint32_t n)
{
	struct set **sets, *s;

	sets = realloc(f->sets, (f->nsets + 1) * sizeof(*sets));
	if (sets == NULL)
		return NULL;
	f->sets = sets;
	if ((s = set_new(items, n)) == NULL)
		return NULL;
	f->sets[f->nsets++] = s;
	return s;
}

/* A label is kept above four other bits. */
static void
shift_items(struct item *items, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		items[i].lo.lo = items[i].lo.lo << 4;
		items[i].hi.lo = items[i].hi.lo << 4 | 0xf;
	}
}

static int
fill_numbers(struct filter *f, struct op *o, const struct node *n,
    enum kernel_kind *kind)
{
	enum field_type type = source_type(o->source[0]);
	const struct item *items = n->items;

	if ((n->word->flags & WORD_LABEL) != 0) {
		size_t size = n->nitems * sizeof(*items);
		struct item *shifted = arena_alloc(&f->arena, size);

		if (shifted == NULL)
			return -1;
		memcpy(shifted, items, size);
		shift_items(shifted, n->nitems);
		items = shifted;
	}
	if (n->nitems == 1) {
		*kind = KERNEL_RANGE;
		o->u.range.lo = items->lo.lo;
		o->u.range.span = items->hi.lo - items->lo.lo;
		return 0;
	}
	if (type == FIELD_U8 || type == FIELD_U16) {
		*kind = KERNEL_BITMAP;
		o->u.bitmap = make_bitmap(f, items, n->nitems, type);
		return o->u.bitmap == NULL ? -1 : 0;
	}
	*kind = KERNEL_SET;
	o->u.set = make_set(f, items, n->nitems);
	return o->u.set == NULL ? -1 : 0;
}

static int
fill_addresses(struct filter *f, struct op *o, const struct node *n,
    enum kernel_kind *kind)
{
	int len = n->nitems == 1 ? item_prefix(n->items) : -1;

	if (len == -1) {
		*kind = KERNEL_SET;
		o->u.set = make_set(f, n->items, n->nitems);
		return o->u.set == NULL ? -1 : 0;
	}
	*kind = KERNEL_NET;
	o->u.net.value = n->items->lo;
	o->u.net.mask = addr_mask((struct addr){ UINT64_MAX, UINT64_MAX },
	    (unsigned)len);
	return 0;
}

/* Flags: all are set, negated none is.  Extensions: any is, negated none. */
static void
fill_bits(struct op *o, const struct node *n)
{
	bool is_all = n->word->operand == OPERAND_FLAGS;

	o->u.bits.mask = n->mask;
	o->u.bits.value = !n->negate && is_all ? n->mask : 0;
	o->negate = !n->negate && !is_all;
}

static void
fill_netmask(struct op *o, const struct node *n)
{
	struct addr zero = addr_v4(0);

	o->u.net.mask = n->addr_mask;
	o->u.net.value = n->addr;
	o->u.net.zero = addr_equal(n->addr, zero);
}

/* The test that a node stands for, without its sources. */
static int
fill_test(struct filter *f, struct op *o, const struct node *n,
    enum kernel_kind *kind)
{
	bool is_address = source_type(o->source[0]) == FIELD_ADDR;

	o->negate = n->negate;
	switch (n->kind) {
	case NODE_ITEMS:
		return is_address ? fill_addresses(f, o, n, kind) :
				    fill_numbers(f, o, n, kind);
	case NODE_BITS:
		fill_bits(o, n);
		*kind = KERNEL_BITS;
		return 0;
	case NODE_NETMASK:
		fill_netmask(o, n);
		*kind = KERNEL_NET;
		return 0;
	default:
		assert(n->kind == NODE_TEXT);
		o->u.text.data = n->text;
		o->u.text.len = n->text_len;
		o->fold_case = (n->word->flags & WORD_NOCASE) != 0;
		*kind = (n->word->flags & WORD_INSIDE) != 0 ? KERNEL_INSIDE :
							      KERNEL_EQUAL;
		return 0;
	}
}

/* One test per source, joined; two fields are tested in one go. */
static int
emit_sources(struct filter *f, const struct node *n)
{
	const struct sources *from = &n->word->from;
	struct op o = { .shape = SHAPE_ONE };
	enum kernel_kind kind;
	int64_t group = -1;

	o.source[0] = from->id[0];
	o.source[1] = from->id[1];
	if (n->number > 0 && from->id[0] < SOURCE_CALC)
		o.source[0] = (uint8_t)(from->id[0] + n->number - 1);
	else if (n->number > 0)
		o.calc_field = (uint8_t)(FLD_MPLS_1 + n->number - 1);
	if (fill_test(f, &o, n, &kind) == -1)
		return -1;
	if (from->count == 2) {
		o.shape = from->all ? SHAPE_BOTH : SHAPE_EITHER;
		return emit_test(f, &o, kind);
	}
	if (from->count > 1 &&
	    (group = emit_begin(f, from->all == n->negate)) == -1)
		return -1;
	for (unsigned i = 0; i < from->count; i++) {
		if (from->count > 1)
			o.source[0] = from->id[i];
		if (emit_test(f, &o, kind) == -1)
			return -1;
	}
	return group == -1 ? 0 : emit_end(f, group);
}

static int
emit_order(struct filter *f, uint8_t low, uint8_t high, bool negate)
{
	struct op o = { .source = { low, high }, .negate = negate };

	return emit_test(f, &o, KERNEL_ORDER);
}

/* low <= middle and middle <= high */
static int
emit_between(struct filter *f, uint8_t low, uint8_t middle, uint8_t high,
    bool negate)
{
	int64_t group = emit_begin(f, negate);

	if (group == -1 || emit_order(f, low, middle, negate) == -1 ||
	    emit_order(f, middle, high, negate) == -1)
		return -1;
	return emit_end(f, group);
}

static int
emit_block(struct filter *f, const struct node *n)
{
	const struct sources *from = &n->word->from;
	int64_t group = emit_begin(f, from->all == n->negate);

	if (group == -1)
		return -1;
	for (unsigned i = 0; i < from->count; i++)
		if (emit_between(f, FLD_BLOCK_START, from->id[i],
			FLD_BLOCK_END, n->negate) == -1)
			return -1;
	return emit_end(f, group);
}

static int
emit_guard(struct filter *f, const struct guard *g, bool negate)
{
	struct op o = { .negate = negate };
	struct item items[2];

	o.source[0] = g->field;
	o.source[1] = g->other;
	o.shape = g->other == g->field ? SHAPE_ONE : SHAPE_EITHER;
	if (g->values == 1) {
		o.u.range.lo = g->value[0];
		return emit_test(f, &o, KERNEL_RANGE);
	}
	for (unsigned i = 0; i < g->values; i++)
		items[i].lo = items[i].hi = (struct addr){ 0, g->value[i] };
	o.u.bitmap = make_bitmap(f, items, g->values, FIELD_U8);
	if (o.u.bitmap == NULL)
		return -1;
	return emit_test(f, &o, KERNEL_BITMAP);
}

static int
emit_present(struct filter *f, const struct node *n)
{
	struct op o = { .negate = !n->negate };

	o.source[0] = FLD_EXTENSIONS;
	o.u.bits.mask = word_extensions(n->word);
	return emit_test(f, &o, KERNEL_BITS);
}

/* Tests that have a loop of their own. */
static int
emit_special(struct filter *f, const struct node *n)
{
	const struct sources *from = &n->word->from;
	struct op o = { .kind = OP_GEO, .negate = n->negate };

	if (n->kind == NODE_PAYLOAD) {
		payload_fill(&o, n);
		f->has_payload = true;
	} else {
		o.u.text.data = n->text;
		o.u.text.len = n->text_len;
	}
	if (from->count == 2)
		o.shape = from->all ? SHAPE_BOTH : SHAPE_EITHER;
	for (unsigned i = 0; i < from->count; i++) {
		o.source[i] = from->id[i];
		want_source(f, &o, from->id[i]);
	}
	return emit(f, &o) == -1 ? -1 : 0;
}

static int
emit_core(struct filter *f, const struct node *n)
{
	const uint8_t *id = n->word->from.id;
	struct op o = { .kind = OP_IDENT, .negate = n->negate };

	if (n->kind == NODE_SAME)
		return emit_between(f, id[0], id[1], id[0], n->negate);
	if (n->kind == NODE_BLOCK)
		return emit_block(f, n);
	if (n->kind == NODE_PAYLOAD || n->kind == NODE_GEO)
		return emit_special(f, n);
	if (n->kind != NODE_IDENT)
		return emit_sources(f, n);
	f->tests_ident = true;
	o.u.text.data = n->text;
	o.u.text.len = n->text_len;
	return emit(f, &o) == -1 ? -1 : 0;
}

static int
emit_guarded(struct filter *f, const struct node *n)
{
	unsigned flags = n->word->flags;
	int64_t group;

	if ((flags & WORD_GUARDS) == 0)
		return emit_core(f, n);
	if ((group = emit_begin(f, n->negate)) == -1)
		return -1;
	for (size_t i = 0; i < GUARDS; i++)
		if ((flags & guards[i].flag) != 0 &&
		    emit_guard(f, &guards[i], n->negate) == -1)
			return -1;
	if ((flags & WORD_PRESENT) != 0 && emit_present(f, n) == -1)
		return -1;
	if (emit_core(f, n) == -1)
		return -1;
	return emit_end(f, group);
}

/* Nothing dearer is told apart. */
#define COST_MAX 1000

/* What a test costs per row, roughly, in units of a comparison. */
static unsigned
cost_of_test(const struct node *n)
{
	unsigned cost = 1;

	if (n->kind == NODE_IDENT)
		return 0;
	if (n->kind == NODE_PAYLOAD || n->kind == NODE_GEO)
		return 200;
	if (n->kind == NODE_TEXT)
		cost = (n->word->flags & WORD_INSIDE) != 0 ? 100 : 20;
	if (n->word->from.count > 0 && n->word->from.id[0] >= SOURCE_CALC)
		cost += 10;
	if (n->nitems > 1)
		cost += 4;
	if (n->word->operand == OPERAND_ADDR || n->word->operand == OPERAND_NET)
		cost++;
	if ((n->word->flags & WORD_GUARDS) != 0)
		cost += 4;
	return cost * (n->word->from.count > 0 ? n->word->from.count : 1);
}

static unsigned
cost_of(const struct node *n)
{
	unsigned cost = 4; /* of bringing the parts together */

	if (n->kind != NODE_AND && n->kind != NODE_OR)
		return cost_of_test(n);
	for (const struct node *c = n->child; c != NULL && cost < COST_MAX;
	     c = c->next)
		cost += cost_of(c);
	return cost < COST_MAX ? cost : COST_MAX;
}

struct ranked {
	const struct node *node;
	unsigned cost;
	uint32_t place;
};

static int
compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->cost != y->cost)
		return x->cost < y->cost ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static int
emit_group(struct filter *f, const struct node *n)
{
	struct ranked *parts;
	uint32_t count = 0, i = 0;
	int64_t group = emit_begin(f, n->kind == NODE_OR);
	int rc = -1;

	for (const struct node *c = n->child; c != NULL; c = c->next)
		count++;
	if ((parts = calloc(count, sizeof(*parts))) == NULL || group == -1)
		goto done;
	for (const struct node *c = n->child; c != NULL; c = c->next, i++)
		parts[i] = (struct ranked){ c, cost_of(c), i };
	qsort(parts, count, sizeof(*parts), compare_ranked);
	for (i = 0; i < count; i++)
		if (emit_node(f, parts[i].node) == -1)
			goto done;
	rc = emit_end(f, group);
done:
	free(parts);
	return rc;
}

static int
emit_node(struct filter *f, const struct node *n)
{
	struct op o = { .kind = n->kind == NODE_TRUE ? OP_ALL : OP_NONE };

	switch (n->kind) {
	case NODE_TRUE:
	case NODE_FALSE:
		return emit(f, &o) == -1 ? -1 : 0;
	case NODE_AND:
	case NODE_OR:
		return emit_group(f, n);
	default:
		return emit_guarded(f, n);
	}
}

/* How deep OR stands inside OR: each level needs selections of its own. */
static unsigned
or_depth(const struct filter *f, uint32_t begin, uint32_t end)
{
	unsigned most = 0;

	for (uint32_t i = begin; i < end; i = f->ops[i].next) {
		unsigned depth = f->ops[i].kind == OP_OR;

		if (f->ops[i].kind == OP_OR || f->ops[i].kind == OP_AND)
			depth += or_depth(f, i + 1, f->ops[i].next);
		if (depth > most)
			most = depth;
	}
	return most;
}

int
filter_code(struct filter *f)
{
	if (emit_node(f, f->tree) == -1)
		return -1;
	f->or_depth = or_depth(f, 0, f->nops);
	return 0;
}
