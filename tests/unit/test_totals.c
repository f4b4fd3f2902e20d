/*
 * Totals: sums over the selected rows, merging.
 */

#include "query/totals.h"
#include "tap.h"

int
main(void)
{
	struct fieldset want = { { 0 } };
	struct totals t = { 0 }, empty = { 0 };
	struct batch b;

	totals_fields(&want);
	if (batch_init(&b, &want, false, NULL) == -1)
		bail("out of memory");
	b.rows = 4;
	batch_select_all(&b);
	for (uint64_t i = 0; i < 4; i++) {
		((uint64_t *)b.col[FLD_FLOWS])[i] = i; /* 0 counts as 1 */
		((uint64_t *)b.col[FLD_IN_PACKETS])[i] = 10;
		((uint64_t *)b.col[FLD_OUT_PACKETS])[i] = i;
		((uint64_t *)b.col[FLD_IN_BYTES])[i] = 100;
		((uint64_t *)b.col[FLD_OUT_BYTES])[i] = 1000 * i;
		((uint64_t *)b.col[FLD_FIRST])[i] = 50 - i;
		((uint64_t *)b.col[FLD_LAST])[i] = 60 + i;
	}
	totals_add(&t, &b);
	is_uint(t.records, 4, "records");
	is_uint(t.flows, 1 + 1 + 2 + 3, "flows");
	is_uint(t.packets, 40 + 6, "packets");
	is_uint(t.bytes, 400 + 6000, "bytes");
	is_uint(t.first_ms, 47, "first");
	is_uint(t.last_ms, 63, "last");
	b.sel[0] = 2;
	b.nsel = 1;
	totals_add(&t, &b);
	is_uint(t.records, 5, "only the selection");
	is_uint(t.bytes, 400 + 6000 + 2100, "its bytes");
	totals_merge(&t, &empty);
	is_uint(t.first_ms, 47, "nothing changes nothing");
	totals_merge(&empty, &t);
	is_uint(empty.first_ms, 47, "nothing takes over");
	batch_fini(&b);
	return done_testing();
}
