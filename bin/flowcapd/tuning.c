/*
 * Settings for receivers.
 */

#include "flowcapd/tuning.h"

uint32_t
tuning_generation(struct tuning *t)
{
	return atomic_load_explicit(&t->generation, memory_order_acquire);
}

uint32_t
tuning_get(struct tuning *t, struct settings *s)
{
	uint32_t generation;

	pthread_mutex_lock(&t->lock);
	*s = t->settings;
	generation = tuning_generation(t);
	pthread_mutex_unlock(&t->lock);
	return generation;
}

void
tuning_set(struct tuning *t, const struct settings *s)
{
	pthread_mutex_lock(&t->lock);
	t->settings = *s;
	atomic_fetch_add(&t->generation, 1);
	pthread_mutex_unlock(&t->lock);
}
