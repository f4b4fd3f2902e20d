/*
 * From a mode name or fmt: text to columns.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output/format_int.h"

#define MODE(name, text) { name, text },

static const struct mode {
	const char *name;
	const char *text;
} modes[] = {
#include "output/modes.def"
}, modes_1_6[] = {
#include "output/modes_1_6.def"
};

#undef MODE

#define MODES (sizeof(modes) / sizeof(modes[0]))
#define MODES_1_6 (sizeof(modes_1_6) / sizeof(modes_1_6[0]))

/* Modes whose columns are tables. */
static const struct table_mode {
	const char *name;
	enum format_kind kind;
	bool has_heading;
	const char *separator; /* NULL: headings stand before the values */
	const struct token *tokens;
	const size_t *count;
} table_modes[] = {
	{ "csv", FORMAT_CSV, true, ",", csv_table, &csv_count },
	{ "csv-fast", FORMAT_CSV_ROWS, true, ",", csv_fast_table,
	    &csv_fast_count },
	{ "pipe", FORMAT_PIPE, false, "|", pipe_table, &pipe_count },
	{ "raw", FORMAT_TEXT, false, NULL, raw_table, &raw_count },
}, table_modes_1_6[] = {
	{ "pipe", FORMAT_PIPE, false, "|", pipe_table_1_6, &pipe_count_1_6 },
	{ "raw", FORMAT_TEXT, false, NULL, raw_table_1_6, &raw_count_1_6 },
};

#define TABLE_MODES (sizeof(table_modes) / sizeof(table_modes[0]))
#define TABLE_MODES_1_6 (sizeof(table_modes_1_6) / sizeof(table_modes_1_6[0]))

/* What the dialects print their own way. */
static const struct {
	const struct token_changes *tokens;
	const struct token_changes *csv;
	const struct mode *modes;
	size_t nmodes;
	const struct table_mode *tables;
	size_t ntables;
} changes[DIALECT_COUNT] = {
	[DIALECT_1_6] = { &token_changes_1_6, &csv_changes_1_6, modes_1_6,
	    MODES_1_6, table_modes_1_6, TABLE_MODES_1_6 },
};

static const char *
mode_text(const struct mode *mode, enum dialect d)
{
	for (size_t i = 0; i < changes[d].nmodes; i++)
		if (strcmp(changes[d].modes[i].name, mode->name) == 0)
			return changes[d].modes[i].text;
	return mode->text;
}

static const struct table_mode *
table_of(const struct table_mode *mode, enum dialect d)
{
	for (size_t i = 0; i < changes[d].ntables; i++)
		if (strcmp(changes[d].tables[i].name, mode->name) == 0)
			return &changes[d].tables[i];
	return mode;
}

/* The row to use for this one; changes is NULL where there are none. */
static const struct token *
changed(const struct token *token, const struct token_changes *c)
{
	for (size_t i = 0; c != NULL && i < c->count; i++)
		if (strcmp(c->tokens[i].name, token->name) == 0)
			return &c->tokens[i];
	return token;
}

static int
push_column(struct format *f, const char *text, size_t len,
    const struct token *token, struct err *err)
{
	struct column *columns;

	/* literal text waits for its token */
	if (len == 0 && token != NULL && f->ncolumns > 0 &&
	    f->columns[f->ncolumns - 1].token == NULL) {
		f->columns[f->ncolumns - 1].token = token;
		f->row_max += TOKEN_ROOM;
		return 0;
	}
	columns = realloc(f->columns, (f->ncolumns + 1) * sizeof(*columns));
	if (columns == NULL)
		return err_nomem(err);
	f->columns = columns;
	columns[f->ncolumns++] = (struct column){ text, len, token,
		token == NULL ? 0 : token->extensions };
	f->has_extensions |= columns[f->ncolumns - 1].extensions != 0;
	f->row_max += len + (token == NULL ? 0 : TOKEN_ROOM);
	return 0;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * A name that text begins with and that is longer than *len.  A letter
 * behind it belongs to a longer name: "%tsx" is not "%ts" and an "x".
 */
static bool
is_longer_match(const char *name, const char *text, size_t *len)
{
	size_t n = strlen(name);

	if (n <= *len || strncmp(text, name, n) != 0 || is_letter(text[n]))
		return false;
	*len = n;
	return true;
}

/*
 * The longest name of a token or a mode that text, behind the '%', begins
 * with.  One of *token and *mode is set; returns its length or 0.
 */
static size_t
match_name(const char *text, const struct token **token,
    const struct mode **mode)
{
	size_t len = 0;

	*token = NULL;
	*mode = NULL;
	for (size_t i = 0; i < token_count; i++)
		if (is_longer_match(token_table[i].name, text, &len))
			*token = &token_table[i];
	for (size_t i = 0; i < MODES; i++)
		if (is_longer_match(modes[i].name, text, &len)) {
			*mode = &modes[i];
			*token = NULL;
		}
	return len;
}

static int
unknown_token(const char *text, const struct token *tokens, size_t count,
    struct err *err)
{
	struct buffer known = BUFFER_EMPTY;
	int rc;

	for (size_t i = 0; i < count; i++) {
		buffer_text(&known, " %");
		buffer_text(&known, tokens[i].name);
	}
	buffer_char(&known, '\0');
	if (known.failed)
		rc = err_nomem(err);
	else
		rc = err_set(err, ERR_VALUE,
		    "output format: unknown token at '%.60s', known:%s", text,
		    known.data);
	buffer_fini(&known);
	return rc;
}

/* Append the columns of text.  The texts of modes name no modes. */
static int
compile_text(struct format *f, const char *text, struct err *err)
{
	const struct token *token;
	const struct mode *mode;
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, "%");
		if (len > 0 && push_column(f, text, len, NULL, err) == -1)
			return -1;
		text += len;
		if (*text == '\0')
			break;
		if ((len = match_name(text + 1, &token, &mode)) == 0)
			return unknown_token(text, token_table, token_count,
			    err);
		if (mode != NULL) {
			if (compile_text(f, mode_text(mode,
			    f->options.dialect), err) == -1)
				return -1;
		} else if (push_column(f, "", 0, changed(token,
		    changes[f->options.dialect].tokens), err) == -1)
			return -1;
		text += 1 + len;
	}
	return 0;
}

static int
compile_table(struct format *f, const struct table_mode *m, struct err *err)
{
	const struct token_changes *c = m->kind != FORMAT_CSV ? NULL :
	    changes[f->options.dialect].csv;

	f->kind = m->kind;
	f->has_heading = m->has_heading;
	for (size_t i = 0; i < *m->count; i++) {
		const struct token *token = changed(&m->tokens[i], c);
		const char *text = m->separator == NULL ? token->heading :
		    i == 0 ? "" : m->separator;

		/* rows of reports have no number that means a record */
		if (f->options.is_report && m->separator == NULL &&
		    token->kind == TOKEN_COUNT)
			continue;
		if (push_column(f, text, strlen(text), token, err) == -1)
			return -1;
	}
	return 0;
}

static const struct token *
find_own_column(const char *name, size_t len)
{
	for (size_t i = 0; i < csv_own_count; i++)
		if (strlen(csv_own_table[i].name) == len &&
		    strncmp(csv_own_table[i].name, name, len) == 0)
			return &csv_own_table[i];
	return NULL;
}

/* csv: and a list of tokens with commas between them. */
static int
compile_own_csv(struct format *f, const char *text, struct err *err)
{
	const struct token *token = NULL;
	size_t len;

	f->kind = FORMAT_CSV_ROWS;
	for (;;) {
		text += strspn(text, " ");
		len = strcspn(text, ", ");
		if (*text == '%')
			token = find_own_column(text + 1, len - 1);
		if (*text != '%' || token == NULL)
			return unknown_token(text, csv_own_table,
			    csv_own_count, err);
		if (push_column(f, ",", f->ncolumns > 0, token, err) == -1)
			return -1;
		text += len;
		text += strspn(text, " ");
		if (*text == '\0')
			return 0;
		if (*text++ != ',')
			return err_set(err, ERR_VALUE,
			    "output format: no comma before '%.60s'",
			    text - 1);
	}
}

void
format_mode_names(struct buffer *out)
{
	for (size_t i = 0; i < MODES; i++)
		buffer_word(out, modes[i].name);
	buffer_text(out, "json ndjson ");
	for (size_t i = 0; i < TABLE_MODES; i++)
		buffer_word(out, table_modes[i].name);
	buffer_text(out, "null ");
}

static void
token_names(const struct token *table, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++)
		buffer_word(out, table[i].name);
}

void
format_token_names(struct buffer *out)
{
	token_names(token_table, token_count, out);
}

void
format_csv_token_names(struct buffer *out)
{
	token_names(csv_own_table, csv_own_count, out);
}

static int
compile_json(struct format *f, enum json_layout layout, struct err *err)
{
	bool is_array = layout == JSON_ARRAY;
	const struct member *members = is_array ? json_table : ndjson_table;
	size_t count = is_array ? json_count : ndjson_count;
	const char *begin = is_array ? FORMAT_JSON_COMMA "{" : "{";
	const char *end = is_array ? "\n}" : "}\n";

	f->kind = is_array ? FORMAT_JSON : FORMAT_NDJSON;
	f->has_heading = false;
	if (push_column(f, begin, strlen(begin), NULL, err) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct member *m = &members[i];
		const char *lead = m->lead + (f->ncolumns == 1); /* no comma */

		if (!member_is_wanted(m, &f->options))
			continue;
		if (push_column(f, lead, strlen(lead), &m->token, err) == -1)
			return -1;
		f->columns[f->ncolumns - 1].extensions =
		    member_need(m, &f->options, is_array);
	}
	return push_column(f, end, strlen(end), NULL, err);
}

static int
unknown_mode(const char *mode, struct err *err)
{
	struct buffer known = BUFFER_EMPTY;
	int rc;

	format_mode_names(&known);
	buffer_char(&known, '\0');
	if (known.failed)
		rc = err_nomem(err);
	else
		rc = err_set(err, ERR_VALUE,
		    "unknown output mode '%.60s', known: %scsv:TEXT fmt:TEXT, "
		    "the names also with 6 behind", mode, known.data);
	buffer_fini(&known);
	return rc;
}

/* Is it this name, or the name with a 6 behind that asks for -6? */
static bool
is_mode(const char *mode, const char *name, bool *long_ipv6)
{
	size_t len = strlen(name);

	if (strncasecmp(mode, name, len) != 0)
		return false;
	if (strcmp(mode + len, "6") == 0)
		*long_ipv6 = true;
	else if (mode[len] != '\0')
		return false;
	return true;
}

bool
format_json_layout(const char *mode, enum json_layout *layout)
{
	bool long_ipv6; /* JSON has all addresses in full */

	*layout = is_mode(mode, "json", &long_ipv6) ? JSON_ARRAY : JSON_LINES;
	return *layout == JSON_ARRAY || is_mode(mode, "ndjson", &long_ipv6) ||
	    is_mode(mode, "json-log", &long_ipv6);
}

static int
compile(struct format *f, struct err *err)
{
	const char *mode = f->source;
	enum json_layout layout;

	if (mode[0] == '%')
		return compile_text(f, mode, err);
	if (strncasecmp(mode, "fmt:", 4) == 0) {
		if (mode[4] == '\0')
			return err_set(err, ERR_VALUE,
			    "output mode fmt: needs a text behind it");
		return compile_text(f, mode + 4, err);
	}
	if (strncasecmp(mode, "csv:", 4) == 0)
		return compile_own_csv(f, mode + 4, err);
	if (is_mode(mode, "null", &f->options.long_ipv6))
		return 0;
	if (format_json_layout(mode, &layout))
		return compile_json(f, layout, err);
	for (size_t i = 0; i < TABLE_MODES; i++)
		if (is_mode(mode, table_modes[i].name, &f->options.long_ipv6))
			return compile_table(f, table_of(&table_modes[i],
			    f->options.dialect), err);
	for (size_t i = 0; i < MODES; i++)
		if (is_mode(mode, modes[i].name, &f->options.long_ipv6))
			return compile_text(f, mode_text(&modes[i],
			    f->options.dialect), err);
	return unknown_mode(mode, err);
}

struct format *
format_compile(const char *mode, const struct format_options *options,
    struct err *err)
{
	struct format *f = calloc(1, sizeof(*f));

	if (f == NULL || (f->source = strdup(mode)) == NULL) {
		err_nomem(err);
		free(f);
		return NULL;
	}
	f->options = *options;
	f->row_max = 1; /* the newline */
	f->has_heading = true;
	if (compile(f, err) == -1) {
		format_free(f);
		return NULL;
	}
	return f;
}
