/*
 * Payloads of layout 3, the block's type in front: whatever the bytes, they
 * become whole records in the room that is promised, or an error.
 */

#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "record/v3.h"
#include "record/v4.h"

int
FUZZ_TARGET(record_v4)(const uint8_t *data, size_t size)
{
	struct record_cursor c = { .pos = 0 };
	uint32_t records = 0;
	struct span record;
	struct writer w;
	uint16_t type;
	uint8_t *out;

	if (size == 0)
		return 0;
	/* As large as promised, so that a write behind it is found. */
	if ((out = malloc(record_v4_room(size - 1) + 1)) == NULL)
		abort();
	writer_init(&w, out, record_v4_room(size - 1));
	record_v4_convert((enum record_v4_block)data[0], data + 1, size - 1,
	    &w, &records, NULL);
	c.data = out;
	c.len = w.used;
	while (record_next(&c, &type, &record, NULL) == 1)
		records--;
	if (c.pos != c.len || records != 0)
		abort();
	free(out);
	return 0;
}
