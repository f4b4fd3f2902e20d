/*
 * Sources as text: the argument of -n, files of such lines, and what the
 * configuration file of newer collectors says.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "flowcapd/source.h"

#define LINE_MAX_LEN 8192

int
sources_add_line(struct sources *s, const char *text, struct err *err)
{
	char line[LINE_MAX_LEN];
	char *addresses, *path;

	if (strlen(text) >= sizeof(line))
		return err_set(err, ERR_VALUE, "source definition of %zu "
		    "characters: fewer than %d are allowed", strlen(text),
		    LINE_MAX_LEN);
	snprintf(line, sizeof(line), "%s", text);
	if ((addresses = strchr(line, ',')) == NULL ||
	    (path = strchr(addresses + 1, ',')) == NULL)
		return err_set(err, ERR_VALUE, "Syntax error for netflow "
		    "source definition. Expect -n ident,IP,path. Found: %s",
		    text);
	*addresses++ = '\0';
	*path++ = '\0';
	return sources_add(s, line, addresses, path, err);
}

/* Without blanks around it; the text is changed. */
static char *
trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* What a line of a file is handed to. */
typedef int (*line_fn)(void *ctx, char *line, struct err *err);

static int
each_line(FILE *f, line_fn fn, void *ctx, struct err *err)
{
	char line[LINE_MAX_LEN];
	unsigned number = 0;
	char *text;

	while (fgets(line, sizeof(line), f) != NULL) {
		number++;
		if (strchr(line, '\n') == NULL && !feof(f))
			return err_set(err, ERR_VALUE, "line %u is too long",
			    number);
		text = trim(line);
		if (*text != '\0' && *text != '#' && fn(ctx, text, err) == -1)
			return err_context(err, "line %u", number);
	}
	return ferror(f) ? err_system(err, "reading") : 0;
}

static int
read_file(const char *path, line_fn fn, void *ctx, struct err *err)
{
	FILE *f = fopen(path, "re");
	int rc;

	if (f == NULL)
		return err_system(err, "%s", path);
	if ((rc = each_line(f, fn, ctx, err)) == -1)
		err_context(err, "%s", path);
	fclose(f);
	return rc;
}

static int
add_line(void *ctx, char *line, struct err *err)
{
	return sources_add_line(ctx, line, err);
}

int
sources_add_file(struct sources *s, const char *path, struct err *err)
{
	return read_file(path, add_line, s, err);
}

struct config_reader {
	struct sources *sources;
	const char *section;
	bool is_inside; /* of that section */
};

/* The string in quotes at *text, which is moved behind it; NULL: none. */
static char *
take_string(char **text)
{
	char *begin = trim(*text), *end;
	char quote = *begin;

	if ((quote != '"' && quote != '\'') ||
	    (end = strchr(begin + 1, quote)) == NULL)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return begin + 1;
}

/* Take this character, with blanks before it. */
static bool
take_char(char **text, char c)
{
	while (isspace((unsigned char)**text))
		++*text;
	if (**text != c)
		return false;
	++*text;
	return true;
}

/* IDENT = ["ADDRESS", "DIR"] */
static int
add_exporter(struct sources *s, char *text, struct err *err)
{
	char *value = strchr(text, '='), *addresses = NULL, *path = NULL;

	if (value != NULL) {
		*value++ = '\0';
		if (take_char(&value, '[') &&
		    (addresses = take_string(&value)) != NULL &&
		    take_char(&value, ','))
			path = take_string(&value);
	}
	if (path == NULL || !take_char(&value, ']'))
		return err_set(err, ERR_VALUE, "exporter.%s: expected = "
		    "[\"ip\", \"directory\"]", text);
	return sources_add(s, trim(text), addresses, path, err);
}

static int
config_line(void *ctx, char *line, struct err *err)
{
	static const char key[] = "exporter.";
	struct config_reader *r = ctx;
	size_t len = strlen(r->section);

	if (*line == '[') {
		r->is_inside = strncmp(line + 1, r->section, len) == 0 &&
		    line[1 + len] == ']';
		return 0;
	}
	if (!r->is_inside || strncmp(line, key, sizeof(key) - 1) != 0)
		return 0;
	return add_exporter(r->sources, line + sizeof(key) - 1, err);
}

int
sources_add_config(struct sources *s, const char *path, const char *section,
    struct err *err)
{
	struct config_reader r = { s, section, false };

	return read_file(path, config_line, &r, err);
}
