/*
 * Filter texts: what compiles must have a normal form that compiles to
 * itself and selects the same rows, of which all its facts hold.
 */
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "query/filter.h"
#include "query/filter_facts.h"

static int
resolve(void *ctx, const char *name, struct addr *addrs, size_t max,
    struct err *err)
{
	(void)ctx;
	if (max < 1 || strchr(name, 'x') != NULL)
		return err_set(err, ERR_FILTER, "unknown");
	addrs[0] = addr_v4(0x0a000001);
	return 1;
}

/* Every file includes the one whose name is its own without a letter. */
static int
load(void *ctx, const char *name, struct buffer *text, struct err *err)
{
	(void)ctx;
	if (*name == 'x')
		return err_set(err, ERR_FILTER, "unknown");
	if (name[1] != '\0')
		buffer_printf(text, "@include %s @include %s", name + 1, name);
	else
		buffer_text(text, "80 or port");
	return 0;
}

static void
country(void *ctx, struct addr a, char code[2])
{
	(void)ctx;
	code[0] = (char)('A' + a.lo % 4);
	code[1] = 'S';
}

static struct filter *
compile(const char *text)
{
	static const struct filter_options options = { .resolve = resolve,
		.load = load, .country = country };
	struct err err;

	return filter_compile_with(text, "fuzz", &options, &err);
}

/* Extensions say of which family addresses are, if there are any. */
static void
set_family(struct batch *b)
{
	const uint64_t both = FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_IPV6);
	uint64_t *extensions = b->col[FLD_EXTENSIONS];
	struct addr *src = b->col[FLD_SRC_ADDR], *dst = b->col[FLD_DST_ADDR];

	for (uint32_t i = 0; i < b->rows; i++) {
		extensions[i] &= ~both;
		if (i % 3 == 0) {
			extensions[i] |= FLOW_EXT(EXT_IPV4);
			src[i] = addr_v4((uint32_t)src[i].lo);
			dst[i] = addr_v4((uint32_t)dst[i].lo);
		} else if (i % 3 == 1) {
			extensions[i] |= FLOW_EXT(EXT_IPV6);
			src[i].hi |= UINT64_C(0x2001) << 48;
			dst[i].hi |= UINT64_C(0x2001) << 48;
		} else {
			src[i] = dst[i] = (struct addr){ 0, 0 };
		}
	}
}

static bool
is_in(struct addr a, const struct filter_need *n)
{
	for (uint32_t i = 0; i < n->nitems; i++)
		if (addr_compare(n->items[i].lo, a) <= 0 &&
		    addr_compare(a, n->items[i].hi) <= 0)
			return true;
	return false;
}

static void
check_needs(const struct filter_needs *needs, struct addr src, struct addr dst)
{
	for (unsigned i = 0; i < needs->count; i++) {
		const struct filter_need *n = &needs->need[i];

		require(((n->sides & FILTER_SRC) != 0 && is_in(src, n)) ||
		    ((n->sides & FILTER_DST) != 0 && is_in(dst, n)));
	}
}

/* A flow that matches is one of which the facts hold. */
static void
check_facts(const struct filter_facts *x, const struct flow *f)
{
	const struct addr src_port = { 0, f->src_port };
	const struct addr dst_port = { 0, f->dst_port };

	require(!x->is_never);
	require(!x->is_v4 || (f->extensions & FLOW_EXT(EXT_IPV4)) != 0);
	require(!x->is_v6 || (f->extensions & FLOW_EXT(EXT_IPV6)) != 0);
	require((x->proto[f->proto / 64] >> f->proto % 64 & 1) != 0);
	check_needs(&x->addr, f->src_addr, f->dst_addr);
	check_needs(&x->port, src_port, dst_port);
	require(x->first.from_ms <= f->first_ms &&
	    f->first_ms <= x->first.to_ms);
	require(x->last.from_ms <= f->last_ms && f->last_ms <= x->last.to_ms);
}

static void
want_facts(struct fieldset *want)
{
	static const enum field_id fields[] = { FLD_EXTENSIONS, FLD_PROTO,
		FLD_SRC_ADDR, FLD_DST_ADDR, FLD_SRC_PORT, FLD_DST_PORT,
		FLD_FIRST, FLD_LAST, FLD_LABEL };

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		fieldset_add(want, fields[i]);
}

/* The text is what payloads and names hold, too. */
static void
apply(const struct filter *f, struct batch *b, const char *text)
{
	struct fieldset want = { { 0 } };
	struct filter_run *r = filter_run_new(f, NULL);
	struct flow flow;

	filter_fields(f, &want);
	want_facts(&want);
	if (r == NULL || batch_init(b, &want, false, NULL) == -1)
		abort();
	fuzzkit_rows(b, 1, (const uint8_t *)text, strlen(text));
	set_family(b);
	filter_run_ident(r, "ident");
	filter_apply(r, b);
	filter_label(r, b);
	for (uint32_t i = 0; i < b->nsel; i++) {
		batch_flow(b, b->sel[i], &flow);
		check_facts(filter_facts(f), &flow);
	}
	filter_run_free(r);
}

static void
check_normal_form(const struct filter *f, const char *text)
{
	char *form = filter_text(f), *again;
	struct filter *g = compile(form);
	struct batch a, b;

	if (g == NULL || (again = filter_text(g)) == NULL ||
	    strcmp(form, again) != 0)
		abort();
	apply(f, &a, text);
	apply(g, &b, text);
	if (a.nsel != b.nsel || memcmp(a.sel, b.sel, a.nsel * 2) != 0)
		abort();
	batch_fini(&a);
	batch_fini(&b);
	filter_free(g);
	free(form);
	free(again);
}

int
FUZZ_TARGET(filter)(const uint8_t *data, size_t size)
{
	char *text = fuzzkit_text(data, size);
	struct filter *f;

	if ((f = compile(text)) != NULL)
		check_normal_form(f, text);
	filter_free(f);
	free(text);
	return 0;
}
