/*
 * Making an index.
 *
 * Blocks gather in a span until it has some thousand flows.  Of each flow
 * the addresses are hashed and looked up in a set of the keys met in this
 * span, which mostly fits the second cache; the keys that are new are also
 * put in a list, from which the filter is made when the span ends and their
 * number is known.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "record/stats.h"
#include "record/v3.h"
#include "store/indexer.h"
#include "store/store_int.h"

/* A span that has flows takes no block that brings it above. */
#define SPAN_RECORDS 8192

/* Bits for each key, if the share of the file suffices; fewer are no use. */
#define KEY_BITS 12
#define KEY_BITS_PREFIXES 8 /* with fewer, no prefixes */
#define KEY_BITS_MIN 5
#define PROBES_MAX 7

/* What an index may take of the file, and is allowed in any case. */
#define SHARE 26
#define FILTER_ALWAYS 1024

#define SET_SLOTS_MIN 16384

/* Keys met in this span. */
struct keys {
	uint64_t *list;
	size_t used;
	size_t room;
};

struct key_set {
	uint64_t *slots; /* 0: empty */
	size_t count; /* of slots, a power of two */
	size_t limit; /* of keys */
	unsigned shift;
};

struct store_indexer {
	bool has_failed;
	struct record_decoder *decoder;
	struct batch batch;
	struct key_set set;
	struct keys addresses;
	struct keys prefixes;

	/* the span at work */
	struct store_span span;
	uint64_t stored; /* bytes of its blocks, headers included */
	uint64_t extensions; /* any of its flows has */
	uint8_t protos[256];
	uint8_t ports[INDEX_PORTS + 1]; /* the last one: all others */
	struct buffer table; /* its blocks */

	uint32_t blocks;
	uint32_t spans;
	struct buffer hashes;
	struct buffer body; /* spans that have ended */
	struct buffer index; /* what finish() made */
};

static void
put_number(struct buffer *b, uint64_t v)
{
	char *p = buffer_room(b, 10);
	size_t n = 0;

	if (p == NULL)
		return;
	for (; v >= 0x80; v >>= 7)
		p[n++] = (char)(v | 0x80);
	p[n++] = (char)v;
	b->len += n;
}

static void
put_u64(struct buffer *b, uint64_t v)
{
	buffer_add(b, &v, sizeof(v));
}

/* A bit for each word of 64 that is not zero, then those words. */
static void
put_set(struct buffer *b, const uint8_t *member, unsigned n)
{
	uint64_t words[INDEX_PORT_WORDS] = { 0 };
	uint64_t mask = 0;

	assert(n <= INDEX_PORTS);
	for (unsigned i = 0; i < n; i++)
		words[i / 64] |= (uint64_t)member[i] << i % 64;
	for (unsigned i = 0; i < n / 64; i++)
		mask |= (uint64_t)(words[i] != 0) << i;
	put_number(b, mask);
	for (unsigned i = 0; i < n / 64; i++)
		if (words[i] != 0)
			put_u64(b, words[i]);
}

static void
put_range(struct buffer *b, const struct store_range *r)
{
	put_number(b, r->min);
	put_number(b, r->max - r->min);
}

/* Empty, with so many slots. */
static int
set_reset(struct key_set *s, size_t count)
{
	if (s->count != count) {
		free(s->slots);
		if ((s->slots = malloc(count * sizeof(*s->slots))) == NULL) {
			s->count = 0;
			return -1;
		}
		s->count = count;
		s->limit = count / 8 * 5;
		s->shift = 64 - (unsigned)__builtin_ctzll(count);
	}
	memset(s->slots, 0, count * sizeof(*s->slots));
	return 0;
}

/* Put a key into the set: false if it is there. */
static inline bool
set_add(struct key_set *s, uint64_t key)
{
	size_t at = (size_t)(key >> s->shift);

	for (; s->slots[at] != 0; at = (at + 1) & (s->count - 1))
		if (s->slots[at] == key)
			return false;
	s->slots[at] = key; /* a key of 0 is new each time, and does no harm */
	return true;
}

/* Room for keys of a batch in the list. */
static int
keys_grow(struct keys *k, size_t more)
{
	size_t room = k->room == 0 ? 16 * BATCH_ROWS : k->room;
	uint64_t *list;

	while (room < k->used + more)
		room *= 2;
	if (room == k->room)
		return 0;
	if ((list = realloc(k->list, room * sizeof(*list))) == NULL)
		return -1;
	k->list = list;
	k->room = room;
	return 0;
}

static size_t
keys_used(const struct store_indexer *x)
{
	return x->addresses.used + x->prefixes.used;
}

/* A set twice as large, with the keys of both lists. */
static int
set_grow(struct store_indexer *x)
{
	if (set_reset(&x->set, 2 * x->set.count) == -1)
		return -1;
	for (size_t i = 0; i < x->addresses.used; i++)
		set_add(&x->set, x->addresses.list[i]);
	for (size_t i = 0; i < x->prefixes.used; i++)
		set_add(&x->set, x->prefixes.list[i]);
	return 0;
}

/* One side of the flows of a batch. */
static int
add_addresses(struct store_indexer *x, const struct addr *a, uint32_t rows)
{
	struct keys *k = &x->addresses, *p = &x->prefixes;
	uint64_t key;

	if (keys_grow(k, rows) == -1 || keys_grow(p, rows) == -1)
		return -1;
	for (uint32_t i = 0; i < rows; i++) {
		if (i > 0 && addr_equal(a[i], a[i - 1]))
			continue;
		key = index_addr_key(a[i]);
		if (!set_add(&x->set, key))
			continue;
		k->list[k->used++] = key;
		key = index_prefix_key(a[i]);
		if (set_add(&x->set, key))
			p->list[p->used++] = key;
		if (keys_used(x) + 2 > x->set.limit && set_grow(x) == -1)
			return -1;
	}
	return 0;
}

static void
add_ports(struct store_indexer *x, const uint16_t *port, uint32_t rows)
{
	for (uint32_t i = 0; i < rows; i++)
		x->ports[port[i] < INDEX_PORTS ? port[i] : INDEX_PORTS] = 1;
}

static void
widen(struct store_range *r, const uint64_t *v, uint32_t rows)
{
	struct store_range all = *r;

	for (uint32_t i = 0; i < rows; i++) {
		all.min = v[i] < all.min ? v[i] : all.min;
		all.max = v[i] > all.max ? v[i] : all.max;
	}
	*r = all;
}

static int
add_batch(struct store_indexer *x)
{
	const struct batch *b = &x->batch;
	const uint8_t *proto = BATCH_COL(b, PROTO, uint8_t);
	const uint64_t *flows = BATCH_COL(b, FLOWS, uint64_t);
	const uint64_t *extensions = BATCH_COL(b, EXTENSIONS, uint64_t);

	record_stats_add_batch(&x->span.stats, b);
	widen(&x->span.first, BATCH_COL(b, FIRST, uint64_t), b->rows);
	widen(&x->span.last, BATCH_COL(b, LAST, uint64_t), b->rows);
	for (uint32_t i = 0; i < b->rows; i++) {
		x->protos[proto[i]] = 1;
		x->extensions |= extensions[i];
		x->span.flow_counts += flows[i] == 0 ? 1 : flows[i];
	}
	add_ports(x, BATCH_COL(b, SRC_PORT, uint16_t), b->rows);
	add_ports(x, BATCH_COL(b, DST_PORT, uint16_t), b->rows);
	if (add_addresses(x, BATCH_COL(b, SRC_ADDR, struct addr), b->rows) ==
	    -1)
		return -1;
	return add_addresses(
	    x, BATCH_COL(b, DST_ADDR, struct addr), b->rows);
}

static void
begin_span(struct store_indexer *x)
{
	size_t slots = x->set.count;

	/* do not clear much for ever because of one large span */
	while (slots > SET_SLOTS_MIN &&
	    keys_used(x) < slots / 16)
		slots /= 2;
	memset(&x->span, 0, sizeof(x->span));
	record_stats_init(&x->span.stats);
	x->span.first.min = x->span.last.min = UINT64_MAX;
	memset(x->protos, 0, sizeof(x->protos));
	memset(x->ports, 0, sizeof(x->ports));
	x->extensions = x->stored = 0;
	x->table.len = 0;
	x->addresses.used = x->prefixes.used = 0;
	if (set_reset(&x->set, slots == 0 ? SET_SLOTS_MIN : slots) == -1)
		x->has_failed = true;
}

static void
fill_filter(uint8_t *filter, uint32_t bits, unsigned probes,
    const struct keys *k)
{
	struct index_probe p;
	uint32_t at;

	for (size_t i = 0; i < k->used; i++) {
		p = index_probe_begin(k->list[i]);
		for (unsigned n = 0; n < probes; n++) {
			at = index_probe_next(&p, bits);
			filter[at / 8] |= (uint8_t)(1U << at % 8);
		}
	}
}

/*
 * Bits of a filter for that many keys in that many bytes, 0 if it would be
 * of no use.
 */
static uint32_t
choose_bits(size_t keys, uint64_t bytes, unsigned least)
{
	uint64_t bits = (uint64_t)keys * KEY_BITS;

	if (bits > bytes * 8)
		bits = bytes * 8;
	return bits < (uint64_t)keys * least ? 0 : (uint32_t)bits;
}

/* What is left of the share of this span, whose numbers are in the body. */
static uint64_t
filter_share(const struct store_indexer *x, size_t numbers)
{
	uint64_t share = x->stored / SHARE;

	numbers += x->span.blocks * INDEX_HASH_LEN;
	share = share > numbers ? share - numbers : 0;
	return share < FILTER_ALWAYS ? FILTER_ALWAYS : share;
}

static void
put_filter(struct store_indexer *x, uint32_t bits, bool has_prefixes)
{
	size_t keys = x->addresses.used +
	    (has_prefixes ? x->prefixes.used : 0);
	unsigned probes = (unsigned)((uint64_t)bits * 7 / 10 / keys);
	size_t len = ((size_t)bits + 7) / 8;
	uint8_t *filter;

	if (probes > PROBES_MAX)
		probes = PROBES_MAX;
	put_number(&x->body, probes);
	put_number(&x->body, bits);
	if ((filter = (uint8_t *)buffer_room(&x->body, len)) == NULL)
		return;
	memset(filter, 0, len);
	fill_filter(filter, bits, probes, &x->addresses);
	if (has_prefixes)
		fill_filter(filter, bits, probes, &x->prefixes);
	x->body.len += len;
}

static void
put_sums(struct buffer *b, const struct store_span *s)
{
	const struct record_stats *stats = &s->stats;

	put_range(b, &s->first);
	put_range(b, &s->last);
	put_number(b, s->flow_counts);
	put_number(b, stats->bytes);
	put_number(b, stats->packets);
	for (unsigned i = 0; i < STAT_PROTOS; i++) {
		put_number(b, stats->proto_flows[i]);
		put_number(b, stats->proto_bytes[i]);
		put_number(b, stats->proto_packets[i]);
	}
}

/* The flows of a span; the prefixes go first when there is no room. */
static void
put_flows(struct store_indexer *x, struct buffer *numbers)
{
	size_t addresses = x->addresses.used;
	uint64_t share;
	uint32_t bits;
	bool has_prefixes = true;

	put_sums(numbers, &x->span);
	put_set(numbers, x->protos, 256);
	put_set(numbers, x->ports, INDEX_PORTS);
	share = filter_share(x, x->table.len + numbers->len);
	bits = choose_bits(
	    addresses + x->prefixes.used, share, KEY_BITS_PREFIXES);
	if (bits == 0) {
		has_prefixes = false;
		bits = choose_bits(addresses, share, KEY_BITS_MIN);
	}
	put_number(&x->body, (x->span.has_others ? INDEX_OTHERS : 0) |
	    (x->extensions & FLOW_EXT(EXT_IPV4) ? INDEX_V4 : 0) |
	    (x->extensions & FLOW_EXT(EXT_IPV6) ? INDEX_V6 : 0) |
	    (has_prefixes ? INDEX_PREFIXES : 0));
	put_number(&x->body, x->span.stats.flows);
	buffer_add(&x->body, numbers->data, numbers->len);
	if (bits == 0)
		put_number(&x->body, 0);
	else
		put_filter(x, bits, has_prefixes);
}

static void
end_span(struct store_indexer *x)
{
	struct buffer numbers = BUFFER_EMPTY;

	if (x->span.blocks == 0)
		return;
	put_number(&x->body, x->span.blocks);
	buffer_add(&x->body, x->table.data, x->table.len);
	if (x->span.stats.flows > 0) {
		put_flows(x, &numbers);
	} else {
		put_number(&x->body, x->span.has_others ? INDEX_OTHERS : 0);
		put_number(&x->body, 0);
	}
	x->spans++;
	if (numbers.failed || x->body.failed || x->table.failed ||
	    x->body.len > INDEX_LEN_MAX / 2 || x->spans == INDEX_SPANS_MAX)
		x->has_failed = true;
	buffer_fini(&numbers);
	begin_span(x);
}

static int
indexer_init(struct store_indexer *x)
{
	struct fieldset want = { 0 };

	record_stats_fields(&want);
	fieldset_add(&want, FLD_EXTENSIONS);
	fieldset_add(&want, FLD_FLOWS);
	fieldset_add(&want, FLD_SRC_PORT);
	fieldset_add(&want, FLD_DST_PORT);
	fieldset_add(&want, FLD_SRC_ADDR);
	fieldset_add(&want, FLD_DST_ADDR);
	if (batch_init(&x->batch, &want, false, NULL) == -1)
		return -1;
	if ((x->decoder = record_decoder_new(&want, NULL)) == NULL)
		return -1;
	begin_span(x);
	return x->has_failed ? -1 : 0;
}

struct store_indexer *
store_indexer_new(void)
{
	struct store_indexer *x = calloc(1, sizeof(*x));

	if (x != NULL && indexer_init(x) == -1) {
		store_indexer_free(x);
		return NULL;
	}
	return x;
}

struct store_indexer *
store_indexer_of(const struct store_index *index)
{
	size_t hashes = (size_t)index->blocks * INDEX_HASH_LEN;
	const uint8_t *data = index->data + INDEX_HEADER_LEN;
	struct store_indexer *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->blocks = index->blocks;
	x->spans = index->count;
	buffer_add(&x->hashes, data, hashes);
	buffer_add(&x->body, data + hashes, index->len - hashes -
	    INDEX_HEADER_LEN - INDEX_TRAILER_LEN);
	x->has_failed = x->body.failed;
	return x;
}

void
store_indexer_free(struct store_indexer *x)
{
	if (x == NULL)
		return;
	record_decoder_free(x->decoder);
	batch_fini(&x->batch);
	free(x->set.slots);
	free(x->addresses.list);
	free(x->prefixes.list);
	buffer_fini(&x->table);
	buffer_fini(&x->hashes);
	buffer_fini(&x->body);
	buffer_fini(&x->index);
	free(x);
}

void
store_indexer_give_up(struct store_indexer *x)
{
	if (x != NULL)
		x->has_failed = true;
}

static int
add_flows(struct store_indexer *x, const struct index_block *b)
{
	struct record_cursor c = { .data = b->raw, .len = b->raw_len };
	int rc;

	while ((rc = record_decode(x->decoder, &c, &x->batch, NULL)) == 1)
		if (add_batch(x) == -1)
			return -1;
	if (c.flows < b->records)
		x->span.has_others = true;
	return c.flows > b->records ? -1 : rc;
}

void
store_indexer_add(struct store_indexer *x, const struct index_block *b)
{
	if (x == NULL || x->has_failed)
		return;
	if (x->span.blocks > 0 &&
	    x->span.records + b->records > SPAN_RECORDS)
		end_span(x);
	put_u64(&x->hashes, XXH64(b->stored, b->stored_len, 0));
	put_number(&x->table, b->stored_len);
	put_number(&x->table, b->raw == NULL ? 0 : b->records);
	put_number(&x->table, b->raw == NULL ? 0 : b->bytes);
	x->stored += STORE_BLOCK_HEADER_LEN + b->stored_len;
	x->blocks++;
	x->span.blocks++;
	if (b->raw == NULL)
		return;
	x->span.records += b->records;
	if (add_flows(x, b) == -1)
		x->has_failed = true;
}

const struct buffer *
store_indexer_finish(struct store_indexer *x, const struct index_place *place)
{
	size_t len;

	if (x == NULL)
		return NULL;
	end_span(x);
	len = INDEX_HEADER_LEN + x->hashes.len + x->body.len +
	    INDEX_TRAILER_LEN;
	x->index.len = 0;
	if (x->has_failed || x->hashes.failed || len > INDEX_LEN_MAX ||
	    x->blocks != place->blocks || buffer_room(&x->index, len) == NULL)
		return NULL;
	x->index.len = INDEX_HEADER_LEN;
	buffer_add(&x->index, x->hashes.data, x->hashes.len);
	buffer_add(&x->index, x->body.data, x->body.len);
	x->index.len = len;
	store_index_seal(
	    (uint8_t *)x->index.data, len, x->spans, place);
	return &x->index;
}
