#ifndef FLOWCAPD_RECEIVERS_H
#define FLOWCAPD_RECEIVERS_H

#include <stdint.h>

#include "base/err.h"
#include "flowcapd/capture.h"
#include "flowcapd/status.h"

/*
 * All receivers, a thread each.  A sender is always with the same one.
 */

struct receivers;

/*
 * count receivers with o->intake_count intakes each, those of the first one
 * first in o->intakes; o->receiver and what follows from it is set here.
 */
struct receivers *receivers_new(const struct capture_options *o,
    unsigned count, int64_t now_s, struct err *err);

/*
 * Before they start: what was known of exporters, as it was kept.  Damage is
 * no reason not to start, but costs all of it.
 */
int receivers_load_state(struct receivers *r, const uint8_t *data, size_t len,
    struct err *err);

int receivers_start(struct receivers *r, struct err *err);

/* Ask all of them. */
void receivers_ask(struct receivers *r, enum capture_request what);

/* Add what they have counted.  As board_ask(). */
int receivers_status(struct receivers *r, struct status *s, struct err *err);

/* To poll for reading: one of them has ended. */
int receivers_fd(const struct receivers *r);

/* Stop all and wait for that.  -1 with the error of the first that failed. */
int receivers_stop(struct receivers *r, struct err *err);

/* NULL is allowed. */
void receivers_free(struct receivers *r);

#endif
