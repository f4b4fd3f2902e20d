/*
 * Pool and queue of blocks, under one lock, which is taken once a block, not
 * once a flow.
 *
 * Free blocks are reused last in first out, so that a quiet collector touches
 * the memory of few of them.  With many sources there are more blocks than
 * may be full at a time: the pool is bounded by number, and what waits for the
 * writer by bytes.  Memory of free blocks beyond that bound goes back to the
 * system, and such a block to the end of the list.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "flowcapd/block.h"
#include "store/writer.h"

#define PAGE 4096

struct blocks {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	struct item *head, **tail;
	struct block *spare; /* by link, warm ones first */
	struct block **spare_end;
	size_t warm; /* bytes that free blocks hold */
	unsigned used; /* blocks that are not free */
	unsigned made;
	unsigned limit;
	unsigned fillers; /* with blocks of their own */
	size_t budget; /* bytes that may wait for the writer */
	size_t waiting; /* bytes that do */
	uint64_t flows; /* and flows */
	struct block **all;
	unsigned room; /* of all */
	bool has_notes;
	atomic_uint wanted;
};

static struct block *
block_new(bool has_notes)
{
	struct block *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->item.kind = ITEM_BLOCK;
	b->data = aligned_alloc(PAGE, STORE_BLOCK_SIZE);
	if (b->data == NULL ||
	    (has_notes && (b->notes = store_notes_new()) == NULL)) {
		free(b->data);
		free(b);
		return NULL;
	}
	return b;
}

static void
push_spare(struct blocks *q, struct block *b)
{
	if (q->warm + b->touched > q->budget) {
		madvise(b->data, STORE_BLOCK_SIZE, MADV_DONTNEED);
		b->touched = 0;
		b->link = NULL;
		*q->spare_end = b;
		q->spare_end = &b->link;
		return;
	}
	q->warm += b->touched;
	if ((b->link = q->spare) == NULL)
		q->spare_end = &b->link;
	q->spare = b;
}

static struct block *
pop_spare(struct blocks *q)
{
	struct block *b = q->spare;

	if ((q->spare = b->link) == NULL)
		q->spare_end = &q->spare;
	q->warm -= b->touched;
	return b;
}

/* One more block for the pool. */
static struct block *
make_block(struct blocks *q)
{
	unsigned room = q->room == 0 ? 64 : q->room * 2;
	struct block **all, *b;

	if (q->made == q->room) {
		if ((all = realloc(q->all, room * sizeof(*all))) == NULL)
			return NULL;
		q->all = all;
		q->room = room;
	}
	if ((b = block_new(q->has_notes)) != NULL)
		q->all[q->made++] = b;
	return b;
}

struct blocks *
blocks_new(unsigned count, bool has_notes, struct err *err)
{
	struct blocks *q = calloc(1, sizeof(*q));
	struct block *b;

	if (q == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->ready, NULL);
	q->tail = &q->head;
	q->spare_end = &q->spare;
	q->has_notes = has_notes;
	q->limit = count;
	q->budget = (size_t)count * STORE_BLOCK_SIZE;
	for (unsigned i = 0; i < count; i++) {
		if ((b = make_block(q)) == NULL) {
			blocks_free(q);
			err_nomem(err);
			return NULL;
		}
		push_spare(q, b);
	}
	return q;
}

void
blocks_free(struct blocks *q)
{
	if (q == NULL)
		return;
	for (struct item *i = q->head, *next; i != NULL; i = next) {
		next = i->next;
		if (i->kind != ITEM_BLOCK)
			free(i);
	}
	for (unsigned i = 0; i < q->made; i++) {
		free(q->all[i]->data);
		store_notes_free(q->all[i]->notes);
		free(q->all[i]);
	}
	pthread_cond_destroy(&q->ready);
	pthread_mutex_destroy(&q->lock);
	free(q->all);
	free(q);
}

void
blocks_grow(struct blocks *q, unsigned more)
{
	pthread_mutex_lock(&q->lock);
	q->limit += more;
	q->fillers++;
	pthread_mutex_unlock(&q->lock);
}

static unsigned
spares(const struct blocks *q)
{
	size_t bytes = q->budget > q->waiting ? q->budget - q->waiting : 0;
	size_t full = bytes / STORE_BLOCK_SIZE;
	unsigned n = q->limit - q->used;

	return full < n ? (unsigned)full : n;
}

struct block *
blocks_take(struct blocks *q, unsigned keep)
{
	struct block *b = NULL;

	pthread_mutex_lock(&q->lock);
	if (spares(q) > keep) {
		b = q->spare != NULL ? pop_spare(q) : make_block(q);
		q->used += b != NULL;
	}
	pthread_mutex_unlock(&q->lock);
	if (b == NULL)
		return NULL;
	b->item.next = NULL;
	b->source = NULL;
	b->len = 0;
	b->records = 0;
	b->is_due = false;
	record_stats_init(&b->stats);
	if (b->notes != NULL)
		store_notes_clear(b->notes);
	return b;
}

/* Count what a block adds to what waits. */
static void
count_block(struct blocks *q, struct block *b)
{
	q->waiting += b->len;
	q->flows += b->stats.flows;
	if (b->touched < b->len)
		b->touched = b->len;
}

/* The state of a receiver that still waits, off the queue, or NULL. */
static struct item *
take_state(struct blocks *q, uint32_t receiver)
{
	struct item **at = &q->head, *item;

	while ((item = *at) != NULL &&
	    (item->kind != ITEM_STATE || item->receiver != receiver))
		at = &item->next;
	if (item != NULL && (*at = item->next) == NULL)
		q->tail = at;
	return item;
}

void
blocks_put(struct blocks *q, struct item *item)
{
	struct item *old = NULL;

	item->next = NULL;
	pthread_mutex_lock(&q->lock);
	if (item->kind == ITEM_BLOCK)
		count_block(q, (struct block *)item);
	else if (item->kind == ITEM_STATE)
		old = take_state(q, item->receiver);
	*q->tail = item;
	q->tail = &item->next;
	pthread_cond_signal(&q->ready);
	pthread_mutex_unlock(&q->lock);
	free(old);
}

struct item *
blocks_get(struct blocks *q)
{
	struct item *item;

	pthread_mutex_lock(&q->lock);
	while ((item = q->head) == NULL)
		pthread_cond_wait(&q->ready, &q->lock);
	if ((q->head = item->next) == NULL)
		q->tail = &q->head;
	pthread_mutex_unlock(&q->lock);
	return item;
}

void
blocks_return(struct blocks *q, struct block *b)
{
	pthread_mutex_lock(&q->lock);
	q->waiting -= b->len;
	q->flows -= b->stats.flows;
	q->used--;
	push_spare(q, b);
	pthread_mutex_unlock(&q->lock);
}

uint64_t
blocks_flows(struct blocks *q)
{
	uint64_t flows;

	pthread_mutex_lock(&q->lock);
	flows = q->flows;
	pthread_mutex_unlock(&q->lock);
	return flows;
}

bool
blocks_have(struct blocks *q, struct spare_blocks room)
{
	bool have;

	pthread_mutex_lock(&q->lock);
	have = spares(q) >= room.full &&
	    q->limit - q->used >= room.full + room.each * q->fillers;
	pthread_mutex_unlock(&q->lock);
	return have;
}

void
blocks_room(struct blocks *q, uint32_t *free_blocks, uint32_t *all,
    uint64_t *waiting)
{
	pthread_mutex_lock(&q->lock);
	*free_blocks = spares(q);
	*all = q->limit;
	*waiting = q->waiting;
	pthread_mutex_unlock(&q->lock);
}

void
blocks_want_exporters(struct blocks *q)
{
	atomic_fetch_add(&q->wanted, 1);
}

uint32_t
blocks_exporters_wanted(struct blocks *q)
{
	return atomic_load_explicit(&q->wanted, memory_order_relaxed);
}
