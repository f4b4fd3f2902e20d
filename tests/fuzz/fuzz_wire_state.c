/*
 * Fuzz target: the state of a decoder.  The input is the body of a state; the
 * header that fits it is put before it, since no fuzzer would find the hash.
 * What was taken over is saved, and that must load again.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "fuzz/fuzz.h"
#include "wire/decode.h"
#include "wire/state.h"
#include "wire/state_int.h"

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	(void)ctx;
	(void)e;
	(void)f;
}

static void
load_and_save(const uint8_t *data, size_t len, struct buffer *out)
{
	const struct wire_limits limits = { .exporters_per_sender = 4,
		.templates_per_exporter = 8, .fields_per_template = 64,
		.held_bytes = 4096, .held_sets = 8, .held_ms = 30000,
		.default_sampling = 1, .sysid_first = 1, .sysid_step = 1,
		.state_bytes = 100000 };
	struct wire_sink sink = { .flow = on_flow };
	struct wire_decoder *d = wire_decoder_new(&limits, &sink, NULL);
	struct err err;

	if (d == NULL)
		return;
	if (wire_state_load(d, data, len, NULL, NULL, &err) == 0 &&
	    wire_state_save(d, NULL, NULL, true, out, &err) == -1)
		abort();
	wire_decoder_free(d);
}

int
FUZZ_TARGET(wire_state)(const uint8_t *data, size_t size)
{
	struct buffer first = BUFFER_EMPTY;
	struct buffer second = BUFFER_EMPTY;
	uint8_t *state = malloc(STATE_HEADER_LEN + size);
	struct writer w;

	if (state == NULL)
		return 0;
	writer_init(&w, state, STATE_HEADER_LEN + size);
	writer_uint(&w, STATE_MAGIC, 4);
	writer_uint(&w, STATE_VERSION, 2);
	writer_uint(&w, 0, 2);
	writer_uint(&w, size, 4);
	writer_uint(&w, hash_bytes(data, size, STATE_VERSION), 8);
	writer_bytes(&w, data, size);
	load_and_save(state, w.used, &first);
	if (first.len > 0) {
		load_and_save((const uint8_t *)first.data, first.len, &second);
		if (second.len != first.len)
			abort();
	}
	buffer_fini(&first);
	buffer_fini(&second);
	free(state);
	return 0;
}
