/*
 * Ordered worker queue.  A ring of slots; "taken" is the next slot for a
 * worker, "tail" the next one to put, "head" the next one to get.  The lock
 * is held for a few instructions per item, and items are whole blocks.
 */

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/queue.h"

struct slot {
	void *item;
	bool done;
};

struct worker {
	struct queue *queue;
	pthread_t thread;
	unsigned number;
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t work_ready;
	pthread_cond_t item_done;
	struct slot *slots;
	unsigned depth;
	uint64_t head, taken, tail;
	bool stop;
	queue_work work;
	void *ctx;
	struct worker *workers;
	unsigned nworkers;
};

/* Handle the next item that nobody has; the lock is held but for that. */
static void
handle_next(struct queue *q, unsigned worker)
{
	struct slot *slot = &q->slots[q->taken++ % q->depth];

	pthread_mutex_unlock(&q->lock);
	q->work(q->ctx, worker, slot->item);
	pthread_mutex_lock(&q->lock);
	slot->done = true;
	pthread_cond_signal(&q->item_done);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct queue *q = w->queue;

	pthread_mutex_lock(&q->lock);
	for (;;) {
		while (!q->stop && q->taken == q->tail)
			pthread_cond_wait(&q->work_ready, &q->lock);
		if (q->stop)
			break;
		handle_next(q, w->number);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* All signals but those that a fault of the thread itself raises. */
static void
block_signals(sigset_t *old)
{
	sigset_t set;

	sigfillset(&set);
	sigdelset(&set, SIGBUS);
	sigdelset(&set, SIGFPE);
	sigdelset(&set, SIGILL);
	sigdelset(&set, SIGSEGV);
	pthread_sigmask(SIG_SETMASK, &set, old);
}

static int
start_workers(struct queue *q, unsigned workers, struct err *err)
{
	sigset_t old;
	int rc = 0;

	block_signals(&old);
	while (rc == 0 && q->nworkers < workers) {
		struct worker *w = &q->workers[q->nworkers];

		w->queue = q;
		w->number = q->nworkers;
		rc = pthread_create(&w->thread, NULL, worker_main, w);
		if (rc == 0)
			q->nworkers++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0)
		return 0;
	errno = rc;
	return err_system(err, "cannot start a worker thread");
}

struct queue *
queue_new(unsigned workers, unsigned depth, queue_work work, void *ctx,
    struct err *err)
{
	struct queue *q;

	if (workers == 0)
		workers = 1;
	if (depth == 0)
		depth = 1;
	if ((q = calloc(1, sizeof(*q))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->work_ready, NULL);
	pthread_cond_init(&q->item_done, NULL);
	q->depth = depth;
	q->work = work;
	q->ctx = ctx;
	q->slots = calloc(depth, sizeof(*q->slots));
	q->workers = calloc(workers, sizeof(*q->workers));
	if (q->slots == NULL || q->workers == NULL) {
		err_nomem(err);
		goto fail;
	}
	if (start_workers(q, workers, err) == -1)
		goto fail;
	return q;
fail:
	queue_free(q);
	return NULL;
}

int
queue_put(struct queue *q, void *item)
{
	struct slot *slot;

	assert(item != NULL);
	pthread_mutex_lock(&q->lock);
	if (q->tail - q->head == q->depth) {
		pthread_mutex_unlock(&q->lock);
		return 0;
	}
	slot = &q->slots[q->tail++ % q->depth];
	slot->item = item;
	slot->done = false;
	pthread_cond_signal(&q->work_ready);
	pthread_mutex_unlock(&q->lock);
	return 1;
}

static void *
get(struct queue *q, bool wait)
{
	void *item = NULL;
	struct slot *slot;

	pthread_mutex_lock(&q->lock);
	if (q->head != q->tail) {
		slot = &q->slots[q->head % q->depth];
		while (wait && !slot->done) {
			if (q->taken != q->tail)
				handle_next(q, q->nworkers);
			else
				pthread_cond_wait(&q->item_done, &q->lock);
		}
		if (slot->done) {
			item = slot->item;
			q->head++;
		}
	}
	pthread_mutex_unlock(&q->lock);
	return item;
}

void *
queue_get(struct queue *q)
{
	return get(q, true);
}

void *
queue_try_get(struct queue *q)
{
	return get(q, false);
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	pthread_mutex_lock(&q->lock);
	q->stop = true;
	pthread_cond_broadcast(&q->work_ready);
	pthread_mutex_unlock(&q->lock);
	for (unsigned i = 0; i < q->nworkers; i++)
		pthread_join(q->workers[i].thread, NULL);
	pthread_cond_destroy(&q->item_done);
	pthread_cond_destroy(&q->work_ready);
	pthread_mutex_destroy(&q->lock);
	free(q->workers);
	free(q->slots);
	free(q);
}
