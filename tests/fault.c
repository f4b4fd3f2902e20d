/*
 * Failing system calls on demand, by the linker's --wrap.
 */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int __real_open(const char *path, int flags, ...);
int __real_openat(int dir, const char *path, int flags, ...);
ssize_t __real_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t offset);
int __real_ftruncate(int fd, off_t len);
int __real_mkdir(const char *path, mode_t mode);
int __real_mkdirat(int dir, const char *path, mode_t mode);
int __real_rename(const char *from, const char *to);
int __real_renameat(int from_dir, const char *from, int to_dir,
    const char *to);
int __real_unlink(const char *path);
int __real_unlinkat(int dir, const char *path, int flags);

int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset);
int __wrap_ftruncate(int fd, off_t len);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_mkdirat(int dir, const char *path, mode_t mode);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir,
    const char *to);
int __wrap_unlink(const char *path);
int __wrap_unlinkat(int dir, const char *path, int flags);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned calls, first, number;
static int what;
static bool has_hit;
static char trace[4096];

void
fault_at(unsigned n, unsigned count, int error)
{
	pthread_mutex_lock(&lock);
	calls = 0;
	first = n;
	number = count;
	what = error;
	has_hit = false;
	trace[0] = '\0';
	pthread_mutex_unlock(&lock);
}

bool
fault_hit(void)
{
	return has_hit;
}

bool
fault_over(void)
{
	bool is_over;

	pthread_mutex_lock(&lock);
	is_over = first > 0 && calls >= first && calls - first >= number - 1;
	pthread_mutex_unlock(&lock);
	return is_over;
}

const char *
fault_trace(void)
{
	return trace;
}

/* Is this call to fail?  Then errno is set. */
static bool
fails(void)
{
	bool is_hit;

	pthread_mutex_lock(&lock);
	calls++;
	is_hit = first > 0 && calls >= first && calls - first < number;
	has_hit |= is_hit;
	pthread_mutex_unlock(&lock);
	if (is_hit)
		errno = what;
	return is_hit;
}

static void
die(void)
{
	if (what != 0)
		return;
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void
note_call(const char *call, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len;

	pthread_mutex_lock(&lock);
	len = strlen(trace);
	snprintf(trace + len, sizeof(trace) - len, "%s %s\n", call,
	    slash == NULL ? path : slash + 1);
	pthread_mutex_unlock(&lock);
}

int
__wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (!fails())
		return __real_open(path, flags, mode);
	die();
	return -1;
}

int
__wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if (!fails())
		return __real_openat(dir, path, flags, mode);
	die();
	return -1;
}

ssize_t
__wrap_pread(int fd, void *buf, size_t len, off_t offset)
{
	if (!fails())
		return __real_pread(fd, buf, len, offset);
	die();
	return -1;
}

ssize_t
__wrap_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	if (!fails())
		return __real_pwrite(fd, buf, len, offset);
	if (__real_pwrite(fd, buf, len / 2, offset) == -1)
		perror("pwrite");
	die();
	errno = what;
	return -1;
}

int
__wrap_ftruncate(int fd, off_t len)
{
	if (!fails())
		return __real_ftruncate(fd, len);
	die();
	return -1;
}

static int
sync_fd(const char *call, int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if ((len = readlink(link, path, sizeof(path) - 1)) == -1)
		len = 0;
	path[len] = '\0';
	note_call(call, path);
	if (!fails())
		return 0;
	die();
	return -1;
}

int
__wrap_fsync(int fd)
{
	return sync_fd("fsync", fd);
}

int
__wrap_fdatasync(int fd)
{
	return sync_fd("fdatasync", fd);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	if (!fails())
		return __real_mkdir(path, mode);
	die();
	return -1;
}

int
__wrap_mkdirat(int dir, const char *path, mode_t mode)
{
	if (!fails())
		return __real_mkdirat(dir, path, mode);
	die();
	return -1;
}

int
__wrap_rename(const char *from, const char *to)
{
	note_call("rename", to);
	if (!fails())
		return __real_rename(from, to);
	die();
	return -1;
}

int
__wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	note_call("rename", to);
	if (!fails())
		return __real_renameat(from_dir, from, to_dir, to);
	die();
	return -1;
}

int
__wrap_unlink(const char *path)
{
	if (!fails())
		return __real_unlink(path);
	die();
	return -1;
}

int
__wrap_unlinkat(int dir, const char *path, int flags)
{
	if (!fails())
		return __real_unlinkat(dir, path, flags);
	die();
	return -1;
}
