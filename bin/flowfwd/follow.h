#ifndef FLOWFWD_FOLLOW_H
#define FLOWFWD_FOLLOW_H

#include "flowfwd/forward.h"

/*
 * --follow: what collectors store in a directory, as they store it.
 *
 * The store is the queue: a block is read when there is room to send it, and
 * files that nobody has sent wait there until retention removes them, which is
 * told and counted.  The cursor file says how far the system has taken what
 * was sent.  When a connection is lost, blocks that its receiver may not have
 * read are sent again.
 */

struct follow; /* opaque */

/* Until stopped, or as many flows have matched as are wanted. */
int follow_run(struct forward *forward, struct err *err);

/* What waits: files of which nothing was sent, and as far as known, flows. */
void follow_waiting(const struct follow *f, uint64_t *files, uint64_t *flows);

/* The slot up to which all has been put; "": none. */
const char *follow_last(const struct follow *f);

/* Called while sending waits. */
void follow_idle(struct follow *f);

#endif
