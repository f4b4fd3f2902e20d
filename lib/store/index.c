/*
 * Indexes: loading one, and what it tells.
 *
 * The bytes of the index are kept as they are read, with a small table of
 * its spans.  All that they claim is checked once, when they are loaded.
 */

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/index_int.h"
#include "store/store_int.h"

/* What is behind the appendix is mostly read at once. */
#define FIRST_LEN (1024U * 1024)

/* Addresses or prefixes of a range that are looked up one by one. */
#define RANGE_MAX 64

/* Of the span at work. */
struct parse {
	struct reader in;
	const struct index_place *place;
	uint32_t block;
	uint64_t pos; /* of that block */
};

/* LEB128: seven bits a byte, the lowest first. */
static uint64_t
get_number(struct reader *r)
{
	uint64_t v = 0;
	const uint8_t *p;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if ((p = reader_take(r, 1)) == NULL)
			return 0;
		if (shift == 63 && *p > 1)
			break;
		v |= (uint64_t)(*p & 0x7f) << shift;
		if (*p < 0x80)
			return v;
	}
	r->bad = true;
	return 0;
}

/* At most max. */
static uint64_t
get_bounded(struct reader *r, uint64_t max)
{
	uint64_t v = get_number(r);

	if (v > max)
		r->bad = true;
	return v;
}

/* A bit for each word that is not zero, then those words. */
static void
get_words(struct reader *r, uint64_t *words, unsigned n)
{
	uint64_t mask = get_bounded(r, (UINT64_C(1) << n) - 1);

	for (unsigned i = 0; i < n; i++)
		words[i] = mask >> i & 1 ? reader_host(r, 8) : 0;
}

static void
get_range(struct reader *r, struct store_range *range)
{
	range->min = get_number(r);
	range->max = range->min + get_bounded(r, UINT64_MAX - range->min);
}

/* One after the other, without a gap. */
static void
get_blocks(struct parse *p, struct store_span *s)
{
	uint64_t stored, records, left;

	s->block = p->block;
	s->offset = p->pos;
	s->blocks = (uint32_t)get_bounded(
	    &p->in, p->place->blocks - p->block);
	for (uint32_t i = 0; i < s->blocks && !p->in.bad; i++) {
		left = p->place->appendix - p->pos;
		stored = get_bounded(&p->in, STORE_BLOCK_DISK_MAX);
		if (left < STORE_BLOCK_HEADER_LEN ||
		    stored > left - STORE_BLOCK_HEADER_LEN)
			p->in.bad = true;
		records = get_bounded(&p->in, STORE_BLOCK_RAW_MAX);
		s->records += records;
		s->record_blocks += records > 0;
		s->bytes += get_bounded(&p->in, STORE_BLOCK_RAW_MAX);
		p->pos += STORE_BLOCK_HEADER_LEN + stored;
	}
	p->block += s->blocks;
	s->end = p->pos;
	if (s->blocks == 0)
		p->in.bad = true;
}

static void
get_sums(struct reader *r, struct store_span *s)
{
	struct record_stats *stats = &s->stats;

	get_range(r, &s->first);
	get_range(r, &s->last);
	stats->first_ms = s->first.min;
	stats->last_ms = s->last.max;
	s->flow_counts = get_number(r);
	stats->bytes = get_number(r);
	stats->packets = get_number(r);
	for (unsigned i = 0; i < STAT_PROTOS; i++) {
		stats->proto_flows[i] = get_number(r);
		stats->proto_bytes[i] = get_number(r);
		stats->proto_packets[i] = get_number(r);
	}
}

static void
get_filter(struct reader *r, struct index_span *x)
{
	x->marks = (unsigned)get_bounded(r, INDEX_MARKS_MAX);
	if (x->marks == 0)
		return;
	x->words = (uint32_t)get_bounded(r, INDEX_LEN_MAX / 8);
	x->filter = reader_take(r, (size_t)x->words * 8);
	if (x->words == 0)
		r->bad = true;
}

static void
get_span(struct parse *p, const struct store_index *index, struct index_span *x)
{
	struct store_span *s = &x->span;
	uint64_t flags;

	get_blocks(p, s);
	if (p->in.bad)
		return;
	x->hash = store_index_hash(index, s->block);
	flags = get_number(&p->in);
	s->has_others = flags & INDEX_OTHERS;
	s->has_v4 = flags & INDEX_V4;
	s->has_v6 = flags & INDEX_V6;
	x->has_prefixes = flags & INDEX_PREFIXES;
	record_stats_init(&s->stats);
	s->stats.flows = get_bounded(&p->in, s->records);
	s->first.min = s->last.min = UINT64_MAX;
	if (s->stats.flows == 0)
		return;
	get_sums(&p->in, s);
	get_words(&p->in, s->proto, INDEX_PROTO_WORDS);
	get_words(&p->in, x->ports, INDEX_PORT_WORDS);
	get_filter(&p->in, x);
}

/* Every block is in one span, and nothing is left over. */
static int
parse_spans(struct store_index *x, const struct index_place *place)
{
	struct parse p = { .place = place, .pos = STORE_HEADER_LEN };
	size_t fixed = INDEX_HEADER_LEN + INDEX_TRAILER_LEN +
	    (size_t)x->blocks * INDEX_HASH_LEN;

	reader_init(&p.in, x->data + INDEX_HEADER_LEN +
	    (size_t)x->blocks * INDEX_HASH_LEN, x->len - fixed);
	for (uint32_t i = 0; i < x->count && !p.in.bad; i++)
		get_span(&p, x, &x->spans[i]);
	return p.in.bad || p.in.left > 0 || p.block != place->blocks ||
	    p.pos != place->appendix ? -1 : 0;
}

/* Is it whole, and of this state of the file? */
static int
check_frame(const uint8_t *data, size_t len, const struct index_place *place,
    struct err *err)
{
	const uint8_t *end = data + len - INDEX_TRAILER_LEN;
	size_t hashed = len - INDEX_TRAILER_LEN;

	if (memcmp(end + 8, INDEX_END_MAGIC, INDEX_MAGIC_LEN) != 0 ||
	    load_u64(end) != XXH64(data, hashed, 0))
		return err_set(err, ERR_MALFORMED, "damaged index");
	if (load_u64(data + 16) != place->start ||
	    load_u64(data + 32) != place->appendix ||
	    load_u32(data + 40) != place->blocks ||
	    load_u32(data + 44) != place->compression)
		return err_set(err, ERR_MALFORMED,
		    "index of another state of the file");
	return 0;
}

static int
take(struct store_index *x, const struct index_place *place, struct err *err)
{
	uint64_t hashes = (uint64_t)place->blocks * INDEX_HASH_LEN;

	if (x->len < INDEX_HEADER_LEN + INDEX_TRAILER_LEN)
		return err_set(err, ERR_MALFORMED, "damaged index");
	if (check_frame(x->data, x->len, place, err) == -1)
		return -1;
	x->blocks = place->blocks;
	x->count = load_u32(x->data + 12);
	if (x->count > x->blocks || x->count > INDEX_SPANS_MAX ||
	    hashes > x->len - INDEX_HEADER_LEN - INDEX_TRAILER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "index of %u spans that does not fit its %zu bytes",
		    x->count, x->len);
	x->spans = calloc((size_t)x->count + 1, sizeof(*x->spans));
	if (x->spans == NULL)
		return err_nomem(err);
	if (parse_spans(x, place) == -1)
		return err_set(err, ERR_MALFORMED,
		    "index that does not fit the blocks of the file");
	return 0;
}

struct store_index *
store_index_take(uint8_t *data, size_t len, const struct index_place *place,
    struct err *err)
{
	struct store_index *x = calloc(1, sizeof(*x));

	if (x == NULL) {
		free(data);
		err_nomem(err);
		return NULL;
	}
	x->data = data;
	x->len = len;
	if (take(x, place, err) == -1) {
		store_index_free(x);
		return NULL;
	}
	return x;
}

void
store_index_free(struct store_index *x)
{
	if (x == NULL)
		return;
	free(x->spans);
	free(x->data);
	free(x);
}

void
store_index_seal(
    uint8_t *data, size_t len, uint32_t spans, const struct index_place *place)
{
	uint8_t *end = data + len - INDEX_TRAILER_LEN;

	memcpy(data, INDEX_MAGIC, INDEX_MAGIC_LEN);
	store_u32(data + 8, INDEX_VERSION);
	store_u32(data + 12, spans);
	store_u64(data + 16, place->start);
	store_u64(data + 24, len);
	store_u64(data + 32, place->appendix);
	store_u32(data + 40, place->blocks);
	store_u32(data + 44, place->compression);
	store_u64(end, XXH64(data, len - INDEX_TRAILER_LEN, 0));
	memcpy(end + 8, INDEX_END_MAGIC, INDEX_MAGIC_LEN);
}

struct index_place
store_file_index_place(const struct store_file *f)
{
	return (struct index_place){
		.start = f->tail,
		.appendix = f->appendix,
		.blocks = f->info.blocks,
		.compression = (uint8_t)f->info.codec->id,
	};
}

/* Does the file end as one of our indexes does? */
static bool
ends_as_index(const struct store_file *f)
{
	uint8_t end[INDEX_MAGIC_LEN];

	return store_pread(f->fd, end, sizeof(end),
	    f->info.size - sizeof(end)) == (ssize_t)sizeof(end) &&
	    memcmp(end, INDEX_END_MAGIC, sizeof(end)) == 0;
}

/*
 * Its length, when there is one of our version in the first bytes behind
 * the appendix.  1, 0 none, -1.
 */
static int
find(const struct store_file *f, const uint8_t *data, size_t got,
    uint64_t *len, struct err *err)
{
	uint64_t left = f->info.size - f->tail;

	if (got < INDEX_MAGIC_LEN ||
	    memcmp(data, INDEX_MAGIC, INDEX_MAGIC_LEN) != 0) {
		if (!ends_as_index(f))
			return 0;
		return err_set(err, ERR_MALFORMED,
		    "index of another state of the file");
	}
	if (got >= 12 && load_u32(data + 8) > INDEX_VERSION)
		return 0;
	if (got < INDEX_HEADER_LEN ||
	    (*len = load_u64(data + 24)) > left)
		return err_set(err, ERR_MALFORMED, "index is cut off");
	if (*len < INDEX_HEADER_LEN + INDEX_TRAILER_LEN ||
	    *len > INDEX_LEN_MAX)
		return err_set(err, ERR_MALFORMED, "index of %ju bytes",
		    (uintmax_t)*len);
	return 1;
}

/* The rest of an index of which "got" bytes are there. */
static int
read_rest(const struct store_file *f, uint8_t **data, size_t got, size_t len,
    struct err *err)
{
	uint8_t *more;
	ssize_t n;

	if (len <= got)
		return 0;
	if ((more = realloc(*data, len)) == NULL)
		return err_nomem(err);
	*data = more;
	n = store_pread(f->fd, more + got, len - got, f->tail + got);
	if (n == -1)
		return err_system(err, "reading");
	if ((size_t)n < len - got)
		return err_set(err, ERR_MALFORMED, "index is cut off");
	return 0;
}

/* 1, 0, -1; messages name no path. */
static int
load(struct store_file *f, struct err *err)
{
	const struct index_place place = store_file_index_place(f);
	uint64_t left = f->info.size - f->tail, len = 0;
	size_t want = left < FIRST_LEN ? (size_t)left : FIRST_LEN;
	uint8_t *data = malloc(want);
	ssize_t got;
	int rc = -1;

	if (data == NULL)
		return err_nomem(err);
	if ((got = store_pread(f->fd, data, want, f->tail)) == -1)
		err_system(err, "reading");
	else
		rc = find(f, data, (size_t)got, &len, err);
	if (rc == 1 &&
	    read_rest(f, &data, (size_t)got, (size_t)len, err) == -1)
		rc = -1;
	if (rc == 1) {
		f->index = store_index_take(data, (size_t)len, &place, err);
		return f->index == NULL ? -1 : 1;
	}
	free(data);
	return rc;
}

int
store_file_load_index(struct store_file *f, struct err *err)
{
	int rc;

	if (f->index != NULL)
		return 1;
	if (!f->info.is_complete || f->tail == 0 || f->tail >= f->info.size)
		return 0;
	if ((rc = load(f, err)) == -1)
		err_context(err, "%s", f->path);
	return rc;
}

const struct store_index *
store_file_index(const struct store_file *f)
{
	return f->index;
}

void
store_file_skip(struct store_file *f, const struct store_span *span)
{
	f->pos = span->end;
	f->number = span->block + span->blocks;
}

uint32_t
store_index_spans(const struct store_index *x)
{
	return x->count;
}

const struct store_span *
store_index_span(const struct store_index *x, uint32_t n)
{
	return &x->spans[n].span;
}

uint64_t
store_index_hash(const struct store_index *x, uint32_t block)
{
	return load_u64(
	    x->data + INDEX_HEADER_LEN + (size_t)block * INDEX_HASH_LEN);
}

static bool
has_key(const struct index_span *x, uint32_t key)
{
	struct index_spot s = index_spot(key, x->hash, x->words, x->marks);
	uint64_t a = load_u64(x->filter + (size_t)s.word[0] * 8);
	uint64_t b = load_u64(x->filter + (size_t)s.word[1] * 8);

	return ((s.mask[0] & ~a) | (s.mask[1] & ~b)) == 0;
}

static struct addr
addr_add(struct addr a, uint64_t n)
{
	a.lo += n;
	a.hi += a.lo < n;
	return a;
}

/* Numbers from a to b, or max + 1 if there are more. */
static uint64_t
distance(struct addr a, struct addr b, uint64_t max)
{
	uint64_t lo = b.lo - a.lo;

	return b.hi - a.hi - (b.lo < a.lo) > 0 || lo >= max ? max + 1 : lo + 1;
}

/* Any of these addresses?  With prefixes, all of them are in one. */
static bool
may_have_some(const struct index_span *x, struct addr lo, struct addr hi)
{
	uint64_t n = distance(lo, hi, RANGE_MAX);

	if (x->has_prefixes && !has_key(x, index_prefix_key(lo)))
		return false;
	if (n > RANGE_MAX)
		return true;
	for (uint64_t i = 0; i < n; i++)
		if (has_key(x, index_addr_key(addr_add(lo, i))))
			return true;
	return false;
}

/* Last address of the prefix of a. */
static struct addr
prefix_end(struct addr a)
{
	if (addr_is_v4(a))
		return (struct addr){ a.hi, a.lo | 0xff };
	return (struct addr){ a.hi | 0xffff, UINT64_MAX };
}

/* Prefixes that the range is in. */
static uint64_t
count_prefixes(struct addr lo, struct addr hi)
{
	uint64_t n = addr_is_v4(lo) ? (hi.lo >> 8) - (lo.lo >> 8) :
				      (hi.hi >> 16) - (lo.hi >> 16);

	return n < RANGE_MAX ? n + 1 : RANGE_MAX + 1;
}

static bool
may_have_range(const struct index_span *x, struct addr lo, struct addr hi)
{
	struct addr end;
	uint64_t n = count_prefixes(lo, hi);

	if (!x->has_prefixes)
		return may_have_some(x, lo, hi);
	if (n > RANGE_MAX)
		return true;
	for (; n > 0; n--) {
		end = n == 1 ? hi : prefix_end(lo);
		if (may_have_some(x, lo, end))
			return true;
		lo = addr_add(end, 1);
	}
	return false;
}

/* Of one family, which the bits of addresses are those of. */
static bool
is_one_family(struct addr lo, struct addr hi)
{
	if (addr_is_v4(lo) || addr_is_v4(hi))
		return addr_is_v4(lo) && addr_is_v4(hi);
	return addr_compare(hi, addr_v4(0)) < 0 ||
	    addr_compare(lo, addr_v4(UINT32_MAX)) > 0;
}

bool
store_index_may_have_addr(const struct store_index *x, uint32_t n,
    struct addr lo, struct addr hi)
{
	const struct index_span *s = &x->spans[n];

	if (s->span.stats.flows == 0 || addr_compare(lo, hi) > 0)
		return false;
	if (s->marks == 0 || !is_one_family(lo, hi))
		return true;
	return may_have_range(s, lo, hi);
}

bool
store_index_may_have_port(const struct store_index *x, uint32_t n,
    uint16_t lo, uint16_t hi)
{
	const struct index_span *s = &x->spans[n];

	if (s->span.stats.flows == 0 || lo > hi)
		return false;
	if (hi >= INDEX_PORTS)
		return true;
	for (unsigned port = lo; port <= hi; port++)
		if (s->ports[port / 64] >> port % 64 & 1)
			return true;
	return false;
}
