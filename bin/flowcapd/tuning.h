#ifndef FLOWCAPD_TUNING_H
#define FLOWCAPD_TUNING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "flowcapd/settings.h"

/*
 * Settings that change while receivers run.  Each takes a copy between two
 * batches when the generation is another one than that of its copy; else it
 * costs them no more than to look at that.
 */

struct tuning {
	pthread_mutex_t lock;
	atomic_uint generation;
	struct settings settings;
};

#define TUNING_INIT { .lock = PTHREAD_MUTEX_INITIALIZER, \
	.settings = SETTINGS_DEFAULT }

uint32_t tuning_generation(struct tuning *t);

/* From any thread: a copy, and its generation. */
uint32_t tuning_get(struct tuning *t, struct settings *s);

/* One thread at a time: others from now on. */
void tuning_set(struct tuning *t, const struct settings *s);

#endif
