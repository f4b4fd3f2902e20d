/*
 * From the tree of a filter to facts about the flows that it selects.
 *
 * AND adds what its parts say.  OR keeps what all parts say: protocols and
 * times of any part, and one need made of a need of each part.  A test that
 * is not understood says nothing, so a new kind of test is safe.
 */

#include <string.h>

#include "flow/flow.h"
#include "query/filter_int.h"

/* Larger unions are not worth a look at an index. */
#define UNION_MAX 65536

void
filter_facts_init(struct filter_facts *x)
{
	memset(x, 0, sizeof(*x));
	memset(x->proto, 0xff, sizeof(x->proto));
	x->first.to_ms = x->last.to_ms = UINT64_MAX;
}

/* Needs */

static uint32_t
fewest(const struct filter_needs *x)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < x->count; i++)
		if (x->need[i].nitems < x->need[best].nitems)
			best = i;
	return best;
}

static void
add_need(struct filter_needs *x, const struct filter_need *need)
{
	uint32_t most = 0;

	if (x->count < FILTER_NEEDS_MAX) {
		x->need[x->count++] = *need;
		return;
	}
	for (uint32_t i = 1; i < x->count; i++)
		if (x->need[i].nitems > x->need[most].nitems)
			most = i;
	if (need->nitems < x->need[most].nitems)
		x->need[most] = *need;
}

static void
add_needs(struct filter_needs *x, const struct filter_needs *more)
{
	for (uint32_t i = 0; i < more->count; i++)
		add_need(x, &more->need[i]);
}

/* The need that the parts of an OR come to. */
struct joined {
	bool is_lost; /* some part has no need, or there is too much */
	unsigned sides;
	struct node list;
};

static int
join_needs(struct arena *a, struct joined *j, const struct filter_needs *x)
{
	const struct filter_need *need = &x->need[fewest(x)];

	if (x->count == 0 || need->nitems > UNION_MAX - j->list.nitems)
		j->is_lost = true;
	if (j->is_lost)
		return 0;
	j->sides |= need->sides;
	for (uint32_t i = 0; i < need->nitems; i++)
		if (node_add_item(a, &j->list, need->items[i].lo,
			need->items[i].hi) == -1)
			return -1;
	return 0;
}

static void
finish_needs(struct joined *j, struct filter_needs *x)
{
	struct filter_need need = { .sides = j->sides };

	x->count = 0;
	if (j->is_lost || j->list.nitems == 0)
		return;
	node_sort_items(&j->list);
	need.items = j->list.items;
	need.nitems = j->list.nitems;
	add_need(x, &need);
}

/* AND and OR */

static void
narrow(struct filter_times *t, const struct filter_times *with)
{
	if (with->from_ms > t->from_ms)
		t->from_ms = with->from_ms;
	if (with->to_ms < t->to_ms)
		t->to_ms = with->to_ms;
}

static void
widen(struct filter_times *t, const struct filter_times *with)
{
	if (with->from_ms < t->from_ms)
		t->from_ms = with->from_ms;
	if (with->to_ms > t->to_ms)
		t->to_ms = with->to_ms;
}

/* Do the facts exclude each other? */
static bool
is_impossible(const struct filter_facts *x)
{
	return x->first.from_ms > x->first.to_ms ||
	    x->last.from_ms > x->last.to_ms ||
	    (x->proto[0] | x->proto[1] | x->proto[2] | x->proto[3]) == 0;
}

static void
add_facts(struct filter_facts *x, const struct filter_facts *part)
{
	x->is_v4 |= part->is_v4;
	x->is_v6 |= part->is_v6;
	for (int i = 0; i < 4; i++)
		x->proto[i] &= part->proto[i];
	narrow(&x->first, &part->first);
	narrow(&x->last, &part->last);
	add_needs(&x->addr, &part->addr);
	add_needs(&x->port, &part->port);
	x->is_never |= part->is_never || is_impossible(x);
}

static int
collect(struct arena *a, const struct node *n, struct filter_facts *x);

static int
collect_and(struct arena *a, const struct node *group, struct filter_facts *x)
{
	struct filter_facts part;

	for (const struct node *n = group->child; n != NULL; n = n->next) {
		if (collect(a, n, &part) == -1)
			return -1;
		add_facts(x, &part);
	}
	return 0;
}

/* Everything but the needs. */
static void
join_facts(struct filter_facts *x, const struct filter_facts *part)
{
	if (x->is_never) {
		*x = *part;
		return;
	}
	x->is_v4 &= part->is_v4;
	x->is_v6 &= part->is_v6;
	for (int i = 0; i < 4; i++)
		x->proto[i] |= part->proto[i];
	widen(&x->first, &part->first);
	widen(&x->last, &part->last);
}

static int
collect_or(struct arena *a, const struct node *group, struct filter_facts *x)
{
	struct joined addr = { 0 }, port = { 0 };
	struct filter_facts part;

	x->is_never = true;
	for (const struct node *n = group->child; n != NULL; n = n->next) {
		if (collect(a, n, &part) == -1)
			return -1;
		if (part.is_never)
			continue;
		join_facts(x, &part);
		if (join_needs(a, &addr, &part.addr) == -1 ||
		    join_needs(a, &port, &part.port) == -1)
			return -1;
	}
	finish_needs(&addr, &x->addr);
	finish_needs(&port, &x->port);
	return 0;
}

/* Tests */

static void
only_proto(
    struct filter_facts *x, const struct item *items, uint32_t n, bool negate)
{
	uint64_t bits[4] = { 0 };

	for (uint32_t i = 0; i < n; i++)
		for (uint64_t v = items[i].lo.lo;
		     v <= items[i].hi.lo && v <= UINT8_MAX; v++)
			bits[v / 64] |= UINT64_C(1) << v % 64;
	for (int i = 0; i < 4; i++)
		x->proto[i] &= negate ? ~bits[i] : bits[i];
}

static void
collect_guards(const struct word *w, struct filter_facts *x)
{
	static const struct item domain = { { 0, 53 }, { 0, 53 } };
	static const struct item tcp = { { 0, 6 }, { 0, 6 } };
	static const struct item icmp[] = { { { 0, 1 }, { 0, 1 } },
		{ { 0, 58 }, { 0, 58 } } };
	const struct filter_need dns = { FILTER_SRC | FILTER_DST, 1, &domain };

	if ((w->flags & WORD_TCP) != 0)
		only_proto(x, &tcp, 1, false);
	if ((w->flags & WORD_ICMP) != 0)
		only_proto(x, icmp, 2, false);
	if ((w->flags & WORD_DNS) != 0)
		add_need(&x->port, &dns);
}

static void
collect_times(const struct node *n, struct filter_times *t)
{
	t->from_ms = n->items[0].lo.lo;
	t->to_ms = n->items[n->nitems - 1].hi.lo;
}

static void
collect_sides(const struct node *n, uint8_t src, struct filter_needs *x)
{
	const struct sources *from = &n->word->from;
	struct filter_need need = { 0, n->nitems, n->items };

	for (unsigned i = 0; i < from->count; i++) {
		need.sides |= from->id[i] == src ? FILTER_SRC : FILTER_DST;
		if (from->all || i + 1 == from->count) {
			add_need(x, &need);
			need.sides = 0;
		}
	}
}

static void
collect_items(const struct node *n, struct filter_facts *x)
{
	if (n->nitems == 0)
		return;
	switch (n->word->from.id[0]) {
	case FLD_PROTO:
		only_proto(x, n->items, n->nitems, false);
		break;
	case FLD_FIRST:
		collect_times(n, &x->first);
		break;
	case FLD_LAST:
		collect_times(n, &x->last);
		break;
	case FLD_SRC_ADDR:
	case FLD_DST_ADDR:
		collect_sides(n, FLD_SRC_ADDR, &x->addr);
		break;
	case FLD_SRC_PORT:
	case FLD_DST_PORT:
		collect_sides(n, FLD_SRC_PORT, &x->port);
		break;
	default:
		break;
	}
}

static void
collect_bits(const struct node *n, struct filter_facts *x)
{
	if (n->word->from.id[0] != FLD_EXTENSIONS)
		return;
	x->is_v4 = n->mask == FLOW_EXT(EXT_IPV4);
	x->is_v6 = n->mask == FLOW_EXT(EXT_IPV6);
}

static void
collect_test(const struct node *n, struct filter_facts *x)
{
	const struct word *w = n->word;

	if (w->from.count == 0)
		return;
	if (n->negate) {
		if (n->kind == NODE_ITEMS && w->from.id[0] == FLD_PROTO)
			only_proto(x, n->items, n->nitems, true);
		return;
	}
	collect_guards(w, x);
	if (n->kind == NODE_ITEMS)
		collect_items(n, x);
	else if (n->kind == NODE_BITS)
		collect_bits(n, x);
}

static int
collect(struct arena *a, const struct node *n, struct filter_facts *x)
{
	filter_facts_init(x);
	switch (n->kind) {
	case NODE_TRUE:
		return 0;
	case NODE_FALSE:
		x->is_never = true;
		return 0;
	case NODE_AND:
		return collect_and(a, n, x);
	case NODE_OR:
		return collect_or(a, n, x);
	default:
		collect_test(n, x);
		x->is_never = is_impossible(x);
		return 0;
	}
}

int
filter_collect_facts(struct filter *f)
{
	if (collect(&f->arena, f->tree, &f->facts) == -1)
		return -1;
	if (f->facts.is_never)
		f->tree->kind = NODE_FALSE;
	return 0;
}

const struct filter_facts *
filter_facts(const struct filter *f)
{
	return &f->facts;
}

void
filter_facts_window(struct filter_facts *x, uint64_t from_ms, uint64_t to_ms)
{
	const struct filter_times begin = { from_ms, UINT64_MAX };
	const struct filter_times end = { 0, to_ms };

	narrow(&x->first, &begin);
	narrow(&x->last, &end);
	x->is_never |= is_impossible(x);
}
