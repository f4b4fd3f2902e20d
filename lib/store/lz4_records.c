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
 *
 * A decoder spends its time on sequences, not on bytes.  So a short match is
 * given up when the literals on both sides, with what it would have copied,
 * still have their length in the token.
 *
 * What is found by size, hash or place is only ever a proposal.  A match is
 * made of bytes that were compared, so any input comes back whole; one that
 * is no sequence of records is cut into units and treated alike.
 *
 * Nothing is allocated; the state is 17 KiB on the stack.  Time is linear
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
 * The last bytes of a block stay literals.  The format wants 5, and 12 from
 * the start of the last match.  With 16, literals before a match can be
 * copied and bytes compared 16 at once without a read behind
 * the block.
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

#define HEAD_BITS 8
#define TAIL_BITS 12

struct encoder {
	const uint8_t *in;
	size_t limit; /* no match reaches behind */

	/* Read, not written: literals, then a match unless match_end is 0. */
	size_t literals;
	size_t match;
	size_t match_end;
	size_t distance;
	size_t match_short; /* in the record at work */

	uint8_t *out;
	size_t room;
	bool is_full;

	size_t record; /* the one before */
	uint32_t heads[1 << HEAD_BITS]; /* records by their first bytes */
	uint32_t tails[1 << TAIL_BITS]; /* keys by their value */
};

static inline uint32_t
hash(uint64_t v, unsigned bits)
{
	return (uint32_t)(v * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits));
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
	same = BYTES_SWAP64(same);
#endif
	/* The top bits of the bytes, gathered in the top byte. */
	return (same >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

#endif

/* The same for len bytes, at most a window, and perhaps up to 15 more. */
static inline uint64_t
same_some(const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t same = 0;

	for (size_t i = 0; i < len; i += STEP)
		same |= same_step(a + i, b + i) << i;
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
	uint64_t same = same_some(a, b, len);

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
	size_t code = match == 0 ? 0 : match - MATCH_MIN;
	size_t need = 1 + length_size(literals) + literals;
	uint8_t *out = e->out;

	if (match != 0)
		need += 2 + length_size(code);
	if (need > e->room) {
		e->is_full = true;
		return;
	}
	*out++ = token(literals, code);
	out = put_length(out, literals);
	memcpy(out, e->in + e->literals, literals);
	out += literals;
	if (match != 0) {
		*out++ = (uint8_t)e->distance;
		*out++ = (uint8_t)(e->distance >> 8);
		put_length(out, code);
	}
	e->out += need;
	e->room -= need;
}

/* Write what waits, if a match is there. */
static inline void
put_waiting(struct encoder *e)
{
	size_t literals = e->match - e->literals;
	size_t code = e->match_end - e->match - MATCH_MIN;
	uint8_t *out = e->out;

	if (e->match_end == 0)
		return;
	if (literals >= NIBBLE_MAX || code >= NIBBLE_MAX + 255 ||
	    e->room < SHORT_ROOM) {
		put_long(e, literals, code + MATCH_MIN);
	} else {
		*out++ = token(literals, code);
		memcpy(out, e->in + e->literals, 16); /* at most 14 count */
		out += literals;
		*out++ = (uint8_t)e->distance;
		*out++ = (uint8_t)(e->distance >> 8);
		*out = (uint8_t)(code - NIBBLE_MAX); /* may not count */
		out += code >= NIBBLE_MAX;
		e->room -= (size_t)(out - e->out);
		e->out = out;
	}
	e->literals = e->match_end;
}

/* Make matches of the runs in a window at pos. */
static inline void
put_window(struct encoder *e, size_t pos, uint64_t same, size_t distance)
{
	uint64_t starts, differ = ~same;
	unsigned from, to;

	if (pos == e->match_end && distance == e->distance) {
		to = low_zeros(differ);
		e->match_end += to;
		if (to == WINDOW)
			return;
		same &= ~UINT64_C(0) << to;
	}
	starts = same & same >> 1; /* of runs of MATCH_MIN bytes */
	starts &= starts >> 2;
	while (starts != 0) {
		from = low_zeros(starts);
		to = low_zeros(differ & ~UINT64_C(0) << from);
		if (e->match_end - e->match > e->match_short ||
		    pos + from - e->literals >= NIBBLE_MAX)
			put_waiting(e);
		e->match = pos + from;
		e->match_end = pos + to;
		e->distance = distance;
		if (to == WINDOW)
			return;
		starts &= ~UINT64_C(0) << to;
	}
}

/*
 * Encode from begin to end with matches at this distance, if any bytes are
 * there.  This check is the one that keeps sources inside the block.
 */
static inline void
put_span(struct encoder *e, size_t begin, size_t end, size_t distance)
{
	size_t stop;

	if (distance == 0 || distance > DISTANCE_MAX || distance > begin)
		return;
	if (end > e->limit)
		end = e->limit;
	for (size_t pos = begin; pos < end; pos = stop) {
		stop = end - pos < WINDOW ? end : pos + WINDOW;
		put_window(e, pos, compare(e, pos, stop, distance), distance);
	}
}

/* How far before pos a record began in the same way; else the last one. */
static inline size_t
find_head(struct encoder *e, size_t pos)
{
	uint32_t *entry = &e->heads[hash(load_u64(e->in + pos), HEAD_BITS)];
	size_t last = *entry;

	if (last == 0 || pos - last > DISTANCE_MAX)
		last = e->record;
	*entry = (uint32_t)pos;
	e->record = pos;
	return pos - last;
}

/*
 * How far before pos its key stood last; otherwise distance, also when the
 * key is there as well, for then the match can go on.  A key is seven bytes:
 * the lowest of an address or a number is the one that changes most.
 */
static inline size_t
find_tail(struct encoder *e, size_t pos, size_t distance)
{
	uint64_t key = load_u64(e->in + pos) >> 8;
	uint32_t *entry = &e->tails[hash(key, TAIL_BITS)];
	size_t last = *entry;

	*entry = (uint32_t)pos;
	if (load_u64(e->in + pos - distance) >> 8 == key ||
	    pos - last > DISTANCE_MAX || load_u64(e->in + last) >> 8 != key)
		return distance;
	return pos - last;
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

/* The record or unit of len bytes at pos, which is before the limit. */
static inline void
put_record(struct encoder *e, size_t pos, size_t len)
{
	size_t head = find_head(e, pos), distance = head, end = pos + len;
	size_t middle = pos + find_middle(e->in + pos, len);
	size_t foot = pos + find_foot(e->in + pos, len, middle - pos);
	size_t begin =
	    pos - e->match_end > HEAD_BACK ? pos - HEAD_BACK : e->match_end;

	e->match_short = foot == end ? MATCH_SHORT_OTHER : MATCH_SHORT;
	put_span(e, begin, middle, head);
	for (size_t i = 0; i < KEYS && middle + tail_keys[i] + 8 <= end; i++)
		distance = find_tail(e, middle + tail_keys[i], distance);
	put_span(e, middle, foot, distance);
	if (foot == end)
		return;
	/* A key begins behind its place. */
	distance = find_tail(e, foot + FOOT_PACKETS - 1, head);
	put_span(e, foot, end, distance);
}

size_t
lz4_records_compress(const uint8_t *in, size_t len, uint8_t *out, size_t room)
{
	struct encoder e = { .in = in, .out = out, .room = room };
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
	put_waiting(&e);
	if (!e.is_full)
		put_long(&e, len - e.literals, 0);
	return e.is_full ? 0 : (size_t)(e.out - out);
}
