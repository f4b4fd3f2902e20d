#ifndef COMMON_ASK_H
#define COMMON_ASK_H

#include "base/buffer.h"
#include "base/err.h"

/*
 * --status: what a running program says of itself on a unix socket, a JSON
 * object.  The socket is for the program's user and for root.
 */

#define ASK_SOCKET_MODE 0600

/* Who is asked. */
struct ask_socket {
	const char *program; /* as messages call it: "collector" */
	const char *place; /* and where it runs */
	int dir; /* an open directory, */
	const char *name; /* and the socket in it */
};

/*
 * Append the answer.  ERR_VALUE when nobody listens, ERR_SYSTEM when there is
 * no answer, or a message in its place.
 */
int ask_status(const struct ask_socket *s, struct buffer *out,
    struct err *err);

/* Append an object and a newline, or -1. */
typedef int (*ask_fn)(void *ctx, struct buffer *out, struct err *err);

/* Accept one who asks, of a socket that listens, and answer. */
void ask_answer(int listener, ask_fn fn, void *ctx);

#endif
