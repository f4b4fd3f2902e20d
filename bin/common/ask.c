/*
 * Asking a running program, and its answer.  Both sides wait for some time
 * only.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/ask.h"
#include "common/log.h"
#include "common/unix.h"

#define TIMEOUT_MS 5000
#define SEND_MS 2000
#define PAUSE_MS 100 /* when there are no descriptors to accept with */
#define CHUNK 65536
#define ANSWER_MAX (UINT32_C(1) << 30)

/* What starts an answer that is none: the rest of it is a message. */
#define REFUSAL '!'

static int
read_all(int fd, struct buffer *out, struct err *err)
{
	ssize_t n;
	char *p;

	do {
		if (out->len > ANSWER_MAX ||
		    (p = buffer_room(out, CHUNK)) == NULL)
			return err_nomem(err);
		n = recv(fd, p, CHUNK, 0);
		if (n > 0)
			out->len += (size_t)n;
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == -1 ? err_system(err, "no answer") : 0;
}

/* One object, whole? */
static int
check(const struct buffer *b, size_t start, struct err *err)
{
	const char *p = b->data + start;
	size_t len = b->len - start;

	if (len > 0 && *p == REFUSAL)
		return err_set(err, ERR_SYSTEM, "%.*s", (int)len - 1, p + 1);
	if (len < 2 || *p != '{' || memcmp(p + len - 2, "}\n", 2) != 0)
		return err_set(err, ERR_SYSTEM, "the answer is cut off");
	return 0;
}

int
ask_status(const struct ask_socket *s, struct buffer *out, struct err *err)
{
	size_t start = out->len;
	int fd = unix_connect(s->dir, s->name, TIMEOUT_MS, err), rc;

	if (fd == -1 && (errno == ENOENT || errno == ECONNREFUSED))
		return err_set(err, ERR_VALUE, "no %s runs on '%s'",
		    s->program, s->place);
	if (fd == -1)
		return err_context(err, "%s", s->place);
	rc = read_all(fd, out, err);
	close(fd);
	if (rc == 0)
		rc = check(out, start, err);
	return rc == -1 ? err_context(err, "%s on '%s'", s->program,
	    s->place) : 0;
}

static bool
may_ask(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	    (peer.uid == 0 || peer.uid == geteuid());
}

/* A message in place of an answer. */
static void
refuse(int fd, const char *text)
{
	char message[ERR_TEXT_MAX + 2];
	int len = snprintf(message, sizeof(message), "%c%s\n", REFUSAL, text);

	unix_send(fd, message, (size_t)len, SEND_MS);
}

static void
answer(int fd, ask_fn fn, void *ctx)
{
	struct buffer out = BUFFER_EMPTY;
	struct err err;

	if (!may_ask(fd))
		refuse(fd, "only its user and root may ask");
	else if (fn(ctx, &out, &err) == -1)
		refuse(fd, err.text);
	else if (unix_send(fd, out.data, out.len, SEND_MS) == -1)
		log_debug("status: %s", strerror(errno));
	buffer_fini(&out);
}

void
ask_answer(int listener, ask_fn fn, void *ctx)
{
	struct timespec pause = { 0, PAUSE_MS * 1000000L };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1) {
		if (errno != EAGAIN && errno != EINTR)
			nanosleep(&pause, NULL);
		return;
	}
	answer(fd, fn, ctx);
	close(fd);
}
