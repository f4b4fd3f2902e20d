/*
 * Command line of the collector.  A word that begins with '-' is a cluster of
 * letters; most take their value from the option table, the ambiguous ones
 * have a function in args_letters.c.  What needs the whole line, as -l, -w
 * and -x do, is noted in order and settled after the walk.
 */

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "flowcapd/args_int.h"
#include "flowcapd/options.h"

void
args_warn(struct config *c, const char *fmt, ...)
{
	va_list ap;

	if (c->warnings == ARGS_WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(c->warning[c->warnings++], ARGS_WARNING_MAX, fmt, ap);
	va_end(ap);
}

const char *
args_peek(const struct walk *w)
{
	return w->next < w->argc ? w->argv[w->next] : NULL;
}

bool
args_is_cluster(const char *text)
{
	for (; *text != '\0'; text++) {
		const struct opt *o = options_by_letter(&flowcapd_options,
		    (unsigned char)*text);

		if (o == NULL || o->type != OPT_FLAG)
			return o != NULL;
	}
	return true;
}

int
args_set_compression(struct config *c, const char *name, struct err *err)
{
	if (c->compression != NULL && strcmp(c->compression, name) != 0)
		return err_set(err, ERR_USAGE, "Use one compression: -z for "
		    "LZO, -j for BZ2 or -y for LZ4 compression");
	c->compression = name;
	return 0;
}

/* An option of the table; the result is that of a letter_fn. */
static int
take_table(struct walk *w, const struct opt *opt, const char *glued,
    struct err *err)
{
	if (opt->type == OPT_FLAG || opt->type == OPT_REFUSED)
		return options_set(opt, NULL, w->config, err);
	if (glued == NULL) {
		if ((glued = args_peek(w)) == NULL)
			return err_set(err, ERR_USAGE,
			    "option -%c needs an argument", opt->letter);
		w->next++;
	}
	return options_set(opt, glued, w->config, err) == -1 ? -1 : 1;
}

static int
take_letter(struct walk *w, const char *at, struct err *err)
{
	int letter = (unsigned char)*at;
	const char *glued = at[1] != '\0' ? at + 1 : NULL;
	const struct opt *opt = options_by_letter(&flowcapd_options, letter);
	letter_fn rule = args_letter(letter);

	if (opt == NULL)
		return err_set(err, ERR_USAGE, "unknown option -%c",
		    isprint(letter) ? letter : '?');
	return rule != NULL ? rule(w, glued, err) :
			      take_table(w, opt, glued, err);
}

static int
walk_cluster(struct walk *w, const char *letters, struct err *err)
{
	int rc = 0;

	for (; rc == 0 && *letters != '\0'; letters++)
		rc = take_letter(w, letters, err);
	return rc == -1 ? -1 : 0;
}

static int
set_max_sources(struct config *c, const char *text, struct err *err)
{
	if (args_set(c, "dyn_max_sources", text, err) == -1)
		return err_context(err, "option --max-sources");
	return 0;
}

static int
walk_long(struct walk *w, const char *word, struct err *err)
{
	size_t len = strcspn(word, "=");
	const struct opt *opt = options_by_name(&flowcapd_options, word, len);
	bool has_text = word[len] == '=';
	const char *text = has_text ? word + len + 1 : args_peek(w);

	if (opt == NULL)
		return err_set(err, ERR_USAGE, "unknown option --%.*s",
		    (int)len, word);
	else if (opt->type == OPT_FLAG && has_text)
		return err_set(err, ERR_USAGE,
		    "option --%s takes no argument", opt->name);
	else if (opt->type == OPT_FLAG)
		return options_set(opt, NULL, w->config, err);
	else if (text == NULL)
		return err_set(err, ERR_USAGE,
		    "option --%s needs an argument", opt->name);
	else {
		if (!has_text)
			w->next++;
		if (strcmp(opt->name, "compress") == 0)
			return args_set_compression(w->config, text, err);
		if (strcmp(opt->name, "max-sources") == 0)
			return set_max_sources(w->config, text, err);
		return options_set(opt, text, w->config, err);
	}
	return 0;
}

static int
walk_words(struct walk *w, struct err *err)
{
	bool only_operands = false;

	while (w->next < w->argc && !w->config->help && !w->config->version) {
		const char *word = w->argv[w->next++];
		int rc = 0;

		if (only_operands || word[0] != '-' || word[1] == '\0') {
			if (w->operands++ > 0)
				return err_set(err, ERR_USAGE,
				    "unexpected argument '%s'", word);
			w->config->packet_filter = word;
		} else if (strcmp(word, "--") == 0)
			only_operands = true;
		else if (word[1] == '-')
			rc = walk_long(w, word + 2, err);
		else
			rc = walk_cluster(w, word + 1, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* Is this name that of the sFlow collector? */
static bool
is_sfcapd(const char *name)
{
	return strncmp(name, "sfcapd", 6) == 0;
}

int
args_parse(struct config *c, int argc, char **argv,
    const struct args_probe *probe, struct err *err)
{
	struct walk w = { .argc = argc, .argv = argv, .next = 1, .config = c,
		.probe = probe };

	memset(c, 0, sizeof(*c));
	c->is_sfcapd = is_sfcapd(options_program(argc, argv, "flowcapd"));
	c->port = c->is_sfcapd ? "6343" : "9995";
	c->ident = "none";
	c->interval_s = 300;
	c->flush_s = 2;
	c->sync_text = "close";
	c->metric_interval_s = 60;
	c->receivers = 1;
	c->max_exporters = 4096;
	c->max_templates = 4096;
	c->max_memory = 256;
	c->verbosity = 1;
	if (walk_words(&w, err) == -1)
		return -1;
	if (c->help || c->version)
		return 0;
	if (c->compression == NULL)
		c->compression = "lz4";
	if (args_check(c, err) == -1)
		return -1;
	return args_settle(&w, err);
}

void
args_usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options] -w dir\n", name);
	options_usage(&flowcapd_options, out);
	fprintf(out, "See flowcapd(8) for more.\n");
}
