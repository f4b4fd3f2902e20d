/*
 * Parser of the filter language: recursive descent over tokens.
 *
 *	or      = and { OR and }
 *	and     = not { AND not }
 *	not     = { NOT } ( label "(" or ")" | "(" or ")" [ label ] | test )
 *	test    = phrase operand
 *
 * NOT is carried down to the tests on the way: a negated OR is an AND of
 * negated parts.  Only parentheses recurse, and their depth is bounded.
 */

#include <stdio.h>
#include <string.h>

#include "query/filter_int.h"
#include "query/filter_label.h"

/* Longer words are cut in messages. */
#define QUOTE_MAX 40

static struct node *parse_or(struct parser *p, bool negate);

void
parse_advance(struct parser *p)
{
	p->before = p->lex;
	lex_next(&p->lex, &p->token);
}

/* Bytes from outside become fit for a message. */
static void
clean_text(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int
parse_error(struct parser *p, const struct token *at, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	unsigned line = 1;
	const struct input *input = input_of(&p->inputs, at->text);
	const char *start = input->text;
	va_list ap;

	for (const char *c = input->text; c < at->text; c++)
		if (*c == '\n') {
			line++;
			start = c + 1;
		}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	clean_text(text);
	return err_set(p->err, at->code == ERR_NONE ? ERR_FILTER : at->code,
	    "%s:%u:%zu: %s", input->name, line,
	    (size_t)(at->text - start) + 1, text);
}

static int
quote_len(const struct token *t)
{
	return t->len > QUOTE_MAX ? QUOTE_MAX : (int)t->len;
}

/* What is wrong with a token that fits nowhere, or NULL. */
static const char *
bad_token(const struct token *t)
{
	if (t->kind == TOKEN_PERCENT)
		return "a label like %name belongs to parentheses";
	if (t->kind != TOKEN_BAD || t->why != NULL)
		return t->why;
	switch (*t->text) {
	case '"':
	case '\'':
		return "the quote is not closed";
	case '&':
		return "a single & means nothing; write and";
	case '|':
		return "a single | means nothing; write or";
	default:
		if (*t->text > ' ' && *t->text <= '~')
			return NULL;
		return "this is not plain ASCII text";
	}
}

int
parse_expected(struct parser *p, const char *what, const char *after)
{
	const struct token *t = &p->token;
	const char *bad = bad_token(t);

	if (bad != NULL)
		return parse_error(p, t, "%s", bad);
	if (t->kind == TOKEN_END)
		return parse_error(p, t,
		    "expected %s after \"%s\", but the filter ends", what,
		    after);
	if (t->kind == TOKEN_NOT)
		return parse_error(p, t,
		    "expected %s after \"%s\"; \"not\" stands before a test",
		    what, after);
	return parse_error(p, t, "expected %s after \"%s\", not \"%.*s\"", what,
	    after, quote_len(t), t->text);
}

/* Length of what was understood, as far as it stands in one text. */
static int
said_len(const struct parser *p, const struct word_match *m)
{
	const char *said = m->first.text;
	int len;

	if (input_of(&p->inputs, said) !=
	    input_of(&p->inputs, m->bad.text))
		return (int)m->first.len;
	len = m->depth == 0 ? 0 : (int)(m->bad.text - said);
	while (len > 0 && strchr(LEX_BLANKS, said[len - 1]) != NULL)
		len--;
	return len;
}

static int
unknown_word(struct parser *p, const struct word_match *m)
{
	struct buffer more = BUFFER_EMPTY;
	const char *bad = bad_token(&m->bad);
	const struct token *first = &m->first;
	int said = said_len(p, m);

	if (bad != NULL)
		return parse_error(p, &m->bad, "%s", bad);
	if (m->depth == 0 && names_find(NAMES_PROTO, &m->bad) != -1)
		buffer_printf(&more, "; did you mean \"proto %.*s\"?",
		    quote_len(&m->bad), m->bad.text);
	else
		word_suggest(m, &more);
	buffer_char(&more, '\0');
	if (more.failed)
		err_nomem(p->err);
	else if (m->depth == 0 && m->bad.kind == TOKEN_END)
		parse_error(p, &m->bad, "a test is missing, the filter ends");
	else if (m->depth == 0)
		parse_error(p, &m->bad, "\"%.*s\" does not begin a test%s",
		    quote_len(&m->bad), m->bad.text, more.data);
	else if (m->bad.kind == TOKEN_END)
		parse_error(p, &m->bad,
		    "the filter ends behind \"%.*s\"%s", said, first->text,
		    more.data);
	else
		parse_error(p, &m->bad, "\"%.*s\" cannot follow \"%.*s\"%s",
		    quote_len(&m->bad), m->bad.text, said, first->text,
		    more.data);
	buffer_fini(&more);
	return -1;
}

static struct node *
new_node(struct parser *p, enum node_kind kind)
{
	struct node *n = arena_alloc(p->arena, sizeof(*n));

	if (n == NULL)
		err_nomem(p->err);
	else
		n->kind = kind;
	return n;
}

static struct node *
parse_test(struct parser *p, bool negate)
{
	struct word_match m;
	struct node *n;

	word_find(&m, &p->token, p->lex);
	if (m.word == NULL) {
		unknown_word(p, &m);
		return NULL;
	}
	if ((n = new_node(p, NODE_ITEMS)) == NULL)
		return NULL;
	n->word = m.word;
	n->number = m.number;
	n->negate = negate;
	if (strchr(m.word->phrase, '#') != NULL && m.number == 0) {
		parse_error(p, &p->token, "the entries count from 1");
		return NULL;
	}
	p->lex = m.lex;
	parse_advance(p);
	if (parse_operand(p, n) == -1)
		return NULL;
	if (n->kind == NODE_ITEMS || n->kind == NODE_BITS ||
	    n->kind == NODE_TEXT || n->kind == NODE_GEO ||
	    n->kind == NODE_PAYLOAD)
		n->word = word_canonical(n->word);
	node_settle(n);
	return n;
}

/* From "(" to ")". */
static struct node *
parse_inside(struct parser *p, bool negate)
{
	struct node *n;

	if (p->depth == FILTER_DEPTH_MAX) {
		parse_error(p, &p->token,
		    "more than %d parentheses inside each other",
		    FILTER_DEPTH_MAX);
		return NULL;
	}
	p->depth++;
	parse_advance(p);
	if ((n = parse_or(p, negate)) == NULL)
		return NULL;
	if (p->token.kind != TOKEN_CLOSE) {
		parse_expected(p, "\"and\", \"or\" or \")\"", "(");
		return NULL;
	}
	p->depth--;
	parse_advance(p);
	return n;
}

static struct node *
parse_not(struct parser *p, bool negate)
{
	struct label *label = NULL;
	struct node *n;

	for (; p->token.kind == TOKEN_NOT; negate = !negate)
		parse_advance(p);
	if (p->token.kind == TOKEN_PERCENT && label_parse(p, &label) == -1)
		return NULL;
	if (p->token.kind != TOKEN_OPEN && label == NULL) {
		p->label = NULL;
		return parse_test(p, negate);
	}
	if (p->token.kind != TOKEN_OPEN) {
		parse_expected(p, "\"(\"", "%name");
		return NULL;
	}
	if ((n = parse_inside(p, negate)) == NULL)
		return NULL;
	if (p->token.kind == TOKEN_PERCENT && label == NULL &&
	    label_parse(p, &label) == -1)
		return NULL;
	if (label != NULL && !negate)
		p->label = label;
	return n;
}

/* Parts joined by one kind of sign, AND unless "is_or". */
static struct node *
parse_chain(struct parser *p, bool negate, bool is_or,
    struct node *(*part)(struct parser *p, bool negate))
{
	enum token_kind sign = is_or ? TOKEN_OR : TOKEN_AND;
	struct node *n = part(p, negate), *group;
	struct label *label = NULL;

	if (n == NULL || p->token.kind != sign)
		return n;
	group = new_node(p, is_or == negate ? NODE_AND : NODE_OR);
	if (group == NULL)
		return NULL;
	for (;;) {
		if (label_join(p, &label, n, is_or != negate) == -1)
			return NULL;
		if (junction_add(p->arena, group, n) == -1) {
			err_nomem(p->err);
			return NULL;
		}
		if (p->token.kind != sign) {
			p->label = label_finish(label);
			return junction_finish(group);
		}
		parse_advance(p);
		if ((n = part(p, negate)) == NULL)
			return NULL;
	}
}

static struct node *
parse_and(struct parser *p, bool negate)
{
	return parse_chain(p, negate, false, parse_not);
}

static struct node *
parse_or(struct parser *p, bool negate)
{
	return parse_chain(p, negate, true, parse_and);
}

/* Say why the text does not end here. */
static void
trailing_token(struct parser *p)
{
	const char *bad = bad_token(&p->token);

	if (bad != NULL)
		parse_error(p, &p->token, "%s", bad);
	else if (p->token.kind == TOKEN_SLASH)
		parse_error(p, &p->token,
		    "a prefix length belongs to \"net\" or \"ip in [ ]\"");
	else
		parse_error(p, &p->token,
		    "expected \"and\", \"or\" or the end, not \"%.*s\"",
		    quote_len(&p->token), p->token.text);
}

struct node *
filter_parse(struct parser *p)
{
	struct node *n;

	input_begin(&p->inputs, &p->lex);
	p->may_label = strpbrk(p->lex.pos, "%@") != NULL;
	if (*p->lex.pos == '\0')
		return new_node(p, NODE_TRUE);
	parse_advance(p);
	if (p->token.kind == TOKEN_END)
		return new_node(p, NODE_FALSE);
	n = parse_or(p, false);
	if (n == NULL || p->token.kind == TOKEN_END)
		return n;
	trailing_token(p);
	return NULL;
}
