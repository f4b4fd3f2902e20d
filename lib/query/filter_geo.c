/*
 * Countries of addresses: "geo CC".  The database is a function of whoever
 * compiles the filter; an address that it does not know has the code "..".
 */

#include <string.h>

#include "query/filter_forms.h"

static bool
is_letter(char c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Words of the language are codes too: IN, AS, GE, LT. */
bool
geo_begins(const struct token *t)
{
	return t->kind != TOKEN_BAD && t->len == 2 &&
	    ((is_letter(t->text[0]) && is_letter(t->text[1])) ||
		memcmp(t->text, "..", 2) == 0);
}

int
geo_parse(struct parser *p, struct node *n)
{
	const struct filter_options *o = p->inputs.options;

	if (!geo_begins(&p->token))
		return parse_expected(p, "a country code of two letters",
		    n->word->phrase);
	if (o == NULL || o->country == NULL)
		return parse_error(p, &p->token,
		    "\"%s\" needs a database of countries (option -G)",
		    n->word->phrase);
	n->kind = NODE_GEO;
	if (parse_keep_text(p, n, &p->token) == -1)
		return -1;
	for (size_t i = 0; i < GEO_CODE_LEN; i++)
		if (is_letter(n->text[i]))
			n->text[i] &= ~0x20;
	parse_advance(p);
	return 0;
}

static bool
is_from(const struct geo *g, const struct op *o, struct addr a)
{
	char code[GEO_CODE_LEN] = { '.', '.' };

	g->country(g->ctx, a, code);
	return memcmp(code, o->u.text.data, GEO_CODE_LEN) == 0;
}

uint32_t
geo_run(const struct geo *g, const struct op *o, const struct addr *a,
    const struct addr *b, const uint16_t *in, uint32_t n, uint16_t *out)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint16_t row = in[i];
		bool is_hit = is_from(g, o, a[row]);

		if (o->shape == SHAPE_EITHER && !is_hit)
			is_hit = is_from(g, o, b[row]);
		else if (o->shape == SHAPE_BOTH && is_hit)
			is_hit = is_from(g, o, b[row]);
		if (is_hit != o->negate)
			out[kept++] = row;
	}
	return kept;
}
