#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "base/err.h"

/*
 * A queue of work items that keeps order: items are put in, workers handle
 * them in any order, and they come out in the order in which they went in.
 * One thread puts and gets; "work" runs on the workers, and on that thread
 * while it would wait.  At most "depth" items are inside, so memory is bounded
 * by the caller's items, and no more than "depth" threads have work at a time.
 */

struct queue;

/*
 * Handle one item; "worker" counts from 0, and is the number of workers for
 * the thread that gets.  Called by several threads at once, never twice for an
 * item.
 */
typedef void (*queue_work)(void *ctx, unsigned worker, void *item);

/*
 * Start the workers.  No workers and no depth mean one.  NULL on failure:
 * ERR_NOMEM, ERR_SYSTEM.  Signals are blocked in the workers.
 */
struct queue *queue_new(unsigned workers, unsigned depth, queue_work work,
    void *ctx, struct err *err);

/*
 * Put an item in, which is not NULL and stays the caller's.  1, or 0 when the
 * queue is full: call queue_get() first.
 */
int queue_put(struct queue *q, void *item);

/*
 * The oldest item, when it is done; NULL when none is inside.  Until then the
 * caller's thread handles what no worker has taken yet.
 */
void *queue_get(struct queue *q);

/* As queue_get(), but NULL when the oldest one is not done yet. */
void *queue_try_get(struct queue *q);

/* Wait for work under way, drop the rest, stop.  NULL is allowed. */
void queue_free(struct queue *q);

#endif
