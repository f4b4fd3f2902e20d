/*
 * Flows in the open block whose rate is told after them: from datagrams to
 * the records and the statistics of the block.
 */

#include <stdlib.h>

#include "flow/batch.h"
#include "flowcapd/correct.h"
#include "record/stats.h"
#include "record/v3.h"
#include "tap.h"
#include "wirekit.h"

#define BLOCK_LEN 65536

struct world {
	struct wire_decoder *d;
	struct record_encoder *encoder;
	struct correct *correct;
	uint8_t block[BLOCK_LEN];
	size_t len;
	struct record_stats stats;
	int corrected;
	struct dgram g;
};

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	struct world *w = ctx;
	size_t len = record_encode(w->encoder, f, w->block + w->len,
	    BLOCK_LEN - w->len);

	correct_note(w->correct, e, f, w->len);
	w->len += len;
	record_stats_add_flow(&w->stats, f);
}

static void
on_sampler(void *ctx, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	struct world *w = ctx;

	w->corrected += correct_block(w->correct, e, s, w->block, w->len,
	    &w->stats);
}

static struct world *
world_new(uint32_t default_rate, uint32_t forced_rate)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct world *w = calloc(1, sizeof(*w));
	struct wire_sink sink = { .ctx = w, .flow = on_flow,
		.sampler = on_sampler };
	struct err err;

	limits.default_sampling = default_rate;
	limits.forced_sampling = forced_rate;
	if (w == NULL ||
	    (w->d = wire_decoder_new(&limits, &sink, &err)) == NULL ||
	    (w->encoder = record_encoder_new(0, &err)) == NULL ||
	    (w->correct = correct_new(default_rate)) == NULL)
		bail("out of memory");
	record_stats_init(&w->stats);
	return w;
}

static void
world_free(struct world *w)
{
	wire_decoder_free(w->d);
	record_encoder_free(w->encoder);
	correct_free(w->correct);
	free(w);
}

static void
end(struct world *w)
{
	end_set(&w->g);
	wire_decode(w->d, w->g.data, w->g.len, addr_v4(0x7f000001), KIT_MS);
}

static void
template(struct world *w, uint16_t id, const char *fields)
{
	begin_v9(&w->g);
	begin_set(&w->g, 0);
	put_template(&w->g, id, fields);
	end(w);
}

static void
data(struct world *w, uint16_t id, const char *hex)
{
	begin_v9(&w->g);
	begin_set(&w->g, id);
	put_hex(&w->g, hex);
	end(w);
}

/* The rate of the whole exporter. */
static void
announce(struct world *w, const char *hex)
{
	begin_v9(&w->g);
	begin_set(&w->g, 1);
	put_options(&w->g, 400, 1, "1/4 34/4");
	end(w);
	data(w, 400, hex);
}

/* The rate of a sampler by id. */
static void
announce_id(struct world *w, const char *hex)
{
	begin_v9(&w->g);
	begin_set(&w->g, 1);
	put_options(&w->g, 401, 1, "1/4 48/1 50/4");
	end(w);
	data(w, 401, hex);
}

/* Packets of the flows as they are in the block now, and their sum. */
static void
packets_are(struct world *w, const uint64_t *want, unsigned n,
    const char *name)
{
	struct record_cursor cursor = { .data = w->block, .len = w->len };
	struct fieldset fields = { { 0 } };
	struct record_decoder *d;
	uint64_t sum = 0;
	struct batch b;
	struct err err;

	fieldset_add(&fields, FLD_IN_PACKETS);
	fieldset_add(&fields, FLD_OUT_PACKETS);
	if (batch_init(&b, &fields, false, &err) == -1 ||
	    (d = record_decoder_new(&fields, &err)) == NULL)
		bail("out of memory");
	is_int(record_decode(d, &cursor, &b, &err), 1, "%s: decoded", name);
	is_uint(b.rows, n, "%s: flows", name);
	for (unsigned i = 0; i < n && i < b.rows; i++) {
		is_uint(BATCH_COL(&b, IN_PACKETS, uint64_t)[i], want[i],
		    "%s: flow %u", name, i);
		sum += BATCH_COL(&b, IN_PACKETS, uint64_t)[i] +
		    BATCH_COL(&b, OUT_PACKETS, uint64_t)[i];
	}
	is_uint(w->stats.packets, sum, "%s: statistics", name);
	is_uint(w->stats.flows, n, "%s: flows of them", name);
	record_decoder_free(d);
	batch_fini(&b);
}

static void
test_general(void)
{
	struct world *w = world_new(1, 0);

	template(w, 256, "2/4 1/4 24/4");
	data(w, 256, "00000003 00000100 00000002 00000004 00000100 00000000");
	announce(w, "00000000 00000064");
	packets_are(w, (uint64_t[]){ 300, 400 }, 2, "a first rate");
	is_uint(w->stats.packets, 900, "the other direction, too");
	announce(w, "00000000 00000064");
	data(w, 256, "00000005 00000100 00000000");
	announce(w, "00000000 00000002");
	packets_are(w, (uint64_t[]){ 300, 400, 500 }, 3, "another rate");
	is_int(w->corrected, 2, "is not for what came before");
	world_free(w);
}

static void
test_by_id(void)
{
	struct world *w = world_new(1, 0);

	template(w, 256, "2/4 48/1");
	template(w, 257, "2/4");
	data(w, 256, "00000003 01 00000003 02 00000003 03");
	data(w, 257, "00000007");
	announce_id(w, "00000000 02 0000000a");
	packets_are(w, (uint64_t[]){ 3, 30, 3, 7 }, 4, "one id");
	announce_id(w, "00000000 01 00000064");
	packets_are(w, (uint64_t[]){ 300, 30, 3, 7 }, 4, "another id");
	announce(w, "00000000 00000002");
	packets_are(w, (uint64_t[]){ 300, 30, 6, 14 }, 4, "for all others");
	is_int(w->corrected, 4, "each once");
	world_free(w);
}

static void
test_default(void)
{
	struct world *w = world_new(5, 0);

	template(w, 256, "2/4");
	template(w, 257, "2/4 34/4");
	data(w, 256, "00000003");
	data(w, 257, "00000003 00000007");
	packets_are(w, (uint64_t[]){ 15, 21 }, 2, "the default");
	announce(w, "00000000 00000064");
	packets_are(w, (uint64_t[]){ 300, 21 }, 2, "gives way");
	correct_clear(w->correct);
	w->len = 0;
	record_stats_init(&w->stats);
	w->g.domain = 7;
	template(w, 256, "2/4");
	data(w, 256, "00000003");
	w->g.domain = 8;
	announce(w, "00000000 00000002");
	is_uint(w->stats.packets, 300, "that of another domain, found before");
	world_free(w);
}

static void
test_forced(void)
{
	struct world *w = world_new(1, 10);

	template(w, 256, "2/4");
	data(w, 256, "00000003");
	announce(w, "00000000 00000064");
	packets_are(w, (uint64_t[]){ 30 }, 1, "a rate of our own");
	is_int(w->corrected, 0, "stays");
	world_free(w);
}

int
main(void)
{
	test_general();
	test_by_id();
	test_default();
	test_forced();
	return done_testing();
}
