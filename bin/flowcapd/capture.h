#ifndef FLOWCAPD_CAPTURE_H
#define FLOWCAPD_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flowcapd/block.h"
#include "flowcapd/board.h"
#include "flowcapd/intake.h"
#include "flowcapd/repeat.h"
#include "flowcapd/slots.h"
#include "flowcapd/source.h"
#include "flowcapd/tuning.h"
#include "wire/decode.h"

/*
 * A receiver: datagrams to flows to records in the current block of their
 * source, slots by time of arrival.  It never waits for the writer: when all
 * blocks are in use, flows are dropped and counted.  Only what is replayed
 * can wait.
 */

struct capture_options {
	struct intake *const *intakes;
	unsigned intake_count;
	uint32_t buffer; /* the smallest receive buffer of them, bytes */
	uint32_t interval_s;
	uint32_t flush_s;
	unsigned enough_blocks; /* free ones, for blocks to leave unfilled */
	unsigned reserve; /* kept for receivers that are in earlier slots */
	unsigned receivers; /* how many there are */
	unsigned receiver; /* number of this one */
	bool keeps_state; /* what is known of exporters goes to the writer */
	struct wire_limits limits; /* with rates where tuning is NULL */
	struct tuning *tuning;
	struct repeater *repeater; /* NULL: nothing is sent on */
	struct board *board; /* for CAPTURE_STATUS; NULL: it is not asked for */
	struct sources *sources;
	struct slots *slots;
	struct blocks *blocks;
};

/* What a running receiver can be asked for; bits. */
enum capture_request {
	CAPTURE_STOP = 1,
	CAPTURE_REPORT = 2, /* log the counters */
	CAPTURE_STATUS = 4 /* put a part of a status on the board */
};

struct capture;

/* Begin in the slot of now_s.  NULL: ERR_NOMEM, ERR_SYSTEM. */
struct capture *capture_new(const struct capture_options *o, int64_t now_s,
    struct err *err);

/*
 * Before it runs: take over what was known of the senders that are its own.
 * ERR_MALFORMED: nothing was.
 */
int capture_load_state(struct capture *c, const uint8_t *data, size_t len,
    struct err *err);

/*
 * Receive until asked to stop, or until the end of what is replayed.  Then
 * hand over what is in hand and the last slot end.  -1 when an intake fails
 * or the writer takes no more blocks.
 */
int capture_run(struct capture *c, struct err *err);

/* From any thread, and from signal handlers. */
void capture_ask(struct capture *c, enum capture_request what);

/* NULL is allowed.  The intakes are not closed. */
void capture_free(struct capture *c);

#endif
