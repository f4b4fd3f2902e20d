/*
 * Completion for bash: functions in front of those of bash.in.
 */

#include "completion/completion.h"

static const char *const actions[] = {
	[VALUE_TEXT] = ":",
	[VALUE_FILE] = "compopt -o default",
	[VALUE_DIR] = "compopt -o dirnames",
	[VALUE_DIRS] = "compopt -o dirnames",
	[VALUE_USER] = "_@_known user",
	[VALUE_GROUP] = "_@_known group",
	[VALUE_HOST] = "_@_known hostname",
	[VALUE_INTERFACE] = "_@_interfaces",
	[VALUE_WORDS] = "_@_",
	[VALUE_FILTER] = "_@_filter ''",
};

/* A value with lists of its own: the words that begin as "cur" does. */
static void
write_value(const struct program *p, const struct value *v, struct buffer *out)
{
	buffer_printf(out, "_%s_", p->name);
	value_name(v, out);
	buffer_text(out, "()\n{\n\tlocal list=(\n");
	write_list(v->words, "\t\t", "\n", out);
	buffer_text(out, "\n\t)\n\n");
	if (value_goes_on(v))
		buffer_text(out, "\tcompopt -o nospace\n");
	for (size_t i = 0; i < VALUE_MORE && v->more[i].prefix != NULL; i++) {
		const struct value_more *m = &v->more[i];

		buffer_printf(out, "\tif [[ $cur == %s*%c* ]]; then\n"
		    "\t\tlist=(\n", m->prefix, m->separator);
		write_list(m->words, "\t\t\t", "\n", out);
		buffer_printf(out, "\n\t\t)\n\t\t_%s_words \"${cur%%\"%c\"*}%c\""
		    " \"${list[@]}\"\n\t\treturn\n\tfi\n", p->name,
		    m->separator, m->separator);
	}
	buffer_printf(out, "\t_%s_words '' \"${list[@]}\"\n}\n\n", p->name);
}

static void
write_values(const struct program *p, struct buffer *out)
{
	const struct value *v;

	for (size_t i = 0; (v = program_words(p, i)) != NULL; i++)
		write_value(p, v, out);
}

/* All options, or those that take an argument. */
static void
write_options(const struct program *p, const char *name, bool only_with_value,
    struct buffer *out)
{
	struct buffer words = BUFFER_EMPTY;

	for (size_t i = 0; i < p->options->count; i++) {
		const struct opt *o = &p->options->rows[i];

		if (option_is_offered(o) && (!only_with_value || o->arg != NULL))
			option_spellings(o, &words);
	}
	buffer_printf(out, "\t%s=(\n", name);
	write_words(&words, "\t\t", "\n", out);
	buffer_text(out, "\n\t)\n");
	buffer_fini(&words);
}

/* What the argument of each option is. */
static void
write_arguments(const struct program *p, struct buffer *out)
{
	buffer_printf(out, "_%s_argument()\n{\n\tcase $1 in\n", p->name);
	for (size_t i = 0; i < p->options->count; i++) {
		const struct opt *o = &p->options->rows[i];
		const char *between = "\t";

		if (!option_is_offered(o) || o->arg == NULL)
			continue;
		if (o->letter != 0) {
			buffer_printf(out, "\t-%c", o->letter);
			between = "|";
		}
		if (o->name != NULL)
			buffer_printf(out, "%s--%s", between, o->name);
		buffer_text(out, ") ");
		write_action(p, program_value(p, o), actions, out);
		buffer_text(out, " ;;\n");
	}
	buffer_text(out, "\tesac\n}\n\n");
}

/* What operands are; "last" is the one before. */
static void
write_operand(const struct program *p, struct buffer *out)
{
	const struct value *v = &p->operands;

	buffer_printf(out, "_%s_operand()\n{\n", p->name);
	if (p->paths != NULL)
		buffer_printf(out, "\tif [[ \" ${words[*]} \" == *' %s '* ]]; "
		    "then\n\t\tcompopt -o default\n\t\treturn\n\tfi\n",
		    p->paths);
	if (v->words != NULL) {
		buffer_printf(out, "\t_%s_words '' ", p->name);
		write_list(v->words, "", " \\\n\t\t", out);
		buffer_char(out, '\n');
	}
	if (v->kind == VALUE_FILTER)
		buffer_printf(out, "\t_%s_filter \"$last\"\n", p->name);
	else
		buffer_text(out, "\t: \"$last\"\n");
	buffer_text(out, "}\n\n");
}

void
bash_write(const struct program *p, struct buffer *out)
{
	buffer_printf(out, "# Completion of %s for bash, made from its "
	    "options.\n\n", p->name);
	buffer_printf(out, "_%s_options()\n{\n", p->name);
	write_options(p, "options", false, out);
	write_options(p, "takers", true, out);
	buffer_text(out, "}\n\n");
	write_values(p, out);
	if (program_has(p, VALUE_FILTER))
		write_filter(p, out);
	write_arguments(p, out);
	write_operand(p, out);
}
