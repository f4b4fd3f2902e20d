/*
 * Several path lists in one, without files that are there twice.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/paths_int.h"

struct entry {
	dev_t dev;
	ino_t ino;
	size_t index; /* in the list */
	bool is_there;
};

/* By file, then in the order of the list. */
static int
compare_files(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->is_there != y->is_there)
		return x->is_there ? -1 : 1;
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Paths that came again are freed, and NULL. */
static void
drop_repeated(struct path_list *list, const struct entry *entries)
{
	for (size_t i = 1; i < list->count; i++) {
		const struct entry *e = &entries[i];

		if (!e->is_there || e->dev != e[-1].dev || e->ino != e[-1].ino)
			continue;
		free(list->paths[e->index]);
		list->paths[e->index] = NULL;
	}
}

int
paths_unite(struct path_list *list, struct err *err)
{
	struct entry *entries = calloc(list->count + 1, sizeof(*entries));
	size_t kept = 0;
	struct stat st;

	if (entries == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < list->count; i++) {
		entries[i].index = i;
		entries[i].is_there = stat(list->paths[i], &st) == 0;
		if (entries[i].is_there) {
			entries[i].dev = st.st_dev;
			entries[i].ino = st.st_ino;
		}
	}
	qsort(entries, list->count, sizeof(*entries), compare_files);
	drop_repeated(list, entries);
	free(entries);
	for (size_t i = 0; i < list->count; i++)
		if (list->paths[i] != NULL)
			list->paths[kept++] = list->paths[i];
	list->count = kept;
	return 0;
}
