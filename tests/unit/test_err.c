/*
 * Errors: text, context, what is cut, exit statuses.
 */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "tap.h"

/* A text that does not fit, its end marked. */
static char too_long[2 * ERR_TEXT_MAX];

static int
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0;
}

static void
test_set(void)
{
	struct err err;

	is_int(err_set(&err, ERR_VALUE, "port %d of %s", 7, "it"), -1,
	    "err_set() gives -1");
	is_int(err.code, ERR_VALUE, "err_set() sets the code");
	is_str(err.text, "port 7 of it", "err_set() sets the text");
	is_int(err_set(NULL, ERR_VALUE, "%s", "text"), -1,
	    "err_set() without an error gives -1");
	err_set(&err, ERR_FILTER, "again: %s", err.text);
	is_str(err.text, "again: port 7 of it",
	    "err_set() with its own text as an argument");
	is_int(err.code, ERR_FILTER, "the code is the last one");
	err_set(&err, ERR_VALUE, "%s", too_long);
	is_uint(strlen(err.text), ERR_TEXT_MAX - 1, "a long text is cut");
	err_set(&err, ERR_VALUE, "name '%s'", "a\nb\r\x1b[2J\x7f\xc3\xa4\t");
	is_str(err.text, "name 'a b  [2J \xc3\xa4 '",
	    "control characters become blanks");
	err_set(&err, ERR_VALUE, "%s", "\xc2\x9b" "1m\x9b|\xff|\xc3|\xe2\x82|"
				       "\xed\xa0\x80|\xe2\x82\xac\xc2\xa0");
	is_str(err.text, "  1m | | |  |   |\xe2\x82\xac\xc2\xa0",
	    "those of two bytes, and what is no UTF-8, too");
}

static void
test_system(void)
{
	struct err err;

	errno = ENOENT;
	is_int(err_system(&err, "%s", "a/b"), -1, "err_system() gives -1");
	is_int(errno, ENOENT, "err_system() keeps errno");
	is_int(err.code, ERR_SYSTEM, "err_system() sets the code");
	is_str(err.text, "a/b: No such file or directory",
	    "err_system() adds the reason");
	is_int(err_system(NULL, "x"), -1, "err_system() without an error");
	errno = EACCES;
	err_system(&err, "%s", too_long);
	ok(ends_with(err.text, "x: Permission denied"),
	    "the reason survives a long text");
	is_uint(strlen(err.text), ERR_TEXT_MAX - 1, "and fills the space");
	/* a text that cannot be made, and that sets errno */
	errno = EACCES;
	err_system(&err, "%lc", (wint_t)0x20ac);
	ok(errno == EACCES && ends_with(err.text, ": Permission denied"),
	    "errno and reason are those of the call");
	is_int(err_nomem(&err), -1, "err_nomem() gives -1");
	is_int(err.code, ERR_NOMEM, "err_nomem() sets the code");
	is_str(err.text, "out of memory", "err_nomem() sets the text");
	is_int(err_nomem(NULL), -1, "err_nomem() without an error");
}

static void
test_context(void)
{
	struct err err;

	err_set(&err, ERR_MALFORMED, "block of %u bytes", 9u);
	is_int(err_context(&err, "%s: block %d", "f", 3), -1,
	    "err_context() gives -1");
	is_str(err.text, "f: block 3: block of 9 bytes",
	    "err_context() puts the prefix first");
	is_int(err.code, ERR_MALFORMED, "err_context() keeps the code");
	is_int(err_context(NULL, "x"), -1, "err_context() without an error");
	err_context(&err, "%s\n", "g");
	is_str(err.text, "g : f: block 3: block of 9 bytes",
	    "a second prefix, without control characters");
	err_set(&err, ERR_VALUE, "inner");
	err_context(&err, "was '%s'", err.text);
	is_str(err.text, "was 'inner': inner",
	    "the text as an argument of its prefix");
}

static void
test_long_context(void)
{
	struct err err;

	err_set(&err, ERR_VALUE, "the reason");
	err_context(&err, "%s", too_long);
	ok(ends_with(err.text, "xx: the reason"),
	    "a long prefix is cut, not the text");
	is_uint(strlen(err.text), ERR_TEXT_MAX - 1, "and fills the space");
	err_set(&err, ERR_VALUE, "%s", too_long);
	err_context(&err, "file");
	ok(strncmp(err.text, "file: xxx", 9) == 0,
	    "a short prefix of a long text stays");
	err_set(&err, ERR_VALUE, "y%s", too_long);
	err_context(&err, "z%s", too_long);
	ok(err.text[0] == 'z' && strstr(err.text, "x: yx") != NULL,
	    "of two long texts both are seen");
	is_uint(strlen(err.text), ERR_TEXT_MAX - 1, "and fill the space");
}

/* Statuses of design.md section 7. */
static void
test_status(void)
{
	static const struct {
		enum err_code code;
		int status;
	} want[] = {
		{ ERR_NONE, 0 },
		{ ERR_USAGE, 1 },
		{ ERR_VALUE, 1 },
		{ ERR_SYSTEM, 250 },
		{ ERR_MALFORMED, 250 },
		{ ERR_FILTER, 254 },
		{ ERR_NOMEM, 255 },
		{ ERR_INTERNAL, 255 },
	};
	struct err err;

	is_uint(sizeof(want) / sizeof(want[0]), ERR_COUNT,
	    "every code has a status here");
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		err_set(&err, want[i].code, "x");
		is_int(err_status(&err), want[i].status, "status of code %d",
		    (int)want[i].code);
	}
}

int
main(void)
{
	memset(too_long, 'x', sizeof(too_long) - 1);
	test_set();
	test_system();
	test_context();
	test_long_context();
	test_status();
	return done_testing();
}
