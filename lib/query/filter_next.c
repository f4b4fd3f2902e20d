/*
 * What may follow a word of a filter, for those who help to write one.
 */

#include <string.h>

#include "query/filter_int.h"

/* Longer words are left out. */
#define WORD_ROOM 64

/* The phrase behind its first word, whose length is *len. */
static const char *
behind_word(const char *phrase, size_t *len)
{
	*len = strcspn(phrase, " ");
	return phrase + *len + strspn(phrase + *len, " ");
}

/* Is the word there, between blanks? */
static bool
has_word(const struct buffer *list, size_t from, const char *word, size_t len)
{
	for (size_t i = from; i + len < list->len; i++)
		if ((i == from || list->data[i - 1] == ' ') &&
		    memcmp(list->data + i, word, len) == 0 &&
		    list->data[i + len] == ' ')
			return true;
	return false;
}

/* Once; of "label#" the first. */
static void
add_word(struct buffer *out, size_t from, const char *word, size_t len)
{
	char text[WORD_ROOM];

	if (len == 0 || len >= sizeof(text) || out->failed)
		return;
	memcpy(text, word, len);
	if (text[len - 1] == '#')
		text[len - 1] = '1';
	if (has_word(out, from, text, len))
		return;
	buffer_add(out, text, len);
	buffer_char(out, ' ');
}

static bool
needs_value(const struct word *w)
{
	switch (w->operand) {
	case OPERAND_ALWAYS:
	case OPERAND_BITS:
	case OPERAND_FIXED:
	case OPERAND_BLOCK:
	case OPERAND_SAME:
		return false;
	default:
		return true;
	}
}

/* The phrase ends here: names of its value, or what joins tests. */
static void
add_end(struct buffer *out, size_t from, const struct word *w)
{
	const char *name;

	if (!needs_value(w)) {
		add_word(out, from, "and", 3);
		add_word(out, from, "or", 2);
		return;
	}
	for (size_t i = 0; (name = names_each(w->names, i)) != NULL; i++)
		add_word(out, from, name, strlen(name));
}

void
filter_words(struct buffer *out)
{
	size_t from = out->len, len;
	const struct word *w;

	for (size_t i = 0; (w = word_each(i)) != NULL; i++)
		for (const char *p = w->phrase, *next; *p != '\0'; p = next) {
			next = behind_word(p, &len);
			if ((w->flags & WORD_FORM) == 0)
				add_word(out, from, p, len);
		}
}

void
filter_words_after(const char *word, struct buffer *out)
{
	size_t from = out->len, len, after;
	const struct word *w;

	for (size_t i = 0; (w = word_each(i)) != NULL; i++) {
		if ((w->flags & WORD_FORM) != 0)
			continue;
		if (*word == '\0') {
			behind_word(w->phrase, &len);
			add_word(out, from, w->phrase, len);
		}
		for (const char *p = w->phrase, *next; *p != '\0'; p = next) {
			next = behind_word(p, &len);
			if (len != strlen(word) || memcmp(p, word, len) != 0)
				continue;
			behind_word(next, &after);
			add_word(out, from, next, after);
			if (after == 0)
				add_end(out, from, w);
		}
	}
	if (*word == '\0')
		add_word(out, from, "not", 3);
}
