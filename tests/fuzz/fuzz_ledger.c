/*
 * Ledgers: the input is a ledger whose frame is made right, so that what is
 * in it is parsed.  The place that it must be for is what it says itself.
 * What was taken over is written, and that must be read as the same.
 */

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "store/ledger_int.h"

static struct index_place
place_of(const uint8_t *data)
{
	return (struct index_place){
		.start = load_u64(data + 16),
		.appendix = load_u64(data + 32),
		.blocks = load_u32(data + 40),
	};
}

static void
seal(uint8_t *data, size_t size)
{
	uint8_t *end = data + size - LEDGER_TRAILER_LEN;

	memcpy(data, LEDGER_MAGIC, LEDGER_MAGIC_LEN);
	store_u32(data + 8, LEDGER_VERSION);
	store_u64(data + 24, size);
	store_u64(end, XXH64(data, size - LEDGER_TRAILER_LEN, 0));
}

static size_t
column_named(const struct store_ledger *l, const char *name)
{
	for (size_t c = 0; c < store_ledger_columns(l); c++)
		if (strcmp(store_ledger_name(l, c), name) == 0)
			return c;
	abort();
}

/* In a row that is there twice a column may appear late, and early when read. */
static void
compare(const struct store_ledger *a, const struct store_ledger *b)
{
	size_t row, column;

	if (store_ledger_rows(a) != store_ledger_rows(b) ||
	    store_ledger_columns(a) != store_ledger_columns(b))
		abort();
	for (size_t r = 0; r < store_ledger_rows(a); r++) {
		row = store_ledger_find(b, store_ledger_who(a, r));
		if (row != r)
			abort();
		for (size_t c = 0; c < store_ledger_columns(a); c++) {
			column = column_named(b, store_ledger_name(a, c));
			if (store_ledger_value(a, r, c) !=
			    store_ledger_value(b, r, column))
				abort();
		}
	}
}

static void
write_and_read(const struct store_ledger *l, const struct index_place *place)
{
	struct buffer out = BUFFER_EMPTY;
	struct store_ledger *again;

	if (store_ledger_encode(l, place, &out)) {
		again = store_ledger_decode((const uint8_t *)out.data, out.len,
		    place, NULL);
		if (again == NULL)
			abort();
		compare(l, again);
		store_ledger_free(again);
	} else if (store_ledger_rows(l) > 0) {
		abort();
	}
	buffer_fini(&out);
}

int
FUZZ_TARGET(ledger)(const uint8_t *data, size_t size)
{
	struct index_place place;
	struct store_ledger *l;
	uint8_t *copy;

	if (size < LEDGER_HEADER_LEN + LEDGER_TRAILER_LEN)
		return 0;
	if ((copy = malloc(size)) == NULL)
		abort();
	memcpy(copy, data, size);
	seal(copy, size);
	place = place_of(copy);
	if ((l = store_ledger_decode(copy, size, &place, NULL)) != NULL)
		write_and_read(l, &place);
	store_ledger_free(l);
	free(copy);
	return 0;
}
