/*
 * Lines of a file.
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "flowcapd/textfile.h"

char *
textfile_trim(char *text)
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

static int
each_line(FILE *f, textfile_fn fn, void *ctx, struct err *err)
{
	char line[TEXTFILE_LINE_MAX];
	unsigned number = 0;
	char *text;

	while (fgets(line, sizeof(line), f) != NULL) {
		number++;
		if (strchr(line, '\n') == NULL && !feof(f))
			return err_set(err, ERR_VALUE, "line %u is too long",
			    number);
		text = textfile_trim(line);
		if (*text != '\0' && *text != '#' &&
		    fn(ctx, text, number, err) == -1)
			return err_context(err, "line %u", number);
	}
	return ferror(f) ? err_system(err, "reading") : 0;
}

int
textfile_read(const char *path, textfile_fn fn, void *ctx, struct err *err)
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
