/*
 * Completion for fish: functions, then a command for each option, in front of
 * what is in fish.in.
 */

#include "completion/completion.h"
#include "query/filter.h"

static void
add_quoted(const char *text, struct buffer *out)
{
	buffer_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			buffer_char(out, '\\');
		buffer_char(out, *text);
	}
	buffer_char(out, '\'');
}

/* Words, which stand behind $head. */
static void
write_print(words_fn words, const char *indent, struct buffer *out)
{
	buffer_printf(out, "%sset -l list \\\n", indent);
	write_list(words, "\t", " \\\n", out);
	buffer_printf(out, "\n%sprintf '%%s\\n' $head$list\n", indent);
}

/* Words that others may follow, for which the token is taken apart. */
static void
write_value(const struct program *p, const struct value *v, struct buffer *out)
{
	buffer_printf(out, "function __%s_", p->name);
	value_name(v, out);
	buffer_printf(out, "\n    set -l token (__%s_token)\n"
	    "    set -l head ''\n", p->name);
	for (size_t i = 0; i < VALUE_MORE && v->more[i].prefix != NULL; i++) {
		const struct value_more *m = &v->more[i];

		buffer_printf(out, "    if string match -q -- '%s*%c*' $token\n"
		    "        set head (string replace -r -- '[^%c]*$' '' "
		    "$token)\n", m->prefix, m->separator, m->separator);
		write_print(m->words, "        ", out);
		buffer_text(out, "        return\n    end\n");
	}
	write_print(v->words, "    ", out);
	buffer_text(out, "end\n\n");
}

static void
write_case(const char *word, const struct buffer *next, struct buffer *out)
{
	if (next->len == 0) {
		buffer_printf(out, "        case %s\n", word);
		return;
	}
	buffer_printf(out, "        case %s\n            printf '%%s\\n' \\\n",
	    word);
	write_words(next, "\t\t", " \\\n", out);
	buffer_char(out, '\n');
}

static void
write_next(const struct program *p, struct buffer *out)
{
	struct buffer first = BUFFER_EMPTY, names = BUFFER_EMPTY;

	filter_words_after("", &first);
	filter_words_after(FILTER_FIRST_NAMES, &names);
	buffer_printf(out, "# What may follow the word in a filter.\n"
	    "function __%s_next\n    switch $argv[1]\n"
	    "        case '' and or not '!' '('\n"
	    "            printf '%%s\\n' \\\n", p->name);
	write_words(&first, "\t\t", " \\\n", out);
	buffer_text(out, "\n            test -n \"$argv[2]\"\n"
	    "            and printf '%s\\n' \\\n");
	write_words(&names, "\t\t", " \\\n", out);
	buffer_char(out, '\n');
	filter_each(write_case, out);
	buffer_text(out, "        case '*'\n            printf '%s\\n' and or\n"
	    "    end\nend\n\n");
	buffer_fini(&first);
	buffer_fini(&names);
}

static void
write_words_of(const struct program *p, const struct value *v,
    struct buffer *out)
{
	if (v->more[0].prefix != NULL) {
		buffer_printf(out, " -x -a '(__%s_", p->name);
		value_name(v, out);
		buffer_text(out, ")'");
		return;
	}
	buffer_text(out, " -x -a '");
	write_list(v->words, "", " ", out);
	buffer_char(out, '\'');
}

static const char *const actions[] = {
	[VALUE_TEXT] = " -x",
	[VALUE_FILE] = " -r -F",
	[VALUE_DIR] = " -x -a '(__fish_complete_directories (__@_token))'",
	[VALUE_DIRS] = " -x -a '(__@_directories)'",
	[VALUE_USER] = " -x -a '(__fish_complete_users)'",
	[VALUE_GROUP] = " -x -a '(__fish_complete_groups)'",
	[VALUE_HOST] = " -x -a '(__fish_print_hostnames)'",
	[VALUE_INTERFACE] = " -x -a 'any (__fish_print_interfaces)'",
	[VALUE_FILTER] = " -x -a '(__@_filter)'",
};

static void
write_argument(const struct program *p, const struct value *v,
    struct buffer *out)
{
	if (v->kind == VALUE_WORDS)
		write_words_of(p, v, out);
	else
		write_action(p, v, actions, out);
}

static void
write_option(const struct program *p, const struct opt *o, struct buffer *out)
{
	buffer_text(out, "complete -c $command");
	if (o->letter != 0)
		buffer_printf(out, " -s %c", o->letter);
	if (o->name != NULL)
		buffer_printf(out, " -l %s", o->name);
	if (o->arg != NULL)
		write_argument(p, program_value(p, o), out);
	buffer_text(out, " -d ");
	add_quoted(o->help, out);
	buffer_char(out, '\n');
}

/* Letters and names that take an argument. */
static void
write_takers(const struct program *p, struct buffer *out)
{
	struct buffer words = BUFFER_EMPTY;

	for (size_t i = 0; i < p->options->count; i++) {
		const struct opt *o = &p->options->rows[i];

		if (option_is_offered(o) && o->arg != NULL)
			option_spellings(o, &words);
	}
	buffer_printf(out, "function __%s_takes\n    contains -- $argv[1] \\\n",
	    p->name);
	write_words(&words, "\t", " \\\n", out);
	buffer_text(out, "\nend\n\n");
	buffer_fini(&words);
}

static void
write_operand(const struct program *p, struct buffer *out)
{
	const struct value *v = &p->operands;

	buffer_text(out, "\ncomplete -c $command -f\n");
	if (v->words != NULL) {
		buffer_text(out, "complete -c $command -a '");
		write_list(v->words, "", " ", out);
		buffer_text(out, "'\n");
	}
	if (p->paths != NULL)
		buffer_printf(out, "complete -c $command -F -n '"
		    "contains -- %s (commandline -opc)'\n", p->paths);
	if (v->kind != VALUE_FILTER)
		return;
	buffer_text(out, "complete -c $command");
	if (p->paths != NULL)
		buffer_printf(out, " -n 'not contains -- %s "
		    "(commandline -opc)'", p->paths);
	buffer_printf(out, " -a '(__%s_filter)'\n", p->name);
}

void
fish_write(const struct program *p, struct buffer *out)
{
	const struct value *v;

	buffer_printf(out, "# Completion of %s for fish, made from its "
	    "options.\n\n", p->name);
	write_takers(p, out);
	for (size_t i = 0; (v = program_words(p, i)) != NULL; i++)
		if (v->more[0].prefix != NULL)
			write_value(p, v, out);
	if (program_has(p, VALUE_FILTER))
		write_next(p, out);
	buffer_text(out, "# By the name of this file, which may be a link.\n"
	    "set -l command (string replace -r '\\.fish$' '' "
	    "(status basename))\n\n");
	for (size_t i = 0; i < p->options->count; i++)
		if (option_is_offered(&p->options->rows[i]))
			write_option(p, &p->options->rows[i], out);
	write_operand(p, out);
	buffer_char(out, '\n');
}
