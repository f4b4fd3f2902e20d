/*
 * Pool and queue of blocks.  Two lists under one lock: the queue is first in
 * first out; free blocks are reused last in first out, so that a quiet
 * collector touches the memory of few of them.  The lock is taken once a
 * block, not once a flow.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "flowcapd/block.h"
#include "store/writer.h"

struct blocks {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	struct block *head, **tail;
	struct block *in_work; /* the writer has it */
	struct block *spare;
	unsigned spares; /* length of spare */
	struct block *all;
	unsigned count;
	atomic_bool wants_exporters;
};

struct blocks *
blocks_new(unsigned count, bool has_notes, struct err *err)
{
	struct blocks *q = calloc(1, sizeof(*q));

	if (q == NULL ||
	    (q->all = calloc(count, sizeof(*q->all))) == NULL) {
		free(q);
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->ready, NULL);
	q->tail = &q->head;
	q->count = count;
	for (unsigned i = count; i-- > 0;) {
		struct block *b = &q->all[i];

		if ((b->data = malloc(STORE_BLOCK_SIZE)) == NULL ||
		    (has_notes && (b->notes = store_notes_new()) == NULL)) {
			blocks_free(q);
			err_nomem(err);
			return NULL;
		}
		b->next = q->spare;
		q->spare = b;
		q->spares++;
	}
	return q;
}

void
blocks_free(struct blocks *q)
{
	if (q == NULL)
		return;
	for (unsigned i = 0; i < q->count; i++) {
		free(q->all[i].data);
		store_notes_free(q->all[i].notes);
	}
	pthread_cond_destroy(&q->ready);
	pthread_mutex_destroy(&q->lock);
	free(q->all);
	free(q);
}

struct block *
blocks_take(struct blocks *q)
{
	struct block *b;

	pthread_mutex_lock(&q->lock);
	if ((b = q->spare) != NULL) {
		q->spare = b->next;
		q->spares--;
	}
	pthread_mutex_unlock(&q->lock);
	if (b == NULL)
		return NULL;
	b->next = NULL;
	b->len = 0;
	b->records = 0;
	b->is_due = false;
	b->ends_slot = false;
	record_stats_init(&b->stats);
	if (b->notes != NULL)
		store_notes_clear(b->notes);
	return b;
}

void
blocks_put(struct blocks *q, struct block *b)
{
	b->next = NULL;
	pthread_mutex_lock(&q->lock);
	*q->tail = b;
	q->tail = &b->next;
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
}

struct block *
blocks_get(struct blocks *q)
{
	struct block *b;

	pthread_mutex_lock(&q->lock);
	while ((b = q->head) == NULL)
		pthread_cond_wait(&q->ready, &q->lock);
	if ((q->head = b->next) == NULL)
		q->tail = &q->head;
	q->in_work = b;
	pthread_mutex_unlock(&q->lock);
	return b;
}

void
blocks_return(struct blocks *q, struct block *b)
{
	pthread_mutex_lock(&q->lock);
	b->next = q->spare;
	q->spare = b;
	q->spares++;
	q->in_work = NULL;
	pthread_mutex_unlock(&q->lock);
}

uint64_t
blocks_flows(struct blocks *q)
{
	uint64_t flows = 0;

	pthread_mutex_lock(&q->lock);
	if (q->in_work != NULL)
		flows = q->in_work->stats.flows;
	for (const struct block *b = q->head; b != NULL; b = b->next)
		flows += b->stats.flows;
	pthread_mutex_unlock(&q->lock);
	return flows;
}

bool
blocks_have_spare(struct blocks *q, unsigned n)
{
	bool have;

	pthread_mutex_lock(&q->lock);
	have = q->spares >= n;
	pthread_mutex_unlock(&q->lock);
	return have;
}

void
blocks_want_exporters(struct blocks *q)
{
	atomic_store(&q->wants_exporters, true);
}

bool
blocks_exporters_wanted(struct blocks *q)
{
	return atomic_load_explicit(&q->wants_exporters,
		   memory_order_relaxed) &&
	    atomic_exchange(&q->wants_exporters, false);
}
