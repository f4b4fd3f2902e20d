#ifndef FLOWFWD_CONTROL_H
#define FLOWFWD_CONTROL_H

#include "common/ask.h"

/* A thread that answers --status on a socket. */

struct control; /* opaque */

/*
 * Listen on a path, where a socket that nobody listens on is replaced, and
 * answer.  ERR_SYSTEM, also when another program listens there; ERR_VALUE.
 */
struct control *control_open(const char *path, ask_fn fn, void *ctx,
    struct err *err);

/* End the thread, remove the socket.  NULL is allowed. */
void control_close(struct control *c);

/* Append the answer of who listens on the path.  As ask_status(). */
int control_ask(const char *path, struct buffer *out, struct err *err);

#endif
