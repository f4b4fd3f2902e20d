/*
 * Receiver.  The current block is filled in place by the record encoder; it
 * goes to the writer when the next record does not fit, when it is as old as
 * the flush time, and at the end of the slot.
 *
 * The slot of a datagram is that of the time at which the kernel got it.  The
 * clock is read before the socket is emptied, so when it says that the slot
 * is over no datagram of that slot is still waiting.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "common/log.h"
#include "common/udp.h"
#include "flowcapd/capture.h"
#include "flowcapd/eventlog.h"
#include "flowcapd/slotclock.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/writer.h"
#include "wire/decode.h"

#define WAIT_MAX_MS 1000 /* notice that the clock was set */
/*
 * Waking up costs more than a datagram.  While fewer come than one call can
 * take, let some gather, if the socket has room for what may come meanwhile
 * at full speed.
 */
#define NAP_NS 2000000
#define NAP_BATCH (UDP_BATCH * 3 / 4)
#define NAP_BUFFER (2 * 1024 * 1024)

/*
 * Blocks that one call's datagrams may fill.  While fewer are free, they stay
 * in the socket: its buffer is room, too, and when it is full the system
 * counts what it drops.
 */
#define SPARE_BLOCKS 4

#define DRAIN_BATCHES 2000 /* at the stop: what still waits in the socket */
#define DRAIN_NAPS 500 /* and how often it waits for the writer */
#define STOP_STEPS 200
#define STOP_STEP_MS 10
#define STATS_PER_RECORD 512
#define NS_PER_S 1000000000

struct capture {
	struct capture_options options;
	struct blocks *blocks;
	struct block *current; /* NULL: none is free */
	const struct block *timed; /* the block that since_ms is for */
	int64_t since_ms; /* when it got its first record */
	struct wire_decoder *decoder;
	struct record_encoder *encoder;
	struct udp_ring *ring;
	struct slotclock clock;
	struct slot_counters counters;
	uint64_t drops_told; /* kernel drops of earlier slots */
	struct eventlog events;
	uint64_t now_ms; /* arrival of the datagram in work */
};

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Send the current block off unless it is empty. */
static void
hand_over(struct capture *c)
{
	if (c->current == NULL || c->current->len == 0)
		return;
	blocks_put(c->blocks, c->current);
	c->current = NULL;
	c->timed = NULL;
}

/* A block with room for len bytes, or NULL when none is free. */
static struct block *
block_for(struct capture *c, size_t len)
{
	if (c->current != NULL && STORE_BLOCK_SIZE - c->current->len < len)
		hand_over(c);
	if (c->current == NULL)
		c->current = blocks_take(c->blocks);
	return c->current;
}

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	struct capture *c = ctx;
	struct block *b = c->current;
	size_t len = 0;

	(void)e;
	if (b != NULL)
		len = record_encode(c->encoder, f, b->data + b->len,
		    STORE_BLOCK_SIZE - b->len);
	if (len == 0) {
		if ((b = block_for(c, RECORD_V3_MAX)) != NULL)
			len = record_encode(c->encoder, f, b->data + b->len,
			    STORE_BLOCK_SIZE - b->len);
		if (len == 0) {
			c->counters.queue_drops++;
			return;
		}
	}
	b->len += len;
	b->records++;
	record_stats_add_flow(&b->stats, f);
	if (b->notes != NULL)
		store_notes_add(b->notes, f);
}

static void
put_exporter(void *ctx, const struct wire_exporter *e)
{
	struct record_exporter r = { e->version, e->addr, e->sysid, e->id };
	struct capture *c = ctx;
	struct block *b;
	struct writer w;

	if (e->sysid == 0)
		return;
	if ((b = block_for(c, RECORD_EXPORTER_LEN)) == NULL) {
		blocks_want_exporters(c->blocks);
		return;
	}
	writer_init(&w, b->data + b->len, STORE_BLOCK_SIZE - b->len);
	record_put_exporter(&w, &r);
	b->len += w.used;
	b->records++;
}

static void
put_sampler(void *ctx, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	struct record_sampler r = { e->sysid, s->algorithm, s->id, s->interval,
		s->space };
	struct capture *c = ctx;
	struct block *b;
	struct writer w;

	if (e->sysid == 0)
		return;
	if ((b = block_for(c, RECORD_SAMPLER_LEN)) == NULL) {
		blocks_want_exporters(c->blocks);
		return;
	}
	writer_init(&w, b->data + b->len, STORE_BLOCK_SIZE - b->len);
	record_put_sampler(&w, &r);
	b->len += w.used;
	b->records++;
}

static void
put_exporters(struct capture *c)
{
	wire_exporters(c->decoder, put_exporter, c);
	wire_samplers(c->decoder, put_sampler, c);
}

static void
on_exporter(void *ctx, const struct wire_exporter *e)
{
	counters_log_new(e);
	put_exporter(ctx, e);
}

static void
on_sampler(void *ctx, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	log_info("Add new sampler id: %lld, algorithm: %u, packet interval: "
	    "%u, packet space: %u", (long long)s->id, s->algorithm,
	    s->interval, s->space);
	put_sampler(ctx, e, s);
}

static void
on_event(void *ctx, const struct wire_exporter *e, struct addr sender,
    enum wire_event what, const char *text)
{
	struct capture *c = ctx;
	uint64_t key = hash_pair(sender.hi ^ what, sender.lo);
	char ip[ADDR_TEXT_MAX];
	uint64_t left_out;

	if (e != NULL)
		key = hash_pair(key, (uint64_t)e->version << 32 | e->id);
	if (!eventlog_allow(&c->events, key, c->now_ms, &left_out))
		return;
	addr_format(sender, ip);
	if (what == WIRE_NOTICE)
		log_info("%s: %s", ip, text);
	else if (left_out > 0)
		log_warning("%s: %s (%llu more in the last minute)", ip, text,
		    (unsigned long long)left_out);
	else
		log_warning("%s: %s", ip, text);
}

/* The exporter statistics of a slot on their way into a block. */
struct exporter_list {
	struct block *block; /* NULL: only count */
	struct slot_counters *counters;
	struct record_exporter_stats entries[STATS_PER_RECORD];
	uint32_t count; /* entries to be written */
	size_t total; /* exporters met */
};

static void
write_stats(struct exporter_list *l)
{
	struct block *b = l->block;
	struct writer w;

	if (l->count == 0 || b == NULL)
		return;
	writer_init(&w, b->data + b->len, STORE_BLOCK_SIZE - b->len);
	record_put_exporter_stats(&w, l->entries, l->count);
	l->count = 0;
	if (w.bad)
		return; /* tens of thousands of exporters: some are left out */
	b->len += w.used;
	b->records++;
}

static void
add_exporter(void *ctx, const struct wire_exporter *e)
{
	struct exporter_list *l = ctx;
	const struct wire_counters *n = &e->counters;

	counters_add(l->counters, n);
	if (n->packets == 0 || e->sysid == 0)
		return;
	l->total++;
	if (l->block == NULL)
		return;
	if (l->count == STATS_PER_RECORD)
		write_stats(l);
	l->entries[l->count++] = (struct record_exporter_stats){ e->sysid,
		(uint32_t)n->sequence_failures, n->packets, n->flows };
}

/* The counters of this slot so far. */
static void
sum_counters(struct capture *c, struct exporter_list *l,
    struct slot_counters *sum)
{
	*sum = c->counters;
	sum->bad_packets = wire_bad_packets(c->decoder);
	sum->socket_drops = udp_ring_dropped(c->ring) - c->drops_told;
	l->counters = sum;
	wire_exporters(c->decoder, add_exporter, l);
}

/* Room that the statistics of n exporters take. */
static size_t
stats_len(size_t n)
{
	size_t records = (n + STATS_PER_RECORD - 1) / STATS_PER_RECORD;
	size_t len = n * RECORD_EXPORTER_STATS_ENTRY_LEN +
	    records * RECORD_EXPORTER_STATS_HEADER_LEN;

	return len < STORE_BLOCK_SIZE ? len : STORE_BLOCK_SIZE;
}

/*
 * Close the slot: exporter statistics, then the mark.  Fails when no block
 * is free; then the slot goes on and this is tried again.
 */
static int
end_slot(struct capture *c, int64_t next_s, bool is_last)
{
	struct exporter_list list = { .block = NULL };
	struct slot_counters sum;
	struct block *b;

	sum_counters(c, &list, &sum);
	if ((b = block_for(c, stats_len(list.total))) == NULL)
		return -1;
	list.block = b;
	sum_counters(c, &list, &sum);
	write_stats(&list);
	b->ends_slot = true;
	b->end = (struct slot_end){ c->clock.start_s, next_s, is_last, sum };
	blocks_put(c->blocks, b);
	c->current = NULL;
	c->timed = NULL;
	c->counters = (struct slot_counters){ 0 };
	c->drops_told = udp_ring_dropped(c->ring);
	wire_reset_counters(c->decoder);
	return 0;
}

static void
begin_slot(struct capture *c, int64_t now_s)
{
	slotclock_start(&c->clock, c->options.interval_s, now_s);
	put_exporters(c);
}

/* Go to the slot of now_s if it is another one. */
static void
follow_clock(struct capture *c, int64_t now_s)
{
	enum slot_step step = slotclock_step(&c->clock, now_s);
	struct slotclock next;

	if (step == SLOT_SAME)
		return;
	slotclock_start(&next, c->options.interval_s, now_s);
	if (end_slot(c, next.start_s, false) == -1)
		return;
	if (step == SLOT_BACK)
		log_warning("the clock was set back by %u seconds or more: "
		    "continuing in the slot of the new time",
		    c->options.interval_s);
	begin_slot(c, now_s);
}

static int
receive(struct capture *c, struct err *err)
{
	const struct udp_datagram *list;
	int n = udp_ring_receive(c->ring, c->options.fd, &list, err);

	for (int i = 0; i < n; i++) {
		if (list[i].len == 0)
			continue;
		follow_clock(c, (int64_t)(list[i].received_ns / NS_PER_S));
		c->now_ms = list[i].received_ns / 1000000;
		c->counters.datagrams++;
		wire_decode(c->decoder, list[i].data, list[i].len,
		    list[i].sender, c->now_ms);
	}
	return n;
}

/*
 * Send a block off that has waited long enough.  Not while the writer is far
 * behind: it would be written no sooner, and a disk that hangs would use up
 * the pool with blocks that are nearly empty.
 */
static void
flush_old(struct capture *c, int64_t now_ms)
{
	if (c->current == NULL || c->current->len == 0)
		return;
	if (c->timed != c->current) {
		c->timed = c->current;
		c->since_ms = now_ms;
	}
	if (now_ms - c->since_ms < (int64_t)c->options.flush_s * 1000)
		return;
	c->since_ms = now_ms;
	if (!blocks_have_spare(c->blocks, c->options.enough_blocks))
		return;
	c->current->is_due = true;
	hand_over(c);
}

/* How long nothing has to be done. */
static struct timespec
time_to_wait(const struct capture *c)
{
	int64_t ms = slotclock_end(&c->clock) * 1000 - clock_ms(CLOCK_REALTIME);
	int64_t left;

	if (c->timed != NULL) {
		left = c->since_ms + (int64_t)c->options.flush_s * 1000 -
		    clock_ms(CLOCK_MONOTONIC);
		if (left < ms)
			ms = left;
	}
	if (ms > WAIT_MAX_MS)
		ms = WAIT_MAX_MS;
	if (ms < 1)
		ms = 1;
	return (struct timespec){ ms / 1000, ms % 1000 * 1000000 };
}

static void
log_exporter(void *ctx, const struct wire_exporter *e)
{
	(void)ctx;
	counters_log_exporter(e);
}

static void
report(struct capture *c)
{
	struct exporter_list list = { .block = NULL };
	struct slot_counters sum;

	sum_counters(c, &list, &sum);
	counters_log(&sum, 0);
	wire_exporters(c->decoder, log_exporter, NULL);
}

static void
nap(const sigset_t *wait_mask)
{
	struct timespec ts = { 0, NAP_NS };

	ppoll(NULL, 0, &ts, wait_mask);
}

/* One round: wait, receive, and what the time asks for. */
static int
round_trip(struct capture *c, const sigset_t *wait_mask, struct err *err)
{
	struct pollfd pfd = { .fd = c->options.fd, .events = POLLIN };
	struct timespec timeout = time_to_wait(c);
	bool has_room = blocks_have_spare(c->blocks, SPARE_BLOCKS);
	int64_t now_s;
	int n = 0;

	if (!has_room)
		nap(wait_mask);
	else if (ppoll(&pfd, 1, &timeout, wait_mask) == -1 && errno != EINTR)
		return err_system(err, "ppoll");
	now_s = clock_ms(CLOCK_REALTIME) / 1000;
	if (has_room && (n = receive(c, err)) == -1)
		return -1;
	if (has_room && n < UDP_BATCH)
		follow_clock(c, now_s);
	if (blocks_exporters_wanted(c->blocks))
		put_exporters(c);
	flush_old(c, clock_ms(CLOCK_MONOTONIC));
	if (n > 0 && n <= NAP_BATCH && c->options.buffer >= NAP_BUFFER)
		nap(wait_mask);
	return 0;
}

/* Wait until the writer has caught up, at most *naps times. */
static void
wait_for_room(struct capture *c, unsigned *naps)
{
	struct timespec step = { 0, NAP_NS };

	for (; *naps > 0; (*naps)--) {
		if (blocks_have_spare(c->blocks, SPARE_BLOCKS))
			return;
		nanosleep(&step, NULL);
	}
}

/* Take what is in the socket, then close the last slot. */
static int
finish(struct capture *c, struct err *err)
{
	struct timespec step = { 0, STOP_STEP_MS * 1000000 };
	unsigned naps = DRAIN_NAPS;

	for (int i = 0; i < DRAIN_BATCHES; i++) {
		wait_for_room(c, &naps);
		if (receive(c, err) <= 0)
			break;
	}
	for (int i = 0; i < STOP_STEPS; i++) {
		if (end_slot(c, c->clock.start_s, true) == 0)
			return 0;
		nanosleep(&step, NULL);
	}
	if (c->current != NULL)
		c->counters.queue_drops += c->current->stats.flows;
	return err_set(err, ERR_SYSTEM,
	    "the disk does not keep up: the last %llu flows are dropped",
	    (unsigned long long)c->counters.queue_drops);
}

int
capture_run(struct capture *c, struct capture_signals *signals,
    const sigset_t *wait_mask, struct err *err)
{
	bool failed = false;

	while (!signals->stop && !failed) {
		failed = round_trip(c, wait_mask, err) == -1;
		if (signals->report) {
			signals->report = 0;
			report(c);
		}
	}
	/* The first error is the one to tell. */
	if (finish(c, failed ? NULL : err) == -1)
		failed = true;
	return failed ? -1 : 0;
}

/*
 * Extension 18 is left out: the rate is applied and known from the sampler
 * record, and nfdump 1.7.1 complains of every flow that has it.
 */
struct capture *
capture_new(const struct capture_options *o, struct blocks *blocks,
    int64_t now_s, struct err *err)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct capture *c = calloc(1, sizeof(*c));
	struct wire_sink sink = { .ctx = c, .flow = on_flow,
		.exporter = on_exporter, .sampler = on_sampler,
		.event = on_event };

	if (c == NULL) {
		err_nomem(err);
		return NULL;
	}
	limits.default_sampling = o->sampling;
	c->options = *o;
	c->blocks = blocks;
	if ((c->decoder = wire_decoder_new(&limits, &sink, err)) == NULL ||
	    (c->encoder = record_encoder_new(FLOW_EXT(EXT_SAMPLER), err)) == NULL ||
	    (c->ring = udp_ring_new(err)) == NULL) {
		capture_free(c);
		return NULL;
	}
	begin_slot(c, now_s);
	return c;
}

void
capture_free(struct capture *c)
{
	if (c == NULL)
		return;
	wire_decoder_free(c->decoder);
	record_encoder_free(c->encoder);
	udp_ring_free(c->ring);
	free(c);
}
