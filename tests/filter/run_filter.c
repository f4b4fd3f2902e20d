/*
 * The filter tables: spellings that must compile to the same program
 * (accept.txt), texts that must be refused with a message (reject.txt), and
 * the flows of mixed.txt that a filter selects (apply.txt).  Then the corpus
 * of texts that nfdump takes and refuses (tests/data/filters), and the normal
 * forms of those it takes (normal.txt).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "flow/flow.h"
#include "query/filter.h"
#include "tap.h"

#define LINE_MAX_LEN 4096

/* Bytes of a file that is too long to be included. */
#define BIG (64 * 1024 * 1024 + 1)

/* Host names that the tests know. */
static int
resolve(void *ctx, const char *name, struct addr *addrs, size_t max,
    struct err *err)
{
	static const char *const known[] = { "dns.example", "localhost",
		"tor" };

	(void)ctx;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(name, known[i]) != 0 || max < 2)
			continue;
		addr_parse("192.0.2.53", &addrs[0]);
		addr_parse("2001:db8::53", &addrs[1]);
		return 2;
	}
	return err_set(err, ERR_VALUE, "no such name");
}

static void
fill(struct buffer *text, size_t len)
{
	char *p = buffer_room(text, len);

	if (p == NULL)
		bail("out of memory");
	memset(p, ' ', len);
	text->len += len;
}

/* Files that the tests include. */
static int
load(void *ctx, const char *name, struct buffer *text, struct err *err)
{
	static const struct {
		const char *name;
		const char *text;
	} files[] = {
		{ "both", "proto tcp or proto udp" },
		{ "bom", "\xef\xbb\xbfproto tcp" },
		{ "bomport", "\xef\xbb\xbfport foo" },
		{ "bad", "# names\n\nproto tcp and\r\n port foo" },
		{ "empty", " # nothing\n" },
		{ "inner", "src @include port" },
		{ "loop", "proto tcp or @include loop" },
		{ "port", "port in [@include ports ]" },
		{ "ports", "80\n443 # web\n" },
		{ "twice", "@include ports\n@INCLUDE\tports" },
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(name, files[i].name) == 0) {
			buffer_text(text, files[i].text);
			return 0;
		}
	if (strcmp(name, "zero") == 0)
		buffer_add(text, "any\0", 4);
	if (strcmp(name, "big") == 0)
		fill(text, BIG);
	return text->len > 0 ? 0 : err_set(err, ERR_FILTER, "no such file");
}

/* IPv4 is in CH, but for one address; what is in IPv6 is not known. */
static void
country(void *ctx, struct addr a, char code[2])
{
	(void)ctx;
	if (addr_is_v4(a))
		memcpy(code, (a.lo & UINT32_MAX) == 0x0a000001 ? "IN" : "CH", 2);
}

static struct filter *
compile(const char *text, struct err *err)
{
	static const struct filter_options options = { .resolve = resolve,
		.load = load, .country = country };

	return filter_compile_with(text, "filter", &options, err);
}

static FILE *
open_table(const char *name)
{
	const char *dir = getenv("SRCDIR");
	char path[LINE_MAX_LEN];
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/%s", dir == NULL ? "." : dir,
	    name);
	if ((f = fopen(path, "r")) == NULL)
		bail("cannot open %s", path);
	return f;
}

/* The next line without its end; comments stay out unless "all". */
static char *
next_line(FILE *f, char line[LINE_MAX_LEN], int all)
{
	while (fgets(line, LINE_MAX_LEN, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (all || (*line != '\0' && strncmp(line, "# ", 2) != 0))
			return line;
		if (*line == '#' && strchr(line, '\t') != NULL)
			return line;
	}
	return NULL;
}

/* Normal form of the text, allocated; NULL, with a note, if refused. */
static char *
normal_form(const char *text)
{
	struct err err;
	struct filter *f = compile(text, &err);
	char *form;

	if (f == NULL) {
		note("%s", err.text);
		return NULL;
	}
	form = filter_text(f);
	filter_free(f);
	return form;
}

/* Do all spellings of the line have one normal form, and that itself? */
static int
same_program(char *line)
{
	char *first = NULL, *rest = line, *form;
	int same = 1;

	while (rest != NULL) {
		char *text = rest;

		if ((rest = strstr(text, " | ")) != NULL) {
			*rest = '\0';
			rest += 3;
		}
		form = normal_form(text);
		if (first == NULL && form != NULL) {
			first = form;
			form = normal_form(first);
		}
		if (form == NULL || strcmp(form, first) != 0) {
			note("%s: %s, not %s", text, form, first);
			same = 0;
		}
		free(form);
	}
	free(first);
	return same;
}

static void
test_accept(void)
{
	FILE *f = open_table("filter/accept.txt");
	char line[LINE_MAX_LEN], name[LINE_MAX_LEN];

	while (next_line(f, line, 0) != NULL) {
		snprintf(name, sizeof(name), "%s", line);
		ok(same_program(line), "same: %s", name);
	}
	fclose(f);
}

static void
test_reject(void)
{
	FILE *f = open_table("filter/reject.txt");
	char line[LINE_MAX_LEN];

	while (next_line(f, line, 0) != NULL) {
		char *want = strchr(line, '\t');
		struct err err = { ERR_NONE, "accepted" };
		struct filter *filter;

		*want++ = '\0';
		filter = compile(line, &err);
		if (!ok(filter == NULL && err.code == ERR_FILTER &&
			    strstr(err.text, want) != NULL,
			"refused: %s", line))
			note("message: %s", err.text);
		filter_free(filter);
	}
	fclose(f);
}

static enum field_id
field_of(const char *name)
{
	for (int id = 0; id < FLD_COUNT; id++)
		if (strcasecmp(field_table[id].id, name) == 0)
			return (enum field_id)id;
	bail("no field %s", name);
}

static void
store(struct batch *b, enum field_id id, uint32_t row, const char *value)
{
	size_t size = field_table[id].size;
	uint64_t v = strtoull(value, NULL, field_table[id].type == FIELD_MAC ?
		16 : 10);

	switch (field_table[id].type) {
	case FIELD_ADDR:
		if (addr_parse(value, &((struct addr *)b->col[id])[row]) == -1)
			bail("no address: %s", value);
		break;
	case FIELD_SPAN:
		((struct span *)b->col[id])[row] = (struct span){
			(const uint8_t *)strdup(value), /* kept to the end */
			(uint32_t)strlen(value),
		};
		break;
	default:
		store_host((uint8_t *)b->col[id] + row * size, v, size);
		break;
	}
}

static void
store_extensions(struct batch *b, uint32_t row, const char *list)
{
	uint64_t bits = FLOW_EXT(EXT_GENERIC);
	char *end;

	for (;; list = end + 1) {
		bits |= FLOW_EXT(strtoul(list, &end, 10));
		if (*end != ',')
			break;
	}
	((uint64_t *)b->col[FLD_EXTENSIONS])[row] = bits;
}

/* Fill the batch, which has all columns, from the table. */
static void
load_flows(struct batch *b)
{
	FILE *f = open_table("filter/mixed.txt");
	char line[LINE_MAX_LEN];

	while (next_line(f, line, 0) != NULL) {
		char *save = NULL;

		for (char *p = strtok_r(line, " ", &save); p != NULL;
		     p = strtok_r(NULL, " ", &save)) {
			char *value = strchr(p, '=');

			*value++ = '\0';
			if (strcmp(p, "ext") == 0)
				store_extensions(b, b->rows, value);
			else
				store(b, field_of(p), b->rows, value);
		}
		b->rows++;
	}
	fclose(f);
}

/* Numbers of the selected rows, counted from 1. */
static const char *
selected(const struct batch *b, char text[LINE_MAX_LEN])
{
	size_t len = 0;

	snprintf(text, LINE_MAX_LEN, "none");
	for (uint32_t i = 0; i < b->nsel; i++)
		len += (size_t)snprintf(text + len, LINE_MAX_LEN - len, "%s%d",
		    i == 0 ? "" : " ", b->sel[i] + 1);
	return text;
}

/* The batch with the columns that the filter asks for, and no others. */
static struct batch
narrow_columns(const struct batch *b, const struct filter *f)
{
	struct batch view = *b;
	struct fieldset want = { { 0 } };

	filter_fields(f, &want);
	for (int id = 0; id < FLD_COUNT; id++)
		if (!fieldset_has(&want, (enum field_id)id))
			view.col[id] = NULL;
	return view;
}

static void
test_apply_one(const struct batch *b, const char *text, const char *want)
{
	char got[LINE_MAX_LEN];
	struct err err = { ERR_NONE, "" };
	struct filter *f = compile(text, &err);
	struct filter_run *r;
	struct batch view;

	if (f == NULL) {
		ok(0, "selects: %s", text);
		note("%s", err.text);
		return;
	}
	view = narrow_columns(b, f);
	if ((r = filter_run_new(f, &err)) == NULL)
		bail("%s", err.text);
	filter_run_ident(r, "edge-1");
	batch_select_all(&view);
	filter_apply(r, &view);
	is_str(selected(&view, got), want, "selects: %s", text);
	filter_run_free(r);
	filter_free(f);
}

static void
test_apply(void)
{
	FILE *f = open_table("filter/apply.txt");
	struct fieldset all = { { 0 } };
	char line[LINE_MAX_LEN];
	struct batch b;
	struct err err;

	for (int id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	if (batch_init(&b, &all, false, &err) == -1)
		bail("%s", err.text);
	for (int id = 0; id < FLD_COUNT; id++)
		memset(b.col[id], 0,
		    (size_t)field_table[id].size * BATCH_ROWS);
	load_flows(&b);
	b.first_row = 100;
	while (next_line(f, line, 0) != NULL) {
		char *want = strchr(line, '\t');

		*want++ = '\0';
		test_apply_one(&b, line, want);
	}
	for (uint32_t row = 0; row < b.rows; row++)
		for (int id = 0; id < FLD_COUNT; id++)
			if (field_table[id].type == FIELD_SPAN)
				free((void *)(uintptr_t)((struct span *)
					b.col[id])[row].data);
	batch_fini(&b);
	fclose(f);
}

/* Parts of texts in the corpus that the language does not have. */
static int
is_foreign(const char *text)
{
	static const char *const parts[] = {
#ifndef HAVE_PCRE2
		" regex ",
#endif
		"tz " };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(text, parts[i]) != NULL)
			return 1;
	return 0;
}

/* Is the text one of the spellings of accept.txt? */
static int
is_form(const char *text)
{
	FILE *f = open_table("filter/accept.txt");
	char line[LINE_MAX_LEN];
	int found = 0;

	while (!found && next_line(f, line, 0) != NULL)
		for (char *rest = line; rest != NULL && !found;) {
			char *spelling = rest;

			if ((rest = strstr(spelling, " | ")) != NULL) {
				*rest = '\0';
				rest += 3;
			}
			found = strcmp(spelling, text) == 0;
		}
	fclose(f);
	return found;
}

/* What nfdump accepts means what it always did. */
static void
test_normal(void)
{
	FILE *f = open_table("filter/normal.txt");
	char line[LINE_MAX_LEN];
	int lines = 0, wrong = 0;

	while (next_line(f, line, 1) != NULL) {
		char *want = strchr(line, '\t'), *form;

		*want++ = '\0';
		form = normal_form(line);
		lines++;
		if (form == NULL || strcmp(form, want) != 0) {
			note("%s: %s, not %s", line, form, want);
			wrong++;
		}
		free(form);
	}
	ok(lines > 200 && wrong == 0, "%d normal forms", lines);
	fclose(f);
}

/*
 * Lines of an expression, a TAB and the versions that accept it.  Of what
 * nfdump refuses only the forms of accept.txt are accepted.
 */
static void
test_corpus(const char *name, int is_accepted)
{
	FILE *f = open_table(name);
	char line[LINE_MAX_LEN];
	int lines = 0, wrong = 0;

	while (next_line(f, line, 1) != NULL) {
		struct err err = { ERR_NONE, "accepted" };
		struct filter *filter;

		line[strcspn(line, "\t")] = '\0';
		if (is_accepted && is_foreign(line))
			continue;
		filter = compile(line, &err);
		lines++;
		if ((filter != NULL) !=
		    (is_accepted || (filter != NULL && is_form(line)))) {
			note("%s: %s", line, err.text);
			wrong++;
		}
		filter_free(filter);
	}
	ok(lines > 200 && wrong == 0, "%d lines of %s", lines, name);
	fclose(f);
}

int
main(void)
{
	test_accept();
	test_reject();
	test_apply();
	test_normal();
	test_corpus("data/filters/accept.txt", 1);
	test_corpus("data/filters/reject.txt", 0);
	return done_testing();
}
