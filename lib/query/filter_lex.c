/*
 * Tokens of the filter language.  A word is the longest run of word
 * characters; a number is a word that reads as one.  A text ends at its NUL.
 * Every byte is looked at a bounded number of times.  Bytes that are not ASCII
 * stand in comments and quotes only: what looks like a blank, a quote or a
 * dash must not change a filter unseen.
 */

#include <string.h>
#include <strings.h>

#include "query/filter_int.h"

static bool
is_word_char(char c)
{
	return lex_is_digit(c) || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || c == '.' ||
	    c == '-';
}

static bool
is_blank(char c)
{
	return c != '\0' && strchr(LEX_BLANKS, c) != NULL;
}

static bool
is_ascii(char c)
{
	return ((unsigned char)c & 0x80) == 0;
}

/* The value of a digit up to base 16, or 16. */
static unsigned
digit_value(char c)
{
	if (lex_is_digit(c))
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

/* 1000 to the power of the place in "kmgt"; 0 for other letters. */
static uint64_t
scale_factor(char c)
{
	static const char letters[] = "kmgt";
	const char *p = memchr(letters, c | 0x20, sizeof(letters) - 1);
	uint64_t factor = 1000;

	if (p == NULL)
		return 0;
	for (; p > letters; p--)
		factor *= 1000;
	return factor;
}

bool
lex_number(const char *p, size_t len, uint64_t *value)
{
	unsigned base = 10;
	size_t i = 0;

	if (len > 2 && p[0] == '0' && (p[1] | 0x20) == 'x') {
		base = 16;
		i = 2;
	}
	for (*value = 0; i < len && digit_value(p[i]) < base; i++)
		*value = lex_append_digit(*value, base, digit_value(p[i]));
	if (i == len)
		return len > 0;
	if (base == 16 || i == 0 || i + 1 != len || scale_factor(p[i]) == 0)
		return false;
	if (__builtin_mul_overflow(*value, scale_factor(p[i]), value))
		*value = UINT64_MAX;
	return true;
}

bool
token_is(const struct token *t, const char *word)
{
	return strlen(word) == t->len && strncasecmp(t->text, word, t->len) == 0;
}

bool
token_ends_test(const struct token *t)
{
	return t->kind == TOKEN_END || t->kind == TOKEN_AND ||
	    t->kind == TOKEN_OR || t->kind == TOKEN_CLOSE;
}

static void
classify_word(struct token *t)
{
	static const struct {
		const char *word;
		enum token_kind kind;
		enum compare compare;
	} reserved[] = {
		{ "and", TOKEN_AND, COMPARE_EQ },
		{ "or", TOKEN_OR, COMPARE_EQ },
		{ "not", TOKEN_NOT, COMPARE_EQ },
		{ "eq", TOKEN_COMPARE, COMPARE_EQ },
		{ "gt", TOKEN_COMPARE, COMPARE_GT },
		{ "lt", TOKEN_COMPARE, COMPARE_LT },
		{ "ge", TOKEN_COMPARE, COMPARE_GE },
		{ "le", TOKEN_COMPARE, COMPARE_LE },
	};

	t->kind = TOKEN_WORD;
	if (lex_number(t->text, t->len, &t->value)) {
		t->kind = TOKEN_NUMBER;
		return;
	}
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (!token_is(t, reserved[i].word))
			continue;
		t->kind = reserved[i].kind;
		t->compare = reserved[i].compare;
		return;
	}
}

/*
 * To the next token, into included texts and out of them.  False, with a bad
 * token, when a text cannot be included.
 */
static bool
skip_blanks(struct lexer *l, struct token *t)
{
	for (;;) {
		if (*l->pos == '#')
			l->pos += strcspn(l->pos, "\n");
		if (is_blank(*l->pos))
			l->pos++;
		else if (input_is_directive(l->pos)) {
			if (input_enter(l, t) == -1)
				return false;
		} else if (*l->pos != '\0' || !input_leave(l))
			return true;
	}
}

/* Signs that editors put in place of those of the language. */
static const char *
foreign_sign(const char *text)
{
	static const struct {
		char sign[4];
		const char *why;
	} signs[] = {
		{ "\xe2\x80\x98", "a typographic quote; write '" },
		{ "\xe2\x80\x99", "a typographic quote; write '" },
		{ "\xe2\x80\x9a", "a typographic quote; write '" },
		{ "\xe2\x80\x9c", "a typographic quote; write \"" },
		{ "\xe2\x80\x9d", "a typographic quote; write \"" },
		{ "\xe2\x80\x9e", "a typographic quote; write \"" },
		{ "\xe2\x80\x90", "a typographic dash; write -" },
		{ "\xe2\x80\x91", "a typographic dash; write -" },
		{ "\xe2\x80\x92", "a typographic dash; write -" },
		{ "\xe2\x80\x93", "a typographic dash; write -" },
		{ "\xe2\x80\x94", "a typographic dash; write -" },
		{ "\xe2\x88\x92", "a typographic dash; write -" },
		{ "\xe2\x89\xa4", "write <= for this sign" },
		{ "\xe2\x89\xa5", "write >= for this sign" },
		{ "\xc2\xa0", "a blank that is not ASCII; write a plain one" },
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strncmp(text, signs[i].sign, strlen(signs[i].sign)) == 0)
			return signs[i].why;
	return "this is not plain ASCII text";
}

/* A string in quotes, which ends on its line. */
static void
read_string(struct lexer *l, struct token *t)
{
	char stop[] = { *l->pos, '\n', '\0' };
	size_t len = strcspn(l->pos + 1, stop);

	t->text = l->pos;
	t->len = len + 1;
	if (l->pos[1 + len] == stop[0]) {
		t->kind = TOKEN_STRING;
		t->text = l->pos + 1;
		t->len = len;
		l->pos++;
	}
	l->pos += len + 1;
}

static void
read_sign(struct lexer *l, struct token *t)
{
	static const struct {
		char text[3];
		enum token_kind kind;
		enum compare compare;
	} signs[] = { /* longer ones first */
		{ "==", TOKEN_COMPARE, COMPARE_EQ },
		{ ">=", TOKEN_COMPARE, COMPARE_GE },
		{ "<=", TOKEN_COMPARE, COMPARE_LE },
		{ "!=", TOKEN_COMPARE, COMPARE_NE },
		{ "<>", TOKEN_COMPARE, COMPARE_NE },
		{ "&&", TOKEN_AND, COMPARE_EQ },
		{ "||", TOKEN_OR, COMPARE_EQ },
		{ "=", TOKEN_COMPARE, COMPARE_EQ },
		{ ">", TOKEN_COMPARE, COMPARE_GT },
		{ "<", TOKEN_COMPARE, COMPARE_LT },
		{ "!", TOKEN_NOT, COMPARE_EQ },
		{ "(", TOKEN_OPEN, COMPARE_EQ },
		{ ")", TOKEN_CLOSE, COMPARE_EQ },
		{ "[", TOKEN_LIST_OPEN, COMPARE_EQ },
		{ "]", TOKEN_LIST_CLOSE, COMPARE_EQ },
		{ "{", TOKEN_LIST_OPEN, COMPARE_EQ },
		{ "}", TOKEN_LIST_CLOSE, COMPARE_EQ },
		{ ",", TOKEN_COMMA, COMPARE_EQ },
		{ "/", TOKEN_SLASH, COMPARE_EQ },
		{ "%", TOKEN_PERCENT, COMPARE_EQ },
	};

	t->text = l->pos;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		t->len = strlen(signs[i].text);
		if (strncmp(l->pos, signs[i].text, t->len) != 0)
			continue;
		t->kind = signs[i].kind;
		t->compare = signs[i].compare;
		l->pos += t->len;
		return;
	}
	t->len = 1;
	if (!is_ascii(*l->pos))
		t->why = foreign_sign(l->pos);
	l->pos++;
}

void
lex_next(struct lexer *l, struct token *t)
{
	memset(t, 0, sizeof(*t));
	if (!skip_blanks(l, t))
		return;
	t->text = l->pos;
	t->kind = TOKEN_BAD;
	if (*l->pos == '\0')
		t->kind = TOKEN_END;
	else if (is_word_char(*l->pos)) {
		while (is_word_char(*l->pos))
			l->pos++;
		t->len = (size_t)(l->pos - t->text);
		classify_word(t);
	} else if (*l->pos == '"' || *l->pos == '\'')
		read_string(l, t);
	else
		read_sign(l, t);
}

void
lex_text(struct lexer *l, struct token *t)
{
	memset(t, 0, sizeof(*t));
	if (!skip_blanks(l, t))
		return;
	if (*l->pos == '"' || *l->pos == '\'' || !is_ascii(*l->pos) ||
	    strchr("()[]", *l->pos) != NULL) { /* or the end */
		lex_next(l, t);
		return;
	}
	t->kind = TOKEN_WORD;
	t->text = l->pos;
	while (is_ascii(*l->pos) && strchr(LEX_BLANKS "()[]", *l->pos) == NULL)
		l->pos++;
	t->len = (size_t)(l->pos - t->text);
}

void
lex_label(struct lexer *l, struct token *t)
{
	memset(t, 0, sizeof(*t));
	if (!skip_blanks(l, t))
		return;
	t->kind = TOKEN_WORD;
	t->text = l->pos;
	while (is_word_char(*l->pos))
		l->pos++;
	t->len = (size_t)(l->pos - t->text);
}
