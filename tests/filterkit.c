/*
 * Compile, make room, apply.
 */
#include "filterkit.h"

#include "tap.h"

void
filterkit_batch(struct batch *b)
{
	struct fieldset all = { { 0 } };
	struct err err;

	for (int id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	if (batch_init(b, &all, false, &err) == -1)
		bail("%s", err.text);
}

struct filter *
filterkit_compile(const char *text)
{
	struct err err;
	struct filter *f = filter_compile(text, "filter", &err);

	if (f == NULL)
		bail("%s: %s", text, err.text);
	return f;
}

void
filterkit_apply(const struct filter *f, struct batch *b)
{
	struct err err;
	struct filter_run *r = filter_run_new(f, &err);

	if (r == NULL)
		bail("%s", err.text);
	filter_apply(r, b);
	filter_run_free(r);
}
