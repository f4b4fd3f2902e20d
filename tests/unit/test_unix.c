/*
 * Sockets with a name in the file system: whose name is removed, and what an
 * error tells.
 */
#include "common/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char dir[] = "/tmp/test_unix.XXXXXX";
static char path[64];

static bool
is_there(void)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void
test_name(void)
{
	struct unix_socket s, other;
	struct err err;
	struct stat st;

	is_int(unix_socket_open(&s, path, 0600, &err), 0, "a socket");
	ok(lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	    (st.st_mode & 0777) == 0600, "has its name and its mode");
	is_int(unix_socket_open(&other, path, 0600, &err), -1,
	    "another one of this name");
	ok(strstr(err.text, "is in use") != NULL && strstr(err.text, path) ==
	    err.text, "it is in use");
	ok(other.fd == -1 && other.dir == -1 && other.name == NULL,
	    "the other one is none");
	unix_socket_close(&other);
	ok(is_there(), "and takes no name away");
	unix_socket_close(&s);
	ok(!is_there(), "the name goes");
	unix_socket_close(&s);
	ok(s.fd == -1, "once");
}

/* Somebody removed it, and another process listens there. */
static void
test_replaced(void)
{
	struct unix_socket s, other;
	struct err err;

	if (unix_socket_open(&s, path, 0600, &err) == -1 ||
	    unlink(path) == -1 ||
	    unix_socket_open(&other, path, 0600, &err) == -1)
		bail("%s", err.text);
	unix_socket_close(&s);
	ok(is_there(), "the name of another socket stays");
	unix_socket_remove(&other);
	ok(!is_there() && other.fd != -1, "a name alone goes");
	unix_socket_close(&other);
}

static void
test_stale(void)
{
	struct unix_socket s;
	struct err err;
	int fd, copy;

	if (unix_socket_open(&s, path, 0600, &err) == -1 ||
	    (copy = dup(s.fd)) == -1)
		bail("%s", err.text);
	s.inode = 0; /* as after a crash */
	unix_socket_close(&s);
	close(copy);
	ok(is_there(), "a crash leaves the name");
	is_int(unix_socket_open(&s, path, 0600, &err), 0, "it is taken");
	unix_socket_close(&s);
	if ((fd = open(path, O_CREAT | O_WRONLY, 0600)) == -1)
		bail("open");
	close(fd);
	is_int(unix_socket_open(&s, path, 0600, &err), -1, "a file is not");
	ok(is_there(), "and stays");
	unlink(path);
}

static void
test_long(void)
{
	char name[200];
	struct err err;
	int parent = open(dir, O_PATH | O_DIRECTORY);

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	errno = ENOENT;
	is_int(unix_connect(parent, name, 100, &err), -1, "too long a name");
	is_int(errno, ENAMETOOLONG, "is not as if nobody listened");
	close(parent);
}

/* The other side takes a byte at a time, and never all of it. */
static void
test_slow(void)
{
	static char data[1 << 20], byte;
	int fd[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1)
		bail("socketpair");
	if ((child = fork()) == 0) {
		close(fd[0]);
		while (read(fd[1], &byte, 1) == 1)
			usleep(1000);
		_exit(0);
	}
	close(fd[1]);
	is_int(unix_send(fd[0], data, sizeof(data), 100), -1, "a slow reader");
	is_int(errno, ETIMEDOUT, "does not hold us");
	close(fd[0]);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	snprintf(path, sizeof(path), "%s/socket", dir);
	test_name();
	test_replaced();
	test_stale();
	test_long();
	test_slow();
	rmdir(dir);
	return done_testing();
}
