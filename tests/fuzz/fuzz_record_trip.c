/*
 * From the wire to a record and back: flows of datagrams (fuzzkit_decode())
 * become records, which must be sound and decode to the same flow.
 */
#include "encodekit.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "record/check.h"
#include "record/v3.h"

#define USER_MAX 65

struct trip {
	struct record_encoder *e;
	struct record_decoder *d;
	struct batch b;
};

static void
on_flow(void *ctx, const struct flow *f)
{
	struct trip *t = ctx;
	uint8_t out[RECORD_V3_MAX], again[RECORD_V3_MAX];
	size_t len = record_encode(t->e, f, out, sizeof(out));
	struct record_cursor c = { .data = out, .len = len };
	struct span record = { out, (uint32_t)len };
	struct flow want = *f, got;

	require(len > 0);
	require(record_check(RECORD_FLOW_V3, &record, NULL) == RECORD_SOUND);
	require(record_decode(t->d, &c, &t->b, NULL) == 1 && t->b.rows == 1);
	batch_flow(&t->b, 0, &got);
	if (want.user_name.len > USER_MAX)
		want.user_name.len = USER_MAX;
	if (want.flows == 1 && (want.extensions & FLOW_EXT(EXT_COUNTERS)) == 0)
		want.flows = 0;
	require(encodekit_equal(&got, &want));
	require(record_encode(t->e, &got, again, sizeof(again)) == len &&
	    memcmp(out, again, len) == 0);
}

int
FUZZ_TARGET(record_trip)(const uint8_t *data, size_t size)
{
	struct fieldset all = { { 0 } };
	struct trip t;

	for (unsigned id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	t.e = record_encoder_new(0, NULL);
	t.d = record_decoder_new(&all, NULL);
	require(t.e != NULL && t.d != NULL &&
	    batch_init(&t.b, &all, false, NULL) == 0);
	fuzzkit_flows(data, size, on_flow, &t);
	batch_fini(&t.b);
	record_decoder_free(t.d);
	record_encoder_free(t.e);
	return 0;
}
