/*
 * Labels: "(expression) %name".  They change nothing about what matches.
 *
 * Beside the tree the parser builds an outline of the labelled parts: names,
 * joined by AND and OR.  Of a flow that matches, an outline of names under
 * AND gives the last name, one under OR the name of the first part that is
 * true; so each part of an OR has a filter of its own.  Outer names win over
 * inner ones, and what is negated has no name.
 */

#include <stdlib.h>
#include <string.h>

#include "query/filter_int.h"
#include "query/filter_label.h"

#define NAME_MAX_LEN 16

enum label_kind {
	LABEL_NAME,
	LABEL_ALL, /* parts joined by AND */
	LABEL_ANY /* parts joined by OR */
};

/* Parts of an ANY may be without outline: they take flows, give no name. */
struct label {
	enum label_kind kind;
	struct span name;
	struct label_part *parts;
	struct label_part *last;
};

struct label_part {
	struct label_part *next;
	struct label *outline;
	struct node *tree; /* of a part of an ANY; NULL takes all */
	uint32_t filter; /* that it became */
};

/* The filters of the parts of all ANY; owned. */
struct label_filters {
	uint32_t count;
	uint32_t capacity;
	struct filter **filters;
};

struct label_run {
	const struct filter *filter;
	struct filter_run **runs;
	const struct span **names; /* by row */
	uint16_t *rows; /* two selections for each ANY inside ANY */
};

static void *
allocate(struct parser *p, size_t size)
{
	void *m = arena_alloc(p->arena, size);

	if (m == NULL)
		err_nomem(p->err);
	return m;
}

int
label_parse(struct parser *p, struct label **label)
{
	struct token t;
	struct label *l;
	char *name;

	lex_label(&p->lex, &t);
	if (t.why != NULL)
		return parse_error(p, &t, "%s", t.why);
	if (t.len == 0)
		return parse_error(p, &t, "expected a name after \"%%\"");
	if (t.len > NAME_MAX_LEN)
		return parse_error(p, &t,
		    "a label has at most %d characters", NAME_MAX_LEN);
	if ((l = allocate(p, sizeof(*l))) == NULL ||
	    (name = allocate(p, t.len)) == NULL)
		return -1;
	memcpy(name, t.text, t.len);
	l->kind = LABEL_NAME;
	l->name = (struct span){ (const uint8_t *)name, (uint32_t)t.len };
	*label = l;
	parse_advance(p);
	return 0;
}

static int
add_part(struct parser *p, struct label *group, struct label *outline,
    const struct node *tree)
{
	struct label_part *part = allocate(p, sizeof(*part));

	if (part == NULL)
		return -1;
	part->outline = outline;
	if (tree != NULL && (part->tree = node_copy(p->arena, tree)) == NULL)
		return err_nomem(p->err);
	if (group->last == NULL)
		group->parts = part;
	else
		group->last->next = part;
	group->last = part;
	return 0;
}

int
label_join(struct parser *p, struct label **group, const struct node *n,
    bool is_or)
{
	if (!p->may_label || (!is_or && p->label == NULL))
		return 0;
	if (*group == NULL && (*group = allocate(p, sizeof(**group))) == NULL)
		return -1;
	(*group)->kind = is_or ? LABEL_ANY : LABEL_ALL;
	return add_part(p, *group, p->label, is_or ? n : NULL);
}

struct label *
label_finish(struct label *group)
{
	struct label_part *last = NULL;

	if (group == NULL)
		return NULL;
	for (struct label_part *part = group->parts; part != NULL;
	     part = part->next)
		if (part->outline != NULL)
			last = part;
	if (last == NULL)
		return NULL;
	if (last->next == NULL)
		last->tree = NULL; /* it takes what is left */
	last->next = NULL;
	return group;
}

/* A filter for the tree; its number, or -1 when out of memory. */
static int64_t
add_filter(struct filter *f, struct node *tree)
{
	struct label_filters *all = f->label_filters;
	struct filter *sub;

	if (all->count == all->capacity) {
		uint32_t capacity = all->count < 8 ? 8 : 2 * all->count;
		struct filter **filters;

		filters = realloc(all->filters, capacity * sizeof(*filters));
		if (filters == NULL)
			return -1;
		all->filters = filters;
		all->capacity = capacity;
	}
	if ((sub = calloc(1, sizeof(*sub))) == NULL)
		return -1;
	all->filters[all->count] = sub;
	sub->tree = tree;
	sub->geo = f->geo;
	if (filter_code(sub) == -1) {
		filter_free(sub);
		return -1;
	}
	fieldset_merge(&f->want, &sub->want);
	f->counts_records |= sub->counts_records;
	return all->count++;
}

static int
code_outline(struct filter *f, struct label *l)
{
	for (struct label_part *part = l->parts; part != NULL;
	     part = part->next) {
		int64_t number;

		if (part->outline != NULL &&
		    code_outline(f, part->outline) == -1)
			return -1;
		if (part->tree == NULL)
			continue;
		if ((number = add_filter(f, part->tree)) == -1)
			return -1;
		part->filter = (uint32_t)number;
	}
	return 0;
}

int
label_code(struct filter *f)
{
	if (f->label == NULL)
		return 0;
	f->label_filters = calloc(1, sizeof(*f->label_filters));
	return f->label_filters == NULL ? -1 : code_outline(f, f->label);
}

void
label_filters_free(struct label_filters *all)
{
	if (all == NULL)
		return;
	for (uint32_t i = 0; i < all->count; i++)
		filter_free(all->filters[i]);
	free(all->filters);
	free(all);
}

/* How deep ANY stands inside ANY. */
static unsigned
any_depth(const struct label *l)
{
	unsigned most = 0;

	for (const struct label_part *part = l->parts; part != NULL;
	     part = part->next) {
		unsigned depth =
		    part->outline == NULL ? 0 : any_depth(part->outline);

		if (depth > most)
			most = depth;
	}
	return most + (l->kind == LABEL_ANY);
}

struct label_run *
label_run_new(const struct filter *f, struct err *err)
{
	struct label_run *r = calloc(1, sizeof(*r));
	uint32_t count = f->label_filters->count;
	size_t rows = 2 * BATCH_ROWS * (size_t)any_depth(f->label);

	if (r == NULL)
		goto fail;
	r->filter = f;
	r->names = calloc(BATCH_ROWS, sizeof(*r->names));
	r->rows = calloc(rows + 1, sizeof(*r->rows));
	r->runs = calloc(count + 1U, sizeof(*r->runs)); /* NULL ends it */
	if (r->names == NULL || r->rows == NULL || r->runs == NULL)
		goto fail;
	for (uint32_t i = 0; i < count; i++) {
		r->runs[i] = filter_run_new(f->label_filters->filters[i], err);
		if (r->runs[i] == NULL) {
			label_run_free(r);
			return NULL;
		}
	}
	return r;
fail:
	err_nomem(err);
	label_run_free(r);
	return NULL;
}

void
label_run_free(struct label_run *r)
{
	if (r == NULL)
		return;
	for (uint32_t i = 0; r->runs != NULL && r->runs[i] != NULL; i++)
		filter_run_free(r->runs[i]);
	free(r->runs);
	free(r->rows);
	free(r->names);
	free(r);
}

void
label_run_ident(struct label_run *r, const char *ident)
{
	for (uint32_t i = 0; r->runs[i] != NULL; i++)
		filter_run_ident(r->runs[i], ident);
}

/* Remove some of the rows; both are ascending.  What remains. */
static uint32_t
remove_rows(uint16_t *rows, uint32_t n, const uint16_t *some, uint32_t count)
{
	uint32_t kept = 0, k = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (k < count && some[k] == rows[i])
			k++;
		else
			rows[kept++] = rows[i];
	}
	return kept;
}

static void name_rows(struct label_run *r, const struct label *l,
    const struct batch *b, const uint16_t *in, uint32_t n, uint16_t *spare);

/* Every row goes to the first part that takes it. */
static void
name_any(struct label_run *r, const struct label *l, const struct batch *b,
    const uint16_t *in, uint32_t n, uint16_t *spare)
{
	uint16_t *left = spare, *hits = spare + BATCH_ROWS;

	memcpy(left, in, n * sizeof(*in));
	for (const struct label_part *part = l->parts; part != NULL && n > 0;
	     part = part->next) {
		const uint16_t *taken = left;
		uint32_t count = n;

		if (part->tree != NULL) {
			count = filter_run_rows(r->runs[part->filter], b, left,
			    n, hits);
			taken = hits;
		}
		if (part->outline != NULL)
			name_rows(r, part->outline, b, taken, count,
			    spare + 2 * BATCH_ROWS);
		if (part->tree != NULL)
			n = remove_rows(left, n, hits, count);
	}
}

/* The rows are true for what the outline stands for. */
static void
name_rows(struct label_run *r, const struct label *l, const struct batch *b,
    const uint16_t *in, uint32_t n, uint16_t *spare)
{
	switch (l->kind) {
	case LABEL_NAME:
		for (uint32_t i = 0; i < n; i++)
			r->names[in[i]] = &l->name;
		break;
	case LABEL_ALL:
		for (const struct label_part *part = l->parts; part != NULL;
		     part = part->next)
			name_rows(r, part->outline, b, in, n, spare);
		break;
	case LABEL_ANY:
		name_any(r, l, b, in, n, spare);
		break;
	}
}

void
label_run_rows(struct label_run *r, struct batch *b)
{
	struct span *column = b->col[FLD_LABEL];

	for (uint32_t i = 0; i < b->nsel; i++)
		r->names[b->sel[i]] = NULL;
	name_rows(r, r->filter->label, b, b->sel, b->nsel, r->rows);
	for (uint32_t i = 0; i < b->nsel; i++)
		if (r->names[b->sel[i]] != NULL)
			column[b->sel[i]] = *r->names[b->sel[i]];
}
