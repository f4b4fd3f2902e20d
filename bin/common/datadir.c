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

/* So that every name we make below it fits PATH_MAX for others. */
#define DIRECTORY_LEN_MAX (PATH_MAX - 2 * NAME_MAX)

static int
take_lock(int fd)
{
	unsigned tries = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1)
		if (errno != EWOULDBLOCK || !process_wait_dying(&tries))
			return -1;
	return 0;
}

static void
drop_lock(struct datadir *d)
{
	if (d->lock != -1)
		close(d->lock);
	d->lock = -1;
}

/* Lock the directory that is open. */
static int
lock(struct datadir *d, struct err *err)
{
	int dir = d->place.fd;

	drop_lock(d);
	d->lock = openat(dir, DATADIR_LOCK,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (d->lock == -1 ||
	    faccessat(dir, ".", R_OK | W_OK | X_OK, 0) == -1) {
		err_system(err, "cannot write to directory '%s'",
		    d->place.path);
		drop_lock(d);
		return -1;
	}
	d->previous = process_id_read(d->lock);
	if (take_lock(d->lock) == 0)
		return 0;
	if (errno != EWOULDBLOCK) {
		err_system(err, "locking directory '%s'", d->place.path);
		drop_lock(d);
		return -1;
	}
	drop_lock(d);
	return err_set(err, ERR_VALUE, "Another collector with pid %ld is "
	    "already running, and configured for '%s'", (long)d->previous,
	    d->place.path);
}

static int
lock_first(struct datadir *d, struct datadir *base, const char *path,
    struct err *err)
{
	int rc;

	*d = (struct datadir)DATADIR_NONE;
	d->base = base;
	if (strlen(path) > DIRECTORY_LEN_MAX)
		return err_set(err, ERR_VALUE, "directory name of %zu bytes: "
		    "%d are allowed", strlen(path), DIRECTORY_LEN_MAX);
	rc = base == NULL ? place_open(&d->place, path, err) :
	    place_open_below(&d->place, &base->place, path, err);
	if (rc == 0 && (rc = lock(d, err)) == -1)
		datadir_unlock(d);
	return rc;
}

int
datadir_lock(struct datadir *d, const char *path, struct err *err)
{
	return lock_first(d, NULL, path, err);
}

int
datadir_lock_below(struct datadir *d, struct datadir *base, const char *path,
    struct err *err)
{
	return datadir_renew(base, err) == -1 ? -1 :
	    lock_first(d, base, path, err);
}

int
datadir_claim(struct datadir *d, struct err *err)
{
	if (process_id_write(d->lock) == -1)
		return err_system(err, "%s/%s", d->place.path, DATADIR_LOCK);
	return 0;
}

int
datadir_renew(struct datadir *d, struct err *err)
{
	int rc;

	if (d->base != NULL && datadir_renew(d->base, err) == -1)
		return -1;
	if ((rc = place_renew(&d->place, err)) == -1)
		return -1;
	if (rc == 0 && d->lock != -1)
		return 0;
	if (lock(d, err) == -1)
		return -1;
	if (datadir_claim(d, err) == -1) {
		drop_lock(d);
		return -1;
	}
	log_warning("directory '%s' was removed: made again", d->place.path);
	return 0;
}

void
datadir_unlock(struct datadir *d)
{
	drop_lock(d);
	place_close(&d->place);
}

/* A name that no file has, for one that is set aside. */
static int
find_name(const struct datadir *d, const char *tag, char name[NAME_MAX + 1],
    struct err *err)
{
	struct stat st;

	snprintf(name, NAME_MAX + 1, "%s%.*s", DATADIR_RECOVERED, TAG_MAX,
	    tag);
	for (int n = 1; fstatat(d->place.fd, name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0; n++) {
		if (n == SET_ASIDE_MAX)
			return err_set(err, ERR_SYSTEM, "%s/%s: too many "
			    "files of that name", d->place.path, name);
		snprintf(name, NAME_MAX + 1, "%s%.*s.%d", DATADIR_RECOVERED,
		    TAG_MAX, tag, n);
	}
	return 0;
}

int
datadir_set_aside(const struct datadir *d, const char *current,
    const char *tag, struct err *err)
{
	int dir = d->place.fd;
	char to[NAME_MAX + 1];

	if (store_append_undo(dir, current, err) == -1)
		return err_context(err, "%s", d->place.path);
	if (find_name(d, tag, to, err) == -1)
		return -1;
	if (renameat(dir, current, dir, to) == -1)
		return err_system(err, "%s/%s", d->place.path, current);
	log_warning("%s set aside as %s/%s", current, d->place.path, to);
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
rebuild(int dir, const char *current, const struct datadir_slots *s,
    char *name, int64_t *blocks, struct err *err)
{
	struct store_file *f = store_file_open_at(dir, current, err);
	int64_t created_s;

	if (f == NULL)
		return -1;
	created_s = store_file_info(f)->created_s;
	store_file_close(f);
	if ((*blocks = store_recover(dir, current, s->ident, err)) == -1)
		return -1;
	created_s = slot_start(created_s, s->interval_s);
	slot_name(created_s, s->interval_s, s->layout, name);
	if (s->has_zone)
		slot_add_zone(created_s, name);
	return 0;
}

/* Is there nothing to be had of this file now?  Then it is removed, or left. */
static bool
is_void(const struct datadir *d, const char *current, const char *suffix)
{
	int dir = d->place.fd, rc;
	struct stat st;
	struct err err;

	if (fstatat(dir, current, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return true;
	if (is_in_use(d, suffix)) {
		log_warning("%s/%s belongs to a running process: left alone",
		    d->place.path, current);
		return true;
	}
	rc = store_append_discard(dir, current, &err);
	if (rc == -1)
		log_error("%s: %s: %s is left for the next start",
		    d->place.path, err.text, current);
	if (rc != 0)
		return true;
	if (st.st_size >= STORE_HEADER_LEN)
		return false;
	if (unlinkat(dir, current, 0) == 0)
		log_warning("%s/%s was empty: removed", d->place.path,
		    current);
	return true;
}

/* Complete the file and move it to its slot. */
static int
restore(const struct datadir *d, const struct datadir_slots *s,
    const char *current, struct err *err)
{
	int dir = d->place.fd;
	char name[SLOT_NAME_MAX];
	bool in_base = false;
	int64_t blocks = 0;

	if (rebuild(dir, current, s, name, &blocks, err) == -1)
		return -1;
	if (s->is_synced)
		make_safe(store_sync(dir, current, err), current, err);
	if (slot_commit(dir, current, name, &in_base, err) == -1)
		return -1;
	if (s->is_synced)
		make_safe(slot_sync(dir, in_base ? "." : name, err), name,
		    err);
	log_warning("%s recovered: %lld blocks moved to %s", current,
	    (long long)blocks, name);
	return 0;
}

static void
recover_file(const struct datadir *d, const struct datadir_slots *s,
    const char *current)
{
	const char *suffix = current + strlen(SLOT_CURRENT);
	struct err err;

	if (is_void(d, current, suffix) || restore(d, s, current, &err) == 0)
		return;
	log_error("%s: cannot recover %s: %s", d->place.path, current,
	    err.text);
	if (err.code == ERR_SYSTEM || err.code == ERR_NOMEM)
		log_error("%s/%s is left for the next start", d->place.path,
		    current);
	else if (datadir_set_aside(d, current, suffix, &err) == -1)
		log_error("%s", err.text);
}

static int
is_current(const struct dirent *de)
{
	return strncmp(de->d_name, SLOT_CURRENT, strlen(SLOT_CURRENT)) == 0;
}

void
datadir_recover(const struct datadir *d, const struct datadir_slots *s)
{
	struct dirent **list;
	int n = scandirat(d->place.fd, ".", &list, is_current, alphasort);

	if (n == -1) {
		log_error("%s: %s", d->place.path, strerror(errno));
		return;
	}
	for (int i = 0; i < n; i++) {
		recover_file(d, s, list[i]->d_name);
		free(list[i]);
	}
	free(list);
}
