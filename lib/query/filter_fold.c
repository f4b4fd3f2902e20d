/*
 * What the tests of one AND or OR say about each other: a test that another
 * one implies goes, and tests that exclude each other decide the group.
 *
 * An OR is an AND of the negated parts, negated; so everything is said for
 * AND, and for OR each test counts as its opposite.
 *
 * Only the first tests of a group are compared, each with each: enough for
 * what people write, and the time is bounded.
 */

#include <string.h>

#include "query/filter_int.h"

#define COMPARED_MAX 64

enum relation {
	RELATION_NONE,
	RELATION_FIRST_GOES,
	RELATION_SECOND_GOES,
	RELATION_DECIDES
};

/* Both have sorted items that are apart. */
static bool
is_disjoint(const struct node *a, const struct node *b)
{
	uint32_t i = 0, k = 0;

	while (i < a->nitems && k < b->nitems)
		if (addr_compare(a->items[i].hi, b->items[k].lo) < 0)
			i++;
		else if (addr_compare(b->items[k].hi, a->items[i].lo) < 0)
			k++;
		else
			return false;
	return true;
}

/* Is every value of a one of b? */
static bool
is_within(const struct node *a, const struct node *b)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < a->nitems; i++) {
		const struct item *it = &a->items[i];

		while (
		    k < b->nitems && addr_compare(b->items[k].hi, it->hi) < 0)
			k++;
		if (k == b->nitems || addr_compare(b->items[k].lo, it->lo) > 0)
			return false;
	}
	return true;
}

/* The same, the other way round. */
static enum relation
swapped(enum relation r)
{
	if (r == RELATION_FIRST_GOES)
		return RELATION_SECOND_GOES;
	return r == RELATION_SECOND_GOES ? RELATION_FIRST_GOES : r;
}

/* "value in a" and "value not in b" */
static enum relation
relate_opposite(const struct node *a, const struct node *b, bool is_single)
{
	if (is_within(a, b))
		return RELATION_DECIDES;
	if (is_single && is_disjoint(a, b))
		return RELATION_SECOND_GOES;
	return RELATION_NONE;
}

/* "value in a" and "value in b" */
static enum relation
relate_alike(const struct node *a, const struct node *b, bool is_single)
{
	if (is_within(a, b))
		return RELATION_SECOND_GOES;
	if (is_within(b, a))
		return RELATION_FIRST_GOES;
	if (is_single && is_disjoint(a, b))
		return RELATION_DECIDES;
	return RELATION_NONE;
}

/*
 * Tests of the same word.  What else the word demands, and whether one source
 * is enough, changes nothing as long as more items match more rows; but only
 * where all sources must match do disjoint items exclude each other.
 */
static enum relation
relate_items(const struct node *a, const struct node *b, bool is_or)
{
	bool is_single = a->word->from.count == 1 || a->word->from.all;

	if (a->negate != b->negate)
		return a->negate == is_or ?
		    relate_opposite(a, b, is_single) :
		    swapped(relate_opposite(b, a, is_single));
	if (a->negate == is_or)
		return relate_alike(a, b, is_single);
	if (is_within(a, b))
		return RELATION_FIRST_GOES;
	return is_within(b, a) ? RELATION_SECOND_GOES : RELATION_NONE;
}

static bool
is_same_text(const struct node *a, const struct node *b)
{
	return a->text_len == b->text_len &&
	    (a->text_len == 0 || memcmp(a->text, b->text, a->text_len) == 0);
}

static bool
is_same_test(const struct node *a, const struct node *b)
{
	switch (a->kind) {
	case NODE_BITS:
		return a->mask == b->mask;
	case NODE_NETMASK:
		return addr_equal(a->addr, b->addr) &&
		    addr_equal(a->addr_mask, b->addr_mask);
	case NODE_BLOCK:
	case NODE_SAME:
		return true;
	case NODE_IDENT:
	case NODE_TEXT:
	case NODE_GEO:
		return is_same_text(a, b);
	case NODE_PAYLOAD: /* the mask is a version or flags */
		return a->mask == b->mask && is_same_text(a, b);
	default:
		return false;
	}
}

/* Several flags: "not" is not the opposite, it means none of them. */
static bool
has_opposite(const struct node *n)
{
	return n->kind != NODE_BITS || n->word->operand != OPERAND_FLAGS ||
	    (n->mask & (n->mask - 1)) == 0;
}

static enum relation
relate(const struct node *a, const struct node *b, bool is_or)
{
	if (a->kind != b->kind || a->word != b->word || a->number != b->number)
		return RELATION_NONE;
	if (a->kind == NODE_ITEMS)
		return relate_items(a, b, is_or);
	if (!is_same_test(a, b))
		return RELATION_NONE;
	if (a->negate == b->negate)
		return RELATION_SECOND_GOES;
	return has_opposite(a) ? RELATION_DECIDES : RELATION_NONE;
}

/* Take out the tests whose place in tests[] is NULL now; they are in order. */
static void
unlink_gone(struct node *group, struct node *const *tests, unsigned n)
{
	struct node **at = &group->child;
	unsigned i = 0;

	group->last = NULL;
	while (*at != NULL) {
		bool is_test =
		    (*at)->kind != NODE_AND && (*at)->kind != NODE_OR;

		if (is_test && i < n && tests[i++] == NULL) {
			*at = (*at)->next;
			continue;
		}
		group->last = *at;
		at = &(*at)->next;
	}
}

bool
junction_fold(struct node *group)
{
	struct node *tests[COMPARED_MAX];
	unsigned n = 0;

	for (struct node *c = group->child; c != NULL && n < COMPARED_MAX;
	     c = c->next)
		if (c->kind != NODE_AND && c->kind != NODE_OR)
			tests[n++] = c;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = i + 1; k < n && tests[i] != NULL; k++) {
			enum relation r = tests[k] == NULL ?
			    RELATION_NONE :
			    relate(tests[i], tests[k], group->kind == NODE_OR);

			if (r == RELATION_DECIDES)
				return true;
			if (r == RELATION_FIRST_GOES)
				tests[i] = NULL;
			else if (r == RELATION_SECOND_GOES)
				tests[k] = NULL;
		}
	unlink_gone(group, tests, n);
	return false;
}
