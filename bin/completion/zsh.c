/*
 * Completion for zsh: functions in front of those of zsh.in.
 */

#include "completion/completion.h"

/* For a text in single quotes: a backslash before what has a meaning. */
static void
add_escaped(const char *text, struct buffer *out)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			buffer_char(out, '\\');
		if (*text == '\'')
			buffer_text(out, "'\\'");
		buffer_char(out, *text);
	}
}

/* The words in two lists: "open" are those that more has to follow. */
static void
write_lists(words_fn words, const char *indent, struct buffer *out)
{
	static const char *const names[] = { "list", "open" };

	for (int is_open = 0; is_open < 2; is_open++) {
		struct buffer part = BUFFER_EMPTY;

		words_open(words, is_open, &part);
		buffer_printf(out, "%s%s=(\n", indent, names[is_open]);
		write_words(&part, "\t\t", "\n", out);
		buffer_printf(out, "\n%s)\n", indent);
		buffer_fini(&part);
	}
}

static void
write_value(const struct program *p, const struct value *v, struct buffer *out)
{
	const char *suffix = value_goes_on(v) ? "-S '' " : "";

	buffer_printf(out, "_%s_", p->name);
	value_name(v, out);
	buffer_text(out, "()\n{\n\tlocal -a list open\n\n");
	write_lists(v->words, "\t", out);
	for (size_t i = 0; i < VALUE_MORE && v->more[i].prefix != NULL; i++) {
		const struct value_more *m = &v->more[i];

		buffer_printf(out, "\t%s compset -P '%s*%c'; then\n",
		    i == 0 ? "if" : "elif", m->prefix, m->separator);
		write_lists(m->words, "\t\t", out);
	}
	if (v->more[0].prefix != NULL)
		buffer_text(out, "\tfi\n");
	buffer_printf(out, "\tcompadd -S '' -a open\n\tcompadd %s-a list\n"
	    "}\n\n", suffix);
}

static const char *const actions[] = {
	[VALUE_TEXT] = " ",
	[VALUE_FILE] = "_files",
	[VALUE_DIR] = "_files -/",
	[VALUE_DIRS] = "_@_directories",
	[VALUE_USER] = "_users",
	[VALUE_GROUP] = "_groups",
	[VALUE_HOST] = "_hosts",
	[VALUE_INTERFACE] = "_@_interfaces",
	[VALUE_WORDS] = "_@_",
	[VALUE_FILTER] = "_@_filter",
};

/* "(-n --name)"{-n,--name}"[help]:argument:action" */
static void
write_spellings(const struct opt *o, struct buffer *out)
{
	const char *glued = o->arg != NULL ? "+" : "";
	const char *equal = o->arg != NULL ? "=" : "";
	bool repeats = o->type == OPT_LIST;

	if (o->letter != 0 && o->name != NULL) {
		if (repeats)
			buffer_text(out, "'*'");
		else
			buffer_printf(out, "'(-%c --%s)'", o->letter, o->name);
		buffer_printf(out, "{-%c%s,--%s%s}'", o->letter, glued,
		    o->name, equal);
		return;
	}
	buffer_text(out, repeats ? "'*" : "'");
	if (o->letter != 0)
		buffer_printf(out, "-%c%s", o->letter, glued);
	else
		buffer_printf(out, "--%s%s", o->name, equal);
}

static void
write_option(const struct program *p, const struct opt *o, struct buffer *out)
{
	buffer_text(out, "\t\t");
	write_spellings(o, out);
	buffer_char(out, '[');
	add_escaped(o->help, out);
	buffer_char(out, ']');
	if (o->arg != NULL) {
		buffer_text(out, option_may_lack_value(o) ? "::" : ":");
		add_escaped(o->arg, out);
		buffer_char(out, ':');
		write_action(p, program_value(p, o), actions, out);
	}
	buffer_text(out, "' \\\n");
}

static void
write_operand(const struct program *p, struct buffer *out)
{
	const struct value *v = &p->operands;

	buffer_printf(out, "_%s_operand()\n{\n", p->name);
	if (v->words != NULL) {
		buffer_text(out, "\tlocal -a list=(\n");
		write_list(v->words, "\t\t", "\n", out);
		buffer_text(out, "\n\t)\n\n\tcompadd -S '' -a list\n");
	}
	if (v->kind == VALUE_FILTER)
		buffer_printf(out, "\t_%s_filter\n", p->name);
	if (v->kind == VALUE_TEXT)
		buffer_text(out, "\treturn 1\n");
	buffer_text(out, "}\n\n");
}

void
zsh_write(const struct program *p, struct buffer *out)
{
	const struct value *v;

	buffer_printf(out, "#compdef %s %s\n# Completion for zsh, made from "
	    "the options of %s.\n\n", p->name, p->aliases, p->name);
	for (size_t i = 0; (v = program_words(p, i)) != NULL; i++)
		write_value(p, v, out);
	if (program_has(p, VALUE_FILTER))
		write_filter(p, out);
	write_operand(p, out);
	buffer_printf(out, "_%s_arguments()\n{\n\tlocal operand='*::operand:"
	    "_%s_operand'\n\n", p->name, p->name);
	if (p->paths != NULL)
		buffer_printf(out, "\t(( ! ${words[(I)%s]} )) || "
		    "operand='*:file:_files'\n", p->paths);
	buffer_text(out, "\t_arguments -s -S \\\n");
	for (size_t i = 0; i < p->options->count; i++)
		if (option_is_offered(&p->options->rows[i]))
			write_option(p, &p->options->rows[i], out);
	buffer_text(out, "\t\t$operand\n}\n\n");
}
