/*
 * Settings, a row each.
 */

#include <stdlib.h>
#include <string.h>

#include "flowcapd/settings.h"

#define SAMPLING_MAX 10000000
#define SOURCES_MAX (1 << 20)
#define DIGITS_MAX 9 /* more are too many for all numbers here */

struct setting {
	const char *name;
	/* NULL for other: just check the text. */
	int (*parse)(struct settings *s, const char *text, struct err *err);
	void (*copy)(struct settings *s, const struct settings *other);
};

static bool
parse_number(const char *text, uint32_t *value)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > DIGITS_MAX || text[digits] != '\0')
		return false;
	*value = (uint32_t)strtoul(text, NULL, 10);
	return true;
}

static int
parse_sources(struct settings *s, const char *text, struct err *err)
{
	uint32_t n;

	if (!parse_number(text, &n) || n < 1 || n > SOURCES_MAX)
		return err_set(err, ERR_VALUE, "'%s' is not a number from 1 "
		    "to %d", text, SOURCES_MAX);
	s->max_sources = n;
	return 0;
}

static void
copy_sources(struct settings *s, const struct settings *other)
{
	s->max_sources = other->max_sources;
}

static int
parse_sampling(struct settings *s, const char *text, struct err *err)
{
	bool is_forced = *text == '-';
	uint32_t n;

	if (!parse_number(text + is_forced, &n) || n < 1 || n > SAMPLING_MAX)
		return err_set(err, ERR_VALUE, "Invalid sampling rate: %s",
		    text);
	s->sampling = is_forced ? 1 : n;
	s->forced_sampling = is_forced ? n : 0;
	return 0;
}

static void
copy_sampling(struct settings *s, const struct settings *other)
{
	s->sampling = other->sampling;
	s->forced_sampling = other->forced_sampling;
}

static int
parse_bool(const char *text, bool *value, struct err *err)
{
	*value = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
	if (*value || strcmp(text, "0") == 0 || strcmp(text, "false") == 0)
		return 0;
	return err_set(err, ERR_VALUE, "'%s' is not 0, 1, false or true",
	    text);
}

static int
parse_tunnels(struct settings *s, const char *text, struct err *err)
{
	return parse_bool(text, &s->tunnels, err);
}

static void
copy_tunnels(struct settings *s, const struct settings *other)
{
	s->tunnels = other->tunnels;
}

static int
check_bool(struct settings *s, const char *text, struct err *err)
{
	bool ignored;

	(void)s;
	return parse_bool(text, &ignored, err);
}

static int
check_number(struct settings *s, const char *text, struct err *err)
{
	uint32_t ignored;

	(void)s;
	if (!parse_number(text, &ignored))
		return err_set(err, ERR_VALUE, "'%s' is not a number", text);
	return 0;
}

static const struct setting settings[] = {
	{ "dyn_max_sources", parse_sources, copy_sources },
	{ "opt.tun", parse_tunnels, copy_tunnels },
	{ "sampling", parse_sampling, copy_sampling },
	{ "limitCores", check_number, NULL },
	{ "maxworkers", check_number, NULL },
	{ "threads.readers", check_number, NULL },
	{ "threads.workers", check_number, NULL },
	{ "threads.writers", check_number, NULL },
	{ "xxhash", check_bool, NULL },
};

#define ROWS (sizeof(settings) / sizeof(settings[0]))

const struct setting *
settings_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strlen(settings[i].name) == len &&
		    strncmp(settings[i].name, name, len) == 0)
			return &settings[i];
	return NULL;
}

bool
setting_has_effect(const struct setting *row)
{
	return row->copy != NULL;
}

int
settings_set(struct settings *s, const struct setting *row, const char *text,
    struct err *err)
{
	if (row->parse(s, text, err) == -1)
		return -1;
	s->given |= 1U << (row - settings);
	return 0;
}

void
settings_add(struct settings *s, const struct settings *other)
{
	for (size_t i = 0; i < ROWS; i++)
		if (settings[i].copy != NULL &&
		    (other->given & ~s->given & 1U << i) != 0)
			settings[i].copy(s, other);
	s->given |= other->given;
}
