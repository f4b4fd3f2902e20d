/*
 * The words of the filter language and the names of values.  Both are tables
 * that are searched from end to end: a filter has a handful of words.
 */

#include <string.h>
#include <strings.h>

#include "flow/flow.h"
#include "query/filter_forms.h"
#include "query/filter_payload.h"

/* Words of the longest phrase, and one more. */
#define PHRASE_MAX 8

/* Longer words are not compared for likeness. */
#define NEAR_MAX 24

/* Suggestions are listed up to this number. */
#define SUGGEST_MAX 16

#define NOTHING { 0, false, { 0 } }
#define ONE(a) { 1, false, { FLD_##a } }
#define DERIVED(a) { 1, false, { SOURCE_CALC + CALC_##a } }
#define EITHER(a, b) { 2, false, { FLD_##a, FLD_##b } }
#define BOTH(a, b) { 2, true, { FLD_##a, FLD_##b } }
#define THREE(a, b, c) { 3, false, { FLD_##a, FLD_##b, FLD_##c } }
#define FOUR(a, b, c, d) \
	{ 4, false, { FLD_##a, FLD_##b, FLD_##c, FLD_##d } }
#define LABELS \
	{ 10, false, { FLD_MPLS_1, FLD_MPLS_2, FLD_MPLS_3, FLD_MPLS_4, \
	    FLD_MPLS_5, FLD_MPLS_6, FLD_MPLS_7, FLD_MPLS_8, FLD_MPLS_9, \
	    FLD_MPLS_10 } }

#define ALWAYS OPERAND_ALWAYS, 0, NAMES_NONE
#define BITS(mask) OPERAND_BITS, mask, NAMES_NONE
#define FIXED(value) OPERAND_FIXED, value, NAMES_NONE
#define NUMBER(max) OPERAND_NUMBER, max, NAMES_NONE
#define NUMBER_OR(set, max) OPERAND_NUMBER, max, NAMES_##set
#define TOS NUMBER_OR(DSCP, 255)
#define NAMED(set, max) OPERAND_NAMED, max, NAMES_##set
#define ADDR OPERAND_ADDR, 0, NAMES_NONE
#define NET OPERAND_NET, 0, NAMES_NONE
#define MAC OPERAND_MAC, 0, NAMES_NONE
#define FLAGS OPERAND_FLAGS, 255, NAMES_NONE
#define BLOCK OPERAND_BLOCK, 0, NAMES_NONE
#define SAME OPERAND_SAME, 0, NAMES_NONE
#define TIME OPERAND_TIME, 0, NAMES_NONE
#define IDENT OPERAND_IDENT, FILTER_TEXT_MAX, NAMES_NONE
#define TEXT(max) OPERAND_TEXT, max, NAMES_NONE
#define GEO OPERAND_GEO, 0, NAMES_NONE
#define PAYLOAD(test) OPERAND_PAYLOAD, PAYLOAD_##test, NAMES_NONE

#define COMPARE WORD_COMPARE
#define LIST WORD_LIST
#define HOST WORD_HOST
#define NOCASE WORD_NOCASE
#define INSIDE WORD_INSIDE
#define LABEL WORD_LABEL
#define OF_DSCP WORD_DSCP
#define ASN WORD_ASN
#define BYTES WORD_BYTES
#define MS WORD_MS
#define US WORD_US
#define OTHER WORD_FORM
#define TCP WORD_TCP
#define ICMP WORD_ICMP
#define DENIED WORD_DENIED
#define PRESENT WORD_PRESENT
#define DNS WORD_DNS

#define WORD(phrase, ...) { phrase, __VA_ARGS__ },
#define PAIR(phrase, a, b, ...) \
	WORD(phrase, EITHER(a, b), __VA_ARGS__) \
	WORD("src " phrase, ONE(a), __VA_ARGS__) \
	WORD("dst " phrase, ONE(b), __VA_ARGS__) \
	WORD("src or dst " phrase, EITHER(a, b), __VA_ARGS__) \
	WORD("dst or src " phrase, EITHER(a, b), __VA_ARGS__) \
	WORD("src and dst " phrase, BOTH(a, b), __VA_ARGS__) \
	WORD("dst and src " phrase, BOTH(a, b), __VA_ARGS__)
#define LOOSE(phrase, ...) \
	WORD(phrase, __VA_ARGS__) \
	WORD("src " phrase, __VA_ARGS__) \
	WORD("dst " phrase, __VA_ARGS__) \
	WORD("in " phrase, __VA_ARGS__) \
	WORD("out " phrase, __VA_ARGS__)

static const struct word words[] = {
#include "query/words.def"
#include "query/forms.def"
};

#define WORDS (sizeof(words) / sizeof(words[0]))

static const struct form forms[] = {
#define FORM_ROW(phrase, when, word, filter, hint) \
	{ phrase, when, word, filter, hint },
#include "query/forms.def"
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

struct name {
	enum names set;
	uint16_t number;
	const char *text;
	bool is_other; /* not written */
};

static const struct name names[] = {
#define NAME(set, number, text) { NAMES_##set, number, text, false },
#define OTHER_NAME(set, number, text) { NAMES_##set, number, text, true },
#include "query/names.def"
};

#define NAME_COUNT (sizeof(names) / sizeof(names[0]))

static const char *const titles[NAMES_COUNT] = {
#define NAMES(set, title) title,
#include "query/names.def"
};

const char *
names_title(enum names set)
{
	return titles[set];
}

const char *
names_text(enum names set, uint64_t number)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		if (names[i].set == set && names[i].number == number &&
		    !names[i].is_other)
			return names[i].text;
	return NULL;
}

int
names_find(enum names set, const struct token *t)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		if (names[i].set == set && token_is(t, names[i].text))
			return names[i].number;
	return -1;
}

/*
 * Letters to insert, remove, replace or swap with a neighbour to make a of b,
 * not case sensitive.
 */
unsigned
word_distance(const char *a, size_t alen, const char *b, size_t blen)
{
	unsigned row[3][NEAR_MAX + 1];

	if (alen > NEAR_MAX || blen > NEAR_MAX)
		return NEAR_MAX;
	for (unsigned j = 0; j <= blen; j++)
		row[0][j] = j;
	for (unsigned i = 1; i <= alen; i++) {
		unsigned *now = row[i % 3], *up = row[(i + 2) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= blen; j++) {
			unsigned best = up[j - 1] +
			    (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 &&
			    strncasecmp(&a[i - 1], &b[j - 2], 1) == 0 &&
			    strncasecmp(&a[i - 2], &b[j - 1], 1) == 0 &&
			    row[(i + 1) % 3][j - 2] + 1 < best)
				best = row[(i + 1) % 3][j - 2] + 1;
			now[j] = best;
		}
	}
	return row[alen % 3][blen];
}

unsigned
word_tolerance(size_t len)
{
	return len <= 2 ? 0 : len <= 5 ? 1 : 2;
}

const char *
names_near(enum names set, const struct token *t)
{
	unsigned best = word_tolerance(t->len) + 1;
	const char *near = NULL;

	for (size_t i = 0; i < NAME_COUNT; i++) {
		const char *text = names[i].text;
		unsigned d;

		if (names[i].set != set)
			continue;
		d = word_distance(t->text, t->len, text, strlen(text));
		if (d < best) {
			best = d;
			near = text;
		}
	}
	return near;
}

/* The next word of a phrase; its length, 0 at the end. */
static size_t
phrase_word(const char **phrase, const char **word)
{
	size_t len;

	*phrase += strspn(*phrase, " ");
	len = strcspn(*phrase, " ");
	*word = *phrase;
	*phrase += len;
	return len;
}

/* "label#": the digits behind the word. */
static bool
matches_numbered(const struct token *t, const char *word, size_t len,
    unsigned *number)
{
	unsigned n = 0;

	if (t->len < len || strncasecmp(t->text, word, len - 1) != 0)
		return false;
	for (size_t i = len - 1; i < t->len; i++) {
		if (t->text[i] < '0' || t->text[i] > '9')
			return false;
		if (n < 1000)
			n = n * 10 + (unsigned)(t->text[i] - '0');
	}
	*number = n;
	return true;
}

static bool
matches_word(const struct token *t, const char *word, size_t len,
    unsigned *number)
{
	switch (t->kind) {
	case TOKEN_AND: /* also when written as a sign */
		return len == 3 && strncmp(word, "and", 3) == 0;
	case TOKEN_OR:
		return len == 2 && strncmp(word, "or", 2) == 0;
	case TOKEN_WORD:
		if (word[len - 1] == '#')
			return matches_numbered(t, word, len, number);
		return t->len == len && strncasecmp(t->text, word, len) == 0;
	default:
		return false;
	}
}

/* Tokens of the text, found when they are asked for. */
struct lookahead {
	struct token token[PHRASE_MAX];
	struct lexer behind[PHRASE_MAX]; /* each token */
	unsigned count;
	bool skip_not; /* "not" is no word of a phrase */
	bool negated[PHRASE_MAX]; /* by those before each token */
};

static const struct token *
lookahead(struct lookahead *l, unsigned i)
{
	for (; l->count <= i; l->count++) {
		struct lexer *lex = &l->behind[l->count];
		struct token *t = &l->token[l->count];

		*lex = l->behind[l->count - 1];
		l->negated[l->count] = l->negated[l->count - 1];
		for (lex_next(lex, t); l->skip_not && t->kind == TOKEN_NOT;
		     lex_next(lex, t))
			l->negated[l->count] = !l->negated[l->count];
	}
	return &l->token[i];
}

/* Most words differ in their first letter; phrases are in lower case. */
static bool
may_match(const struct token *t, const char *word)
{
	return t->kind != TOKEN_WORD || (t->text[0] | 0x20) == *word;
}

/* How many words of the phrase stand there; *complete if all do. */
static unsigned
match_phrase(struct lookahead *l, const char *phrase, unsigned *number,
    bool *complete)
{
	unsigned n = 0;

	for (; *phrase != '\0'; phrase += *phrase == ' ', n++) {
		const struct token *t = lookahead(l, n);
		const char *word = phrase;

		*complete = false;
		if (!may_match(t, word))
			return n;
		phrase += strcspn(phrase, " ");
		if (!matches_word(t, word, (size_t)(phrase - word), number))
			return n;
	}
	*complete = true;
	return n;
}

const struct word *
word_named(const char *phrase)
{
	size_t i = 0;

	while (strcmp(words[i].phrase, phrase) != 0)
		i++;
	return &words[i];
}

const struct word *
word_each(size_t i)
{
	return i < WORDS ? &words[i] : NULL;
}

const char *
names_each(enum names set, size_t i)
{
	for (size_t n = 0; n < NAME_COUNT; n++)
		if (names[n].set == set && i-- == 0)
			return names[n].text;
	return NULL;
}

/* Does what is behind the n words of the form suit it? */
static bool
form_suits(const struct form *f, struct lookahead *l, unsigned n)
{
	const struct token *next = lookahead(l, n);

	switch (f->when) {
	case FORM_ALONE:
		return token_ends_test(next);
	case FORM_BEFORE_VALUE:
		return operand_begins(word_named(f->word), next, l->behind[n]);
	case FORM_ANYWHERE:
		break;
	}
	return true;
}

static void
find_words(struct word_match *m, struct lookahead *l, unsigned *found)
{
	for (size_t i = 0; i < WORDS; i++) {
		unsigned number = 0, n;
		bool complete;

		if (!may_match(&m->first, words[i].phrase))
			continue;
		n = match_phrase(l, words[i].phrase, &number, &complete);
		if (n > m->depth)
			m->depth = n;
		if (!complete || n <= *found)
			continue;
		*found = n;
		m->word = &words[i];
		m->number = number;
	}
}

/* A form wins when it is longer, or as long and particular. */
static void
find_forms(struct word_match *m, struct lookahead *l, unsigned *found)
{
	for (size_t i = 0; i < FORMS; i++) {
		const struct form *f = &forms[i];
		unsigned number = 0, n;
		bool complete;

		if (!may_match(&m->first, f->phrase))
			continue;
		n = match_phrase(l, f->phrase, &number, &complete);
		if (n > m->depth)
			m->depth = n;
		if (!complete || n < *found ||
		    (n == *found && f->when == FORM_ANYWHERE) ||
		    !form_suits(f, l, n))
			continue;
		*found = n;
		m->form = f;
		m->word = f->word == NULL ? NULL : word_named(f->word);
	}
}

static void
find(struct word_match *m, const struct token *first, struct lexer lex,
    bool skip_not)
{
	struct lookahead l = { .count = 1, .skip_not = skip_not };
	unsigned found = 0;

	memset(m, 0, sizeof(*m));
	m->first = *first;
	m->begin = lex;
	l.token[0] = *first;
	l.behind[0] = lex;
	find_words(m, &l, &found);
	find_forms(m, &l, &found);
	m->bad = *lookahead(&l, m->depth);
	if (found == 0)
		return;
	m->words = found;
	m->lex = l.behind[found - 1];
	m->negated = l.negated[found - 1];
}

void
word_find(struct word_match *m, const struct token *first, struct lexer lex)
{
	struct word_match negated;

	find(m, first, lex, false);
	if (word_found(m) || m->depth == 0 || m->bad.kind != TOKEN_NOT)
		return;
	find(&negated, first, lex, true);
	if (word_found(&negated))
		*m = negated;
}

/* Where a word that can stand at "depth" begins, or NULL. */
static const char *
candidate(const char *phrase, struct lookahead *l, unsigned depth, size_t *len)
{
	const char *word;
	unsigned number;
	bool complete;

	if (match_phrase(l, phrase, &number, &complete) != depth || complete)
		return NULL;
	for (unsigned i = 0; i < depth; i++)
		phrase_word(&phrase, &word);
	*len = phrase_word(&phrase, &word);
	return word;
}

struct suggestions {
	const char *word[SUGGEST_MAX];
	size_t len[SUGGEST_MAX];
	unsigned count;
	bool more;
	const char *near;
	size_t near_len;
	unsigned near_distance;
};

static void
suggestion_add(struct suggestions *s, const struct token *bad,
    const char *word, size_t len, bool is_form)
{
	unsigned d = word_distance(bad->text, bad->len, word, len);

	if (bad->kind == TOKEN_WORD && d < s->near_distance) {
		s->near_distance = d;
		s->near = word;
		s->near_len = len;
	}
	if (is_form)
		return;
	for (unsigned i = 0; i < s->count; i++)
		if (s->len[i] == len && strncmp(s->word[i], word, len) == 0)
			return;
	if (s->count == SUGGEST_MAX) {
		s->more = true;
		return;
	}
	s->word[s->count] = word;
	s->len[s->count++] = len;
}

/* A protocol begins a test, too. */
static void
suggest_protocol(struct suggestions *s, const struct token *bad)
{
	const char *near = names_near(NAMES_PROTO, bad);

	if (bad->kind == TOKEN_WORD && near != NULL)
		suggestion_add(s, bad, near, strlen(near), true);
}

/* A word of a phrase, with a number for its #. */
static void
put_word(struct buffer *out, const char *before, const char *word, size_t len)
{
	bool is_numbered = word[len - 1] == '#';

	buffer_text(out, before);
	buffer_add(out, word, is_numbered ? len - 1 : len);
	if (is_numbered)
		buffer_char(out, '1');
}

/* What could stand instead of m->bad. */
static void
collect(const struct word_match *m, struct suggestions *s)
{
	struct lookahead l = { .count = 1 };

	memset(s, 0, sizeof(*s));
	l.token[0] = m->first;
	l.behind[0] = m->begin;
	s->near_distance = word_tolerance(m->bad.len) + 1;
	for (size_t i = 0; i < WORDS + FORMS; i++) {
		bool is_form =
		    i >= WORDS || (words[i].flags & WORD_FORM) != 0;
		size_t len;
		const char *word = candidate(i >= WORDS ?
			forms[i - WORDS].phrase : words[i].phrase,
		    &l, m->depth, &len);

		if (word != NULL)
			suggestion_add(s, &m->bad, word, len,
			    is_form && s->count > 0);
	}
	if (m->depth == 0)
		suggest_protocol(s, &m->bad);
}

bool
word_is_misspelt(const struct word_match *m)
{
	struct suggestions s;

	if (m->depth <= m->words || m->bad.kind != TOKEN_WORD)
		return false;
	collect(m, &s);
	return s.near != NULL;
}

void
word_suggest(const struct word_match *m, struct buffer *out)
{
	struct suggestions s;

	collect(m, &s);
	if (s.near != NULL) {
		put_word(out, "; did you mean \"", s.near, s.near_len);
		buffer_text(out, "\"?");
		return;
	}
	if (m->depth == 0)
		return;
	buffer_text(out, "; expected");
	for (unsigned i = 0; i < s.count; i++)
		put_word(out, i == 0 ? " " : ", ", s.word[i], s.len[i]);
	if (s.more)
		buffer_text(out, ", ...");
}

static bool
same_sources(const struct word *a, const struct word *b)
{
	return a->from.count == b->from.count && a->from.all == b->from.all &&
	    memcmp(a->from.id, b->from.id, a->from.count) == 0;
}

/*
 * A network is written as a list of addresses where the language has such a
 * list with the same meaning.
 */
static bool
can_write(const struct word *w, const struct word *for_word)
{
	if (((w->flags ^ for_word->flags) & (WORD_GUARDS | WORD_INSIDE)) != 0)
		return false;
	if (w->operand == for_word->operand)
		return w->max == for_word->max ||
		    (w->operand != OPERAND_BITS &&
			w->operand != OPERAND_PAYLOAD);
	return for_word->operand == OPERAND_NET &&
	    w->operand == OPERAND_ADDR && (w->flags & WORD_LIST) != 0;
}

const struct word *
word_canonical(const struct word *w)
{
	if (w->from.count == 0 || w->operand == OPERAND_FIXED)
		return w;
	for (size_t i = 0; i < WORDS; i++)
		if (same_sources(&words[i], w) && can_write(&words[i], w))
			return &words[i];
	return w;
}

int
word_said_len(const struct word *w)
{
	return (int)strcspn(w->phrase, "#");
}

bool
word_is_reserved(const struct token *t)
{
	for (size_t i = 0; i < WORDS; i++) {
		const char *phrase = words[i].phrase, *word;
		size_t len = phrase_word(&phrase, &word);

		if ((words[i].flags & WORD_FORM) == 0 && len == t->len &&
		    strncasecmp(t->text, word, len) == 0)
			return true;
	}
	return false;
}

bool
word_is_like(const struct token *t)
{
	unsigned tolerance = word_tolerance(t->len);

	for (size_t i = 0; i < WORDS; i++) {
		const char *phrase = words[i].phrase, *word;
		size_t len;

		while ((len = phrase_word(&phrase, &word)) > 0)
			if (word_distance(t->text, t->len, word, len) <=
			    tolerance)
				return true;
	}
	return names_find(NAMES_PROTO, t) != -1;
}

uint64_t
word_extensions(const struct word *w)
{
	uint64_t bits = 0;

	if (w->operand == OPERAND_BLOCK)
		return FLOW_EXT(EXT_PORT_BLOCK);
	for (unsigned i = 0; i < w->from.count; i++)
		bits |= field_extensions((enum field_id)w->from.id[i]);
	return bits;
}
