/*
 * Removing files and directories of an inventory.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/expire_int.h"
#include "store/paths_int.h"
#include "store/slot.h"

/* Has another process a lock on any part of the file? */
static bool
is_locked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		return errno == EWOULDBLOCK;
#ifdef F_OFD_GETLK
	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
#else
	return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
#endif
}

/*
 * Is it open for writing?  Then there is no lease for readers, which we give
 * back at once.  Who opens it meanwhile makes the kernel send a signal, so
 * take one that nobody minds.
 */
static bool
is_written(int fd)
{
#ifdef F_SETLEASE
	if (fcntl(fd, F_SETSIG, SIGURG) == -1)
		return false;
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == -1)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
#else
	(void)fd;
#endif
	return false;
}

/* What cannot be opened is not known to be in use. */
static bool
is_in_use(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC);
	bool is_used;

	if (fd == -1)
		return false;
	is_used = is_locked(fd) || is_written(fd);
	close(fd);
	return is_used;
}

static bool
is_same(const struct stat *st, const struct inventory_file *f)
{
	return S_ISREG(st->st_mode) && st->st_ino == f->inode &&
	    (uint64_t)st->st_size == f->size;
}

enum expire_fate
expire_remove_file(int dir, const struct inventory_file *f, struct err *err)
{
	char name[INVENTORY_NAME_MAX];
	struct stat st;

	inventory_name(f, name);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		goto failed;
	if (!is_same(&st, f) || is_in_use(dir, name)) {
		err_set(err, ERR_VALUE, "in use, it stays");
		return FATE_IN_USE;
	}
	if (unlinkat(dir, name, 0) == 0)
		return FATE_REMOVED;
failed:
	if (errno == ENOENT)
		return FATE_VANISHED;
	err_system(err, "it stays");
	return FATE_FAILED;
}

/* A component of a sub-directory layout: "2026", "07", "2026-07-31". */
static bool
is_layout_name(const char *name)
{
	static const char form[] = "dddd-dd-dd";
	size_t len = strspn(name, "0123456789");

	if (name[len] == '\0')
		return len > 0;
	if (strlen(name) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == '-' ? name[i] != '-' :
		    name[i] < '0' || name[i] > '9')
			return false;
	return true;
}

/*
 * May a collector put a file there now?  It makes the directories of a slot,
 * then moves the file.  The slot that just ended began an interval ago; of
 * one that is not known, these will do, as the slot is of the hour or day
 * before at most.
 */
static bool
is_current(const char *path, int64_t now_s, uint32_t interval_s)
{
	const int64_t ago_s[] = { 0, 360, 3660, 86460, interval_s,
		(int64_t)interval_s + 60 };
	char slot[SLOT_NAME_MAX];

	for (size_t i = 0; i < sizeof(ago_s) / sizeof(ago_s[0]); i++) {
		for (unsigned layout = 1; layout < SLOT_LAYOUTS; layout++) {
			slot_name(now_s - ago_s[i], 60, layout, slot);
			if (path_compare(path, slot, true) == 0)
				return true;
		}
	}
	return false;
}

/* 1, 0 when it has to stay, -1. */
static int
remove_dir(int top, const char *path, struct err *err)
{
	size_t len = (size_t)(path_tail(path, 1) - path);
	char *above = strndup(path, len == 0 ? 0 : len - 1);
	int fd, rc = 1;

	if (above == NULL)
		return err_nomem(err);
	fd = inventory_open_below(top, above);
	free(above);
	if (fd == -1 || unlinkat(fd, path + len, AT_REMOVEDIR) == -1) {
		rc = 0;
		if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT)
			rc = err_system(err, "removing the directory");
	}
	if (fd != -1)
		close(fd);
	return rc;
}

int
expire_remove_dirs(const struct inventory *v,
    const struct inventory_request *r, uint32_t dir, int64_t now_s,
    uint32_t interval_s, uint64_t *count, struct err *err)
{
	char *path = strdup(v->dirs[dir].path);
	char *slash;
	int rc = 1;

	if (path == NULL)
		return err_nomem(err);
	while (rc == 1 && *path != '\0' && is_layout_name(path_tail(path, 1)) &&
	    !is_current(path, now_s, interval_s)) {
		rc = remove_dir(r->tops[v->dirs[dir].top].fd, path, err);
		*count += rc == 1;
		slash = strrchr(path, '/');
		*(slash == NULL ? path : slash) = '\0';
	}
	free(path);
	return rc == -1 ? -1 : 0;
}
