/*
 * Temporary file: unlinked as soon as it exists, so nothing is left behind.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/spill.h"

struct spill {
	pthread_mutex_t lock; /* of fd and end */
	int fd; /* -1: not made yet */
	uint64_t end;
	char path[4096]; /* of the file while it had a name */
};

struct spill *
spill_new(const char *dir, struct err *err)
{
	struct spill *s;

	if (access(dir, W_OK | X_OK) == -1) {
		err_system(err, "temporary directory %s", dir);
		return NULL;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	s->fd = -1;
	if (snprintf(s->path, sizeof(s->path), "%s/flowdump.XXXXXX", dir) >=
	    (int)sizeof(s->path)) {
		err_set(err, ERR_VALUE, "temporary directory %s: too long", dir);
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
spill_free(struct spill *s)
{
	if (s == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Make the file if need be, and set len bytes of it aside. */
static int
reserve(struct spill *s, size_t len, uint64_t *offset, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	if (s->fd == -1) {
		if ((s->fd = mkostemp(s->path, O_CLOEXEC)) == -1)
			rc = err_system(err, "temporary file %s", s->path);
		else
			unlink(s->path);
	}
	*offset = s->end;
	s->end += len;
	pthread_mutex_unlock(&s->lock);
	return rc;
}

int
spill_write(struct spill *s, const void *data, size_t len, uint64_t *offset,
    struct err *err)
{
	const uint8_t *p = data;
	uint64_t at;
	ssize_t n;

	if (reserve(s, len, offset, err) == -1)
		return -1;
	for (at = *offset; len > 0; at += (uint64_t)n) {
		n = pwrite(s->fd, p, len, (off_t)at);
		if (n == -1 && errno == EINTR)
			n = 0;
		if (n == -1)
			return err_system(err, "temporary file %s", s->path);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
spill_read(struct spill *s, void *data, size_t len, uint64_t offset,
    struct err *err)
{
	uint8_t *p = data;
	ssize_t n;

	while (len > 0) {
		n = pread(s->fd, p, len, (off_t)offset);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* it is ours: nobody made it shorter */
		if (n <= 0)
			return err_system(err, "temporary file %s", s->path);
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}
