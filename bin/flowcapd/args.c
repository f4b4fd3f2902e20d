/*
 * Command line of the collector.  A word that begins with '-' is a cluster of
 * letters; most take their value from the option table, the ambiguous ones
 * have a function here.  What needs the whole line, -l and -w, is noted in
 * order and settled after the walk.
 */

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "common/options.h"
#include "flowcapd/args.h"
#include "store/reader.h"
#include "store/slot.h"

#define DIRS_MAX 16
#define SAMPLING_MAX 10000000
#define INTERVAL_MAX 31622400 /* a leap year */
#define FLUSH_MAX 3600

#define SET(member) offsetof(struct config, member)

/* clang-format off */
static const struct opt options[] = {
	{ '4', NULL, OPT_FLAG, SET(v4), NULL, "receive on IPv4 only (default)" },
	{ '6', NULL, OPT_FLAG, SET(v6), NULL, "receive on IPv6 only; -4 -6: on both" },
	{ 'b', NULL, OPT_STR, SET(host), "host", "bind to this host name or address" },
	{ 'B', NULL, OPT_U32, SET(buffer), "bytes", "receive buffer of the socket" },
	{ 'D', NULL, OPT_FLAG, SET(background), NULL, "run in the background, log to syslog" },
	{ 'E', NULL, OPT_FLAG, SET(print), NULL, "print every record" },
	{ 'g', NULL, OPT_STR, SET(group), "group", "change to this group" },
	{ 'h', NULL, OPT_FLAG, SET(help), NULL, "print this text" },
	{ 'I', NULL, OPT_STR, SET(ident), "ident", "name of the source, default none" },
	{ 'j', NULL, OPT_FLAG, SET(accepted), NULL, "compress with bzip2" },
	{ 'l', NULL, OPT_STR, SET(dir), "dir", "data directory" },
	{ 'p', NULL, OPT_STR, SET(port), "port", "UDP port, default 9995" },
	{ 'P', NULL, OPT_STR, SET(pidfile), "file", "write the process id to file" },
	{ 'r', NULL, OPT_FLAG, SET(accepted), NULL, "accepted, has no effect" },
	{ 's', NULL, OPT_STR, SET(sampling_text), "rate", "sampling of exporters that announce none" },
	{ 'S', NULL, OPT_U32, SET(layout), "num", "layout of sub-directories, 0 to 8" },
	{ 't', NULL, OPT_U32, SET(interval_s), "seconds", "start a new file that often, default 300" },
	{ 'T', NULL, OPT_STR, SET(extensions), "list", "accepted, all fields are stored anyway" },
	{ 'u', NULL, OPT_STR, SET(user), "user", "change to this user" },
	{ 'V', NULL, OPT_FLAG, SET(version), NULL, "print the version" },
	{ 'w', NULL, OPT_STR, SET(dir), "[dir]", "data directory; alone: no effect" },
	{ 'X', NULL, OPT_FLAG, SET(accepted), "[list]", "accepted, has no effect" },
	{ 'y', NULL, OPT_FLAG, SET(accepted), NULL, "compress with LZ4 (default)" },
	{ 'z', NULL, OPT_STR, SET(compression), "[method]", "compress with LZO or this method" },
	{ 0, "compress", OPT_STR, SET(compression), "method", "none, lzo, bz2, lz4 (default) or zstd" },
	{ 0, "flush", OPT_U32, SET(flush_s), "seconds", "write blocks at least that often, default 2" },
	{ 0, "no-index", OPT_FLAG, SET(no_index), NULL, "write files without an index" },
	{ 0, "sync", OPT_STR, SET(sync_text), "when", "safe from power failure: never, close (default), flush" },
};

/* Letters that other collectors know and this one refuses. */
static const struct refused {
	int letter;
	bool takes_argument;
	const char *meaning;
} refused[] = {
	{ 'A', false, "repeating with the sender's address" },
	{ 'C', true, "configuration file" },
	{ 'd', true, "capture device" },
	{ 'e', false, "expiry after every rotation" },
	{ 'f', true, "reading a capture file" },
	{ 'H', true, "forwarding" },
	{ 'i', true, "metric interval" },
	{ 'J', true, "multicast group" },
	{ 'm', true, "metric socket" },
	{ 'M', true, "dynamic sources" },
	{ 'n', true, "sources by address" },
	{ 'N', true, "file of sources" },
	{ 'o', true, "decoder options" },
	{ 'R', true, "packet repeater" },
	{ 'v', false, "verbosity" },
	{ 'W', true, "number of workers" },
	{ 'x', true, "launch command" },
	{ 'Y', true, "reading IPFIX files" },
	{ 'Z', false, "time zone in file names" },
};
/* clang-format on */

#define ROWS (sizeof(options) / sizeof(options[0]))
#define REFUSED (sizeof(refused) / sizeof(refused[0]))

/* -l or -w with a word, in order. */
struct source {
	int letter;
	const char *text;
};

struct walk {
	int argc;
	char **argv;
	int next; /* word to look at */
	struct config *config;
	const struct args_probe *probe;
	struct source sources[DIRS_MAX];
	unsigned nsources;
	unsigned operands;
};

/*
 * A letter with rules of its own.  "glued" is the rest of its word, never
 * empty, or NULL.  Returns 1 when the rest belongs to it, 0 when the walk
 * goes on with the rest as a cluster, -1 on error.
 */
typedef int (*letter_fn)(struct walk *w, const char *glued, struct err *err);

static void __attribute__((format(printf, 2, 3)))
warn_user(struct config *c, const char *fmt, ...)
{
	va_list ap;

	if (c->warnings == ARGS_WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(c->warning[c->warnings++], ARGS_WARNING_MAX, fmt, ap);
	va_end(ap);
}

static const struct refused *
find_refused(int letter)
{
	for (size_t i = 0; i < REFUSED; i++)
		if (refused[i].letter == letter)
			return &refused[i];
	return NULL;
}

/* The next word if there is one, without taking it. */
static const char *
peek(const struct walk *w)
{
	return w->next < w->argc ? w->argv[w->next] : NULL;
}

static int
add_source(struct walk *w, int letter, const char *text, struct err *err)
{
	if (*text == '\0')
		return err_set(err, ERR_USAGE,
		    "option -%c: empty directory name", letter);
	if (w->nsources == DIRS_MAX)
		return err_set(err, ERR_USAGE, "option -%c: more than %d "
		    "directories", letter, DIRS_MAX);
	w->sources[w->nsources++] = (struct source){ letter, text };
	return 0;
}

/* Is text a cluster up to the first letter that takes an argument? */
static bool
is_cluster(const char *text)
{
	for (; *text != '\0'; text++) {
		const struct opt *o = options_by_letter(options, ROWS,
		    (unsigned char)*text);
		const struct refused *r = find_refused((unsigned char)*text);

		if (o == NULL && r == NULL)
			return false;
		if (o != NULL ? o->type != OPT_FLAG : r->takes_argument)
			return true;
	}
	return true;
}

/* -w: flag of 1.6 ("align files to the clock"), directory since 1.7. */
static int
take_w(struct walk *w, const char *glued, struct err *err)
{
	const char *word = peek(w);

	if (glued != NULL) {
		if (!w->probe->is_directory(glued) && is_cluster(glued))
			return 0;
		return add_source(w, 'w', glued, err) == -1 ? -1 : 1;
	}
	if (word == NULL || *word == '-')
		return 1;
	w->next++;
	return add_source(w, 'w', word, err) == -1 ? -1 : 1;
}

static int
take_l(struct walk *w, const char *glued, struct err *err)
{
	if (glued == NULL && (glued = peek(w)) == NULL)
		return err_set(err, ERR_USAGE, "option -l needs an argument");
	else if (glued == peek(w))
		w->next++;
	return add_source(w, 'l', glued, err) == -1 ? -1 : 1;
}

static int
set_compression(struct walk *w, const char *name, struct err *err)
{
	if (w->config->compression != NULL &&
	    strcmp(w->config->compression, name) != 0)
		return err_set(err, ERR_USAGE, "Use one compression: -z for "
		    "LZO, -j for BZ2 or -y for LZ4 compression");
	w->config->compression = name;
	return 0;
}

static int
take_y(struct walk *w, const char *glued, struct err *err)
{
	(void)glued;
	return set_compression(w, "lz4", err);
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
	const char *method = glued != NULL ? glued + (*glued == '=') : peek(w);

	if (method == NULL || !is_method(method)) {
		if (glued != NULL && *glued == '=')
			return err_set(err, ERR_USAGE,
			    "option -z: unknown method '%s'", method);
		return set_compression(w, "lzo", err);
	}
	if (glued == NULL)
		w->next++;
	if (strchr(method, ':') != NULL)
		return err_set(err, ERR_USAGE,
		    "option -z %s: levels are not supported", method);
	return set_compression(w, method, err) == -1 ? -1 : 1;
}

static bool
is_multicast(const char *text)
{
	struct addr a;

	if (text == NULL || addr_parse(text, &a) == -1)
		return false;
	return addr_is_v4(a) ? (a.lo >> 28 & 0xf) == 0xe : a.hi >> 56 == 0xff;
}

/* -j: multicast group in 1.6.13, bzip2 later. */
static int
take_j(struct walk *w, const char *glued, struct err *err)
{
	const char *text = glued != NULL ? glued : peek(w);

	if (is_multicast(text))
		return err_set(err, ERR_USAGE, "option -j %s is not "
		    "supported: multicast group", text);
	return set_compression(w, "bz2", err);
}

/* -X: list of extensions since 1.7.8, flag of 1.6.13; no effect both. */
static int
take_x_list(struct walk *w, const char *glued, struct err *err)
{
	const char *text = glued != NULL ? glued : peek(w);
	bool is_list = text != NULL && isdigit((unsigned char)*text) &&
	    text[strspn(text, "0123456789,")] == '\0';

	(void)err;
	if (is_list && glued == NULL)
		w->next++;
	return is_list ? 1 : 0;
}

static const struct letter_rule {
	int letter;
	letter_fn take;
} letter_rules[] = {
	{ 'w', take_w }, { 'l', take_l }, { 'y', take_y }, { 'z', take_z },
	{ 'j', take_j }, { 'X', take_x_list },
};

static letter_fn
find_rule(int letter)
{
	for (size_t i = 0; i < sizeof(letter_rules) / sizeof(letter_rules[0]);
	    i++)
		if (letter_rules[i].letter == letter)
			return letter_rules[i].take;
	return NULL;
}

/* An option of the table; the result is that of a letter_fn. */
static int
take_table(struct walk *w, const struct opt *opt, const char *glued,
    struct err *err)
{
	if (opt->type == OPT_FLAG)
		return options_set(opt, NULL, w->config, err);
	if (glued == NULL) {
		if ((glued = peek(w)) == NULL)
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
	const struct opt *opt = options_by_letter(options, ROWS, letter);
	const struct refused *no = find_refused(letter);
	letter_fn rule = find_rule(letter);

	if (no != NULL)
		return err_set(err, ERR_USAGE,
		    "option -%c is not supported: %s", letter, no->meaning);
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
walk_long(struct walk *w, const char *word, struct err *err)
{
	size_t len = strcspn(word, "=");
	const struct opt *opt = options_by_name(options, ROWS, word, len);
	bool has_text = word[len] == '=';
	const char *text = has_text ? word + len + 1 : peek(w);

	if (strncmp(word, "help", len) == 0 && len == 4)
		w->config->help = true;
	else if (opt == NULL)
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
			return set_compression(w, text, err);
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
			warn_user(w->config, "argument '%s' is ignored", word);
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

/* Does -l with this text mean "run a command" rather than a directory? */
static bool
is_command(const struct walk *w, const char *text)
{
	bool has_directory = false;
	char word[PATH_MAX];
	size_t len = strcspn(text, " \t");

	for (unsigned i = 0; i < w->nsources; i++)
		if (w->sources[i].text != text &&
		    w->probe->is_directory(w->sources[i].text))
			has_directory = true;
	if (!has_directory)
		return false;
	if (strpbrk(text, " \t%") != NULL)
		return true;
	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return w->probe->is_command(word);
}

/* The last directory wins. */
static int
settle_sources(struct walk *w, struct err *err)
{
	struct config *c = w->config;

	for (unsigned i = 0; i < w->nsources; i++) {
		const struct source *s = &w->sources[i];

		if (!w->probe->is_directory(s->text)) {
			if (s->letter == 'l' && is_command(w, s->text))
				return err_set(err, ERR_USAGE, "option -l "
				    "'%s' is not supported: launch command",
				    s->text);
			return err_set(err, ERR_USAGE,
			    "No valid directory: %s", s->text);
		}
		if (c->dir != NULL && strcmp(c->dir, s->text) != 0)
			warn_user(c, "directory '%s' given before '%s' is "
			    "not used", c->dir, s->text);
		c->dir = s->text;
	}
	if (c->dir == NULL)
		return err_set(err, ERR_USAGE,
		    "no data directory: use -w dir or -l dir");
	return 0;
}

static int
check_sampling(struct config *c, struct err *err)
{
	char *end;
	long rate;

	if (c->sampling_text == NULL)
		return 0;
	rate = strtol(c->sampling_text, &end, 10);
	if (*end != '\0' || end == c->sampling_text || rate == 0 ||
	    rate > SAMPLING_MAX || rate < -SAMPLING_MAX)
		return err_set(err, ERR_USAGE, "Invalid sampling rate: %s",
		    c->sampling_text);
	if (rate < 0)
		return err_set(err, ERR_USAGE, "option -s %s is not "
		    "supported: rate that overrides announced ones",
		    c->sampling_text);
	c->sampling = (uint32_t)rate;
	return 0;
}

static int
check_ident(const char *ident, struct err *err)
{
	if (*ident == '\0' || strlen(ident) >= STORE_IDENT_MAX)
		return err_set(err, ERR_USAGE, "Invalid source identifier: "
		    "1 to %d characters are allowed", STORE_IDENT_MAX - 1);
	for (const char *p = ident; *p != '\0'; p++)
		if (*p < 33 || *p > 126)
			return err_set(err, ERR_USAGE,
			    "Illegal characters in ident %s", ident);
	return 0;
}

/* 1 to 65535; what is not a number may be the name of a service. */
static int
check_port(const char *port, struct err *err)
{
	size_t digits = strspn(port, "0123456789");
	bool is_number = digits > 0 && port[digits] == '\0';
	unsigned long n = is_number ? strtoul(port, NULL, 10) : 1;

	if (*port == '\0' || n == 0 || n > 65535 ||
	    (!is_number && !isalpha((unsigned char)*port)))
		return err_set(err, ERR_USAGE,
		    "option -p: '%s' is not a port from 1 to 65535", port);
	return 0;
}

static int
check_sync(struct config *c, struct err *err)
{
	static const char *const names[] = {
		[SPOOL_SYNC_NEVER] = "never",
		[SPOOL_SYNC_CLOSE] = "close",
		[SPOOL_SYNC_FLUSH] = "flush",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(c->sync_text, names[i]) == 0) {
			c->sync = (enum spool_sync)i;
			return 0;
		}
	return err_set(err, ERR_USAGE,
	    "option --sync: '%s' is not never, close or flush", c->sync_text);
}

static int
check_values(struct config *c, struct err *err)
{
	if (c->interval_s < 1 || c->interval_s > INTERVAL_MAX)
		return err_set(err, ERR_USAGE,
		    "option -t: %u is not between 1 and %d seconds",
		    c->interval_s, INTERVAL_MAX);
	if (c->flush_s < 1 || c->flush_s > FLUSH_MAX)
		return err_set(err, ERR_USAGE,
		    "option --flush: %u is not between 1 and %d seconds",
		    c->flush_s, FLUSH_MAX);
	if (c->layout >= SLOT_LAYOUTS)
		return err_set(err, ERR_USAGE, "No such subdir level %u",
		    c->layout);
	if (c->buffer > INT_MAX)
		return err_set(err, ERR_USAGE,
		    "option -B: %u is too large", c->buffer);
	if (check_port(c->port, err) == -1 ||
	    check_ident(c->ident, err) == -1 || check_sync(c, err) == -1)
		return -1;
	return check_sampling(c, err);
}

bool
args_is_sfcapd(const char *name)
{
	return strncmp(name, "sfcapd", 6) == 0;
}

int
args_parse(struct config *c, int argc, char **argv,
    const struct args_probe *probe, struct err *err)
{
	struct walk w = { argc, argv, 1, c, probe, { { 0 } }, 0, 0 };

	memset(c, 0, sizeof(*c));
	c->port = args_is_sfcapd(options_program(argc, argv, "flowcapd")) ?
	    "6343" :
	    "9995";
	c->ident = "none";
	c->interval_s = 300;
	c->flush_s = 2;
	c->sync_text = "close";
	c->sampling = 1;
	if (walk_words(&w, err) == -1)
		return -1;
	if (c->help || c->version)
		return 0;
	if (c->compression == NULL)
		c->compression = "lz4";
	if (check_values(c, err) == -1)
		return -1;
	return settle_sources(&w, err);
}

void
args_usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options] -w dir\n", name);
	options_usage(options, ROWS, out);
}
