/*
 * Output formats.  A mode name or fmt: text is compiled once to an array of
 * columns, each a piece of literal text and a token behind it.  A run copies
 * them to cells, which hold the batch's columns and a date cache, so that a
 * row costs one call per token.
 */

#include <stdlib.h>
#include <string.h>

#include "output/format_int.h"

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

void
format_free(struct format *f)
{
	if (f == NULL)
		return;
	free(f->columns);
	free(f->source);
	free(f);
}

bool
format_is_json(const struct format *f)
{
	return f->kind == FORMAT_JSON || f->kind == FORMAT_NDJSON;
}

void
format_fields(const struct format *f, struct fieldset *want)
{
	if (f->has_extensions)
		fieldset_add(want, FLD_EXTENSIONS);
	if (format_is_json(f))
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
format_has_rows(const struct format *f)
{
	return f->ncolumns > 0;
}

static bool
has_kind(const struct format *f, enum token_kind kind)
{
	for (size_t i = 0; i < f->ncolumns; i++)
		if (f->columns[i].token != NULL &&
		    f->columns[i].token->kind == kind)
			return true;
	return false;
}

bool
format_counts_records(const struct format *f)
{
	return has_kind(f, TOKEN_COUNT);
}

bool
format_prints_names(const struct format *f)
{
	return has_kind(f, TOKEN_NAMED);
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
	cell->name = f->options.name;
	cell->name_ctx = f->options.name_ctx;
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
	if (has_kind(f, TOKEN_TLS) && (r->digest = tls_digest_new(err)) == NULL)
		goto fail;
	for (size_t i = 0; i < n; i++) {
		init_cell(&r->cells[i], f, &f->columns[i]);
		r->cells[i].digest = r->digest;
		if (format_is_json(f) && is_tls(&f->columns[i]))
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
	if (format_is_json(r->format))
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
	return format_is_json(r->format) ?
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
	if (!format_is_json(r->format))
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
