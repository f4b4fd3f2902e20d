/*
 * The state of all receivers, one behind the other, in one file.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "flowcapd/state_file.h"
#include "store/slot.h"

struct state_file {
	const char *dir;
	bool is_synced;
	bool has_failed; /* and that was told */
	unsigned receivers;
	struct state_item *last[]; /* of each; NULL: none yet */
};

static int
read_all(int fd, uint8_t *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = read(fd, data, len)) == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* it has become shorter */
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
read_open(int fd, const char *path, size_t max, uint8_t **data, size_t *len,
    struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_system(err, "%s", path);
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > max)
		return err_set(err, ERR_MALFORMED, "%s: no file of at most "
		    "%zu bytes", path, max);
	*len = (size_t)st.st_size;
	if ((*data = malloc(*len + 1)) == NULL)
		return err_nomem(err);
	if (read_all(fd, *data, *len) == 0)
		return 1;
	free(*data);
	return err_system(err, "%s", path);
}

int
state_file_read(const char *dir, size_t max, uint8_t **data, size_t *len,
    struct err *err)
{
	char path[PATH_MAX];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", dir, STATE_FILE_NAME);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1)
		return errno == ENOENT ? 0 : err_system(err, "%s", path);
	rc = read_open(fd, path, max, data, len, err);
	close(fd);
	return rc;
}

struct state_file *
state_file_new(const char *dir, unsigned receivers, bool is_synced,
    struct err *err)
{
	struct state_file *f =
	    calloc(1, sizeof(*f) + receivers * sizeof(struct state_item *));

	if (f == NULL) {
		err_nomem(err);
		return NULL;
	}
	f->dir = dir;
	f->receivers = receivers;
	f->is_synced = is_synced;
	return f;
}

void
state_file_free(struct state_file *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < f->receivers; i++)
		free(f->last[i]);
	free(f);
}

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, data, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Write the states to the new file. */
static int
write_states(const struct state_file *f, const char *path, struct err *err)
{
	int rc = 0, fd;

	if (unlink(path) == -1 && errno != ENOENT)
		return err_system(err, "%s", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd == -1)
		return err_system(err, "%s", path);
	for (unsigned i = 0; i < f->receivers && rc == 0; i++)
		rc = write_all(fd, f->last[i]->bytes, f->last[i]->len);
	if (rc == 0 && f->is_synced)
		rc = fsync(fd);
	if (rc == -1)
		err_system(err, "%s", path);
	if (close(fd) == -1 && rc == 0)
		rc = err_system(err, "%s", path);
	return rc;
}

static int
replace(const struct state_file *f, struct err *err)
{
	char fresh[PATH_MAX], path[PATH_MAX];

	snprintf(fresh, sizeof(fresh), "%s/%s", f->dir, STATE_FILE_NEW);
	snprintf(path, sizeof(path), "%s/%s", f->dir, STATE_FILE_NAME);
	if (write_states(f, fresh, err) == -1) {
		unlink(fresh);
		return -1;
	}
	if (rename(fresh, path) == -1)
		return err_system(err, "%s", path);
	return f->is_synced ? slot_sync(f->dir, ".", err) : 0;
}

void
state_file_put(struct state_file *f, struct state_item *state)
{
	struct err err;

	free(f->last[state->item.receiver]);
	f->last[state->item.receiver] = state;
	for (unsigned i = 0; i < f->receivers; i++)
		if (f->last[i] == NULL)
			return;
	if (replace(f, &err) == 0) {
		f->has_failed = false;
		return;
	}
	if (!f->has_failed)
		log_error("templates are not kept: %s", err.text);
	f->has_failed = true;
}
