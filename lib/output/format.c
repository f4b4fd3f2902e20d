/*
 * Output formats.  A mode name or fmt: text is compiled once to an array of
 * columns, each a piece of literal text and a token behind it.  A run copies
 * them to cells, which hold the batch's columns and a date cache, so that a
 * row costs one call per token.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output/format_int.h"

struct column {
	const char *text; /* stands before the value */
	size_t text_len;
	const struct token *token; /* NULL behind the last token */
	uint64_t extensions; /* of which a row needs one; 0: always there */
};

struct format {
	struct format_options options;
	enum format_kind kind;
	bool has_heading;
	bool has_extensions; /* some column needs one */
	char *source; /* the caller's text; columns point into it */
	struct column *columns;
	size_t ncolumns;
	size_t row_max; /* bytes of a row, spans left aside */
};

/* A field of a cell, a span. */
struct span_field {
	const struct cell *cell;
	size_t n;
};

struct format_run {
	const struct format *format;
	size_t ncells;
	const uint64_t *extensions; /* of the batch's rows, or NULL */
	struct member_source members; /* for JSON */
	struct tls_digest *digest; /* for cells of TOKEN_TLS, or NULL */
	size_t nspans;
	struct span_field *spans; /* of all cells */
	struct cell *cells;
};

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
	for (size_t i = 0; i < MODES; i++) {
		buffer_text(out, modes[i].name);
		buffer_char(out, ' ');
	}
	for (size_t i = 0; i < TABLE_MODES; i++) {
		buffer_text(out, table_modes[i].name);
		buffer_char(out, ' ');
	}
	buffer_text(out, "json ndjson null ");
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

void
format_free(struct format *f)
{
	if (f == NULL)
		return;
	free(f->columns);
	free(f->source);
	free(f);
}

static bool
is_json(const struct format *f)
{
	return f->kind == FORMAT_JSON || f->kind == FORMAT_NDJSON;
}

void
format_fields(const struct format *f, struct fieldset *want)
{
	if (f->has_extensions)
		fieldset_add(want, FLD_EXTENSIONS);
	if (is_json(f))
		fieldset_add(want, FLD_PROTO);
	for (size_t i = 0; i < f->ncolumns; i++) {
		const struct token *token = f->columns[i].token;

		if (token == NULL)
			continue;
		for (size_t n = 0; token->field[n] != FLD_NONE; n++)
			fieldset_add(want, token->field[n]);
	}
}

enum format_kind
format_kind(const struct format *f)
{
	return f->kind;
}

bool
format_is_long(const struct format *f)
{
	return f->options.long_ipv6;
}

bool
format_counts_records(const struct format *f)
{
	for (size_t i = 0; i < f->ncolumns; i++)
		if (f->columns[i].token != NULL &&
		    f->columns[i].token->kind == TOKEN_COUNT)
			return true;
	return false;
}

static void
add_blanks(struct buffer *out, size_t len)
{
	while (len-- > 0)
		buffer_char(out, ' ');
}

void
format_heading(const struct format *f, struct buffer *out)
{
	if (!f->has_heading || f->ncolumns == 0)
		return;
	for (size_t i = 0; i < f->ncolumns; i++) {
		const struct column *c = &f->columns[i];

		if (f->kind != FORMAT_TEXT)
			buffer_add(out, c->text, c->text_len);
		else
			add_blanks(out, c->text_len);
		if (c->token == NULL)
			continue;
		if (c->token->kind == TOKEN_WIDE && f->options.long_ipv6)
			add_blanks(out, TOKEN_WIDER);
		buffer_text(out, c->token->heading);
	}
	buffer_char(out, '\n');
}

static void
init_cell(struct cell *cell, const struct format *f, const struct column *c)
{
	cell->country = f->options.country;
	cell->ctx = f->options.ctx;
	cell->text = c->text;
	cell->text_len = c->text_len;
	cell->long_ipv6 = f->options.long_ipv6;
	cell->plain_numbers = f->options.plain_numbers ||
	    f->kind != FORMAT_TEXT;
	cell->exact_flows = f->options.exact_flows;
	cell->tags_addresses = f->options.tags_addresses;
	cell->extensions = c->extensions;
	if (c->token != NULL) {
		cell->print = c->token->print;
		cell->arg = c->token->arg;
	}
}

static void
add_spans(struct format_run *r, const struct cell *cell,
    const struct token *token)
{
	if (token == NULL)
		return;
	for (size_t n = 0; token->field[n] != FLD_NONE; n++)
		if (field_table[token->field[n]].type == FIELD_SPAN)
			r->spans[r->nspans++] = (struct span_field){ cell,
				n };
}

static bool
is_tls(const struct column *c)
{
	return c->token != NULL && c->token->kind == TOKEN_TLS;
}

static bool
needs_digest(const struct format *f)
{
	for (size_t i = 0; i < f->ncolumns; i++)
		if (is_tls(&f->columns[i]))
			return true;
	return false;
}

struct format_run *
format_run_new(const struct format *f, struct err *err)
{
	struct format_run *r = calloc(1, sizeof(*r));
	size_t n = f->ncolumns;

	if (r == NULL)
		goto nomem;
	/* a column more, as calloc() of nothing may be NULL */
	r->cells = calloc(n + 1, sizeof(*r->cells));
	r->spans = calloc(n * TOKEN_FIELDS + 1, sizeof(*r->spans));
	if (r->cells == NULL || r->spans == NULL)
		goto nomem;
	r->format = f;
	r->members.is_keyed = f->options.is_keyed;
	r->ncells = n;
	if (needs_digest(f) && (r->digest = tls_digest_new(err)) == NULL)
		goto fail;
	for (size_t i = 0; i < n; i++) {
		init_cell(&r->cells[i], f, &f->columns[i]);
		r->cells[i].digest = r->digest;
		if (is_json(f) && is_tls(&f->columns[i]))
			r->members.hello = &r->cells[i];
		add_spans(r, &r->cells[i], f->columns[i].token);
	}
	return r;
nomem:
	err_nomem(err);
fail:
	format_run_free(r);
	return NULL;
}

void
format_run_free(struct format_run *r)
{
	if (r == NULL)
		return;
	tls_digest_free(r->digest);
	free(r->spans);
	free(r->cells);
	free(r);
}

static void
bind_cells(struct format_run *r, const struct batch *b)
{
	r->extensions = !r->format->has_extensions ? NULL :
	    BATCH_COL(b, EXTENSIONS, uint64_t);
	if (is_json(r->format))
		member_source_bind(&r->members, b);
	for (size_t i = 0; i < r->ncells; i++) {
		const struct token *token = r->format->columns[i].token;
		struct cell *c = &r->cells[i];

		c->first_row = b->first_row;
		c->ident = b->ident;
		if (token == NULL)
			continue;
		for (size_t n = 0; token->field[n] != FLD_NONE; n++)
			c->col[n] = batch_column(b, token->field[n]);
	}
}

static size_t
row_room(const struct format_run *r, uint32_t row)
{
	size_t room = r->format->row_max +
	    TOKEN_SPAN_FACTOR * r->members.ident_len;

	for (size_t i = 0; i < r->nspans; i++)
		room += TOKEN_SPAN_FACTOR * (size_t)CELL(r->spans[i].cell,
		    r->spans[i].n, struct span).len;
	return room;
}

/* What columns need one of. */
static uint64_t
row_bits(const struct format_run *r, uint32_t row)
{
	if (r->extensions == NULL)
		return 0;
	return is_json(r->format) ?
	    member_bits(&r->members, r->extensions[row], row) :
	    r->extensions[row];
}

static char *
print_row(char *p, struct format_run *r, uint32_t row)
{
	uint64_t bits = row_bits(r, row);

	for (size_t i = 0; i < r->ncells; i++) {
		struct cell *c = &r->cells[i];

		if (c->extensions != 0 && (c->extensions & bits) == 0)
			continue;
		if (c->text_len == 1)
			*p++ = *c->text;
		else {
			memcpy(p, c->text, c->text_len);
			p += c->text_len;
		}
		if (c->print != NULL)
			p = c->print(p, c, row);
	}
	if (!is_json(r->format))
		*p++ = '\n';
	return p;
}

void
format_rows(struct format_run *r, const struct batch *b, uint32_t limit,
    struct buffer *out)
{
	uint32_t n = b->nsel < limit ? b->nsel : limit;

	if (r->ncells == 0)
		return;
	bind_cells(r, b);
	for (uint32_t i = 0; i < n; i++) {
		char *p = buffer_room(out, row_room(r, b->sel[i]));

		if (p == NULL)
			return;
		p = print_row(p, r, b->sel[i]);
		out->len = (size_t)(p - out->data);
	}
}
