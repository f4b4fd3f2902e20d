#ifndef FLOWPROBE_CONTROL_H
#define FLOWPROBE_CONTROL_H

#include "flowprobe/probe.h"

/*
 * The control socket: a connection brings one command of softflowd and gets
 * an answer.  Nobody but our user may connect.  Capturing goes on meanwhile.
 */

/* ERR_SYSTEM, ERR_VALUE, ERR_NOMEM. */
struct control *control_open(const char *path, struct err *err);

/* To be polled for. */
int control_fd(const struct control *c);

/* Serve one who waits, if anybody does. */
void control_serve(struct control *c, struct probe *p);

/* NULL is allowed.  The socket goes. */
void control_close(struct control *c);

/* control_text.c: answers. */
void control_statistics(struct probe *p, FILE *out);
void control_timeouts(struct probe *p, FILE *out);
void control_dump(struct probe *p, FILE *out);

#endif
