/*
 * How a test begins.  Besides the words of the language this is what people
 * know from other tools, and what no version of nfdump takes:
 *
 *	tcp port 80             a protocol, which must match too
 *	port 80 or 443          a value after a sign repeats the word
 *	bytes > 100 and < 200   so does a comparator
 *	tcp[13] & 2 != 0        bytes of the packet that flows tell
 *
 * Other words are rows of forms.def.
 */

#include <string.h>

#include "query/filter_forms.h"

/* Bytes of packets that flows tell. */
static const struct packet_byte {
	const char *proto;
	const char *name;
	unsigned offset;
	const char *word;
	const char *text; /* must match, too */
} packet_bytes[] = {
	{ "tcp", "tcpflags", 13, "flags", NULL },
	{ "icmp", "icmptype", 0, "icmp-type", NULL },
	{ "icmp", "icmpcode", 1, "icmp-code", NULL },
	{ "icmp6", "icmp6type", 0, "icmp-type", "proto icmp6" },
	{ "icmp6", "icmp6code", 1, "icmp-code", "proto icmp6" },
};

static const struct packet_byte *
find_packet_byte(const struct token *proto, const struct token *index)
{
	size_t n = sizeof(packet_bytes) / sizeof(packet_bytes[0]);

	for (size_t i = 0; i < n; i++) {
		const struct packet_byte *b = &packet_bytes[i];

		if (token_is(proto, b->proto) &&
		    (index->kind == TOKEN_NUMBER ? index->value == b->offset :
						   token_is(index, b->name)))
			return b;
	}
	return NULL;
}

/* "tcp[13]" and the mask behind it. */
static int
begin_packet_byte(struct parser *p, struct term *t)
{
	struct token proto = p->token, at;
	const struct packet_byte *b;
	uint64_t mask = UINT8_MAX;

	parse_advance(p); /* [ */
	parse_advance(p);
	if ((b = find_packet_byte(&proto, &p->token)) == NULL)
		return parse_error(p, &proto,
		    "flows do not tell the bytes of packets, only "
		    "tcp[tcpflags], icmp[icmptype] and icmp[icmpcode]");
	parse_advance(p);
	if (p->token.kind != TOKEN_LIST_CLOSE || *p->token.text != ']')
		return parse_expected(p, "\"]\"", "[");
	parse_advance(p);
	t->word = word_named(b->word);
	t->text = b->text;
	if (t->word->operand != OPERAND_FLAGS)
		return 0;
	if (p->token.kind == TOKEN_BAD && *p->token.text == '&') {
		parse_advance(p);
		at = p->token;
		if (parse_flag_bits(p, &mask) == -1)
			return -1;
		if (mask == 0)
			return parse_error(p, &at,
			    "a mask of 0 leaves no flag to test");
	}
	t->flags_mask = (uint16_t)mask;
	return 0;
}

/* Does "tcp[13]" stand there?  A list of addresses may follow "ip". */
static bool
is_packet_byte(const struct parser *p)
{
	struct lexer l = p->lex;
	struct token t;

	lex_next(&l, &t);
	if (p->token.kind != TOKEN_WORD || t.kind != TOKEN_LIST_OPEN ||
	    *t.text != '[')
		return false;
	lex_next(&l, &t);
	return names_find(NAMES_PROTO, &p->token) != -1 ||
	    token_is(&p->token, "ether") ||
	    ((token_is(&p->token, "ip") || token_is(&p->token, "ip6")) &&
		t.kind == TOKEN_NUMBER);
}

/* The comparator with its sides exchanged. */
static const char *
mirrored(enum compare compare)
{
	static const char *const text[] = {
		[COMPARE_EQ] = "=",
		[COMPARE_GT] = "<",
		[COMPARE_LT] = ">",
		[COMPARE_GE] = "<=",
		[COMPARE_LE] = ">=",
		[COMPARE_NE] = "!=",
	};

	return text[compare];
}

/* A value where a test should begin. */
static int
value_first(struct parser *p)
{
	struct token value = p->token, next;
	const char *word =
	    value.kind == TOKEN_NUMBER ? "port" : "ip";

	parse_peek(p, &next);
	if (next.kind != TOKEN_COMPARE)
		return parse_error(p, &value,
		    "\"%.*s\" does not begin a test; a word must tell what it "
		    "is, like \"%s %.*s\"", token_quote(&value), value.text,
		    word, token_quote(&value), value.text);
	return parse_error(p, &value,
	    "the word comes before its value, like \"%s %s %.*s\"", word,
	    mirrored(next.compare), token_quote(&value), value.text);
}

int
form_repeats(struct parser *p, const struct term *last)
{
	const struct sources *from = &last->word->from;
	const struct token *t = &p->token;

	if (p->sign == TOKEN_AND && last->manner == MANNER_ORDERED &&
	    t->compare != COMPARE_EQ && t->compare != COMPARE_NE &&
	    from->count > 1 && !from->all)
		return parse_error(p, t,
		    "\"%s\" has more than one field, and which is meant is not "
		    "clear; write a range like \"%s 1025-2047\" or name one",
		    last->word->phrase, last->word->phrase);
	return 0;
}

/* Others are over at their end, or what looks like a sign is text. */
static bool
takes_comparator(const struct word *w)
{
	return w != NULL && w->operand != OPERAND_ALWAYS &&
	    w->operand != OPERAND_BITS && w->operand != OPERAND_FIXED &&
	    w->operand != OPERAND_BLOCK && w->operand != OPERAND_SAME &&
	    w->operand != OPERAND_PAYLOAD && (w->flags & WORD_INSIDE) == 0;
}

/* A value or comparator behind a sign: the last word once more. */
static int
begin_again(struct parser *p, struct term *t, const struct term *last)
{
	bool is_compared = p->token.kind == TOKEN_COMPARE;

	if (last->negated || (!is_compared && last->manner != MANNER_EQUAL))
		return parse_error(p, &p->token,
		    "\"%.*s\" needs a word or comparator of its own, because "
		    "the test before is not a plain \"%.*s\"",
		    token_quote(&p->token), p->token.text,
		    word_said_len(last->word), last->word->phrase);
	if (is_compared && form_repeats(p, last) == -1)
		return -1;
	*t = *last;
	return 0;
}

/* What the match says. */
static int
begin_match(struct parser *p, struct term *t, const struct word_match *m)
{
	if (m->form != NULL && m->form->hint != NULL)
		return parse_error(p, &m->first, "no test on \"%.*s\": %s",
		    token_quote(&m->first), m->first.text, m->form->hint);
	if (!word_found(m) || word_is_misspelt(m))
		return parse_unknown(p, m);
	t->word = m->word;
	t->number = m->number;
	t->negated = m->negated;
	t->text = m->form == NULL ? NULL : m->form->text;
	p->lex = m->lex;
	parse_advance(p);
	return 0;
}

/* A protocol; a test may follow. */
static int
begin_protocol(struct parser *p, struct term *t, const struct word_match *m)
{
	struct token name = p->token, next;
	struct word_match then;

	parse_peek(p, &next);
	if (next.kind != TOKEN_WORD && !token_ends_test(&next))
		return parse_error(p, &next,
		    "expected a test after \"%.*s\", like \"port 80\", not "
		    "\"%.*s\"", token_quote(&name), name.text,
		    token_quote(&next), next.text);
	t->proto = names_find(NAMES_PROTO, &name);
	if (m->depth > 0 && !token_ends_test(&next)) { /* "icmp foo" */
		struct lexer l = p->lex;

		lex_next(&l, &next);
		word_find(&then, &next, l);
		if (!word_found(&then))
			return parse_unknown(p, m);
	}
	parse_advance(p);
	if (token_ends_test(&p->token))
		return 0;
	word_find(&then, &p->token, p->lex);
	if (!word_found(&then) &&
	    names_find(NAMES_PROTO, &p->token) != -1)
		return parse_error(p, &p->token,
		    "no flow has two protocols; write \"%.*s or %.*s\"",
		    token_quote(&name), name.text, token_quote(&p->token),
		    p->token.text);
	return begin_match(p, t, &then);
}

/*
 * "port 22 or rdp", "geo IN or SM": also a value of the word before.  Only
 * capital letters may be meant as flags.
 */
static bool
is_ambiguous(const struct parser *p, const struct word *last)
{
	struct token next;

	if (last == NULL || last == word_named("proto") ||
	    !value_begins(last, &p->token, p->lex) ||
	    (last->operand == OPERAND_FLAGS && *p->token.text >= 'a'))
		return false;
	parse_peek(p, &next);
	return token_ends_test(&next);
}

static int
protocol_or_value(struct parser *p, const struct word *last)
{
	const struct token *t = &p->token;
	int len = token_quote(t);

	return parse_error(p, t,
	    "\"%.*s\" is a protocol, too; write \"proto %.*s\" or \"%s %.*s\"",
	    len, t->text, len, t->text, last->phrase, len, t->text);
}

int
form_begin(struct parser *p, struct term *t)
{
	struct term last = p->last;
	struct word_match m;

	memset(t, 0, sizeof(*t));
	t->proto = -1;
	p->last.word = NULL;
	p->manner = MANNER_EQUAL;
	if (is_packet_byte(p))
		return begin_packet_byte(p, t);
	if (p->token.kind == TOKEN_COMPARE && takes_comparator(last.word))
		return begin_again(p, t, &last);
	word_find(&m, &p->token, p->lex);
	if (word_found(&m))
		return begin_match(p, t, &m);
	if (p->token.kind == TOKEN_WORD &&
	    names_find(NAMES_PROTO, &p->token) != -1)
		return is_ambiguous(p, last.word) ?
		    protocol_or_value(p, last.word) :
		    begin_protocol(p, t, &m);
	if (last.word != NULL && value_begins(last.word, &p->token, p->lex))
		return begin_again(p, t, &last);
	if (p->token.kind == TOKEN_NUMBER || address_begins(&p->token, p->lex))
		return value_first(p);
	return begin_match(p, t, &m);
}
