/*
 * The receiver with a writer that does not keep up.  Datagrams wait in the
 * socket; where even that does not help, flows are dropped and counted, none
 * is counted twice, and the slot still ends.
 */

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "common/log.h"
#include "common/udp.h"
#include "flowcapd/capture.h"
#include "tap.h"

#define RECORDS 30
#define DATAGRAMS 800
#define POOL 6
#define POOL_TOO_SMALL 2
#define SPARE 4 /* fewer free blocks make the receiver wait */
#define LONG_MS 60000 /* for what takes less */
#define HANGING 8 /* datagrams while the writer hangs, or more */
#define HANGING_MAX 150
#define LEN (24 + RECORDS * 48)

/* What the writer of this test gets. */
struct seen {
	struct blocks *blocks;
	int fd; /* what the receiver reads */
	unsigned pool;
	unsigned count;
	uint64_t flows;
	struct slot_end end;
};

/*
 * The receiver has got to where this writer is missed: it waits for blocks, or
 * has read all and put it into a pool that does not hold it.
 */
static bool
is_missed(const struct seen *seen)
{
	int waiting = 0;

	if (seen->pool >= SPARE)
		return !blocks_have_spare(seen->blocks, SPARE);
	ioctl(seen->fd, FIONREAD, &waiting);
	return waiting == 0;
}

static void *
slow_writer(void *arg)
{
	struct seen *seen = arg;
	bool is_last = false;
	struct block *b;

	for (unsigned i = 0; i < LONG_MS && !is_missed(seen); i++)
		usleep(1000);
	while (!is_last) {
		b = blocks_get(seen->blocks);
		seen->count++;
		seen->flows += b->stats.flows;
		is_last = b->ends_slot && b->end.is_last;
		seen->end = b->end;
		blocks_return(seen->blocks, b);
	}
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

/* Receive everything into a pool of that many blocks; 0, or -1 to skip. */
static int
run(unsigned pool, struct seen *seen)
{
	struct udp_listen how = { .host = "127.0.0.1", .port = "0" };
	struct capture_options options = { .interval_s = 86400, .flush_s = 60,
		.sampling = 1 };
	struct capture_signals signals = { 1, 0 }; /* receive, then end */
	struct udp_bound bound;
	struct capture *c;
	pthread_t thread;
	sigset_t mask;
	struct err err;

	sigemptyset(&mask);
	memset(seen, 0, sizeof(*seen));
	seen->pool = pool;
	if (udp_listen(&how, &bound, &err) == -1)
		bail("%s", err.text);
	if (bound.buffer < UDP_BUFFER_DEFAULT) {
		close(bound.fd);
		return -1;
	}
	options.fd = seen->fd = bound.fd;
	options.buffer = bound.buffer;
	if ((seen->blocks = blocks_new(pool, true, &err)) == NULL)
		bail("%s", err.text);
	c = capture_new(&options, seen->blocks, 1700000000, &err);
	if (c == NULL)
		bail("%s", err.text);
	send_some(bound.port, 0, DATAGRAMS);
	if (pthread_create(&thread, NULL, slow_writer, seen) != 0)
		bail("no thread");
	is_int(capture_run(c, &signals, &mask, &err), 0,
	    "%u blocks: the slot ends", pool);
	pthread_join(thread, NULL);
	is_uint(seen->flows + seen->end.counters.queue_drops,
	    seen->end.counters.datagrams * RECORDS,
	    "%u blocks: every flow is stored or counted", pool);
	is_uint(seen->end.counters.wire.sequence_failures, 0,
	    "%u blocks: the decoder has seen all", pool);
	capture_free(c);
	blocks_free(seen->blocks);
	close(bound.fd);
	return 0;
}

/* Start a receiver that has a pool of that many blocks. */
static struct capture *
start(unsigned pool, unsigned enough, struct udp_bound *bound,
    struct blocks **blocks)
{
	struct udp_listen how = { .host = "127.0.0.1", .port = "0" };
	struct capture_options options = { .interval_s = 86400, .flush_s = 1,
		.sampling = 1, .enough_blocks = enough };
	struct capture *c;
	struct err err;

	if (udp_listen(&how, bound, &err) == -1 ||
	    (*blocks = blocks_new(pool, true, &err)) == NULL)
		bail("%s", err.text);
	options.fd = bound->fd;
	c = capture_new(&options, *blocks, time(NULL), &err);
	if (c == NULL)
		bail("%s", err.text);
	return c;
}

/* What a thread of its own runs, until told to stop. */
struct running {
	struct capture *c;
	struct capture_signals signals;
};

static void *
run_capture(void *arg)
{
	struct running *r = arg;
	sigset_t mask;
	struct err err;

	sigemptyset(&mask);
	capture_run(r->c, &r->signals, &mask, &err);
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
	struct running r = { .c = NULL };
	struct udp_bound bound;
	struct blocks *blocks;
	bool is_last = false;
	unsigned due = 0, sent = 0;
	uint64_t flows = 0;
	pthread_t thread;
	struct block *b;

	r.c = start(POOL, POOL - 2, &bound, &blocks);
	if (pthread_create(&thread, NULL, run_capture, &r) != 0)
		bail("no thread");
	while (sent < HANGING || (sent < HANGING_MAX &&
	    blocks_have_spare(blocks, POOL - 1))) {
		send_some(bound.port, sent++, 1);
		usleep(400000);
	}
	is_uint(blocks_flows(blocks) % RECORDS, 0, "whole datagrams wait");
	ok(!blocks_have_spare(blocks, POOL - 1), "blocks have left");
	ok(blocks_have_spare(blocks, POOL - 4), "and do not use up the pool");
	r.signals.stop = 1;
	while (!is_last) {
		b = blocks_get(blocks);
		due += b->is_due;
		flows += b->stats.flows;
		is_last = b->ends_slot;
		blocks_return(blocks, b);
	}
	pthread_join(thread, NULL);
	ok(due > 0 && due <= 3, "%u blocks left because of their age", due);
	is_uint(flows, sent * RECORDS, "every flow comes");
	is_uint(blocks_flows(blocks), 0, "none is left");
	capture_free(r.c);
	blocks_free(blocks);
	close(bound.fd);
}

/* No block is ever free: what that costs is told at the end. */
static void
test_stuck(void)
{
	struct capture_signals signals = { 1, 0 };
	struct err err = { .code = ERR_NONE };
	struct udp_bound bound;
	struct blocks *blocks;
	struct capture *c = start(1, 0, &bound, &blocks);
	struct block *b = blocks_take(blocks);
	sigset_t mask;

	sigemptyset(&mask);
	send_some(bound.port, 0, 1);
	is_int(capture_run(c, &signals, &mask, &err), -1, "the slot stays");
	is_str(err.text,
	    "the disk does not keep up: the last 30 flows are dropped",
	    "and its flows are counted");
	ok(blocks_exporters_wanted(blocks), "the exporter is still to be named");
	blocks_return(blocks, b);
	capture_free(c);
	blocks_free(blocks);
	close(bound.fd);
}

int
main(void)
{
	struct seen seen;

	log_init("test");
	if (run(POOL, &seen) == -1)
		skip_all("the system grants too small a receive buffer");
	is_uint(seen.end.counters.queue_drops, 0, "none is dropped");
	is_uint(seen.flows, DATAGRAMS * RECORDS, "all are stored");
	ok(seen.count > 1, "in %u blocks", seen.count);
	if (run(POOL_TOO_SMALL, &seen) == -1)
		bail("no receive buffer");
	ok(seen.end.counters.queue_drops > 0, "flows were dropped: %llu",
	    (unsigned long long)seen.end.counters.queue_drops);
	ok(seen.flows > 0, "some are stored");
	test_hanging();
	test_stuck();
	return done_testing();
}
