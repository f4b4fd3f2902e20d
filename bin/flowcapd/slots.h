#ifndef FLOWCAPD_SLOTS_H
#define FLOWCAPD_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The sequence of slots, which is the same for all receivers: the first one
 * to leave a slot says which comes next.  Each goes through it by its own
 * clock, and at most SLOTS_AHEAD slots before the last one.
 */

#define SLOTS_AHEAD 8

struct slots;

struct slots *slots_new(unsigned receivers, struct err *err);

/* NULL is allowed. */
void slots_free(struct slots *s);

/*
 * Where the slot with that number starts, which receiver would begin at
 * start_s.  The answer stays.  False when others are too far behind.
 */
bool slots_decide(struct slots *s, uint64_t slot, int64_t start_s,
    int64_t *decided_s);

/* The receiver is in that slot now. */
void slots_enter(struct slots *s, unsigned receiver, uint64_t slot);

/* Is another receiver in an earlier slot? */
bool slots_is_ahead(struct slots *s, uint64_t slot);

/* Has another receiver been in a later slot? */
bool slots_is_late(struct slots *s, uint64_t slot);

/* The receiver has stopped: none waits for it. */
void slots_leave(struct slots *s, unsigned receiver);

#endif
