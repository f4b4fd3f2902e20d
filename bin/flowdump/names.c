/*
 * Names that options take, for --list and so for shell completion.
 */

#include <stdio.h>
#include <string.h>

#include "flowdump/names.h"
#include "output/format.h"

static const char *const fields[] = {
	"record",
#define STAT(name, heading, form, ...) name,
#include "query/keys.def"
	NULL
};

/* A length belongs behind some keys. */
#define BEHIND_COUNTRY
#define BEHIND_NET
#define BEHIND_V4 "/"
#define BEHIND_V6 "/"
#define BEHIND_WHOLE

static const char *const keys[] = {
#define KEY(name, token, field, form) name BEHIND_##form,
#include "query/keys.def"
	NULL
};

static const char *const orders[] = {
#define ORDER(id, name, value, is_ascending) name,
#define ORDER_ALIAS(id, name) name,
#include "query/orders.def"
	NULL
};

static const struct {
	const char *name;
	const char *const *list;
} lists[] = {
	{ "fields", fields },
	{ "keys", keys },
	{ "orders", orders },
};

/* Those of -o, which lib/output knows, and those with a text behind. */
static int
print_modes(struct err *err)
{
	struct buffer names = BUFFER_EMPTY;
	int rc = 0;

	format_mode_names(&names);
	if (names.failed)
		rc = err_nomem(err);
	for (size_t i = 0; rc == 0 && i < names.len; i++)
		putchar(names.data[i] == ' ' ? '\n' : names.data[i]);
	if (rc == 0)
		puts("csv:\nfmt:");
	buffer_fini(&names);
	return rc;
}

int
names_print(const char *what, struct err *err)
{
	if (strcmp(what, "modes") == 0)
		return print_modes(err);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(lists[i].name, what) != 0)
			continue;
		for (const char *const *p = lists[i].list; *p != NULL; p++)
			puts(*p);
		return 0;
	}
	return err_set(err, ERR_VALUE,
	    "option --list: '%s' is none of fields, keys, modes, orders", what);
}
