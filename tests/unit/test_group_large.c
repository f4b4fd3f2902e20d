/*
 * Grouping many rows: the result is that of one thread with all the memory,
 * whatever is given.  Partitions are larger here than what a cursor reads at
 * a time, and than what "top" leaves of them; test_twin has small ones.
 */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "files.h"
#include "flow/flow.h"
#include "query/group.h"
#include "tap.h"

#define FLOWS 100000U
#define ADDRS 75000U
#define BATCHES ((FLOWS + BATCH_ROWS - 1) / BATCH_ROWS)
#define THREADS_MAX 4
#define TOP 100

static const uint8_t text[] =
    "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz";

/* What is compared of a row. */
struct line {
	uint64_t number; /* of its first flow */
	uint64_t bytes;
	uint64_t flows;
	uint32_t name_len;
	uint32_t payload_len;
};

struct result {
	struct line *lines; /* ADDRS */
	uint32_t count;
};

/* A random number that belongs to the flow. */
static uint64_t
random_of(uint64_t flow)
{
	return hash_u64(flow + 1);
}

static uint64_t
addr_of(uint64_t flow)
{
	return random_of(flow) % ADDRS;
}

/* Few are too large for 32 bits, many are equal. */
static uint64_t
bytes_of(uint64_t flow)
{
	uint64_t v = random_of(flow) >> 40;

	return v % 50 == 0 ? v << 20 : v % 1000;
}

static uint32_t
len_of(uint64_t flow)
{
	return (uint32_t)(random_of(flow) >> 32) % sizeof(text);
}

/* Flows from "first" on; columns that are not set are zero. */
static void
fill(struct batch *b, uint64_t first)
{
	struct addr *addrs = b->col[FLD_SRC_ADDR];
	uint64_t *bytes = b->col[FLD_IN_BYTES];
	uint64_t *number = b->col[FLD_RECEIVED];
	struct span *name = b->col[FLD_USER_NAME];
	struct span *payload = b->col[FLD_IN_PAYLOAD];

	b->order = first;
	for (b->rows = 0; b->rows < BATCH_ROWS && first < FLOWS;
	    b->rows++, first++) {
		uint64_t addr = addr_of(first);
		uint32_t i = b->rows;

		addrs[i] = addr % 5 == 0 ?
		    (struct addr){ UINT64_C(0x20010db8) << 32, addr } :
		    addr_v4(0x0a000000 + (uint32_t)addr);
		bytes[i] = bytes_of(first);
		number[i] = first;
		name[i] = (struct span){ text, len_of(first) };
		payload[i] = (struct span){ text, len_of(first) / 2 };
	}
	batch_select_all(b);
}

/* A thread and its share of the batches. */
struct adder {
	pthread_t thread;
	struct group *g;
	const struct fieldset *want;
	unsigned first;
	unsigned step;
};

static void *
add_batches(void *arg)
{
	const struct adder *a = arg;
	struct group_worker *w;
	struct batch b;
	struct err err;

	if ((w = group_worker_new(a->g, &err)) == NULL ||
	    batch_init(&b, a->want, false, &err) == -1)
		bail("%s", err.text);
	for (int id = 0; id < FLD_COUNT; id++)
		if (b.col[id] != NULL)
			memset(b.col[id], 0, (size_t)BATCH_ROWS *
			    field_table[id].size);
	for (unsigned i = a->first; i < BATCHES; i += a->step) {
		fill(&b, (uint64_t)i * BATCH_ROWS);
		if (group_add(w, &b, &err) == -1)
			bail("%s", err.text);
	}
	if (group_flush(w, &err) == -1)
		bail("%s", err.text);
	batch_fini(&b);
	group_worker_free(w);
	return NULL;
}

static void
add_all(struct group *g, const struct fieldset *want, unsigned threads)
{
	struct adder adders[THREADS_MAX];

	for (unsigned i = 0; i < threads; i++) {
		adders[i] = (struct adder){ .g = g, .want = want, .first = i,
			.step = threads };
		if (pthread_create(&adders[i].thread, NULL, add_batches,
		    &adders[i]) != 0)
			bail("no thread");
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(adders[i].thread, NULL);
}

static void
read_rows(struct group *g, struct result *r)
{
	struct fieldset want = { { 0 } };
	struct group_cursor *c;
	struct batch b;
	struct err err;
	int rc;

	fieldset_add(&want, FLD_RECEIVED);
	fieldset_add(&want, FLD_IN_BYTES);
	fieldset_add(&want, FLD_FLOWS);
	fieldset_add(&want, FLD_USER_NAME);
	fieldset_add(&want, FLD_IN_PAYLOAD);
	if ((c = group_cursor_new(g, 0, &err)) == NULL ||
	    batch_init(&b, &want, false, &err) == -1 ||
	    (r->lines = calloc(ADDRS, sizeof(*r->lines))) == NULL)
		bail("out of memory");
	r->count = 0;
	while ((rc = group_cursor_next(c, &b, &err)) == 1)
		for (uint32_t i = 0; i < b.nsel && r->count < ADDRS; i++) {
			uint16_t row = b.sel[i];

			r->lines[r->count++] = (struct line){
				.number = BATCH_COL(&b, RECEIVED, uint64_t)[row],
				.bytes = BATCH_COL(&b, IN_BYTES, uint64_t)[row],
				.flows = BATCH_COL(&b, FLOWS, uint64_t)[row],
				.name_len = BATCH_COL(&b, USER_NAME,
				    struct span)[row].len,
				.payload_len = BATCH_COL(&b, IN_PAYLOAD,
				    struct span)[row].len };
		}
	if (rc == -1)
		bail("%s", err.text);
	batch_fini(&b);
	group_cursor_free(c);
}

static void
run(uint64_t memory, unsigned threads, uint64_t top, struct result *r)
{
	const struct group_options options = { .memory = memory,
		.threads = threads, .tmpdir = "." };
	const struct order order = { ORDER_BYTES, false };
	struct group_spec spec = { .nkeys = 1, .keys = { { .field = FLD_SRC_ADDR,
	    .mask = FLD_NONE, .v4_len = 32, .v6_len = 128 } } };
	struct fieldset want = { { 0 } };
	struct group *g;
	struct err err;

	fieldset_add(&spec.carry, FLD_RECEIVED);
	fieldset_add(&spec.carry, FLD_USER_NAME);
	fieldset_add(&spec.carry, FLD_IN_PAYLOAD);
	group_fields(&spec, &want);
	if ((g = group_new(&spec, &options, &err)) == NULL)
		bail("%s", err.text);
	add_all(g, &want, threads);
	if (group_finish(g, &order, 1, top, NULL, &err) == -1)
		bail("%s", err.text);
	read_rows(g, r);
	group_free(g);
}

/* The rows of one thread with all the memory, by hand. */
static void
test_rows(const struct result *r)
{
	uint64_t *bytes = calloc(ADDRS, sizeof(*bytes));
	uint32_t *flows = calloc(ADDRS, sizeof(*flows));
	uint32_t *first = calloc(ADDRS, sizeof(*first));
	uint32_t rows = 0, wrong = 0;

	if (bytes == NULL || flows == NULL || first == NULL)
		bail("out of memory");
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint64_t addr = addr_of(i);

		if (flows[addr]++ == 0) {
			first[addr] = i;
			rows++;
		}
		bytes[addr] += bytes_of(i);
	}
	is_uint(r->count, rows, "rows");
	for (uint32_t i = 0; i < r->count; i++) {
		const struct line *l = &r->lines[i];
		uint64_t addr = addr_of(l->number);

		wrong += l->number != first[addr] || l->bytes != bytes[addr] ||
		    l->flows != flows[addr] ||
		    l->name_len != len_of(l->number) ||
		    l->payload_len != len_of(l->number) / 2;
		wrong += i > 0 && (l->bytes > l[-1].bytes ||
		    (l->bytes == l[-1].bytes && l->number <= l[-1].number));
	}
	is_uint(wrong, 0, "values and order");
	free(bytes);
	free(flows);
	free(first);
}

static void
test_same(const struct result *all, uint64_t memory, unsigned threads,
    uint64_t top)
{
	uint32_t count = top == 0 ? all->count : (uint32_t)top;
	struct result r;

	run(memory, threads, top, &r);
	ok(r.count == count &&
	    memcmp(r.lines, all->lines, count * sizeof(*r.lines)) == 0,
	    "%ju bytes of memory, %u threads, top %ju", (uintmax_t)memory,
	    threads, (uintmax_t)top);
	free(r.lines);
}

int
main(void)
{
	static const uint64_t memory[] = { 0, 1, 1U << 20, 16U << 20 };
	struct result all;

	files_begin();
	run(0, 1, 0, &all);
	test_rows(&all);
	for (unsigned i = 0; i < sizeof(memory) / sizeof(memory[0]); i++)
		for (unsigned threads = 1; threads <= THREADS_MAX;
		    threads += THREADS_MAX - 1) {
			test_same(&all, memory[i], threads, 0);
			test_same(&all, memory[i], threads, TOP);
		}
	free(all.lines);
	return done_testing();
}
