/*
 * The stages of a filter put together, and its life.
 */

#include <stdlib.h>

#include "query/filter_int.h"
#include "query/filter_label.h"
#include "query/filter_payload.h"

struct filter *
filter_compile(const char *text, const char *name, struct err *err)
{
	return filter_compile_with(text, name, NULL, err);
}

struct filter *
filter_compile_with(const char *text, const char *name,
    const struct filter_options *options, struct err *err)
{
	struct filter *f = calloc(1, sizeof(*f));
	struct parser p = { .err = err };

	if (f == NULL) {
		err_nomem(err);
		return NULL;
	}
	p.arena = &f->arena;
	p.patterns = &f->patterns;
	inputs_init(&p.inputs, text, name, options);
	f->tree = filter_parse(&p);
	inputs_fini(&p.inputs);
	if (f->tree == NULL)
		goto fail;
	f->label = p.label;
	if (options != NULL)
		f->geo = (struct geo){ options->country, options->ctx };
	if (filter_collect_facts(f) == -1 || filter_code(f) == -1 ||
	    label_code(f) == -1) {
		err_nomem(err);
		goto fail;
	}
	return f;
fail:
	filter_free(f);
	return NULL;
}

void
filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	for (uint32_t i = 0; i < f->nsets; i++)
		set_free(f->sets[i]);
	free(f->sets);
	pattern_free_all(f->patterns);
	label_filters_free(f->label_filters);
	free(f->ops);
	arena_fini(&f->arena);
	free(f);
}

void
filter_fields(const struct filter *f, struct fieldset *want)
{
	fieldset_merge(want, &f->want);
}

bool
filter_is_always(const struct filter *f)
{
	return f->tree->kind == NODE_TRUE && f->label == NULL;
}

bool
filter_counts_records(const struct filter *f)
{
	return f->counts_records;
}

bool
filter_tests_ident(const struct filter *f)
{
	return f->tests_ident;
}

char *
filter_text(const struct filter *f)
{
	struct buffer out = BUFFER_EMPTY;

	tree_text(f->tree, &out);
	buffer_char(&out, '\0');
	if (!out.failed)
		return out.data;
	buffer_fini(&out);
	return NULL;
}
