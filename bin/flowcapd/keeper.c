/*
 * The collector's side of the keeper.  A message is a job; both ends are the
 * same program.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "common/clock.h"
#include "common/log.h"
#include "flowcapd/keeper_int.h"

/* The process takes a message in well under a millisecond. */
#define PUT_WAIT_MS 200

static void
put_text(struct writer *w, const char *text)
{
	writer_bytes(w, text, strlen(text) + 1);
}

size_t
keeper_encode(const struct keeper_job *job,
    uint8_t message[KEEPER_MESSAGE_MAX])
{
	struct writer w;

	writer_init(&w, message, KEEPER_MESSAGE_MAX);
	writer_host(&w, (uint64_t)job->start_s, 8);
	put_text(&w, job->dir);
	put_text(&w, job->name);
	put_text(&w, job->ident);
	return w.bad ? 0 : w.used;
}

static const char *
take_text(struct reader *r)
{
	const uint8_t *end = NULL;

	if (r->left > 0)
		end = memchr(r->pos, '\0', r->left);
	if (end == NULL) {
		r->bad = true;
		return NULL;
	}
	return (const char *)reader_take(r, (size_t)(end - r->pos) + 1);
}

int
keeper_decode(struct keeper_job *job, const uint8_t *message, size_t len,
    struct err *err)
{
	struct reader r;

	reader_init(&r, message, len);
	job->start_s = (int64_t)reader_host(&r, 8);
	job->dir = take_text(&r);
	job->name = take_text(&r);
	job->ident = take_text(&r);
	job->dir_fd = -1;
	if (r.bad || r.left > 0)
		return err_set(err, ERR_MALFORMED, "job of %zu bytes", len);
	return 0;
}

static void
warn_token(char token)
{
	log_warning("Unknown format token '%%%.1s'", &token);
}

/* Have what both sides share. */
static int
prepare(struct keeper *k, int fds[2], struct err *err)
{
	void *counts = mmap(NULL, sizeof(*k->counts), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (counts == MAP_FAILED)
		return err_system(err, "shared memory");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == -1) {
		err_system(err, "socket pair");
		munmap(counts, sizeof(*k->counts));
		return -1;
	}
	k->counts = counts;
	return 0;
}

int
keeper_start(struct keeper *k, const struct keeper_options *o, struct err *err)
{
	struct command *command = NULL;
	sigset_t all, old;
	int fds[2];

	if (o->command != NULL &&
	    (command = command_parse(o->command, warn_token, err)) == NULL)
		return -1;
	if (prepare(k, fds, err) == -1) {
		command_free(command);
		return -1;
	}
	/* A signal meant to stop us must not find it half made. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	k->pid = fork();
	if (k->pid == 0) {
		close(fds[0]);
		keeper_main(o, command, k->counts, fds[1]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	command_free(command);
	close(fds[1]);
	if (k->pid == -1) {
		k->pid = 0;
		munmap(k->counts, sizeof(*k->counts));
		k->counts = NULL;
		close(fds[0]);
		return err_system(err, "fork");
	}
	k->fd = fds[0];
	k->is_stuck = false;
	return 0;
}

/* A copy of the descriptor goes with the message, unless it is -1. */
static bool
send_message(const struct keeper *k, void *message, size_t len, int fd)
{
	union keeper_control control = { .header = { 0 } };
	struct iovec data = { message, len };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd != -1) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
	}
	return sendmsg(k->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) != -1;
}

bool
keeper_put(struct keeper *k, const struct keeper_job *job)
{
	uint8_t message[KEEPER_MESSAGE_MAX];
	size_t len = keeper_encode(job, message);
	struct pollfd p = { k->fd, POLLOUT, 0 };
	bool is_sent = len > 0 && send_message(k, message, len, job->dir_fd);

	if (!is_sent && len > 0 && errno == EAGAIN && !k->is_stuck &&
	    poll(&p, 1, PUT_WAIT_MS) == 1)
		is_sent = send_message(k, message, len, job->dir_fd);
	if (!is_sent) {
		if (!k->is_stuck)
			log_error("%s/%s: no books, expiry, launch command: %s",
			    job->dir, job->name,
			    len == 0 ? "too long" : strerror(errno));
		atomic_fetch_add(&k->counts->skipped, 1);
	}
	k->is_stuck = !is_sent && len > 0;
	return is_sent;
}

/* It closes its end when it ends, and never writes. */
static bool
wait_end(int fd, unsigned timeout_ms)
{
	int64_t end = clock_ms(CLOCK_MONOTONIC) + timeout_ms, left;
	struct pollfd p = { fd, POLLIN, 0 };
	int n = 0;

	while (n == 0 && (left = end - clock_ms(CLOCK_MONOTONIC)) >= 0)
		if ((n = poll(&p, 1, (int)left)) == -1 && errno == EINTR)
			n = 0;
	return n != 0;
}

bool
keeper_stop(struct keeper *k, unsigned timeout_ms)
{
	bool has_ended;

	if (k->pid == 0)
		return true;
	shutdown(k->fd, SHUT_WR);
	if ((has_ended = wait_end(k->fd, timeout_ms)))
		while (waitpid(k->pid, NULL, 0) == -1 && errno == EINTR)
			continue;
	close(k->fd);
	munmap(k->counts, sizeof(*k->counts));
	k->counts = NULL;
	k->fd = -1;
	k->pid = 0;
	return has_ended;
}
