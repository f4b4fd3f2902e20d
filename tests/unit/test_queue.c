/*
 * Ordered queue: items come out as they went in, whatever the workers do;
 * bounds, and the end with work inside.  Nothing here waits for a time.
 */
#include "base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "nomem.h"
#include "tap.h"

#define ITEMS 400

struct item {
	unsigned number;
	unsigned work; /* how long, in yields of the processor */
	unsigned worker;
	unsigned done; /* times it was handled */
};

/* What the workers share; gate closed: they wait in the middle of an item. */
struct shop {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	unsigned started;
	unsigned finished;
};

static void
handle(void *ctx, unsigned worker, void *arg)
{
	struct item *item = arg;

	(void)ctx;
	for (unsigned i = 0; i < item->work; i++)
		sched_yield();
	item->worker = worker;
	item->done++;
}

static void
handle_gated(void *ctx, unsigned worker, void *arg)
{
	struct shop *shop = ctx;

	pthread_mutex_lock(&shop->lock);
	shop->started++;
	pthread_cond_broadcast(&shop->changed);
	while (!shop->open)
		pthread_cond_wait(&shop->changed, &shop->lock);
	pthread_mutex_unlock(&shop->lock);
	handle(NULL, worker, arg);
	pthread_mutex_lock(&shop->lock);
	shop->finished++;
	pthread_cond_broadcast(&shop->changed);
	pthread_mutex_unlock(&shop->lock);
}

static void
shop_init(struct shop *shop)
{
	memset(shop, 0, sizeof(*shop));
	pthread_mutex_init(&shop->lock, NULL);
	pthread_cond_init(&shop->changed, NULL);
}

static void
shop_fini(struct shop *shop)
{
	pthread_cond_destroy(&shop->changed);
	pthread_mutex_destroy(&shop->lock);
}

static void
shop_wait_started(struct shop *shop, unsigned count)
{
	pthread_mutex_lock(&shop->lock);
	while (shop->started < count)
		pthread_cond_wait(&shop->changed, &shop->lock);
	pthread_mutex_unlock(&shop->lock);
}

static void
shop_open(struct shop *shop)
{
	pthread_mutex_lock(&shop->lock);
	shop->open = true;
	pthread_cond_broadcast(&shop->changed);
	pthread_mutex_unlock(&shop->lock);
}

static struct queue *
make(unsigned workers, unsigned depth, queue_work work, void *ctx)
{
	struct err err;
	struct queue *q = queue_new(workers, depth, work, ctx, &err);

	if (q == NULL)
		bail("queue_new: %s", err.text);
	return q;
}

static bool
is_next(const struct item *item, unsigned *expected, unsigned workers)
{
	return item->number == (*expected)++ && item->done == 1 &&
	    item->worker <= workers;
}

/* All items through a queue, puts and gets mixed at random. */
static bool
keeps_order(struct dice *d, unsigned workers, unsigned depth)
{
	struct item items[ITEMS], *item;
	unsigned put = 0, got = 0;
	bool good = true;
	struct queue *q = make(workers, depth, handle, NULL);

	memset(items, 0, sizeof(items));
	while (good && got < ITEMS) {
		if (put < ITEMS && dice_below(d, 3) > 0) {
			items[put].number = put;
			items[put].work = (unsigned)dice_below(d, 20);
			if (queue_put(q, &items[put]) == 1)
				put++;
			else
				good = put - got == depth;
			good = good && put - got <= depth;
			continue;
		}
		item = dice_below(d, 2) == 0 ? queue_get(q) : queue_try_get(q);
		if (item != NULL)
			good = is_next(item, &got, workers);
	}
	good = good && queue_get(q) == NULL && queue_try_get(q) == NULL;
	queue_free(q);
	return good;
}

static void
test_order(void)
{
	struct dice d;
	bool good;

	dice_init(&d);
	for (unsigned workers = 1; workers <= 8; workers++) {
		good = true;
		for (int i = 0; good && i < 5; i++)
			good = keeps_order(
			    &d, workers, 1 + (unsigned)dice_below(&d, 20));
		ok(good, "order and bounds with %u workers", workers);
	}
}

static void
test_full(unsigned workers, unsigned depth)
{
	struct item items[9];
	struct shop shop;
	struct queue *q;
	unsigned put = 0;

	memset(items, 0, sizeof(items));
	shop_init(&shop);
	q = make(workers, depth, handle_gated, &shop);
	ok(queue_get(q) == NULL && queue_try_get(q) == NULL,
	    "%u workers: an empty queue gives nothing", workers);
	while (put < 8 && queue_put(q, &items[put]) == 1)
		put++;
	is_uint(put, depth, "%u workers: %u items go in", workers, depth);
	is_int(queue_put(q, &items[put]), 0, "and no other one");
	ok(queue_try_get(q) == NULL, "the oldest one is not done");
	shop_open(&shop);
	ok(queue_get(q) == &items[0], "the first one comes out");
	is_int(queue_put(q, &items[put]), 1, "and makes room for another");
	for (unsigned i = 1; i <= put; i++)
		ok(queue_get(q) == &items[i], "then number %u", i);
	ok(queue_get(q) == NULL, "then the queue is empty");
	queue_free(q);
	is_uint(shop.finished, depth + 1, "every item was handled once");
	shop_fini(&shop);
}

/* Two under way, four waiting: the two are finished, the rest may be. */
static void
test_free(void)
{
	struct item items[6];
	unsigned handled = 0;
	struct shop shop;
	struct queue *q;

	memset(items, 0, sizeof(items));
	shop_init(&shop);
	q = make(2, 6, handle_gated, &shop);
	for (unsigned i = 0; i < 6; i++) {
		items[i].work = 50;
		queue_put(q, &items[i]);
	}
	shop_wait_started(&shop, 2);
	shop_open(&shop);
	queue_free(q);
	for (unsigned i = 0; i < 6; i++)
		handled += items[i].done;
	ok(shop.finished >= 2 && shop.finished == shop.started,
	    "queue_free() waits for what is under way");
	is_uint(handled, shop.finished, "and nothing runs after it");
	shop_fini(&shop);
	queue_free(NULL);
	queue_free(make(8, 1, handle, NULL));
	ok(1, "queue_free() of nothing, and of a queue that was not used");
}

/* No worker and no depth mean one. */
/* The oldest item, handled by a worker and not by us. */
static void *
wait_for_worker(struct queue *q)
{
	void *item;

	while ((item = queue_try_get(q)) == NULL)
		sched_yield();
	return item;
}

static void
test_least(void)
{
	struct item item = { 0 }, other = { 0 };
	struct queue *q = make(0, 0, handle, NULL);

	is_int(queue_put(q, &item), 1, "a queue of depth 0 takes an item");
	is_int(queue_put(q, &other), 0, "but one only");
	ok(wait_for_worker(q) == &item && item.done == 1 && item.worker == 0,
	    "and a worker handles it");
	queue_free(q);
}

/* The first item waits for the gate; the second one opens it. */
static void
handle_opening(void *ctx, unsigned worker, void *arg)
{
	struct item *item = arg;

	if (item->number == 0) {
		handle_gated(ctx, worker, arg);
		return;
	}
	handle(NULL, worker, arg);
	shop_open(ctx);
}

/* While the only worker is stuck, who gets handles what is left. */
static void
test_helping(void)
{
	struct item first = { .number = 0 }, second = { .number = 1 };
	struct shop shop;
	struct queue *q;

	shop_init(&shop);
	q = make(1, 2, handle_opening, &shop);
	queue_put(q, &first);
	shop_wait_started(&shop, 1);
	queue_put(q, &second);
	ok(queue_get(q) == &first && queue_get(q) == &second,
	    "in order, though the second was handled first");
	is_uint(first.worker, 0, "the worker had the first");
	is_uint(second.worker, 1, "the second was ours");
	queue_free(q);
	shop_fini(&shop);
}

static void
look_at_mask(void *ctx, unsigned worker, void *item)
{
	(void)worker;
	(void)item;
	pthread_sigmask(SIG_BLOCK, NULL, ctx);
}

static void
test_signals(void)
{
	sigset_t before, after, inside;
	int blocked = 1, item = 0;
	struct queue *q;

	pthread_sigmask(SIG_BLOCK, NULL, &before);
	q = make(1, 1, look_at_mask, &inside);
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	queue_put(q, &item);
	wait_for_worker(q);
	queue_free(q);
	blocked &= sigismember(&inside, SIGTERM);
	blocked &= sigismember(&inside, SIGINT);
	blocked &= sigismember(&inside, SIGHUP);
	blocked &= sigismember(&inside, SIGALRM);
	ok(blocked, "signals for the program are blocked in workers");
	ok(!sigismember(&inside, SIGSEGV) && !sigismember(&inside, SIGBUS) &&
		!sigismember(&inside, SIGFPE),
	    "those that a fault raises are not");
	ok(sigismember(&before, SIGTERM) == sigismember(&after, SIGTERM),
	    "the caller's mask is what it was");
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*start)(void *), void *arg);

static unsigned threads_left = UINT32_MAX;

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
    void *(*start)(void *), void *arg)
{
	if (threads_left == 0)
		return EAGAIN;
	threads_left--;
	return __real_pthread_create(thread, attr, start, arg);
}

static void
test_failures(void)
{
	struct queue *q;
	struct err err;
	unsigned n;

	for (n = 1;; n++) {
		nomem_at(n);
		q = queue_new(3, 5, handle, NULL, &err);
		if (!nomem_hit())
			break;
		ok(q == NULL && err.code == ERR_NOMEM,
		    "no memory for allocation %u", n);
	}
	nomem_at(0);
	ok(q != NULL && n > 1, "all memory that was wanted");
	queue_free(q);
	for (n = 0; n < 3; n++) {
		threads_left = n;
		errno = 0;
		q = queue_new(3, 5, handle, NULL, &err);
		ok(q == NULL && err.code == ERR_SYSTEM, "%u of 3 threads start",
		    n);
		ok(strstr(err.text, ": Resource temporarily") != NULL,
		    "the reason is in '%s'", err.text);
	}
	threads_left = UINT32_MAX;
	nomem_at(1);
	ok(queue_new(1, 1, handle, NULL, NULL) == NULL,
	    "a failure without an error");
	nomem_at(0);
}

int
main(void)
{
	test_order();
	test_full(1, 1);
	test_full(1, 5);
	test_full(3, 3);
	test_full(8, 2);
	test_free();
	test_least();
	test_helping();
	test_signals();
	test_failures();
	return done_testing();
}
