/*
 * -i: the ident of a file.
 */

#include <string.h>

#include "base/bytes.h"
#include "flowdump/query.h"
#include "store/reader.h"
#include "store/writer.h"

static int
check_ident(const char *ident, struct err *err)
{
	if (*ident == '\0' || strlen(ident) >= STORE_IDENT_MAX)
		return err_set(err, ERR_VALUE,
		    "Ident must have 1 to %d characters", STORE_IDENT_MAX - 1);
	if (strpbrk(ident, " \t\r\n") != NULL)
		return err_set(err, ERR_VALUE,
		    "Ident must not contain spaces");
	for (; *ident != '\0'; ident++)
		if (byte_is_control(*ident))
			return err_set(err, ERR_VALUE,
			    "Ident must not contain control characters");
	return 0;
}

int
ident_run(const struct config *config, struct err *err)
{
	if (check_ident(config->ident, err) == -1)
		return -1;
	if (config->input.file == NULL || config->input.dirs != NULL ||
	    config->input.ranges.count > 0)
		return err_set(err, ERR_USAGE,
		    "-i changes one file, which -r names");
	return store_set_ident(config->input.file, config->ident, err);
}
