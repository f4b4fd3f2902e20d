/*
 * Inventory of data directories.  Directories are read one after the other
 * in the order in which they were met, so that no more than one is open and
 * depth costs no stack.  Each is opened from its data directory downwards,
 * every component without following links.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/inventory.h"
#include "store/paths_int.h"
#include "store/slot.h"

#define PREFIX "nfcapd."
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define STAT_BLOCK 512

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct scan {
	struct inventory *v;
	const struct inventory_request *request;
	uint32_t dir; /* being read */
	int fd; /* of it */
};

/* Something in the directory is left out. */
static void
tell(struct scan *s, struct err *why)
{
	const struct inventory_dir *d = &s->v->dirs[s->dir];
	const char *top = s->request->tops[d->top].path;

	s->v->is_partial = true;
	if (s->request->warn == NULL)
		return;
	if (*d->path == '\0')
		err_context(why, "%s", top);
	else
		err_context(why, "%s/%s", top, d->path);
	s->request->warn(s->request->ctx, why);
}

static void *
grow(void *list, size_t count, size_t *room, size_t size)
{
	size_t more = *room == 0 ? 64 : *room * 2;
	void *p;

	if (count < *room)
		return list;
	if (more > SIZE_MAX / size || (p = realloc(list, more * size)) == NULL)
		return NULL;
	*room = more;
	return p;
}

static int
add_dir(struct inventory *v, uint32_t top, char *path, struct err *err)
{
	size_t room = v->dir_room;
	struct inventory_dir *dirs = NULL;

	if (path != NULL && v->dir_count < UINT32_MAX / 2)
		dirs = grow(v->dirs, v->dir_count, &room, sizeof(*dirs));
	if (dirs == NULL) {
		free(path);
		return err_nomem(err);
	}
	v->dirs = dirs;
	v->dir_room = (uint32_t)room;
	v->dirs[v->dir_count++] =
	    (struct inventory_dir){ .path = path, .top = top };
	return 0;
}

static int
add_file(struct scan *s, const char *name, int64_t time_s,
    const struct stat *st, struct err *err)
{
	struct inventory *v = s->v;
	struct inventory_file *f;

	f = grow(v->files, v->count, &v->room, sizeof(*f));
	if (f == NULL)
		return err_nomem(err);
	v->files = f;
	f += v->count++;
	*f = (struct inventory_file){
		.time_s = time_s,
		.inode = st->st_ino,
		.allocated = (uint64_t)st->st_blocks * STAT_BLOCK,
		.size = (uint64_t)st->st_size,
		.dir = s->dir,
	};
	snprintf(f->tail, sizeof(f->tail), "%s", name + PREFIX_LEN);
	v->dirs[s->dir].files++;
	return 0;
}

/* A directory in the one being read. */
static int
enter(struct scan *s, const char *name, struct err *err)
{
	const struct inventory_dir *d = &s->v->dirs[s->dir];
	struct err why;

	if (*d->path != '\0' &&
	    path_components(d->path) == INVENTORY_DEPTH_MAX) {
		err_set(&why, ERR_MALFORMED, "%s: deeper than %d directories,"
		    " left alone", name, INVENTORY_DEPTH_MAX);
		tell(s, &why);
		return 0;
	}
	return add_dir(s->v, d->top,
	    *d->path == '\0' ? strdup(name) : path_join(d->path, name, err),
	    err);
}

/* The type of a directory entry, asked for only if it is not known. */
static unsigned char
type_of(struct scan *s, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	if (fstatat(s->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return DT_UNKNOWN;
	return (unsigned char)IFTODT(st.st_mode);
}

static int
take_file(struct scan *s, const char *name, int64_t time_s, struct err *err)
{
	struct stat st;
	struct err why;

	if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT) {
			err_system(&why, "%s", name);
			tell(s, &why);
		}
		return 0;
	}
	return S_ISREG(st.st_mode) ? add_file(s, name, time_s, &st, err) : 0;
}

static int
take_name(struct scan *s, const struct dirent *e, struct err *err)
{
	const char *name = e->d_name;
	int64_t time_s;

	if (name[0] == '.')
		return 0;
	if (slot_time(name, &time_s) == 0)
		return take_file(s, name, time_s, err);
	if (strncmp(name, PREFIX, PREFIX_LEN) == 0)
		return 0;
	switch (type_of(s, e)) {
	case DT_DIR:
		return name[0] >= '0' && name[0] <= '9' ?
		    enter(s, name, err) : 0;
	case DT_REG:
		s->v->foreign++;
		return 0;
	default:
		return 0;
	}
}

/* All names of the directory, whose descriptor is closed. */
static int
read_dir(struct scan *s, struct err *err)
{
	struct dirent *e;
	struct err why;
	DIR *dir = fdopendir(s->fd);
	int rc = 0;

	if (dir == NULL) {
		close(s->fd);
		return err_nomem(err);
	}
	rewinddir(dir); /* the position is shared with the descriptor above */
	errno = 0;
	while (rc == 0 && (e = readdir(dir)) != NULL) {
		rc = take_name(s, e, err);
		errno = 0;
	}
	if (rc == 0 && errno != 0) {
		err_system(&why, "reading the directory");
		tell(s, &why);
	}
	closedir(dir);
	return rc;
}

/* Is the open directory one where another file system begins? */
static bool
is_mount(int fd)
{
#ifdef STATX_ATTR_MOUNT_ROOT
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
	    (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#else
	(void)fd;
	return false;
#endif
}

int
inventory_open_below(int top, const char *path)
{
	char part[256];
	int fd = openat(top, ".", OPEN_DIR), next;
	size_t len;

	for (; fd != -1 && *path != '\0'; path += len) {
		path += *path == '/';
		len = strcspn(path, "/");
		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		next = openat(fd, part, OPEN_DIR);
		close(fd);
		fd = next;
	}
	return fd;
}

/* Open the directory for reading.  -1 when it is to be passed over. */
static int
open_met(struct scan *s)
{
	struct inventory_dir *d = &s->v->dirs[s->dir];
	const struct inventory_dir *top = &s->v->dirs[d->top];
	struct stat st;
	struct err why;
	int fd = inventory_open_below(s->request->tops[d->top].fd,
	    d->path);

	if (fd == -1 || fstat(fd, &st) == -1) {
		/* gone, or no longer a directory */
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {
			err_system(&why, "opening the directory");
			tell(s, &why);
		}
		if (fd != -1)
			close(fd);
		return -1;
	}
	d->dev = st.st_dev;
	d->inode = st.st_ino;
	if (*d->path != '\0' && !s->request->crosses_mounts &&
	    (d->dev != top->dev || is_mount(fd))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The data directories, which must be there, are the first ones. */
static int
add_tops(struct inventory *v, const struct inventory_request *r,
    struct err *err)
{
	struct stat st;

	for (uint32_t i = 0; i < r->top_count; i++) {
		if (fstat(r->tops[i].fd, &st) == -1 ||
		    faccessat(r->tops[i].fd, ".", R_OK | X_OK, AT_EACCESS) == -1)
			return err_system(err, "%s", r->tops[i].path);
		if (add_dir(v, i, strdup(""), err) == -1)
			return -1;
		v->dirs[i].dev = st.st_dev;
	}
	return 0;
}

static int
compare_dirs(const void *a, const void *b, void *ctx)
{
	const struct inventory_dir *dirs = ctx;
	const struct inventory_dir *x = &dirs[*(const uint32_t *)a];
	const struct inventory_dir *y = &dirs[*(const uint32_t *)b];

	if (x->top != y->top)
		return x->top < y->top ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int
rank_dirs(struct inventory *v, struct err *err)
{
	uint32_t *order = calloc(v->dir_count, sizeof(*order));

	if (order == NULL)
		return err_nomem(err);
	for (uint32_t i = 0; i < v->dir_count; i++)
		order[i] = i;
	qsort_r(order, v->dir_count, sizeof(*order), compare_dirs, v->dirs);
	for (uint32_t i = 0; i < v->dir_count; i++)
		v->dirs[order[i]].rank = i;
	free(order);
	return 0;
}

static int
compare_files(const void *a, const void *b, void *ctx)
{
	const struct inventory_dir *dirs = ctx;
	const struct inventory_file *x = a, *y = b;

	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	if (x->dir != y->dir)
		return dirs[x->dir].rank < dirs[y->dir].rank ? -1 : 1;
	return strcmp(x->tail, y->tail);
}

int
inventory_take(struct inventory *v, const struct inventory_request *r,
    struct err *err)
{
	struct scan s = { .v = v, .request = r };

	if (add_tops(v, r, err) == -1)
		return -1;
	for (; s.dir < v->dir_count; s.dir++)
		if ((s.fd = open_met(&s)) != -1 && read_dir(&s, err) == -1)
			return -1;
	if (rank_dirs(v, err) == -1)
		return -1;
	if (v->count > 0)
		qsort_r(v->files, v->count, sizeof(*v->files), compare_files,
		    v->dirs);
	return 0;
}

int
inventory_open_dir(const struct inventory *v,
    const struct inventory_request *r, uint32_t dir, struct err *err)
{
	const struct inventory_dir *d = &v->dirs[dir];
	struct stat st;
	int fd = inventory_open_below(r->tops[d->top].fd, d->path);

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_system(err, "%s", d->path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (st.st_dev == d->dev && st.st_ino == d->inode)
		return fd;
	close(fd);
	errno = ESTALE; /* another one took its place */
	return err_system(err, "%s", d->path);
}

void
inventory_dir_path(const struct inventory *v,
    const struct inventory_request *r, uint32_t dir, struct buffer *path)
{
	const struct inventory_dir *d = &v->dirs[dir];

	buffer_text(path, r->tops[d->top].path);
	if (*d->path != '\0') {
		buffer_char(path, '/');
		buffer_text(path, d->path);
	}
}

void
inventory_name(const struct inventory_file *f, char name[INVENTORY_NAME_MAX])
{
	snprintf(name, INVENTORY_NAME_MAX, PREFIX "%s", f->tail);
}

void
inventory_fini(struct inventory *v)
{
	for (uint32_t i = 0; i < v->dir_count; i++)
		free(v->dirs[i].path);
	free(v->dirs);
	free(v->files);
	*v = (struct inventory)INVENTORY_EMPTY;
}
