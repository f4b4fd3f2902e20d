/*
 * The configuration file, a line at a time.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "flowcapd/config_file.h"
#include "flowcapd/textfile.h"

#define NAME_MAX_LEN 256

struct config_reader {
	const char *path;
	const char *program;
	struct sources *sources; /* NULL: not wanted */
	struct settings own; /* of the program's section */
	struct settings common;
	struct settings *section; /* the one we are in; NULL: of others */
	char prefix[NAME_MAX_LEN]; /* of its keys */
};

/* The string in quotes at *text, which is moved behind it; NULL: none. */
static char *
take_string(char **text)
{
	char *begin = textfile_trim(*text), *end;
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

/* Nothing follows but a comment. */
static bool
is_end(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return *text == '\0' || *text == '#';
}

/* ["ADDRESS", "DIR"] */
static int
add_exporter(struct sources *s, const char *ident, char *value,
    struct err *err)
{
	char *addresses = NULL, *path = NULL;

	if (take_char(&value, '[') &&
	    (addresses = take_string(&value)) != NULL &&
	    take_char(&value, ','))
		path = take_string(&value);
	if (path == NULL || !take_char(&value, ']') || !is_end(value))
		return err_set(err, ERR_VALUE,
		    "expected = [\"ip\", \"directory\"]");
	return sources_add(s, ident, addresses, path, err);
}

/* The value without quotes and what is behind it; NULL: there is none. */
static char *
plain_value(char *text)
{
	char *value = textfile_trim(text), *string;

	if (*value == '"' || *value == '\'') {
		string = take_string(&value);
		return string != NULL && is_end(value) ? string : NULL;
	}
	value[strcspn(value, "#")] = '\0';
	value = textfile_trim(value);
	return *value == '\0' ? NULL : value;
}

static int
set_key(struct config_reader *r, const char *key, char *text, unsigned number,
    struct err *err)
{
	const struct setting *row = settings_find(key, strlen(key));
	char *value;

	if (row == NULL) {
		if (r->section == &r->own)
			log_warning("%s: line %u: %s: there is no such "
			    "setting", r->path, number, key);
		return 0;
	}
	if ((value = plain_value(text)) == NULL)
		return err_set(err, ERR_VALUE, "expected one value");
	return settings_set(r->section, row, value, err);
}

static int
take_key(struct config_reader *r, char *line, unsigned number,
    struct err *err)
{
	static const char exporter[] = "exporter.";
	size_t len = sizeof(exporter) - 1;
	char *text = strchr(line, '=');
	char key[NAME_MAX_LEN];
	int rc = 0;

	if (text == NULL)
		return err_set(err, ERR_VALUE, "%s: expected KEY = VALUE",
		    line);
	*text++ = '\0';
	if ((size_t)snprintf(key, sizeof(key), "%s%s", r->prefix,
	    textfile_trim(line)) >= sizeof(key))
		return err_set(err, ERR_VALUE, "too long a key");
	if (strncmp(key, exporter, len) != 0)
		rc = set_key(r, key, text, number, err);
	else if (r->section == &r->own && r->sources != NULL)
		rc = add_exporter(r->sources, key + len, text, err);
	return rc == -1 ? err_context(err, "%s", key) : 0;
}

/* Is this the section of that name, or one below it? */
static bool
is_section(struct config_reader *r, const char *section, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(section, name, len) != 0 ||
	    (section[len] != '\0' && section[len] != '.'))
		return false;
	*r->prefix = '\0';
	if (section[len] == '.')
		snprintf(r->prefix, sizeof(r->prefix), "%s.",
		    section + len + 1);
	return true;
}

static int
take_section(struct config_reader *r, char *line, struct err *err)
{
	char *end = strchr(line, ']'), *name;

	if (end == NULL || end - line >= NAME_MAX_LEN - 1)
		return err_set(err, ERR_VALUE, "%s: expected [SECTION]", line);
	*end = '\0';
	name = textfile_trim(line + 1);
	if (is_section(r, name, r->program))
		r->section = &r->own;
	else if (is_section(r, name, "common"))
		r->section = &r->common;
	else
		r->section = NULL;
	return 0;
}

static int
take_line(void *ctx, char *line, unsigned number, struct err *err)
{
	struct config_reader *r = ctx;

	if (*line == '[')
		return take_section(r, line, err);
	return r->section == NULL ? 0 : take_key(r, line, number, err);
}

int
config_file_read(const char *path, const char *program,
    struct settings *settings, struct sources *sources, struct err *err)
{
	struct config_reader r = { .path = path, .program = program,
		.sources = sources };

	if (access(path, F_OK) == -1 && errno == ENOENT)
		return err_set(err, ERR_SYSTEM, "path does not exist: %s",
		    path);
	if (textfile_read(path, take_line, &r, err) == -1)
		return -1;
	settings_add(settings, &r.own);
	settings_add(settings, &r.common);
	return 0;
}
