/*
 * Letters that mean different things to different versions of the collectors
 * we stand in for (collector.md 1.1).
 */

#include <ctype.h>
#include <string.h>

#include "base/addr.h"
#include "flowcapd/args_int.h"

#define VERBOSITY_MAX 4

/* The argument of a letter: the rest of its word or the next one. */
static const char *
argument(struct walk *w, int letter, const char *glued, struct err *err)
{
	if (glued != NULL)
		return glued;
	if ((glued = args_peek(w)) == NULL)
		err_set(err, ERR_USAGE, "option -%c needs an argument", letter);
	else
		w->next++;
	return glued;
}

static int
add_word(struct walk *w, int letter, const char *text, struct err *err)
{
	if (*text == '\0')
		return err_set(err, ERR_USAGE, "option -%c: empty %s", letter,
		    letter == 'x' ? "command" : "directory name");
	if (w->nwords == DIRS_MAX)
		return err_set(err, ERR_USAGE, "option -%c: more than %d "
		    "directories and commands", letter, DIRS_MAX);
	w->words[w->nwords++] = (struct word){ letter, text };
	return 1;
}

/* -w: flag of 1.6 ("align files to the clock"), directory since 1.7. */
static int
take_w(struct walk *w, const char *glued, struct err *err)
{
	const char *next = args_peek(w);

	if (glued != NULL) {
		if (!w->probe->is_directory(glued) && args_is_cluster(glued))
			return 0;
		return add_word(w, 'w', glued, err);
	}
	if (next == NULL || *next == '-')
		return 1;
	w->next++;
	return add_word(w, 'w', next, err);
}

/* -l: directory, command in 1.8; which is settled later. */
static int
take_l(struct walk *w, const char *glued, struct err *err)
{
	const char *text = argument(w, 'l', glued, err);

	return text == NULL ? -1 : add_word(w, 'l', text, err);
}

int
args_set(struct config *c, const char *name, const char *value,
    struct err *err)
{
	return settings_set(&c->settings, settings_find(name, strlen(name)),
	    value, err);
}

/* Length of NAME in "NAME=VALUE", or 0. */
static size_t
override_len(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");

	return isalpha((unsigned char)*text) && text[len] == '=' ? len : 0;
}

/* What 1.8 sets in its configuration with -x name=value. */
static int
set_override(struct config *c, const char *text, size_t len, struct err *err)
{
	const struct setting *row = settings_find(text, len);

	if (row == NULL)
		return err_set(err, ERR_USAGE,
		    "option -x: unknown setting '%.*s'", (int)len, text);
	if (settings_set(&c->settings, row, text + len + 1, err) == -1)
		return err_context(err, "-x %s", text);
	if (!setting_has_effect(row))
		args_warn(c, "-x %s has no effect", text);
	return 1;
}

/* -x: command, setting in 1.8. */
static int
take_x(struct walk *w, const char *glued, struct err *err)
{
	const char *text = argument(w, 'x', glued, err);
	size_t len;

	if (text == NULL)
		return -1;
	if ((len = override_len(text)) > 0)
		return set_override(w->config, text, len, err);
	return add_word(w, 'x', text, err);
}

static int
take_y(struct walk *w, const char *glued, struct err *err)
{
	(void)glued;
	return args_set_compression(w->config, "lz4", err);
}

/* Is this "lz4", "zstd:3", ...? */
static bool
is_method(const char *text)
{
	static const char *const methods[] = { "lzo", "bz2", "lz4", "zstd" };
	size_t len = strcspn(text, ":");

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i]) == len &&
		    strncmp(methods[i], text, len) == 0)
			return true;
	return false;
}

/* -z: LZO; since 1.7.8 a method, glued with or without '=', or a word. */
static int
take_z(struct walk *w, const char *glued, struct err *err)
{
	const char *method = glued != NULL ? glued + (*glued == '=') :
					     args_peek(w);

	if (method == NULL || !is_method(method)) {
		if (glued != NULL && *glued == '=')
			return err_set(err, ERR_USAGE,
			    "option -z: unknown method '%s'", method);
		return args_set_compression(w->config, "lzo", err);
	}
	if (glued == NULL)
		w->next++;
	if (args_set_compression(w->config, method, err) == -1)
		return -1;
	return 1;
}

bool
args_is_multicast(const char *text)
{
	size_t len = text == NULL ? 0 : strcspn(text, "%");
	char group[ADDR_TEXT_MAX];
	struct addr a;

	if (len == 0 || len >= sizeof(group))
		return false;
	memcpy(group, text, len);
	group[len] = '\0';
	if (addr_parse(group, &a) == -1)
		return false;
	return addr_is_v4(a) ? (a.lo >> 28 & 0xf) == 0xe : a.hi >> 56 == 0xff;
}

/* -j: multicast group in 1.6.13, bzip2 later. */
static int
take_j(struct walk *w, const char *glued, struct err *err)
{
	const char *text = glued != NULL ? glued : args_peek(w);

	if (!args_is_multicast(text))
		return args_set_compression(w->config, "bz2", err);
	if (glued == NULL)
		w->next++;
	w->config->multicast = text;
	return 1;
}

/* -X: list of extensions since 1.7.8, flag of 1.6.13; no effect both. */
static int
take_extension_list(struct walk *w, const char *glued, struct err *err)
{
	const char *text = glued != NULL ? glued : args_peek(w);
	bool is_list = text != NULL && isdigit((unsigned char)*text) &&
	    text[strspn(text, "0123456789,")] == '\0';

	(void)err;
	if (is_list && glued == NULL)
		w->next++;
	return is_list ? 1 : 0;
}

/* -v: one level more, since 1.7.8 the level. */
static int
take_v(struct walk *w, const char *glued, struct err *err)
{
	struct config *c = w->config;
	const char *text = glued != NULL ? glued : args_peek(w);

	if (text != NULL && isdigit((unsigned char)*text) && text[1] == '\0') {
		if (glued == NULL)
			w->next++;
		c->verbosity = (uint32_t)(*text - '0');
		if (c->verbosity > VERBOSITY_MAX)
			return err_set(err, ERR_USAGE,
			    "Verbose log level allowed between 0..%d",
			    VERBOSITY_MAX);
		return 1;
	}
	if (c->verbosity < VERBOSITY_MAX)
		c->verbosity++;
	return 0;
}

/* -N: file of sources, number of a key exchange in 1.8. */
static int
take_sources(struct walk *w, const char *glued, struct err *err)
{
	const char *text = argument(w, 'N', glued, err);
	struct opt_list *list = &w->config->source_files;

	if (text == NULL)
		return -1;
	if (!w->probe->is_file(text))
		return err_set(err, ERR_USAGE,
		    "option -N: '%s' is not a file of sources", text);
	if (list->count == OPT_LIST_MAX)
		return err_set(err, ERR_USAGE, "option -N more than %d times",
		    OPT_LIST_MAX);
	list->items[list->count++] = text;
	return 1;
}

/* -o: only "tun". */
static int
take_o(struct walk *w, const char *glued, struct err *err)
{
	const char *text = argument(w, 'o', glued, err);

	if (text == NULL)
		return -1;
	if (strcmp(text, "tun") != 0)
		return err_set(err, ERR_USAGE, "Unknown option: %s", text);
	return args_set(w->config, "opt.tun", "1", err) == -1 ? -1 : 1;
}

/* -s: a rate, with a minus sign that of all. */
static int
take_s(struct walk *w, const char *glued, struct err *err)
{
	const char *text = argument(w, 's', glued, err);

	if (text == NULL || args_set(w->config, "sampling", text, err) == -1)
		return -1;
	return 1;
}

static int
take_p(struct walk *w, const char *glued, struct err *err)
{
	const char *text = argument(w, 'p', glued, err);

	if (text == NULL)
		return -1;
	w->config->port = text;
	w->config->port_given = true;
	return 1;
}

static const struct letter_rule {
	int letter;
	letter_fn take;
} letter_rules[] = {
	{ 'j', take_j },
	{ 'l', take_l },
	{ 'N', take_sources },
	{ 'o', take_o },
	{ 'p', take_p },
	{ 's', take_s },
	{ 'v', take_v },
	{ 'w', take_w },
	{ 'x', take_x },
	{ 'X', take_extension_list },
	{ 'y', take_y },
	{ 'z', take_z },
};

letter_fn
args_letter(int letter)
{
	for (size_t i = 0; i < sizeof(letter_rules) / sizeof(letter_rules[0]);
	    i++)
		if (letter_rules[i].letter == letter)
			return letter_rules[i].take;
	return NULL;
}
