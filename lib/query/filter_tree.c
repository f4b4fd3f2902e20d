/*
 * The tree of a filter: memory, items of tests, AND and OR.
 *
 * A test holds ranges of values, so a comparator, a list, a network and an
 * address are one thing.  Tests of the same word under an OR (negated: under
 * an AND) become one test with the items of all.
 */

#include <stdlib.h>
#include <string.h>

#include "query/filter_int.h"

#define ARENA_CHUNK 4096

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size;
	max_align_t data[];
};

void *
arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *c = a->chunks;
	size_t align = sizeof(max_align_t);
	void *p;

	size = (size + align - 1) / align * align;
	if (c == NULL || c->size - c->used < size) {
		size_t room = size > ARENA_CHUNK ? size : ARENA_CHUNK;

		if ((c = calloc(1, sizeof(*c) + room)) == NULL)
			return NULL;
		c->size = room;
		c->next = a->chunks;
		a->chunks = c;
	}
	p = (char *)c->data + c->used;
	c->used += size;
	return p;
}

void
arena_fini(struct arena *a)
{
	while (a->chunks != NULL) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
}

/* Room for n more items. */
static int
reserve_items(struct arena *a, struct node *n, uint32_t more)
{
	uint32_t capacity = n->capacity < 4 ? 4 : n->capacity;
	struct item *items;

	if (more > UINT32_MAX / 4 - n->nitems)
		return -1;
	while (capacity - n->nitems < more)
		capacity *= 2;
	if (capacity == n->capacity)
		return 0;
	items = arena_alloc(a, capacity * sizeof(*items));
	if (items == NULL)
		return -1;
	if (n->nitems > 0)
		memcpy(items, n->items, n->nitems * sizeof(*items));
	n->items = items;
	n->capacity = capacity;
	return 0;
}

int
node_add_item(struct arena *a, struct node *n, struct addr lo, struct addr hi)
{
	if (reserve_items(a, n, 1) == -1)
		return -1;
	n->items[n->nitems++] = (struct item){ lo, hi };
	n->unsorted = true;
	return 0;
}

static void
append(struct node *group, struct node *n)
{
	n->next = NULL;
	if (group->last == NULL)
		group->child = n;
	else
		group->last->next = n;
	group->last = n;
}

struct node *
node_copy(struct arena *a, const struct node *n)
{
	struct node *copy = arena_alloc(a, sizeof(*copy)), *child;

	if (copy == NULL)
		return NULL;
	*copy = *n;
	copy->next = copy->child = copy->last = NULL;
	copy->mergeable = copy->next_mergeable = NULL;
	copy->items = NULL;
	copy->nitems = copy->capacity = 0;
	if (n->nitems > 0) {
		if (reserve_items(a, copy, n->nitems) == -1)
			return NULL;
		memcpy(copy->items, n->items, n->nitems * sizeof(*n->items));
		copy->nitems = n->nitems;
	}
	for (const struct node *c = n->child; c != NULL; c = c->next) {
		if ((child = node_copy(a, c)) == NULL)
			return NULL;
		append(copy, child);
	}
	return copy;
}

static int
compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int c = addr_compare(x->lo, y->lo);

	return c != 0 ? c : addr_compare(x->hi, y->hi);
}

uint64_t
source_max(const struct word *w)
{
	static const uint64_t max[FIELD_TYPES] = {
		[FIELD_U8] = UINT8_MAX,
		[FIELD_U16] = UINT16_MAX,
		[FIELD_U32] = UINT32_MAX,
		[FIELD_U64] = UINT64_MAX,
		[FIELD_MAC] = UINT64_MAX,
	};
	uint8_t id = w->from.id[0];
	uint64_t value;

	if (id >= SOURCE_CALC)
		return UINT64_MAX;
	value = max[field_table[id].type];
	return w->flags & WORD_LABEL ? value >> 4 : value;
}

static bool
is_address_test(const struct node *n)
{
	return n->word->operand == OPERAND_ADDR ||
	    n->word->operand == OPERAND_NET;
}

/* Does the only item hold every value there is? */
static bool
is_full(const struct node *n)
{
	const struct item *it = n->items;

	if (n->nitems != 1 || !addr_is_zero(it->lo))
		return false;
	if (is_address_test(n))
		return (it->hi.hi & it->hi.lo) == UINT64_MAX;
	return it->hi.lo >= source_max(n->word);
}

/* Join items that overlap or touch; they are sorted. */
static void
join_items(struct node *n)
{
	uint32_t k = 0;

	for (uint32_t i = 1; i < n->nitems; i++) {
		struct item *last = &n->items[k], *it = &n->items[i];
		bool is_end = (last->hi.hi & last->hi.lo) == UINT64_MAX;

		if (!is_end && addr_compare(it->lo, addr_next(last->hi)) > 0)
			n->items[++k] = *it;
		else if (addr_compare(it->hi, last->hi) > 0)
			last->hi = it->hi;
	}
	n->nitems = k + 1;
}

void
node_sort_items(struct node *n)
{
	n->unsorted = false;
	if (n->nitems < 2)
		return;
	qsort(n->items, n->nitems, sizeof(*n->items), compare_items);
	join_items(n);
}

void
node_settle(struct node *n)
{
	if (n->kind != NODE_ITEMS || !n->unsorted)
		return;
	node_sort_items(n);
	if (is_full(n) && (n->word->flags & WORD_GUARDS) == 0)
		n->kind = n->negate ? NODE_FALSE : NODE_TRUE;
}

/* The node that decides an AND or OR alone. */
static enum node_kind
deciding(const struct node *group)
{
	return group->kind == NODE_AND ? NODE_FALSE : NODE_TRUE;
}

static enum node_kind
neutral(const struct node *group)
{
	return group->kind == NODE_AND ? NODE_TRUE : NODE_FALSE;
}

static bool
is_mergeable(const struct node *group, const struct node *n)
{
	return n->kind == NODE_ITEMS && !n->word->from.all &&
	    n->negate == (group->kind == NODE_AND);
}

static int
merge_items(struct arena *a, struct node *to, const struct node *from)
{
	if (reserve_items(a, to, from->nitems) == -1)
		return -1;
	memcpy(to->items + to->nitems, from->items,
	    from->nitems * sizeof(*to->items));
	to->nitems += from->nitems;
	to->unsorted = true;
	return 0;
}

static int
add_one(struct arena *a, struct node *group, struct node *n)
{
	struct node *m;

	if (!is_mergeable(group, n)) {
		append(group, n);
		return 0;
	}
	for (m = group->mergeable; m != NULL; m = m->next_mergeable)
		if (m->word == n->word && m->number == n->number)
			return merge_items(a, m, n);
	n->next_mergeable = group->mergeable;
	group->mergeable = n;
	append(group, n);
	return 0;
}

int
junction_add(struct arena *a, struct node *group, struct node *n)
{
	struct node *next;

	if (n->kind == neutral(group))
		return 0;
	if (n->kind != group->kind)
		return add_one(a, group, n);
	for (n = n->child; n != NULL; n = next) {
		next = n->next;
		if (add_one(a, group, n) == -1)
			return -1;
	}
	return 0;
}

struct node *
junction_finish(struct node *group)
{
	struct node *n;

	for (n = group->child; n != NULL; n = n->next) {
		node_settle(n);
		if (n->kind == deciding(group))
			return n;
	}
	if (junction_fold(group)) {
		group->kind = deciding(group);
		return group;
	}
	if (group->child == NULL) {
		group->kind = neutral(group);
		return group;
	}
	return group->child->next == NULL ? group->child : group;
}

int
item_prefix(const struct item *it)
{
	struct addr differ = { it->lo.hi ^ it->hi.hi, it->lo.lo ^ it->hi.lo };
	struct addr grown = addr_next(differ);

	if ((differ.hi & grown.hi) != 0 || (differ.lo & grown.lo) != 0 ||
	    (it->lo.hi & differ.hi) != 0 || (it->lo.lo & differ.lo) != 0)
		return -1;
	return 128 - __builtin_popcountll(differ.hi) -
	    __builtin_popcountll(differ.lo);
}
