/*
 * The end of a slot with several receivers and sources: everything lands in
 * the file of its slot, in whatever order the receivers go; and the sequence
 * of slots that they share.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"
#include "dice.h"
#include "files.h"
#include "flowcapd/slots.h"
#include "flowcapd/storer.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/reader.h"
#include "store/slot.h"
#include "store/writer.h"
#include "tap.h"

#define START 1718452800 /* 2024-06-15 12:00:00 UTC */
#define INTERVAL 60
#define RECEIVERS 3
#define SOURCES 2
#define SLOTS 6
#define ROUNDS 20

/* What receivers sent, by source and slot. */
static uint64_t sent[SOURCES][SLOTS];

static struct record_encoder *encoder;

static void
put_flow(struct blocks *q, struct source *source, uint32_t receiver,
    uint64_t slot)
{
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC),
		.in_packets = 1 };
	struct block *b = blocks_take(q, 0);

	if (b == NULL)
		bail("no block");
	b->item.receiver = receiver;
	b->item.slot = slot;
	b->slot_s = START + (int64_t)slot * INTERVAL;
	b->source = source;
	b->len = record_encode(encoder, &f, b->data, STORE_BLOCK_SIZE);
	b->records = 1;
	record_stats_add_flow(&b->stats, &f);
	blocks_put(q, &b->item);
	sent[source->number][slot]++;
}

static void
put_end(struct blocks *q, struct sources *sources, uint32_t receiver,
    uint64_t slot, bool is_last)
{
	struct slot_end *end =
	    calloc(1, sizeof(*end) + SOURCES * sizeof(end->sources[0]));

	if (end == NULL)
		bail("no memory");
	end->item = (struct item){ NULL, ITEM_SLOT_END, receiver, slot };
	end->total = (struct slot_total){
		.start_s = START + (int64_t)slot * INTERVAL,
		.next_s = START + (int64_t)(slot + 1) * INTERVAL,
		.is_last = is_last, .datagrams = 1 };
	end->count = SOURCES;
	for (uint32_t i = 0; i < SOURCES; i++) {
		end->sources[i].source = sources_get(sources, i);
		end->sources[i].counters.wire.sequence_failures = i + 1;
	}
	blocks_put(q, &end->item);
}

/*
 * Receivers that go through the slots at random, each at its own pace; the
 * last slot is the last one of some, others stop before.
 */
static void
receive(struct dice *d, struct blocks *q, struct sources *sources)
{
	uint64_t slot[RECEIVERS] = { 0 };
	bool has_stopped[RECEIVERS] = { false };
	unsigned running = RECEIVERS;

	while (running > 0) {
		uint32_t r = (uint32_t)dice_below(d, RECEIVERS);
		bool is_last;

		if (has_stopped[r])
			continue;
		for (uint64_t n = dice_below(d, 3); n > 0; n--)
			put_flow(q, sources_get(sources,
			    (uint32_t)dice_below(d, SOURCES)), r, slot[r]);
		if (dice_below(d, 2) == 0)
			continue;
		is_last = slot[r] + 1 == SLOTS || dice_below(d, 20) == 0;
		put_end(q, sources, r, slot[r]++, is_last);
		has_stopped[r] = is_last;
		running -= is_last;
	}
}

/* Flows in the file of a slot; 0 when there is none. */
static uint64_t
stored(const char *dir, uint64_t slot)
{
	char name[SLOT_NAME_MAX], path[FILES_PATH_MAX];
	struct store_file *f;
	uint64_t flows;

	slot_name(START + (int64_t)slot * INTERVAL, INTERVAL, 0, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = store_file_open(path, NULL)) == NULL)
		return 0;
	flows = store_file_info(f)->stats.flows;
	store_file_close(f);
	return flows;
}

static struct sources *
make_sources(unsigned round)
{
	static const char *const addresses[SOURCES] = { "1.1.1.1", "2.2.2.2" };
	struct sources *s = sources_new(NULL);
	char ident[16], path[32];
	struct err err;

	for (unsigned i = 0; i < SOURCES; i++) {
		snprintf(ident, sizeof(ident), "s%u", i);
		snprintf(path, sizeof(path), "dir%u.%u", round, i);
		if (mkdir(path, 0755) == -1 ||
		    sources_add(s, ident, addresses[i], path, &err) == -1)
			bail("%s", path);
		if (datadir_lock(&sources_get(s, i)->dir,
			sources_get(s, i)->path, &err) == -1)
			bail("%s", err.text);
	}
	return s;
}

static bool
play(struct dice *d, unsigned round)
{
	struct err err;
	struct storer_options o = { .spool = { .codec =
		codec_by_id(CODEC_LZ4, &err), .interval_s = INTERVAL,
		.flush_s = 60 }, .receivers = RECEIVERS };
	struct storer *st;
	bool is_right = true;

	memset(sent, 0, sizeof(sent));
	o.sources = make_sources(round);
	o.blocks = blocks_new(1000, false, &err);
	if ((st = storer_new(&o, &err)) == NULL)
		bail("%s", err.text);
	for (uint32_t i = 0; i < SOURCES; i++)
		if (storer_begin(st, sources_get(o.sources, i), START, START,
			&err) == -1)
			bail("%s", err.text);
	receive(d, o.blocks, o.sources);
	if (storer_start(st, &err) == -1 || !storer_wait(st, 60000))
		bail("the writer does not end");
	for (uint32_t i = 0; i < SOURCES; i++)
		for (uint64_t n = 0; n < SLOTS; n++)
			if (stored(sources_get(o.sources, i)->path, n) !=
			    sent[i][n])
				is_right = false;
	storer_free(st);
	blocks_free(o.blocks);
	sources_free(o.sources);
	return is_right;
}

static void
test_storer(struct dice *d)
{
	unsigned wrong = 0;

	for (unsigned i = 0; i < ROUNDS; i++)
		wrong += !play(d, i);
	is_uint(wrong, 0, "%d rounds: all flows in the file of their slot",
	    ROUNDS);
}

static void
test_slots(void)
{
	struct slots *s = slots_new(2, NULL);
	int64_t start_s;

	ok(slots_decide(s, 0, 100, &start_s), "the first slot");
	is_int(start_s, 100, "starts as the first one wants");
	ok(slots_decide(s, 0, 200, &start_s), "asked again");
	is_int(start_s, 100, "it stays");
	ok(slots_decide(s, 1, 160, &start_s), "the next one");
	slots_enter(s, 0, 1);
	ok(slots_is_ahead(s, 1), "one is ahead");
	ok(!slots_is_ahead(s, 0), "the other is not");
	for (uint64_t n = 2; n < SLOTS_AHEAD; n++) {
		ok(slots_decide(s, n, 100 + 60 * (int64_t)n, &start_s),
		    "slot %d", (int)n);
		slots_enter(s, 0, n);
	}
	ok(!slots_decide(s, SLOTS_AHEAD, 999, &start_s), "that is too far");
	for (uint64_t n = 1; n < SLOTS_AHEAD; n++) {
		slots_decide(s, n, 5, &start_s);
		is_int(start_s, 100 + 60 * (int64_t)n,
		    "the other goes the same way");
		slots_enter(s, 1, n);
	}
	ok(slots_decide(s, SLOTS_AHEAD, 40, &start_s), "then it goes on");
	is_int(start_s, 40, "backwards if need be");
	slots_leave(s, 1);
	slots_enter(s, 0, SLOTS_AHEAD);
	ok(!slots_is_ahead(s, SLOTS_AHEAD), "none waits for one that stopped");
	slots_free(s);
}

int
main(void)
{
	struct dice d;

	log_init("test");
	files_begin();
	dice_init(&d);
	if ((encoder = record_encoder_new(0, NULL)) == NULL)
		bail("no memory");
	test_slots();
	test_storer(&d);
	record_encoder_free(encoder);
	return done_testing();
}
