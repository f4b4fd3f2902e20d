/*
 * Lock and recovery of the data directory.  The lock is advisory and goes
 * with the process, so a killed collector leaves nothing to clean up.  Its
 * file names the holder's pid: a live file with that number is certainly
 * dead once we have the lock, even if the number is in use again.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/datadir.h"
#include "common/log.h"
#include "store/reader.h"
#include "store/slot.h"
#include "store/writer.h"

#define SET_ASIDE_MAX 1000

/* What is left of a name set aside, with a number behind it. */
#define TAG_MAX (NAME_MAX - (int)sizeof(DATADIR_RECOVERED ".999"))

/* So that every name we make below it fits PATH_MAX. */
#define DIRECTORY_LEN_MAX (PATH_MAX - 2 * NAME_MAX)

static int
take_lock(int fd)
{
	unsigned tries = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1)
		if (!process_wait_dying(&tries))
			return -1;
	return 0;
}

int
datadir_lock(struct datadir *d, const char *path, struct err *err)
{
	char name[PATH_MAX];

	d->path = path;
	d->fd = -1;
	if (strlen(path) > DIRECTORY_LEN_MAX)
		return err_set(err, ERR_VALUE, "directory name of %zu bytes: "
		    "%d are allowed", strlen(path), DIRECTORY_LEN_MAX);
	snprintf(name, sizeof(name), "%s/%s", path, DATADIR_LOCK);
	d->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (d->fd == -1 || access(path, R_OK | W_OK | X_OK) == -1) {
		err_system(err, "cannot write to directory '%s'", path);
		datadir_unlock(d);
		return -1;
	}
	d->previous = process_id_read(d->fd);
	if (take_lock(d->fd) == -1) {
		err_set(err, ERR_VALUE, "Another collector with pid %ld is "
		    "already running, and configured for '%s'",
		    (long)d->previous, path);
		datadir_unlock(d);
		return -1;
	}
	return 0;
}

int
datadir_claim(struct datadir *d, struct err *err)
{
	if (process_id_write(d->fd) == -1)
		return err_system(err, "%s/%s", d->path, DATADIR_LOCK);
	return 0;
}

void
datadir_unlock(struct datadir *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

int
datadir_set_aside(const char *path, const char *current, const char *tag,
    struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	snprintf(from, sizeof(from), "%s/%s", path, current);
	if (store_append_undo(from, err) == -1)
		return -1;
	snprintf(to, sizeof(to), "%s/%s%.*s", path, DATADIR_RECOVERED, TAG_MAX,
	    tag);
	for (int n = 1; access(to, F_OK) == 0; n++) {
		if (n == SET_ASIDE_MAX)
			return err_set(err, ERR_SYSTEM, "%s: too many files "
			    "of that name", to);
		snprintf(to, sizeof(to), "%s/%s%.*s.%d", path,
		    DATADIR_RECOVERED, TAG_MAX, tag, n);
	}
	if (rename(from, to) == -1)
		return err_system(err, "%s", from);
	log_warning("%s set aside as %s", current, to);
	return 0;
}

/* Is the file that of a collector which still runs? */
static bool
is_in_use(const struct datadir *d, const char *suffix)
{
	char *end;
	long pid = strtol(suffix, &end, 10);

	if (*end != '\0' || pid <= 0 || pid > INT_MAX)
		return false;
	return pid != d->previous && pid != getpid() &&
	    process_is_alive((pid_t)pid);
}

static void
make_safe(int rc, const char *current, const struct err *err)
{
	if (rc == -1)
		log_error("%s is not on stable storage: %s", current,
		    err->text);
}

/* Rebuild the file and find the name of its slot. */
static int
rebuild(const char *path, const struct datadir_slots *s, char *name,
    int64_t *blocks, struct err *err)
{
	struct store_file *f = store_file_open(path, err);
	int64_t created_s;

	if (f == NULL)
		return -1;
	created_s = store_file_info(f)->created_s;
	store_file_close(f);
	if ((*blocks = store_recover(path, s->ident, err)) == -1)
		return -1;
	created_s = slot_start(created_s, s->interval_s);
	slot_name(created_s, s->interval_s, s->layout, name);
	if (s->has_zone)
		slot_add_zone(created_s, name);
	return 0;
}

/* Is there nothing to be had of this file?  Then it is removed. */
static bool
is_void(const struct datadir *d, const char *path, const char *suffix)
{
	struct stat st;

	if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return true;
	if (is_in_use(d, suffix)) {
		log_warning("%s belongs to a running process: left alone",
		    path);
		return true;
	}
	if (store_append_discard(path, NULL) != 0)
		return true;
	if (st.st_size >= STORE_HEADER_LEN)
		return false;
	if (unlink(path) == 0)
		log_warning("%s was empty: removed", path);
	return true;
}

/* Complete the file and move it to its slot. */
static int
restore(const struct datadir *d, const struct datadir_slots *s,
    const char *current, const char *path, struct err *err)
{
	char name[SLOT_NAME_MAX];
	bool in_base = false;
	int64_t blocks = 0;

	if (rebuild(path, s, name, &blocks, err) == -1)
		return -1;
	if (s->is_synced)
		make_safe(store_sync(path, err), current, err);
	if (slot_commit(d->path, current, name, &in_base, err) == -1)
		return -1;
	if (s->is_synced)
		make_safe(slot_sync(d->path, in_base ? "." : name, err), name,
		    err);
	log_warning("%s recovered: %lld blocks moved to %s", current,
	    (long long)blocks, name);
	return 0;
}

static void
recover_file(const struct datadir *d, const struct datadir_slots *s,
    const char *current)
{
	const char *suffix = current + strlen(DATADIR_CURRENT);
	char path[PATH_MAX];
	struct err err;

	snprintf(path, sizeof(path), "%s/%s", d->path, current);
	if (is_void(d, path, suffix) ||
	    restore(d, s, current, path, &err) == 0)
		return;
	log_error("cannot recover %s: %s", current, err.text);
	if (err.code == ERR_SYSTEM || err.code == ERR_NOMEM)
		log_error("%s is left for the next start", path);
	else if (datadir_set_aside(d->path, current, suffix, &err) == -1)
		log_error("%s", err.text);
}

static int
is_current(const struct dirent *de)
{
	return strncmp(de->d_name, DATADIR_CURRENT,
		   strlen(DATADIR_CURRENT)) == 0;
}

void
datadir_recover(const struct datadir *d, const struct datadir_slots *s)
{
	struct dirent **list;
	int n = scandir(d->path, &list, is_current, alphasort);

	if (n == -1) {
		log_error("%s: %s", d->path, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		recover_file(d, s, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}
