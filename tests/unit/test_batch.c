/*
 * Batches: columns lie apart, on lines of their own, and are there only if
 * wanted.
 */
#include "flow/batch.h"

#include <string.h>

#include "dice.h"
#include "nomem.h"
#include "tap.h"

#define CACHE_LINE 64

static void
make(struct batch *b, const struct fieldset *want, bool want_raw)
{
	struct err err;

	if (batch_init(b, want, want_raw, &err) == -1)
		bail("batch_init: %s", err.text);
}

static bool
is_aligned(const void *p)
{
	return (uintptr_t)p % CACHE_LINE == 0;
}

static bool
is_filled(const void *p, size_t len, int with)
{
	const unsigned char *c = p;

	for (size_t i = 0; i < len; i++)
		if (c[i] != (unsigned char)with)
			return false;
	return true;
}

/* Every column wholly written with its number, then all of them read. */
static bool
lie_apart(struct batch *b)
{
	bool good = is_aligned(b->sel);

	for (int id = 0; id < FLD_COUNT; id++)
		if (b->col[id] != NULL)
			memset(b->col[id], id + 1,
			    (size_t)field_table[id].size * BATCH_ROWS);
	memset(b->sel, 0xfe, sizeof(*b->sel) * BATCH_ROWS);
	if (b->raw != NULL) {
		memset(b->raw, 0xff, sizeof(*b->raw) * BATCH_ROWS);
		good = good && is_aligned(b->raw) &&
		    is_filled(b->raw, sizeof(*b->raw) * BATCH_ROWS, 0xff);
	}
	for (int id = 0; good && id < FLD_COUNT; id++)
		if (b->col[id] != NULL)
			good = is_aligned(b->col[id]) &&
			    is_filled(b->col[id],
				(size_t)field_table[id].size * BATCH_ROWS,
				id + 1);
	return good && is_filled(b->sel, sizeof(*b->sel) * BATCH_ROWS, 0xfe);
}

static bool
agrees(const struct fieldset *want, bool want_raw)
{
	struct batch b;
	bool good = true;

	make(&b, want, want_raw);
	for (int id = 0; id < FLD_COUNT; id++)
		good = good &&
		    (b.col[id] != NULL) ==
			fieldset_has(want, (enum field_id)id);
	good = good && (b.raw != NULL) == want_raw && b.sel != NULL &&
	    b.rows == 0 && b.nsel == 0 && b.first_row == 0 &&
	    memcmp(&b.want, want, sizeof(*want)) == 0 && lie_apart(&b);
	batch_fini(&b);
	return good && b.sel == NULL && b.raw == NULL && b.col[0] == NULL;
}

static void
test_columns(void)
{
	struct fieldset none = { 0 }, all = { 0 };
	struct dice d;
	bool good = true;

	for (int id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	ok(agrees(&none, false), "no columns");
	ok(agrees(&none, true), "raw records only");
	ok(agrees(&all, false), "all columns");
	ok(agrees(&all, true), "all columns and raw records");
	for (int id = 0; id < FLD_COUNT; id++) {
		struct fieldset one = { 0 };

		fieldset_add(&one, (enum field_id)id);
		good = good && agrees(&one, id % 2 == 0);
	}
	ok(good, "each column alone");
	dice_init(&d);
	for (int i = 0; good && i < 30; i++) {
		struct fieldset some = { 0 };

		for (uint64_t n = dice_below(&d, 12); n > 0; n--)
			fieldset_add(
			    &some, (enum field_id)dice_below(&d, FLD_COUNT));
		good = agrees(&some, dice_below(&d, 2) == 0);
	}
	ok(good, "random sets of columns");
}

static void
test_select(void)
{
	static const uint32_t rows[] = { 0, 1, 2, BATCH_ROWS - 1, BATCH_ROWS,
		3 };
	struct fieldset want = { 0 };
	struct batch b;
	bool good;

	fieldset_add(&want, FLD_PROTO);
	make(&b, &want, false);
	for (size_t n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
		b.rows = rows[n];
		batch_select_all(&b);
		good = b.nsel == rows[n];
		for (uint32_t i = 0; good && i < rows[n]; i++)
			good = b.sel[i] == i;
		ok(good, "%u of %u rows are selected", rows[n], rows[n]);
	}
	ok(BATCH_ROWS - 1 <= UINT16_MAX, "row numbers fit their type");
	batch_fini(&b);
}

static void
test_access(void)
{
	struct fieldset want = { 0 };
	uint16_t *ports;
	struct batch b;

	fieldset_add(&want, FLD_SRC_PORT);
	fieldset_add(&want, FLD_DST_PORT);
	make(&b, &want, false);
	ports = b.col[FLD_DST_PORT];
	ports[BATCH_ROWS - 1] = 443;
	ok(batch_column(&b, FLD_DST_PORT) == b.col[FLD_DST_PORT],
	    "batch_column() is the column");
	is_uint(BATCH_COL(&b, DST_PORT, uint16_t)[BATCH_ROWS - 1], 443,
	    "BATCH_COL() has its type");
	batch_fini(&b);
	batch_fini(&b);
	ok(b.sel == NULL, "batch_fini() twice");
}

static void
test_no_memory(void)
{
	struct fieldset want = { 0 };
	struct batch b;
	struct err err;
	unsigned n;
	int rc;

	fieldset_add(&want, FLD_SRC_ADDR);
	for (n = 1;; n++) {
		memset(&b, 0xee, sizeof(b));
		nomem_at(n);
		rc = batch_init(&b, &want, true, &err);
		if (!nomem_hit())
			break;
		ok(rc == -1 && err.code == ERR_NOMEM,
		    "no memory for allocation %u", n);
		ok(b.sel == NULL && b.raw == NULL &&
			b.col[FLD_SRC_ADDR] == NULL,
		    "nothing is left over");
		batch_fini(&b);
	}
	nomem_at(0);
	ok(rc == 0 && n > 1, "all memory that was wanted");
	batch_fini(&b);
}

int
main(void)
{
	test_columns();
	test_select();
	test_access();
	test_no_memory();
	return done_testing();
}
