#ifndef FLOWCAPD_TEXTFILE_H
#define FLOWCAPD_TEXTFILE_H

#include "base/err.h"

/* Files of lines that people write. */

#define TEXTFILE_LINE_MAX 8192

/* What a line is handed to, without blanks around it; it may be changed. */
typedef int (*textfile_fn)(void *ctx, char *line, unsigned number,
    struct err *err);

/*
 * Hand over each line of the file but empty ones and those that begin with #,
 * until fn returns -1.  Errors begin with the path, those of a line then have
 * its number.  ERR_SYSTEM: it cannot be read; ERR_VALUE: a line is too long.
 */
int textfile_read(const char *path, textfile_fn fn, void *ctx,
    struct err *err);

/* Cut off the blanks around a text: where it begins then. */
char *textfile_trim(char *text);

#endif
