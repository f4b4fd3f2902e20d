/*
 * What follows a word: comparators, lists, ranges; MAC addresses, times, text.
 */

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "query/filter_forms.h"
#include "query/filter_payload.h"

int
parse_add_range(struct parser *p, struct node *n, struct addr lo,
    struct addr hi)
{
	if (node_add_item(p->arena, n, lo, hi) == -1)
		return err_nomem(p->err);
	return 0;
}

static unsigned
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return (unsigned)((c | 0x20) - 'a') + 10;
}

/* Six groups of one or two digits; 0 is no address. */
static uint64_t
read_mac(const struct token *t)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *c = t->text, *end = t->text + t->len;
	uint64_t mac = 0;

	for (unsigned group = 0; group < 6; group++) {
		unsigned octet = 0, len = 0;

		if (group > 0 && (c == end || *c++ != ':'))
			return 0;
		for (; c < end && *c != ':' && len < 3; len++, c++) {
			if (strchr(digits, *c) == NULL)
				return 0;
			octet = octet << 4 | hex_digit(*c);
		}
		if (len == 0 || len > 2)
			return 0;
		mac = mac << 8 | octet;
	}
	return c == end ? mac : 0;
}

static int
take_mac(struct parser *p, const struct word *w, struct item *it)
{
	uint64_t mac;

	if (p->token.kind != TOKEN_WORD || (mac = read_mac(&p->token)) == 0)
		return parse_expected(p,
		    "an address like 00:11:22:33:44:55, not all zero,",
		    w->phrase);
	it->lo = it->hi = (struct addr){ 0, mac };
	parse_advance(p);
	return 0;
}

/*
 * Rewrite YYYY[-MM[-DD[Thh[:mm[:ss[.mmm]]]]]], where any sign may separate,
 * as civil_window_parse() reads it; *ms is the part behind the seconds.
 */
static bool
rewrite_time(const struct token *t, char text[24], unsigned *ms)
{
	static const char pattern[] = "dddd/dd/dd.dd:dd:dd.ddd";
	size_t i;

	if (t->len > sizeof(pattern) - 1)
		return false;
	for (i = 0; i < t->len; i++) {
		bool is_digit = t->text[i] >= '0' && t->text[i] <= '9';

		if (is_digit != (pattern[i] == 'd'))
			return false;
		text[i] = is_digit ? t->text[i] : pattern[i];
	}
	text[i] = '\0';
	*ms = 0;
	if (i < 20) /* whole parts only */
		return i >= 4 && (pattern[i] != 'd');
	*ms = (unsigned)strtoul(text + 20, NULL, 10);
	text[19] = '\0';
	return i == 23;
}

static int
take_time(struct parser *p, const struct word *w, struct item *it)
{
	char text[24];
	uint64_t from_ms = 0, to_ms;
	unsigned ms = 0;

	if (p->token.kind == TOKEN_END || !rewrite_time(&p->token, text, &ms) ||
	    civil_window_parse(text, &from_ms, &to_ms, NULL) == -1)
		return parse_expected(p,
		    "a time like 2024-07-11T09:15:10.020", w->phrase);
	it->lo = it->hi = (struct addr){ 0, from_ms + ms };
	parse_advance(p);
	return 0;
}

/* What has an order: a time or a number. */
static int
take_ordered(struct parser *p, const struct word *w, struct item *it)
{
	if (w->operand == OPERAND_TIME)
		return take_time(p, w, it);
	return parse_number(p, w, COMPARE_EQ, it);
}

/* Add the values that compare so with those of the item; none is fine. */
static int
add_compared(struct parser *p, struct node *n, enum compare compare,
    const struct item *it)
{
	uint64_t max = source_max(n->word);
	uint64_t lo = it->lo.lo, hi = it->hi.lo;
	bool is_empty = false;

	switch (compare) {
	case COMPARE_GT:
		is_empty = hi == max;
		lo = hi + 1;
		hi = max;
		break;
	case COMPARE_GE:
		hi = max;
		break;
	case COMPARE_LT:
		is_empty = lo == 0;
		hi = lo - 1;
		lo = 0;
		break;
	case COMPARE_LE:
		lo = 0;
		break;
	case COMPARE_EQ:
	case COMPARE_NE: /* the test is negated */
		break;
	}
	if (is_empty) {
		n->kind = n->negate ? NODE_TRUE : NODE_FALSE;
		return 0;
	}
	return parse_add_range(p, n, (struct addr){ 0, lo },
	    (struct addr){ 0, hi });
}

static int
parse_value(struct parser *p, struct node *n, enum compare compare)
{
	const struct word *w = n->word;
	struct item it = { 0 };
	int rc;

	switch (w->operand) {
	case OPERAND_ADDR:
	case OPERAND_NET:
		return parse_address(p, n);
	case OPERAND_MAC:
		rc = take_mac(p, w, &it);
		break;
	case OPERAND_TIME:
		rc = take_time(p, w, &it);
		break;
	default:
		rc = parse_number(p, w, compare, &it);
		break;
	}
	return rc == -1 ? -1 : add_compared(p, n, compare, &it);
}

static bool
is_opening(const struct token *t)
{
	return t->kind == TOKEN_LIST_OPEN || t->kind == TOKEN_OPEN;
}

/* Does a list begin at the token, with or without "in"? */
static bool
list_begins(const struct word *w, const struct token *t, struct lexer behind)
{
	struct token next;

	if (t->kind == TOKEN_OPEN || t->kind == TOKEN_LIST_OPEN)
		return true;
	if (t->kind != TOKEN_WORD || !token_is(t, "in"))
		return false;
	lex_next(&behind, &next);
	return is_opening(&next) || w->names == NAMES_NONE ||
	    names_find(w->names, t) == -1;
}

static bool
is_closing(const struct token *t, char open)
{
	char shut = open == '(' ? ')' : open == '[' ? ']' : '}';

	return (t->kind == TOKEN_LIST_CLOSE || t->kind == TOKEN_CLOSE) &&
	    *t->text == shut;
}

/* Values in brackets of any kind, apart by blanks, commas or "or". */
static int
parse_list(struct parser *p, struct node *n)
{
	char open;

	if (p->token.kind == TOKEN_WORD)
		parse_advance(p); /* in */
	else if (*p->token.text == '[')
		return parse_error(p, &p->token,
		    "a list is written \"%.*s in [ ... ]\"",
		    word_said_len(n->word), n->word->phrase);
	if (!is_opening(&p->token))
		return parse_expected(p, "\"[\"", "in");
	open = *p->token.text;
	parse_advance(p);
	for (;;) {
		if (parse_value(p, n, COMPARE_EQ) == -1)
			return -1;
		if (is_closing(&p->token, open))
			break;
		if (p->token.kind == TOKEN_AND)
			return parse_error(p, &p->token,
			    "a list has one of its values; write a comma, "
			    "\"or\" or nothing between them");
		if (p->token.kind == TOKEN_COMMA || p->token.kind == TOKEN_OR)
			parse_advance(p);
	}
	parse_advance(p);
	return 0;
}

/* "ne" is a word like others unless a value follows. */
static bool
is_ne(const struct token *t, struct lexer behind)
{
	struct token next;

	if (t->kind != TOKEN_WORD || !token_is(t, "ne"))
		return false;
	lex_next(&behind, &next);
	return !token_ends_test(&next) && next.kind != TOKEN_COMMA;
}

static bool
has_order(const struct word *w)
{
	return w->operand == OPERAND_NUMBER || w->operand == OPERAND_FLAGS ||
	    w->operand == OPERAND_TIME ||
	    (w->operand == OPERAND_NAMED && w->max > 0);
}

static int
negate_compare(struct parser *p, struct node *n)
{
	n->negate = !n->negate;
	p->manner = MANNER_NOT;
	parse_advance(p);
	return 0;
}

int
parse_compare(struct parser *p, struct node *n, enum compare *compare)
{
	struct token sign;

	*compare = COMPARE_EQ;
	p->manner = MANNER_EQUAL;
	p->has_compare = false;
	if (p->token.kind == TOKEN_NOT || is_ne(&p->token, p->lex))
		return negate_compare(p, n);
	if (p->token.kind != TOKEN_COMPARE)
		return 0;
	sign = p->token;
	p->has_compare = true;
	if (sign.compare == COMPARE_NE)
		return negate_compare(p, n);
	if (sign.compare != COMPARE_EQ && !has_order(n->word))
		return parse_error(p, &sign,
		    "\"%s\" has no order; compare with = or !=",
		    n->word->phrase);
	*compare = sign.compare;
	if (sign.compare != COMPARE_EQ)
		p->manner = MANNER_ORDERED;
	parse_advance(p);
	if (p->token.kind == TOKEN_COMPARE && sign.len == 1 &&
	    *sign.text == '=' && strchr("<>", *p->token.text) != NULL)
		return parse_error(p, &sign, "write %.*s= instead of =%.*s",
		    (int)p->token.len, p->token.text, (int)p->token.len,
		    p->token.text);
	return 0;
}

/* "between 1 and 10" */
static int
parse_between(struct parser *p, struct node *n)
{
	struct token at = p->token;
	struct item first, last;

	parse_advance(p);
	if (take_ordered(p, n->word, &first) == -1)
		return -1;
	if (p->token.kind != TOKEN_AND)
		return parse_expected(p, "\"and\"", "between");
	parse_advance(p);
	if (take_ordered(p, n->word, &last) == -1)
		return -1;
	if (first.lo.lo > last.hi.lo)
		return parse_error(p, &at,
		    "there is nothing between the larger and the smaller");
	first.hi = last.hi;
	return add_compared(p, n, COMPARE_EQ, &first);
}

/* A value that can be told from a word of the language. */
static bool
bare_value_begins(const struct word *w, const struct token *t,
    struct lexer behind)
{
	switch (w->operand) {
	case OPERAND_NUMBER:
	case OPERAND_NAMED:
		return w->max > 0 && number_begins(w, t);
	case OPERAND_ADDR:
	case OPERAND_NET:
		return address_begins(t, behind);
	case OPERAND_MAC:
		return t->kind == TOKEN_WORD && read_mac(t) != 0;
	default:
		return false;
	}
}

bool
value_begins(const struct word *w, const struct token *t, struct lexer behind)
{
	bool is_text = t->kind == TOKEN_WORD || t->kind == TOKEN_STRING;

	if (bare_value_begins(w, t, behind))
		return true;
	switch (w->operand) {
	case OPERAND_NUMBER:
	case OPERAND_NAMED:
		return w->names != NAMES_NONE && is_text &&
		    names_find(w->names, t) != -1;
	case OPERAND_ADDR:
		return host_begins(w, t, behind);
	case OPERAND_FLAGS:
		return number_begins(w, t) || flag_bits(t) != 0;
	case OPERAND_GEO:
		return is_text && geo_begins(t);
	default:
		return false;
	}
}

bool
operand_begins(const struct word *w, const struct token *t,
    struct lexer behind)
{
	struct token value = *t;

	while (value.kind == TOKEN_NOT)
		lex_next(&behind, &value);
	if (value.kind == TOKEN_WORD && token_is(&value, "in"))
		lex_next(&behind, &value);
	return value.kind == TOKEN_COMPARE || is_opening(&value) ||
	    is_ne(&value, behind) || value_begins(w, &value, behind);
}

/* Counters take no bare lists: in "1,000" the comma groups digits. */
static int
refuse_comma(struct parser *p, const struct node *n)
{
	if (n->kind == NODE_NETMASK)
		return parse_error(p, &p->token,
		    "a mask with gaps cannot be in a list");
	if (p->manner == MANNER_ORDERED)
		return parse_error(p, &p->token,
		    "a list cannot be compared so; digits are not grouped by "
		    "commas");
	return parse_error(p, &p->token,
	    "a list of %s is written \"in [ ... ]\"; digits are not grouped "
	    "by commas", n->word->phrase);
}

/*
 * One more value of a list without brackets?  Blanks are enough for words that
 * have lists in nfdump.
 */
static bool
goes_on(const struct parser *p, const struct word *w)
{
	bool has_list =
	    (w->flags & WORD_LIST) != 0 || w->operand == OPERAND_NET;

	return w->max != UINT64_MAX && p->manner != MANNER_ORDERED &&
	    (p->token.kind == TOKEN_COMMA ||
		(has_list && bare_value_begins(w, &p->token, p->lex)));
}

int
parse_compared(struct parser *p, struct node *n, enum compare compare)
{
	if (list_begins(n->word, &p->token, p->lex) && compare == COMPARE_EQ) {
		int rc;

		p->in_list = true;
		rc = parse_list(p, n);
		p->in_list = false;
		return rc;
	}
	if (compare == COMPARE_EQ && has_order(n->word) &&
	    p->token.kind == TOKEN_WORD && token_is(&p->token, "between"))
		return parse_between(p, n);
	if (parse_value(p, n, compare) == -1)
		return -1;
	while (n->kind == NODE_ITEMS && goes_on(p, n->word)) {
		if (p->token.kind == TOKEN_COMMA)
			parse_advance(p);
		if (parse_value(p, n, COMPARE_EQ) == -1)
			return -1;
	}
	return p->token.kind == TOKEN_COMMA ? refuse_comma(p, n) : 0;
}

static int
parse_values(struct parser *p, struct node *n)
{
	enum compare compare;

	if (parse_compare(p, n, &compare) == -1 ||
	    parse_compared(p, n, compare) == -1)
		return -1;
	/* no record has that many */
	if (strchr(n->word->phrase, '#') != NULL && n->number > SOURCE_MAX)
		n->kind = n->negate ? NODE_TRUE : NODE_FALSE;
	return 0;
}

int
parse_keep_text(struct parser *p, struct node *n, const struct token *t)
{
	n->text_len = (uint32_t)t->len;
	if ((n->text = arena_alloc(p->arena, t->len)) == NULL)
		return err_nomem(p->err);
	memcpy(n->text, t->text, t->len);
	return 0;
}

static int
take_text(struct parser *p, struct node *n, size_t max)
{
	if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_STRING)
		return parse_expected(p, "text", n->word->phrase);
	if (p->token.len == 0 || p->token.len > max)
		return parse_error(p, &p->token,
		    "the text after \"%s\" must have 1 to %zu characters",
		    n->word->phrase, max);
	if (parse_keep_text(p, n, &p->token) == -1)
		return -1;
	parse_advance(p);
	return 0;
}

int
parse_free_text(struct parser *p, struct node *n, size_t max, struct token *t)
{
	p->lex = p->before;
	lex_text(&p->lex, &p->token);
	*t = p->token;
	return take_text(p, n, max);
}

static int
parse_text_operand(struct parser *p, struct node *n)
{
	enum compare compare;
	struct token t;

	/* a sign in one piece with the text is part of it */
	if (p->token.kind == TOKEN_COMPARE && *p->lex.pos != '\0' &&
	    strchr("=!<", *p->token.text) != NULL &&
	    strchr(LEX_BLANKS, *p->lex.pos) != NULL &&
	    (n->word->flags & WORD_INSIDE) == 0 &&
	    parse_compare(p, n, &compare) == -1)
		return -1;
	n->kind = NODE_TEXT;
	return parse_free_text(p, n, n->word->max, &t);
}

static bool
is_ident_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

static int
parse_ident_operand(struct parser *p, struct node *n)
{
	enum compare compare;

	if (parse_compare(p, n, &compare) == -1)
		return -1;
	if (p->token.kind == TOKEN_WORD && word_is_reserved(&p->token))
		return parse_error(p, &p->token,
		    "\"%.*s\" is a word of the language, write it in quotes",
		    (int)p->token.len, p->token.text);
	for (size_t i = 0; i < p->token.len; i++)
		if (!is_ident_char(p->token.text[i]))
			return parse_expected(p, "letters, digits, _ and -",
			    n->word->phrase);
	n->kind = NODE_IDENT;
	return take_text(p, n, n->word->max);
}

/* A sign may be there; "ge" and "lt" are countries. */
static int
parse_geo_operand(struct parser *p, struct node *n)
{
	enum compare compare;

	if (p->token.kind == TOKEN_COMPARE && !geo_begins(&p->token) &&
	    parse_compare(p, n, &compare) == -1)
		return -1;
	if (geo_parse(p, n) == -1)
		return -1;
	if (p->token.kind == TOKEN_COMMA || is_opening(&p->token))
		return parse_error(p, &p->token,
		    "countries have no list; write \"%s CH or IN\"",
		    n->word->phrase);
	return 0;
}

int
parse_operand(struct parser *p, struct node *n)
{
	struct addr fixed = { 0, n->word->max };

	switch (n->word->operand) {
	case OPERAND_ALWAYS:
		n->kind = n->negate ? NODE_FALSE : NODE_TRUE;
		return 0;
	case OPERAND_BITS:
		n->kind = NODE_BITS;
		n->mask = fixed.lo;
		return 0;
	case OPERAND_FIXED:
		return parse_add_range(p, n, fixed, fixed);
	case OPERAND_NUMBER:
	case OPERAND_NAMED:
	case OPERAND_ADDR:
	case OPERAND_NET:
	case OPERAND_MAC:
	case OPERAND_TIME:
		return parse_values(p, n);
	case OPERAND_FLAGS:
		return parse_flags_operand(p, n);
	case OPERAND_BLOCK:
		n->kind = NODE_BLOCK;
		return 0;
	case OPERAND_SAME:
		n->kind = NODE_SAME;
		return 0;
	case OPERAND_IDENT:
		return parse_ident_operand(p, n);
	case OPERAND_TEXT:
		return parse_text_operand(p, n);
	case OPERAND_GEO:
		return parse_geo_operand(p, n);
	case OPERAND_PAYLOAD:
		return payload_parse(p, n);
	}
	return 0;
}
