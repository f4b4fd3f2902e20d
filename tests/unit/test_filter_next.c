/*
 * What may follow a word of a filter: what is offered is taken.
 */
#include "query/filter.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tap.h"

#define WORDS_MAX 512
#define WORD_ROOM 64

struct list {
	char word[WORDS_MAX][WORD_ROOM];
	unsigned count;
};

static void
take(struct list *l, struct buffer *b)
{
	char *save;

	l->count = 0;
	buffer_char(b, '\0');
	if (b->failed)
		bail("no memory");
	for (char *w = strtok_r(b->data, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save)) {
		if (l->count == WORDS_MAX || strlen(w) >= WORD_ROOM)
			bail("too many words");
		memcpy(l->word[l->count++], w, strlen(w) + 1);
	}
	buffer_fini(b);
}

static void
after(const char *word, struct list *l)
{
	struct buffer b = BUFFER_EMPTY;

	filter_words_after(word, &b);
	take(l, &b);
}

static bool
has(const struct list *l, const char *word)
{
	for (unsigned i = 0; i < l->count; i++)
		if (strcmp(l->word[i], word) == 0)
			return true;
	return false;
}

static unsigned
twice(const struct list *l)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->count; i++)
		for (unsigned j = 0; j < i; j++)
			n += strcmp(l->word[i], l->word[j]) == 0;
	return n;
}

static bool
compiles(const char *text)
{
	struct err err;
	struct filter *f = filter_compile(text, "filter", &err);

	if (f == NULL)
		note("%s: %s", text, err.text);
	filter_free(f);
	return f != NULL;
}

/* Tests of one word, which nothing has to follow. */
static void
test_first(void)
{
	static struct list first, next;
	unsigned refused = 0, whole = 0;

	after("", &first);
	ok(first.count > 50 && has(&first, "src") && has(&first, "any") &&
	    has(&first, "not"), "words that begin a test");
	ok(!has(&first, "and"), "and joins tests");
	is_uint(twice(&first), 0, "none twice");
	for (unsigned i = 0; i < first.count; i++) {
		after(first.word[i], &next);
		if (next.count != 2 || !has(&next, "and") ||
		    strcmp(first.word[i], "not") == 0)
			continue;
		whole++;
		refused += !compiles(first.word[i]);
	}
	ok(whole > 3, "some are a test already");
	is_uint(refused, 0, "and compile");
}

static void
test_names(void)
{
	static struct list names;
	char text[WORD_ROOM + 16];
	unsigned refused = 0;

	after("proto", &names);
	ok(has(&names, "tcp") && has(&names, "udp"), "names of protocols");
	for (unsigned i = 0; i < names.count; i++) {
		snprintf(text, sizeof(text), "proto %s", names.word[i]);
		refused += !compiles(text);
	}
	is_uint(refused, 0, "are taken");
}

static void
test_words(void)
{
	static struct list all, next;
	struct buffer b = BUFFER_EMPTY;

	filter_words(&b);
	take(&all, &b);
	is_uint(twice(&all), 0, "no word twice");
	ok(has(&all, "bgpnext") && has(&all, "label1") &&
	    !has(&all, "label#"), "words with a number have one");
	after("bgpnext", &next);
	ok(has(&next, "ip") && has(&next, "host") && !has(&next, "port"),
	    "the next word of a phrase");
	after("no-such-word", &next);
	is_uint(next.count, 0, "nothing after others");
	for (unsigned i = 0; i < all.count; i++) {
		after(all.word[i], &next);
		if (twice(&next) > 0)
			ok(false, "twice after %s", all.word[i]);
	}
}

int
main(void)
{
	test_first();
	test_names();
	test_words();
	return done_testing();
}
