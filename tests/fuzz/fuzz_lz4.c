/*
 * Our LZ4 encoder: liblz4 gives the input back, the bound holds, and a room
 * that is one byte short is refused.
 */
#include <stdlib.h>
#include <string.h>

#include <lz4.h>

#include "fuzz/fuzz.h"
#include "store/lz4_records.h"

int
FUZZ_TARGET(lz4)(const uint8_t *data, size_t size)
{
	size_t bound = (size_t)LZ4_compressBound((int)size), len;
	uint8_t *wide = malloc(bound), *tight, *back = malloc(size + 1);

	if (wide == NULL || back == NULL)
		abort();
	len = lz4_records_compress(data, size, wide, bound);
	if (len == 0 || (tight = malloc(len)) == NULL ||
	    LZ4_decompress_safe((const char *)wide, (char *)back, (int)len,
		(int)size) != (int)size ||
	    memcmp(back, data, size) != 0 ||
	    lz4_records_compress(data, size, tight, len) != len ||
	    memcmp(tight, wide, len) != 0 ||
	    lz4_records_compress(data, size, tight, len - 1) != 0)
		abort();
	free(tight);
	free(back);
	free(wide);
	return 0;
}
