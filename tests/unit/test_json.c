/*
 * JSON: text that is valid whatever it holds, and the writer of lists.
 */
#include "output/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formatkit.h"
#include "tap.h"

#define T_MS UINT64_C(1718452800123) /* 2024-06-15 12:00:00.123 UTC */

static void
put_is(const void *data, size_t len, const char *want, const char *name)
{
	char text[1024], *end = json_put_text(text, data, len);

	*end = '\0';
	is_str(text, want, "%s", name);
	ok((size_t)(end - text) <= 2 + JSON_TEXT_FACTOR * len, "%s: room",
	    name);
}

static void
test_ascii(void)
{
	static const char *const short_forms[' '] = { [8] = "\\b",
		[9] = "\\t", [10] = "\\n", [12] = "\\f", [13] = "\\r" };
	char want[16], name[32];

	for (unsigned c = 0; c < 0x80; c++) {
		char byte = (char)c;

		if (c < ' ' && short_forms[c] != NULL)
			snprintf(want, sizeof(want), "\"%s\"", short_forms[c]);
		else if (c < ' ' || c == 0x7f)
			snprintf(want, sizeof(want), "\"\\u%04x\"", c);
		else if (c == '"' || c == '\\')
			snprintf(want, sizeof(want), "\"\\%c\"", byte);
		else
			snprintf(want, sizeof(want), "\"%c\"", byte);
		snprintf(name, sizeof(name), "character %u", c);
		put_is(&byte, 1, want, name);
	}
	put_is("", 0, "\"\"", "empty");
	put_is(NULL, 0, "\"\"", "nothing at all");
	put_is("a\0b", 3, "\"a\\u0000b\"", "a NUL within");
}

#define BAD "\xef\xbf\xbd" /* U+FFFD */

static void
test_utf8(void)
{
	static const struct {
		const char *text, *want, *name;
	} rows[] = {
		{ "\xc3\xa9", "\xc3\xa9", "two bytes" },
		{ "\xe2\x82\xac", "\xe2\x82\xac", "three bytes" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "four bytes" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "U+10FFFF" },
		{ "\xed\x9f\xbf", "\xed\x9f\xbf", "U+D7FF" },
		{ "\xee\x80\x80", "\xee\x80\x80", "U+E000" },
		{ "\xc2\x80", "\\u0080", "U+0080" },
		{ "\xc2\x9f", "\\u009f", "U+009F" },
		{ "\xc2\xa0", "\xc2\xa0", "U+00A0" },
		{ "\x80", BAD, "no lead" },
		{ "a\xff" "b", "a" BAD "b", "a byte that never is" },
		{ "\xc0\xaf", BAD BAD, "slash in two bytes" },
		{ "\xc1\xbf", BAD BAD, "DEL in two bytes" },
		{ "\xe0\x9f\xbf", BAD BAD BAD, "three bytes, too long" },
		{ "\xf0\x8f\xbf\xbf", BAD BAD BAD BAD, "four, too long" },
		{ "\xed\xa0\x80", BAD BAD BAD, "half of a pair" },
		{ "\xf4\x90\x80\x80", BAD BAD BAD BAD, "above U+10FFFF" },
		{ "\xf5\x80\x80\x80", BAD BAD BAD BAD, "lead too large" },
		{ "\xc3", BAD, "cut off after one of two" },
		{ "\xe2\x82", BAD BAD, "cut off after two of three" },
		{ "\xf0\x9f\x98", BAD BAD BAD, "cut off after three of four" },
		{ "\xc3\"", BAD "\\\"", "a quote in place of the second" },
		{ "\xe2\x82\n", BAD BAD "\\n", "a newline, of the third" },
	};
	char want[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(want, sizeof(want), "\"%s\"", rows[i].want);
		put_is(rows[i].text, strlen(rows[i].text), want, rows[i].name);
	}
}

static void
write_list(struct json *j, unsigned objects)
{
	json_list_begin(j);
	for (unsigned i = 0; i < objects; i++) {
		json_object_begin(j);
		json_string(j, "text", "a\"b");
		json_text(j, "part", "abc", 2);
		json_u64(j, "number", UINT64_MAX);
		json_time(j, "first", T_MS);
		json_key(j, "rest");
		buffer_text(j->out, "true");
		json_object_end(j);
	}
	json_list_end(j);
}

static void
list_is(enum json_layout layout, unsigned objects, const char *want,
    const char *name)
{
	struct buffer out = BUFFER_EMPTY;
	struct json j;

	json_init(&j, layout, &out);
	write_list(&j, objects);
	text_is(&out, want, name);
}

#define OBJECT \
	"{\n\t\"text\" : \"a\\\"b\",\n\t\"part\" : \"ab\",\n" \
	"\t\"number\" : 18446744073709551615,\n" \
	"\t\"first\" : \"2024-06-15T17:30:00.123+05:30\",\n" \
	"\t\"first_ms\" : 1718452800123,\n\t\"rest\" : true\n}"
#define LINE \
	"{\"text\":\"a\\\"b\",\"part\":\"ab\"," \
	"\"number\":18446744073709551615," \
	"\"first\":\"2024-06-15T17:30:00.123+05:30\"," \
	"\"first_ms\":1718452800123,\"rest\":true}\n"

static void
test_list(void)
{
	setenv("TZ", "IST-5:30", 1);
	tzset();
	list_is(JSON_ARRAY, 0, "[\n]\n", "array of none");
	list_is(JSON_ARRAY, 1, "[\n" OBJECT "]\n", "array of one");
	list_is(JSON_ARRAY, 2, "[\n" OBJECT ",\n" OBJECT "]\n",
	    "array of two");
	list_is(JSON_LINES, 0, "", "no lines");
	list_is(JSON_LINES, 2, LINE LINE, "two lines");
}

int
main(void)
{
	test_ascii();
	test_utf8();
	test_list();
	return done_testing();
}
