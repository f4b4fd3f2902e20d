/*
 * How a filter was understood, as text: one "name: value" a line.
 */

#include "query/filter_int.h"

/* Of longer lists the beginning is shown. */
#define SHOWN_MAX 16

static void
put_columns(const struct filter *f, struct buffer *out)
{
	buffer_text(out, "columns:");
	for (int id = 0; id < FLD_COUNT; id++)
		if (fieldset_has(&f->want, (enum field_id)id))
			buffer_printf(
			    out, " %s", field_name((enum field_id)id));
	if (fieldset_is_empty(&f->want))
		buffer_text(out, " none");
	buffer_char(out, '\n');
}

static bool
is_bitmap(const struct node *n)
{
	uint8_t id = n->word->from.id[0];

	return id < SOURCE_CALC && field_table[id].size <= 2;
}

/* The set that a test of several values becomes. */
static void
put_set(const struct node *n, struct buffer *out)
{
	uint64_t values = 0;
	uint32_t ranges = 0;
	bool is_map = is_bitmap(n);

	for (uint32_t i = 0; i < n->nitems; i++)
		if (is_map || set_is_hashed(&n->items[i]))
			values += n->items[i].hi.lo - n->items[i].lo.lo + 1;
		else
			ranges++;
	buffer_text(out, "set: ");
	text_phrase(n, out);
	if (values > 0)
		buffer_printf(out, ", %s %llu", is_map ? "bit map" : "hashed",
		    (unsigned long long)values);
	if (ranges > 0)
		buffer_printf(out, ", ranges %u", ranges);
	buffer_char(out, '\n');
}

static void
put_sets(const struct node *n, struct buffer *out)
{
	if (n->kind == NODE_AND || n->kind == NODE_OR)
		for (const struct node *c = n->child; c != NULL; c = c->next)
			put_sets(c, out);
	else if (n->kind == NODE_ITEMS && n->nitems > 1)
		put_set(n, out);
}

static void
put_proto(const uint64_t bits[4], struct buffer *out)
{
	unsigned count = 0;

	if ((bits[0] & bits[1] & bits[2] & bits[3]) == UINT64_MAX)
		return;
	buffer_text(out, "needs proto:");
	for (unsigned v = 0; v <= UINT8_MAX; v++) {
		const char *name = names_text(NAMES_PROTO, v);

		if ((bits[v / 64] >> v % 64 & 1) == 0)
			continue;
		if (++count > SHOWN_MAX)
			continue;
		if (name != NULL)
			buffer_printf(out, " %s", name);
		else
			buffer_printf(out, " %u", v);
	}
	if (count > SHOWN_MAX)
		buffer_printf(out, " and %u more", count - SHOWN_MAX);
	buffer_char(out, '\n');
}

static void
put_port(const struct item *it, struct buffer *out)
{
	buffer_printf(out, "%llu", (unsigned long long)it->lo.lo);
	if (it->hi.lo != it->lo.lo)
		buffer_printf(out, "-%llu", (unsigned long long)it->hi.lo);
}

static void
put_addr(const struct item *it, struct buffer *out)
{
	int len = item_prefix(it);

	text_prefix(it->lo, len == -1 ? 128 : (unsigned)len, out);
	if (len == -1) {
		buffer_char(out, '-');
		text_prefix(it->hi, 128, out);
	}
}

static void
put_needs(const struct filter_needs *x, const char *what,
    void (*put_item)(const struct item *it, struct buffer *out),
    struct buffer *out)
{
	static const char *const sides[] = { "", "src ", "dst ", "" };

	for (unsigned i = 0; i < x->count; i++) {
		const struct filter_need *need = &x->need[i];

		buffer_printf(out, "needs %s%s:", sides[need->sides & 3], what);
		for (uint32_t k = 0; k < need->nitems && k < SHOWN_MAX; k++) {
			buffer_char(out, ' ');
			put_item(&need->items[k], out);
		}
		if (need->nitems > SHOWN_MAX)
			buffer_printf(
			    out, " and %u more", need->nitems - SHOWN_MAX);
		buffer_char(out, '\n');
	}
}

static void
put_times(const struct filter_times *t, const char *what, struct buffer *out)
{
	if (t->from_ms > 0) {
		buffer_printf(out, "needs %s: >= ", what);
		text_time(t->from_ms, out);
		buffer_char(out, '\n');
	}
	if (t->to_ms < UINT64_MAX) {
		buffer_printf(out, "needs %s: <= ", what);
		text_time(t->to_ms, out);
		buffer_char(out, '\n');
	}
}

static void
put_facts(const struct filter_facts *x, struct buffer *out)
{
	if (x->is_never) {
		buffer_text(out, "needs: what no flow has\n");
		return;
	}
	if (x->is_v4)
		buffer_text(out, "needs family: ipv4\n");
	if (x->is_v6)
		buffer_text(out, "needs family: ipv6\n");
	put_proto(x->proto, out);
	put_needs(&x->addr, "address", put_addr, out);
	put_needs(&x->port, "port", put_port, out);
	put_times(&x->first, "first seen", out);
	put_times(&x->last, "last seen", out);
}

char *
filter_explain(const struct filter *f, const struct filter_facts *facts)
{
	struct buffer out = BUFFER_EMPTY;

	buffer_text(&out, "filter: ");
	tree_text(f->tree, &out);
	buffer_char(&out, '\n');
	put_columns(f, &out);
	put_sets(f->tree, &out);
	put_facts(facts, &out);
	buffer_char(&out, '\0');
	if (!out.failed)
		return out.data;
	buffer_fini(&out);
	return NULL;
}
