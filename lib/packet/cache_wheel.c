/*
 * When entries end.  Packets do not move their entry: it stays in the slot
 * of the time at which it would have ended when it was put there, is looked
 * at then, and moves on if packets have come meanwhile.  So a packet changes
 * one entry and no other, and an entry moves once in an idle timeout.
 */

#include "flow/derive.h"
#include "packet/cache_int.h"

/* How many entries a search for the first one may move on. */
#define LOOKS_MAX 8

static enum cache_class
class_of(const struct cache_key *k)
{
	switch (k->proto) {
	case PROTO_TCP:
		return CACHE_TCP;
	case PROTO_UDP:
		return CACHE_UDP;
	case PROTO_ICMP:
	case PROTO_ICMP6:
		return CACHE_ICMP;
	}
	return CACHE_OTHER;
}

static uint64_t
idle_of(const struct cache *c, const struct cache_entry *e)
{
	const struct cache_options *o = &c->options;

	if ((e->ends & CACHE_RST) != 0)
		return o->rst_ms;
	if (cache_is_closed(c, e))
		return o->fin_ms;
	return o->idle_ms[class_of(&e->key)];
}

uint64_t
cache_due(const struct cache *c, const struct cache_entry *e)
{
	uint64_t due = e->touched_ms + idle_of(c, e);
	uint64_t active_ms = c->options.active_ms;

	if (active_ms != 0 && e->begun_ms + active_ms < due)
		return e->begun_ms + active_ms;
	return due;
}

enum cache_reason
cache_reason_of(const struct cache *c, const struct cache_entry *e)
{
	if (cache_due(c, e) < e->touched_ms + idle_of(c, e))
		return CACHE_ACTIVE;
	return cache_is_closed(c, e) ? CACHE_CLOSED : CACHE_IDLE;
}

/* The tick in which it ends, or the current one if that is over. */
static uint64_t
tick_of(const struct cache *c, const struct cache_entry *e)
{
	uint64_t tick = cache_due(c, e) / CACHE_TICK_MS;

	return tick < c->tick ? c->tick : tick;
}

/* What is due beyond the wheel is looked at when it has turned once. */
static uint16_t
slot_of(const struct cache *c, const struct cache_entry *e)
{
	uint64_t tick = tick_of(c, e), last = c->tick + CACHE_WHEEL - 1;

	return (uint16_t)((tick < last ? tick : last) % CACHE_WHEEL);
}

static void
mark(struct cache *c, unsigned slot, bool is_used)
{
	uint64_t bit = UINT64_C(1) << slot % 64;

	if (is_used)
		c->used[slot / 64] |= bit;
	else
		c->used[slot / 64] &= ~bit;
}

void
cache_wheel_put(struct cache *c, uint32_t entry)
{
	struct cache_entry *e = &c->entries[entry];

	e->slot = slot_of(c, e);
	e->newer = CACHE_NONE;
	if (c->slots[e->slot] == CACHE_NONE) {
		e->older = CACHE_NONE;
		c->slots[e->slot] = entry;
		mark(c, e->slot, true);
	} else {
		e->older = c->newest[e->slot];
		c->entries[e->older].newer = entry;
	}
	c->newest[e->slot] = entry;
}

void
cache_wheel_remove(struct cache *c, uint32_t entry)
{
	struct cache_entry *e = &c->entries[entry];

	if (e->newer != CACHE_NONE)
		c->entries[e->newer].older = e->older;
	else
		c->newest[e->slot] = e->older;
	if (e->older != CACHE_NONE)
		c->entries[e->older].newer = e->newer;
	else if ((c->slots[e->slot] = e->newer) == CACHE_NONE)
		mark(c, e->slot, false);
}

/* Those of one slot that have ended go, the others move on. */
static void
empty_slot(struct cache *c, unsigned slot)
{
	uint32_t entry = c->slots[slot], next;

	c->slots[slot] = CACHE_NONE;
	mark(c, slot, false);
	for (; entry != CACHE_NONE; entry = next) {
		struct cache_entry *e = &c->entries[entry];

		next = e->newer;
		if (next != CACHE_NONE)
			__builtin_prefetch(&c->entries[next]);
		cache_wheel_put(c, entry);
		if (cache_due(c, e) <= c->now_ms)
			cache_end(c, entry, cache_reason_of(c, e));
	}
}

void
cache_wheel_turn(struct cache *c)
{
	uint64_t from = c->tick, n;

	c->tick = c->now_ms / CACHE_TICK_MS;
	n = c->tick - from;
	if (n > CACHE_WHEEL)
		n = CACHE_WHEEL;
	for (uint64_t i = 0; i < n; i++)
		if (c->slots[(from + i) % CACHE_WHEEL] != CACHE_NONE)
			empty_slot(c, (from + i) % CACHE_WHEEL);
}

/* The first slot that is not empty, from the current tick on. */
static unsigned
first_slot(const struct cache *c)
{
	unsigned from = c->tick % CACHE_WHEEL, word = from / 64;
	uint64_t bits = c->used[word] & UINT64_MAX << from % 64;

	while (bits == 0) {
		word = (word + 1) % (CACHE_WHEEL / 64);
		bits = c->used[word];
	}
	return word * 64 + (unsigned)__builtin_ctzll(bits);
}

/* Is it where it would be put now, among others that end with it? */
static bool
is_in_place(const struct cache *c, const struct cache_entry *e)
{
	return e->slot == slot_of(c, e) &&
	    tick_of(c, e) < c->tick + CACHE_WHEEL;
}

uint32_t
cache_wheel_first(struct cache *c)
{
	uint32_t best = CACHE_NONE, entry;
	uint64_t best_ms = UINT64_MAX;

	for (int i = 0; i < LOOKS_MAX; i++) {
		const struct cache_entry *e;

		entry = c->slots[first_slot(c)];
		e = &c->entries[entry];
		if (is_in_place(c, e))
			return entry;
		cache_wheel_remove(c, entry);
		cache_wheel_put(c, entry);
		if (best == CACHE_NONE || cache_due(c, e) < best_ms) {
			best = entry;
			best_ms = cache_due(c, e);
		}
	}
	return best;
}
