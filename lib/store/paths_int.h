#ifndef STORE_PATHS_INT_H
#define STORE_PATHS_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/paths.h"

/*
 * What path selection is made of, and other users of paths need: names
 * joined, compared and expanded, directories walked.
 */

/* A range of paths below a directory.  NULL: no bound. */
struct path_bounds {
	const char *first;
	const char *last;
};

/*
 * base/name, where "." is nothing on either side; the caller frees it.  NULL
 * with ERR_NOMEM.
 */
char *path_join(const char *base, const char *name, struct err *err);

/* Number of components: "a/b" has 2. */
size_t path_components(const char *path);

/* The last n components of path, which has as many. */
const char *path_tail(const char *path, size_t n);

/*
 * Compare paths component by component.  With is_dir, a is a directory and
 * equal to every path below it.
 */
int path_compare(const char *a, const char *b, bool is_dir);

/*
 * The path of a rotated file below its data directory in sub-directory layout
 * n: "2024/06/15/nfcapd.202406151200".  Returns its length, 0 when the name
 * carries no time.
 */
size_t path_expand(const char *name, unsigned n, char *out, size_t room);

/* Longest result of path_expand() with a NUL. */
#define PATH_EXPANDED_MAX 128

/* Append a copy of path. */
int path_list_add(struct path_list *list, const char *path, struct err *err);

/* By the bytes of the paths. */
void path_list_sort(struct path_list *list);

/* Append the paths of *from, which is empty then. */
int path_list_move(struct path_list *list, struct path_list *from,
    struct err *err);

/*
 * Append the flow files below base that are within the bounds, in name
 * order, each of them once.  With bounds only files as deep as bounds->first
 * count; bounds may be NULL.  What cannot be read below base is told by
 * request->warn, and the rest is taken.
 */
int path_walk(const char *base, const struct path_bounds *bounds,
    const struct path_request *request, struct path_list *list,
    struct err *err);

#endif
