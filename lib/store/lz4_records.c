/*
 * LZ4 encoder for flow records.
 *
 * A record goes in three parts.  Its head, up to the addresses, is compared
 * with that of the last record that began with the same eight bytes: the same
 * size, elements and exporter.  The middle says where the packets went, and
 * is compared with the last record that went there: one that had the same
 * bytes at one of the places in tail_keys, found by hash.  Times and counters
 * at the end are compared with the last record that had as many packets.
 * Comparing gives a word with one bit a byte; runs of ones become matches.
 * There are few such words, in another order each time, so that no branch on
 * their bits could be predicted: which matches to make of one is planned when
 * it is met first, and looked up from then on.
 *
 * A decoder spends its time on sequences, not on bytes.  So a short match is
 * given up when the literals on both sides, with what it would have copied,
 * still have their length in the token.
 *
 * What is found by size, hash or place is only ever a proposal.  A match is
 * made of bytes that were compared, so any input comes back whole; one that
 * is no sequence of records is cut into units and treated alike.
 *
 * Nothing is allocated; the state is 26 KiB on the stack.  Time is linear
 * in len: every byte is compared once.
 */

#include <stdbool.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/bytes.h"
#include "record/v3.h"
#include "store/lz4_records.h"

#define MATCH_MIN 4
#define DISTANCE_MAX 65535
#define NIBBLE_MAX 15 /* lengths from here on continue behind the token */

/*
 * Up to here a match may be given up.  Where records are not laid out as
 * record_encode() does it matches are more and shorter, and the output would
 * grow by a sixth.
 */
#define MATCH_SHORT 8
#define MATCH_SHORT_OTHER 5

/*
 * So the shortest ones are not even looked at, as they are the same by chance
 * and would make more plans.
 */
#define MATCH_LOOKED_AT 6

/*
 * The last bytes of a block stay literals.  The format wants 5, and 12 from
 * the start of the last match.  With 16, literals before a match can be
 * copied 16 at once without a read behind the block.
 */
#define LAST_LITERALS 16

/* The most that is written for few literals and a match with one more byte. */
#define SHORT_ROOM (1 + 14 + 2 + 1)

#define WINDOW 64 /* bytes in a word of compared ones */
#define UNIT_LEN 128 /* what stands for a record where there is none */

/* Zeroes at the end of a record may begin the match of the next one's head. */
#define HEAD_BACK 4

/* What the generic element has behind its header; packets are in there. */
#define FOOT_LEN 48
#define FOOT_PACKETS 24

/*
 * Where to look for a record that went to the same place, the best last,
 * from where the addresses begin.  With the layout of
 * record_encode(): network of the destination (IPv4), output interface
 * (IPv4), next hop (IPv4) or output interface (IPv6).
 */
static const uint8_t tail_keys[] = { 4, 12, 40 };

#define KEYS (sizeof(tail_keys) / sizeof(tail_keys[0]))

#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)
#define HEAD_BITS 8
#define TAIL_BITS 12
#define PLAN_BITS 8

/* Bits of a tail that have its place, modulo; the others are of its key. */
#define TAIL_PLACE UINT32_C(0xfffff)

/* Input is asked for that long before its turn. */
#define AHEAD 1024

/* The last record that began in some way, and where its parts are. */
struct head {
	uint32_t pos; /* 0: none */
	uint16_t middle;
	uint16_t foot;
};

/* Bytes compared with those distance before them, but not written yet. */
struct window {
	uint32_t pos;
	uint32_t distance;
	uint32_t match_short;
	uint64_t same; /* bit i: byte i is */
};

#define WAITING 32

/* The matches to make of what is the same in a window. */
#define PLAN_MATCHES 10

struct planned {
	uint8_t begin;
	uint8_t end;
};

struct plan {
	uint64_t same;
	uint8_t match_short;
	uint8_t count;
	struct planned matches[PLAN_MATCHES];
};

/* Read, not written: literals, then a match unless match_end is 0. */
struct output {
	uint8_t *out;
	uint8_t *end;
	uint32_t literals;
	uint32_t match;
	uint32_t match_end;
	uint32_t distance;
};

struct encoder {
	const uint8_t *in;
	size_t len;
	size_t limit; /* no match reaches behind */
	struct output o;
	bool is_full;
	unsigned waiting;
	struct window windows[WAITING];
	size_t record; /* the one before */
	struct head heads[1 << HEAD_BITS]; /* by their first bytes */
	uint32_t tails[1 << TAIL_BITS]; /* keys by their value */
	struct plan plans[1 << PLAN_BITS]; /* by what is the same */
};

static inline uint32_t
hash(uint64_t v, unsigned bits)
{
	return (uint32_t)(v * HASH_FACTOR >> (64 - bits));
}

static inline unsigned
low_zeros(uint64_t v)
{
	return v == 0 ? 64 : (unsigned)__builtin_ctzll(v);
}

#ifdef __SSE2__

#define STEP 16

/* Bit i: byte i of a step is the same. */
static inline uint64_t
same_step(const uint8_t *a, const uint8_t *b)
{
	__m128i x = _mm_loadu_si128((const void *)a);
	__m128i y = _mm_loadu_si128((const void *)b);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y));
}

#else

#define STEP 8

static inline uint64_t
same_step(const uint8_t *a, const uint8_t *b)
{
	const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint64_t differ = load_u64(a) ^ load_u64(b);
	uint64_t same = ~(((differ & low7) + low7) | differ | low7);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	same = __builtin_bswap64(same);
#endif
	/* The top bits of the bytes, gathered in the top byte. */
	return (same >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

#endif

/* The same for the bytes of a window. */
static inline uint64_t
same_window(const uint8_t *a, const uint8_t *b)
{
	uint64_t same = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < WINDOW; i += STEP)
		same |= same_step(a + i, b + i) << i;
	return same;
}

/* The same for exactly len bytes.  It is rare, which inlining would hide. */
static __attribute__((noinline)) uint64_t
same_few(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t same = 0;

	for (size_t i = 0; i < len; i++)
		same |= (uint64_t)(a[i] == b[i]) << i;
	return same;
}

/*
 * The bytes from pos to end, at most a window, against those distance before
 * them.  end is not behind the limit.
 */
static inline uint64_t
compare(const struct encoder *e, size_t pos, size_t end, size_t distance)
{
	const uint8_t *a = e->in + pos, *b = a - distance;
	size_t len = end - pos;
	uint64_t same;

	if (e->len - pos < WINDOW)
		return same_few(a, b, len);
	same = same_window(a, b);
	return len < WINDOW ? same & ((UINT64_C(1) << len) - 1) : same;
}

/* Bytes that a length takes behind the token. */
static size_t
length_size(size_t len)
{
	return len < NIBBLE_MAX ? 0 : (len - NIBBLE_MAX) / 255 + 1;
}

static uint8_t *
put_length(uint8_t *out, size_t len)
{
	if (len < NIBBLE_MAX)
		return out;
	for (len -= NIBBLE_MAX; len >= 255; len -= 255)
		*out++ = 255;
	*out++ = (uint8_t)len;
	return out;
}

static uint8_t
token(size_t literals, size_t code)
{
	return (uint8_t)((literals < NIBBLE_MAX ? literals : NIBBLE_MAX) << 4 |
	    (code < NIBBLE_MAX ? code : NIBBLE_MAX));
}

/* Literals and a match of any lengths; match is 0 at the end of a block. */
static void
put_long(struct encoder *e, size_t literals, size_t match)
{
	struct output *o = &e->o;
	size_t code = match == 0 ? 0 : match - MATCH_MIN;
	size_t need = 1 + length_size(literals) + literals;
	uint8_t *out = o->out;

	if (match != 0)
		need += 2 + length_size(code);
	if (need > (size_t)(o->end - out)) {
		e->is_full = true;
		return;
	}
	*out++ = token(literals, code);
	out = put_length(out, literals);
	memcpy(out, e->in + o->literals, literals);
	out += literals;
	if (match != 0) {
		*out++ = (uint8_t)o->distance;
		*out++ = (uint8_t)(o->distance >> 8);
		put_length(out, code);
	}
	o->out += need;
}

/* Write what waits, if a match is there. */
static void
put_waiting(struct encoder *e)
{
	struct output *o = &e->o;

	if (o->match_end == 0)
		return;
	put_long(e, o->match - o->literals, o->match_end - o->match);
	o->literals = o->match_end;
}

/* The same, mostly; *o is that of the encoder, in registers. */
static inline void
put_match(struct encoder *e, struct output *o)
{
	uint32_t literals = o->match - o->literals;
	uint32_t code = o->match_end - o->match - MATCH_MIN;
	uint8_t *out = o->out;

	if (literals >= NIBBLE_MAX || code >= NIBBLE_MAX + 255 ||
	    o->end - out < SHORT_ROOM) {
		e->o = *o;
		put_waiting(e);
		*o = e->o;
		return;
	}
	*out++ = token(literals, code);
	memcpy(out, e->in + o->literals, 16); /* at most 14 count */
	out += literals;
	*out++ = (uint8_t)o->distance;
	*out++ = (uint8_t)(o->distance >> 8);
	*out = (uint8_t)(code - NIBBLE_MAX); /* may not count */
	o->out = out + (code >= NIBBLE_MAX);
	o->literals = o->match_end;
}

static inline uint64_t
bits_below(unsigned n)
{
	return (UINT64_C(1) << n) - 1;
}

static bool
is_worth_it(const struct planned *m, unsigned literals, unsigned next,
    unsigned match_short)
{
	return (unsigned)(m->end - m->begin) > match_short ||
	    next - literals >= NIBBLE_MAX;
}

static void
plan_make(struct plan *p, uint64_t same, unsigned match_short)
{
	unsigned from, to = 0, literals = 0;
	struct planned *m = p->matches;

	p->same = same;
	p->match_short = (uint8_t)match_short;
	p->count = 0;
	for (; same != 0 && p->count < PLAN_MATCHES;
	     same &= to == WINDOW ? 0 : ~bits_below(to)) {
		from = low_zeros(same);
		to = low_zeros(~(same | bits_below(from)));
		if (to - from < MATCH_MIN)
			continue; /* the match before has the rest of it */
		if (p->count > 0 &&
		    !is_worth_it(&m[p->count - 1], literals, from, match_short))
			p->count--;
		if (p->count > 0)
			literals = m[p->count - 1].end;
		m[p->count++] = (struct planned){ (uint8_t)from, (uint8_t)to };
	}
}

/* The plan for a window of which the match that waits may have a part. */
static inline const struct plan *
plan_find(struct encoder *e, const struct window *w, size_t match_end)
{
	uint64_t same = w->same;
	struct plan *p;

	if (w->pos < match_end)
		same &= ~bits_below((unsigned)(match_end - w->pos));
	p = &e->plans[hash(same, PLAN_BITS)];
	if (p->same != same || p->match_short != w->match_short)
		plan_make(p, same, w->match_short);
	return p;
}

/* Make matches of the windows that wait. */
static void
put_windows(struct encoder *e)
{
	struct output o = e->o;
	const struct window *w = e->windows, *last = w + e->waiting;
	const struct planned *m, *end;
	const struct plan *p;

	for (; w < last && !e->is_full; w++) {
		p = plan_find(e, w, o.match_end);
		for (m = p->matches, end = m + p->count; m < end; m++) {
			if (w->pos + m->begin == o.match_end &&
			    w->distance == o.distance) {
				o.match_end = w->pos + m->end;
				continue;
			}
			if (o.match_end != 0)
				put_match(e, &o);
			o.match = w->pos + m->begin;
			o.match_end = w->pos + m->end;
			o.distance = w->distance;
		}
	}
	e->o = o;
	e->waiting = 0;
}

/* Leave the runs that are worth to be looked at. */
static inline uint64_t
long_runs(uint64_t same, uint32_t match_short)
{
	uint64_t runs = same & same >> 1;

	_Static_assert(MATCH_MIN == 4 && MATCH_LOOKED_AT == 6, "shifts");
	runs &= runs >> 2;
	if (match_short == MATCH_SHORT) {
		runs &= runs >> 2;
		runs |= runs << 2;
	}
	runs |= runs << 1;
	return runs | runs << 2;
}

/*
 * Look from begin to end for matches at this distance, if any bytes are
 * there.  This check is the one that keeps sources inside the block.
 */
static inline void
put_span(struct encoder *e, size_t begin, size_t end, size_t distance,
    uint32_t match_short)
{
	uint64_t same;
	size_t stop;

	if (distance == 0 || distance > DISTANCE_MAX || distance > begin)
		return;
	if (end > e->limit)
		end = e->limit;
	for (size_t pos = begin; pos < end; pos = stop) {
		stop = end - pos < WINDOW ? end : pos + WINDOW;
		same = compare(e, pos, stop, distance);
		if (e->waiting == WAITING)
			put_windows(e);
		e->windows[e->waiting++] = (struct window){ (uint32_t)pos,
			(uint32_t)distance, match_short,
			long_runs(same, match_short) };
	}
}

/*
 * How far before pos its key stood last; otherwise distance, also when the
 * key is there as well, for then the match can go on.  A key is seven bytes:
 * the lowest of an address or a number is the one that changes most.  Which
 * of the two it will be cannot be predicted, so there is no branch.
 */
static inline size_t
find_tail(struct encoder *e, size_t pos, size_t distance)
{
	uint64_t key = load_u64(e->in + pos) >> 8, product = key * HASH_FACTOR;
	uint32_t *entry = &e->tails[product >> (64 - TAIL_BITS)];
	uint32_t tag = (uint32_t)(product >> 16) & ~TAIL_PLACE;
	uint32_t other = ((uint32_t)pos - *entry) & TAIL_PLACE;
	size_t take = ((*entry & ~TAIL_PLACE) == tag) &
	    (other - 1 < DISTANCE_MAX) &
	    (load_u64(e->in + pos - distance) >> 8 != key);

	*entry = tag | ((uint32_t)pos & TAIL_PLACE);
	return distance ^ ((distance ^ other) & (0 - take));
}

/*
 * Where the element with the addresses has its payload.  The exporter is
 * before it; other collectors put times and counters there as well.
 */
static inline size_t
find_middle(const uint8_t *rec, size_t len)
{
	size_t at = RECORD_V3_HEADER_LEN;
	unsigned ext;

	for (int i = 0; i < 2 && at + RECORD_ELEMENT_HEADER_LEN <= len; i++) {
		ext = load_u16(rec + at);
		if (ext != EXT_GENERIC && ext != EXT_EXPORTER_V4 &&
		    ext != EXT_EXPORTER_V6)
			break;
		at += load_u16(rec + at + 2);
	}
	at += RECORD_ELEMENT_HEADER_LEN;
	return at < len ? at : len;
}

/* Where the times begin if they end the record, else its end. */
static inline size_t
find_foot(const uint8_t *rec, size_t len, size_t middle)
{
	const size_t need = RECORD_ELEMENT_HEADER_LEN + FOOT_LEN;

	if (len < middle + need || load_u16(rec + len - need) != EXT_GENERIC)
		return len;
	return len - FOOT_LEN;
}

/*
 * How far before pos a record began in the same way; else the last one.  *h
 * is where the parts of the record of len bytes at pos are.
 */
static inline size_t
find_head(struct encoder *e, size_t pos, size_t len, struct head *h)
{
	const uint8_t *rec = e->in + pos;
	uint64_t first = load_u64(rec);
	struct head *entry = &e->heads[hash(first, HEAD_BITS)];
	size_t last = entry->pos;

	if (last == 0 || load_u64(e->in + last) != first ||
	    load_u16(rec + 2) != len) {
		entry->middle = (uint16_t)find_middle(rec, len);
		entry->foot = (uint16_t)find_foot(rec, len, entry->middle);
	}
	*h = *entry;
	if (last == 0 || pos - last > DISTANCE_MAX)
		last = e->record;
	entry->pos = (uint32_t)pos;
	e->record = pos;
	return pos - last;
}

/* A record that begins at pos and has a foot. */
static inline void
put_ours(struct encoder *e, size_t pos, size_t len, const struct head *h,
    size_t head)
{
	size_t middle = pos + h->middle, foot = pos + h->foot, distance;
	bool is_v6 = load_u16(e->in + middle - RECORD_ELEMENT_HEADER_LEN) ==
	    EXT_IPV6;

	distance = find_tail(e, middle + tail_keys[is_v6 ? 2 : 0], head);
	distance = find_tail(e, middle + tail_keys[is_v6 ? 2 : 1], distance);
	put_span(e, middle, foot, distance, MATCH_SHORT);
	/* A key begins behind its place. */
	distance = find_tail(e, foot + FOOT_PACKETS - 1, head);
	put_span(e, foot, pos + len, distance, MATCH_SHORT);
}

/* The record or unit of len bytes at pos, which is before the limit. */
static inline void
put_record(struct encoder *e, size_t pos, size_t len)
{
	size_t begin = pos < HEAD_BACK ? pos : pos - HEAD_BACK;
	size_t head, distance, middle;
	bool is_ours;
	struct head h;

	__builtin_prefetch(e->in + pos + AHEAD);
	distance = head = find_head(e, pos, len, &h);
	middle = pos + h.middle;
	is_ours = h.foot != len;
	put_span(e, begin, middle, head,
	    is_ours ? MATCH_SHORT : MATCH_SHORT_OTHER);
	if (is_ours) {
		put_ours(e, pos, len, &h, head);
		return;
	}
	for (size_t i = 0; i < KEYS && h.middle + tail_keys[i] + 8U <= len; i++)
		distance = find_tail(e, middle + tail_keys[i], distance);
	put_span(e, middle, pos + len, distance, MATCH_SHORT_OTHER);
}

size_t
lz4_records_compress(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	struct encoder e = { .in = in, .len = len,
		.o = { .out = out, .end = out + room } };
	size_t size;

	if (len > UINT32_MAX)
		return 0;
	e.limit = len > LAST_LITERALS ? len - LAST_LITERALS : 0;
	for (size_t pos = 0; pos < e.limit && !e.is_full; pos += size) {
		size = load_u16(in + pos + 2);
		if (size < RECORD_V3_HEADER_LEN || size > len - pos)
			size = len - pos < UNIT_LEN ? len - pos : UNIT_LEN;
		put_record(&e, pos, size);
	}
	put_windows(&e);
	if (!e.is_full)
		put_waiting(&e);
	if (!e.is_full)
		put_long(&e, len - e.o.literals, 0);
	return e.is_full ? 0 : (size_t)(e.o.out - out);
}
