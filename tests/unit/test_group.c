/*
 * Grouping: what group.h promises, on flows made by hand, and the ways to
 * fail.  test_twin compares it with a naive implementation.
 */
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "nomem.h"
#include "query/group_int.h"
#include "tap.h"

#define MAX_FLOWS 64

/* What a test looks at. */
static const enum field_id shown[] = { FLD_FIRST, FLD_LAST, FLD_IN_PACKETS,
    FLD_IN_BYTES, FLD_OUT_PACKETS, FLD_OUT_BYTES, FLD_FLOWS, FLD_TCP_FLAGS,
    FLD_SRC_ADDR, FLD_DST_ADDR, FLD_SRC_PORT, FLD_DST_PORT, FLD_PROTO,
    FLD_SRC_TOS, FLD_INPUT, FLD_OUTPUT, FLD_USER_NAME, FLD_EXTENSIONS,
    FLD_DISTINCT, FLD_P95_BPS };

static struct flow flows[MAX_FLOWS];
static unsigned nflows;

static struct flow *
add(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport, uint64_t bytes)
{
	struct flow *f = &flows[nflows++];

	memset(f, 0, sizeof(*f));
	f->extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4);
	f->src_addr = addr_v4(src);
	f->dst_addr = addr_v4(dst);
	f->src_port = sport;
	f->dst_port = dport;
	f->proto = 6;
	f->in_packets = 1;
	f->in_bytes = bytes;
	f->first_ms = 1000000 + nflows * 1000;
	f->last_ms = f->first_ms + 500;
	return f;
}

/* Columns of the flows. */
static int
fill(struct batch *b, const struct fieldset *want, struct err *err)
{
	if (batch_init(b, want, false, err) == -1)
		return -1;
	for (unsigned i = 0; i < nflows; i++)
		for (int id = 0; id < FLD_COUNT; id++) {
			const struct field *f = &field_table[id];

			if (b->col[id] != NULL)
				memcpy((char *)b->col[id] + i * f->size,
				    (char *)&flows[i] + f->offset, f->size);
		}
	b->rows = nflows;
	b->order = 0;
	batch_select_all(b);
	return 0;
}

static struct group_key
key(enum field_id field, unsigned v4_len, unsigned v6_len)
{
	return (struct group_key){ .field = field, .mask = FLD_NONE,
	    .v4_len = (uint8_t)v4_len, .v6_len = (uint8_t)v6_len };
}

/* Group the flows; the first batch of the result is *out. */
static int
run(const struct group_spec *spec, const char *order_text, uint64_t top,
    struct batch *out, struct group **g, struct err *err)
{
	const struct group_options options = { .seed = 7 };
	struct group_worker *w = NULL;
	struct group_cursor *c = NULL;
	struct fieldset want = { 0 }, result = { 0 };
	struct batch in = { 0 };
	struct order order = { ORDER_INPUT, true };
	int rc = -1;

	memset(out, 0, sizeof(*out));
	if (order_text != NULL)
		order_parse(order_text, &order);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		fieldset_add(&result, shown[i]);
	group_fields(spec, &want);
	if ((*g = group_new(spec, &options, err)) == NULL ||
	    (w = group_worker_new(*g, err)) == NULL ||
	    fill(&in, &want, err) == -1 ||
	    group_add(w, &in, err) == -1 || group_flush(w, err) == -1 ||
	    group_finish(*g, &order, 1, top, NULL, err) == -1 ||
	    batch_init(out, &result, false, err) == -1 ||
	    (c = group_cursor_new(*g, 0, err)) == NULL ||
	    group_cursor_next(c, out, err) == -1)
		goto done;
	rc = 0;
done:
	group_cursor_free(c);
	group_worker_free(w);
	batch_fini(&in);
	return rc;
}

static void
must_run(const struct group_spec *spec, const char *order, uint64_t top,
    struct batch *out, struct group **g)
{
	struct err err;

	if (run(spec, order, top, out, g, &err) == -1)
		bail("%s", err.text);
}

static void
release(struct batch *out, struct group *g)
{
	batch_fini(out);
	group_free(g);
}

#define AT(id, type, row) (BATCH_COL(&out, id, type)[row])

static void
test_key(void)
{
	struct group_spec spec = { .nkeys = 1,
	    .keys = { key(FLD_SRC_ADDR, 24, 64) } };
	struct batch out;
	struct group *g;

	nflows = 0;
	add(0x0a000001, 1, 1, 2, 100)->tcp_flags = 2;
	add(0x0a000101, 1, 1, 2, 7);
	add(0x0a0000ff, 1, 1, 2, UINT32_MAX)->tcp_flags = 16;
	add(0x0a000002, 1, 1, 2, 1)->out_bytes = 5;
	flows[3].flows = 70000;
	must_run(&spec, "bytes", 0, &out, &g);
	is_uint(out.nsel, 2, "two networks");
	is_uint(group_rows(g), 2, "and two rows are told");
	ok(addr_equal(AT(SRC_ADDR, struct addr, 0), addr_v4(0x0a000000)),
	    "the larger one comes first, masked");
	is_uint(AT(IN_BYTES, uint64_t, 0), 101 + (uint64_t)UINT32_MAX,
	    "a sum above 32 bits");
	is_uint(AT(OUT_BYTES, uint64_t, 0), 5, "output counters");
	is_uint(AT(FLOWS, uint64_t, 0), 70002, "flow counts, at least 1 each");
	is_uint(AT(TCP_FLAGS, uint8_t, 0), 18, "flags are ored");
	is_uint(AT(FIRST, uint64_t, 0), 1001000, "first time");
	is_uint(AT(LAST, uint64_t, 0), 1004500, "last time");
	is_uint(AT(DST_PORT, uint16_t, 0), 0, "no key, no value");
	is_uint(AT(EXTENSIONS, uint64_t, 0) & FLOW_EXT(EXT_IPV4),
	    FLOW_EXT(EXT_IPV4), "an IPv4 address is told so");
	is_uint(AT(IN_BYTES, uint64_t, 1), 7, "the other network");
	release(&out, g);
	must_run(&spec, "bytes:a", 1, &out, &g);
	is_uint(out.nsel, 1, "cut after one");
	is_uint(AT(IN_BYTES, uint64_t, 0), 7, "the smallest one");
	is_uint(group_rows(g), 2, "of two rows");
	release(&out, g);
}

static void
test_sides(void)
{
	struct group_spec spec = { .nkeys = 1, .nsides = 1,
	    .keys = { key(FLD_SRC_ADDR, 32, 128) },
	    .sides = { FLD_DST_ADDR } };
	struct batch out;
	struct group *g;

	nflows = 0;
	add(1, 2, 0, 0, 10);
	add(1, 1, 0, 0, 5);
	must_run(&spec, "bytes", 0, &out, &g);
	is_uint(out.nsel, 2, "addresses of both sides");
	is_uint(AT(IN_BYTES, uint64_t, 0), 15, "equal sides count once");
	is_uint(AT(FLOWS, uint64_t, 0), 2, "flows of it");
	is_uint(AT(IN_BYTES, uint64_t, 1), 10, "the other address");
	release(&out, g);

	spec.keys[0].mask = FLD_SRC_MASK;
	add(0x0a0a0a0a, 0x0a0a0a0b, 0, 0, 20)->src_mask = 24;
	must_run(&spec, "input", 0, &out, &g);
	is_uint(out.nsel, 3, "sides in the same network, and in none known");
	is_uint(AT(IN_BYTES, uint64_t, 0), 15, "a length of 0 masks nothing");
	is_uint(AT(FLOWS, uint64_t, 2), 1, "equal networks count once");
	release(&out, g);
}


static void
test_ties_and_carry(void)
{
	static const uint8_t name[] = "somebody";
	struct group_spec spec = { .nkeys = 1,
	    .keys = { key(FLD_SRC_PORT, 0, 0) } };
	struct batch out;
	struct group *g;
	struct span user;
	int good = 1;

	nflows = 0;
	for (unsigned i = 0; i < 40; i++)
		add(1, 2, (uint16_t)(100 - i % 20), 0, 10)->src_tos =
		    (uint8_t)i;
	flows[0].user_name = (struct span){ name, 8 };
	fieldset_add(&spec.carry, FLD_SRC_TOS);
	fieldset_add(&spec.carry, FLD_USER_NAME);
	must_run(&spec, "bytes", 0, &out, &g);
	is_uint(out.nsel, 20, "rows");
	for (unsigned i = 0; i < 20; i++)
		if (AT(SRC_PORT, uint16_t, i) != 100 - i ||
		    AT(SRC_TOS, uint8_t, i) != i)
			good = 0;
	ok(good, "ties in input order, other fields from the first flow");
	user = AT(USER_NAME, struct span, 0);
	ok(user.len == 8 && memcmp(user.data, name, 8) == 0, "a span");
	release(&out, g);
}

static void
test_biflow(void)
{
	struct group_spec spec = { .is_biflow = true };
	struct batch out;
	struct group *g;

	nflows = 0;
	add(9, 2, 80, 5000, 100)->input = 3;
	add(2, 9, 5000, 80, 7)->out_bytes = 1;
	add(2, 9, 5000, 80, 7)->proto = 47;
	fieldset_add(&spec.carry, FLD_INPUT);
	fieldset_add(&spec.carry, FLD_OUTPUT);
	must_run(&spec, "bytes", 0, &out, &g);
	is_uint(out.nsel, 2, "TCP is one row, another protocol is not turned");
	ok(addr_equal(AT(SRC_ADDR, struct addr, 0), addr_v4(9)),
	    "in the direction read first");
	is_uint(AT(SRC_PORT, uint16_t, 0), 80, "ports too");
	is_uint(AT(IN_BYTES, uint64_t, 0), 101, "in and what was out");
	is_uint(AT(OUT_BYTES, uint64_t, 0), 7, "out");
	is_uint(AT(INPUT, uint32_t, 0), 3, "interface");
	release(&out, g);
	spec.is_guessed = true;
	must_run(&spec, "bytes", 0, &out, &g);
	ok(addr_equal(AT(SRC_ADDR, struct addr, 0), addr_v4(2)),
	    "turned: the client is the source");
	is_uint(AT(DST_PORT, uint16_t, 0), 80, "the server's port");
	is_uint(AT(IN_BYTES, uint64_t, 0), 7, "counters follow");
	is_uint(AT(OUTPUT, uint32_t, 0), 3, "interfaces follow");
	release(&out, g);
}

/* As nfdump 1.6 has them. */
static void
test_biflow_1_6(void)
{
	struct group_spec spec = { .is_biflow = true, .is_guessed = true,
	    .guesses_low = true };
	struct batch out;
	struct group *g;

	nflows = 0;
	add(9, 2, 5000, 50000, 100)->tcp_flags = 2;
	add(2, 9, 50000, 5000, 7)->tcp_flags = 16;
	add(9, 2, 1023, 1024, 50);
	add(9, 2, 0, 2048, 20)->proto = 1;
	must_run(&spec, "bytes", 0, &out, &g);
	is_uint(AT(SRC_PORT, uint16_t, 0), 5000, "no port below 1024");
	is_uint(AT(TCP_FLAGS, uint8_t, 0), 2, "flags of one direction");
	is_uint(AT(SRC_PORT, uint16_t, 1), 1023, "no port above 1024");
	ok(addr_equal(AT(SRC_ADDR, struct addr, 2), addr_v4(2)),
	    "another protocol is turned");
	is_uint(AT(SRC_PORT, uint16_t, 2), 2048, "type and code as a port");
	is_uint(AT(DST_PORT, uint16_t, 2), 2048, "and where they were");
	release(&out, g);
	spec.merges_flags = true;
	must_run(&spec, "bytes", 0, &out, &g);
	is_uint(AT(TCP_FLAGS, uint8_t, 0), 18, "flags of both directions");
	release(&out, g);
}

static void
test_buckets(void)
{
	struct group_spec spec = { .bucket_ms = 1000, .is_spread = true };
	struct batch out;
	struct group *g;

	nflows = 0;
	add(1, 2, 3, 4, 100);
	flows[0].first_ms = 1500;
	flows[0].last_ms = 3500;
	flows[0].in_packets = 3;
	must_run(&spec, NULL, 0, &out, &g);
	is_uint(out.nsel, 3, "three buckets");
	is_uint(AT(FIRST, uint64_t, 0), 1000, "begin of the first");
	is_uint(AT(LAST, uint64_t, 0), 2000, "its end");
	is_uint(AT(IN_BYTES, uint64_t, 0), 25, "a quarter");
	is_uint(AT(IN_BYTES, uint64_t, 1), 50, "half");
	is_uint(AT(IN_BYTES, uint64_t, 2), 25, "a quarter");
	is_uint(AT(IN_PACKETS, uint64_t, 0) + AT(IN_PACKETS, uint64_t, 1) +
	    AT(IN_PACKETS, uint64_t, 2), 3, "packets stay whole");
	is_uint(AT(FLOWS, uint64_t, 0), 1, "the flow is in the first");
	is_uint(AT(FLOWS, uint64_t, 1), 0, "and in no other");
	release(&out, g);
	flows[0].last_ms = UINT64_MAX;
	must_run(&spec, NULL, 0, &out, &g);
	is_uint(out.nsel, 1, "a flow without end is not divided");
	release(&out, g);
	flows[0].first_ms = flows[0].in_packets = 0;
	flows[0].in_bytes = 1;
	spec.bucket_ms = UINT64_C(1) << 63;
	must_run(&spec, NULL, 0, &out, &g);
	is_uint(out.nsel, 2, "but by the largest buckets");
	is_uint(AT(IN_BYTES, uint64_t, 1), 1, "bytes stay whole");
	is_uint(AT(LAST, uint64_t, 1), UINT64_MAX, "the end of time");
	release(&out, g);
	spec.bucket_ms = 1;
	flows[0].first_ms = UINT64_MAX;
	must_run(&spec, NULL, 0, &out, &g);
	is_uint(AT(FIRST, uint64_t, 0), UINT64_MAX, "the last bucket of all");
	release(&out, g);
	flows[0].first_ms = 5;
	flows[0].last_ms = 1;
	must_run(&spec, NULL, 0, &out, &g);
	is_uint(AT(FIRST, uint64_t, 0), 5, "a flow that ends before it begins");
	is_uint(AT(IN_BYTES, uint64_t, 0), 1, "is in the bucket of its begin");
	release(&out, g);
	spec.bucket_ms = UINT64_C(1) << 38;
	flows[0].first_ms = 0;
	flows[0].last_ms = UINT64_C(1) << 40;
	flows[0].in_bytes = UINT64_C(3) << 38;
	must_run(&spec, NULL, 0, &out, &g);
	is_uint(out.nsel, 4, "decades in four parts");
	for (unsigned i = 0; i < 4; i++)
		is_uint(AT(IN_BYTES, uint64_t, i), UINT64_C(3) << 36,
		    "a quarter");
	release(&out, g);
}

static void
test_distinct_and_p95(void)
{
	struct group_spec spec = { .nkeys = 1, .ndistinct = 2,
	    .keys = { key(FLD_SRC_ADDR, 32, 128) },
	    .distinct = { FLD_DST_ADDR, FLD_DST_PORT } };
	struct batch out;
	struct group *g;

	nflows = 0;
	add(1, 2, 0, 80, 1);
	add(1, 2, 0, 80, 1);
	add(1, 2, 0, 81, 1);
	add(1, 3, 0, 80, 1);
	add(4, 3, 0, 80, 1);
	must_run(&spec, "distinct", 0, &out, &g);
	is_uint(AT(DISTINCT, uint64_t, 0), 3, "pairs of address and port");
	is_uint(AT(DISTINCT, uint64_t, 1), 1, "of the other source");
	release(&out, g);

	spec.ndistinct = 0;
	spec.is_p95 = true;
	spec.bucket_ms = 1000;
	nflows = 0;
	for (unsigned i = 0; i < 40; i++)
		add(1, 2, 0, 0, 1 + i);
	add(4, 2, 0, 0, 1000)->first_ms = flows[0].first_ms;
	must_run(&spec, "p95", 0, &out, &g);
	is_uint(AT(P95_BPS, uint64_t, 0), 38 * 8, "rank 38 of 40 buckets");
	is_uint(AT(P95_BPS, uint64_t, 1), 0, "one busy bucket of 40");
	release(&out, g);
}

static void
test_each(void)
{
	struct group_spec spec = { .is_each = true };
	struct batch out;
	struct group *g;
	int good = 1;

	nflows = 0;
	for (unsigned i = 0; i < 50; i++)
		add(1, 2, (uint16_t)i, 0, i / 2);
	fieldset_add(&spec.carry, FLD_SRC_PORT);
	must_run(&spec, "bytes:a", 0, &out, &g);
	is_uint(out.nsel, 50, "equal flows stay apart");
	for (unsigned i = 0; i < 50; i++)
		if (AT(SRC_PORT, uint16_t, i) != i)
			good = 0;
	ok(good, "sorted, ties in input order");
	release(&out, g);
}

static void
test_refused(void)
{
	struct group_spec spec = { .nkeys = 1,
	    .keys = { key(FLD_USER_NAME, 0, 0) } };
	struct group_options options = { .memory = 1 };
	char dir[5000];
	struct err err;

	ok(group_new(&spec, &options, &err) == NULL, "a span as a key");
	is_int(err.code, ERR_VALUE, "is refused");
	memset(dir, 'x', sizeof(dir));
	dir[sizeof(dir) - 1] = '\0';
	options.tmpdir = dir;
	spec.nkeys = 0;
	ok(group_new(&spec, &options, &err) == NULL, "too long a directory");
	is_int(err.code, ERR_VALUE, "is refused, too");
	ok(strstr(err.text, "too long") != NULL, "and the reason is told");
}

/* All distinct values of a row are in one table. */
static void
test_full(void)
{
	const struct row_shape shape = { .stride = ROW_HEAD_LEN };
	const uint8_t row[ROW_HEAD_LEN + KEY_SLACK] = { 0 };
	struct table t = { .rows = TABLE_ROWS_MAX };
	struct err err;

	is_int(table_add(&t, &shape, 0, false, row, ROW_HEAD_LEN, &err), -1,
	    "a full table");
	is_int(err.code, ERR_VALUE, "takes no more");
	is_str(err.text, "more rows than 4096 million, or distinct values of "
	    "a row than 16 million", "and tells both limits");
}

/* Every allocation fails once. */
static void
test_nomem(void)
{
	struct group_spec spec = { .nkeys = 1, .ndistinct = 1, .is_p95 = true,
	    .bucket_ms = 1000, .keys = { key(FLD_SRC_ADDR, 32, 128) },
	    .distinct = { FLD_DST_ADDR } };
	struct group *g = NULL;
	struct batch out = { 0 };
	struct err err;
	unsigned n, bad = 0;
	int rc;

	nflows = 0;
	for (unsigned i = 0; i < 20; i++)
		add(i % 5, i, 0, 0, UINT64_C(1) << i * 2);
	fieldset_add(&spec.carry, FLD_SRC_TOS);
	for (n = 1;; n++) {
		nomem_at(n);
		rc = run(&spec, "p95", 3, &out, &g, &err);
		if (!nomem_hit())
			break;
		if (rc == 0 || err.code != ERR_NOMEM)
			bad++;
		release(&out, g);
		g = NULL;
	}
	nomem_at(0);
	is_int(rc, 0, "with enough memory it works");
	ok(n > 20, "%u allocations were made to fail", n - 1);
	is_uint(bad, 0, "and each time that was told");
	release(&out, g);
}

int
main(void)
{
	test_key();
	test_sides();
	test_ties_and_carry();
	test_biflow();
	test_biflow_1_6();
	test_buckets();
	test_distinct_and_p95();
	test_each();
	test_refused();
	test_full();
	test_nomem();
	return done_testing();
}
