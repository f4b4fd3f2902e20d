/*
 * Making an index.
 *
 * Blocks gather in a span until it has some thousand flows.  Notes of these
 * have a list of the keys of their addresses, from which the filter is made
 * when the span ends and their number is known.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "record/stats.h"
#include "record/v3.h"
#include "store/indexer.h"
#include "store/notes_int.h"
#include "store/store_int.h"

/* A span that has flows takes no block that brings it above. */
#define SPAN_RECORDS 8192

/* Bits for each key, if the share of the file suffices; fewer are no use. */
#define KEY_BITS 12
#define KEY_BITS_PREFIXES 8 /* with fewer, no prefixes */
#define KEY_BITS_MIN 5
#define MARKS 3 /* bits set in each word of a key, ... */
#define MARKS_FEW 2 /* with less than KEY_BITS_PREFIXES */

/* What an index may take of the file, and is allowed in any case. */
#define SHARE 26
#define FILTER_ALWAYS 1024

/* What EXT_COUNTERS holds, which flows of a collector rarely have. */
static const enum field_id counters[] = {
	FLD_FLOWS, FLD_OUT_PACKETS, FLD_OUT_BYTES };

struct store_indexer {
	bool has_failed; /* no index */
	bool lacks_memory; /* for it */
	bool is_damaged; /* nor sums */
	struct record_stats sums; /* of spans that have ended */
	struct record_decoder *decoder;
	struct record_decoder *counters; /* what few flows have */
	struct batch batch; /* the fields of both */

	/* the span at work */
	struct store_span span;
	uint64_t hash; /* of its first block */
	uint64_t stored; /* bytes of its blocks, headers included */
	struct store_notes notes;
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
put_range(struct buffer *b, uint64_t min, uint64_t max)
{
	put_number(b, min);
	put_number(b, max - min);
}

/* The columns of counters are zero but here. */
static void
clear_counters(struct batch *b)
{
	for (unsigned i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		memset(b->col[counters[i]], 0,
		    BATCH_ROWS * sizeof(uint64_t));
}

/* Flows of which some have counters. */
static void
add_counted(struct store_indexer *x)
{
	struct batch *b = &x->batch;
	const uint64_t *flows = BATCH_COL(b, FLOWS, uint64_t);

	record_decode_rest(x->counters, x->decoder, b);
	record_stats_add_batch(&x->span.stats, b);
	for (uint32_t i = 0; i < b->rows; i++)
		x->notes.flow_counts += flows[i] + (flows[i] == 0);
	clear_counters(b);
}

static void
add_batch(struct store_indexer *x)
{
	if (x->batch.extensions & FLOW_EXT(EXT_COUNTERS)) {
		add_counted(x);
	} else {
		record_stats_add_batch(&x->span.stats, &x->batch);
		x->notes.flow_counts += x->batch.rows;
	}
	if (!x->has_failed)
		store_notes_add_batch(&x->notes, &x->batch);
}

static void
begin_span(struct store_indexer *x)
{
	memset(&x->span, 0, sizeof(x->span));
	record_stats_init(&x->span.stats);
	store_notes_clear(&x->notes);
	x->stored = 0;
	x->table.len = 0;
}

static inline void
set_bits(uint8_t *word, uint64_t mask)
{
	store_u64(word, load_u64(word) | mask);
}

static inline void
fill_filter(uint8_t *filter, uint32_t words, unsigned marks, uint64_t hash,
    const struct store_keys *k)
{
	const uint32_t *key = k->list, *end = key + k->used;

	for (; key < end; key++) {
		struct index_spot s = index_spot(*key, hash, words, marks);

		set_bits(filter + (size_t)s.word[0] * 8, s.mask[0]);
		set_bits(filter + (size_t)s.word[1] * 8, s.mask[1]);
	}
}

static void
add_keys(uint8_t *filter, uint32_t words, unsigned marks, uint64_t hash,
    const struct store_keys *k)
{
	if (marks == MARKS) /* the rule, as a loop without a test */
		fill_filter(filter, words, MARKS, hash, k);
	else
		fill_filter(filter, words, marks, hash, k);
}

/*
 * Words of a filter for that many keys in that many bytes, 0 if it would be
 * of no use.
 */
static uint32_t
choose_words(size_t keys, uint64_t bytes, unsigned least)
{
	uint64_t bits = (uint64_t)keys * KEY_BITS;

	if (bits > bytes * 8)
		bits = bytes * 8;
	if (bits < (uint64_t)keys * least || bits > UINT32_MAX)
		return 0;
	return (uint32_t)((bits + 63) / 64);
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
put_filter(struct store_indexer *x, uint32_t words, bool has_prefixes)
{
	size_t keys = x->notes.addresses.used +
	    (has_prefixes ? x->notes.prefixes.used : 0);
	unsigned marks = words >= keys * KEY_BITS_PREFIXES / 64 ?
	    MARKS : MARKS_FEW;
	size_t len = (size_t)words * 8;
	uint8_t *filter;

	put_number(&x->body, marks);
	put_number(&x->body, words);
	if ((filter = (uint8_t *)buffer_room(&x->body, len)) == NULL)
		return;
	memset(filter, 0, len);
	add_keys(filter, words, marks, x->hash, &x->notes.addresses);
	if (has_prefixes)
		add_keys(filter, words, marks, x->hash, &x->notes.prefixes);
	x->body.len += len;
}

static void
put_sums(struct buffer *b, const struct record_stats *stats,
    const struct store_notes *notes)
{
	put_range(b, stats->first_ms, notes->first_max);
	put_range(b, notes->last_min, stats->last_ms);
	put_number(b, notes->flow_counts);
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
	size_t addresses = x->notes.addresses.used;
	uint64_t share;
	uint32_t words;
	bool has_prefixes = true;

	put_sums(numbers, &x->span.stats, &x->notes);
	put_set(numbers, x->notes.protos, 256);
	put_set(numbers, x->notes.ports, INDEX_PORTS);
	share = filter_share(x, x->table.len + numbers->len);
	words = choose_words(
	    addresses + x->notes.prefixes.used, share, KEY_BITS_PREFIXES);
	if (words == 0) {
		has_prefixes = false;
		words = choose_words(addresses, share, KEY_BITS_MIN);
	}
	put_number(&x->body, (x->span.has_others ? INDEX_OTHERS : 0) |
	    ((x->notes.extensions & FLOW_EXT(EXT_IPV4)) ? INDEX_V4 : 0) |
	    ((x->notes.extensions & FLOW_EXT(EXT_IPV6)) ? INDEX_V6 : 0) |
	    (has_prefixes ? INDEX_PREFIXES : 0));
	put_number(&x->body, x->span.stats.flows);
	buffer_add(&x->body, numbers->data, numbers->len);
	if (words == 0)
		put_number(&x->body, 0);
	else
		put_filter(x, words, has_prefixes);
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
	record_stats_merge(&x->sums, &x->span.stats);
	x->spans++;
	if (x->notes.is_partial || numbers.failed || x->body.failed ||
	    x->table.failed)
		x->has_failed = x->lacks_memory = true;
	if (x->body.len > INDEX_LEN_MAX / 2 || x->spans == INDEX_SPANS_MAX)
		x->has_failed = true;
	buffer_fini(&numbers);
	begin_span(x);
}

/* The fields that all flows have, and the rest. */
static void
choose_fields(struct fieldset *common, struct fieldset *rest)
{
	*common = *rest = (struct fieldset){ 0 };
	fieldset_add(common, FLD_PROTO);
	fieldset_add(common, FLD_IN_PACKETS);
	fieldset_add(common, FLD_IN_BYTES);
	fieldset_add(common, FLD_FIRST);
	fieldset_add(common, FLD_LAST);
	fieldset_add(common, FLD_SRC_PORT);
	fieldset_add(common, FLD_DST_PORT);
	fieldset_add(common, FLD_SRC_ADDR);
	fieldset_add(common, FLD_DST_ADDR);
	for (unsigned i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		fieldset_add(rest, counters[i]);
}

static int
indexer_init(struct store_indexer *x)
{
	struct fieldset common, rest, all;

	choose_fields(&common, &rest);
	all = common;
	fieldset_merge(&all, &rest);
	if (batch_init(&x->batch, &all, false, NULL) == -1)
		return -1;
	clear_counters(&x->batch);
	record_stats_init(&x->sums);
	if ((x->decoder = record_decoder_new(&common, NULL)) == NULL ||
	    (x->counters = record_decoder_new(&rest, NULL)) == NULL)
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
	record_stats_init(&x->sums);
	return x;
}

void
store_indexer_free(struct store_indexer *x)
{
	if (x == NULL)
		return;
	record_decoder_free(x->decoder);
	record_decoder_free(x->counters);
	batch_fini(&x->batch);
	store_notes_fini(&x->notes);
	buffer_fini(&x->table);
	buffer_fini(&x->hashes);
	buffer_fini(&x->body);
	buffer_fini(&x->index);
	free(x);
}

static void
decode_flows(struct store_indexer *x, const struct index_block *b)
{
	struct record_cursor c = { .data = b->raw, .len = b->raw_len };
	int rc;

	while ((rc = record_decode(x->decoder, &c, &x->batch, NULL)) == 1)
		add_batch(x);
	if (c.flows < b->records)
		x->span.has_others = true;
	if (rc == -1 || c.flows > b->records)
		x->has_failed = x->is_damaged = true;
}

static void
add_flows(struct store_indexer *x, const struct index_block *b)
{
	if (b->notes == NULL || b->notes->is_partial) {
		decode_flows(x, b);
		return;
	}
	record_stats_merge(&x->span.stats, b->stats);
	store_notes_merge(&x->notes, b->notes);
	if (b->stats->flows < b->records)
		x->span.has_others = true;
}

/* A block without its flows. */
static void
add_block(struct store_indexer *x, const struct index_block *b)
{
	uint64_t hash;

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
	if (b->raw != NULL)
		x->span.records += b->records;
}

void
store_indexer_add(struct store_indexer *x, const struct index_block *b)
{
	if (x == NULL)
		return;
	if (!x->has_failed)
		add_block(x, b);
	if (b->raw != NULL && !x->is_damaged)
		add_flows(x, b);
}

bool
store_indexer_sums(const struct store_indexer *x, struct record_stats *s)
{
	*s = x->sums;
	record_stats_merge(s, &x->span.stats);
	return !x->is_damaged;
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
	x->lacks_memory |= x->hashes.failed;
	if (x->has_failed || x->lacks_memory || len > INDEX_LEN_MAX ||
	    x->blocks != place->blocks)
		return NULL;
	if (buffer_room(&x->index, len) == NULL) {
		x->lacks_memory = true;
		return NULL;
	}
	x->index.len = INDEX_HEADER_LEN;
	buffer_add(&x->index, x->hashes.data, x->hashes.len);
	buffer_add(&x->index, x->body.data, x->body.len);
	x->index.len = len;
	store_index_seal(
	    (uint8_t *)x->index.data, len, x->spans, place);
	return &x->index;
}

bool
store_indexer_lacks_memory(const struct store_indexer *x)
{
	return x->lacks_memory;
}
