/*
 * Stream sockets in the file system.  An address leads through /proc to the
 * open directory, which makes it short.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/unix.h"

#define BACKLOG 16
#define PROBE_MS 1000

int
unix_open_parent(const char *path, const char **name, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char parent[4096];
	int len, fd;

	*name = slash == NULL ? path : slash + 1;
	if (**name == '\0')
		return err_set(err, ERR_VALUE, "'%s' is no name of a socket",
		    path);
	len = slash == NULL ? snprintf(parent, sizeof(parent), ".") :
	    snprintf(parent, sizeof(parent), "%.*s/", (int)(slash - path),
		path);
	if (len < 0 || (size_t)len >= sizeof(parent))
		return err_set(err, ERR_VALUE, "the path of the socket is "
		    "too long");
	if ((fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return err_system(err, "%s", parent);
	return fd;
}

static int
make_address(int dir, const char *name, struct sockaddr_un *sun,
    struct err *err)
{
	int len;

	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	len = snprintf(sun->sun_path, sizeof(sun->sun_path),
	    "/proc/self/fd/%d/%s", dir, name);
	if (len < 0 || (size_t)len >= sizeof(sun->sun_path)) {
		errno = ENAMETOOLONG;
		return err_set(err, ERR_VALUE, "%s: too long for the name of "
		    "a socket", name);
	}
	return 0;
}

static bool
is_socket(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISSOCK(st.st_mode);
}

static bool
is_unused(int dir, const char *name)
{
	int fd = unix_connect(dir, name, PROBE_MS, NULL);

	if (fd == -1)
		return errno == ECONNREFUSED;
	close(fd);
	return false;
}

int
unix_listen(int dir, const char *name, mode_t mode, enum unix_stale stale,
    struct err *err)
{
	struct sockaddr_un sun;
	int fd;

	if (make_address(dir, name, &sun, err) == -1)
		return -1;
	if (is_socket(dir, name) &&
	    (stale == UNIX_STALE_OURS || is_unused(dir, name)))
		unlinkat(dir, name, 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* What is bound takes its mode from the socket. */
	if (fd == -1 || fchmod(fd, mode) == -1 ||
	    bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, BACKLOG) == -1) {
		if (errno == EADDRINUSE)
			err_set(err, ERR_SYSTEM, "%s is in use, or no socket",
			    name);
		else
			err_system(err, "cannot listen on %s", name);
		if (fd != -1)
			close(fd);
		return -1;
	}
	return fd;
}

/* Where it is and what it is called. */
static int
open_name(struct unix_socket *s, const char *path, struct err *err)
{
	const char *name;

	if ((s->dir = unix_open_parent(path, &name, err)) == -1)
		return -1;
	s->name = strdup(name);
	return s->name == NULL ? err_nomem(err) : 0;
}

int
unix_socket_open(struct unix_socket *s, const char *path, mode_t mode,
    struct err *err)
{
	struct stat st;

	*s = (struct unix_socket)UNIX_SOCKET_NONE;
	if (open_name(s, path, err) == 0 &&
	    (s->fd = unix_listen(s->dir, s->name, mode, UNIX_STALE_UNUSED,
		err)) == -1)
		err_context(err, "%s", path);
	if (s->fd == -1) {
		unix_socket_close(s);
		return -1;
	}
	if (fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		s->device = st.st_dev;
		s->inode = st.st_ino;
	}
	return 0;
}

void
unix_socket_remove(struct unix_socket *s)
{
	struct stat st;

	if (s->inode != 0 &&
	    fstatat(s->dir, s->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_dev == s->device && st.st_ino == s->inode)
		unlinkat(s->dir, s->name, 0);
	s->inode = 0;
}

void
unix_socket_close(struct unix_socket *s)
{
	unix_socket_remove(s);
	if (s->fd != -1)
		close(s->fd);
	if (s->dir != -1)
		close(s->dir);
	free(s->name);
	*s = (struct unix_socket)UNIX_SOCKET_NONE;
}

void
unix_set_timeout(int fd, unsigned timeout_ms)
{
	struct timeval tv = { timeout_ms / 1000,
		timeout_ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

int
unix_connect(int dir, const char *name, unsigned timeout_ms, struct err *err)
{
	struct sockaddr_un sun;
	int fd, saved;

	if (make_address(dir, name, &sun, err) == -1)
		return -1;
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return err_system(err, "socket");
	unix_set_timeout(fd, timeout_ms);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	saved = errno;
	err_system(err, "%s", name);
	close(fd);
	errno = saved;
	return -1;
}

int
unix_wait(int fd, short events, int64_t end_ms)
{
	struct pollfd p = { fd, events, 0 };
	int64_t left;
	int n;

	do {
		left = end_ms - clock_ms(CLOCK_MONOTONIC);
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n == -1 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0 ? 0 : -1;
}

int
unix_send(int fd, const void *data, size_t len, unsigned timeout_ms)
{
	int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + timeout_ms;
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n) {
		if (unix_wait(fd, POLLOUT, end_ms) == -1)
			return -1;
		n = send(fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			n = 0;
		else if (n == -1)
			return -1;
	}
	return 0;
}
