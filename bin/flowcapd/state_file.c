/*
 * The state of all receivers, one behind the other, in one file.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/place.h"
#include "flowcapd/state_file.h"
#include "store/slot.h"

struct state_file {
	struct place dir;
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
read_open(int fd, size_t max, uint8_t **data, size_t *len, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return err_system(err, STATE_FILE_NAME);
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > max)
		return err_set(err, ERR_MALFORMED, STATE_FILE_NAME
		    ": no file of at most %zu bytes", max);
	*len = (size_t)st.st_size;
	if ((*data = malloc(*len + 1)) == NULL)
		return err_nomem(err);
	if (read_all(fd, *data, *len) == 0)
		return 1;
	free(*data);
	return err_system(err, STATE_FILE_NAME);
}

int
state_file_read(const struct state_file *f, size_t max, uint8_t **data,
    size_t *len, struct err *err)
{
	int fd = openat(f->dir.fd, STATE_FILE_NAME,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int rc;

	if (fd == -1 && errno == ENOENT)
		return 0;
	rc = fd == -1 ? err_system(err, STATE_FILE_NAME) :
	    read_open(fd, max, data, len, err);
	if (fd != -1)
		close(fd);
	return rc == -1 ? err_context(err, "%s", f->dir.path) : rc;
}

struct state_file *
state_file_open(const char *dir, unsigned receivers, bool is_synced,
    struct err *err)
{
	struct state_file *f =
	    calloc(1, sizeof(*f) + receivers * sizeof(struct state_item *));

	if (f == NULL) {
		err_nomem(err);
		return NULL;
	}
	if (place_open(&f->dir, dir, err) == -1) {
		free(f);
		return NULL;
	}
	f->receivers = receivers;
	f->is_synced = is_synced;
	return f;
}

void
state_file_close(struct state_file *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < f->receivers; i++)
		free(f->last[i]);
	place_close(&f->dir);
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
write_states(const struct state_file *f, struct err *err)
{
	int dir = f->dir.fd, rc = 0, fd;

	if (unlinkat(dir, STATE_FILE_NEW, 0) == -1 && errno != ENOENT)
		return err_system(err, STATE_FILE_NEW);
	fd = openat(dir, STATE_FILE_NEW,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return err_system(err, STATE_FILE_NEW);
	for (unsigned i = 0; i < f->receivers && rc == 0; i++)
		rc = write_all(fd, f->last[i]->bytes, f->last[i]->len);
	if (rc == 0 && f->is_synced)
		rc = fsync(fd);
	if (rc == -1)
		err_system(err, STATE_FILE_NEW);
	if (close(fd) == -1 && rc == 0)
		rc = err_system(err, STATE_FILE_NEW);
	return rc;
}

static int
replace(struct state_file *f, struct err *err)
{
	int dir;

	if (place_renew(&f->dir, err) == -1)
		return -1;
	dir = f->dir.fd;
	if (write_states(f, err) == -1) {
		unlinkat(dir, STATE_FILE_NEW, 0);
		return -1;
	}
	if (renameat(dir, STATE_FILE_NEW, dir, STATE_FILE_NAME) == -1)
		return err_system(err, STATE_FILE_NAME);
	return f->is_synced ? slot_sync(dir, ".", err) : 0;
}

/* Write the file once there is a state of each.  False: it is as it was. */
static bool
keep(struct state_file *f)
{
	struct err err;

	for (unsigned i = 0; i < f->receivers; i++)
		if (f->last[i] == NULL)
			return false;
	if (replace(f, &err) == 0) {
		f->has_failed = false;
		return true;
	}
	if (!f->has_failed)
		log_error("%s: templates are not kept: %s", f->dir.path,
		    err.text);
	f->has_failed = true;
	return false;
}

void
state_file_put(struct state_file *f, struct state_item *state)
{
	free(f->last[state->item.receiver]);
	f->last[state->item.receiver] = state;
	keep(f);
}

void
state_file_follow(struct state_file *f, const char *dir)
{
	struct place old = f->dir, next;
	struct err err;

	if (strcmp(old.path, dir) == 0)
		return;
	if (place_open(&next, dir, &err) == -1) {
		log_error("templates are kept in %s: %s", old.path, err.text);
		return;
	}
	f->dir = next;
	if (keep(f))
		unlinkat(old.fd, STATE_FILE_NAME, 0);
	place_close(&old);
}
