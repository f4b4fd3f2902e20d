/*
 * Asking a running collector.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/unix.h"
#include "flowcapd/ask.h"

#define TIMEOUT_MS 5000
#define CHUNK 65536
#define ANSWER_MAX (UINT32_C(1) << 30)

static int
open_socket(const char *dir, struct err *err)
{
	int d = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (d == -1)
		return err_system(err, "%s", dir);
	fd = unix_connect(d, ASK_SOCKET, TIMEOUT_MS, err);
	if (fd == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		err_set(err, ERR_VALUE, "no collector runs on '%s'", dir);
	else if (fd == -1)
		err_context(err, "%s", dir);
	close(d);
	return fd;
}

static int
read_all(int fd, struct buffer *out, struct err *err)
{
	ssize_t n;
	char *p;

	do {
		if (out->len > ANSWER_MAX ||
		    (p = buffer_room(out, CHUNK)) == NULL)
			return err_nomem(err);
		n = recv(fd, p, CHUNK, 0);
		if (n > 0)
			out->len += (size_t)n;
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == -1 ? err_system(err, "no answer") : 0;
}

/* One object, whole? */
static int
check(const struct buffer *b, size_t start, struct err *err)
{
	const char *p = b->data + start;
	size_t len = b->len - start;

	if (len > 0 && *p == ASK_ERROR)
		return err_set(err, ERR_SYSTEM, "%.*s", (int)len - 1, p + 1);
	if (len < 2 || *p != '{' || memcmp(p + len - 2, "}\n", 2) != 0)
		return err_set(err, ERR_SYSTEM, "the answer is cut off");
	return 0;
}

int
ask_status(const char *dir, struct buffer *out, struct err *err)
{
	size_t start = out->len;
	int fd = open_socket(dir, err), rc;

	if (fd == -1)
		return -1;
	rc = read_all(fd, out, err);
	close(fd);
	if (rc == 0)
		rc = check(out, start, err);
	return rc == -1 ? err_context(err, "collector on '%s'", dir) : 0;
}
