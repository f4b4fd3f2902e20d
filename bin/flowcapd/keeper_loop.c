/*
 * The keeper's process.  Each directory has a line of jobs.  A line that has
 * jobs is ready or running; those that are ready wait for one of a few
 * places.  Who works longer than a minute gives its place to another, so
 * commands that hang, one for a directory at most, hold up no other one.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "common/log.h"
#include "flowcapd/keeper_int.h"

#define PLACES 8
#define PLACE_MS 60000
#define LINE_MAX_JOBS 64
#define BUCKETS 256
#define RECHECK_MS 1000
#define JOB_FD 3

/* A job that waits.  The strings are in one piece of memory with it. */
struct task {
	struct task *next;
	struct keeper_job job;
	size_t len;
	uint8_t message[];
};

/* The jobs of one directory; the first one is in work when it is running. */
struct line {
	struct line *next; /* in the list that it is in */
	struct line *next_in_bucket;
	char *dir;
	struct task *first, *last;
	unsigned count;
	pid_t pid; /* 0: not running */
	int64_t since_ms; /* running */
	uint64_t left_out; /* jobs for which there was no room */
};

struct keeper_state {
	const struct command *command;
	int fd; /* -1: no more jobs come */
	int64_t end_ms; /* then: when to leave what is not done */
	struct line *buckets[BUCKETS];
	struct line *ready, **ready_end;
	struct line *running; /* the newest first */
};

static int64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct task *
task_new(const uint8_t *message, size_t len, struct err *err)
{
	struct task *t = malloc(sizeof(*t) + len);

	if (t == NULL) {
		err_nomem(err);
		return NULL;
	}
	t->next = NULL;
	t->len = len;
	memcpy(t->message, message, len);
	if (keeper_decode(&t->job, t->message, len, err) == -1) {
		free(t);
		return NULL;
	}
	return t;
}

/* The line of a directory, made when it is new.  NULL without memory. */
static struct line *
find_line(struct keeper_state *k, const char *dir, struct err *err)
{
	uint64_t hash = hash_bytes(dir, strlen(dir), 0);
	struct line **bucket = &k->buckets[hash % BUCKETS], *l;

	for (l = *bucket; l != NULL; l = l->next_in_bucket)
		if (strcmp(l->dir, dir) == 0)
			return l;
	if ((l = calloc(1, sizeof(*l))) == NULL ||
	    (l->dir = strdup(dir)) == NULL) {
		free(l);
		err_nomem(err);
		return NULL;
	}
	l->next_in_bucket = *bucket;
	*bucket = l;
	return l;
}

static void
make_ready(struct keeper_state *k, struct line *l)
{
	l->next = NULL;
	*k->ready_end = l;
	k->ready_end = &l->next;
}

/* Told once, and at the end of the trouble how much it was. */
static void
leave_out(struct line *l, struct task *t)
{
	if (l->left_out++ == 0)
		log_warning("'%s': %u files wait for the launch command: it "
		    "is not started for %s and those that follow", l->dir,
		    l->count, t->job.name);
	free(t);
}

static void
put_task(struct keeper_state *k, struct line *l, struct task *t)
{
	if (l->count == LINE_MAX_JOBS) {
		leave_out(l, t);
		return;
	}
	if (l->first == NULL)
		l->first = t;
	else
		l->last->next = t;
	l->last = t;
	if (l->count++ == 0)
		make_ready(k, l);
}

static void
drop_task(struct line *l)
{
	struct task *t = l->first;

	l->first = t->next;
	free(t);
	if (--l->count == 0 && l->left_out > 0) {
		log_warning("'%s': the launch command was not started for "
		    "%llu files", l->dir, (unsigned long long)l->left_out);
		l->left_out = 0;
	}
}

static void
take_message(struct keeper_state *k, const uint8_t *message, size_t len)
{
	struct line *l;
	struct task *t;
	struct err err;

	if ((t = task_new(message, len, &err)) == NULL ||
	    (l = find_line(k, t->job.dir, &err)) == NULL) {
		log_error("launcher: %s", err.text);
		free(t);
		return;
	}
	if (k->command != NULL)
		put_task(k, l, t);
	else
		free(t);
}

/* Take all jobs that have come; at the end of them, get ready to go. */
static void
take_messages(struct keeper_state *k)
{
	uint8_t message[KEEPER_MESSAGE_MAX];
	ssize_t n;

	while ((n = recv(k->fd, message, sizeof(message), MSG_DONTWAIT)) > 0)
		take_message(k, message, (size_t)n);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	/* The socket stays open: that it is closed tells that we have ended. */
	k->fd = -1;
	k->end_ms = clock_ms() + KEEPER_LINGER_S * 1000;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

/* The directory as others will find it, wherever they are. */
static void
launch(const struct command *c, const struct keeper_job *job)
{
	char path[PATH_MAX];
	struct command_values v = { job->name, realpath(job->dir, path),
		job->ident, job->start_s };
	char **words;

	if (v.dir == NULL)
		v.dir = job->dir;
	if ((words = command_expand(c, &v)) == NULL) {
		log_error("launcher: out of memory");
		return;
	}
	command_clean_environment(environ);
	execvp(words[0], words);
	log_error("launcher: Can't execvp: %s: %s", words[0], strerror(errno));
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Start the first job of a line.  False when there is no process for it. */
static bool
start_line(struct keeper_state *k, struct line *l)
{
	l->pid = fork();
	if (l->pid == 0) {
		close(JOB_FD);
		reset_signals();
		launch(k->command, &l->first->job);
		_exit(0); /* what went wrong is told */
	}
	if (l->pid == -1) {
		log_error("launcher: fork: %s", strerror(errno));
		l->pid = 0;
		return false;
	}
	l->since_ms = clock_ms();
	l->next = k->running;
	k->running = l;
	return true;
}

static bool
has_place(const struct keeper_state *k)
{
	int64_t since_ms = clock_ms() - PLACE_MS;
	const struct line *l = k->running;
	unsigned taken = 0;

	for (; l != NULL && l->since_ms > since_ms; l = l->next)
		taken++;
	return taken < PLACES;
}

static void
start_lines(struct keeper_state *k)
{
	struct line *l;

	while ((l = k->ready) != NULL && has_place(k)) {
		if ((k->ready = l->next) == NULL)
			k->ready_end = &k->ready;
		if (!start_line(k, l)) {
			drop_task(l);
			if (l->count > 0)
				make_ready(k, l);
			return;
		}
	}
}

static void
log_status(pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_warning("launcher child %ld died from signal %d",
		    (long)pid, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_warning("launcher child %ld exit status: %d", (long)pid,
		    WEXITSTATUS(status));
}

static void
end_line(struct keeper_state *k, pid_t pid)
{
	struct line **at = &k->running, *l;

	while ((l = *at) != NULL && l->pid != pid)
		at = &l->next;
	if (l == NULL)
		return;
	*at = l->next;
	l->pid = 0;
	drop_task(l);
	if (l->count > 0)
		make_ready(k, l);
}

static void
reap(struct keeper_state *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		log_status(pid, status);
		end_line(k, pid);
	}
}

/* How long to wait when nothing happens; ppoll() takes NULL for ever. */
static const struct timespec *
patience(const struct keeper_state *k, struct timespec *ts)
{
	int64_t ms = RECHECK_MS, left;

	if (k->fd != -1 && k->ready == NULL)
		return NULL;
	if (k->fd == -1 && (left = k->end_ms - clock_ms()) < ms)
		ms = left > 0 ? left : 0;
	ts->tv_sec = ms / 1000;
	ts->tv_nsec = (long)(ms % 1000) * 1000000;
	return ts;
}

static bool
is_done(const struct keeper_state *k)
{
	if (k->fd != -1)
		return false;
	return (k->ready == NULL && k->running == NULL) ||
	    clock_ms() >= k->end_ms;
}

static void
serve(struct keeper_state *k)
{
	struct timespec ts;
	struct pollfd p;
	sigset_t open;

	/* Only here signals come through, so none is missed. */
	sigemptyset(&open);
	while (!is_done(k)) {
		p = (struct pollfd){ k->fd, POLLIN, 0 };
		if (ppoll(&p, 1, patience(k, &ts), &open) == 1)
			take_messages(k);
		reap(k);
		start_lines(k);
	}
	if (k->ready != NULL || k->running != NULL)
		log_warning("the launch command is too slow: not waited for");
}

static void
on_child(int number)
{
	(void)number; /* it ends the wait, that is all */
}

/* All are blocked but while we wait. */
static void
set_signals(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1,
		SIGUSR2, SIGPIPE, SIGALRM };
	struct sigaction sa = { .sa_handler = SIG_IGN };

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		sigaction(ignored[i], &sa, NULL);
	sa.sa_handler = on_child;
	sigfillset(&sa.sa_mask);
	sigaction(SIGCHLD, &sa, NULL);
}

/* Locks of directories, for one, must not outlive the collector in us. */
static void
close_others(int fd)
{
	if (fd != JOB_FD)
		dup2(fd, JOB_FD);
	fcntl(JOB_FD, F_SETFD, FD_CLOEXEC);
	close_range(JOB_FD + 1, ~0U, 0);
	log_reopen();
}

static void
leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_detach();
	for (int fd = 0; null != -1 && fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

_Noreturn void
keeper_main(const struct keeper_options *o, const struct command *command,
    int fd)
{
	struct keeper_state k = { .command = command, .fd = JOB_FD };

	prctl(PR_SET_NAME, "flowcapd-keeper");
	close_others(fd);
	if (o->is_background)
		leave_terminal();
	set_signals();
	k.ready_end = &k.ready;
	serve(&k);
	_exit(0);
}
