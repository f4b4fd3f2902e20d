#ifndef QUERY_FILTER_FORMS_H
#define QUERY_FILTER_FORMS_H

#include "query/filter_int.h"

/*
 * How tests begin and how their values are written, in the forms of nfdump
 * and of other tools: filter_forms.c, filter_operand.c, filter_value.c,
 * filter_flags.c, filter_address.c, filter_geo.c.
 */

/* When a form of other tools counts. */
enum form_when {
	FORM_ANYWHERE,
	FORM_ALONE, /* the test ends behind it */
	FORM_BEFORE_VALUE
};

/* A phrase that other tools have for a word of ours (forms.def). */
struct form {
	const char *phrase;
	enum form_when when;
	const char *word; /* its phrase, or NULL */
	const char *text; /* filter that must hold too; alone: that it is */
	const char *hint; /* what to write instead, or NULL */
};

/* The longest phrase that starts at the token; what was found instead. */
struct word_match {
	const struct word *word; /* NULL if there is none */
	const struct form *form; /* that led to the word, or NULL */
	bool negated; /* "not" stands inside the phrase */
	unsigned number; /* for the # of the phrase */
	unsigned words; /* of the phrase */
	struct lexer lex; /* behind the phrase */
	struct token first; /* where it begins ... */
	struct lexer begin; /* ... and what is behind its first token */
	unsigned depth; /* words understood */
	struct token bad; /* the first one that was not */
};

void word_find(struct word_match *m, const struct token *first,
    struct lexer lex);

/* True for a match that begins a test. */
static inline bool
word_found(const struct word_match *m)
{
	return m->word != NULL ||
	    (m->form != NULL && m->form->hint == NULL);
}

/* Is a longer phrase meant, with m->bad as a misspelt word? */
bool word_is_misspelt(const struct word_match *m);

/* Might the token be a misspelt word of some phrase or protocol? */
bool word_is_like(const struct token *t);

/* Say what could stand instead of m->bad. */
void word_suggest(const struct word_match *m, struct buffer *out);

/* Report what does not begin a test.  Always -1. */
int parse_unknown(struct parser *p, const struct word_match *m);

/*
 * Go past the beginning of a test: a phrase of ours or of other tools, a
 * protocol, nothing when a value repeats the word before.  -1 on error.
 */
int form_begin(struct parser *p, struct term *t);

/* May a comparator, which is the current token, follow the test?  -1 if not. */
int form_repeats(struct parser *p, const struct term *last);

/* Read what follows the word n->word into the test.  -1 on error. */
int parse_operand(struct parser *p, struct node *n);

/* Read values: comparator, list, range.  -1 on error. */
int parse_compare(struct parser *p, struct node *n, enum compare *compare);
int parse_compared(struct parser *p, struct node *n, enum compare compare);

int parse_flags_operand(struct parser *p, struct node *n);

/* Read what is behind "tcp[13]": comparator and flags. */
int parse_flags_masked(struct parser *p, struct node *n, unsigned mask);

/* The bits of a flag's name or of letters; 0 if they are none. */
uint64_t flag_bits(const struct token *t);

/* Read flags joined by , + and, in parentheses, |.  -1 on error. */
int parse_flag_bits(struct parser *p, uint64_t *bits);

/* Give the test a copy of the token: filters outlive their text. */
int parse_keep_text(struct parser *p, struct node *n, const struct token *t);

/*
 * Read text in quotes or up to a blank, of 1 to max bytes, into the test; *t
 * becomes its token.  -1 on error.
 */
int parse_free_text(struct parser *p, struct node *n, size_t max,
    struct token *t);

/* Read a number, a range or a name.  -1 on error. */
int parse_number(struct parser *p, const struct word *w,
    enum compare compare, struct item *it);

/* Does the token begin a number, and not a name? */
bool number_begins(const struct word *w, const struct token *t);

/* Read one address, range or network into the test.  -1 on error. */
int parse_address(struct parser *p, struct node *n);

/* Does the token begin an address?  A host name? */
bool address_begins(const struct token *t, struct lexer behind);
bool host_begins(const struct word *w, const struct token *t,
    struct lexer behind);

/* Does the token, with what is behind, begin a value for the word? */
bool value_begins(const struct word *w, const struct token *t,
    struct lexer behind);

/* ... or a comparator, a list, "not" and a value? */
bool operand_begins(const struct word *w, const struct token *t,
    struct lexer behind);

/* Is the token the code of a country? */
bool geo_begins(const struct token *t);

#endif
