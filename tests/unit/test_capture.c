/*
 * The receiver with a writer that does not keep up.  Datagrams wait in the
 * socket; where even that does not help, flows are dropped and counted, none
 * is counted twice, and the slot still ends.
 */

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "common/log.h"
#include "common/udp.h"
#include "flowcapd/capture.h"
#include "flowcapd/intake_udp.h"
#include "tap.h"

#define RECORDS 30
#define DATAGRAMS 1100
#define POOL 6
#define POOL_TOO_SMALL 2
#define SPARE 4 /* fewer free blocks make the receiver wait */
#define LONG_MS 60000 /* for what takes less */
#define HANGING 8 /* datagrams while the writer hangs, or more */
#define HANGING_MAX 150
#define CALLS 2000 /* of an intake at the stop, each of which takes 2 ms */
#define LEN (24 + RECORDS * 48)

/* What the writer of this test gets. */
struct seen {
	struct blocks *blocks;
	int fd; /* what the receiver reads */
	unsigned pool;
	unsigned count;
	unsigned due;
	uint64_t flows;
	uint64_t packets;
	struct slot_total end;
	struct slot_counters counters;
};

static bool
has_spare(struct blocks *q, unsigned n)
{
	return blocks_have(q, (struct spare_blocks){ n, 0 });
}

/*
 * The receiver has got to where this writer is missed: it waits for blocks, or
 * has read all and put it into a pool that does not hold it.
 */
static bool
is_missed(const struct seen *seen)
{
	int waiting = 0;

	if (seen->pool >= SPARE)
		return !has_spare(seen->blocks, SPARE);
	ioctl(seen->fd, FIONREAD, &waiting);
	return waiting == 0;
}

static void
take_block(struct seen *seen, struct block *b)
{
	seen->count++;
	seen->due += b->is_due;
	seen->flows += b->stats.flows;
	seen->packets += b->stats.packets;
	blocks_return(seen->blocks, b);
}

static void
take_end(struct seen *seen, struct slot_end *end)
{
	seen->end = end->total;
	if (end->count > 0)
		seen->counters = end->sources[0].counters;
	for (uint32_t i = 0; i < end->count; i++)
		store_ledger_free(end->sources[i].counters.ledger);
	free(end);
}

/* Until the last slot has ended. */
static void
write_all(struct seen *seen)
{
	struct item *item;

	while (!seen->end.is_last) {
		item = blocks_get(seen->blocks);
		if (item->kind == ITEM_BLOCK)
			take_block(seen, (struct block *)item);
		else
			take_end(seen, (struct slot_end *)item);
	}
}

static void *
slow_writer(void *arg)
{
	struct seen *seen = arg;

	for (unsigned i = 0; i < LONG_MS && !is_missed(seen); i++)
		usleep(1000);
	write_all(seen);
	return NULL;
}

static void
make_v5(uint8_t out[LEN], uint32_t sequence)
{
	memset(out, 0, LEN);
	store_be16(out, 5);
	store_be16(out + 2, RECORDS);
	store_be32(out + 4, 1000000);
	store_be32(out + 8, 1700000000);
	store_be32(out + 16, sequence);
	for (unsigned i = 0; i < RECORDS; i++) {
		uint8_t *r = out + 24 + i * 48;

		store_be32(r, 0x0a000001 + i);
		store_be32(r + 4, 0x0a000101);
		store_be32(r + 16, 1);
		store_be32(r + 20, 100);
		r[38] = 6;
	}
}

/* Send datagrams number first to first + count. */
static void
send_some(uint16_t port, uint32_t first, uint32_t count)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t data[LEN];

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (uint32_t i = first; i < first + count; i++) {
		make_v5(data, i * RECORDS);
		sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&to,
		    sizeof(to));
	}
	close(fd);
}

/* A receiver and what it needs. */
struct bench {
	struct udp_bound bound;
	struct intake *intake;
	struct blocks *blocks;
	struct sources *sources;
	struct slots *slots;
	struct tuning tuning;
	struct capture *c;
};

/* Start a receiver that has a pool of that many blocks. */
static void
set_up(struct bench *b, unsigned pool, unsigned enough, uint32_t interval_s,
    uint32_t flush_s)
{
	struct udp_listen how = { .host = "127.0.0.1", .port = "0" };
	struct capture_options options = { .interval_s = interval_s,
		.flush_s = flush_s, .intake_count = 1,
		.enough_blocks = enough, .limits = WIRE_LIMITS_DEFAULT };
	struct err err;

	if (udp_listen(&how, &b->bound, &err) == -1 ||
	    (b->intake = intake_udp(b->bound.fd, &err)) == NULL ||
	    (b->blocks = blocks_new(pool, true, &err)) == NULL ||
	    (b->slots = slots_new(1, &err)) == NULL ||
	    (b->sources = sources_new(&err)) == NULL ||
	    sources_add(b->sources, "test", NULL, "none", &err) == -1)
		bail("%s", err.text);
	options.intakes = &b->intake;
	options.buffer = b->bound.buffer;
	options.blocks = b->blocks;
	options.slots = b->slots;
	options.sources = b->sources;
	b->tuning = (struct tuning)TUNING_INIT;
	options.tuning = &b->tuning;
	if ((b->c = capture_new(&options, time(NULL), &err)) == NULL)
		bail("%s", err.text);
}

static void
tear_down(struct bench *b)
{
	capture_free(b->c);
	blocks_free(b->blocks);
	slots_free(b->slots);
	sources_free(b->sources);
	b->intake->close(b->intake);
}

/* Receive everything into a pool of that many blocks; 0, or -1 to skip. */
static int
run(unsigned pool, struct seen *seen)
{
	struct bench b;
	pthread_t thread;
	struct err err;

	memset(seen, 0, sizeof(*seen));
	seen->pool = pool;
	set_up(&b, pool, 0, 86400, 60);
	if (b.bound.buffer < UDP_BUFFER_DEFAULT) {
		tear_down(&b);
		return -1;
	}
	seen->blocks = b.blocks;
	seen->fd = b.bound.fd;
	capture_ask(b.c, CAPTURE_STOP); /* receive, then end */
	send_some(b.bound.port, 0, DATAGRAMS);
	if (pthread_create(&thread, NULL, slow_writer, seen) != 0)
		bail("no thread");
	is_int(capture_run(b.c, &err), 0, "%u blocks: the slot ends", pool);
	pthread_join(thread, NULL);
	is_uint(seen->flows + seen->counters.queue_drops,
	    seen->counters.datagrams * RECORDS,
	    "%u blocks: every flow is stored or counted", pool);
	is_uint(seen->counters.wire.sequence_failures, 0,
	    "%u blocks: the decoder has seen all", pool);
	tear_down(&b);
	return 0;
}

static void *
run_capture(void *arg)
{
	struct err err;

	capture_run(arg, &err);
	return NULL;
}

/*
 * A writer that does nothing for a while.  With a datagram now and then,
 * blocks leave by their age while enough of them are free, and then
 * stay.
 */
static void
test_hanging(void)
{
	struct seen seen = { .pool = POOL };
	struct bench b;
	unsigned sent = 0;
	pthread_t thread;

	set_up(&b, POOL, POOL - 2, 86400, 1);
	if (pthread_create(&thread, NULL, run_capture, b.c) != 0)
		bail("no thread");
	while (sent < HANGING || (sent < HANGING_MAX &&
	    has_spare(b.blocks, POOL - 1))) {
		send_some(b.bound.port, sent++, 1);
		usleep(400000);
	}
	is_uint(blocks_flows(b.blocks) % RECORDS, 0, "whole datagrams wait");
	ok(!has_spare(b.blocks, POOL - 1), "blocks have left");
	ok(has_spare(b.blocks, POOL - 4), "and do not use up the pool");
	capture_ask(b.c, CAPTURE_STOP);
	seen.blocks = b.blocks;
	write_all(&seen);
	pthread_join(thread, NULL);
	ok(seen.due > 0 && seen.due <= 3, "%u blocks left because of their age",
	    seen.due);
	is_uint(seen.flows, sent * RECORDS, "every flow comes");
	is_uint(blocks_flows(b.blocks), 0, "none is left");
	tear_down(&b);
}

/* No block is ever free: what that costs is told at the end. */
static void
test_stuck(void)
{
	struct err err = { .code = ERR_NONE };
	struct bench b;
	struct block *block;

	set_up(&b, 1, 0, 86400, 1);
	block = blocks_take(b.blocks, 0);
	send_some(b.bound.port, 0, 1);
	capture_ask(b.c, CAPTURE_STOP);
	is_int(capture_run(b.c, &err), -1, "the slot stays");
	is_str(err.text,
	    "the disk does not keep up: the last 30 flows are dropped",
	    "and its flows are counted");
	blocks_return(b.blocks, block);
	tear_down(&b);
}

static unsigned endless_calls;

static int
receive_endless(struct intake *in, const struct udp_datagram **list,
    struct err *err)
{
	static struct udp_datagram empty[UDP_BATCH];

	(void)in;
	(void)err;
	endless_calls++;
	usleep(2000);
	*list = empty;
	return UDP_BATCH;
}

/* Somebody sends faster than we receive, and does not stop for us. */
static void
test_endless(void)
{
	struct bench b;

	set_up(&b, POOL, 0, 86400, 60);
	b.intake->receive = receive_endless;
	capture_ask(b.c, CAPTURE_STOP);
	is_int(capture_run(b.c, NULL), 0, "the last slot ends");
	ok(endless_calls > 0 && endless_calls < CALLS,
	    "some that come are taken before: %u", endless_calls);
	tear_down(&b);
}

/* Settings change while it receives: what is read after has the new rate. */
static void
test_tuning(void)
{
	static const uint32_t rates[] = { 1, 7, 3 };
	struct seen seen = { .pool = POOL };
	struct bench b;
	struct settings s = SETTINGS_DEFAULT;
	int waiting;
	pthread_t thread;

	set_up(&b, POOL, 0, 86400, 60);
	if (pthread_create(&thread, NULL, run_capture, b.c) != 0)
		bail("no thread");
	for (unsigned i = 0; i < 3; i++) {
		s.sampling = rates[i];
		tuning_set(&b.tuning, &s);
		send_some(b.bound.port, i, 1);
		do
			usleep(1000);
		while (ioctl(b.bound.fd, FIONREAD, &waiting) == 0 &&
		    waiting > 0);
	}
	capture_ask(b.c, CAPTURE_STOP);
	seen.blocks = b.blocks;
	write_all(&seen);
	pthread_join(thread, NULL);
	is_uint(seen.flows, 3 * RECORDS, "all are stored");
	is_uint(seen.packets, (1 + 7 + 3) * RECORDS, "each with its rate");
	is_uint(seen.count, 3, "and no block has two");
	tear_down(&b);
}

int
main(void)
{
	struct seen seen;

	log_init("test");
	if (run(POOL, &seen) == -1)
		skip_all("the system grants too small a receive buffer");
	is_uint(seen.counters.queue_drops, 0, "none is dropped");
	is_uint(seen.flows, DATAGRAMS * RECORDS, "all are stored");
	ok(seen.count > 1, "in %u blocks", seen.count);
	if (run(POOL_TOO_SMALL, &seen) == -1)
		bail("no receive buffer");
	ok(seen.counters.queue_drops > 0, "flows were dropped: %llu",
	    (unsigned long long)seen.counters.queue_drops);
	ok(seen.flows > 0, "some are stored");
	test_hanging();
	test_stuck();
	test_endless();
	test_tuning();
	return done_testing();
}
