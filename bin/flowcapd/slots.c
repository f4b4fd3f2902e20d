/*
 * The slots that have been decided on, in a ring, and where each receiver is.
 * The lock is taken a few times a slot.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "flowcapd/slots.h"

struct slots {
	pthread_mutex_t lock;
	int64_t starts[SLOTS_AHEAD];
	atomic_uint_fast64_t decided; /* slots */
	atomic_uint_fast64_t earliest; /* that a receiver is in */
	unsigned receivers;
	uint64_t at[]; /* of each receiver */
};

struct slots *
slots_new(unsigned receivers, struct err *err)
{
	struct slots *s = calloc(1, sizeof(*s) + receivers * sizeof(s->at[0]));

	if (s == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	s->receivers = receivers;
	return s;
}

void
slots_free(struct slots *s)
{
	if (s == NULL)
		return;
	pthread_mutex_destroy(&s->lock);
	free(s);
}

bool
slots_decide(struct slots *s, uint64_t slot, int64_t start_s,
    int64_t *decided_s)
{
	bool is_near;

	pthread_mutex_lock(&s->lock);
	is_near = slot < atomic_load(&s->earliest) + SLOTS_AHEAD;
	if (is_near && slot == atomic_load(&s->decided)) {
		s->starts[slot % SLOTS_AHEAD] = start_s;
		atomic_store(&s->decided, slot + 1);
	}
	*decided_s = s->starts[slot % SLOTS_AHEAD];
	pthread_mutex_unlock(&s->lock);
	return is_near;
}

static void
move_to(struct slots *s, unsigned receiver, uint64_t slot)
{
	uint64_t earliest = UINT64_MAX;

	pthread_mutex_lock(&s->lock);
	s->at[receiver] = slot;
	for (unsigned i = 0; i < s->receivers; i++)
		if (s->at[i] < earliest)
			earliest = s->at[i];
	atomic_store(&s->earliest, earliest);
	pthread_mutex_unlock(&s->lock);
}

void
slots_enter(struct slots *s, unsigned receiver, uint64_t slot)
{
	move_to(s, receiver, slot);
}

bool
slots_is_ahead(struct slots *s, uint64_t slot)
{
	return slot > atomic_load_explicit(&s->earliest,
	    memory_order_relaxed);
}

bool
slots_is_late(struct slots *s, uint64_t slot)
{
	return slot + 1 < atomic_load_explicit(&s->decided,
	    memory_order_relaxed);
}

void
slots_leave(struct slots *s, unsigned receiver)
{
	move_to(s, receiver, UINT64_MAX);
}
