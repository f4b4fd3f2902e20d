/*
 * What follows a word: numbers, names, flags, MAC addresses, text.
 */

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "query/filter_int.h"
#include "query/filter_payload.h"

int
parse_add_range(struct parser *p, struct node *n, struct addr lo,
    struct addr hi)
{
	if (node_add_item(p->arena, n, lo, hi) == -1)
		return err_nomem(p->err);
	return 0;
}

int
parse_list(struct parser *p, struct node *n,
    int (*one)(struct parser *p, struct node *n))
{
	parse_advance(p); /* in */
	if (p->token.kind != TOKEN_LIST_OPEN)
		return parse_expected(p, "\"[\"", "in");
	parse_advance(p);
	for (;;) {
		if (one(p, n) == -1)
			return -1;
		if (p->token.kind == TOKEN_LIST_CLOSE)
			break;
		if (p->token.kind == TOKEN_COMMA)
			parse_advance(p);
	}
	parse_advance(p);
	return 0;
}

static bool
starts_list(const struct parser *p, const struct node *n)
{
	return (n->word->flags & WORD_LIST) != 0 &&
	    p->token.kind == TOKEN_WORD && token_is(&p->token, "in");
}

/* Add the values that compare so with v; none is fine. */
static int
add_compared(struct parser *p, struct node *n, enum compare compare,
    uint64_t v)
{
	uint64_t max = source_max(n->word);
	uint64_t lo = 0, hi = max;
	bool is_empty = false;

	switch (compare) {
	case COMPARE_EQ:
		lo = hi = v;
		break;
	case COMPARE_GT:
		is_empty = v == max;
		lo = v + 1;
		break;
	case COMPARE_GE:
		lo = v;
		break;
	case COMPARE_LT:
		is_empty = v == 0;
		hi = v - 1;
		break;
	case COMPARE_LE:
		hi = v;
		break;
	}
	if (is_empty) {
		n->kind = n->negate ? NODE_TRUE : NODE_FALSE;
		return 0;
	}
	return parse_add_range(p, n, (struct addr){ 0, lo },
	    (struct addr){ 0, hi });
}

/* Take the current token as a number that the word allows. */
static int
take_number(struct parser *p, const struct word *w, uint64_t *value)
{
	if (p->token.kind != TOKEN_NUMBER)
		return parse_expected(p, "a number", w->phrase);
	*value = p->token.value;
	if (*value > w->max)
		return parse_error(p, &p->token,
		    "%s %llu is above %llu", w->phrase,
		    (unsigned long long)*value, (unsigned long long)w->max);
	parse_advance(p);
	return 0;
}

static int
take_list_number(struct parser *p, struct node *n)
{
	uint64_t v = 0;

	if (take_number(p, n->word, &v) == -1)
		return -1;
	return add_compared(p, n, COMPARE_EQ, v);
}

/* The comparator, if there is one.  -1 if it must not be there. */
static int
take_compare(struct parser *p, const struct word *w, enum compare *compare)
{
	*compare = COMPARE_EQ;
	if (p->token.kind != TOKEN_COMPARE)
		return 0;
	if ((w->flags & WORD_COMPARE) == 0)
		return parse_error(p, &p->token,
		    "\"%s\" takes no comparator, write the value alone",
		    w->phrase);
	*compare = p->token.compare;
	parse_advance(p);
	return 0;
}

static int
parse_number_operand(struct parser *p, struct node *n)
{
	enum compare compare;
	uint64_t v = 0;

	if (starts_list(p, n))
		return parse_list(p, n, take_list_number);
	if (take_compare(p, n->word, &compare) == -1 ||
	    take_number(p, n->word, &v) == -1)
		return -1;
	if (strchr(n->word->phrase, '#') != NULL && n->number > SOURCE_MAX) {
		/* no record has that many */
		n->kind = n->negate ? NODE_TRUE : NODE_FALSE;
		return 0;
	}
	return add_compared(p, n, compare, v);
}

static int
unknown_name(struct parser *p, const struct word *w)
{
	const char *title = names_title(w->names);
	const char *near = names_near(w->names, &p->token);
	int len = p->token.len > 40 ? 40 : (int)p->token.len;

	if (near != NULL)
		return parse_error(p, &p->token,
		    "unknown %s \"%.*s\"; did you mean \"%s\"?", title, len,
		    p->token.text, near);
	return parse_error(p, &p->token, "unknown %s \"%.*s\"", title, len,
	    p->token.text);
}

static int
parse_named_operand(struct parser *p, struct node *n)
{
	int value;

	if (p->token.kind == TOKEN_COMPARE || p->token.kind == TOKEN_NUMBER) {
		if (n->word->max == 0)
			return parse_expected(p, "a name", n->word->phrase);
		return parse_number_operand(p, n);
	}
	if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_STRING)
		return parse_expected(p,
		    n->word->max == 0 ? "a name" : "a name or number",
		    n->word->phrase);
	if ((value = names_find(n->word->names, &p->token)) == -1)
		return unknown_name(p, n->word);
	parse_advance(p);
	return add_compared(p, n, COMPARE_EQ, (uint64_t)value);
}

/* Bits of the letters; 0 if they are none. */
static uint64_t
flag_letters(const struct token *t)
{
	static const char letters[] = "FSRPAUEC";
	uint64_t bits = 0;
	bool all = false;

	if (token_is(t, "as")) /* in any case: it was a word of its own */
		return 0x12;
	for (size_t i = 0; i < t->len; i++) {
		const char *p = strchr(letters, t->text[i]);
		uint64_t bit;

		if (t->text[i] == 'X' && !all) {
			all = true;
			continue;
		}
		if (p == NULL)
			return 0;
		bit = UINT64_C(1) << (p - letters);
		if (bits & bit)
			return 0;
		bits |= bit;
	}
	return all ? bits | 0x3f : bits;
}

/*
 * "flags SA": both are set; "flags =SA", in one piece: these and no others;
 * "flags > 15": the value as a number.
 */
static int
parse_flags_operand(struct parser *p, struct node *n)
{
	struct token sign = p->token;
	uint64_t bits;
	bool is_exact = false;

	if (sign.kind == TOKEN_COMPARE && sign.len == 1 && *sign.text == '=' &&
	    p->lex.pos == sign.text + 1) {
		struct lexer l = p->lex;
		struct token t;

		lex_next(&l, &t);
		is_exact = t.text == sign.text + 1 && t.kind == TOKEN_WORD;
	}
	if (is_exact)
		parse_advance(p);
	else if (sign.kind == TOKEN_COMPARE || sign.kind == TOKEN_NUMBER)
		return parse_number_operand(p, n);
	if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_STRING)
		return parse_expected(p, "letters or a number",
		    n->word->phrase);
	if ((bits = flag_letters(&p->token)) == 0)
		return parse_expected(p,
		    "some letters of FSRPAUECX, each once,", n->word->phrase);
	parse_advance(p);
	if (is_exact)
		return add_compared(p, n, COMPARE_EQ, bits);
	n->kind = NODE_BITS;
	n->mask = bits;
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
parse_mac_operand(struct parser *p, struct node *n)
{
	uint64_t mac;

	if (p->token.kind != TOKEN_WORD || (mac = read_mac(&p->token)) == 0)
		return parse_expected(p,
		    "an address like 00:11:22:33:44:55, not all zero,",
		    n->word->phrase);
	parse_advance(p);
	return add_compared(p, n, COMPARE_EQ, mac);
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
parse_time_operand(struct parser *p, struct node *n)
{
	enum compare compare;
	char text[24];
	uint64_t from_ms, to_ms;
	unsigned ms;

	if (take_compare(p, n->word, &compare) == -1)
		return -1;
	if (p->token.kind == TOKEN_END || !rewrite_time(&p->token, text, &ms) ||
	    civil_window_parse(text, &from_ms, &to_ms, NULL) == -1)
		return parse_expected(p,
		    "a time like 2024-07-11T09:15:10.020", n->word->phrase);
	parse_advance(p);
	return add_compared(p, n, compare, from_ms + ms);
}

static int
take_text(struct parser *p, struct node *n)
{
	const struct word *w = n->word;

	if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_STRING)
		return parse_expected(p, "text", w->phrase);
	if (p->token.len == 0 || p->token.len > w->max)
		return parse_error(p, &p->token,
		    "the text after \"%s\" must have 1 to %llu characters",
		    w->phrase, (unsigned long long)w->max);
	/* the filter outlives its text */
	n->text_len = (uint32_t)p->token.len;
	n->text = arena_alloc(p->arena, p->token.len + 1);
	if (n->text == NULL)
		return err_nomem(p->err);
	memcpy(n->text, p->token.text, p->token.len);
	parse_advance(p);
	return 0;
}

static int
parse_text_operand(struct parser *p, struct node *n)
{
	p->lex = p->before;
	lex_text(&p->lex, &p->token);
	n->kind = NODE_TEXT;
	return take_text(p, n);
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
	if (p->token.kind == TOKEN_WORD && word_is_reserved(&p->token))
		return parse_error(p, &p->token,
		    "\"%.*s\" is a word of the language, write it in quotes",
		    (int)p->token.len, p->token.text);
	for (size_t i = 0; i < p->token.len; i++)
		if (!is_ident_char(p->token.text[i]))
			return parse_expected(p, "letters, digits, _ and -",
			    n->word->phrase);
	n->kind = NODE_IDENT;
	return take_text(p, n);
}

int
parse_operand(struct parser *p, struct node *n)
{
	uint64_t fixed = n->word->max;

	switch (n->word->operand) {
	case OPERAND_ALWAYS:
		n->kind = n->negate ? NODE_FALSE : NODE_TRUE;
		return 0;
	case OPERAND_BITS:
		n->kind = NODE_BITS;
		n->mask = fixed;
		return 0;
	case OPERAND_FIXED:
		return add_compared(p, n, COMPARE_EQ, fixed);
	case OPERAND_NUMBER:
		return parse_number_operand(p, n);
	case OPERAND_NAMED:
		return parse_named_operand(p, n);
	case OPERAND_ADDR:
		if (starts_list(p, n))
			return parse_list(p, n, parse_address_item);
		return parse_address_operand(p, n);
	case OPERAND_NET:
		return parse_net_operand(p, n);
	case OPERAND_MAC:
		return parse_mac_operand(p, n);
	case OPERAND_FLAGS:
		return parse_flags_operand(p, n);
	case OPERAND_BLOCK:
		n->kind = NODE_BLOCK;
		return 0;
	case OPERAND_SAME:
		n->kind = NODE_SAME;
		return 0;
	case OPERAND_TIME:
		return parse_time_operand(p, n);
	case OPERAND_IDENT:
		return parse_ident_operand(p, n);
	case OPERAND_TEXT:
		return parse_text_operand(p, n);
	case OPERAND_GEO:
		return geo_parse(p, n);
	case OPERAND_PAYLOAD:
		return payload_parse(p, n);
	}
	return 0;
}
