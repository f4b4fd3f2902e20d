/*
 * Temporary file.  Where the system knows files without a name it never has
 * one; elsewhere it is unlinked as soon as it exists.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "query/spill.h"

#define SPILL_NAME "/flowdump.XXXXXX"

struct spill {
	pthread_mutex_t lock; /* of fd and end */
	int fd; /* -1: not made yet */
	uint64_t end;
	char dir[4096];
};

static int
fail(const struct spill *s, struct err *err)
{
	return err_system(err, "temporary file in %s", s->dir);
}

struct spill *
spill_new(const char *dir, struct err *err)
{
	struct spill *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_nomem(err);
		return NULL;
	}
	s->fd = -1;
	if (snprintf(s->dir, sizeof(s->dir), "%s", dir) >=
	    (int)sizeof(s->dir)) {
		err_set(err, ERR_VALUE,
		    "too long a name for a temporary directory: %s", dir);
		free(s);
		return NULL;
	}
	if (access(dir, W_OK | X_OK) == -1) {
		err_system(err, "temporary directory %s", dir);
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

static int
open_named(const struct spill *s)
{
	char path[sizeof(s->dir) + sizeof(SPILL_NAME)];
	int fd;

	snprintf(path, sizeof(path), "%s" SPILL_NAME, s->dir);
	if ((fd = mkostemp(path, O_CLOEXEC)) != -1)
		unlink(path);
	return fd;
}

/* A file, or -1 with errno. */
static int
open_file(const struct spill *s)
{
#ifdef O_TMPFILE
	int fd = open(s->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd != -1)
		return fd;
	/* not every file system has them */
#endif
	return open_named(s);
}

/* Make the file if need be, and set len bytes of it aside. */
static int
reserve(struct spill *s, size_t len, uint64_t *offset, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	if (s->fd == -1 && (s->fd = open_file(s)) == -1)
		rc = fail(s, err);
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
			return fail(s, err);
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
			return fail(s, err);
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}
