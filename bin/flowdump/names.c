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
	const char *const *list; /* NULL: those of modes */
} lists[] = {
	{ "fields", fields },
	{ "keys", keys },
	{ "modes", NULL },
	{ "orders", orders },
};

#define LISTS (sizeof(lists) / sizeof(lists[0]))

void
names_lists(struct buffer *out)
{
	for (size_t i = 0; i < LISTS; i++)
		buffer_word(out, lists[i].name);
}

int
names_list(const char *what, struct buffer *out, struct err *err)
{
	size_t i = 0;

	while (i < LISTS && strcmp(lists[i].name, what) != 0)
		i++;
	if (i == LISTS)
		return err_set(err, ERR_VALUE, "option --list: '%s' is none "
		    "of fields, keys, modes, orders", what);
	if (lists[i].list == NULL) {
		format_mode_names(out);
		buffer_text(out, "csv: fmt: ");
	} else
		for (const char *const *p = lists[i].list; *p != NULL; p++)
			buffer_word(out, *p);
	return out->failed ? err_nomem(err) : 0;
}

int
names_print(const char *what, struct err *err)
{
	struct buffer names = BUFFER_EMPTY;
	int rc = names_list(what, &names, err);

	for (size_t i = 0; rc == 0 && i < names.len; i++)
		putchar(names.data[i] == ' ' ? '\n' : names.data[i]);
	buffer_fini(&names);
	return rc;
}
