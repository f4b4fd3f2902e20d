#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Hashes for tables in memory.  hash_u64() mixes one word (the finalizer of
 * SplitMix64), hash_bytes() is XXH3.
 */

static inline uint64_t
hash_u64(uint64_t v)
{
	v ^= v >> 30;
	v *= UINT64_C(0xbf58476d1ce4e5b9);
	v ^= v >> 27;
	v *= UINT64_C(0x94d049bb133111eb);
	return v ^ v >> 31;
}

static inline uint64_t
hash_pair(uint64_t a, uint64_t b)
{
	return hash_u64(a ^ hash_u64(b + UINT64_C(0x9e3779b97f4a7c15)));
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);

#endif
