/*
 * Receiver loop.
 *
 * The slot of a datagram is that of the time at which the kernel got it.  The
 * clock is read before the sockets are emptied, so when it says that the slot
 * is over no datagram of that slot is still waiting.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "common/clock.h"
#include "common/log.h"
#include "flowcapd/capture_int.h"

#define WAIT_MAX_MS 1000 /* notice that the clock was set */
/*
 * Waking up costs more than a datagram.  While fewer come than one call can
 * take, let some gather, if the socket has room for what may come meanwhile
 * at full speed.
 */
#define NAP_MS 2
#define NAP_BATCH (UDP_BATCH * 3 / 4)
#define NAP_BUFFER (2 * 1024 * 1024)

/*
 * Blocks that one call's datagrams may fill; the first of a slot may begin two
 * for each lane, one for what is known of exporters.  While fewer are free,
 * they stay in the socket: its buffer is room, too, and when it is full the
 * system counts what it drops.
 *
 * What goes into a later slot is not written before the last receiver has left
 * the one before.  So that blocks are left for that one, the others leave
 * twice as many: what they take when they enter a slot and need for it.
 */
#define SPARE_BLOCKS 4
#define SPARE_EACH 2

#define DRAIN_BATCHES 2000 /* at the stop: what still waits in the sockets */
#define DRAIN_ROOM_MS 1000 /* for how long it waits for the writer */
#define DRAIN_MS 2000 /* for all of it */
#define STOP_MS 2500 /* and until the last slot is handed over */
#define STOP_STEP_MS 10
#define NS_PER_S 1000000000

uint64_t
capture_dropped(const struct capture *c)
{
	uint64_t dropped = 0;
	struct intake *in;

	for (unsigned i = 0; i < c->options.intake_count; i++) {
		in = c->options.intakes[i];
		if (in->dropped != NULL)
			dropped += in->dropped(in);
	}
	return dropped;
}

static void
nap(unsigned ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static bool
has_room(const struct capture *c)
{
	struct spare_blocks room = { SPARE_BLOCKS, SPARE_EACH };

	if (c->options.receivers > 1 &&
	    !slots_is_late(c->options.slots, c->slot)) {
		room.full += c->options.reserve;
		room.each *= 2;
	}
	return blocks_have(c->options.blocks, room);
}

/* Begin the slot that was decided on; now_s is in it, or behind it. */
static void
begin_slot(struct capture *c, int64_t start_s, int64_t now_s)
{
	bool is_inside = now_s >= start_s &&
	    now_s < start_s + (int64_t)c->options.interval_s;

	slotclock_start(&c->clock, c->options.interval_s,
	    is_inside ? now_s : start_s);
	slots_enter(c->options.slots, c->options.receiver, c->slot);
	lanes_begin_slot(c);
}

/* The first slot. */
static void
begin_first(struct capture *c, int64_t now_s)
{
	int64_t start_s;

	slotclock_start(&c->clock, c->options.interval_s, now_s);
	slots_decide(c->options.slots, 0, c->clock.start_s, &start_s);
	begin_slot(c, start_s, now_s);
	c->has_slot = true;
}

/* Go to the slot that follows.  False when this one has to go on. */
static bool
change_slot(struct capture *c, int64_t now_s, enum slot_step step)
{
	struct slotclock next;
	int64_t start_s;

	slotclock_start(&next, c->options.interval_s, now_s);
	if (!slots_decide(c->options.slots, c->slot + 1, next.start_s,
	    &start_s) || slot_close(c, start_s, false) == -1)
		return false;
	if (step == SLOT_BACK && !c->is_replay)
		log_warning("the clock was set back by more than %u seconds: "
		    "continuing in the slot of the new time",
		    c->options.interval_s);
	c->slot++;
	begin_slot(c, start_s, now_s);
	return true;
}

/*
 * What seems to be back in time may have waited in its socket while others
 * were read.  When the clock was set back it says so itself.
 */
static bool
is_late(const struct capture *c, enum slot_step step)
{
	struct slotclock clock = c->clock;

	return step == SLOT_BACK && !c->is_replay &&
	    slotclock_step(&clock, c->round_s) != SLOT_BACK;
}

/*
 * Go to the slot of now_s if it is another one.  Another receiver may have
 * decided on slots between.
 */
static void
follow_clock(struct capture *c, int64_t now_s)
{
	enum slot_step step;

	if (!c->has_slot)
		begin_first(c, now_s);
	while ((step = slotclock_step(&c->clock, now_s)) != SLOT_SAME)
		if (is_late(c, step) || !change_slot(c, now_s, step))
			return;
}

/* Count a datagram that is for nobody. */
static void
ignore(struct capture *c, struct addr sender)
{
	uint64_t total = sources_ignore(c->options.sources);
	uint64_t key = hash_pair(sender.hi, ~sender.lo);
	char ip[ADDR_TEXT_MAX];
	uint64_t left_out;

	c->ignored++;
	c->tally.ignored++;
	if (!eventlog_allow(&c->events, key, c->now_ms, &left_out))
		return;
	addr_format(sender, ip);
	log_warning("Skip UDP packet from: %s. Ignored packets: %llu", ip,
	    (unsigned long long)total);
}

/* Count and decode; what is no protocol that we know is bad. */
static void
decode(struct capture *c, const struct intake *in,
    const struct udp_datagram *d)
{
	uint64_t bad = wire_bad_packets(c->decoder);

	if (in->tera == INTAKE_NO_TERA) {
		wire_decode(c->decoder, d->data, d->len, d->sender,
		    c->now_ms);
	} else {
		c->tally.tera[in->tera]++;
		wire_decode_tera(c->decoder, d->data, d->len, d->sender,
		    c->now_ms);
	}
	bad = wire_bad_packets(c->decoder) - bad;
	c->lane->counters.bad_packets += bad;
	c->tally.bad_packets += bad;
}

static void
take_datagram(struct capture *c, const struct intake *in,
    const struct udp_datagram *d)
{
	struct lane *l;

	if (d->len == 0)
		return;
	follow_clock(c, (int64_t)(d->received_ns / NS_PER_S));
	c->now_ms = d->received_ns / 1000000;
	c->datagrams++;
	c->tally.datagrams++;
	c->tally.bytes += d->len;
	if ((l = lane_of(c, d->sender)) == NULL) {
		ignore(c, d->sender);
		return;
	}
	l->is_active = true;
	l->counters.datagrams++;
	c->lane = l;
	if (l->needs_exporters)
		lane_put_exporters(c, l);
	decode(c, in, d);
	lane_touch(c, l);
	c->lane = NULL;
}

bool
capture_owns(const struct capture *c, struct addr sender)
{
	return c->options.receivers < 2 ||
	    udp_shard(sender, c->options.receivers) == c->options.receiver;
}

static void
take_datagrams(struct capture *c, const struct intake *in,
    const struct udp_datagram *list, int n)
{
	if (n > 0 && c->options.repeater != NULL)
		repeat_send(c->options.repeater, list, (unsigned)n);
	for (int i = 0; i < n; i++)
		take_datagram(c, in, &list[i]);
}

/*
 * What one intake has now.  What is sent to a group or to all the system hands
 * to every socket of a port: a receiver passes over what is not its own.
 */
static int
receive(struct capture *c, struct intake *in, struct err *err)
{
	const struct udp_datagram *list;
	int n = in->receive(in, &list, err), first = 0;

	for (int i = 0; i < n; i++) {
		if (capture_owns(c, list[i].sender))
			continue;
		take_datagrams(c, in, list + first, i - first);
		first = i + 1;
	}
	take_datagrams(c, in, list + first, n - first);
	return n;
}

/* What a round has received. */
struct taken {
	bool some; /* datagrams */
	bool many; /* of some intake: more than are worth a nap */
	bool more; /* some intake may have more of them */
	unsigned ended; /* intakes */
};

/* Receive from the intakes that have something, or from all. */
static int
receive_all(struct capture *c, bool all, struct taken *t, struct err *err)
{
	int n;

	*t = (struct taken){ .ended = 0 };
	for (unsigned i = 0; i < c->options.intake_count; i++) {
		if (!all && c->options.intakes[i]->fd != -1 &&
		    c->polled[i].revents == 0)
			continue;
		n = receive(c, c->options.intakes[i], err);
		if (n == -1)
			return -1;
		t->ended += n == INTAKE_END;
		t->some |= n > 0;
		t->many |= n > NAP_BATCH;
		t->more |= n == UDP_BATCH;
	}
	return 0;
}

/* How long nothing has to be done. */
static int
ms_to_wait(const struct capture *c)
{
	int64_t ms = WAIT_MAX_MS, left;

	if (c->is_replay)
		return 0;
	left = slotclock_end(&c->clock) * 1000 - clock_ms(CLOCK_REALTIME);
	if (left < ms)
		ms = left;
	if (c->oldest != NULL) {
		left = c->oldest->since_ms +
		    (int64_t)c->options.flush_s * 1000 -
		    clock_ms(CLOCK_MONOTONIC);
		if (left < ms)
			ms = left;
	}
	return ms < 1 ? 1 : (int)ms;
}

/* Sources were read again. */
static void
follow_sources(struct capture *c)
{
	uint32_t generation = sources_generation(c->options.sources);

	if (generation == c->generation)
		return;
	c->generation = generation;
	lanes_forget_senders(c);
	for (uint32_t i = 0; i < c->lane_room; i++)
		if (c->lanes[i] != NULL)
			c->lanes[i]->needs_exporters = true;
}

/* Settings are others. */
static void
follow_tuning(struct capture *c)
{
	struct wire_limits *l = &c->options.limits;
	uint32_t before = l->default_sampling;
	struct tuning *t = c->options.tuning;
	struct settings s;

	if (t == NULL || tuning_generation(t) == c->tuned)
		return;
	c->tuned = tuning_get(t, &s);
	l->default_sampling = s.sampling;
	l->forced_sampling = s.forced_sampling;
	l->decode_tunnels = s.tunnels;
	if (l->default_sampling != before)
		lanes_set_rate(c, l->default_sampling);
	wire_decoder_adjust(c->decoder, l);
}

/* Wait until there is something to do.  False: the writer is behind. */
static int
wait_for_work(struct capture *c, bool *room, struct err *err)
{
	unsigned count = c->options.intake_count;
	uint64_t told;

	if (!(*room = has_room(c))) {
		nap(NAP_MS);
		return 0;
	}
	if (poll(c->polled, count + 1, ms_to_wait(c)) == -1 && errno != EINTR)
		return err_system(err, "poll");
	if (c->polled[count].revents != 0 &&
	    read(c->wake, &told, sizeof(told)) == -1 && errno != EAGAIN)
		return err_system(err, "eventfd");
	return 0;
}

/* One round: wait, receive, and what the time asks for.  1 at the end. */
static int
round_trip(struct capture *c, struct err *err)
{
	struct taken t = { .more = true };
	bool room, is_over;

	if (wait_for_work(c, &room, err) == -1)
		return -1;
	follow_sources(c);
	follow_tuning(c);
	c->round_ms = clock_ms(CLOCK_MONOTONIC);
	c->round_s = clock_ms(CLOCK_REALTIME) / 1000;
	is_over = c->has_slot && c->round_s >= slotclock_end(&c->clock);
	if (room && receive_all(c, is_over, &t, err) == -1)
		return -1;
	if (!c->is_replay && !t.more)
		follow_clock(c, c->round_s);
	lanes_take_wants(c);
	lanes_flush(c);
	capture_save_state(c, STATE_ROUND);
	if (t.some && !t.many && !c->is_replay &&
	    c->options.buffer >= NAP_BUFFER)
		nap(NAP_MS);
	return t.ended == c->options.intake_count;
}

/*
 * What finds no room in time is counted as dropped.  Who goes on sending must
 * not take the time that the last slot needs.
 */
static int
drain(struct capture *c, int64_t start_ms, struct err *err)
{
	struct taken t;

	for (int i = 0; i < DRAIN_BATCHES; i++) {
		while (!has_room(c) && clock_ms(CLOCK_MONOTONIC) <
		    start_ms + DRAIN_ROOM_MS)
			nap(NAP_MS);
		c->round_s = clock_ms(CLOCK_REALTIME) / 1000;
		if (receive_all(c, true, &t, err) == -1)
			return -1;
		if (!t.some)
			return 0;
		if (clock_ms(CLOCK_MONOTONIC) >= start_ms + DRAIN_MS)
			break;
	}
	log_warning("there is no time for what still waits in the sockets: lost");
	return 0;
}

static uint64_t
flows_in_hand(const struct capture *c)
{
	const struct lane *l;
	uint64_t flows = 0;

	for (uint32_t i = 0; i < c->lane_room; i++) {
		if ((l = c->lanes[i]) == NULL)
			continue;
		flows += l->counters.queue_drops;
		if (l->current != NULL)
			flows += l->current->stats.flows;
	}
	return flows;
}

/* Take what is in the sockets, then close the last slot. */
static int
finish(struct capture *c, struct err *err)
{
	int64_t start_ms = clock_ms(CLOCK_MONOTONIC);
	int rc = 0;

	if (!c->is_replay)
		rc = drain(c, start_ms, err);
	wire_give_up_held(c->decoder);
	do {
		if (slot_close(c, c->clock.start_s, true) == 0) {
			slots_leave(c->options.slots, c->options.receiver);
			return rc;
		}
		nap(STOP_STEP_MS);
	} while (clock_ms(CLOCK_MONOTONIC) < start_ms + STOP_MS);
	/* The first error is the one to tell. */
	return err_set(rc == -1 ? NULL : err, ERR_SYSTEM,
	    "the disk does not keep up: the last %llu flows are dropped",
	    (unsigned long long)flows_in_hand(c));
}

/* Do what was asked for.  True: stop. */
static bool
serve_requests(struct capture *c)
{
	unsigned asked = atomic_load_explicit(&c->requests,
	    memory_order_relaxed);

	if (asked == 0)
		return false;
	asked = atomic_fetch_and(&c->requests, CAPTURE_STOP);
	if (asked & CAPTURE_REPORT)
		slot_report(c);
	if (asked & CAPTURE_STATUS)
		capture_tell(c);
	return asked & CAPTURE_STOP;
}

int
capture_run(struct capture *c, struct err *err)
{
	int rc = 0;

	while (rc == 0 && !serve_requests(c))
		rc = round_trip(c, err);
	if (finish(c, rc == -1 ? NULL : err) == -1)
		rc = -1;
	return rc == -1 ? -1 : 0;
}

void
capture_ask(struct capture *c, enum capture_request what)
{
	static const uint64_t one = 1;
	int saved = errno;

	atomic_fetch_or(&c->requests, what);
	if (write(c->wake, &one, sizeof(one)) == -1)
		errno = saved; /* it wakes up within WAIT_MAX_MS */
}

static int
set_up_polling(struct capture *c, struct err *err)
{
	unsigned count = c->options.intake_count;

	if ((c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return err_system(err, "eventfd");
	if ((c->polled = calloc(count + 1, sizeof(*c->polled))) == NULL)
		return err_nomem(err);
	for (unsigned i = 0; i < count; i++) {
		c->polled[i].fd = c->options.intakes[i]->fd;
		c->polled[i].events = POLLIN;
		c->is_replay |= c->options.intakes[i]->is_replay;
	}
	c->polled[count].fd = c->wake;
	c->polled[count].events = POLLIN;
	return 0;
}

/*
 * Extension 18 is left out: the rate is applied and known from the sampler
 * record, and nfdump 1.7.1 complains of every flow that has it.
 */
struct capture *
capture_new(const struct capture_options *o, int64_t now_s, struct err *err)
{
	struct capture *c = calloc(1, sizeof(*c));
	struct wire_sink sink = lane_sink;

	if (c == NULL) {
		err_nomem(err);
		return NULL;
	}
	sink.ctx = c;
	c->options = *o;
	c->wake = -1;
	c->tally.first = o->limits.sysid_first;
	c->tally.step = o->limits.sysid_step;
	c->state_changed = true; /* of what is loaded there is no copy */
	c->generation = sources_generation(o->sources);
	c->exporters_wanted = blocks_exporters_wanted(o->blocks);
	if (set_up_polling(c, err) == -1 ||
	    (c->decoder = wire_decoder_new(&o->limits, &sink, err)) == NULL ||
	    (c->encoder = record_encoder_new(FLOW_EXT(EXT_SAMPLER), err)) ==
		NULL) {
		capture_free(c);
		return NULL;
	}
	follow_tuning(c);
	if (!c->is_replay)
		begin_first(c, now_s);
	return c;
}

void
capture_free(struct capture *c)
{
	if (c == NULL)
		return;
	lanes_free(c);
	tally_fini(&c->tally);
	wire_decoder_free(c->decoder);
	record_encoder_free(c->encoder);
	free(c->polled);
	free(c->stats);
	if (c->wake != -1)
		close(c->wake);
	free(c);
}
