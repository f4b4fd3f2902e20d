/*
 * Parts of a status.  A part that was asked for by somebody who is gone may
 * answer the next one who asks: it is no older than a moment.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "flowcapd/board.h"

struct part {
	bool is_there;
	struct status status;
};

struct board {
	pthread_mutex_t asking; /* one asks */
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t all_there;
	bool is_asked;
	unsigned missing;
	unsigned receivers;
	struct part parts[];
};

struct board *
board_new(unsigned receivers, struct err *err)
{
	struct board *b = calloc(1, sizeof(*b) +
	    receivers * sizeof(b->parts[0]));
	pthread_condattr_t attr;

	if (b == NULL) {
		err_nomem(err);
		return NULL;
	}
	b->receivers = receivers;
	pthread_mutex_init(&b->asking, NULL);
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->all_there, &attr);
	pthread_condattr_destroy(&attr);
	return b;
}

void
board_free(struct board *b)
{
	if (b == NULL)
		return;
	pthread_cond_destroy(&b->all_there);
	pthread_mutex_destroy(&b->lock);
	pthread_mutex_destroy(&b->asking);
	free(b);
}

void
board_put(struct board *b, unsigned receiver, struct status *part)
{
	struct part *p = &b->parts[receiver];

	pthread_mutex_lock(&b->lock);
	if (b->is_asked && !p->is_there) {
		p->is_there = true;
		p->status = *part;
		part = NULL;
		if (--b->missing == 0)
			pthread_cond_signal(&b->all_there);
	}
	pthread_mutex_unlock(&b->lock);
	if (part != NULL)
		status_fini(part);
}

/* Wait for the parts; how many did not come. */
static unsigned
wait_for_parts(struct board *b)
{
	struct timespec end = clock_after(CLOCK_MONOTONIC, BOARD_WAIT_MS);
	unsigned missing;
	int rc = 0;

	pthread_mutex_lock(&b->lock);
	while (b->missing > 0 && rc == 0)
		rc = pthread_cond_timedwait(&b->all_there, &b->lock, &end);
	b->is_asked = false;
	missing = b->missing;
	pthread_mutex_unlock(&b->lock);
	return missing;
}

static int
merge_parts(struct board *b, struct status *s, struct err *err)
{
	int rc = 0;

	for (unsigned i = 0; i < b->receivers; i++) {
		if (!b->parts[i].is_there)
			continue;
		b->parts[i].is_there = false;
		if (rc == 0)
			rc = status_merge(s, &b->parts[i].status, err);
		else
			status_fini(&b->parts[i].status);
	}
	return rc;
}

int
board_ask(struct board *b, void (*wake)(void *ctx), void *ctx,
    struct status *s, struct err *err)
{
	unsigned missing;
	int rc;

	pthread_mutex_lock(&b->asking);
	pthread_mutex_lock(&b->lock);
	b->missing = b->receivers;
	b->is_asked = true;
	pthread_mutex_unlock(&b->lock);
	wake(ctx);
	missing = wait_for_parts(b);
	rc = merge_parts(b, s, err);
	pthread_mutex_unlock(&b->asking);
	if (missing > 0)
		return err_set(err, ERR_SYSTEM, "%u of %u receivers do not "
		    "answer", missing, b->receivers);
	return rc;
}
