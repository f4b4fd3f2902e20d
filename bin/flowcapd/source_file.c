/*
 * Sources as text: the argument of -n, and files of such lines.
 */

#include <stdio.h>
#include <string.h>

#include "flowcapd/source.h"
#include "flowcapd/textfile.h"

int
sources_add_line(struct sources *s, const char *text, struct err *err)
{
	char line[TEXTFILE_LINE_MAX];
	char *addresses, *path;

	if (strlen(text) >= sizeof(line))
		return err_set(err, ERR_VALUE, "source definition of %zu "
		    "characters: fewer than %d are allowed", strlen(text),
		    TEXTFILE_LINE_MAX);
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

static int
add_line(void *ctx, char *line, unsigned number, struct err *err)
{
	(void)number;
	return sources_add_line(ctx, line, err);
}

int
sources_add_file(struct sources *s, const char *path, struct err *err)
{
	return textfile_read(path, add_line, s, err);
}
