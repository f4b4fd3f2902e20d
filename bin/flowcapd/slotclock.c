/*
 * Slots in time.  A small step back keeps the slot, so that the hour's
 * adjustments of a clock do not cut it in pieces; the largest time met is
 * kept, so that many small steps count as the large one they are.
 *
 * Times are whole seconds: what is one second apart may be an instant apart,
 * as a datagram that was on its way when the slot began.  Only what is more
 * than an interval apart is certain to be an interval back.
 */

#include "flowcapd/slotclock.h"
#include "store/slot.h"

void
slotclock_start(struct slotclock *c, uint32_t interval_s, int64_t now_s)
{
	c->interval_s = interval_s;
	c->start_s = slot_start(now_s, interval_s);
	c->latest_s = now_s;
}

enum slot_step
slotclock_step(struct slotclock *c, int64_t now_s)
{
	if (now_s >= slotclock_end(c))
		return SLOT_NEXT;
	if (now_s < c->latest_s - (int64_t)c->interval_s)
		return SLOT_BACK;
	if (now_s > c->latest_s)
		c->latest_s = now_s;
	return SLOT_SAME;
}

int64_t
slotclock_end(const struct slotclock *c)
{
	return c->start_s + (int64_t)c->interval_s;
}
