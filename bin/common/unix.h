#ifndef COMMON_UNIX_H
#define COMMON_UNIX_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Stream sockets in the file system.  They are named by a directory that is
 * open and a name in it, so a path may be longer than the 107 bytes that an
 * address has room for, and nobody can exchange the directory meanwhile.
 */

/*
 * Open the directory that a path leads to and point *name to its last part.
 * ERR_SYSTEM, ERR_VALUE when there is no name.
 */
int unix_open_parent(const char *path, const char **name, struct err *err);

/* What may be where a new socket is to be. */
enum unix_stale {
	UNIX_STALE_UNUSED, /* a socket that nobody listens on is replaced */
	UNIX_STALE_OURS /* the directory is ours alone: so is any socket */
};

/*
 * Listen on a new socket.  Whatever else has the name stays, and is an error,
 * and so is a socket in use.  The descriptor, or -1 with ERR_SYSTEM,
 * ERR_VALUE.
 */
int unix_listen(int dir, const char *name, mode_t mode, enum unix_stale stale,
    struct err *err);

/* A socket that we listen on, and its name, which goes when we do. */
struct unix_socket {
	int dir;
	int fd; /* -1: none, or somebody else closes it */
	char *name; /* in dir */
	dev_t device; /* of what has the name */
	ino_t inode;
};

#define UNIX_SOCKET_NONE { .dir = -1, .fd = -1 }

/*
 * Listen on a new socket at the path, where one that nobody listens on is
 * replaced.  As unix_open_parent() and unix_listen(), ERR_NOMEM; *s is then
 * UNIX_SOCKET_NONE.
 */
int unix_socket_open(struct unix_socket *s, const char *path, mode_t mode,
    struct err *err);

/*
 * Remove the name, if we may and if it is not that of another socket by now,
 * and then close; or the name alone.  UNIX_SOCKET_NONE is allowed.
 */
void unix_socket_close(struct unix_socket *s);
void unix_socket_remove(struct unix_socket *s);

/*
 * Connect, without waiting longer than that for an answer then and later.
 * ERR_SYSTEM with errno ENOENT or ECONNREFUSED when nobody listens, ERR_VALUE
 * for a name that is too long.
 */
int unix_connect(int dir, const char *name, unsigned timeout_ms,
    struct err *err);

/* Calls that read or write wait that long at most. */
void unix_set_timeout(int fd, unsigned timeout_ms);

/*
 * Wait for events of poll() until that moment of CLOCK_MONOTONIC.  -1 with
 * ETIMEDOUT.
 */
int unix_wait(int fd, short events, int64_t end_ms);

/*
 * Send all of it in that time, however slowly the other side takes it.  -1
 * with errno.
 */
int unix_send(int fd, const void *data, size_t len, unsigned timeout_ms);

#endif
