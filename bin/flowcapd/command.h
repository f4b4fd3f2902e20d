#ifndef FLOWCAPD_COMMAND_H
#define FLOWCAPD_COMMAND_H

#include <stdint.h>

#include "base/err.h"

/*
 * The launch command (collector.md 6).  It is split at blanks once, at the
 * start; single and double quotes keep blanks in a word, and nothing escapes
 * them.  Then %f, %d, %t, %u, %i and %% are replaced in each word, so that a
 * value is never split, whatever is in it.  There is no shell.
 */

#define COMMAND_WORDS_MAX 256
#define COMMAND_LEN_MAX 4096

struct command;

struct command_values {
	const char *name; /* %f; the end of it gives %t */
	const char *dir; /* %d */
	const char *ident; /* %i */
	int64_t start_s; /* %u */
};

/*
 * Unknown tokens stay, and are told to unknown() with the character behind
 * the %, 0 at the end of a word; it may be NULL.  NULL: ERR_USAGE without a
 * word, with too much of them, or with a quote that does not end; ERR_NOMEM.
 */
struct command *command_parse(const char *text, void (*unknown)(char token),
    struct err *err);

/* NULL is allowed. */
void command_free(struct command *c);

/*
 * The words for exec(3), ended by NULL.  One piece of memory, which the
 * caller frees.  NULL without memory.
 */
char **command_expand(const struct command *c,
    const struct command_values *v);

/*
 * Take out of an environment what would make loaders, shells and interpreters
 * load something else, or mistake the command for us.  Works in place.
 */
void command_clean_environment(char **environment);

#endif
