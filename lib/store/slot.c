/*
 * Names of rotated files, and moving a finished file to its name.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/paths_int.h"
#include "store/slot.h"
#include "store/store_int.h"

#define SAME_MAX 1000 /* files of other kinds in a slot */

static const char *const layouts[SLOT_LAYOUTS] = {
	"",
	"%Y/%m/%d",
	"%Y/%m/%d/%H",
	"%Y/%W/%u",
	"%Y/%W/%u/%H",
	"%Y/%j",
	"%Y/%j/%H",
	"%Y-%m-%d",
	"%Y-%m-%d/%H",
};

bool
slot_is_current(const char *name)
{
	return strncmp(name, SLOT_CURRENT, strlen(SLOT_CURRENT)) == 0 &&
	    !store_append_is(name);
}

const char *
slot_layout(unsigned n)
{
	return n < SLOT_LAYOUTS ? layouts[n] : NULL;
}

int64_t
slot_start(int64_t now_s, uint32_t interval_s)
{
	assert(interval_s > 0);
	return now_s - now_s % (int64_t)interval_s;
}

void
slot_name(int64_t start_s, uint32_t interval_s, unsigned layout,
    char name[SLOT_NAME_MAX])
{
	const char *end =
	    interval_s < 60 ? "nfcapd.%Y%m%d%H%M%S" : "nfcapd.%Y%m%d%H%M";
	time_t t = (time_t)start_s;
	char pattern[64];
	struct tm tm;

	assert(layout < SLOT_LAYOUTS);
	snprintf(pattern, sizeof(pattern), "%s%s%s", layouts[layout],
	    layout == 0 ? "" : "/", end);
	if (localtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	strftime(name, SLOT_NAME_MAX, pattern, &tm);
}

void
slot_add_zone(int64_t start_s, char name[SLOT_NAME_MAX])
{
	time_t t = (time_t)start_s;
	size_t len = strlen(name);
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		name[len + strftime(name + len, SLOT_NAME_MAX - len, "%z",
		    &tm)] = '\0';
}

/* The first directory of a name.  One that is too long is cut to be so. */
static void
first_part(const char *name, char part[NAME_MAX + 2])
{
	snprintf(part, NAME_MAX + 2, "%.*s", (int)strcspn(name, "/"), name);
}

int
slot_open_part(int dir, const char *name, int access)
{
	char part[NAME_MAX + 2];

	first_part(name, part);
	return openat(dir, part,
	    access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Make the first directory of a name, or take one that is there. */
static int
enter(int dir, const char *name)
{
	char part[NAME_MAX + 2];

	first_part(name, part);
	if (mkdirat(dir, part, 0755) == -1 && errno != EEXIST)
		return -1;
	return slot_open_part(dir, name, O_PATH);
}

/* -1 with errno, and closed, when no file can be put into the directory. */
static int
check_usable(int dir)
{
	int error;

	if (dir == -1 || faccessat(dir, ".", W_OK | X_OK, 0) == 0)
		return dir;
	error = errno;
	close(dir);
	errno = error;
	return -1;
}

/* Open the directory of a name, dir itself or one below.  -1 with errno. */
static int
open_directory(int dir, const char *name)
{
	int at = dir, next;
	const char *slash;

	for (; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
		next = check_usable(enter(at, name));
		if (at != dir)
			close(at);
		if ((at = next) == -1)
			break;
	}
	return at;
}

/* Only one collector works on a directory, so nobody takes the name now. */
static int
move(int dir, const char *from, int to_dir, const char *to, struct err *err)
{
	struct stat st;
	int rc = store_append_discard(dir, from, err);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (fstatat(to_dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return store_append(to_dir, to, dir, from, err);
	if (errno != ENOENT)
		return err_system(err, "%s", to);
	if (store_append_undo(dir, from, err) == -1)
		return -1;
	if (renameat(dir, from, to_dir, to) == -1)
		return err_system(err, "renaming %s to %s", from, to);
	return 0;
}

/* An append that counts takes the place of its target, and no other. */
static bool
must_replace(int dir, const char *from, const char *to)
{
	struct stat st;

	return store_append_is(from) &&
	    (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
		(errno != ENOENT && errno != ENOTDIR));
}

int
slot_commit(int dir, const char *current, const char *name, bool *in_base,
    struct err *err)
{
	int to = open_directory(dir, name), rc;

	*in_base = to == -1;
	if (to == -1) {
		err_system(err, "the directory of %s", name);
		if (must_replace(dir, current, name))
			return -1;
		to = dir;
	}
	rc = move(dir, current, to, path_tail(name, 1), err);
	if (to != dir)
		close(to);
	return rc;
}

/* A name that no file has; only we work on the directory. */
static int
find_free(int dir, const char *name, const char *suffix,
    char path[SLOT_NAME_MAX], struct err *err)
{
	struct stat st;
	int len;

	for (unsigned n = 1; n <= SAME_MAX; n++) {
		len = n == 1 ?
		    snprintf(path, SLOT_NAME_MAX, "%s%s", name, suffix) :
		    snprintf(path, SLOT_NAME_MAX, "%s.%u%s", name, n, suffix);
		if (len >= SLOT_NAME_MAX)
			return err_set(err, ERR_SYSTEM, "%s is too long",
			    name);
		if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == -1)
			return errno == ENOENT ? 0 :
			    err_system(err, "%s", path);
	}
	return err_set(err, ERR_SYSTEM, "%s is there", path);
}

int
slot_commit_other(int dir, const char *current, const char *name,
    const char *suffix, bool *in_base, struct err *err)
{
	int to = open_directory(dir, name), rc;
	char path[SLOT_NAME_MAX];

	*in_base = to == -1;
	if (to == -1) {
		err_system(err, "the directory of %s", name);
		to = dir;
	}
	rc = find_free(to, path_tail(name, 1), suffix, path, err);
	if (rc == 0 && renameat(dir, current, to, path) == -1)
		rc = err_system(err, "renaming %s to %s", current, path);
	if (to != dir)
		close(to);
	return rc;
}
