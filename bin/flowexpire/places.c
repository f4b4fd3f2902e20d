/*
 * Data directories of a run.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/quantity.h"
#include "common/place.h"
#include "flowexpire/places.h"

/* flowcapd leaves it in its data directories. */
#define COLLECTOR_LOCK ".flowcapd.stat.lock"

#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static int
add(struct places *p, int fd, const char *path, struct err *err)
{
	struct expire_dir *dirs = realloc(p->dirs,
	    (p->count + 1) * sizeof(*dirs));
	char *copy = strdup(path);

	if (dirs != NULL)
		p->dirs = dirs;
	if (dirs == NULL || copy == NULL) {
		free(copy);
		close(fd);
		return err_nomem(err);
	}
	p->dirs[p->count++] = (struct expire_dir){ .fd = fd, .path = copy };
	return 0;
}

/* One name in the directory of the channels; files and links are none. */
static int
add_channel(struct places *p, int dir, const char *name, struct err *err)
{
	char path[PATH_MAX];
	int fd = openat(dir, name, OPEN_DIR | O_NOFOLLOW);

	if (fd == -1)
		return errno == ENOTDIR || errno == ELOOP || errno == ENOENT ?
		    0 : err_system(err, "%s/%s", p->path, name);
	snprintf(path, sizeof(path), "%s/%s", p->path, name);
	return add(p, fd, path, err);
}

/* Nobody's data is in what mkfs makes, which only root may read. */
static int
is_channel(const struct dirent *e)
{
	return e->d_name[0] != '.' && strcmp(e->d_name, "lost+found") != 0;
}

static int
add_channels(struct places *p, int dir, struct err *err)
{
	struct dirent **list;
	int n = scandir(p->path, &list, is_channel, alphasort), rc = 0;

	if (n == -1)
		return err_system(err, "%s", p->path);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = add_channel(p, dir, list[i]->d_name, err);
		free(list[i]);
	}
	free(list);
	if (rc == 0 && p->count == 0)
		rc = err_set(err, ERR_VALUE, "No channel in %s", p->path);
	return rc;
}

int
places_open(struct places *p, const char *dir, bool is_profile,
    struct err *err)
{
	int fd, rc;

	*p = (struct places){ .path = realpath(dir, NULL) };
	fd = p->path == NULL ? -1 : open(p->path, OPEN_DIR);
	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(err, ERR_VALUE, "No such directory: %s", dir);
	if (fd == -1)
		return err_system(err, "%s", dir);
	if (!is_profile)
		return add(p, fd, p->path, err);
	place_allow_many();
	rc = add_channels(p, fd, err);
	close(fd);
	return rc;
}

int
places_check(const struct places *p, const char *home, struct err *err)
{
	char books[PATH_MAX], lock[PATH_MAX];
	struct stat st, home_st;

	if (strcmp(p->path, "/") == 0)
		return err_set(err, ERR_VALUE,
		    "/ is no directory of flow files");
	if (home == NULL || stat(home, &home_st) == -1 ||
	    stat(p->path, &st) == -1 || st.st_dev != home_st.st_dev ||
	    st.st_ino != home_st.st_ino)
		return 0;
	snprintf(books, sizeof(books), "%s/%s", p->path, BOOKS_NAME);
	snprintf(lock, sizeof(lock), "%s/%s", p->path, COLLECTOR_LOCK);
	if (access(books, F_OK) == 0 || access(lock, F_OK) == 0)
		return 0;
	return err_set(err, ERR_VALUE, "%s is your home directory and has "
	    "no %s", p->path, BOOKS_NAME);
}

/* One quota, for all directories when it has no name. */
static int
set_quota(struct places *p, const char *text, struct err *err)
{
	const char *equal = strrchr(text, '='), *name;
	size_t len = equal == NULL ? 0 : (size_t)(equal - text);
	bool is_used = equal == NULL;
	uint64_t bytes;

	if (quantity_size(equal == NULL ? text : equal + 1, &bytes, err) == -1)
		return err_context(err, "--quota %s", text);
	for (uint32_t i = 0; i < p->count; i++) {
		name = strrchr(p->dirs[i].path, '/') + 1;
		if (equal != NULL &&
		    (strlen(name) != len || memcmp(name, text, len) != 0))
			continue;
		p->dirs[i].quota = bytes;
		is_used = true;
	}
	return is_used ? 0 : err_set(err, ERR_VALUE,
	    "--quota %s: no such directory in %s", text, p->path);
}

int
places_set_quotas(struct places *p, const struct opt_list *quotas,
    struct err *err)
{
	/* That of one directory counts, wherever it stands. */
	for (int named = 0; named <= 1; named++)
		for (unsigned i = 0; i < quotas->count; i++)
			if ((strchr(quotas->items[i], '=') != NULL) == named &&
			    set_quota(p, quotas->items[i], err) == -1)
				return -1;
	return 0;
}

void
places_close(struct places *p)
{
	for (uint32_t i = 0; i < p->count; i++) {
		close(p->dirs[i].fd);
		free((char *)(uintptr_t)p->dirs[i].path);
	}
	free(p->dirs);
	free(p->path);
}
