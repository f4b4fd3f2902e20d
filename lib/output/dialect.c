/*
 * Names of dialects.
 */

#include <string.h>

#include "output/dialect.h"

static const struct {
	const char *name;
	enum dialect dialect;
} names[] = {
	{ "1.6", DIALECT_1_6 },
	{ "1.7", DIALECT_1_7 },
	{ "1.7.1", DIALECT_1_7 },
};

#define NAMES (sizeof(names) / sizeof(names[0]))

int
dialect_parse(const char *name, enum dialect *d, struct err *err)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i].name, name) == 0) {
			*d = names[i].dialect;
			return 0;
		}
	return err_set(err, ERR_VALUE,
	    "unknown version '%.60s', known: 1.6 1.7 1.7.1", name);
}

void
dialect_names(struct buffer *out)
{
	for (size_t i = 0; i < NAMES; i++)
		buffer_word(out, names[i].name);
}
