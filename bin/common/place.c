/*
 * Directories that are opened once.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/place.h"

#define DESCRIPTORS_MAX 65536
#define DESCRIPTORS_OTHERS 512 /* sockets and the like; a quarter at most */

/* What was to be made may be there: it counts then, if it is no link. */
static int
open_name(struct place *p, bool is_made, struct err *err)
{
	int above = p->above != NULL ? p->above->fd : AT_FDCWD, fd;
	struct stat st;

	if (is_made && mkdirat(above, p->real, 0755) == -1 && errno != EEXIST)
		return err_system(err, "cannot make directory '%s'", p->path);
	fd = openat(above, p->real,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return err_system(err, "cannot open directory '%s'", p->path);
	if (fstat(fd, &st) == 0) {
		p->device = st.st_dev;
		p->inode = st.st_ino;
	}
	return fd;
}

int
place_open(struct place *p, const char *path, struct err *err)
{
	*p = (struct place){ .fd = -1, .path = path };
	if ((p->real = realpath(path, NULL)) == NULL)
		return err_system(err, "cannot open directory '%s'", path);
	if ((p->fd = open_name(p, false, err)) != -1)
		return 0;
	place_close(p);
	return -1;
}

int
place_open_below(struct place *p, const struct place *above, const char *path,
    struct err *err)
{
	const char *slash = strrchr(path, '/');

	*p = (struct place){ .fd = -1, .path = path, .above = above };
	if ((p->real = strdup(slash == NULL ? path : slash + 1)) == NULL)
		return err_nomem(err);
	if ((p->fd = open_name(p, true, err)) != -1)
		return 0;
	place_close(p);
	return -1;
}

static bool
is_gone(const struct place *p)
{
	struct stat st;

	return fstat(p->fd, &st) == -1 || st.st_nlink == 0;
}

static int
renew(struct place *p, bool is_made, struct err *err)
{
	int fd;

	if (!is_gone(p))
		return 0;
	if ((fd = open_name(p, is_made, err)) == -1)
		return -1;
	close(p->fd);
	p->fd = fd;
	return 1;
}

int
place_renew(struct place *p, struct err *err)
{
	return renew(p, true, err);
}

bool
place_follow(struct place *p)
{
	return renew(p, false, NULL) == 1;
}

bool
place_is(const struct place *p, const struct stat *st)
{
	return p->fd != -1 && p->inode == st->st_ino &&
	    p->device == st->st_dev;
}

void
place_allow_many(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1 ||
	    limit.rlim_cur >= DESCRIPTORS_MAX)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_MAX ? limit.rlim_max :
	    DESCRIPTORS_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
}

uint32_t
place_room(uint32_t each)
{
	struct rlimit limit;
	uint32_t n = DESCRIPTORS_MAX;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < n)
		n = (uint32_t)limit.rlim_cur;
	n -= n / 4 < DESCRIPTORS_OTHERS ? n / 4 : DESCRIPTORS_OTHERS;
	return n / each;
}

void
place_close(struct place *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	free(p->real);
	p->real = NULL;
}
