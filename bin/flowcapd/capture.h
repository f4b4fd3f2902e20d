#ifndef FLOWCAPD_CAPTURE_H
#define FLOWCAPD_CAPTURE_H

#include <signal.h>
#include <stdint.h>

#include "base/err.h"
#include "flowcapd/block.h"

/*
 * The receiver: datagrams to flows to records in the current block, slots by
 * time of arrival.  It never waits for the writer: when all blocks are in
 * use, flows are dropped and counted.
 */

struct capture_options {
	int fd; /* bound socket */
	uint32_t buffer; /* its receive buffer, bytes */
	uint32_t interval_s;
	uint32_t flush_s;
	uint32_t sampling; /* default rate */
	unsigned enough_blocks; /* free ones, for blocks to leave unfilled */
};

/* Set by signal handlers, which interrupt the wait. */
struct capture_signals {
	volatile sig_atomic_t stop;
	volatile sig_atomic_t report; /* log the counters */
};

struct capture;

/* Begin in the slot of now_s.  NULL: ERR_NOMEM. */
struct capture *capture_new(const struct capture_options *o,
    struct blocks *blocks, int64_t now_s, struct err *err);

/*
 * Receive until signals->stop; wait_mask is the signal mask to wait with.
 * Then hand over what is in hand and the last slot end.  -1 when the socket
 * fails or the writer takes no more blocks.
 */
int capture_run(struct capture *c, struct capture_signals *signals,
    const sigset_t *wait_mask, struct err *err);

/* NULL is allowed. */
void capture_free(struct capture *c);

#endif
