/*
 * Background, pid file, privileges.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/daemon.h"

#define DYING_TRIES 50
#define DYING_STEP_MS 20

/* First process: 0 when the daemon says it is ready, else 1. */
static _Noreturn void
wait_until_ready(int fd, pid_t child)
{
	char c;
	ssize_t n;

	do
		n = read(fd, &c, 1);
	while (n == -1 && errno == EINTR);
	waitpid(child, NULL, 0);
	_exit(n == 1 ? 0 : 1);
}

int
daemon_fork(int *ready, struct err *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_system(err, "pipe");
	if ((pid = fork()) == -1)
		return err_system(err, "fork");
	if (pid > 0) {
		close(fds[1]);
		wait_until_ready(fds[0], pid);
	}
	close(fds[0]);
	if (setsid() == -1)
		return err_system(err, "setsid");
	if ((pid = fork()) == -1)
		return err_system(err, "fork");
	if (pid > 0)
		_exit(0);
	*ready = fds[1];
	return 0;
}

int
daemon_ready(int ready, struct err *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1)
		return err_system(err, "/dev/null");
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	if (write(ready, "", 1) != 1)
		return err_system(err, "pipe to the parent");
	close(ready);
	return 0;
}

/* The state letter of /proc/PID/stat, or 0. */
static char
process_state(pid_t pid)
{
	char path[64], text[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* The name before the state may itself hold parentheses. */
	p = strrchr(text, ')');
	return p != NULL && p[1] == ' ' ? p[2] : 0;
}

bool
process_is_alive(pid_t pid)
{
	char state;

	if (kill(pid, 0) == -1 && errno != EPERM)
		return false;
	state = process_state(pid);
	return state != 'Z' && state != 'X';
}

pid_t
process_id_read(int fd)
{
	char text[32], *end;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	errno = 0;
	pid = strtol(text, &end, 10);
	if (end == text || (*end != '\n' && *end != '\0') || errno != 0 ||
	    pid <= 0 || pid > INT_MAX)
		return 0;
	return (pid_t)pid;
}

int
process_id_write(int fd)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	ssize_t n = pwrite(fd, text, (size_t)len, 0);

	if (n >= 0 && n < len)
		errno = ENOSPC;
	/* In this order there is a number at any moment. */
	return n < len ? -1 : ftruncate(fd, len);
}

bool
process_wait_dying(unsigned *tries)
{
	struct timespec step = { 0, DYING_STEP_MS * 1000000L };

	if (++*tries > DYING_TRIES)
		return false;
	nanosleep(&step, NULL);
	return true;
}

static void
pidfile_leave(struct pidfile *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
}

static int
err_held(pid_t pid, const char *path, struct err *err)
{
	char name[48] = "Another process";

	if (pid != 0)
		snprintf(name, sizeof(name), "Another process with pid %ld",
		    (long)pid);
	return err_set(err, ERR_VALUE, "%s is holding the pidfile: %s", name,
	    path);
}

/* Does the path still lead to the file that is open? */
static bool
is_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static int
wait_for_lock(int fd)
{
	unsigned tries = 0;

	while (flock(fd, LOCK_EX | LOCK_NB) == -1)
		if (errno != EWOULDBLOCK || !process_wait_dying(&tries))
			return -1;
	return 0;
}

/*
 * Open the file and lock it.  Who held it before may have removed it in
 * between, and somebody made another one.
 */
static int
open_locked(struct pidfile *p, const char *path, struct err *err)
{
	int rc;

	do {
		pidfile_leave(p);
		p->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0644);
		if (p->fd == -1)
			return err_system(err, "pid file '%s'", path);
		rc = wait_for_lock(p->fd);
	} while (rc == 0 && !is_there(p->fd, path));
	if (rc == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return err_system(err, "lock of pid file '%s'", path);
	return err_held(process_id_read(p->fd), path, err);
}

static bool
stays_alive(pid_t pid)
{
	unsigned tries = 0;

	while (process_is_alive(pid))
		if (!process_wait_dying(&tries))
			return true;
	return false;
}

/* The directory may change later: keep an absolute path. */
static char *
absolute(const char *path)
{
	char cwd[PATH_MAX], *result;

	if (*path == '/')
		return strdup(path);
	if (getcwd(cwd, sizeof(cwd)) == NULL ||
	    asprintf(&result, "%s/%s", cwd, path) == -1)
		return NULL;
	return result;
}

int
pidfile_open(struct pidfile *p, const char *path, struct err *err)
{
	pid_t pid;
	int rc;

	if ((rc = open_locked(p, path, err)) == 0) {
		pid = process_id_read(p->fd);
		if (pid != 0 && pid != getpid() && stays_alive(pid))
			rc = err_held(pid, path, err);
		else if ((p->path = absolute(path)) == NULL)
			rc = err_system(err, "pid file '%s'", path);
	}
	if (rc == -1)
		pidfile_leave(p);
	return rc;
}

int
pidfile_write(struct pidfile *p, struct err *err)
{
	if (p->path == NULL)
		return 0;
	if (process_id_write(p->fd) == -1)
		return err_system(err, "pid file '%s'", p->path);
	return 0;
}

void
pidfile_close(struct pidfile *p)
{
	pid_t pid;

	if (p->path == NULL)
		return;
	pid = process_id_read(p->fd);
	/* In another root directory the path leads elsewhere. */
	if ((pid == 0 || pid == getpid()) &&
	    (!is_there(p->fd, p->path) || unlink(p->path) == -1) &&
	    ftruncate(p->fd, 0) == -1)
		errno = 0; /* a stale pid is left, which the next start takes */
	pidfile_leave(p);
	free(p->path);
	p->path = NULL;
}

/* A decimal id in text, or -1. */
static long
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text >= '0' && *text <= '9' && *end == '\0' && n <= INT_MAX ?
	    n : -1;
}

static int
find_group(const char *group, gid_t *gid, struct err *err)
{
	const struct group *gr = getgrnam(group);

	if (gr == NULL && number(group) == -1)
		return err_set(err, ERR_VALUE, "Invalid group '%s'", group);
	*gid = gr != NULL ? gr->gr_gid : (gid_t)number(group);
	if (*gid == 0)
		return err_set(err, ERR_VALUE,
		    "Invalid group '%s': group 0 is refused", group);
	return 0;
}

static int
find_user(const char *user, uid_t *uid, gid_t *gid, char *name, size_t len,
    struct err *err)
{
	const struct passwd *pw = getpwnam(user);

	if (pw == NULL && number(user) != -1)
		pw = getpwuid((uid_t)number(user));
	if (pw == NULL && number(user) == -1)
		return err_set(err, ERR_VALUE, "Invalid user '%s'", user);
	*uid = pw != NULL ? pw->pw_uid : (uid_t)number(user);
	if (*uid == 0)
		return err_set(err, ERR_VALUE,
		    "Invalid user '%s': root is refused", user);
	if (pw != NULL && *gid == 0)
		*gid = pw->pw_gid;
	snprintf(name, len, "%s", pw != NULL ? pw->pw_name : "");
	return 0;
}

static int
enter_root(const char *root, struct err *err)
{
	if (root != NULL && (chroot(root) == -1 || chdir("/") == -1))
		return err_system(err, "root directory '%s'", root);
	return 0;
}

/* Who could become root again has not given it up. */
static int
check_dropped(uid_t uid, struct err *err)
{
	if (uid != 0 && (setuid(0) == 0 || geteuid() == 0))
		return err_set(err, ERR_INTERNAL, "root could be had again");
	return 0;
}

int
privileges_confine(const char *root, const char *user, const char *group,
    struct err *err)
{
	char name[256] = "";
	uid_t uid = 0;
	gid_t gid = 0;

	if (user == NULL && group == NULL)
		return enter_root(root, err);
	if (group != NULL && find_group(group, &gid, err) == -1)
		return -1;
	if (user != NULL &&
	    find_user(user, &uid, &gid, name, sizeof(name), err) == -1)
		return -1;
	if (geteuid() != 0)
		return err_set(err, ERR_VALUE,
		    "Process not started as root - can not change uid/gid");
	if (gid == 0)
		return err_set(err, ERR_VALUE, "the group of user '%s' is "
		    "not known, or that of root", user);
	if (*name != '\0' ? initgroups(name, gid) == -1 :
			    setgroups(1, &gid) == -1)
		return err_system(err, "supplementary groups");
	if (enter_root(root, err) == -1)
		return -1;
	if (setresgid(gid, gid, gid) == -1)
		return err_system(err, "group %ld", (long)gid);
	if (uid != 0 && setresuid(uid, uid, uid) == -1)
		return err_system(err, "user %ld", (long)uid);
	return check_dropped(uid, err);
}

int
privileges_drop(const char *user, const char *group, struct err *err)
{
	return privileges_confine(NULL, user, group, err);
}
