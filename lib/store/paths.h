#ifndef STORE_PATHS_H
#define STORE_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * From -r, -R and -M to the list of files to read: every form of
 * query-cli.md section 3, without its defects.
 */

struct path_list {
	char **paths;
	size_t count;
	size_t cap; /* private */
};

#define PATH_LIST_EMPTY { NULL, 0, 0 }

struct path_request {
	const char *file; /* -r or NULL */
	const char *const *ranges; /* every -R */
	size_t range_count;
	bool has_files; /* one without a colon is as -r has it, not -R */
	const char *dirs; /* -M or NULL */
	/*
	 * Told of each member of a list that cannot be read while others can,
	 * and of all that cannot be read below a directory.
	 */
	void (*warn)(void *ctx, const struct err *err);
	void *ctx;
};

/*
 * Appends to *list in reading order.  -1 with ERR_SYSTEM (no member can be
 * read; the message names the last one), ERR_USAGE (a malformed list) or
 * ERR_NOMEM.
 */
int paths_select(const struct path_request *r, struct path_list *list,
    struct err *err);

/*
 * Keep the first of paths that lead to one file, in their order; paths that
 * lead to none stay.  -1 with ERR_NOMEM.
 */
int paths_unite(struct path_list *list, struct err *err);

void path_list_fini(struct path_list *list);

#endif
