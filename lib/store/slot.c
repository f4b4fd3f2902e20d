/*
 * Names of rotated files, and moving a finished file to its name.
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/paths_int.h"
#include "store/slot.h"
#include "store/store_int.h"

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

/* Make a directory, or take one that is there. */
static int
make_dir(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) == 0)
		return 0;
	if (errno != EEXIST || stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return -1;
	return 0;
}

/* Make the sub-directories in path behind its first skip bytes. */
static int
make_dirs(char *path, size_t skip)
{
	char *slash = path + skip;
	int rc = 0;

	while (rc == 0 && (slash = strchr(slash, '/')) != NULL) {
		*slash = '\0';
		rc = make_dir(path);
		if (rc == 0 && strchr(slash + 1, '/') == NULL)
			rc = access(path, W_OK | X_OK);
		*slash++ = '/';
	}
	return rc;
}

/* Only one collector works on a directory, so nobody takes the name now. */
static int
move(const char *from, const char *to, struct err *err)
{
	struct stat st;
	int rc = store_append_discard(from, err);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (lstat(to, &st) == 0)
		return store_append(to, from, err);
	if (errno != ENOENT)
		return err_system(err, "%s", to);
	if (store_append_undo(from, err) == -1)
		return -1;
	if (rename(from, to) == -1)
		return err_system(err, "renaming %s to %s", from, to);
	return 0;
}

/* An append that counts takes the place of its target, and no other. */
static bool
must_replace(const char *from, const char *to)
{
	struct stat st;

	return store_append_is(from) &&
	    (lstat(to, &st) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

int
slot_commit(const char *dir, const char *current, const char *name,
    bool *in_base, struct err *err)
{
	const char *base = strrchr(name, '/');
	char *from = path_join(dir, current, err);
	char *to = path_join(dir, name, err);
	int rc = -1;

	*in_base = false;
	if (from == NULL || to == NULL)
		goto done;
	if (base != NULL && make_dirs(to, strlen(to) - strlen(name)) == -1 &&
	    !must_replace(from, to)) {
		free(to);
		*in_base = true;
		if ((to = path_join(dir, base + 1, err)) == NULL)
			goto done;
	}
	rc = move(from, to, err);
done:
	free(to);
	free(from);
	return rc;
}
