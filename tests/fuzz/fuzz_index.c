/*
 * Indexes: the input is an index whose frame is made right, so that what is
 * in it is parsed; then every span is asked.  The place that it must be for
 * is what it says itself, within what a file could hold.
 */

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "store/index_int.h"

#define SPANS_MAX 64

static struct index_place
place_of(const uint8_t *data)
{
	return (struct index_place){
		.start = load_u64(data + 16),
		.appendix = load_u64(data + 32),
		.blocks = load_u32(data + 40),
		.compression = data[44],
	};
}

static void
ask(const struct store_index *x, uint32_t n)
{
	const struct store_span *s = store_index_span(x, n);
	const struct addr low = { 0, 1 }, high = { UINT64_MAX, 7 };

	if (s->block >= x->blocks || s->end < s->offset)
		abort();
	store_index_hash(x, s->block + s->blocks - 1);
	for (uint32_t a = 1; a != 0; a <<= 1)
		store_index_may_have_addr(x, n, addr_v4(a), addr_v4(a | 0xfff));
	store_index_may_have_addr(x, n, low, low);
	store_index_may_have_addr(x, n, high, high);
	store_index_may_have_addr(x, n, low, high);
	store_index_may_have_port(x, n, 0, 1023);
	store_index_may_have_port(x, n, 1023, 65535);
}

int
FUZZ_TARGET(index)(const uint8_t *data, size_t size)
{
	struct index_place place;
	struct store_index *x;
	uint8_t *copy;

	if (size < INDEX_HEADER_LEN + INDEX_TRAILER_LEN)
		return 0;
	if ((copy = malloc(size)) == NULL)
		abort();
	memcpy(copy, data, size);
	place = place_of(copy);
	store_index_seal(copy, size, load_u32(copy + 12), &place);
	x = store_index_take(copy, size, &place, NULL);
	for (uint32_t n = 0; x != NULL && n < store_index_spans(x) &&
	    n < SPANS_MAX; n++)
		ask(x, n);
	store_index_free(x);
	return 0;
}
