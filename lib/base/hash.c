/*
 * Byte string hash.
 */

#include <xxhash.h>

#include "base/hash.h"

uint64_t
hash_bytes(const void *data, size_t len, uint64_t seed)
{
	return XXH3_64bits_withSeed(data, len, seed);
}
