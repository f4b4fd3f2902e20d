/*
 * Block payloads of nfdump 1.6: the input is cut in two blocks, whose maps are
 * taken and which are converted, the second one first.  Whatever the bytes,
 * what comes out has whole records, as many as are told.
 */

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "record/v1.h"
#include "record/v3.h"

static void
convert(const struct record_v1_state *state, const uint8_t *data, size_t len)
{
	struct buffer out = BUFFER_EMPTY;
	struct record_cursor c = { 0 };
	struct span record;
	struct err err;
	uint32_t records = 0;
	uint16_t type;
	int rc;

	record_v1_convert(state, 0, data, len, &out, &records, &err);
	c.data = (const uint8_t *)out.data;
	c.len = out.len;
	while ((rc = record_next(&c, &type, &record, NULL)) == 1)
		records--;
	if (rc == -1 || records != 0)
		abort();
	buffer_fini(&out);
}

int
FUZZ_TARGET(record_v1)(const uint8_t *data, size_t size)
{
	struct record_v1_maps *maps = record_v1_maps_new(NULL);
	size_t half = size < 2 ? 0 : (data[0] | data[1] << 8) % size;
	const struct record_v1_state *state[2];

	if (maps == NULL)
		abort();
	state[0] = record_v1_maps_state(maps);
	record_v1_maps_take(maps, data, half, NULL);
	state[1] = record_v1_maps_state(maps);
	record_v1_maps_take(maps, data + half, size - half, NULL);
	record_v1_maps_state(maps);
	convert(state[1], data + half, size - half);
	convert(state[0], data, half);
	convert(state[0], data, size);
	record_v1_maps_free(maps);
	return 0;
}
