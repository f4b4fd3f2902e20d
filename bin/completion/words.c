/*
 * Lists of words, and what the shells write alike.
 */

#include <ctype.h>
#include <string.h>

#include "completion/completion.h"
#include "query/filter.h"

#define WIDTH 76
#define TAB 8

void
value_name(const struct value *v, struct buffer *out)
{
	const char *end = v->arg;

	for (const char *p = v->arg; *p != '\0'; p++)
		if (isalnum((unsigned char)*p))
			end = p + 1;
	for (const char *p = v->arg; p < end; p++)
		buffer_char(out, isalnum((unsigned char)*p) ? *p : '_');
}

bool
value_goes_on(const struct value *v)
{
	for (size_t i = 0; i < VALUE_MORE && v->more[i].prefix != NULL; i++)
		if (strchr(",/", v->more[i].separator) != NULL)
			return true;
	return false;
}

void
option_spellings(const struct opt *o, struct buffer *words)
{
	if (o->letter != 0)
		buffer_printf(words, "-%c ", o->letter);
	if (o->name != NULL)
		buffer_printf(words, "--%s ", o->name);
}

/* Has no character of it a meaning for a shell? */
static bool
is_plain(const char *word, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)word[i]) &&
		    strchr("+-./:=_", word[i]) == NULL)
			return false;
	return true;
}

/*
 * The next word; its length, 0 behind the last.  The language of filters has a
 * name that no shell would take without quotes: left out.
 */
static size_t
next_word(const struct buffer *words, size_t *at, const char **word)
{
	size_t len = 0;

	do {
		const char *end;

		if (words->failed || *at >= words->len)
			return 0;
		*word = words->data + *at;
		end = memchr(*word, ' ', words->len - *at);
		len = end == NULL ? words->len - *at : (size_t)(end - *word);
		*at += len + 1;
	} while (!is_plain(*word, len));
	return len;
}

void
words_open(words_fn words, bool is_open, struct buffer *out)
{
	struct buffer all = BUFFER_EMPTY;
	const char *word;
	size_t at = 0, len;

	words(&all);
	out->failed |= all.failed;
	while ((len = next_word(&all, &at, &word)) > 0)
		if ((strchr(":/=", word[len - 1]) != NULL) == is_open)
			buffer_printf(out, "%.*s ", (int)len, word);
	buffer_fini(&all);
}

void
write_words(const struct buffer *words, const char *indent, const char *end,
    struct buffer *out)
{
	const char *word;
	size_t at = 0, len, column = 0;

	while ((len = next_word(words, &at, &word)) > 0) {
		if (column > 0 && column + 1 + len > WIDTH) {
			buffer_text(out, end);
			column = 0;
		}
		if (column == 0) {
			buffer_text(out, indent);
			column = strlen(indent) * TAB + len;
		} else {
			buffer_char(out, ' ');
			column += 1 + len;
		}
		buffer_add(out, word, len);
	}
	out->failed |= words->failed;
}

void
write_list(words_fn words, const char *indent, const char *end,
    struct buffer *out)
{
	struct buffer all = BUFFER_EMPTY;

	words(&all);
	write_words(&all, indent, end, out);
	buffer_fini(&all);
}

void
filter_each(filter_fn fn, struct buffer *out)
{
	struct buffer words = BUFFER_EMPTY, next = BUFFER_EMPTY;
	char text[WIDTH];
	const char *word;
	size_t at = 0, len;

	filter_words(&words);
	while ((len = next_word(&words, &at, &word)) > 0) {
		if (len >= sizeof(text))
			continue;
		memcpy(text, word, len);
		text[len] = '\0';
		if (strcmp(text, "and") == 0 || strcmp(text, "or") == 0)
			continue;
		next.len = 0;
		filter_words_after(text, &next);
		fn(text, &next, out);
	}
	out->failed |= words.failed || next.failed;
	buffer_fini(&words);
	buffer_fini(&next);
}

/* An array for bash and zsh. */
static void
write_case(const char *word, const struct buffer *next, struct buffer *out)
{
	buffer_printf(out, "\t%s)\n\t\tnext=(\n", word);
	write_words(next, "\t\t\t", "\n", out);
	buffer_text(out, next->len > 0 ? "\n\t\t)\n\t\t;;\n" : "\t\t)\n\t\t;;\n");
}

void
write_filter(const struct program *p, struct buffer *out)
{
	struct buffer first = BUFFER_EMPTY, names = BUFFER_EMPTY;

	filter_words_after("", &first);
	filter_words_after(FILTER_FIRST_NAMES, &names);
	buffer_printf(out, "# What may follow the word in a filter.\n"
	    "_%s_next()\n{\n\tcase $1 in\n\t''|and|or|not|'!'|'(')\n"
	    "\t\tnext=(\n", p->name);
	write_words(&first, "\t\t\t", "\n", out);
	buffer_text(out, "\n\t\t)\n\t\t[[ -z $2 ]] || next+=(\n");
	write_words(&names, "\t\t\t", "\n", out);
	buffer_text(out, "\n\t\t)\n\t\t;;\n");
	filter_each(write_case, out);
	buffer_text(out, "\t*)\n\t\tnext=(and or)\n\t\t;;\n\tesac\n}\n\n");
	out->failed |= first.failed || names.failed;
	buffer_fini(&first);
	buffer_fini(&names);
}

void
write_action(const struct program *p, const struct value *v,
    const char *const actions[], struct buffer *out)
{
	for (const char *at = actions[v->kind]; *at != '\0'; at++) {
		if (*at == '@')
			buffer_text(out, p->name);
		else
			buffer_char(out, *at);
	}
	if (v->kind == VALUE_WORDS)
		value_name(v, out);
}
