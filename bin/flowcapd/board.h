#ifndef FLOWCAPD_BOARD_H
#define FLOWCAPD_BOARD_H

#include "base/err.h"
#include "flowcapd/status.h"

/*
 * Where receivers put their parts of a status when they are asked.  Who asks
 * waits for all of them, and they for nobody.
 */

struct board;

/* For so many receivers.  NULL with ERR_NOMEM. */
struct board *board_new(unsigned receivers, struct err *err);

/* NULL is allowed. */
void board_free(struct board *b);

/*
 * Call wake(), which has to tell all receivers, and wait for their parts,
 * BOARD_WAIT_MS at most; add them to *s.  Several threads that ask wait for
 * each other.  ERR_SYSTEM when a receiver does not answer; ERR_NOMEM.
 */
#define BOARD_WAIT_MS 1000
int board_ask(struct board *b, void (*wake)(void *ctx), void *ctx,
    struct status *s, struct err *err);

/*
 * A receiver: my part, which is the board's from now on.  One that comes too
 * late is released.
 */
void board_put(struct board *b, unsigned receiver, struct status *part);

#endif
