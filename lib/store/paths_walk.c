/*
 * Directory walk.  A directory is read whole and sorted before anything in
 * it is used; names that are no flow files are passed over.  What vanishes
 * during the walk was expired and is no error.
 */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/paths_int.h"

/* Directories from base down to the present one, to find loops of links. */
struct level {
	const struct level *above;
	dev_t dev;
	ino_t ino;
};

struct walk {
	const char *base;
	const struct path_bounds *bounds;
	size_t depth; /* components of bounds->first */
	struct path_list *list;
};

/* Files of other tools, of the running collector, of the book-keeping. */
static bool
is_skipped(const char *name, bool is_dir)
{
	if (name[0] == '.')
		return true;
	if (is_dir)
		return false;
	return strncmp(name, "nfcapd.current", 14) == 0 ||
	    strstr(name, "pcap") != NULL || strstr(name, ".stat") != NULL;
}

/* Sorted names in a directory. */
static int
read_names(const char *path, struct path_list *names, struct err *err)
{
	struct dirent *e;
	DIR *dir = opendir(path);
	int rc = 0;

	if (dir == NULL)
		return err_system(err, "%s", path);
	errno = 0;
	while (rc == 0 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] != '.')
			rc = path_list_add(names, e->d_name, err);
		errno = 0;
	}
	if (rc == 0 && errno != 0)
		rc = err_system(err, "%s", path);
	closedir(dir);
	path_list_sort(names);
	return rc;
}

static bool
in_bounds(const struct walk *w, const char *name, bool is_dir)
{
	const struct path_bounds *b = w->bounds;
	size_t depth;

	if (b == NULL)
		return true;
	depth = path_components(name);
	if (is_dir ? depth >= w->depth : depth != w->depth)
		return false;
	return path_compare(name, b->first, is_dir) >= 0 &&
	    (b->last == NULL || path_compare(name, b->last, is_dir) <= 0);
}

static bool
is_loop(const struct level *l, const struct stat *st)
{
	for (; l != NULL; l = l->above)
		if (l->dev == st->st_dev && l->ino == st->st_ino)
			return true;
	return false;
}

static int walk_dir(struct walk *w, const char *name, const struct stat *st,
    const struct level *above, struct err *err);

/* One name below w->base. */
static int
walk_name(struct walk *w, const char *name, const struct level *above,
    struct err *err)
{
	char *path = path_join(w->base, name, err);
	const char *last = path_tail(name, 1);
	struct stat st;
	int rc = 0;

	if (path == NULL)
		return -1;
	if (!in_bounds(w, name, true) && !in_bounds(w, name, false)) {
		/* Not worth a system call, whatever it is. */
	} else if (stat(path, &st) == -1) {
		if (errno != ENOENT && errno != ELOOP)
			rc = err_system(err, "%s", path);
	} else if (!is_skipped(last, S_ISDIR(st.st_mode)) &&
	    in_bounds(w, name, S_ISDIR(st.st_mode))) {
		if (S_ISDIR(st.st_mode))
			rc = walk_dir(w, name, &st, above, err);
		else if (S_ISREG(st.st_mode))
			rc = path_list_add(w->list, path, err);
	}
	free(path);
	return rc;
}

/* The names in directory name, which is below w->base or "" for itself. */
static int
walk_names(struct walk *w, const char *name, const struct level *level,
    const struct path_list *names, struct err *err)
{
	char *below;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < names->count; i++) {
		if ((below = path_join(name, names->paths[i], err)) == NULL)
			return -1;
		rc = walk_name(w, below, level, err);
		free(below);
	}
	return rc;
}

static int
walk_dir(struct walk *w, const char *name, const struct stat *st,
    const struct level *above, struct err *err)
{
	struct level level = { above, st->st_dev, st->st_ino };
	struct path_list names = PATH_LIST_EMPTY;
	char *path;
	int rc;

	if (is_loop(above, st))
		return 0;
	path = *name == '\0' ? strdup(w->base) : path_join(w->base, name, err);
	if (path == NULL)
		return err_nomem(err);
	rc = read_names(path, &names, err);
	free(path);
	if (rc == -1 && above != NULL && errno == ENOENT)
		rc = 0;
	else if (rc == 0)
		rc = walk_names(w, name, &level, &names, err);
	path_list_fini(&names);
	return rc;
}

int
path_walk(const char *base, const struct path_bounds *bounds,
    struct path_list *list, struct err *err)
{
	struct walk w = { base, bounds, 0, list };
	struct stat st;

	if (bounds != NULL)
		w.depth = path_components(bounds->first);
	if (stat(base, &st) == -1)
		return err_system(err, "%s", base);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return err_system(err, "%s", base);
	}
	return walk_dir(&w, "", &st, NULL, err);
}
