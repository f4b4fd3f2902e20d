/*
 * Files and pipes.  The first two bytes tell gzip from anything else, which
 * goes through as it comes.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "common/input.h"

#define BUFFER_LEN (256 * 1024)
#define LOOK_MS 250 /* while nothing comes */
#define MAGIC_LEN 2
#define MAGIC_0 0x1f
#define MAGIC_1 0x8b
#define GZIP_ONLY (15 + 16) /* windowBits of zlib */

enum input_kind {
	INPUT_UNKNOWN, /* as yet */
	INPUT_PLAIN,
	INPUT_GZIP,
	INPUT_BETWEEN /* of gzip, behind a member */
};

struct input {
	int fd;
	input_fn idle;
	void *ctx;
	enum input_kind kind;
	bool is_inflating; /* z is in use */
	const char *trouble;
	z_stream z; /* next_in and avail_in also of what is plain */
	uint8_t buffer[BUFFER_LEN];
};

struct input *
input_open(const char *path, input_fn idle, void *ctx, struct err *err)
{
	struct input *in = calloc(1, sizeof(*in));

	if (in == NULL) {
		err_nomem(err);
		return NULL;
	}
	in->idle = idle;
	in->ctx = ctx;
	in->z.next_in = in->buffer;
	in->fd = strcmp(path, "-") == 0 ?
	    fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1) :
	    open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd == -1) {
		err_system(err, "%s", path);
		free(in);
		return NULL;
	}
	return in;
}

void
input_close(struct input *in)
{
	if (in == NULL)
		return;
	if (in->is_inflating)
		inflateEnd(&in->z);
	close(in->fd);
	free(in);
}

/* What has arrived; waits until something has. */
static ssize_t
take(struct input *in, void *buf, size_t len)
{
	struct pollfd pfd = { in->fd, POLLIN, 0 };
	int ready, wait_ms = 0;

	while ((ready = poll(&pfd, 1, wait_ms)) <= 0) {
		if (ready == -1 && (errno != EINTR || in->idle == NULL))
			return -1;
		if (in->idle != NULL && !in->idle(in->ctx)) {
			errno = EINTR;
			return -1;
		}
		wait_ms = LOOK_MS;
	}
	return read(in->fd, buf, len);
}

/* Append to what is in the buffer; as take(). */
static ssize_t
fill(struct input *in)
{
	ssize_t n;

	if (in->z.avail_in == 0)
		in->z.next_in = in->buffer;
	n = take(in, in->z.next_in + in->z.avail_in,
	    (size_t)(in->buffer + BUFFER_LEN - in->z.next_in) -
		in->z.avail_in);
	if (n > 0)
		in->z.avail_in += (uInt)n;
	return n;
}

static ssize_t
fail(struct input *in, const char *trouble)
{
	in->trouble = trouble;
	errno = EBADMSG;
	return -1;
}

static int
find_kind(struct input *in)
{
	ssize_t n;

	while (in->z.avail_in < MAGIC_LEN)
		if ((n = fill(in)) <= 0) {
			in->kind = INPUT_PLAIN;
			return (int)n;
		}
	in->kind = INPUT_PLAIN;
	if (in->z.next_in[0] != MAGIC_0 || in->z.next_in[1] != MAGIC_1)
		return 0;
	if (inflateInit2(&in->z, GZIP_ONLY) != Z_OK) {
		errno = ENOMEM;
		return -1;
	}
	in->is_inflating = true;
	in->kind = INPUT_GZIP;
	return 0;
}

static ssize_t
read_plain(struct input *in, void *buf, size_t len)
{
	size_t n = in->z.avail_in < len ? in->z.avail_in : len;

	if (n == 0)
		return take(in, buf, len);
	memcpy(buf, in->z.next_in, n);
	in->z.next_in += n;
	in->z.avail_in -= (uInt)n;
	return (ssize_t)n;
}

/* Does another member follow?  Anything else there is of no concern. */
static int
begin_member(struct input *in)
{
	ssize_t n = in->z.avail_in;

	if (n == 0 && (n = fill(in)) <= 0)
		return (int)n;
	if (*in->z.next_in != MAGIC_0)
		return 0;
	inflateReset(&in->z);
	in->kind = INPUT_GZIP;
	return 1;
}

/* Bytes, or 0 for none as yet. */
static ssize_t
inflate_some(struct input *in, void *buf, size_t len)
{
	uInt room = len < BUFFER_LEN ? (uInt)len : BUFFER_LEN;
	int rc;

	in->z.next_out = buf;
	in->z.avail_out = room;
	rc = inflate(&in->z, Z_SYNC_FLUSH);
	if (rc == Z_STREAM_END)
		in->kind = INPUT_BETWEEN;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		fail(in, in->z.msg != NULL ? in->z.msg : zError(rc));
	if (in->z.avail_out == room && in->trouble != NULL)
		return -1;
	return room - in->z.avail_out;
}

static ssize_t
read_gzip(struct input *in, void *buf, size_t len)
{
	ssize_t n;
	int rc;

	do {
		if (in->kind == INPUT_BETWEEN && (rc = begin_member(in)) <= 0)
			return rc;
		if ((n = inflate_some(in, buf, len)) != 0)
			return n;
		if (in->kind == INPUT_GZIP && in->z.avail_in == 0)
			n = fill(in);
		else
			n = 1;
	} while (n > 0);
	return n == 0 ? fail(in, "unexpected end") : -1;
}

ssize_t
input_read(struct input *in, void *buf, size_t len)
{
	if (in->trouble != NULL)
		return fail(in, in->trouble);
	if (in->kind == INPUT_UNKNOWN && find_kind(in) == -1)
		return -1;
	return in->kind == INPUT_PLAIN ? read_plain(in, buf, len) :
					 read_gzip(in, buf, len);
}

const char *
input_trouble(const struct input *in)
{
	return in->trouble;
}
