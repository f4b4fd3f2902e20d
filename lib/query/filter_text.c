/*
 * The normal form of a filter as text, made from its tree.  Compiled again
 * it gives the same text.
 */

#include <string.h>

#include "base/civil.h"
#include "query/filter_int.h"
#include "query/filter_payload.h"

/* Runs of values that are longer are written as ranges. */
#define WIDE 8

/* More items are written as a list. */
#define MANY 8

void
text_phrase(const struct node *n, struct buffer *out)
{
	for (const char *c = n->word->phrase; *c != '\0'; c++)
		if (*c == '#')
			buffer_printf(out, "%u", n->number);
		else
			buffer_char(out, *c);
}

static void
put_phrase(const struct node *n, struct buffer *out)
{
	text_phrase(n, out);
	buffer_char(out, ' ');
}

static void
put_mac(uint64_t mac, struct buffer *out)
{
	for (int shift = 40; shift >= 0; shift -= 8)
		buffer_printf(out, "%02x%s", (unsigned)(mac >> shift & 0xff),
		    shift > 0 ? ":" : "");
}

void
text_time(uint64_t ms, struct buffer *out)
{
	struct civil_cache cache = { 0 };
	char text[CIVIL_TEXT_MAX];

	civil_format_ms(&cache, ms, text);
	buffer_printf(out, "\"%s\"", text);
}

/* Names stand alone, behind a comparator there are numbers. */
static void
put_value(const struct word *w, uint64_t v, bool is_alone, struct buffer *out)
{
	const char *name = NULL;

	if (w->operand == OPERAND_NAMED && is_alone)
		name = names_text(w->names, v);
	if (w->operand == OPERAND_MAC)
		put_mac(v, out);
	else if (w->operand == OPERAND_TIME)
		text_time(v, out);
	else if (name != NULL)
		buffer_text(out, name);
	else
		buffer_printf(out, "%llu", (unsigned long long)v);
}

/* The beginning of one of several alternatives. */
static void
put_alternative(const struct node *n, unsigned *count, struct buffer *out)
{
	if ((*count)++ > 0)
		buffer_text(out, " or ");
	put_phrase(n, out);
}

/* Are the values so many that their ends are written? */
static bool
is_wide(const struct item *it)
{
	return it->hi.lo - it->lo.lo >= WIDE;
}

static void
put_range(const struct word *w, const struct item *it, struct buffer *out)
{
	bool is_time = w->operand == OPERAND_TIME;

	if (is_time)
		buffer_text(out, "between ");
	put_value(w, it->lo.lo, false, out);
	buffer_text(out, is_time ? " and " : "-");
	put_value(w, it->hi.lo, false, out);
}

static void
put_single_numbers(const struct node *n, const struct item *it,
    unsigned *count, struct buffer *out)
{
	const struct word *w = n->word;

	if (is_wide(it)) {
		put_alternative(n, count, out);
		put_range(w, it, out);
		return;
	}
	for (uint64_t v = it->lo.lo;; v++) {
		put_alternative(n, count, out);
		if ((w->flags & WORD_COMPARE) != 0 &&
		    (w->operand != OPERAND_NAMED ||
			names_text(w->names, v) == NULL))
			buffer_text(out, "= ");
		put_value(w, v, true, out);
		if (v == it->hi.lo)
			break;
	}
}

/*
 * True for items that a comparator expresses: up to, from, or everything.
 * Where all sources must match, the items cannot be taken apart.
 */
static bool
is_half_open(const struct node *n, const struct item *it)
{
	if (n->word->from.all && n->nitems > 1)
		return false;
	if ((n->word->flags & WORD_COMPARE) == 0 && !is_wide(it))
		return false;
	return n->word->operand != OPERAND_MAC && it->lo.lo != it->hi.lo &&
	    (it->lo.lo == 0 || it->hi.lo == source_max(n->word));
}

static void
put_half_open(const struct node *n, const struct item *it, unsigned *count,
    struct buffer *out)
{
	put_alternative(n, count, out);
	if (it->hi.lo != source_max(n->word)) {
		buffer_text(out, "<= ");
		put_value(n->word, it->hi.lo, false, out);
	} else if (it->lo.lo == 0)
		buffer_text(out, ">= 0");
	else {
		/* one less is always a number that the word takes */
		buffer_text(out, "> ");
		put_value(n->word, it->lo.lo - 1, false, out);
	}
}

/* "in [ ... ]" of the items that no comparator expresses. */
static void
put_number_list(const struct node *n, unsigned *count, struct buffer *out)
{
	bool is_first = true;

	for (uint32_t i = 0; i < n->nitems; i++) {
		const struct item *it = &n->items[i];

		if (is_half_open(n, it))
			continue;
		if (is_first) {
			put_alternative(n, count, out);
			buffer_text(out, "in [");
		}
		for (uint64_t v = it->lo.lo;; v++) {
			if (!is_first)
				buffer_char(out, ' ');
			is_first = false;
			if (is_wide(it))
				put_range(n->word, it, out);
			else
				put_value(n->word, v, true, out);
			if (v == it->hi.lo || is_wide(it))
				break;
		}
	}
	if (!is_first)
		buffer_char(out, ']');
}

static bool
is_one_number(const struct node *n)
{
	return n->nitems == 1 && addr_equal(n->items[0].lo, n->items[0].hi);
}

/* Where all sources must match, alternatives would mean something else. */
static bool
is_list_of_numbers(const struct node *n)
{
	return !is_one_number(n) && n->word->operand != OPERAND_TIME &&
	    ((n->word->flags & WORD_LIST) != 0 || n->word->from.all ||
		n->nitems > MANY);
}

static unsigned
put_numbers(const struct node *n, struct buffer *out)
{
	bool is_list = is_list_of_numbers(n);
	unsigned count = 0;

	for (uint32_t i = 0; i < n->nitems; i++) {
		const struct item *it = &n->items[i];

		if (is_half_open(n, it))
			put_half_open(n, it, &count, out);
		else if (!is_list)
			put_single_numbers(n, it, &count, out);
	}
	if (is_list)
		put_number_list(n, &count, out);
	return count;
}

void
text_prefix(struct addr a, unsigned len, struct buffer *out)
{
	char text[ADDR_TEXT_MAX];
	bool is_v4 = addr_is_v4(a) && len >= 96;

	if (is_v4)
		addr_format(a, text);
	else
		addr_format_v6(a, text);
	buffer_text(out, text);
	if (len < 128)
		buffer_printf(out, "/%u", is_v4 ? len - 96 : len);
}

/* The largest prefix that begins at lo and ends at most at hi. */
static unsigned
first_prefix(struct addr lo, struct addr hi, struct addr *end)
{
	unsigned len = 128;

	*end = lo;
	while (len > 0) {
		struct addr up = lo, bit = { 0, 0 };
		unsigned shift = 128 - len;

		if (shift < 64)
			bit.lo = UINT64_C(1) << shift;
		else
			bit.hi = UINT64_C(1) << (shift - 64);
		up.hi = end->hi | bit.hi;
		up.lo = end->lo | bit.lo;
		if ((lo.hi & bit.hi) != 0 || (lo.lo & bit.lo) != 0 ||
		    addr_compare(up, hi) > 0)
			break;
		*end = up;
		len--;
	}
	return len;
}

/* What put_addresses() is about. */
struct address_list {
	const struct node *node;
	struct buffer *out;
	bool is_list; /* in [ ... ], else alternatives */
	bool is_net;
	unsigned count; /* of alternatives */
	unsigned members; /* of the list */
};

static void
put_address(struct address_list *l, struct addr a, unsigned len)
{
	/* 0.0.0.0, which is there too, stands for both */
	if (!l->is_list && len == 128 && addr_is_zero(a))
		return;
	if (!l->is_list)
		put_alternative(l->node, &l->count, l->out);
	else if (l->members++ > 0)
		buffer_char(l->out, ' ');
	text_prefix(a, len, l->out);
	if (l->is_net && len == 128)
		buffer_text(l->out, addr_is_v4(a) ? "/32" : "/128");
}

/* The zero address stands twice in a test. */
static bool
is_list_of_addresses(const struct node *n)
{
	if ((n->word->flags & WORD_LIST) != 0 || n->word->from.all)
		return !is_one_number(n);
	for (uint32_t i = 0; i < n->nitems; i++)
		if (!addr_equal(n->items[i].lo, n->items[i].hi))
			return n->word->operand == OPERAND_ADDR;
	return false;
}

static unsigned
put_addresses(const struct node *n, struct buffer *out)
{
	struct address_list l = { .node = n, .out = out };

	l.is_list = is_list_of_addresses(n);
	l.is_net = n->word->operand == OPERAND_NET;
	if (l.is_list) {
		put_alternative(n, &l.count, out);
		buffer_text(out, "in [");
	}
	for (uint32_t i = 0; i < n->nitems; i++) {
		struct addr a = n->items[i].lo, hi = n->items[i].hi, end;

		for (;; a = addr_next(end)) {
			unsigned len = 128;

			end = a;
			if (l.is_list || l.is_net)
				len = first_prefix(a, hi, &end);
			put_address(&l, a, len);
			if (addr_equal(end, hi))
				break;
		}
	}
	if (l.is_list)
		buffer_char(out, ']');
	return l.count;
}

static void
put_items(const struct node *n, struct buffer *out)
{
	struct buffer part = BUFFER_EMPTY;
	unsigned count;

	if (n->word->operand == OPERAND_ADDR || n->word->operand == OPERAND_NET)
		count = put_addresses(n, &part);
	else if (n->word->operand == OPERAND_FIXED) {
		count = 1;
		put_phrase(n, &part);
		part.len--;
	} else
		count = put_numbers(n, &part);
	if (count > 1)
		buffer_char(out, '(');
	buffer_add(out, part.data, part.len);
	if (count > 1)
		buffer_char(out, ')');
	out->failed |= part.failed;
	buffer_fini(&part);
}

static void
put_flags(const struct node *n, struct buffer *out)
{
	static const char letters[] = "FSRPAUEC";

	put_phrase(n, out);
	for (unsigned i = 0; i < 8; i++)
		if (n->mask >> i & 1)
			buffer_char(out, letters[i]);
}

/*
 * Bare if it can be, else in the quotes that it does not contain.  A sign at
 * its beginning might be taken for a comparator.
 */
void
tree_put_text(const struct node *n, struct buffer *out)
{
	char quote = memchr(n->text, '"', n->text_len) == NULL ? '"' : '\'';
	bool is_bare = strchr("\"'#@=!<>", n->text[0]) == NULL;

	for (uint32_t i = 0; i < n->text_len; i++)
		if (strchr(LEX_BLANKS "()[]", n->text[i]) != NULL ||
		    ((unsigned char)n->text[i] & 0x80) != 0)
			is_bare = false;
	put_phrase(n, out);
	if (!is_bare || n->kind == NODE_IDENT)
		buffer_char(out, quote);
	buffer_add(out, n->text, n->text_len);
	if (!is_bare || n->kind == NODE_IDENT)
		buffer_char(out, quote);
}

static void
put_netmask(const struct node *n, struct buffer *out)
{
	char text[ADDR_TEXT_MAX];

	put_phrase(n, out);
	addr_format(n->addr, text);
	buffer_printf(out, "%s ", text);
	addr_format_v4((uint32_t)n->addr_mask.lo, text);
	buffer_text(out, text);
}

static void
put_test(const struct node *n, struct buffer *out)
{
	if (n->negate)
		buffer_text(out, "not ");
	if (n->kind == NODE_ITEMS)
		put_items(n, out);
	else if (n->kind == NODE_BITS && n->word->operand == OPERAND_FLAGS)
		put_flags(n, out);
	else if (n->kind == NODE_NETMASK)
		put_netmask(n, out);
	else if (n->kind == NODE_IDENT || n->kind == NODE_TEXT ||
	    n->kind == NODE_GEO)
		tree_put_text(n, out);
	else if (n->kind == NODE_PAYLOAD)
		payload_text(n, out);
	else
		buffer_text(out, n->word->phrase);
}

static void
put_group(const struct node *group, struct buffer *out)
{
	const char *sign = group->kind == NODE_AND ? " and " : " or ";

	for (const struct node *n = group->child; n != NULL; n = n->next) {
		bool is_group = n->kind == NODE_AND || n->kind == NODE_OR;

		if (is_group)
			buffer_char(out, '(');
		tree_text(n, out);
		if (is_group)
			buffer_char(out, ')');
		if (n->next != NULL)
			buffer_text(out, sign);
	}
}

void
tree_text(const struct node *n, struct buffer *out)
{
	if (n->kind == NODE_TRUE)
		buffer_text(out, "any");
	else if (n->kind == NODE_FALSE)
		buffer_text(out, "not any");
	else if (n->kind == NODE_AND || n->kind == NODE_OR)
		put_group(n, out);
	else
		put_test(n, out);
}
