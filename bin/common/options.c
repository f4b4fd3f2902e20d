/*
 * Option tables: parsing and usage text.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/options.h"

#define USAGE_WIDTH 80
#define HELP_COLUMN 25

const char *
options_program(int argc, char **argv, const char *otherwise)
{
	const char *slash;

	if (argc == 0 || *argv[0] == '\0')
		return otherwise;
	slash = strrchr(argv[0], '/');
	return slash != NULL ? slash + 1 : argv[0];
}

const struct opt *
options_by_letter(const struct opt_table *table, int letter)
{
	for (size_t i = 0; i < table->count; i++)
		if (letter != 0 && table->rows[i].letter == letter)
			return &table->rows[i];
	return NULL;
}

const struct opt *
options_by_name(const struct opt_table *table, const char *name, size_t len)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct opt *o = &table->rows[i];

		if (o->name != NULL && strlen(o->name) == len &&
		    strncmp(o->name, name, len) == 0)
			return o;
	}
	return NULL;
}

/* "-n" or "--name", for messages. */
static const char *
spelling(const struct opt *opt, char buf[64])
{
	if (opt->letter != 0)
		snprintf(buf, 64, "-%c", opt->letter);
	else
		snprintf(buf, 64, "--%s", opt->name);
	return buf;
}

static int
parse_number(const struct opt *opt, const char *text, uint64_t max,
    uint64_t *value, struct err *err)
{
	char buf[64], *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0')
		return err_set(err, ERR_VALUE,
		    "option %s needs a number, not '%s'", spelling(opt, buf),
		    text);
	if (errno == ERANGE || v > max)
		return err_set(err, ERR_VALUE,
		    "option %s: %s is above %llu", spelling(opt, buf), text,
		    (unsigned long long)max);
	*value = v;
	return 0;
}

static int
parse_count(const struct opt *opt, const char *text, uint64_t *value,
    struct err *err)
{
	char buf[64];

	if (parse_number(opt, text, UINT64_MAX, value, err) == -1 ||
	    *value == 0)
		return err_set(err, ERR_VALUE,
		    "option %s needs a number > 0, not '%s'",
		    spelling(opt, buf), text);
	return 0;
}

static int
append(const struct opt *opt, struct opt_list *list, const char *text,
    struct err *err)
{
	char buf[64];

	if (list->count == OPT_LIST_MAX)
		return err_set(err, ERR_USAGE,
		    "option %s more than %d times", spelling(opt, buf),
		    OPT_LIST_MAX);
	list->items[list->count++] = text;
	return 0;
}

int
options_set(const struct opt *opt, const char *text, void *config,
    struct err *err)
{
	void *value = (char *)config + opt->offset;
	char buf[64];
	uint64_t number;

	switch (opt->type) {
	case OPT_FLAG:
		*(bool *)value = true;
		return 0;
	case OPT_STR:
		*(const char **)value = text;
		return 0;
	case OPT_U32:
		if (parse_number(opt, text, UINT32_MAX, &number, err) == -1)
			return -1;
		*(uint32_t *)value = (uint32_t)number;
		return 0;
	case OPT_U64:
		return parse_number(opt, text, UINT64_MAX, value, err);
	case OPT_COUNT:
		return parse_count(opt, text, value, err);
	case OPT_LIST:
		return append(opt, value, text, err);
	case OPT_REFUSED:
		return err_set(err, ERR_VALUE, "option %s: %s",
		    spelling(opt, buf), opt->arg);
	}
	return 0;
}

/* The words of a command line, and where parsing stands. */
struct walk {
	const struct opt_table *table;
	int argc;
	char **argv;
	int next; /* word to look at */
	void *config;
};

static int
set_with_argument(struct walk *w, const struct opt *opt, const char *glued,
    struct err *err)
{
	char buf[64];

	if (opt->type == OPT_FLAG || opt->type == OPT_REFUSED)
		return options_set(opt, NULL, w->config, err);
	if (glued != NULL)
		return options_set(opt, glued, w->config, err);
	if (w->next >= w->argc)
		return err_set(err, ERR_USAGE, "option %s needs an argument",
		    spelling(opt, buf));
	return options_set(opt, w->argv[w->next++], w->config, err);
}

static int
parse_long(struct walk *w, const char *word, struct err *err)
{
	const char *equal = strchr(word, '=');
	size_t len = equal != NULL ? (size_t)(equal - word) : strlen(word);
	const struct opt *opt;

	opt = options_by_name(w->table, word, len);
	if (opt == NULL)
		return err_set(err, ERR_USAGE, "unknown option --%.*s",
		    (int)len, word);
	if (opt->type == OPT_FLAG && equal != NULL)
		return err_set(err, ERR_USAGE,
		    "option --%s takes no argument", opt->name);
	return set_with_argument(w, opt, equal != NULL ? equal + 1 : NULL,
	    err);
}

static int
parse_cluster(struct walk *w, const char *letters, struct err *err)
{
	const struct opt *opt;

	for (; *letters != '\0'; letters++) {
		opt = options_by_letter(w->table, (unsigned char)*letters);
		if (opt == NULL)
			return err_set(err, ERR_USAGE, "unknown option -%c",
			    *letters);
		if (opt->type != OPT_FLAG)
			return set_with_argument(w, opt,
			    letters[1] != '\0' ? letters + 1 : NULL, err);
		options_set(opt, NULL, w->config, err);
	}
	return 0;
}

int
options_parse(const struct opt_table *table, int argc, char **argv,
    void *config, int *operands, struct err *err)
{
	struct walk w = { table, argc, argv, 1, config };
	char *word;

	*operands = 0;
	while (w.next < argc) {
		word = argv[w.next++];
		if (strcmp(word, "--") == 0)
			break;
		if (word[0] != '-' || word[1] == '\0')
			argv[++*operands] = word;
		else if (word[1] == '-') {
			if (parse_long(&w, word + 2, err) == -1)
				return -1;
		} else if (parse_cluster(&w, word + 1, err) == -1)
			return -1;
	}
	while (w.next < argc)
		argv[++*operands] = argv[w.next++];
	return 0;
}

/* "  -n, --name arg" */
static int
print_spellings(const struct opt *o, FILE *out)
{
	int len = 0;

	if (o->letter != 0)
		len += fprintf(out, "  -%c", o->letter);
	if (o->name != NULL)
		len += fprintf(out, "%s--%s", len > 0 ? ", " : "  ", o->name);
	if (o->arg != NULL)
		len += fprintf(out, " %s", o->arg);
	return len;
}

/* The words of the help in a column of their own. */
static void
print_help(const char *text, int column, FILE *out)
{
	int len;

	if (column >= HELP_COLUMN)
		column = USAGE_WIDTH;
	for (; *text != '\0'; text += len + (text[len] == ' ')) {
		len = (int)strcspn(text, " ");
		if (column + 1 + len > USAGE_WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += fprintf(out, "%*s%.*s", column < HELP_COLUMN ?
			HELP_COLUMN - column : 1, "", len, text);
	}
	fputc('\n', out);
}

void
options_usage(const struct opt_table *table, FILE *out)
{
	const struct opt *o;

	for (size_t i = 0; i < table->count; i++) {
		o = &table->rows[i];
		if (o->help != NULL)
			print_help(o->help, print_spellings(o, out), out);
	}
}
