/*
 * Flows into blocks.  Each source that a receiver has met has a lane with a
 * block of its own, which is filled in place by the record encoder and goes to
 * the writer when the next record does not fit, when it is as old as the flush
 * time, and at the end of the slot.
 *
 * All blocks may get the same age, so a list in the order of their first
 * records finds those that are due without a look at the others.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "common/log.h"
#include "flowcapd/capture_int.h"
#include "record/names.h"
#include "record/stats.h"
#include "store/writer.h"

/* For a lane: the block it fills, and four that may have to be free. */
#define LANE_BLOCKS 5

#define REPLAY_NAP_NS 1000000

_Static_assert(WIRE_APP_ID_MAX <= RECORD_NAME_ID_MAX, "ids fit records");
_Static_assert(WIRE_SAMPLER_DEFAULT == RECORD_SAMPLER_DEFAULT &&
    WIRE_SAMPLER_FORCED == RECORD_SAMPLER_OVERWRITE, "ids are the same");

/* A lane for a source, with blocks of its own unless it is the first. */
static struct lane *
lane_new(struct capture *c, struct source *source)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->source = source;
	l->correct = correct_new(c->options.limits.default_sampling);
	l->needs_exporters = true; /* the decoder may know some */
	l->exporters_wanted = atomic_load(&source->exporters_wanted);
	if (c->lane_count++ > 0 || c->options.receiver > 0)
		blocks_grow(c->options.blocks, LANE_BLOCKS);
	return l;
}

static struct lane *
lane_for(struct capture *c, struct source *source)
{
	uint32_t n = source->number, room = c->lane_room;
	struct lane **lanes;

	while (n >= room)
		room = room == 0 ? 16 : room * 2;
	if (room != c->lane_room) {
		if ((lanes = realloc(c->lanes, room * sizeof(*lanes))) == NULL)
			return NULL;
		memset(lanes + c->lane_room, 0,
		    (room - c->lane_room) * sizeof(struct lane *));
		c->lanes = lanes;
		c->lane_room = room;
	}
	if (c->lanes[n] == NULL)
		c->lanes[n] = lane_new(c, source);
	return c->lanes[n];
}

struct lane *
lane_of(struct capture *c, struct addr sender)
{
	struct sender *s =
	    &c->senders[hash_pair(sender.hi, sender.lo) & (SENDERS - 1)];
	struct source *source;

	if (s->is_known && addr_equal(s->addr, sender))
		return s->lane;
	source = sources_find(c->options.sources, sender);
	*s = (struct sender){ sender, NULL, true };
	if (source != NULL)
		s->lane = lane_for(c, source);
	return s->lane;
}

struct lane *
lane_met(struct capture *c, struct addr sender)
{
	const struct sender *s =
	    &c->senders[hash_pair(sender.hi, sender.lo) & (SENDERS - 1)];
	const struct source *source;

	if (s->is_known && addr_equal(s->addr, sender))
		return s->lane;
	source = sources_look(c->options.sources, sender);
	return source != NULL && source->number < c->lane_room ?
	    c->lanes[source->number] : NULL;
}

void
lanes_forget_senders(struct capture *c)
{
	memset(c->senders, 0, sizeof(c->senders));
}

/* The block has no age any more. */
static void
untime(struct capture *c, struct lane *l)
{
	if (!l->is_timed)
		return;
	*(l->older != NULL ? &l->older->newer : &c->oldest) = l->newer;
	*(l->newer != NULL ? &l->newer->older : &c->newest) = l->older;
	l->is_timed = false;
}

void
lane_touch(struct capture *c, struct lane *l)
{
	if (l->is_timed || l->current == NULL || l->current->len == 0)
		return;
	l->is_timed = true;
	l->since_ms = c->round_ms;
	l->newer = NULL;
	if ((l->older = c->newest) != NULL)
		l->older->newer = l;
	else
		c->oldest = l;
	c->newest = l;
}

void
lane_hand_over(struct capture *c, struct lane *l)
{
	if (l->current == NULL || l->current->len == 0)
		return;
	untime(c, l);
	blocks_put(c->options.blocks, &l->current->item);
	l->current = NULL;
}

/* A free block.  What is replayed waits for one. */
static struct block *
take_block(struct capture *c)
{
	struct timespec nap = { 0, REPLAY_NAP_NS };
	unsigned keep = slots_is_ahead(c->options.slots, c->slot) ?
	    c->options.reserve : 0;
	struct block *b;

	while ((b = blocks_take(c->options.blocks, keep)) == NULL &&
	    c->is_replay && !(atomic_load(&c->requests) & CAPTURE_STOP))
		nanosleep(&nap, NULL);
	return b;
}

struct block *
lane_block(struct capture *c, struct lane *l, size_t len)
{
	struct block *b;

	if (l->current != NULL && STORE_BLOCK_SIZE - l->current->len < len)
		lane_hand_over(c, l);
	if (l->current == NULL && (b = take_block(c)) != NULL) {
		b->item.receiver = c->options.receiver;
		b->item.slot = c->slot;
		b->slot_s = c->clock.start_s;
		b->source = l->source;
		l->current = b;
		l->tail_sysid = 0;
		if (l->correct != NULL)
			correct_clear(l->correct);
	}
	return l->current;
}

/*
 * A block stays while the writer is far behind: it would be written no
 * sooner, and a disk that hangs would use up the pool with blocks that are
 * nearly empty.
 */
void
lanes_flush(struct capture *c)
{
	struct spare_blocks enough = { c->options.enough_blocks, 0 };
	int64_t age_ms = (int64_t)c->options.flush_s * 1000;
	struct lane *l;

	while ((l = c->oldest) != NULL && c->round_ms - l->since_ms >= age_ms) {
		untime(c, l);
		assert(l->current != NULL);
		if (blocks_have(c->options.blocks, enough)) {
			l->current->is_due = true;
			lane_hand_over(c, l);
		} else {
			lane_touch(c, l);
		}
	}
}

void
lanes_set_rate(struct capture *c, uint32_t rate)
{
	for (uint32_t i = 0; i < c->lane_room; i++) {
		if (c->lanes[i] == NULL)
			continue;
		lane_hand_over(c, c->lanes[i]);
		if (c->lanes[i]->correct != NULL)
			correct_set_rate(c->lanes[i]->correct, rate);
	}
}

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	struct capture *c = ctx;
	struct lane *l = c->lane;
	struct block *b = l->current;
	size_t len = 0;

	tally_flow(&c->tally, e, f);
	if (b != NULL)
		len = record_encode(c->encoder, f, b->data + b->len,
		    STORE_BLOCK_SIZE - b->len);
	if (len == 0) {
		if ((b = lane_block(c, l, RECORD_V3_MAX)) != NULL)
			len = record_encode(c->encoder, f, b->data + b->len,
			    STORE_BLOCK_SIZE - b->len);
		if (len == 0) {
			l->counters.queue_drops++;
			c->tally.queue_drops++;
			return;
		}
	}
	if (l->correct != NULL)
		correct_note(l->correct, e, f, b->len);
	b->len += len;
	b->records++;
	record_stats_add_flow(&b->stats, f);
	if (b->notes != NULL)
		store_notes_add(b->notes, f);
}

/* Put a record about an exporter into the block of its lane. */
static void
put_exporter(struct capture *c, struct lane *l, const struct wire_exporter *e)
{
	struct record_exporter r = { e->version >= WIRE_SFLOW ? RECORD_SFLOW :
		e->version, wire_exporter_origin(e), e->sysid, e->id };
	struct block *b;
	struct writer w;

	if (e->sysid == 0)
		return;
	if ((b = lane_block(c, l, RECORD_EXPORTER_LEN)) == NULL) {
		l->needs_exporters = true;
		return;
	}
	writer_init(&w, b->data + b->len, STORE_BLOCK_SIZE - b->len);
	record_put_exporter(&w, &r);
	b->len += w.used;
	b->records++;
	l->tail_sysid = e->sysid;
	l->tail_len = b->len;
}

/*
 * Put a name behind the record of its exporter.  Without a block it is left
 * out: flows need no names, and the next file has it.
 */
static void
put_name(struct capture *c, struct lane *l, const struct wire_exporter *e,
    const struct wire_name *n)
{
	static const enum record_type types[] = {
		[WIRE_NAME_INTERFACE] = RECORD_IF_NAMES,
		[WIRE_NAME_VRF] = RECORD_VRF_NAMES,
		[WIRE_NAME_APP] = RECORD_APP_NAMES };
	struct record_name r = { types[n->kind], n->id, n->app_id, n->name,
		n->description };
	struct block *b;
	struct writer w;

	if (e->sysid == 0 || (b = lane_block(c, l,
	    RECORD_EXPORTER_LEN + RECORD_NAME_MAX)) == NULL)
		return;
	if (l->tail_sysid != e->sysid || l->tail_len != b->len)
		put_exporter(c, l, e);
	writer_init(&w, b->data + b->len, STORE_BLOCK_SIZE - b->len);
	record_put_name(&w, &r);
	b->len += w.used;
	b->records++;
	l->tail_len = b->len;
}

static void
put_sampler(struct capture *c, struct lane *l, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	struct record_sampler r = { e->sysid, s->algorithm, s->id, s->interval,
		s->space };
	struct block *b;
	struct writer w;

	if (e->sysid == 0)
		return;
	if ((b = lane_block(c, l, RECORD_SAMPLER_LEN)) == NULL) {
		l->needs_exporters = true;
		return;
	}
	writer_init(&w, b->data + b->len, STORE_BLOCK_SIZE - b->len);
	record_put_sampler(&w, &r);
	b->len += w.used;
	b->records++;
}

/* May a new exporter or sampler be told of?  There may be a flood of them. */
static bool
may_announce(struct capture *c)
{
	uint64_t left_out;

	if (!eventlog_spend(&c->events, c->now_ms, &left_out))
		return false;
	if (left_out > 0)
		log_warning("%llu new exporters and samplers were not logged",
		    (unsigned long long)left_out);
	return true;
}

static void
on_exporter(void *ctx, const struct wire_exporter *e)
{
	struct capture *c = ctx;

	if (may_announce(c))
		counters_log_new(e);
	tally_exporter(&c->tally, e);
	if (c->lane != NULL)
		put_exporter(c, c->lane, e);
}

/* Flows in the open block that came before their rate. */
static void
correct_flows(struct capture *c, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	struct lane *l = c->lane;
	struct block *b = l->current;
	int n = 0;

	if (b != NULL && l->correct != NULL)
		n = correct_block(l->correct, e, s, b->data, b->len,
		    &b->stats);
	if (n > 0 && may_announce(c))
		log_info("Sampling rate applied to %d flows that came before",
		    n);
}

static void
on_sampler(void *ctx, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	struct capture *c = ctx;

	if (may_announce(c))
		log_info("Add new sampler id: %lld, algorithm: %u, packet "
		    "interval: %u, packet space: %u", (long long)s->id,
		    s->algorithm, s->interval, s->space);
	if (c->lane == NULL)
		return;
	correct_flows(c, e, s);
	put_sampler(c, c->lane, e, s);
}

static void
walk_name(void *ctx, const struct wire_exporter *e, const struct wire_name *n)
{
	struct lane *l = lane_of(ctx, e->addr);

	if (l != NULL)
		put_name(ctx, l, e, n);
}

static void
walk_exporter(void *ctx, const struct wire_exporter *e)
{
	struct lane *l = lane_met(ctx, e->addr);

	if (l == NULL || !l->is_called)
		return;
	put_exporter(ctx, l, e);
	wire_names(e, walk_name, ctx);
}

static void
walk_sampler(void *ctx, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	struct lane *l = lane_met(ctx, e->addr);

	if (l != NULL && l->is_called)
		put_sampler(ctx, l, e, s);
}

void
lanes_put_exporters(struct capture *c)
{
	struct lane *l;

	for (uint32_t i = 0; i < c->lane_room; i++)
		if ((l = c->lanes[i]) != NULL && l->is_called)
			l->needs_exporters = false;
	wire_exporters(c->decoder, walk_exporter, c);
	wire_samplers(c->decoder, walk_sampler, c);
	for (uint32_t i = 0; i < c->lane_room; i++) {
		if ((l = c->lanes[i]) == NULL || !l->is_called)
			continue;
		lane_touch(c, l);
		l->is_called = false;
	}
}

void
lane_put_exporters(struct capture *c, struct lane *l)
{
	l->is_called = true;
	lanes_put_exporters(c);
}

void
lanes_begin_slot(struct capture *c)
{
	struct lane *l;

	for (uint32_t i = 0; i < c->lane_room; i++) {
		if ((l = c->lanes[i]) == NULL)
			continue;
		l->is_called = l->is_active;
		l->needs_exporters = true;
		l->is_active = false;
	}
	lanes_put_exporters(c);
}

void
lanes_take_wants(struct capture *c)
{
	uint32_t wanted = blocks_exporters_wanted(c->options.blocks);
	struct lane *l;

	if (wanted == c->exporters_wanted)
		return;
	c->exporters_wanted = wanted;
	for (uint32_t i = 0; i < c->lane_room; i++) {
		if ((l = c->lanes[i]) == NULL)
			continue;
		wanted = atomic_load(&l->source->exporters_wanted);
		l->is_called = wanted != l->exporters_wanted;
		l->exporters_wanted = wanted;
	}
	lanes_put_exporters(c);
}

static void
on_name(void *ctx, const struct wire_exporter *e, const struct wire_name *n)
{
	struct capture *c = ctx;

	if (c->lane != NULL)
		put_name(c, c->lane, e, n);
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

const struct wire_sink lane_sink = { .flow = on_flow,
	.exporter = on_exporter, .sampler = on_sampler, .event = on_event,
	.name = on_name };

void
lanes_free(struct capture *c)
{
	for (uint32_t i = 0; i < c->lane_room; i++) {
		if (c->lanes[i] == NULL)
			continue;
		correct_free(c->lanes[i]->correct);
		store_ledger_free(c->lanes[i]->counters.ledger);
		free(c->lanes[i]);
	}
	free(c->lanes);
}
