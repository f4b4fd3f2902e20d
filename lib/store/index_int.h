#ifndef STORE_INDEX_INT_H
#define STORE_INDEX_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "store/index.h"

/*
 * The index as it is stored (flow-store(5)): a header, the hashes of the
 * blocks, the spans, a trailer.
 */

/* As the header of a block: one of more bytes than any reader takes. */
#define INDEX_MAGIC "FLOWINDX"
#define INDEX_END_MAGIC "XDNIWOLF"
#define INDEX_MAGIC_LEN 8
#define INDEX_VERSION 1
#define INDEX_HEADER_LEN 48
#define INDEX_TRAILER_LEN 16
#define INDEX_HASH_LEN 8

/* Larger ones are not written and not read. */
#define INDEX_LEN_MAX (256U * 1024 * 1024)
#define INDEX_SPANS_MAX 65536

/* Ports below are noted. */
#define INDEX_PORTS 1024
#define INDEX_PORT_WORDS (INDEX_PORTS / 64)
#define INDEX_PROTO_WORDS 4

/* Bits of a key in each of its two words; six bits tell where one is. */
#define INDEX_MARKS_MAX 5

enum index_flag {
	INDEX_OTHERS = 1,
	INDEX_V4 = 2,
	INDEX_V6 = 4,
	INDEX_PREFIXES = 8 /* the filter holds prefixes, too */
};

/* What ties an index to the state of its file. */
struct index_place {
	uint64_t start; /* of the index: the end of the appendix block */
	uint64_t appendix;
	uint32_t blocks;
	uint8_t compression;
};

struct index_span {
	struct store_span span;
	uint64_t ports[INDEX_PORT_WORDS];
	uint64_t hash; /* of its first block */
	const uint8_t *filter; /* in the index; NULL: none, anything may be */
	uint32_t words; /* of 64 bits, in the filter */
	unsigned marks; /* bits of a key in each of two words; 0: no filter */
	bool has_prefixes;
};

struct store_index {
	uint8_t *data;
	size_t len;
	uint32_t blocks;
	uint32_t count; /* of spans */
	struct index_span *spans;
};

/*
 * Take the index in data of len bytes, which are freed with it or at once
 * when it is refused.  NULL with ERR_MALFORMED or ERR_NOMEM.
 */
struct store_index *store_index_take(uint8_t *data, size_t len,
    const struct index_place *place, struct err *err);

/* NULL is allowed. */
void store_index_free(struct store_index *x);

/* Where an index of the complete file must be, and what it must say. */
struct index_place store_file_index_place(const struct store_file *f);

/* Header and trailer of an index that is whole between them. */
void store_index_seal(
    uint8_t *data, size_t len, uint32_t spans, const struct index_place *place);

/*
 * Keys of the address filter.  The prefix of an IPv4 address is its /24, that
 * of another one its /48.
 */
#define INDEX_FACTOR UINT64_C(0x9e3779b97f4a7c15)
#define INDEX_MIX UINT64_C(0xbf58476d1ce4e5b9)

static inline uint32_t
index_key(uint64_t v)
{
	v *= INDEX_MIX;
	return (uint32_t)(v ^ v >> 32);
}

static inline uint32_t
index_addr_key(struct addr a)
{
	return index_key(a.hi * INDEX_FACTOR ^ a.lo);
}

static inline uint32_t
index_prefix_key(struct addr a)
{
	return index_key(~(addr_is_v4(a) ? a.lo >> 8 :
					   (a.hi >> 16) * INDEX_FACTOR));
}

/*
 * Where the bits of a key are: in two words of the filter, which the hash of
 * the first block of a span makes others in each span.  Or else an address
 * whose bits are those of common ones would be taken for there in all files.
 */
struct index_spot {
	uint32_t word[2];
	uint64_t mask[2];
};

/* Bits of a word: six of *at, from the highest, for each. */
static inline uint64_t
index_mask(uint64_t *at, unsigned marks)
{
	uint64_t mask = 0;

#pragma GCC unroll 5
	for (unsigned i = 0; i < marks; i++, *at <<= 6)
		mask |= UINT64_C(1) << (*at >> 58);
	return mask;
}

static inline struct index_spot
index_spot(uint32_t key, uint64_t hash, uint32_t words, unsigned marks)
{
	uint64_t v = key * (hash | 1), at = key * INDEX_FACTOR;
	struct index_spot s;

	s.word[0] = (uint32_t)((v >> 32) * words >> 32);
	s.word[1] = (uint32_t)((v & UINT32_MAX) * words >> 32);
	s.mask[0] = index_mask(&at, marks);
	s.mask[1] = index_mask(&at, marks);
	return s;
}

#endif
