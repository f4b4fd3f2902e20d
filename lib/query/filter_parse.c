/*
 * Parser of the filter language: recursive descent over tokens.
 *
 *	or      = and { OR and }
 *	and     = not { AND not }
 *	not     = { NOT } ( label "(" or ")" | "(" or ")" [ label ] | test )
 *	test    = phrase operand
 *
 * What other tools have instead of a phrase is in filter_forms.c.
 *
 * NOT is carried down to the tests on the way: a negated OR is an AND of
 * negated parts.  Only parentheses recurse, and their depth is bounded.
 */

#include <stdio.h>
#include <string.h>

#include "query/filter_forms.h"
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

void
parse_peek(const struct parser *p, struct token *t)
{
	struct lexer l = p->lex;

	lex_next(&l, t);
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

int
token_quote(const struct token *t)
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
	int len = (int)strcspn(after, "#");

	if (bad != NULL)
		return parse_error(p, t, "%s", bad);
	if (t->kind == TOKEN_END)
		return parse_error(p, t,
		    "expected %s after \"%.*s\", but the filter ends", what,
		    len, after);
	return parse_error(p, t, "expected %s after \"%.*s\", not \"%.*s\"",
	    what, len, after, token_quote(t), t->text);
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

int
parse_unknown(struct parser *p, const struct word_match *m)
{
	struct buffer more = BUFFER_EMPTY;
	const char *bad = bad_token(&m->bad);
	const struct token *first = &m->first;
	int said = said_len(p, m);

	if (bad != NULL)
		return parse_error(p, &m->bad, "%s", bad);
	word_suggest(m, &more);
	buffer_char(&more, '\0');
	if (more.failed)
		err_nomem(p->err);
	else if (m->depth == 0 && m->bad.kind == TOKEN_END)
		parse_error(p, &m->bad, "a test is missing, the filter ends");
	else if (m->depth == 0)
		parse_error(p, &m->bad, "\"%.*s\" does not begin a test%s",
		    token_quote(&m->bad), m->bad.text, more.data);
	else if (m->bad.kind == TOKEN_END)
		parse_error(p, &m->bad,
		    "the filter ends behind \"%.*s\"%s", said, first->text,
		    more.data);
	else
		parse_error(p, &m->bad, "\"%.*s\" cannot follow \"%.*s\"%s",
		    token_quote(&m->bad), m->bad.text, said, first->text,
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

/* A filter of ours, inside another one. */
static struct node *
parse_text(struct parser *p, const char *text, bool negate)
{
	struct parser inner = { .arena = p->arena, .err = p->err };
	struct node *n;

	inputs_init(&inner.inputs, text, "form", NULL);
	input_begin(&inner.inputs, &inner.lex);
	parse_advance(&inner);
	n = parse_or(&inner, negate);
	inputs_fini(&inner.inputs);
	/* cppcheck-suppress returnDanglingLifetime ; it is in the arena */
	return n;
}

static struct node *
parse_word(struct parser *p, const struct term *t, bool negate)
{
	struct node *n = new_node(p, NODE_ITEMS);

	if (n == NULL)
		return NULL;
	n->word = t->word;
	n->number = t->number;
	n->negate = negate;
	if (strchr(t->word->phrase, '#') != NULL && t->number == 0) {
		parse_error(p, &p->token, "the entries count from 1");
		return NULL;
	}
	if ((t->flags_mask != 0 ? parse_flags_masked(p, n, t->flags_mask) :
				  parse_operand(p, n)) == -1)
		return NULL;
	if (n->kind == NODE_ITEMS || n->kind == NODE_BITS ||
	    n->kind == NODE_TEXT || n->kind == NODE_GEO ||
	    n->kind == NODE_PAYLOAD)
		n->word = word_canonical(n->word);
	node_settle(n);
	return n;
}

static struct node *
protocol_node(struct parser *p, int proto, bool negate)
{
	struct addr value = { 0, (uint64_t)proto };
	struct node *n = new_node(p, NODE_ITEMS);

	if (n == NULL)
		return NULL;
	n->word = word_named("proto");
	n->negate = negate;
	if (parse_add_range(p, n, value, value) == -1)
		return NULL;
	node_settle(n);
	return n;
}

/* Both must match; one of them may not be there. */
static struct node *
join(struct parser *p, struct node *a, struct node *b, bool negate)
{
	struct node *group;

	if (a == NULL || b == NULL)
		return a == NULL ? b : a;
	if ((group = new_node(p, negate ? NODE_OR : NODE_AND)) == NULL)
		return NULL;
	if (junction_add(p->arena, group, a) == -1 ||
	    junction_add(p->arena, group, b) == -1) {
		err_nomem(p->err);
		return NULL;
	}
	return junction_finish(group);
}

/* The parts that the term has, which all must match. */
static struct node *
parse_term(struct parser *p, const struct term *t, bool negate)
{
	bool negate_word = negate != t->negated;
	bool negate_text = t->word == NULL ? negate_word : negate;
	struct node *n = NULL, *part;

	if (t->proto != -1 &&
	    (n = protocol_node(p, t->proto, negate)) == NULL)
		return NULL;
	if (t->text != NULL) {
		part = parse_text(p, t->text, negate_text);
		if (part == NULL || (n = join(p, n, part, negate)) == NULL)
			return NULL;
	}
	if (t->word == NULL)
		return n;
	if ((part = parse_word(p, t, negate_word)) == NULL)
		return NULL;
	return join(p, n, part, negate);
}

/* A test, and comparators that repeat it: "bytes > 100 < 200". */
static struct node *
parse_test(struct parser *p, bool negate)
{
	struct node *n = NULL, *more;
	struct term t;

	if (form_begin(p, &t) == -1)
		return NULL;
	for (;;) {
		if ((more = parse_term(p, &t, negate)) == NULL ||
		    (n = join(p, n, more, negate)) == NULL)
			return NULL;
		t.manner = t.negated ? MANNER_NOT : p->manner;
		p->sign = TOKEN_AND;
		if (t.word == NULL || t.manner != MANNER_ORDERED ||
		    p->token.kind != TOKEN_COMPARE ||
		    p->token.compare == COMPARE_EQ ||
		    p->token.compare == COMPARE_NE)
			break;
		if (form_repeats(p, &t) == -1)
			return NULL;
	}
	p->last = t;
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
	p->last.word = NULL;
	parse_advance(p);
	if ((n = parse_or(p, negate)) == NULL)
		return NULL;
	if (p->token.kind != TOKEN_CLOSE) {
		parse_expected(p, "\"and\", \"or\" or \")\"", "(");
		return NULL;
	}
	p->depth--;
	p->last.word = NULL;
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
		p->sign = sign;
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

/* "and" and "or", misspelt */
static const char *
near_sign(const struct token *t)
{
	if (t->kind == TOKEN_WORD && word_distance(t->text, t->len, "and", 3) < 2)
		return "; did you mean \"and\"?";
	if (t->kind == TOKEN_WORD && word_distance(t->text, t->len, "or", 2) < 2)
		return "; did you mean \"or\"?";
	return "";
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
		    "a prefix length stands behind one address");
	else
		parse_error(p, &p->token,
		    "expected \"and\", \"or\" or the end, not \"%.*s\"%s",
		    token_quote(&p->token), p->token.text,
		    near_sign(&p->token));
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
