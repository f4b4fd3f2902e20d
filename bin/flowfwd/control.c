/*
 * The thread is woken up by a descriptor when it is to end.
 */

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/unix.h"
#include "flowfwd/control.h"

struct control {
	struct unix_socket socket;
	int wake; /* eventfd */
	bool is_started;
	pthread_t thread;
	ask_fn fn;
	void *ctx;
};

static void *
run(void *arg)
{
	const struct control *c = arg;
	struct pollfd fds[] = { { c->wake, POLLIN, 0 },
		{ c->socket.fd, POLLIN, 0 } };

	for (;;) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			break;
		if (fds[0].revents != 0)
			break;
		if (fds[1].revents != 0)
			ask_answer(c->socket.fd, c->fn, c->ctx);
	}
	return NULL;
}

/* Signals are for the thread that sends. */
static int
start(struct control *c, struct err *err)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	errno = pthread_create(&c->thread, NULL, run, c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (errno != 0)
		return err_system(err, "cannot start a thread");
	c->is_started = true;
	return 0;
}

static int
listen_on(struct control *c, const char *path, struct err *err)
{
	if ((c->wake = eventfd(0, EFD_CLOEXEC)) == -1)
		return err_system(err, "eventfd");
	return unix_socket_open(&c->socket, path, ASK_SOCKET_MODE, err);
}

struct control *
control_open(const char *path, ask_fn fn, void *ctx, struct err *err)
{
	struct control *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		err_nomem(err);
		return NULL;
	}
	c->socket = (struct unix_socket)UNIX_SOCKET_NONE;
	c->wake = -1;
	c->fn = fn;
	c->ctx = ctx;
	if (listen_on(c, path, err) == -1 || start(c, err) == -1) {
		control_close(c);
		return NULL;
	}
	return c;
}

void
control_close(struct control *c)
{
	uint64_t one = 1;

	if (c == NULL)
		return;
	if (c->is_started && write(c->wake, &one, sizeof(one)) != -1)
		pthread_join(c->thread, NULL);
	unix_socket_close(&c->socket);
	if (c->wake != -1)
		close(c->wake);
	free(c);
}

int
control_ask(const char *path, struct buffer *out, struct err *err)
{
	struct ask_socket s = { .program = "flowfwd", .place = path };
	int rc;

	if ((s.dir = unix_open_parent(path, &s.name, err)) == -1)
		return -1;
	rc = ask_status(&s, out, err);
	close(s.dir);
	return rc;
}
