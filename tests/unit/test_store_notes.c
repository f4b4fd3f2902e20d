/*
 * Notes of flows are those of the records made of them: taken flow by flow,
 * and from what is decoded of the records.
 */

#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "record/v3.h"
#include "store/notes_int.h"
#include "tap.h"

#define FLOWS 3000

static struct dice dice;
static struct record_encoder *encoder;
static uint8_t raw[FLOWS * 256];

static void
random_flow(struct flow *f)
{
	uint32_t host = (uint32_t)dice_below(&dice, 900);

	memset(f, 0, sizeof(*f));
	f->extensions = FLOW_EXT(EXT_GENERIC);
	if (host % 5 == 0) {
		f->extensions |= FLOW_EXT(EXT_IPV6);
		f->src_addr.hi = UINT64_C(0x20010db800000000) + host;
		f->src_addr.lo = host;
		f->dst_addr.hi = f->src_addr.hi;
	} else {
		f->extensions |= FLOW_EXT(EXT_IPV4);
		f->src_addr = addr_v4(0x0a000000 + host * 77);
		f->dst_addr = addr_v4((uint32_t)dice_next(&dice));
	}
	f->first_ms = dice_any(&dice);
	f->last_ms = dice_any(&dice);
	f->proto = (uint8_t)dice_below(&dice, 256);
	f->src_port = (uint16_t)dice_any(&dice);
	f->dst_port = (uint16_t)dice_any(&dice);
	f->flows = 1; /* as collectors have it, and no record says */
	if (dice_below(&dice, 3) == 0) {
		f->extensions |= FLOW_EXT(EXT_COUNTERS);
		f->flows = dice_below(&dice, 5);
		f->out_bytes = dice_any(&dice);
	}
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Sort, each once; the number. */
static size_t
unite(struct store_keys *k)
{
	size_t n = 0;

	if (k->used == 0)
		return 0;
	qsort(k->list, k->used, sizeof(*k->list), by_value);
	for (size_t i = 1; i < k->used; i++)
		if (k->list[i] != k->list[n])
			k->list[++n] = k->list[i];
	return n + 1;
}

static void
same_keys(struct store_keys *a, struct store_keys *b, const char *what)
{
	size_t n = unite(a);

	is_int((int64_t)unite(b), (int64_t)n, "%s: number", what);
	ok(memcmp(a->list, b->list, n * sizeof(*a->list)) == 0, "%s", what);
}

/* Notes from the records in raw. */
static void
decode(struct store_notes *n, size_t len)
{
	static const enum field_id fields[] = { FLD_PROTO, FLD_FIRST, FLD_LAST,
		FLD_SRC_PORT, FLD_DST_PORT, FLD_SRC_ADDR, FLD_DST_ADDR,
		FLD_FLOWS };
	struct record_cursor c = { .data = raw, .len = len };
	struct fieldset want = { { 0 } };
	struct record_decoder *d;
	struct batch b;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		fieldset_add(&want, fields[i]);
	d = record_decoder_new(&want, NULL);
	if (d == NULL || batch_init(&b, &want, false, NULL) == -1)
		bail("no memory");
	while (record_decode(d, &c, &b, NULL) == 1) {
		const uint64_t *flows = BATCH_COL(&b, FLOWS, uint64_t);

		store_notes_add_batch(n, &b);
		for (uint32_t i = 0; i < b.rows; i++)
			n->flow_counts += flows[i] + (flows[i] == 0);
	}
	batch_fini(&b);
	record_decoder_free(d);
}

static void
test_same(void)
{
	struct store_notes *a = store_notes_new(), *b = store_notes_new();
	struct flow f;
	size_t len = 0;

	if (a == NULL || b == NULL)
		bail("no memory");
	for (int i = 0; i < FLOWS; i++) {
		random_flow(&f);
		store_notes_add(a, &f);
		len += record_encode(encoder, &f, raw + len, sizeof(raw) - len);
	}
	decode(b, len);
	ok(!a->is_partial, "no flow is left out");
	is_int((int64_t)a->extensions, (int64_t)b->extensions, "extensions");
	is_int((int64_t)a->flow_counts, (int64_t)b->flow_counts, "flows");
	is_int((int64_t)a->first_max, (int64_t)b->first_max, "first seen");
	is_int((int64_t)a->last_min, (int64_t)b->last_min, "last seen");
	ok(memcmp(a->protos, b->protos, sizeof(a->protos)) == 0, "protocols");
	ok(memcmp(a->ports, b->ports, sizeof(a->ports)) == 0, "ports");
	same_keys(&a->addresses, &b->addresses, "addresses");
	same_keys(&a->prefixes, &b->prefixes, "prefixes");
	store_notes_free(a);
	store_notes_free(b);
}

/* A record tells less, or other things, than the flow. */
static void
test_left_out(void)
{
	struct store_notes *n = store_notes_new();
	struct flow f;

	if (n == NULL)
		bail("no memory");
	do
		random_flow(&f);
	while (f.extensions & FLOW_EXT(EXT_COUNTERS));
	f.flows = 2;
	store_notes_add(n, &f);
	ok(n->is_partial, "several flows, no place for their number");
	store_notes_clear(n);
	ok(!n->is_partial, "cleared");
	f.flows = 1;
	f.extensions = FLOW_EXT(EXT_GENERIC);
	store_notes_add(n, &f);
	ok(n->is_partial, "addresses, no place for them");
	store_notes_clear(n);
	f.extensions |= FLOW_EXT(EXT_IPV4);
	f.src_addr.hi = 1;
	store_notes_add(n, &f);
	ok(n->is_partial, "an IPv6 address in the place of another");
	store_notes_free(n);
}

static void
has_both(struct store_keys *k, const struct flow *f, const char *what)
{
	uint32_t src = index_prefix_key(f->src_addr);
	uint32_t dst = index_prefix_key(f->dst_addr);

	ok(unite(k) == 2 && (k->list[0] == src || k->list[1] == src) &&
		(k->list[0] == dst || k->list[1] == dst),
	    "addresses of one key keep their prefixes, %s", what);
}

/* Keys are short: different addresses may have the same. */
static void
test_collision(void)
{
	struct store_notes *a = store_notes_new(), *b = store_notes_new();
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) |
	    FLOW_EXT(EXT_IPV6), .flows = 1,
		.src_addr = { UINT64_C(0x20010db800010000), 1 },
		.dst_addr = { UINT64_C(0x20010db800020000), 0 } };
	size_t len;

	if (a == NULL || b == NULL)
		bail("no memory");
	f.dst_addr.lo = (f.src_addr.hi * INDEX_FACTOR ^ f.src_addr.lo) ^
	    f.dst_addr.hi * INDEX_FACTOR;
	is_uint(index_addr_key(f.dst_addr), index_addr_key(f.src_addr),
	    "a key of two addresses");
	store_notes_add(a, &f);
	has_both(&a->prefixes, &f, "of a flow");
	len = record_encode(encoder, &f, raw, sizeof(raw));
	decode(b, len);
	has_both(&b->prefixes, &f, "of a record");
	store_notes_free(a);
	store_notes_free(b);
}

int
main(void)
{
	dice_init(&dice);
	if ((encoder = record_encoder_new(0, NULL)) == NULL)
		bail("no memory");
	test_same();
	test_left_out();
	test_collision();
	record_encoder_free(encoder);
	return done_testing();
}
