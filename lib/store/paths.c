/*
 * Selection of flow files.  -R FIRST:LAST becomes a place: a directory, and
 * two paths below it that bound the range in name order.  With -M the place
 * is looked for in each of the directories; one that lacks FIRST is read in
 * the bounds found in another.
 *
 * A member of a list that cannot be read is told, and the others are taken;
 * only when there is no other is it an error.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/paths_int.h"
#include "store/slot.h"

/* What -R says. */
struct range {
	char *text; /* cut at the colon */
	const char *first;
	const char *last; /* or NULL */
};

/* Where that is, relative to a directory of -M. */
struct place {
	char *base; /* "" the directory itself */
	char *first; /* below base; NULL: everything */
	char *last; /* below base, or NULL */
};

/* Members of a list, taken one after the other. */
struct members {
	const struct path_request *request;
	struct err missing; /* of the last one that was not there, untold */
	size_t found;
};

static void
tell_missing(struct members *m)
{
	if (m->missing.code != ERR_NONE)
		m->request->warn(m->request->ctx, &m->missing);
	m->missing.code = ERR_NONE;
}

/* What came of a member: rc, and why if -1.  -1 when others are no help. */
static int
count_member(struct members *m, int rc, const struct err *why, struct err *err)
{
	if (rc == 0) {
		m->found++;
		return 0;
	}
	if (why->code != ERR_SYSTEM)
		return err_set(err, why->code, "%s", why->text);
	tell_missing(m);
	m->missing = *why;
	return 0;
}

/* After the last one. */
static int
end_members(struct members *m, struct err *err)
{
	if (m->found == 0 && m->missing.code != ERR_NONE)
		return err_set(err, m->missing.code, "%s", m->missing.text);
	tell_missing(m);
	return 0;
}

static void
place_fini(struct place *p)
{
	free(p->base);
	free(p->first);
	free(p->last);
	*p = (struct place){ NULL, NULL, NULL };
}

static int
parse_range(const char *text, struct range *r, struct err *err)
{
	char *colon;

	if ((r->text = strdup(text)) == NULL)
		return err_nomem(err);
	r->first = r->text;
	r->last = NULL;
	if (*text == '\0')
		return err_set(err, ERR_USAGE, "-R: empty file list");
	if ((colon = strchr(r->text, ':')) == NULL)
		return 0;
	*colon = '\0';
	r->last = colon + 1;
	if (*r->first == '\0')
		return err_set(err, ERR_USAGE,
		    "-R %s: missing first file before ':'", text);
	if (*r->last == '\0')
		return err_set(
		    err, ERR_USAGE, "-R %s: missing last file after ':'", text);
	if (strchr(r->last, ':') != NULL)
		return err_set(
		    err, ERR_USAGE, "-R %s: more than one ':'", text);
	if (*r->last == '/')
		return err_set(err, ERR_USAGE,
		    "-R %s: the last file must not start with '/'", text);
	return 0;
}

/* path without its last n components: "/a/b" is "/a", then "/", "a" is "". */
static char *
without_tail(const char *path, size_t n, struct err *err)
{
	size_t len = (size_t)(path_tail(path, n) - path);
	char *head;

	while (len > 1 && path[len - 1] == '/')
		len--;
	if ((head = strndup(path, len)) == NULL)
		err_nomem(err);
	return head;
}

/* The sub-directory layout that the end of path follows, 0 for none. */
static unsigned
layout_of(const char *path)
{
	char want[PATH_EXPANDED_MAX];

	for (unsigned n = 1; n < SLOT_LAYOUTS; n++)
		if (path_expand(path_tail(path, 1), n, want, sizeof(want)) >
			0 &&
		    strcmp(path_tail(path, path_components(want)), want) == 0)
			return n;
	return 0;
}

/* Components of a path in that layout. */
static size_t
layout_components(unsigned layout)
{
	return layout == 0 ? 1 : path_components(slot_layout(layout)) + 1;
}

/*
 * LAST without directories: in the same layout as FIRST, or else in its
 * directory.
 */
static char *
complete_last(const char *first, const char *last, struct err *err)
{
	unsigned n = layout_of(first);
	char expanded[PATH_EXPANDED_MAX];
	char *head, *path;

	if (path_expand(last, n, expanded, sizeof(expanded)) > 0)
		last = expanded;
	else
		n = 0;
	head = without_tail(first, layout_components(n), err);
	if (head == NULL)
		return NULL;
	path = path_join(head, last, err);
	free(head);
	return path;
}

/* Cut path, which is FIRST as found, behind the base. */
static int
set_place(struct place *p, const char *path, size_t components,
    const char *last, struct err *err)
{
	const char *first = path_tail(path, components);

	if ((p->base = without_tail(path, components, err)) == NULL)
		return -1;
	if ((p->first = strdup(first)) == NULL)
		return err_nomem(err);
	if (last == NULL)
		return 0;
	if (path_components(last) == 1)
		p->last = complete_last(first, last, err);
	else
		p->last = path_join("", last, err);
	return p->last == NULL ? -1 : 0;
}

/*
 * How much of FIRST is below the base: as much as of LAST, or what follows a
 * sub-directory layout, or else the name.
 */
static int
place_file(struct place *p, const struct range *r, struct err *err)
{
	size_t n = r->last == NULL ? 1 : path_components(r->last);

	if (n > path_components(r->first))
		return err_set(err, ERR_USAGE,
		    "-R: %s has fewer directories than %s", r->first, r->last);
	if (n == 1)
		n = layout_components(layout_of(r->first));
	return set_place(p, r->first, n, r->last, err);
}

/*
 * Try the sub-directory layouts for a FIRST that is not where it says.
 * 1, 0 when it is in none, -1.
 */
static int
place_expanded(
    struct place *p, const struct range *r, const char *dir, struct err *err)
{
	char expanded[PATH_EXPANDED_MAX];
	char *head, *below, *path;
	bool is_found = false;
	struct stat st;
	int rc = 0;

	if ((head = without_tail(r->first, 1, err)) == NULL)
		return -1;
	for (unsigned n = 1; rc == 0 && !is_found && n < SLOT_LAYOUTS; n++) {
		if (path_expand(path_tail(r->first, 1), n, expanded,
			sizeof(expanded)) == 0)
			break;
		below = path_join(head, expanded, err);
		path = below == NULL ? NULL : path_join(dir, below, err);
		if (path == NULL)
			rc = -1;
		else if (stat(path, &st) == 0)
			is_found = true;
		if (is_found)
			rc = set_place(
			    p, below, layout_components(n), r->last, err);
		free(path);
		free(below);
	}
	free(head);
	return rc == 0 && is_found ? 1 : rc;
}

static int
place_directory(struct place *p, const struct range *r, struct err *err)
{
	if (r->last != NULL)
		return err_set(
		    err, ERR_USAGE, "-R: %s is a directory", r->first);
	return (p->base = strdup(r->first)) == NULL ? err_nomem(err) : 0;
}

/* Find FIRST in dir: 1, 0 if it is not there, -1. */
static int
locate(const char *dir, const struct range *r, struct place *p, struct err *err)
{
	char *path = path_join(dir, r->first, err);
	struct stat st;
	int rc;

	if (path == NULL)
		return -1;
	if (stat(path, &st) == -1) {
		rc = errno == ENOENT || errno == ENOTDIR ?
		    place_expanded(p, r, dir, err) :
		    err_system(err, "%s", path);
	} else {
		rc = S_ISDIR(st.st_mode) ? place_directory(p, r, err) :
					   place_file(p, r, err);
		if (rc == 0)
			rc = 1;
	}
	free(path);
	return rc;
}

static int
walk_place(const struct path_request *request, const char *dir,
    const struct place *p, struct path_list *list, struct err *err)
{
	struct path_bounds bounds = { p->first, p->last };
	char *base = *p->base == '\0' ? path_join(dir, ".", err) :
					path_join(dir, p->base, err);
	struct stat st;
	int rc = 0;

	if (base == NULL)
		return -1;
	/* Of several directories one may lack what the range is in. */
	if (*dir == '\0' || stat(base, &st) == 0 || errno != ENOENT)
		rc = path_walk(base, p->first == NULL ? NULL : &bounds,
		    request, list, err);
	free(base);
	return rc;
}

static int
missing(const char *dir, const char *name, struct err *err)
{
	char *path = path_join(dir, name, err);

	if (path == NULL)
		return -1;
	errno = ENOENT;
	err_system(err, "%s", path);
	free(path);
	return -1;
}

/* In each of the directories, at its own place or else at that of another. */
static int
walk_places(const struct path_request *request, const struct path_list *dirs,
    const struct place *places, const struct place *found,
    struct path_list *list, struct err *err)
{
	struct members m = { .request = request };
	struct err why;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < dirs->count; i++) {
		rc = walk_place(request, dirs->paths[i],
		    places[i].base != NULL ? &places[i] : found, list, &why);
		rc = count_member(&m, rc, &why, err);
	}
	return rc == 0 ? end_members(&m, err) : -1;
}

/*
 * Find FIRST in each of the directories.  The first place that is found, or
 * NULL.  A directory that cannot be looked into cannot be walked either,
 * which is told then.
 */
static const struct place *
locate_all(const struct path_list *dirs, const struct range *r,
    struct place *places, struct err *err)
{
	const struct place *found = NULL;
	bool is_missing = true;
	struct err why;
	int rc;

	for (size_t i = 0; i < dirs->count; i++) {
		rc = locate(dirs->paths[i], r, &places[i], &why);
		if (rc == -1) {
			err_set(err, why.code, "%s", why.text);
			is_missing = false;
			if (why.code != ERR_SYSTEM)
				return NULL;
		} else if (rc == 1 && found == NULL) {
			found = &places[i];
		}
	}
	if (found == NULL && is_missing)
		missing(dirs->paths[0], r->first, err);
	return found;
}

static int
select_in(const struct path_request *request, const struct path_list *dirs,
    const struct range *r, struct path_list *list, struct err *err)
{
	struct place *places = calloc(dirs->count, sizeof(*places));
	const struct place *found;
	int rc = -1;

	if (places == NULL)
		return err_nomem(err);
	if ((found = locate_all(dirs, r, places, err)) != NULL)
		rc = walk_places(request, dirs, places, found, list, err);
	for (size_t i = 0; i < dirs->count; i++)
		place_fini(&places[i]);
	free(places);
	return rc;
}

static int
select_range(const struct path_request *request, const struct path_list *dirs,
    const char *text, struct path_list *list, struct err *err)
{
	struct range r;
	int rc = parse_range(text, &r, err);

	if (rc == 0)
		rc = select_in(request, dirs, &r, list, err);
	free(r.text);
	return rc;
}

/* -r in the sub-directories of dir. */
static int
select_expanded(
    const char *dir, const char *name, struct path_list *list, struct err *err)
{
	const struct range r = { NULL, name, NULL };
	struct place p = { NULL, NULL, NULL };
	char *below = NULL, *path = NULL;
	int rc = place_expanded(&p, &r, dir, err);

	if (rc == 1) {
		rc = -1;
		if ((below = path_join(p.base, p.first, err)) != NULL &&
		    (path = path_join(dir, below, err)) != NULL)
			rc = path_list_add(list, path, err);
	} else if (rc == 0) {
		rc = missing(dir, name, err);
	}
	free(path);
	free(below);
	place_fini(&p);
	return rc;
}

/* -r in one directory: the file, or all files if it is a directory. */
static int
select_file(const struct path_request *request, const char *dir,
    const char *name, struct path_list *list, struct err *err)
{
	char *path = path_join(dir, name, err);
	struct stat st;
	int rc;

	if (path == NULL)
		return -1;
	if (stat(path, &st) == 0)
		rc = S_ISDIR(st.st_mode) ?
		    path_walk(path, NULL, request, list, err) :
		    path_list_add(list, path, err);
	else if (errno == ENOENT && *dir != '\0')
		rc = select_expanded(dir, name, list, err);
	else
		rc = err_system(err, "%s", path);
	free(path);
	return rc;
}

static int
select_files(const struct path_request *request,
    const struct path_list *dirs, const char *name, struct path_list *list,
    struct err *err)
{
	struct members m = { .request = request };
	struct err why;
	int rc = 0;

	if (*name == '\0')
		return err_set(err, ERR_USAGE, "-r: empty file name");
	for (size_t i = 0; rc == 0 && i < dirs->count; i++) {
		rc = select_file(request, dirs->paths[i], name, list, &why);
		rc = count_member(&m, rc, &why, err);
	}
	return rc == 0 ? end_members(&m, err) : -1;
}

static int
select_ranges(const struct path_request *request,
    const struct path_list *dirs, struct path_list *list, struct err *err)
{
	struct members m = { .request = request };
	const char *text;
	struct err why;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < request->range_count; i++) {
		text = request->ranges[i];
		rc = request->has_files && strchr(text, ':') == NULL ?
		    select_files(request, dirs, text, list, &why) :
		    select_range(request, dirs, text, list, &why);
		rc = count_member(&m, rc, &why, err);
	}
	return rc == 0 ? end_members(&m, err) : -1;
}

static int
check_directory(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return err_system(err, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return err_system(err, "%s", path);
	}
	return 0;
}

/* One entry of -M; base is what stands before the first entry's name. */
static int
add_directory(const char *base, const char *entry, struct path_list *dirs,
    struct err *err)
{
	char *path =
	    *entry == '/' ? strdup(entry) : path_join(base, entry, err);
	int rc;

	if (path == NULL)
		return err_nomem(err);
	if ((rc = check_directory(path, err)) == 0)
		rc = path_list_add(dirs, path, err);
	free(path);
	return rc;
}

static void
strip_slashes(char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
}

/* The directories of -M, sorted. */
static int
expand_dirs(const struct path_request *request, struct path_list *dirs,
    struct err *err)
{
	struct members m = { .request = request };
	char *copy = strdup(request->dirs), *rest = copy, *entry, *base = NULL;
	struct err why;
	int rc = copy == NULL ? err_nomem(err) : 0;

	while (rc == 0 && (entry = strsep(&rest, ":")) != NULL) {
		strip_slashes(entry);
		if (*entry == '\0') {
			rc = err_set(err, ERR_USAGE,
			    "-M %s: a directory has no name", request->dirs);
			break;
		}
		rc = add_directory(base == NULL ? "" : base, entry, dirs,
		    &why);
		rc = count_member(&m, rc, &why, err);
		if (base == NULL &&
		    (base = without_tail(entry, 1, err)) == NULL)
			rc = -1;
	}
	free(base);
	free(copy);
	path_list_sort(dirs);
	return rc == 0 ? end_members(&m, err) : -1;
}

/* With -M, names are relative to its directories. */
static int
check_relative(const char *name, char letter, struct err *err)
{
	if (*name != '/')
		return 0;
	return err_set(err, ERR_USAGE, "File list -%c must not start "
	    "with '/' when combined with a source list -M", letter);
}

static int
check_usage(const struct path_request *r, struct err *err)
{
	if (r->file != NULL && r->range_count > 0)
		return err_set(err, ERR_USAGE,
		    "-r and -R are mutually "
		    "exclusive. Please specify either -r or -R");
	if (r->dirs == NULL)
		return 0;
	if (r->file != NULL)
		return check_relative(r->file, 'r', err);
	if (r->range_count == 0)
		return err_set(err, ERR_USAGE,
		    "-M needs either -r or -R to "
		    "specify the file or file list. Add '-R .' for all files "
		    "in the directories.");
	for (size_t i = 0; i < r->range_count; i++)
		if (check_relative(r->ranges[i], 'R', err) == -1)
			return -1;
	return 0;
}

int
paths_select(const struct path_request *r, struct path_list *list,
    struct err *err)
{
	struct path_list in = PATH_LIST_EMPTY;
	int rc = check_usage(r, err);

	if (rc == -1 || (r->file == NULL && r->range_count == 0))
		return rc;
	rc = r->dirs == NULL ? path_list_add(&in, "", err) :
			       expand_dirs(r, &in, err);
	if (rc == 0)
		rc = r->file != NULL ?
		    select_files(r, &in, r->file, list, err) :
		    select_ranges(r, &in, list, err);
	path_list_fini(&in);
	return rc;
}
