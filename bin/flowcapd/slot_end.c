/*
 * The end of a slot: each lane gets the statistics of its exporters into its
 * last block; then the mark says what was counted.  Room is found for all of
 * it before anything is written, so that a slot ends whole or goes on.
 */

#include <stdlib.h>

#include "common/log.h"
#include "flowcapd/capture_int.h"
#include "store/writer.h"

#define STATS_PER_RECORD 512

/* Room that the statistics of n exporters take. */
static size_t
stats_len(size_t n)
{
	size_t records = (n + STATS_PER_RECORD - 1) / STATS_PER_RECORD;
	size_t len = n * RECORD_EXPORTER_STATS_ENTRY_LEN +
	    records * RECORD_EXPORTER_STATS_HEADER_LEN;

	return len < STORE_BLOCK_SIZE ? len : STORE_BLOCK_SIZE;
}

static void
count_exporter(void *ctx, const struct wire_exporter *e)
{
	struct lane *l = lane_met(ctx, e->addr);

	if (l != NULL && e->counters.packets > 0 && e->sysid != 0)
		l->stats_count++;
}

static void
add_exporter(void *ctx, const struct wire_exporter *e)
{
	const struct wire_counters *n = &e->counters;
	struct capture *c = ctx;
	struct lane *l = lane_met(c, e->addr);

	if (l == NULL)
		return;
	counters_add(&l->counters, n);
	counters_add_exporter(&l->counters, e);
	if (n->packets == 0 || e->sysid == 0 || c->stats_room == 0 ||
	    l->stats_put == l->stats_count)
		return;
	c->stats[l->stats_first + l->stats_put++] =
	    (struct record_exporter_stats){ e->sysid,
		(uint32_t)n->sequence_failures, n->packets, n->flows };
}

static void
write_stats(struct capture *c, struct lane *l)
{
	struct block *b = l->current;
	struct writer w;
	uint32_t n;

	for (uint32_t i = 0; i < l->stats_put; i += n) {
		n = l->stats_put - i;
		if (n > STATS_PER_RECORD)
			n = STATS_PER_RECORD;
		writer_init(&w, b->data + b->len, STORE_BLOCK_SIZE - b->len);
		record_put_exporter_stats(&w, c->stats + l->stats_first + i, n);
		if (w.bad)
			return; /* tens of thousands: some are left out */
		b->len += w.used;
		b->records++;
	}
}

/* Room in a list for the statistics of all lanes; without memory, none. */
static void
make_room(struct capture *c, uint32_t total)
{
	struct record_exporter_stats *wider;

	if (total <= c->stats_room)
		return;
	wider = realloc(c->stats, total * sizeof(*wider));
	if (wider == NULL) {
		free(c->stats);
		c->stats_room = 0;
	} else {
		c->stats_room = total;
	}
	c->stats = wider;
}

/*
 * What is missing in a lane is put into its block, and room for its
 * statistics found.  False: there is no block.
 */
static bool
prepare_lane(struct capture *c, struct lane *l)
{
	if (l->needs_exporters && l->is_active)
		lane_put_exporters(c, l);
	if (l->needs_exporters && l->is_active)
		return false;
	return l->stats_count == 0 ||
	    lane_block(c, l, stats_len(l->stats_count)) != NULL;
}

static bool
prepare(struct capture *c)
{
	uint32_t total = 0;
	struct lane *l;

	for (uint32_t i = 0; i < c->lane_room; i++)
		if (c->lanes[i] != NULL)
			c->lanes[i]->stats_count = 0;
	wire_exporters(c->decoder, count_exporter, c);
	for (uint32_t i = 0; i < c->lane_room; i++) {
		if ((l = c->lanes[i]) == NULL)
			continue;
		if (!prepare_lane(c, l))
			return false;
		l->stats_first = total;
		total += l->stats_count;
	}
	make_room(c, total);
	return true;
}

/*
 * Has the lane something to tell?  Sets that wait for their template may be
 * given up in a slot in which nothing came.
 */
static bool
has_news(const struct lane *l)
{
	bool has = l->is_active;

	for (unsigned i = 0; !has && i < WIRE_COUNTERS; i++)
		has = wire_counter_get(&l->counters.wire, i) != 0;
	return has;
}

/* The lane starts anew. */
static void
close_lane(struct capture *c, struct lane *l, struct slot_end *end)
{
	write_stats(c, l);
	lane_hand_over(c, l);
	if (l->current != NULL) {
		/* An empty one would be of the wrong slot. */
		blocks_return(c->options.blocks, l->current);
		l->current = NULL;
	}
	if (has_news(l))
		end->sources[end->count++] =
		    (struct source_counters){ l->source, l->counters };
	else
		store_ledger_free(l->counters.ledger);
	l->counters = (struct slot_counters){ 0 };
}

/*
 * What belongs to no exporter, or to one that is forgotten, cannot be told to
 * be of a source unless there is but one.
 */
static void
add_others(struct capture *c)
{
	const struct wire_exporter *others = wire_others(c->decoder);

	if (c->lane_count != 1)
		return;
	for (uint32_t i = 0; i < c->lane_room; i++) {
		if (c->lanes[i] == NULL)
			continue;
		counters_add(&c->lanes[i]->counters, &others->counters);
		counters_add_exporter(&c->lanes[i]->counters, others);
	}
}

static void
close_lanes(struct capture *c, struct slot_end *end)
{
	for (uint32_t i = 0; i < c->lane_room; i++)
		if (c->lanes[i] != NULL)
			c->lanes[i]->stats_put = 0;
	wire_exporters(c->decoder, add_exporter, c);
	add_others(c);
	for (uint32_t i = 0; i < c->lane_room; i++)
		if (c->lanes[i] != NULL)
			close_lane(c, c->lanes[i], end);
}

int
slot_close(struct capture *c, int64_t next_s, bool is_last)
{
	uint64_t dropped = capture_dropped(c);
	struct slot_end *end;

	if (!prepare(c) || (end = calloc(1, sizeof(*end) +
	    c->lane_count * sizeof(end->sources[0]))) == NULL)
		return -1;
	close_lanes(c, end);
	end->item = (struct item){ NULL, ITEM_SLOT_END, c->options.receiver,
		c->slot };
	end->total = (struct slot_total){ c->clock.start_s, next_s, is_last,
		!c->has_slot, c->datagrams, c->ignored, dropped - c->drops_told };
	capture_save_state(c, is_last ? STATE_STOP : STATE_SLOT_END);
	blocks_put(c->options.blocks, &end->item);
	c->drops_told = dropped;
	c->datagrams = c->ignored = 0;
	wire_reset_counters(c->decoder);
	return 0;
}

static void
sum_exporter(void *ctx, const struct wire_exporter *e)
{
	counters_add(ctx, &e->counters);
}

static void
log_interface(void *ctx, const struct wire_exporter *e,
    const struct wire_interface *i)
{
	(void)ctx;
	counters_log_interface(e, i);
}

static void
log_exporter(void *ctx, const struct wire_exporter *e)
{
	(void)ctx;
	counters_log_exporter(e);
}

static uint32_t
number_of(void *ctx, struct addr sender)
{
	const struct lane *l = lane_met(ctx, sender);

	return l == NULL ? UINT32_MAX : l->source->number;
}

static void
tell_connections(const struct capture *c, struct inlet_counters *n)
{
	const struct intake *in;

	for (unsigned i = 0; i < c->options.intake_count; i++) {
		in = c->options.intakes[i];
		if (in->count != NULL)
			in->count(in, n);
	}
}

void
capture_tell(struct capture *c)
{
	struct status part;
	struct err err;

	if (tally_tell(&c->tally, c->decoder, number_of, c, &part, &err) ==
	    -1) {
		log_warning("%s", err.text);
		return;
	}
	part.socket_drops = capture_dropped(c);
	tell_connections(c, &part.connections);
	part.state_limit = c->options.limits.state_bytes;
	board_put(c->options.board, c->options.receiver, &part);
}

void
slot_report(struct capture *c)
{
	struct slot_counters sum = { 0 };

	for (uint32_t i = 0; i < c->lane_room; i++)
		if (c->lanes[i] != NULL)
			counters_merge(&sum, &c->lanes[i]->counters);
	sum.socket_drops = capture_dropped(c) - c->drops_told;
	wire_exporters(c->decoder, sum_exporter, &sum);
	counters_log(&sum, 0);
	wire_exporters(c->decoder, log_exporter, NULL);
	wire_interfaces(c->decoder, log_interface, NULL);
}
