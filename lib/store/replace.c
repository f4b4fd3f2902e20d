/*
 * Replacing a file by one made beside it.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/paths_int.h"
#include "store/replace.h"

char *
store_replace_name(const char *path, struct err *err)
{
	size_t size = strlen(path) + 32;
	const char *name = path_tail(path, 1);
	char *beside = malloc(size);

	if (beside == NULL)
		err_nomem(err);
	else
		snprintf(beside, size, "%.*s.%s.%ld.stat", (int)(name - path),
		    path, name, (long)getpid());
	return beside;
}

/* To put the new name on stable storage; a descriptor, or -1. */
static int
open_directory(const char *path, struct err *err)
{
	size_t len = (size_t)(path_tail(path, 1) - path);
	char *dir = strndup(path, len);
	int fd;

	if (dir == NULL)
		return err_nomem(err);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		err_system(err, "%s", dir);
	free(dir);
	return fd;
}

static int
create(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);

	if (fd == -1)
		return err_system(err, "%s", path);
	close(fd);
	return 0;
}

int
store_replace_begin(struct store_replace *r, const char *path, int fd,
    struct err *err)
{
	char *beside;
	int rc = -1;

	*r = (struct store_replace){ .dir = -1 };
	if ((r->path = realpath(path, NULL)) == NULL ||
	    fstat(fd, &r->was) == -1 || access(r->path, W_OK) == -1)
		return err_system(err, "%s", path);
	if ((r->dir = open_directory(r->path, err)) == -1 ||
	    (beside = store_replace_name(r->path, err)) == NULL)
		return -1;
	if (create(beside, err) == 0) {
		r->beside = beside; /* ours, to be removed */
		rc = 0;
	} else
		free(beside);
	return rc;
}

/* Whose a file is.  Those that share its group only by chance get nothing. */
static mode_t
keep_owner(int fd, const struct stat *st)
{
	mode_t mode = st->st_mode & 07777;

	if (fchown(fd, st->st_uid, st->st_gid) == -1 &&
	    fchown(fd, (uid_t)-1, st->st_gid) == -1)
		mode &= ~(mode_t)070;
	return mode;
}

/* Owner, permissions, times; then to stable storage. */
static int
settle(const struct store_replace *r, struct err *err)
{
	const struct timespec times[2] = { r->was.st_atim, r->was.st_mtim };
	int fd = open(r->beside, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc = 0;

	if (fd == -1)
		return err_system(err, "%s", r->beside);
	if (futimens(fd, times) == -1 ||
	    fchmod(fd, keep_owner(fd, &r->was)) == -1 || fsync(fd) == -1)
		rc = err_system(err, "%s", r->beside);
	if (close(fd) == -1 && rc == 0)
		rc = err_system(err, "%s", r->beside);
	return rc;
}

/* Nobody has appended to it or put another file in its place. */
static int
check_unchanged(const struct store_replace *r, struct err *err)
{
	const struct stat *was = &r->was;
	struct stat st;

	if (lstat(r->path, &st) == -1)
		return err_system(err, "%s", r->path);
	if (st.st_dev != was->st_dev || st.st_ino != was->st_ino ||
	    st.st_size != was->st_size ||
	    st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
		return err_set(err, ERR_MALFORMED,
		    "%s: changed meanwhile, it stays as it is", r->path);
	return 0;
}

int
store_replace_commit(struct store_replace *r, struct err *err)
{
	if (settle(r, err) == -1 || check_unchanged(r, err) == -1)
		return -1;
	if (rename(r->beside, r->path) == -1)
		return err_system(err, "%s", r->path);
	free(r->beside);
	r->beside = NULL;
	if (fsync(r->dir) == -1 && errno != EINVAL)
		return err_system(err, "%s: its directory", r->path);
	return 0;
}

void
store_replace_fini(struct store_replace *r)
{
	if (r->beside != NULL)
		unlink(r->beside);
	if (r->dir != -1)
		close(r->dir);
	free(r->beside);
	free(r->path);
}
