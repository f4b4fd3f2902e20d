#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * What makes a program a daemon: going to the background, the pid file,
 * giving up root.
 */

/*
 * Go to the background: two forks with a new session between them.  Returns
 * in the daemon only, with the descriptor for daemon_ready() in *ready.  The
 * first process waits until then and exits 0; when the daemon ends before,
 * it exits 1.  Messages of the start still reach its standard error.
 */
int daemon_fork(int *ready, struct err *err);

/* The service is up: standard descriptors to the null device, tell parent. */
int daemon_ready(int ready, struct err *err);

/* Is there a process with that id?  One that waits to be reaped is not. */
bool process_is_alive(pid_t pid);

/* The process id that a file holds; 0 when it holds something else. */
pid_t process_id_read(int fd);

/* Make our own id all that the file holds.  0, or -1 with errno. */
int process_id_write(int fd);

/*
 * A process that was just killed may hold its sockets and locks a moment
 * longer than it seems to live, until its last thread is gone.  Who finds
 * something in use sleeps here and tries again, while this is true (about a
 * second).  Start with *tries at 0.
 */
bool process_wait_dying(unsigned *tries);

struct pidfile {
	char *path; /* absolute; NULL: none */
	int fd;
};

#define PIDFILE_NONE { NULL, -1 }

/*
 * Open or create the file and lock it, before privileges are dropped and
 * before the daemon has its final pid; *p is PIDFILE_NONE.  The lock goes to
 * the daemon with the file and ends with it, so of several that start at once
 * one passes.  Fails when the file is locked, or names a living process other
 * than ours, as of programs that lock none; one that was just killed is waited
 * for.  Anything else in it is stale.  ERR_SYSTEM, ERR_VALUE.
 */
int pidfile_open(struct pidfile *p, const char *path, struct err *err);

/* Write our pid. */
int pidfile_write(struct pidfile *p, struct err *err);

/* Remove the file, or empty it if we may not; only in the process it names. */
void pidfile_close(struct pidfile *p);

/*
 * Change to a group and a user, names or numbers, NULL for none.  Without a
 * group the user's own becomes ours; supplementary groups follow the user.
 * Root is refused.
 */
int privileges_drop(const char *user, const char *group, struct err *err);

/* The same, and make a directory our root before, NULL for none. */
int privileges_confine(const char *root, const char *user, const char *group,
    struct err *err);

#endif
