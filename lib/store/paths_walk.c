/*
 * Directory walk.  A directory is read whole and sorted before anything in
 * it is used; names that are no flow files are passed over.  What vanishes
 * during the walk was expired and is no error; what is there and cannot be
 * read is told, and the walk goes on.
 *
 * Symbolic links are followed wherever they lead.  A directory is walked once,
 * under the first of its names, so that neither loops nor links that fan out
 * make the walk a long one, and a file is listed once.  Within bounds a
 * directory may be walked under each of its names, since they bound it
 * differently; there the depth is limited.
 */

#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/paths_int.h"

struct walk {
	const char *base;
	const struct path_bounds *bounds;
	size_t depth; /* components of bounds->first */
	const struct path_request *request; /* to tell what cannot be read */
	void *seen; /* directories, a tree of tsearch(3) */
	bool has_links;
	struct path_list list;
};

struct directory {
	dev_t dev;
	ino_t ino;
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

/* Sorted names in a directory; none when it is gone, unless it is the base. */
static int
read_names(const char *path, bool is_base, struct path_list *names,
    struct err *err)
{
	struct dirent *e;
	DIR *dir = opendir(path);
	int rc = 0;

	if (dir == NULL)
		return errno == ENOENT && !is_base ?
		    0 : err_system(err, "%s", path);
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

static int
compare_directories(const void *a, const void *b)
{
	const struct directory *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->ino > y->ino) - (x->ino < y->ino);
}

/* Remember a directory.  1, 0 when it is known, -1. */
static int
enter(struct walk *w, const struct stat *st, struct err *err)
{
	struct directory *d = malloc(sizeof(*d));
	void *node;

	if (d == NULL)
		return err_nomem(err);
	*d = (struct directory){ st->st_dev, st->st_ino };
	node = tsearch(d, &w->seen, compare_directories);
	if (node != NULL && *(struct directory **)node == d)
		return 1;
	free(d);
	return node == NULL ? err_nomem(err) : 0;
}

/* Only without memory there is no point in going on. */
static int
tell(struct walk *w, const struct err *why, struct err *err)
{
	if (why->code != ERR_SYSTEM && why->code != ERR_MALFORMED)
		return err_set(err, why->code, "%s", why->text);
	w->request->warn(w->request->ctx, why);
	return 0;
}

/*
 * What a path leads to.  1, 0 when it is gone, -1; a link that leads nowhere
 * is not gone.
 */
static int
find_file(struct walk *w, const char *path, struct stat *st, struct err *err)
{
	if (lstat(path, st) == -1)
		return errno == ENOENT ? 0 : err_system(err, "%s", path);
	if (!S_ISLNK(st->st_mode))
		return 1;
	w->has_links = true;
	return stat(path, st) == -1 ? err_system(err, "%s", path) : 1;
}

static int walk_dir(struct walk *w, const char *name, const struct stat *st,
    struct err *err);

/* The file, directory or other thing that name is. */
static int
walk_file(struct walk *w, const char *name, const char *path,
    struct err *err)
{
	const char *last = path_tail(name, 1);
	struct stat st;
	int rc;

	if ((rc = find_file(w, path, &st, err)) != 1)
		return rc;
	if (is_skipped(last, S_ISDIR(st.st_mode)) ||
	    !in_bounds(w, name, S_ISDIR(st.st_mode)))
		return 0;
	if (S_ISDIR(st.st_mode))
		return walk_dir(w, name, &st, err);
	if (S_ISREG(st.st_mode))
		return path_list_add(&w->list, path, err);
	if (strncmp(last, "nfcapd.", 7) != 0)
		return 0;
	return err_set(err, ERR_MALFORMED, "%s: not a regular file", path);
}

/* One name below w->base. */
static int
walk_name(struct walk *w, const char *name, struct err *err)
{
	struct err why;
	char *path;
	int rc;

	/* Not worth a system call, whatever it is. */
	if (!in_bounds(w, name, true) &&
	    (!in_bounds(w, name, false) ||
		is_skipped(path_tail(name, 1), false)))
		return 0;
	if ((path = path_join(w->base, name, err)) == NULL)
		return -1;
	if ((rc = walk_file(w, name, path, &why)) == -1)
		rc = tell(w, &why, err);
	free(path);
	return rc;
}

/* The names in directory name, which is below w->base or "" for itself. */
static int
walk_names(struct walk *w, const char *name, const struct path_list *names,
    struct err *err)
{
	char *below;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < names->count; i++) {
		if ((below = path_join(name, names->paths[i], err)) == NULL)
			return -1;
		rc = walk_name(w, below, err);
		free(below);
	}
	return rc;
}

static int
walk_dir(struct walk *w, const char *name, const struct stat *st,
    struct err *err)
{
	struct path_list names = PATH_LIST_EMPTY;
	bool is_base = *name == '\0';
	char *path;
	int rc;

	if (w->bounds == NULL && (rc = enter(w, st, err)) != 1)
		return rc;
	path = is_base ? strdup(w->base) : path_join(w->base, name, err);
	if (path == NULL)
		return err_nomem(err);
	rc = read_names(path, is_base, &names, err);
	free(path);
	if (rc == 0)
		rc = walk_names(w, name, &names, err);
	path_list_fini(&names);
	return rc;
}

/* Each file once, if a link may lead to one of them. */
static int
take_list(struct walk *w, struct path_list *list, struct err *err)
{
	if (w->has_links && paths_unite(&w->list, err) == -1)
		return -1;
	return path_list_move(list, &w->list, err);
}

int
path_walk(const char *base, const struct path_bounds *bounds,
    const struct path_request *request, struct path_list *list,
    struct err *err)
{
	struct walk w = { .base = base, .bounds = bounds, .request = request };
	struct stat st;
	int rc;

	if (bounds != NULL)
		w.depth = path_components(bounds->first);
	if (stat(base, &st) == -1)
		return err_system(err, "%s", base);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return err_system(err, "%s", base);
	}
	if ((rc = walk_dir(&w, "", &st, err)) == 0)
		rc = take_list(&w, list, err);
	tdestroy(w.seen, free);
	path_list_fini(&w.list);
	return rc;
}
