/*
 * What can be settled only when the whole command line is known: which
 * directories and commands there are, and whether values fit each other.
 */

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "flowcapd/args_int.h"
#include "flowcapd/metric.h"
#include "flowcapd/options.h"
#include "store/reader.h"
#include "store/slot.h"

#define INTERVAL_MAX 31622400 /* a leap year */
#define FLUSH_MAX 3600
#define REPEATERS_MAX 8
#define RECEIVERS_MAX 64

/* The text is blanks or '%' or an executable: not a directory that lacks. */
static bool
looks_like_command(const struct walk *w, const char *text)
{
	char word[PATH_MAX];
	size_t len = strcspn(text, " \t");

	if (strpbrk(text, " \t%") != NULL)
		return true;
	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return w->probe->is_command(word);
}

/* Does the line say where flows go, without this word? */
static bool
has_other_source(const struct walk *w, const struct word *without)
{
	const struct config *c = w->config;

	if (c->base != NULL || c->sources.count > 0 ||
	    c->source_files.count > 0 || c->config_file != NULL)
		return true;
	for (unsigned i = 0; i < w->nwords; i++)
		if (&w->words[i] != without && w->words[i].letter != 'x' &&
		    w->probe->is_directory(w->words[i].text))
			return true;
	return false;
}

static int
set_command(struct config *c, const char *text, struct err *err)
{
	if (c->command != NULL && strcmp(c->command, text) != 0)
		return err_set(err, ERR_USAGE,
		    "only one launch command: '%s' or '%s'", c->command, text);
	c->command = text;
	return 0;
}

/* The last directory wins. */
static void
set_directory(struct config *c, const char *path)
{
	if (c->dir != NULL && strcmp(c->dir, path) != 0)
		args_warn(c, "directory '%s' given before '%s' is not used",
		    c->dir, path);
	c->dir = path;
}

static int
settle_word(struct walk *w, const struct word *word, struct err *err)
{
	struct config *c = w->config;

	if (word->letter == 'x')
		return set_command(c, word->text, err);
	if (w->probe->is_directory(word->text)) {
		set_directory(c, word->text);
		return 0;
	}
	if (word->letter == 'l' && has_other_source(w, word) &&
	    looks_like_command(w, word->text))
		return set_command(c, word->text, err);
	return err_set(err, ERR_USAGE, "No valid directory: %s", word->text);
}

/* One way to find the source of a sender; -l with -n is a habit of 1.6. */
static int
settle_models(struct walk *w, struct err *err)
{
	struct config *c = w->config;
	bool by_address = c->sources.count > 0 || c->source_files.count > 0;

	if (c->base != NULL && !w->probe->is_directory(c->base))
		return err_set(err, ERR_USAGE, "No valid directory: %s",
		    c->base);
	if (by_address && c->dir != NULL && c->base == NULL) {
		for (unsigned i = 0; i < w->nwords; i++)
			if (w->words[i].letter == 'w' &&
			    w->words[i].text == c->dir)
				by_address = false;
		if (by_address) {
			args_warn(c, "directory '%s' is not used: sources are "
			    "given by -n", c->dir);
			c->dir = NULL;
			return 0;
		}
		by_address = true;
	}
	if ((c->dir != NULL) + (c->base != NULL) + by_address > 1)
		return err_set(err, ERR_USAGE, "-w, -n and -M are mutually "
		    "exclusive. Use only one flow source model.");
	if (c->dir == NULL && c->base == NULL && !by_address &&
	    c->config_file == NULL)
		return err_set(err, ERR_USAGE,
		    "no data directory: use -w dir or -l dir");
	return 0;
}

int
args_settle(struct walk *w, struct err *err)
{
	for (unsigned i = 0; i < w->nwords; i++)
		if (settle_word(w, &w->words[i], err) == -1)
			return -1;
	return settle_models(w, err);
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
	for (size_t i = 0; flowcapd_syncs[i] != NULL; i++)
		if (strcmp(c->sync_text, flowcapd_syncs[i]) == 0) {
			c->sync = (enum spool_sync)i;
			return 0;
		}
	return err_set(err, ERR_USAGE,
	    "option --sync: '%s' is not never, close or flush", c->sync_text);
}

/* Numbers between two bounds. */
static int
check_ranges(const struct config *c, struct err *err)
{
	const struct {
		const char *option;
		const char *unit;
		uint32_t value, min, max;
	} ranges[] = {
		{ "-t", " seconds", c->interval_s, 1, INTERVAL_MAX },
		{ "--flush", " seconds", c->flush_s, 1, FLUSH_MAX },
		{ "-i", " seconds", c->metric_interval_s, METRIC_INTERVAL_MIN,
		    INTERVAL_MAX },
		{ "--receivers", "", c->receivers, 1, RECEIVERS_MAX },
		{ "--max-exporters", "", c->max_exporters, 1, UINT32_MAX },
		{ "--max-templates", "", c->max_templates, 1, UINT32_MAX },
		{ "--max-memory", " MiB", c->max_memory, 1, 1 << 20 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (ranges[i].value < ranges[i].min ||
		    ranges[i].value > ranges[i].max)
			return err_set(err, ERR_USAGE,
			    "option %s: %u is not between %u and %u%s",
			    ranges[i].option, ranges[i].value, ranges[i].min,
			    ranges[i].max, ranges[i].unit);
	if (c->layout >= SLOT_LAYOUTS)
		return err_set(err, ERR_USAGE, "No such subdir level %u",
		    c->layout);
	if (c->buffer > INT_MAX)
		return err_set(err, ERR_USAGE, "option -B: %u is too large",
		    c->buffer);
	return 0;
}

/* Where datagrams come from: one kind only. */
static int
check_intakes(struct config *c, struct err *err)
{
	bool is_file = c->capture_file != NULL || c->ipfix_file != NULL;

	if ((c->capture_file != NULL) + (c->device != NULL) +
		(c->ipfix_file != NULL) > 1)
		return err_set(err, ERR_USAGE,
		    "only one of -f, -d and -Y is possible");
	if ((is_file || c->device != NULL) && (c->listens.count > 0 ||
		c->host != NULL || c->multicast != NULL || c->receivers > 1))
		return err_set(err, ERR_USAGE, "-f, -d and -Y do not go with "
		    "--listen, --receivers, -b and -J");
	if (c->multicast != NULL && c->host != NULL)
		return err_set(err, ERR_USAGE,
		    "ERROR, -b and -j are mutually exclusive!!");
	if (c->listens.count > 0 && (c->host != NULL || c->port_given ||
		c->multicast != NULL))
		return err_set(err, ERR_USAGE,
		    "--listen does not go with -b, -p and -J");
	if (c->packet_filter != NULL && c->capture_file == NULL &&
	    c->device == NULL) {
		args_warn(c, "argument '%s' is ignored", c->packet_filter);
		c->packet_filter = NULL;
	}
	return 0;
}

int
args_check(struct config *c, struct err *err)
{
	if (check_ranges(c, err) == -1 || check_port(c->port, err) == -1 ||
	    check_ident(c->ident, err) == -1 || check_sync(c, err) == -1 ||
	    check_intakes(c, err) == -1)
		return -1;
	if (c->verbosity >= 3)
		c->print = true;
	if (c->config_file != NULL && strcmp(c->config_file, "none") == 0)
		c->config_file = NULL;
	if (c->has_zone && c->expire)
		return err_set(err, ERR_USAGE,
		    "ERROR, -Z timezone extension breaks expire -e");
	if (c->repeaters.count > REPEATERS_MAX)
		return err_set(err, ERR_USAGE,
		    "Too many packet repeaters! Max: %d", REPEATERS_MAX);
	if (c->spoof && c->repeaters.count == 0)
		return err_set(err, ERR_USAGE,
		    "option -A needs a repeater: -R host");
	if (c->base != NULL && *c->base == '\0')
		return err_set(err, ERR_USAGE, "option -M: empty directory name");
	return 0;
}
