/*
 * TCP flags: letters, names, numbers, and the bits that a mask leaves.
 */

#include <string.h>
#include <strings.h>

#include "query/filter_forms.h"

#define ALL_FLAGS 0xffU

static const struct {
	const char *name;
	uint8_t bits;
} flag_names[] = {
	{ "fin", 0x01 },
	{ "syn", 0x02 },
	{ "rst", 0x04 },
	{ "psh", 0x08 },
	{ "push", 0x08 },
	{ "ack", 0x10 },
	{ "urg", 0x20 },
	{ "ece", 0x40 },
	{ "cwr", 0x80 },
};

#define FLAG_NAMES (sizeof(flag_names) / sizeof(flag_names[0]))

/* Bits of the letters in upper or, with them, lower case; 0 if it is none. */
static uint64_t
letter_bits(const struct token *t, const char *letters, char all)
{
	uint64_t bits = 0;
	bool is_all = false;

	for (size_t i = 0; i < t->len; i++) {
		const char *p = strchr(letters, t->text[i]);
		uint64_t bit;

		if (t->text[i] == all && !is_all) {
			is_all = true;
			continue;
		}
		if (p == NULL || t->text[i] == '\0')
			return 0;
		bit = UINT64_C(1) << (p - letters);
		if (bits & bit)
			return 0;
		bits |= bit;
	}
	return is_all ? bits | 0x3f : bits;
}

uint64_t
flag_bits(const struct token *t)
{
	struct token name = *t;
	uint64_t bits;

	if (t->kind != TOKEN_WORD && t->kind != TOKEN_STRING)
		return 0;
	if (token_is(t, "as")) /* in any case: it was a word of its own */
		return 0x12;
	if (t->len > 4 && strncasecmp(t->text, "tcp-", 4) == 0) {
		name.text += 4;
		name.len -= 4;
	}
	for (size_t i = 0; i < FLAG_NAMES; i++)
		if (token_is(&name, flag_names[i].name))
			return flag_names[i].bits;
	bits = letter_bits(t, "FSRPAUEC", 'X');
	return bits != 0 ? bits : letter_bits(t, "fsrpauec", 'x');
}

static bool
is_sign(const struct token *t, char sign)
{
	return t->kind == TOKEN_BAD && t->len == 1 && *t->text == sign;
}

/* Report what is no flag. */
static int
unknown_flags(struct parser *p)
{
	const struct token *t = &p->token;

	for (size_t i = 0; i < FLAG_NAMES && t->kind == TOKEN_WORD; i++) {
		const char *name = flag_names[i].name;

		if (t->len > 2 && word_distance(t->text, t->len, name,
		    strlen(name)) <= 1)
			return parse_error(p, t,
			    "unknown flag \"%.*s\"; did you mean \"%s\"?",
			    token_quote(t), t->text, name);
	}
	return parse_expected(p,
	    "some letters of FSRPAUECX, each once, or names like syn",
	    "flags");
}

/* Names or letters, or a number of bits, joined by , + and perhaps |. */
static int
join_flags(struct parser *p, bool is_inside, uint64_t *bits)
{
	for (*bits = 0;; parse_advance(p)) {
		uint64_t more = p->token.kind == TOKEN_NUMBER ?
		    p->token.value : flag_bits(&p->token);

		if (p->token.kind != TOKEN_NUMBER && more == 0)
			return unknown_flags(p);
		if (more > ALL_FLAGS)
			return parse_error(p, &p->token,
			    "flags %llu is above 255",
			    (unsigned long long)more);
		*bits |= more;
		parse_advance(p);
		if (p->token.kind != TOKEN_COMMA && !is_sign(&p->token, '+') &&
		    !(is_inside && is_sign(&p->token, '|')))
			return 0;
	}
}

int
parse_flag_bits(struct parser *p, uint64_t *bits)
{
	if (p->token.kind != TOKEN_OPEN)
		return join_flags(p, false, bits);
	parse_advance(p);
	if (join_flags(p, true, bits) == -1)
		return -1;
	if (p->token.kind != TOKEN_CLOSE)
		return parse_expected(p, "\")\"", "(");
	parse_advance(p);
	return 0;
}

static bool
compares(uint64_t a, enum compare compare, uint64_t b)
{
	switch (compare) {
	case COMPARE_EQ:
		return a == b;
	case COMPARE_GT:
		return a > b;
	case COMPARE_LT:
		return a < b;
	case COMPARE_GE:
		return a >= b;
	case COMPARE_LE:
		return a <= b;
	case COMPARE_NE:
		return a != b;
	}
	return false;
}

/*
 * All flags whose bits in the mask compare so.  One bit that must be set is
 * what letters mean, too.
 */
static int
add_flag_values(struct parser *p, struct node *n, uint64_t mask,
    enum compare compare, uint64_t bits)
{
	bool is_set = (compare == COMPARE_EQ && bits == mask) ||
	    (compare == COMPARE_NE && bits == 0);

	if (mask != 0 && (mask & (mask - 1)) == 0 && is_set) {
		n->kind = NODE_BITS;
		n->mask = mask;
		return 0;
	}
	for (uint64_t v = 0; v <= ALL_FLAGS; v++) {
		struct addr value = { 0, v };

		if (compares(v & mask, compare, bits) &&
		    parse_add_range(p, n, value, value) == -1)
			return -1;
	}
	if (n->nitems == 0)
		n->kind = n->negate ? NODE_TRUE : NODE_FALSE;
	return 0;
}

int
parse_flags_masked(struct parser *p, struct node *n, unsigned mask)
{
	enum compare compare;
	uint64_t bits;

	if (p->token.kind != TOKEN_COMPARE)
		return parse_expected(p, "a comparator", "tcp[...]");
	compare = p->token.compare;
	parse_advance(p);
	if (parse_flag_bits(p, &bits) == -1)
		return -1;
	return add_flag_values(p, n, mask, compare, bits);
}

/* "flags S/SA": of the bits behind the slash those before it are set. */
static int
parse_slash(struct parser *p, struct node *n, uint64_t bits)
{
	struct token at;
	uint64_t mask;

	parse_advance(p);
	at = p->token;
	if (join_flags(p, false, &mask) == -1)
		return -1;
	if ((bits & ~mask) != 0)
		return parse_error(p, &at,
		    "expected all flags before the slash behind it, too");
	return add_flag_values(p, n, mask, COMPARE_EQ, bits);
}

/*
 * "flags SA": both are set; "flags = SA": these and no others; "flags > 15":
 * the value as a number.
 */
int
parse_flags_operand(struct parser *p, struct node *n)
{
	enum compare compare;
	struct token t;
	uint64_t bits;

	if (parse_compare(p, n, &compare) == -1)
		return -1;
	t = p->token;
	if (compare != COMPARE_EQ || t.kind == TOKEN_LIST_OPEN ||
	    number_begins(n->word, &t) || token_is(&t, "in") ||
	    token_is(&t, "between"))
		return parse_compared(p, n, compare);
	if (join_flags(p, false, &bits) == -1)
		return -1;
	if (p->token.kind == TOKEN_SLASH)
		return parse_slash(p, n, bits);
	if (p->has_compare)
		return parse_add_range(p, n, (struct addr){ 0, bits },
		    (struct addr){ 0, bits });
	n->kind = NODE_BITS;
	n->mask = bits;
	return 0;
}
