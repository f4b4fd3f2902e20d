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
#define PROBES_MAX 6

/* What an index may take of the file, and is allowed in any case. */
#define SHARE 26
#define FILTER_ALWAYS 1024

/* Keys remembered, so that few are listed twice. */
#define MET_BITS 12

/* Keys of this span; some are there twice. */
struct keys {
	uint64_t *list;
	size_t used;
	size_t room;
	uint64_t met[1U << MET_BITS]; /* each where its first bits say */
};

struct store_indexer {
	bool has_failed;
	struct record_decoder *decoder;
	struct batch batch;
	struct keys addresses;
	struct keys prefixes;

	/* the span at work */
	struct store_span span;
	uint64_t hash; /* of its first block */
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

/*
 * Append those keys that were not met lately; there is room.  Which these are
 * is put in "new", and how many is returned.  There is no branch for it: which
 * way that goes could not be predicted.
 */
static uint32_t
keys_add(struct keys *k, const uint64_t *key, uint32_t n, uint16_t *new)
{
	uint64_t *restrict list = k->list + k->used;
	uint64_t *restrict met = k->met;
	uint32_t used = 0;

	for (uint32_t i = 0; i < n; i++) {
		const size_t at = (size_t)(key[i] >> (64 - MET_BITS));
		const uint64_t old = met[at];

		met[at] = key[i];
		list[used] = key[i];
		new[used] = (uint16_t)i;
		used += old != key[i];
	}
	k->used += used;
	return used;
}

/* One side of the flows of a batch. */
static int
add_addresses(struct store_indexer *x, const struct addr *a, uint32_t rows)
{
	uint64_t key[BATCH_ROWS];
	uint16_t new[BATCH_ROWS];
	uint32_t n;

	if (keys_grow(&x->addresses, rows) == -1 ||
	    keys_grow(&x->prefixes, rows) == -1)
		return -1;
	for (uint32_t i = 0; i < rows; i++)
		key[i] = index_addr_key(a[i]);
	n = keys_add(&x->addresses, key, rows, new);
	for (uint32_t i = 0; i < n; i++)
		key[i] = index_prefix_key(a[new[i]]);
	keys_add(&x->prefixes, key, n, new);
	return 0;
}

static void
add_ports(struct store_indexer *x, const uint16_t *port, uint32_t rows)
{
	for (uint32_t i = 0; i < rows; i++)
		x->ports[port[i] < INDEX_PORTS ? port[i] : INDEX_PORTS] = 1;
}

/* The ends of the times that the statistics do not have. */
static void
add_times(struct store_span *s, const uint64_t *first, const uint64_t *last,
    uint32_t rows)
{
	uint64_t max = s->first.max, min = s->last.min;

	for (uint32_t i = 0; i < rows; i++) {
		max = first[i] > max ? first[i] : max;
		min = last[i] < min ? last[i] : min;
	}
	s->first = (struct store_range){ s->stats.first_ms, max };
	s->last = (struct store_range){ min, s->stats.last_ms };
}

static int
add_batch(struct store_indexer *x)
{
	const struct batch *b = &x->batch;
	const uint8_t *proto = BATCH_COL(b, PROTO, uint8_t);
	const uint64_t *flows = BATCH_COL(b, FLOWS, uint64_t);
	const uint64_t *extensions = BATCH_COL(b, EXTENSIONS, uint64_t);
	uint64_t any = 0, count = 0;

	record_stats_add_batch(&x->span.stats, b);
	add_times(&x->span, BATCH_COL(b, FIRST, uint64_t),
	    BATCH_COL(b, LAST, uint64_t), b->rows);
	for (uint32_t i = 0; i < b->rows; i++) {
		x->protos[proto[i]] = 1;
		any |= extensions[i];
		count += flows[i] + (flows[i] == 0);
	}
	x->extensions |= any;
	x->span.flow_counts += count;
	add_ports(x, BATCH_COL(b, SRC_PORT, uint16_t), b->rows);
	add_ports(x, BATCH_COL(b, DST_PORT, uint16_t), b->rows);
	if (add_addresses(x, BATCH_COL(b, SRC_ADDR, struct addr), b->rows) ==
	    -1)
		return -1;
	return add_addresses(
	    x, BATCH_COL(b, DST_ADDR, struct addr), b->rows);
}

static void
keys_clear(struct keys *k)
{
	k->used = 0;
	memset(k->met, 0, sizeof(k->met));
	k->met[0] = UINT64_MAX; /* 0 is a key that would be met here */
}

static void
begin_span(struct store_indexer *x)
{
	memset(&x->span, 0, sizeof(x->span));
	record_stats_init(&x->span.stats);
	x->span.first.min = x->span.last.min = UINT64_MAX;
	memset(x->protos, 0, sizeof(x->protos));
	memset(x->ports, 0, sizeof(x->ports));
	x->extensions = x->stored = 0;
	x->table.len = 0;
	keys_clear(&x->addresses);
	keys_clear(&x->prefixes);
}

static inline void
fill_filter(uint8_t *filter, uint32_t bits, unsigned probes,
    uint64_t hash, const struct keys *k)
{
	struct index_probe p;
	uint8_t *word;
	uint32_t at;

	for (size_t i = 0; i < k->used; i++) {
		p = index_probe_begin(k->list[i], hash);
#pragma GCC unroll 6
		for (unsigned n = 0; n < probes; n++) {
			at = index_probe_next(&p, bits);
			word = filter + at / 64 * 8;
			store_u64(word,
			    load_u64(word) | UINT64_C(1) << at % 64);
		}
	}
}

static void
add_keys(uint8_t *filter, uint32_t bits, unsigned probes, uint64_t hash,
    const struct keys *k)
{
	if (probes == PROBES_MAX) /* the rule, as a loop without a test */
		fill_filter(filter, bits, PROBES_MAX, hash, k);
	else
		fill_filter(filter, bits, probes, hash, k);
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
	if (bits < (uint64_t)keys * least || bits > UINT32_MAX)
		return 0;
	return (uint32_t)(bits + 63) / 64 * 64;
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
	size_t len = (size_t)bits / 8;
	uint8_t *filter;

	if (probes > PROBES_MAX)
		probes = PROBES_MAX;
	put_number(&x->body, probes);
	put_number(&x->body, bits / 64);
	if ((filter = (uint8_t *)buffer_room(&x->body, len)) == NULL)
		return;
	memset(filter, 0, len);
	add_keys(filter, bits, probes, x->hash, &x->addresses);
	if (has_prefixes)
		add_keys(filter, bits, probes, x->hash, &x->prefixes);
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
	return 0;
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
	uint64_t hash;

	if (x == NULL || x->has_failed)
		return;
	if (x->span.blocks > 0 &&
	    x->span.records + b->records > SPAN_RECORDS)
		end_span(x);
	hash = XXH64(b->stored, b->stored_len, 0);
	if (x->span.blocks == 0)
		x->hash = hash;
	put_u64(&x->hashes, hash);
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
