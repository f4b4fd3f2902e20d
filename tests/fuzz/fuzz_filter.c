/*
 * Filter texts: what compiles must have a normal form that compiles to
 * itself and selects the same rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "flow/flow.h"
#include "fuzz/fuzz.h"
#include "query/filter.h"

#define ROWS 100

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

/* Rows of mostly small values, always the same. */
static void
fill_rows(struct batch *b)
{
	uint64_t v = 1;

	b->rows = ROWS;
	for (int id = 0; id < FLD_COUNT; id++) {
		size_t size = (size_t)field_table[id].size * ROWS;
		uint8_t *p = b->col[id];

		if (p == NULL)
			continue;
		memset(p, 0, size);
		for (size_t i = 0; i < size; i++)
			if (field_table[id].type != FIELD_SPAN &&
			    (v = hash_u64(v + i)) % 4 == 0)
				p[i] = (uint8_t)(v >> 32 & (v >> 40));
	}
}

static void
apply(const struct filter *f, struct batch *b)
{
	struct fieldset want = { { 0 } };
	struct filter_run *r = filter_run_new(f, NULL);

	filter_fields(f, &want);
	if (r == NULL || batch_init(b, &want, false, NULL) == -1)
		abort();
	fill_rows(b);
	batch_select_all(b);
	filter_apply(r, b);
	filter_run_free(r);
}

static void
check_normal_form(const struct filter *f)
{
	char *form = filter_text(f), *again;
	struct filter *g = compile(form);
	struct batch a, b;

	if (g == NULL || (again = filter_text(g)) == NULL ||
	    strcmp(form, again) != 0)
		abort();
	apply(f, &a);
	apply(g, &b);
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
	char *text = malloc(size + 1);
	struct filter *f;

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if ((f = compile(text)) != NULL)
		check_normal_form(f);
	filter_free(f);
	free(text);
	return 0;
}
