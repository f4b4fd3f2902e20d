#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"

/*
 * Command line options as a table: a row gives the parser its letter and
 * where the value goes, the usage text its line, and the manual page test
 * its list.
 */

enum opt_type {
	OPT_FLAG, /* bool, set to true */
	OPT_STR, /* const char *, the argument itself */
	OPT_U32, /* uint32_t, decimal */
	OPT_U64, /* uint64_t, decimal */
	OPT_COUNT, /* the same, at least 1 */
	OPT_LIST, /* struct opt_list: one more member a use */
	OPT_REFUSED /* of another program: an error that says what to do */
};

#define OPT_LIST_MAX 64

struct opt_list {
	const char *items[OPT_LIST_MAX];
	unsigned count;
};

struct opt {
	int letter; /* 0: long name only */
	const char *name; /* long name without "--", or NULL */
	enum opt_type type;
	size_t offset; /* in the program's configuration struct */
	/* name of the argument, NULL for flags; OPT_REFUSED: what to do */
	const char *arg;
	const char *help; /* NULL: not in the usage text */
};

struct opt_table {
	const struct opt *rows;
	size_t count;
};

/* Name that the program was called by, without directories; or "otherwise". */
const char *options_program(int argc, char **argv, const char *otherwise);

/* The row of a letter or a long name, or NULL. */
const struct opt *options_by_letter(const struct opt_table *table, int letter);
const struct opt *options_by_name(const struct opt_table *table,
    const char *name, size_t len);

/*
 * Store the value of one option; text is NULL for a flag.  ERR_VALUE for what
 * is no number or too large a one, and for OPT_REFUSED, ERR_USAGE when a list
 * is full; both name the option.
 */
int options_set(const struct opt *opt, const char *text, void *config,
    struct err *err);

/*
 * Parse argv[1..] the way GNU getopt does: options and operands in any order,
 * clusters ("-qN"), glued or separate arguments ("-n5"), "--name=value",
 * "--" ends the options.  Operands are moved to argv[1..*operands].  -1 with
 * ERR_USAGE, or what options_set() says of a value.
 */
int options_parse(const struct opt_table *table, int argc, char **argv,
    void *config, int *operands, struct err *err);

/* Each option begins a line; no line is longer than 80 columns. */
void options_usage(const struct opt_table *table, FILE *out);

#endif
