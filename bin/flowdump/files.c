/*
 * Options that are no query: -x and -i.
 */

#include <string.h>

#include "base/bytes.h"
#include "flowdump/query.h"
#include "store/reader.h"
#include "store/writer.h"

int
extension_maps_run(const struct config *config, struct err *err)
{
	static const char text[] =
	    "\nDump all extension maps:\n"
	    "========================\n"
	    "No 1.6.x extension definition records\n";
	struct store_file *f = store_file_open(config->extension_maps, err);

	/* only layout 1 has maps, and what is open now is of layout 2 */
	if (f == NULL)
		return -1;
	store_file_close(f);
	return query_write(text, sizeof(text) - 1, err);
}

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
	if (config->file == NULL || config->dirs != NULL ||
	    config->ranges.count > 0)
		return err_set(err, ERR_USAGE,
		    "-i changes one file, which -r names");
	return store_set_ident(config->file, config->ident, err);
}
