#ifndef STORE_INDEX_INT_H
#define STORE_INDEX_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/hash.h"
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

#define INDEX_PROBES_MAX 32

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
	uint32_t filter_bits; /* a multiple of 64 */
	unsigned probes;
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

static inline uint64_t
index_addr_key(struct addr a)
{
	return hash_u64(a.hi * INDEX_FACTOR ^ a.lo);
}

static inline uint64_t
index_prefix_key(struct addr a)
{
	return hash_u64(~(addr_is_v4(a) ? a.lo >> 8 :
					  (a.hi >> 16) * INDEX_FACTOR));
}

/*
 * The bits of a key: the n-th is at (a + n * b) of 2^32.  They are counted in
 * words of 64, from the lowest bit of the first.  The hash of the first block
 * of a span makes them others in each span: or else an address whose bits are
 * those of common ones would be taken for there in all files.
 */
struct index_probe {
	uint32_t a;
	uint32_t b;
};

static inline struct index_probe
index_probe_begin(uint64_t key, uint64_t hash)
{
	key *= hash | 1;
	return (struct index_probe){ (uint32_t)key,
		(uint32_t)(key >> 32) | 1 };
}

static inline uint32_t
index_probe_next(struct index_probe *p, uint32_t bits)
{
	uint32_t at = (uint32_t)((uint64_t)p->a * bits >> 32);

	p->a += p->b;
	return at;
}

#endif
