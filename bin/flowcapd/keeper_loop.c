/*
 * The keeper's process.  Each directory has a line of jobs for its books and
 * one for the launch command; a job passes through both.  A line that has
 * jobs is ready or running; those that are ready wait for one of a few
 * places of their kind.  Who works longer than a minute gives its place to
 * another, so commands that hang, one for a directory at most, hold up no
 * other one.
 */

#include <assert.h>
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
#include "common/clock.h"
#include "common/log.h"
#include "flowcapd/keeper_int.h"

#define PLACES 8
#define PLACE_MS 60000
#define LINE_MAX_JOBS 64
#define BUCKETS 256
#define RECHECK_MS 1000
#define JOB_FD 3
#define THOROUGH_EVERY 16 /* jobs of a directory */

enum stage { STAGE_BOOKS, STAGE_COMMAND, STAGES };

static const char *const stage_names[STAGES] = { "the books",
	"the launch command" };

/* A job that waits.  The strings are in one piece of memory with it. */
struct task {
	struct task *next;
	struct keeper_job job;
	size_t len;
	uint8_t message[];
};

/* Jobs of one kind; the first one is in work when the line is running. */
struct line {
	struct line *next; /* in the list that it is in */
	struct directory *directory;
	enum stage stage;
	struct task *first, *last;
	unsigned count;
	pid_t pid; /* 0: not running */
	int64_t since_ms; /* running */
	uint64_t left_out; /* jobs for which there was no room */
};

struct directory {
	struct directory *next_in_bucket;
	char *path;
	int fd; /* -1: it could not be opened */
	struct line lines[STAGES];
	uint64_t jobs; /* that went to its books */
	bool has_gap; /* a file is not in its books */
};

/* Lines of one kind. */
struct crew {
	struct line *ready, **ready_end;
	struct line *running; /* the newest first */
};

struct keeper_state {
	const struct keeper_options *options;
	const struct command *command;
	struct keeper_counts *counts;
	int fd; /* -1: no more jobs come */
	int64_t end_ms; /* then: when to leave what is not done */
	struct directory *buckets[BUCKETS];
	struct crew crews[STAGES];
};

static struct task *
task_new(const uint8_t *message, size_t len, struct err *err)
{
	struct task *t = calloc(1, sizeof(*t) + len);

	if (t == NULL) {
		err_nomem(err);
		return NULL;
	}
	t->len = len;
	memcpy(t->message, message, len);
	if (keeper_decode(&t->job, t->message, len, err) == -1) {
		free(t);
		return NULL;
	}
	assert(t->job.dir != NULL);
	return t;
}

/* Made when it is new.  NULL without memory. */
static struct directory *
find_directory(struct keeper_state *k, const char *path, struct err *err)
{
	uint64_t hash = hash_bytes(path, strlen(path), 0);
	struct directory **bucket = &k->buckets[hash % BUCKETS], *d;

	for (d = *bucket; d != NULL; d = d->next_in_bucket)
		if (strcmp(d->path, path) == 0)
			return d;
	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (d->path = strdup(path)) == NULL) {
		free(d);
		err_nomem(err);
		return NULL;
	}
	d->fd = -1;
	d->has_gap = true; /* who knows what was before us */
	for (unsigned i = 0; i < STAGES; i++) {
		d->lines[i].directory = d;
		d->lines[i].stage = (enum stage)i;
	}
	d->next_in_bucket = *bucket;
	*bucket = d;
	return d;
}

static void
make_ready(struct keeper_state *k, struct line *l)
{
	struct crew *c = &k->crews[l->stage];

	l->next = NULL;
	*c->ready_end = l;
	c->ready_end = &l->next;
}

/* Told once, and at the end of the trouble how much it was. */
static void
leave_out(const struct keeper_state *k, struct line *l, struct task *t)
{
	atomic_fetch_add(&k->counts->skipped, 1);
	if (l->stage == STAGE_BOOKS)
		l->directory->has_gap = true;
	if (l->left_out++ == 0)
		log_warning("'%s': %u files wait for %s: not done for %s and "
		    "those that follow", l->directory->path, l->count,
		    stage_names[l->stage], t->job.name);
	free(t);
}

static void
put_task(struct keeper_state *k, struct line *l, struct task *t)
{
	if (l->count == LINE_MAX_JOBS) {
		leave_out(k, l, t);
		return;
	}
	t->next = NULL;
	if (l->first == NULL)
		l->first = t;
	else
		l->last->next = t;
	l->last = t;
	if (l->count++ == 0)
		make_ready(k, l);
}

/* The first job is done, or given up: take it out. */
static struct task *
take_task(struct line *l)
{
	struct task *t = l->first;

	l->first = t->next;
	if (--l->count == 0 && l->left_out > 0) {
		log_warning("'%s': %s: not done for %llu files",
		    l->directory->path, stage_names[l->stage],
		    (unsigned long long)l->left_out);
		l->left_out = 0;
	}
	return t;
}

/* Send a job to the command, if there is one. */
static void
pass_on(struct keeper_state *k, struct directory *d, struct task *t)
{
	if (k->command != NULL)
		put_task(k, &d->lines[STAGE_COMMAND], t);
	else
		free(t);
}

/* Keep one descriptor, the last: the directory may be another one now. */
static void
take_descriptor(struct directory *d, int fd)
{
	if (fd == -1)
		return;
	if (d->fd != -1)
		close(d->fd);
	d->fd = fd;
}

static void
take_message(struct keeper_state *k, const uint8_t *message, size_t len,
    int fd)
{
	struct directory *d;
	struct task *t;
	struct err err;

	if ((t = task_new(message, len, &err)) == NULL ||
	    (d = find_directory(k, t->job.dir, &err)) == NULL) {
		log_error("launcher: %s", err.text);
		atomic_fetch_add(&k->counts->skipped, 1);
		free(t);
		if (fd != -1)
			close(fd);
		return;
	}
	take_descriptor(d, fd);
	/* Jobs that wait for the books are not overtaken. */
	if (d->lines[STAGE_BOOKS].count > 0 ||
	    keeper_wants_books(k->options, d->fd))
		put_task(k, &d->lines[STAGE_BOOKS], t);
	else
		pass_on(k, d, t);
}

/* The next message, with the descriptor that came with it, or -1. */
static ssize_t
receive(const struct keeper_state *k, uint8_t *message, int *fd)
{
	union keeper_control control;
	struct iovec data = { message, KEEPER_MESSAGE_MAX };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(k->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;

	*fd = -1;
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(*fd)))
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return n;
}

/* Take all jobs that have come; at the end of them, get ready to go. */
static void
take_messages(struct keeper_state *k)
{
	uint8_t message[KEEPER_MESSAGE_MAX];
	ssize_t n;
	int fd;

	while ((n = receive(k, message, &fd)) > 0)
		take_message(k, message, (size_t)n, fd);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	/* The socket stays open: that it is closed tells that we have ended. */
	k->fd = -1;
	k->end_ms = clock_ms(CLOCK_MONOTONIC) + KEEPER_LINGER_S * 1000;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
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

/* In the process of a job; what goes wrong is told. */
static _Noreturn void
work(const struct keeper_state *k, const struct line *l)
{
	const struct directory *d = l->directory;
	struct keeper_job job = l->first->job;
	bool is_good = false;

	job.dir_fd = d->fd;
	close(JOB_FD);
	reset_signals();
	if (l->stage == STAGE_BOOKS)
		is_good = keeper_books(k->options, &job, d->has_gap,
		    d->jobs % THOROUGH_EVERY == 0);
	else
		keeper_launch(k->command, &job);
	_exit(is_good ? 0 : 1);
}

/* Start the first job of a line.  False when there is no process for it. */
static bool
start_line(struct keeper_state *k, struct line *l)
{
	struct crew *c = &k->crews[l->stage];

	l->pid = fork();
	if (l->pid == 0)
		work(k, l);
	if (l->pid == -1) {
		log_error("%s: fork: %s", stage_names[l->stage],
		    strerror(errno));
		l->pid = 0;
		return false;
	}
	if (l->stage == STAGE_BOOKS)
		l->directory->has_gap = false; /* this one fills it */
	l->since_ms = clock_ms(CLOCK_MONOTONIC);
	l->next = c->running;
	c->running = l;
	return true;
}

static bool
has_place(const struct crew *c)
{
	int64_t since_ms = clock_ms(CLOCK_MONOTONIC) - PLACE_MS;
	const struct line *l = c->running;
	unsigned taken = 0;

	for (; l != NULL && l->since_ms > since_ms; l = l->next)
		taken++;
	return taken < PLACES;
}

/* The job of a line is over; the line goes on with the next one. */
static void
finish(struct keeper_state *k, struct line *l, bool is_done)
{
	struct directory *d = l->directory;
	struct task *t = take_task(l);

	if (l->count > 0)
		make_ready(k, l);
	if (!is_done)
		atomic_fetch_add(&k->counts->failed, 1);
	if (l->stage != STAGE_BOOKS) {
		free(t);
		return;
	}
	d->jobs++;
	if (!is_done)
		d->has_gap = true;
	pass_on(k, d, t);
}

static void
start_lines(struct keeper_state *k, struct crew *c)
{
	struct line *l;

	while ((l = c->ready) != NULL && has_place(c)) {
		if ((c->ready = l->next) == NULL)
			c->ready_end = &c->ready;
		if (!start_line(k, l)) {
			finish(k, l, false);
			return;
		}
	}
}

/* What a command ended with; our own processes have told it themselves. */
static void
log_status(enum stage stage, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_warning("launcher child %ld (%s) died from signal %d",
		    (long)pid, stage_names[stage], WTERMSIG(status));
	else if (stage == STAGE_COMMAND && WEXITSTATUS(status) != 0)
		log_warning("launcher child %ld exit status: %d", (long)pid,
		    WEXITSTATUS(status));
}

static void
end_line(struct keeper_state *k, pid_t pid, int status)
{
	struct line **at = NULL, *l = NULL;

	for (unsigned i = 0; l == NULL && i < STAGES; i++)
		for (at = &k->crews[i].running;
		    (l = *at) != NULL && l->pid != pid; at = &l->next)
			continue;
	if (l == NULL)
		return;
	*at = l->next;
	l->pid = 0;
	log_status(l->stage, pid, status);
	finish(k, l, WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
reap(struct keeper_state *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		end_line(k, pid, status);
}

static bool
has_ready(const struct keeper_state *k)
{
	return k->crews[STAGE_BOOKS].ready != NULL ||
	    k->crews[STAGE_COMMAND].ready != NULL;
}

static bool
is_idle(const struct keeper_state *k)
{
	return !has_ready(k) && k->crews[STAGE_BOOKS].running == NULL &&
	    k->crews[STAGE_COMMAND].running == NULL;
}

/* How long to wait when nothing happens; ppoll() takes NULL for ever. */
static const struct timespec *
patience(const struct keeper_state *k, struct timespec *ts)
{
	int64_t ms = RECHECK_MS, left;

	if (k->fd != -1 && !has_ready(k))
		return NULL;
	if (k->fd == -1 && (left = k->end_ms - clock_ms(CLOCK_MONOTONIC)) < ms)
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
	return is_idle(k) || clock_ms(CLOCK_MONOTONIC) >= k->end_ms;
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
		for (unsigned i = 0; i < STAGES; i++)
			start_lines(k, &k->crews[i]);
	}
	if (!is_idle(k))
		log_warning("books or launch commands take too long: they "
			    "are left alone");
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
    struct keeper_counts *counts, int fd)
{
	struct keeper_state k = { .options = o, .command = command,
		.counts = counts, .fd = JOB_FD };

	prctl(PR_SET_NAME, "flowcapd-keeper");
	close_others(fd);
	if (o->is_background)
		leave_terminal();
	set_signals();
	for (unsigned i = 0; i < STAGES; i++)
		k.crews[i].ready_end = &k.crews[i].ready;
	serve(&k);
	_exit(0);
}
