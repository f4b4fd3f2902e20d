#ifndef FLOWCAPD_ARGS_INT_H
#define FLOWCAPD_ARGS_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/options.h"
#include "flowcapd/args.h"

/*
 * The walk over the command line.  args.c has the table and the walk,
 * args_letters.c the letters that are no plain rows of it, args_check.c what
 * is settled when the whole line is known.
 */

#define DIRS_MAX 16

/* -l, -w or -x with a word, in order. */
struct word {
	int letter;
	const char *text;
};

struct walk {
	int argc;
	char **argv;
	int next; /* word to look at */
	struct config *config;
	const struct args_probe *probe;
	struct word words[DIRS_MAX];
	unsigned nwords;
	unsigned operands;
};

/*
 * A letter with rules of its own.  "glued" is the rest of its word, never
 * empty, or NULL.  Returns 1 when the rest belongs to it, 0 when the walk
 * goes on with the rest as a cluster, -1 on error.
 */
typedef int (*letter_fn)(struct walk *w, const char *glued, struct err *err);

/* The function of a letter, or NULL. */
letter_fn args_letter(int letter);

/* The next word if there is one, without taking it. */
const char *args_peek(const struct walk *w);

/* Is text a cluster of letters up to the first that takes an argument? */
bool args_is_cluster(const char *text);

/* A compression method; one only.  ERR_USAGE. */
int args_set_compression(struct config *c, const char *name, struct err *err);

/* One of the settings, by its name.  ERR_VALUE. */
int args_set(struct config *c, const char *name, const char *value,
    struct err *err);

void args_warn(struct config *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Directories, commands and sources of the whole line. */
int args_settle(struct walk *w, struct err *err);

/* Numbers and names, each by itself and against each other. */
int args_check(struct config *c, struct err *err);

#endif
