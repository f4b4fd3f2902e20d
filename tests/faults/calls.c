/*
 * System calls by kind; see calls.h.
 */
#include "faults/calls.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Where a call names its file. */
enum where {
	NOWHERE,
	FD, /* the first argument */
	PATH,
	AT, /* a directory and a path */
	FD5 /* the fifth argument */
};

struct call {
	long number;
	const char *name;
	unsigned kind;
	enum where where;
};

#define CALL(name, kind, where) { SYS_##name, #name, TRACER_##kind, where }

static const struct call calls[] = {
#ifdef SYS_open
	CALL(open, OPEN, PATH),
	CALL(creat, OPEN, PATH),
	CALL(mkdir, NAME, PATH),
	CALL(rename, NAME, PATH),
	CALL(link, NAME, PATH),
	CALL(symlink, NAME, PATH),
	CALL(unlink, REMOVE, PATH),
	CALL(rmdir, REMOVE, PATH),
	CALL(stat, STAT, PATH),
	CALL(lstat, STAT, PATH),
	CALL(access, STAT, PATH),
	CALL(poll, TRAFFIC, NOWHERE),
	CALL(epoll_wait, TRAFFIC, NOWHERE),
	CALL(newfstatat, STAT, AT),
#endif
	CALL(openat, OPEN, AT),
	CALL(read, READ, FD),
	CALL(readv, READ, FD),
	CALL(pread64, READ, FD),
	CALL(preadv, READ, FD),
	CALL(getdents64, READ, FD),
	CALL(write, WRITE, FD),
	CALL(writev, WRITE, FD),
	CALL(pwrite64, WRITE, FD),
	CALL(pwritev, WRITE, FD),
	CALL(copy_file_range, WRITE, FD),
	CALL(fsync, SYNC, FD),
	CALL(fdatasync, SYNC, FD),
	CALL(sync_file_range, SYNC, FD),
	CALL(ftruncate, SIZE, FD),
	CALL(truncate, SIZE, PATH),
	CALL(fallocate, SIZE, FD),
	CALL(mkdirat, NAME, AT),
	CALL(renameat, NAME, AT),
	CALL(renameat2, NAME, AT),
	CALL(linkat, NAME, AT),
	CALL(unlinkat, REMOVE, AT),
	CALL(fstat, STAT, FD),
	CALL(statx, STAT, AT),
	CALL(faccessat, STAT, AT),
	CALL(flock, STAT, FD),
	CALL(fcntl, STAT, FD),
	CALL(utimensat, STAT, FD),
	CALL(fchmod, STAT, FD),
	CALL(fchown, STAT, FD),
	CALL(mmap, MAP, FD5),
	CALL(socket, SOCKET, NOWHERE),
	CALL(bind, SOCKET, NOWHERE),
	CALL(listen, SOCKET, NOWHERE),
	CALL(connect, SOCKET, NOWHERE),
	CALL(setsockopt, SOCKET, NOWHERE),
	CALL(getsockopt, SOCKET, NOWHERE),
	CALL(getsockname, SOCKET, NOWHERE),
	CALL(pipe2, SOCKET, NOWHERE),
	CALL(eventfd2, SOCKET, NOWHERE),
	CALL(epoll_create1, SOCKET, NOWHERE),
	CALL(epoll_ctl, SOCKET, NOWHERE),
	CALL(timerfd_create, SOCKET, NOWHERE),
	CALL(signalfd4, SOCKET, NOWHERE),
	CALL(sendto, TRAFFIC, NOWHERE),
	CALL(sendmsg, TRAFFIC, NOWHERE),
	CALL(sendmmsg, TRAFFIC, NOWHERE),
	CALL(recvfrom, TRAFFIC, NOWHERE),
	CALL(recvmsg, TRAFFIC, NOWHERE),
	CALL(recvmmsg, TRAFFIC, NOWHERE),
	CALL(accept4, TRAFFIC, NOWHERE),
	CALL(ppoll, TRAFFIC, NOWHERE),
	CALL(epoll_pwait, TRAFFIC, NOWHERE),
	CALL(clone, THREAD, NOWHERE),
	CALL(clone3, THREAD, NOWHERE),
};

#define CALLS_COUNT (sizeof(calls) / sizeof(calls[0]))

const struct call *
calls_find(uint64_t number)
{
	for (size_t i = 0; i < CALLS_COUNT; i++)
		if ((uint64_t)calls[i].number == number)
			return &calls[i];
	return NULL;
}

const char *
calls_name(const struct call *c)
{
	return c->name;
}

unsigned
calls_kind(const struct call *c)
{
	return c->kind;
}

/* The target of a link in /proc. */
static size_t
look_up(pid_t pid, const char *what, char path[PATH_MAX])
{
	char name[64];
	ssize_t len;

	snprintf(name, sizeof(name), "/proc/%d/%s", (int)pid, what);
	if ((len = readlink(name, path, PATH_MAX - 1)) == -1)
		len = 0;
	path[len] = '\0';
	return (size_t)len;
}

static size_t
path_of_fd(pid_t pid, int fd, char path[PATH_MAX])
{
	char what[32];

	snprintf(what, sizeof(what), "fd/%d", fd);
	return look_up(pid, fd == AT_FDCWD ? "cwd" : what, path);
}

/* A text in the memory of the process, whose next page may not be there. */
static void
read_text(pid_t pid, uint64_t where, char *text, size_t size)
{
	size_t left = 4096 - where % 4096;
	struct iovec to = { text, size - 1 };
	struct iovec from[2] = { { NULL, left }, { NULL, size - 1 } };
	uint64_t next = where + left;
	ssize_t len;

	if (left > size - 1)
		left = from[0].iov_len = size - 1;
	from[1].iov_len -= left;
	memcpy(&from[0].iov_base, &where, sizeof(where));
	memcpy(&from[1].iov_base, &next, sizeof(next));
	len = process_vm_readv(pid, &to, 1, from, 2, 0);
	text[len < 0 ? 0 : len] = '\0';
}

void
calls_path(const struct call *c, pid_t pid, const uint64_t *args,
    char path[PATH_MAX])
{
	char name[PATH_MAX / 2];
	size_t len = 0;
	int dir = AT_FDCWD;

	path[0] = '\0';
	if (c->where == NOWHERE)
		return;
	if (c->where == FD || c->where == FD5) {
		path_of_fd(pid, (int)args[c->where == FD ? 0 : 4], path);
		return;
	}
	if (c->where == AT)
		dir = (int)args[0];
	read_text(pid, args[c->where == AT], name, sizeof(name));
	if (name[0] != '/')
		len = path_of_fd(pid, dir, path);
	if (name[0] != '\0')
		snprintf(path + len, PATH_MAX - len, "%s%s",
		    name[0] == '/' ? "" : "/", name);
}

static void
add(struct sock_filter *program, unsigned short *len, unsigned code,
    unsigned value, unsigned is_true, unsigned is_false)
{
	program[(*len)++] = (struct sock_filter) { (uint16_t)code,
		(uint8_t)is_true, (uint8_t)is_false, value };
}

unsigned short
calls_program(unsigned kinds, struct sock_filter program[CALLS_MAX])
{
	unsigned short len = 0, left = 0;

	for (size_t i = 0; i < CALLS_COUNT; i++)
		left += (calls[i].kind & kinds) != 0;
	add(program, &len, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr), 0, 0);
	for (size_t i = 0; i < CALLS_COUNT; i++)
		if (calls[i].kind & kinds)
			add(program, &len, BPF_JMP | BPF_JEQ | BPF_K,
			    (unsigned)calls[i].number, left--, 0);
	add(program, &len, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	add(program, &len, BPF_RET | BPF_K, SECCOMP_RET_TRACE, 0, 0);
	return len;
}
