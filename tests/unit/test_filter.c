/*
 * Filters against a naive twin: random expressions are written as text,
 * compiled and run over random batches, and evaluated row by row from the
 * tree that the text was made from.  Then limits.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "dice.h"
#include "filterkit.h"
#include "flow/flow.h"
#include "query/filter.h"
#include "tap.h"

#define ROUNDS 3000
#define TREE_DEPTH 5

static struct dice dice;

static uint64_t
draw(uint64_t below)
{
	return dice_below(&dice, below);
}

/* A batch with all columns, filled from small domains so that tests hit. */

static struct addr
draw_addr(void)
{
	switch (draw(8)) {
	case 0:
		return (struct addr){ 0, draw(3) };
	case 1:
	case 2:
		return (struct addr){ UINT64_C(0x20010db8) << 32 | draw(3),
			draw(4) };
	case 3:
		return addr_v4((uint32_t)draw(3));
	default:
		return addr_v4(0x0a000000 | (uint32_t)(draw(3) << 16) |
		    (uint32_t)draw(20));
	}
}

static uint64_t
draw_value(enum field_type type)
{
	static const uint64_t edges[] = { 0, 1, 6, 17, 58, UINT8_MAX,
		UINT16_MAX, UINT32_MAX, UINT64_MAX };

	if (type == FIELD_MAC)
		return 0x112200 + draw(4);
	if (draw(8) == 0)
		return edges[draw(sizeof(edges) / sizeof(edges[0]))];
	return draw(24);
}

static void
fill_row(struct batch *b, enum field_id id, uint32_t row)
{
	size_t size = field_table[id].size;
	uint64_t v = draw_value(field_table[id].type);

	switch (field_table[id].type) {
	case FIELD_ADDR:
		((struct addr *)b->col[id])[row] = draw_addr();
		break;
	case FIELD_SPAN:
		((struct span *)b->col[id])[row] = (struct span){ NULL, 0 };
		break;
	default:
		store_host((uint8_t *)b->col[id] + row * size, v, size);
		break;
	}
}

static void
fill_batch(struct batch *b)
{
	b->rows = 1 + (uint32_t)draw(draw(4) == 0 ? BATCH_ROWS : 100);
	for (int id = 0; id < FLD_COUNT; id++)
		for (uint32_t row = 0; row < b->rows; row++)
			fill_row(b, (enum field_id)id, row);
	for (uint32_t row = 0; row < b->rows; row++)
		((uint64_t *)b->col[FLD_EXTENSIONS])[row] =
		    draw(UINT64_MAX) & (FLOW_EXT(EXT_COUNT) - 1);
}

/* Some of the rows, sometimes all. */
static void
select_some(struct batch *b)
{
	uint64_t share = draw(4);

	batch_select_all(b);
	if (share == 0)
		return;
	b->nsel = 0;
	for (uint32_t row = 0; row < b->rows; row++)
		if (draw(4) < share)
			b->sel[b->nsel++] = (uint16_t)row;
}

static uint64_t
number_at(const struct batch *b, enum field_id id, uint32_t row)
{
	size_t size = field_table[id].size;

	return load_host((const uint8_t *)b->col[id] + row * size, size);
}

/* Tests */

enum sides {
	SIDES_ONE,
	SIDES_EITHER,
	SIDES_BOTH
};

/* Words with a comparator and a number, and what they read. */
static const struct number_word {
	const char *phrase;
	enum sides sides;
	enum field_id a, b;
	uint64_t max;
	bool has_list;
} number_words[] = {
	{ "port", SIDES_EITHER, FLD_SRC_PORT, FLD_DST_PORT, 65535, true },
	{ "src port", SIDES_ONE, FLD_SRC_PORT, FLD_NONE, 65535, true },
	{ "src and dst port", SIDES_BOTH, FLD_SRC_PORT, FLD_DST_PORT, 65535,
	    true },
	{ "as", SIDES_EITHER, FLD_SRC_AS, FLD_DST_AS, UINT32_MAX, true },
	{ "dst as", SIDES_ONE, FLD_DST_AS, FLD_NONE, UINT32_MAX, true },
	{ "packets", SIDES_ONE, FLD_IN_PACKETS, FLD_NONE, UINT64_MAX, false },
	{ "out bytes", SIDES_ONE, FLD_OUT_BYTES, FLD_NONE, UINT64_MAX, false },
	{ "tos", SIDES_ONE, FLD_SRC_TOS, FLD_NONE, 255, false },
	{ "src or dst tos", SIDES_EITHER, FLD_SRC_TOS, FLD_DST_TOS, 255,
	    false },
	{ "egress vrf", SIDES_ONE, FLD_EGRESS_VRF, FLD_NONE, UINT32_MAX, false },
	{ "fwdstat", SIDES_ONE, FLD_FWD_STATUS, FLD_NONE, 255, false },
};

#define NUMBER_WORDS (sizeof(number_words) / sizeof(number_words[0]))

static const char *const comparators[] = { "", "=", ">", "<", ">=", "<=" };

enum test_kind {
	TEST_NUMBER,
	TEST_NUMBERS,
	TEST_ADDRESSES, /* ip, ip in, net */
	TEST_PROTO,
	TEST_FLAGS,
	TEST_ICMP,
	TEST_DURATION,
	TEST_TTL, /* only where the record has it */
	TEST_BLOCK,
	TEST_FAMILY,
	TEST_KINDS
};

#define LIST_MAX 6

struct expr {
	enum { EXPR_TEST, EXPR_AND, EXPR_OR, EXPR_NOT } kind;
	struct expr *left, *right;
	enum test_kind test;
	const struct number_word *word;
	unsigned compare;
	enum sides sides;
	unsigned count;
	uint64_t value[LIST_MAX];
	struct prefix prefix[LIST_MAX];
};

static bool
compares(unsigned compare, uint64_t v, uint64_t with)
{
	switch (compare) {
	case 2:
		return v > with;
	case 3:
		return v < with;
	case 4:
		return v >= with;
	case 5:
		return v <= with;
	default:
		return v == with;
	}
}

static bool
combine(enum sides sides, bool a, bool b)
{
	return sides == SIDES_ONE ? a : sides == SIDES_BOTH ? a && b : a || b;
}

static bool
number_matches(const struct expr *e, const struct batch *b, enum field_id id,
    uint32_t row)
{
	if (id == FLD_NONE)
		return false;
	for (unsigned i = 0; i < e->count; i++)
		if (compares(e->compare, number_at(b, id, row), e->value[i]))
			return true;
	return false;
}

/* 0.0.0.0 and :: are one. */
static bool
address_matches(const struct expr *e, const struct batch *b, enum field_id id,
    uint32_t row)
{
	struct addr a = ((struct addr *)b->col[id])[row];

	for (unsigned i = 0; i < e->count; i++) {
		if (prefix_contains(&e->prefix[i], a))
			return true;
		if (addr_is_zero(a) &&
		    prefix_contains(&e->prefix[i], addr_v4(0)))
			return true;
		if (addr_equal(a, addr_v4(0)) &&
		    prefix_contains(&e->prefix[i], (struct addr){ 0, 0 }))
			return true;
	}
	return false;
}

static bool
flags_match(const struct expr *e, const struct batch *b, uint32_t row,
    bool negated)
{
	uint64_t flags = number_at(b, FLD_TCP_FLAGS, row);

	if (number_at(b, FLD_PROTO, row) != 6)
		return false;
	if (negated) /* any of them: flags under NOT are special */
		return (flags & e->value[0]) != 0;
	return (flags & e->value[0]) == e->value[0];
}

static bool
in_block(const struct batch *b, enum field_id port, uint32_t row)
{
	uint64_t v = number_at(b, port, row);

	return v >= number_at(b, FLD_BLOCK_START, row) &&
	    v <= number_at(b, FLD_BLOCK_END, row);
}

static bool
test_matches(const struct expr *e, const struct batch *b, uint32_t row,
    bool negated)
{
	uint64_t first = number_at(b, FLD_FIRST, row);
	uint64_t last = number_at(b, FLD_LAST, row);
	uint64_t proto = number_at(b, FLD_PROTO, row);
	uint64_t extensions = number_at(b, FLD_EXTENSIONS, row);

	switch (e->test) {
	case TEST_NUMBER:
	case TEST_NUMBERS:
		return combine(e->word->sides,
		    number_matches(e, b, e->word->a, row),
		    number_matches(e, b, e->word->b, row));
	case TEST_ADDRESSES:
		return combine(e->sides,
		    address_matches(e, b, FLD_SRC_ADDR, row),
		    address_matches(e, b, FLD_DST_ADDR, row));
	case TEST_PROTO:
		return proto == e->value[0];
	case TEST_FLAGS:
		return flags_match(e, b, row, negated);
	case TEST_ICMP:
		return (proto == 1 || proto == 58) &&
		    number_at(b, FLD_DST_PORT, row) / 256 == e->value[0];
	case TEST_DURATION:
		return compares(e->compare, last > first ? last - first : 0,
		    e->value[0]);
	case TEST_TTL:
		return (extensions & FLOW_EXT(EXT_IP_INFO)) != 0 &&
		    (compares(e->compare, number_at(b, FLD_MIN_TTL, row),
			 e->value[0]) ||
			compares(e->compare, number_at(b, FLD_MAX_TTL, row),
			    e->value[0]));
	case TEST_BLOCK:
		return in_block(b, FLD_SRC_PORT, row) ||
		    in_block(b, FLD_DST_PORT, row);
	case TEST_FAMILY:
		return (extensions & FLOW_EXT(EXT_IPV6)) != 0;
	case TEST_KINDS:
		break;
	}
	return false;
}

static bool
expr_matches(const struct expr *e, const struct batch *b, uint32_t row,
    bool negated)
{
	switch (e->kind) {
	case EXPR_AND:
		return expr_matches(e->left, b, row, negated) &&
		    expr_matches(e->right, b, row, negated);
	case EXPR_OR:
		return expr_matches(e->left, b, row, negated) ||
		    expr_matches(e->right, b, row, negated);
	case EXPR_NOT:
		return !expr_matches(e->left, b, row, !negated);
	default:
		return test_matches(e, b, row, negated);
	}
}

/* Random expressions, with their text */

static void
make_number(struct expr *e, bool is_list, struct buffer *out)
{
	do
		e->word = &number_words[draw(NUMBER_WORDS)];
	while (is_list && !e->word->has_list);
	e->compare = is_list ? 0 : (unsigned)draw(6);
	e->count = is_list ? 1 + (unsigned)draw(LIST_MAX) : 1;
	buffer_printf(out, "%s %s", e->word->phrase,
	    is_list ? "in [" : comparators[e->compare]);
	for (unsigned i = 0; i < e->count; i++) {
		do
			e->value[i] = draw_value(FIELD_U64);
		while (e->value[i] > e->word->max);
		buffer_printf(out, " %llu", (unsigned long long)e->value[i]);
	}
	if (is_list)
		buffer_text(out, " ]");
}

static void
make_prefix(struct prefix *p, bool is_single, struct buffer *out)
{
	struct addr a = draw_addr();
	unsigned max = addr_is_v4(a) ? 32 : 128;
	unsigned len = is_single ? max : (unsigned)draw(max + 1);
	char text[ADDR_TEXT_MAX];

	p->len = (uint8_t)(len + 128 - max);
	p->addr = addr_mask(a, p->len);
	addr_format(a, text);
	buffer_printf(out, " %s", text);
	if (!is_single)
		buffer_printf(out, "/%u", len);
}

static void
make_addresses(struct expr *e, struct buffer *out)
{
	static const struct {
		const char *text;
		enum sides sides;
	} sides[] = { { "", SIDES_EITHER }, { "src ", SIDES_ONE },
		{ "src and dst ", SIDES_BOTH },
		{ "dst or src ", SIDES_EITHER } };
	uint64_t side = draw(4), form = draw(3);

	e->sides = sides[side].sides;
	e->count = form == 2 ? 1 + (unsigned)draw(LIST_MAX) : 1;
	buffer_printf(out, "%s%s", sides[side].text,
	    form == 0 ? "ip" : form == 1 ? "net" : "ip in [");
	for (unsigned i = 0; i < e->count; i++)
		make_prefix(&e->prefix[i],
		    form == 0 || (form == 2 && draw(2) == 0), out);
	if (form == 2)
		buffer_text(out, " ]");
}

static void
make_flags(struct expr *e, struct buffer *out)
{
	e->value[0] = 1 + draw(63);
	buffer_text(out, "flags ");
	for (unsigned i = 0; i < 6; i++)
		if (e->value[0] >> i & 1)
			buffer_char(out, "FSRPAU"[i]);
}

static void
make_test(struct expr *e, struct buffer *out)
{
	e->test = (enum test_kind)draw(TEST_KINDS);
	e->value[0] = draw(20);
	e->compare = (unsigned)draw(6);
	switch (e->test) {
	case TEST_NUMBER:
	case TEST_NUMBERS:
		make_number(e, e->test == TEST_NUMBERS, out);
		break;
	case TEST_ADDRESSES:
		make_addresses(e, out);
		break;
	case TEST_PROTO:
		buffer_printf(out, "proto %u", (unsigned)e->value[0]);
		break;
	case TEST_FLAGS:
		make_flags(e, out);
		break;
	case TEST_ICMP:
		e->value[0] %= 2;
		buffer_printf(out, "icmp-type %u", (unsigned)e->value[0]);
		break;
	case TEST_DURATION:
	case TEST_TTL:
		buffer_printf(out, "%s %s %u",
		    e->test == TEST_TTL ? "ttl" : "duration",
		    comparators[e->compare], (unsigned)e->value[0]);
		break;
	case TEST_BLOCK:
		buffer_text(out, "port in pblock");
		break;
	default:
		buffer_text(out, "ipv6");
		break;
	}
}

static struct expr *
make_expr(unsigned depth, struct buffer *out)
{
	struct expr *e = calloc(1, sizeof(*e));
	uint64_t choice = draw(depth == 0 ? 1 : 8);

	if (e == NULL)
		bail("out of memory");
	if (choice < 2) {
		make_test(e, out);
		return e;
	}
	e->kind = choice < 4 ? EXPR_AND : choice < 6 ? EXPR_OR : EXPR_NOT;
	if (e->kind == EXPR_NOT)
		buffer_text(out, draw(2) == 0 ? "not " : "!");
	buffer_char(out, '(');
	e->left = make_expr(depth - 1, out);
	if (e->kind != EXPR_NOT) {
		buffer_text(out, e->kind == EXPR_AND ? ") and (" : ") or (");
		e->right = make_expr(depth - 1, out);
	}
	buffer_char(out, ')');
	return e;
}

static void
free_expr(struct expr *e)
{
	if (e == NULL)
		return;
	free_expr(e->left);
	free_expr(e->right);
	free(e);
}

/* Does the filter select what the expression does?  And its normal form? */
static bool
agrees(const struct filter *f, const struct expr *e, struct batch *b)
{
	uint16_t before[BATCH_ROWS];
	uint32_t n = b->nsel, k = 0;
	bool same = true;

	memcpy(before, b->sel, n * sizeof(*before));
	filterkit_apply(f, b);
	for (uint32_t i = 0; i < n && same; i++)
		if (expr_matches(e, b, before[i], false))
			same = k < b->nsel && b->sel[k++] == before[i];
	same = same && k == b->nsel;
	memcpy(b->sel, before, n * sizeof(*before));
	b->nsel = n;
	return same;
}

static void
test_random(void)
{
	struct batch b;
	unsigned wrong = 0, unstable = 0;

	filterkit_batch(&b);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct buffer text = BUFFER_EMPTY;
		struct expr *e = make_expr(TREE_DEPTH, &text);
		struct filter *f, *again;
		char *form, *form_again;

		buffer_char(&text, '\0');
		f = filterkit_compile(text.data);
		form = filter_text(f);
		again = filterkit_compile(form);
		form_again = filter_text(again);
		if (i % 16 == 0)
			fill_batch(&b);
		select_some(&b);
		if (!agrees(f, e, &b) || !agrees(again, e, &b)) {
			note("differs: %s", text.data);
			wrong++;
		}
		if (strcmp(form, form_again) != 0) {
			note("unstable: %s", form);
			unstable++;
		}
		free(form);
		free(form_again);
		filter_free(f);
		filter_free(again);
		free_expr(e);
		buffer_fini(&text);
	}
	is_uint(wrong, 0, "%d random filters select what the twin does", ROUNDS);
	is_uint(unstable, 0, "normal forms are their own normal form");
	batch_fini(&b);
}

static void
repeat(struct buffer *out, const char *text, unsigned times)
{
	while (times-- > 0)
		buffer_text(out, text);
}

static bool
compiles_nested(const char *open, const char *shut, unsigned depth)
{
	struct buffer text = BUFFER_EMPTY;
	struct err err;
	struct filter *f;

	repeat(&text, open, depth);
	buffer_text(&text, "proto tcp");
	repeat(&text, shut, depth);
	buffer_char(&text, '\0');
	f = filter_compile(text.data, "filter", &err);
	buffer_fini(&text);
	filter_free(f);
	return f != NULL;
}

static void
test_limits(void)
{
	ok(compiles_nested("(", ")", 200), "200 parentheses");
	ok(!compiles_nested("(", ")", 201), "201 parentheses are refused");
	ok(!compiles_nested("(", "", 100000), "and so are 100000");
	ok(compiles_nested("not ", "", 100001), "100001 times not");
	ok(compiles_nested("port 1 or ", "", 100000), "100000 times or");
	ok(compiles_nested("(port 1 and (", ") or bytes 1)", 100), "and, or");
}

static void
test_text(void)
{
	struct filter *f;
	struct err err;
	char *form;

	f = filterkit_compile("\xef\xbb\xbfproto tcp\r\n# caf\xc3\xa9\r\nand port 1");
	form = filter_text(f);
	is_str(form, "proto tcp and port = 1", "byte order mark, CR, comment");
	free(form);
	filter_free(f);

	f = filter_compile("proto tcp and\nport 80 or\n  port fast", "web.flt",
	    &err);
	is_str(f == NULL ? err.text : NULL,
	    "web.flt:3:8: unknown service \"fast\"; expected a number or a name",
	    "name, line and column");
	filter_free(f);

	f = filter_compile("host www.example.net", "filter", &err);
	is_str(f == NULL ? err.text : NULL,
	    "filter:1:6: \"www.example.net\" is not an address, and names are "
	    "not looked up",
	    "host names need a resolver");
	filter_free(f);
}

int
main(void)
{
	dice_init(&dice);
	test_random();
	test_limits();
	test_text();
	return done_testing();
}
