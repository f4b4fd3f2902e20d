/*
 * Command line of flowexpire.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "flowexpire/args.h"
#include "flowexpire/options.h"

#define WAIT_S 30
#define WAIT_MAX_S 86400
#define RUNTIME_MAX_S 3600
#define WATERMARK_MAX 100

void
args_usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options]\n", name);
	options_usage(&flowexpire_options, out);
	fprintf(out, "See flowexpire(8) for more.\n");
}

static int
choose_action(struct config *c, struct err *err)
{
	const struct {
		const char *dir;
		enum action action;
	} rows[] = {
		{ c->list, ACTION_LIST },
		{ c->record, ACTION_RECORD },
		{ c->rescan, ACTION_RESCAN },
		{ c->expire, ACTION_EXPIRE },
		{ c->update, ACTION_UPDATE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].dir == NULL)
			continue;
		if (c->action != ACTION_NONE)
			return err_set(err, ERR_USAGE, "Only one option "
			    "allowed out of -l -L -e -r -u");
		c->action = rows[i].action;
		c->dir = rows[i].dir;
	}
	if (c->action == ACTION_NONE)
		return err_set(err, ERR_USAGE, "Missing data directory");
	return 0;
}

/* As 1.x: what follows the number is passed over, and 0 is 100. */
static int
parse_watermark(struct config *c, struct err *err)
{
	long long v = strtoll(c->watermark_text, NULL, 10);

	if (v < 0 || v > WATERMARK_MAX)
		return err_set(err, ERR_VALUE, "Water mark > 100%%");
	c->limits.watermark = v == 0 ? WATERMARK_MAX : (uint32_t)v;
	return 0;
}

static int
parse_runtime(struct config *c, struct err *err)
{
	long long v = strtoll(c->runtime_text, NULL, 10);

	if (v < 0 || v > RUNTIME_MAX_S)
		return err_set(err, ERR_VALUE, "Runtime > 3600 (1h)");
	c->runtime_s = (uint32_t)v;
	return 0;
}

/* "10%" or a size. */
static int
parse_free(struct config *c, struct err *err)
{
	char *end;
	unsigned long long v = strtoull(c->free_text, &end, 10);

	if (c->free_text[0] < '0' || c->free_text[0] > '9' ||
	    strcmp(end, "%") != 0)
		return quantity_size(c->free_text, &c->limits.min_free, err);
	if (v >= 100)
		return err_set(err, ERR_VALUE, "--free %s: no file would stay",
		    c->free_text);
	c->free_percent = v;
	return 0;
}

static int
parse_values(struct config *c, struct err *err)
{
	c->has_size = c->size_text != NULL;
	c->has_lifetime = c->lifetime_text != NULL;
	c->has_watermark = c->watermark_text != NULL;
	if (c->wait_s > WAIT_MAX_S)
		return err_set(err, ERR_VALUE, "--wait %u is above %d",
		    c->wait_s, WAIT_MAX_S);
	if ((c->has_size &&
		quantity_size(c->size_text, &c->limits.max_size, err) == -1) ||
	    (c->has_lifetime &&
		quantity_span(c->lifetime_text, &c->limits.lifetime_s, err) ==
		    -1) ||
	    (c->has_watermark && parse_watermark(c, err) == -1) ||
	    (c->runtime_text != NULL && parse_runtime(c, err) == -1) ||
	    (c->free_text != NULL && parse_free(c, err) == -1))
		return -1;
	return 0;
}

/* Options that need others. */
static int
check(struct config *c, struct err *err)
{
	if (c->dry && c->action != ACTION_EXPIRE)
		return err_set(err, ERR_USAGE, "-n is for -e");
	if (c->quotas.count > 0 && c->action != ACTION_EXPIRE)
		return err_set(err, ERR_USAGE, "--quota is for -e");
	if (c->hold_dir != NULL && c->hold == NULL)
		return err_set(err, ERR_USAGE, "--hold-extract is for --hold");
	c->profile |= c->quotas.count > 0;
	return 0;
}

int
args_parse(struct config *c, int argc, char **argv, struct err *err)
{
	int words;

	c->wait_s = WAIT_S;
	if (options_parse(&flowexpire_options, argc, argv, c, &words, err) == -1)
		return -1;
	if (c->help || c->version)
		return 0;
	if (parse_values(c, err) == -1 || choose_action(c, err) == -1)
		return -1;
	return check(c, err);
}
