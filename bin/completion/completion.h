#ifndef COMPLETION_COMPLETION_H
#define COMPLETION_COMPLETION_H

#include <string.h>

#include "base/buffer.h"
#include "common/options.h"

/*
 * Completion of command lines, written from the tables of options: for each
 * program what arguments and operands can be, and for each shell a writer.
 */

enum value_kind {
	VALUE_TEXT, /* nothing can be said */
	VALUE_FILE,
	VALUE_DIR,
	VALUE_DIRS, /* dir:dir... */
	VALUE_USER,
	VALUE_GROUP,
	VALUE_HOST,
	VALUE_INTERFACE,
	VALUE_WORDS, /* one of "words", and what "more" says */
	VALUE_FILTER /* of flow-filter(7) */
};

/* Append words, each with a blank behind. */
typedef void (*words_fn)(struct buffer *out);

/*
 * Behind the last separator in a word that begins with the prefix stands one
 * of other words.
 */
struct value_more {
	const char *prefix; /* NULL: no more of them */
	char separator;
	words_fn words;
};

#define VALUE_MORE 2

struct value {
	const char *arg; /* name in the table of options, without brackets */
	enum value_kind kind;
	words_fn words;
	struct value_more more[VALUE_MORE];
};

struct program {
	const char *name;
	const char *aliases; /* names of others that it goes by */
	const struct opt_table *options;
	const struct value *values; /* its own */
	size_t count;
	struct value operands;
	const char *paths; /* option that makes files of the operands */
};

/* NULL: there is none. */
const struct program *program_find(const char *name);

/* What the argument of an option is; one that has none is a broken table. */
const struct value *program_value(const struct program *p,
    const struct opt *o);

/* Its nth value that needs a function of its own, NULL behind the last. */
const struct value *program_words(const struct program *p, size_t n);

/* Is there an option with this kind of value, or do operands have it? */
bool program_has(const struct program *p, enum value_kind kind);

/* Does the usage text tell of it? */
static inline bool
option_is_offered(const struct opt *o)
{
	return o->help != NULL;
}

/* Is it as "[dir]"? */
static inline bool
option_may_lack_value(const struct opt *o)
{
	return o->arg[0] == '[' && o->arg[strlen(o->arg) - 1] == ']';
}

/* "-n --name ", what there is of it. */
void option_spellings(const struct opt *o, struct buffer *words);

/* The name of the argument as one of a function. */
void value_name(const struct value *v, struct buffer *out);

/* Can more follow a word of its list? */
bool value_goes_on(const struct value *v);

/*
 * The words of a list that end as asked for, in ":", "/" or "%", or those that
 * do not.
 */
void words_open(words_fn words, bool is_open, struct buffer *out);

/*
 * Write words that have blanks behind in lines that begin with "indent", with
 * "end" between them; or the words of a function.
 */
void write_words(const struct buffer *words, const char *indent,
    const char *end, struct buffer *out);
void write_list(words_fn words, const char *indent, const char *end,
    struct buffer *out);

/*
 * Write what a shell does for a value, by its kind: "@" stands for the name of
 * the program, and behind what VALUE_WORDS has comes that of the value.
 */
void write_action(const struct program *p, const struct value *v,
    const char *const actions[], struct buffer *out);

/* Each word of filters, and what may follow it. */
typedef void (*filter_fn)(const char *word, const struct buffer *next,
    struct buffer *out);
void filter_each(filter_fn fn, struct buffer *out);

/* A word whose names begin a test, too. */
#define FILTER_FIRST_NAMES "proto"

/* A function for bash and zsh that puts what follows a word into "next". */
void write_filter(const struct program *p, struct buffer *out);

/* The writers: what stands before the code that is the same for all. */
void bash_write(const struct program *p, struct buffer *out);
void fish_write(const struct program *p, struct buffer *out);
void zsh_write(const struct program *p, struct buffer *out);

#endif
