/*
 * Block payloads: whatever the bytes, decoding ends and stays inside them,
 * in one step and in two.
 */

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "record/v3.h"

static struct fieldset
every_second_field(unsigned from)
{
	struct fieldset s = { { 0 } };

	for (unsigned id = from; id < FLD_COUNT; id += 2)
		fieldset_add(&s, (enum field_id)id);
	return s;
}

int
FUZZ_TARGET(record)(const uint8_t *data, size_t size)
{
	struct fieldset even = every_second_field(0);
	struct fieldset odd = every_second_field(1), all = even;
	struct record_decoder *first, *rest;
	struct record_cursor c = { data, size, 0, 0 };
	struct batch b;
	struct err err;

	fieldset_merge(&all, &odd);
	first = record_decoder_new(&even, NULL);
	rest = record_decoder_new(&odd, NULL);
	if (first == NULL || rest == NULL ||
	    batch_init(&b, &all, true, NULL) == -1)
		abort();
	while (record_decode(first, &c, &b, &err) == 1)
		record_decode_rest(rest, first, &b);
	batch_fini(&b);
	record_decoder_free(rest);
	record_decoder_free(first);
	return 0;
}
