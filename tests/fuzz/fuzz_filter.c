/*
 * Filter texts: what compiles must have a normal form that compiles to
 * itself and selects the same rows.
 */
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "query/filter.h"

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

static void
apply(const struct filter *f, struct batch *b)
{
	struct fieldset want = { { 0 } };
	struct filter_run *r = filter_run_new(f, NULL);

	filter_fields(f, &want);
	if (r == NULL || batch_init(b, &want, false, NULL) == -1)
		abort();
	fuzzkit_rows(b, 1, NULL, 0);
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
	char *text = fuzzkit_text(data, size);
	struct filter *f;

	if ((f = compile(text)) != NULL)
		check_normal_form(f);
	filter_free(f);
	free(text);
	return 0;
}
