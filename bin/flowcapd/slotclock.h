#ifndef FLOWCAPD_SLOTCLOCK_H
#define FLOWCAPD_SLOTCLOCK_H

#include <stdint.h>

/*
 * Which slot a moment belongs to, when clocks jump (collector.md 4.1, 11).
 */

struct slotclock {
	uint32_t interval_s;
	int64_t start_s; /* of the current slot */
	int64_t latest_s; /* largest time met in this slot */
};

enum slot_step {
	SLOT_SAME,
	SLOT_NEXT, /* the slot has ended: a later one begins */
	SLOT_BACK /* the clock was set back by more than an interval */
};

/* Begin in the slot that holds now_s. */
void slotclock_start(struct slotclock *c, uint32_t interval_s, int64_t now_s);

/*
 * What now_s means for the current slot.  Unless the answer is SLOT_SAME
 * the caller ends the slot and begins the one of now_s with _start().
 */
enum slot_step slotclock_step(struct slotclock *c, int64_t now_s);

/* The moment when the current slot ends. */
int64_t slotclock_end(const struct slotclock *c);

#endif
