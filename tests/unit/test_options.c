/*
 * Option tables: random command lines against getopt_long(), values, and
 * what is refused.
 */
#include "common/options.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "tap.h"

#define WORDS 8

struct config {
	bool quiet;
	bool verbose;
	bool raw;
	const char *read;
	const char *format;
	const char *zone;
	uint32_t count;
	uint64_t limit;
	struct opt_list stats;
};

#define AT(member) offsetof(struct config, member)

static const struct opt rows[] = {
	{ 'q', "quiet", OPT_FLAG, AT(quiet), NULL, "print no heading" },
	{ 'v', NULL, OPT_FLAG, AT(verbose), NULL, "say more" },
	{ 0, "raw", OPT_FLAG, AT(raw), NULL, "print raw bytes" },
	{ 'r', NULL, OPT_STR, AT(read), "path", "read this file" },
	{ 'o', "format", OPT_STR, AT(format), "mode", "print like this" },
	{ 0, "zone", OPT_STR, AT(zone), "name", "time zone" },
	{ 'c', "count", OPT_U32, AT(count), "count", "stop after count" },
	{ 0, "limit", OPT_U64, AT(limit), "bytes", NULL },
	{ 's', NULL, OPT_LIST, AT(stats), "field",
	    "statistics of this field, which are so long that they need two "
	    "lines" },
	{ 0, "one-that-leaves-no", OPT_STR, AT(zone), "room", "x" },
};

static const struct opt_table table = { rows,
	sizeof(rows) / sizeof(rows[0]) };

static int
parse(struct config *c, int argc, char **argv, int *operands, struct err *err)
{
	memset(c, 0, sizeof(*c));
	memset(err, 0, sizeof(*err));
	return options_parse(&table, argc, argv, c, operands, err);
}

/* The same with getopt_long(); numbers are left out, they are our own. */
static int
twin(struct config *c, int argc, char **argv, int *operands)
{
	static const struct option longs[] = {
		{ "quiet", no_argument, NULL, 'q' },
		{ "raw", no_argument, NULL, 1001 },
		{ "format", required_argument, NULL, 'o' },
		{ "zone", required_argument, NULL, 1002 },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	memset(c, 0, sizeof(*c));
	opterr = 0;
	optind = 0;
	while ((opt = getopt_long(argc, argv, "qvr:o:s:", longs, NULL)) != -1) {
		if (opt == '?')
			return -1;
		if (opt == 'q')
			c->quiet = true;
		else if (opt == 'v')
			c->verbose = true;
		else if (opt == 1001)
			c->raw = true;
		else if (opt == 'r')
			c->read = optarg;
		else if (opt == 'o')
			c->format = optarg;
		else if (opt == 1002)
			c->zone = optarg;
		else if (opt == 's')
			c->stats.items[c->stats.count++] = optarg;
	}
	*operands = argc - optind;
	memmove(argv + 1, argv + optind, sizeof(*argv) * (size_t)*operands);
	return 0;
}

static bool
are_equal(const struct config *a, const struct config *b)
{
	if (a->quiet != b->quiet || a->verbose != b->verbose ||
	    a->raw != b->raw || a->stats.count != b->stats.count)
		return false;
	for (unsigned i = 0; i < a->stats.count; i++)
		if (strcmp(a->stats.items[i], b->stats.items[i]) != 0)
			return false;
	/* both point into the same words, or nowhere */
	return a->read == b->read && a->format == b->format &&
	    a->zone == b->zone;
}

static bool
agrees(struct dice *d, unsigned *accepted)
{
	static char words[][12] = { "-q", "-v", "-qv", "-qr", "-rfile",
		"-vofmt", "-r", "-o", "-s", "-sa", "-sb/c", "-", "--", "src",
		"port 53", "", "--quiet", "--raw", "--raw=1", "--format",
		"--format=a=b", "--format=", "--zone", "--zone=UTC", "-x",
		"-qx", "--none", "--none=1", "---", "--=", "-q-", "-o-q" };
	char *met[WORDS + 2], *ours[WORDS + 2], *theirs[WORDS + 2];
	char name[] = "test";
	int argc = 1 + (int)dice_below(d, WORDS + 1), rc, want;
	int operands = 0, want_operands = 0;
	struct config c, expected;
	struct err err;
	bool good;

	memset(met, 0, sizeof(met));
	met[0] = name;
	for (int i = 1; i < argc; i++)
		met[i] = words[dice_below(d, sizeof(words) / sizeof(words[0]))];
	memcpy(ours, met, sizeof(met));
	memcpy(theirs, met, sizeof(met));
	want = twin(&expected, argc, theirs, &want_operands);
	rc = parse(&c, argc, ours, &operands, &err);
	*accepted += rc == 0;
	good = rc == want && (rc == 0 || err.code == ERR_USAGE ||
	    err.code == ERR_VALUE);
	if (good && rc == 0)
		good = are_equal(&c, &expected) && operands == want_operands &&
		    memcmp(ours + 1, theirs + 1,
			sizeof(*ours) * (size_t)operands) == 0;
	for (int i = 1; !good && i < argc; i++)
		note("word '%s'", met[i]);
	return good;
}

static void
test_twin(void)
{
	struct dice d;
	unsigned accepted = 0;
	bool good = true;

	unsetenv("POSIXLY_CORRECT");
	dice_init(&d);
	for (int i = 0; good && i < 200000; i++)
		good = agrees(&d, &accepted);
	ok(good, "command lines are read as getopt_long() does");
	ok(accepted > 1000, "%u of them were accepted", accepted);
}

/* Up to five words; the first is the program. */
struct line {
	const char *words[6];
	const char *message;
};

static int
count(const struct line *line, char *argv[6], char store[6][80])
{
	int argc = 0;

	for (; argc < 6 && line->words[argc] != NULL; argc++) {
		snprintf(store[argc], 80, "%s", line->words[argc]);
		argv[argc] = store[argc];
	}
	return argc;
}

static void
test_refused(void)
{
	static const struct line lines[] = {
		{ { "p", "-x" }, "unknown option -x" },
		{ { "p", "-qx" }, "unknown option -x" },
		{ { "p", "--what" }, "unknown option --what" },
		{ { "p", "--what=ever" }, "unknown option --what" },
		{ { "p", "--qui" }, "unknown option --qui" },
		{ { "p", "--=1" }, "unknown option --" },
		{ { "p", "--raw=1" }, "option --raw takes no argument" },
		{ { "p", "--quiet=" }, "option --quiet takes no argument" },
		{ { "p", "-r" }, "option -r needs an argument" },
		{ { "p", "-qr" }, "option -r needs an argument" },
		{ { "p", "--zone" }, "option --zone needs an argument" },
		{ { "p", "-c", "x" }, "option -c needs a number, not 'x'" },
		{ { "p", "-c5x" }, "option -c needs a number, not '5x'" },
		{ { "p", "-c", "-1" }, "option -c needs a number, not '-1'" },
		{ { "p", "-c", "+1" }, "option -c needs a number, not '+1'" },
		{ { "p", "-c", " 1" }, "option -c needs a number, not ' 1'" },
		{ { "p", "-c", "" }, "option -c needs a number, not ''" },
		{ { "p", "-c", "0x1" }, "needs a number, not '0x1'" },
		{ { "p", "-c4294967296" },
		    "option -c: 4294967296 is above 4294967295" },
		{ { "p", "--limit=18446744073709551616" },
		    "option --limit: 18446744073709551616 is above "
		    "18446744073709551615" },
		{ { "p", "-c=5" }, "option -c needs a number, not '=5'" },
		{ { "p", "--count=" }, "option -c needs a number, not ''" },
		{ { "p", "a", "-q", "-x", "b" }, "unknown option -x" },
	};
	char store[6][80], *argv[6];
	int argc, operands;
	struct config c;
	struct err err;
	bool is_value;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		argc = count(&lines[i], argv, store);
		is_value = strstr(lines[i].message, "needs a number") != NULL ||
		    strstr(lines[i].message, "is above") != NULL;
		ok(parse(&c, argc, argv, &operands, &err) == -1 &&
			err.code == (is_value ? ERR_VALUE : ERR_USAGE),
		    "refused: %s", lines[i].words[argc - 1]);
		if (!ok(strstr(err.text, lines[i].message) != NULL,
			"message: %s", lines[i].message))
			note("%s", err.text);
	}
}

static void
test_values(void)
{
	char store[6][80], *argv[6];
	struct line line = { .words = { "p", "-c", "4294967295", "x", "-q",
				 "--limit=18446744073709551615" } };
	struct config c;
	struct err err;
	int operands;

	is_int(parse(&c, count(&line, argv, store), argv, &operands, &err), 0,
	    "the largest numbers");
	is_uint(c.count, UINT32_MAX, "a 32-bit number");
	is_uint(c.limit, UINT64_MAX, "a 64-bit number");
	ok(c.quiet && operands == 1 && strcmp(argv[1], "x") == 0,
	    "what is around them");
	line = (struct line){ .words = { "p", "-c007", "-ca" } };
	is_int(parse(&c, count(&line, argv, store), argv, &operands, &err), -1,
	    "one bad value after a good one");
	line = (struct line){ .words = { "p", "-c7", "-c", "8" } };
	parse(&c, count(&line, argv, store), argv, &operands, &err);
	is_uint(c.count, 8, "the last number counts");
	ok(operands == 0, "no operand is left");
}

/* An option of another program takes no argument, whatever follows. */
static void
test_foreign(void)
{
	static const struct opt foreign_rows[] = {
		{ 'q', NULL, OPT_FLAG, AT(quiet), NULL, "print no heading" },
		{ 'J', NULL, OPT_REFUSED, 0, "use -w", NULL },
	};
	static const struct opt_table foreign = { foreign_rows, 2 };
	char name[] = "p", *argv[] = { name, NULL };
	static char words[][6] = { "-J", "-J3", "-qJ" };
	struct config c;
	struct err err;
	int operands;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		argv[1] = words[i];
		memset(&c, 0, sizeof(c));
		is_int(options_parse(&foreign, 2, argv, &c, &operands,
		    &err), -1, "%s is refused", words[i]);
		is_int(err.code, ERR_VALUE, "code");
		is_str(err.text, "option -J: use -w", "what to do instead");
	}
}

static void
test_list(void)
{
	char word[] = "-sx", name[] = "p", *argv[OPT_LIST_MAX + 2];
	struct config c;
	struct err err;
	int operands;

	argv[0] = name;
	for (int i = 1; i < OPT_LIST_MAX + 2; i++)
		argv[i] = word;
	is_int(parse(&c, OPT_LIST_MAX + 1, argv, &operands, &err), 0,
	    "as many members as a list takes");
	is_uint(c.stats.count, OPT_LIST_MAX, "are all there");
	ok(c.stats.items[OPT_LIST_MAX - 1] == word + 2, "up to the last");
	is_int(parse(&c, OPT_LIST_MAX + 2, argv, &operands, &err), -1,
	    "one more is refused");
	is_str(err.text, "option -s more than 64 times", "by its name");
	is_int(parse(&c, 1, argv, &operands, &err), 0, "no words");
	is_int(parse(&c, 0, argv, &operands, &err), 0, "not even a name");
	is_int(operands, 0, "no operands");
}

static void
test_rows(void)
{
	ok(options_by_letter(&table, 'o') == &rows[4], "row of -o");
	ok(options_by_letter(&table, 'z') == NULL, "no row of -z");
	ok(options_by_letter(&table, 0) == NULL, "no letter, no row");
	ok(options_by_name(&table, "zone=x", 4) == &rows[5],
	    "row of --zone");
	ok(options_by_name(&table, "zon", 3) == NULL, "no part of it");
	ok(options_by_name(&table, "", 0) == NULL, "no name, no row");
}

static void
test_usage(void)
{
	/* clang-format off */
	static const char want[] =
	    "  -q, --quiet            print no heading\n"
	    "  -v                     say more\n"
	    "  --raw                  print raw bytes\n"
	    "  -r path                read this file\n"
	    "  -o, --format mode      print like this\n"
	    "  --zone name            time zone\n"
	    "  -c, --count count      stop after count\n"
	    "  -s field               statistics of this field, which are "
	    "so long that they\n"
	    "                         need two lines\n"
	    "  --one-that-leaves-no room\n"
	    "                         x\n";
	/* clang-format on */
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		bail("open_memstream");
	options_usage(&table, out);
	fclose(out);
	is_str(text, want, "the usage text");
	free(text);
}

static void
test_program(void)
{
	char path[] = "/usr/bin/nfdump", bare[] = "flowdump", none[] = "";
	char *argv[] = { path, bare, none };

	is_str(options_program(1, argv, "x"), "nfdump", "without directories");
	is_str(options_program(1, argv + 1, "x"), "flowdump", "as it is");
	is_str(options_program(1, argv + 2, "x"), "x", "an empty name");
	is_str(options_program(0, argv, "x"), "x", "no name");
}

int
main(void)
{
	test_program();
	test_twin();
	test_refused();
	test_values();
	test_foreign();
	test_list();
	test_rows();
	test_usage();
	return done_testing();
}
