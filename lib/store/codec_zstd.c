/*
 * ZSTD: one complete frame per block, by libzstd.
 */

#include "store/codec_int.h"

#ifdef HAVE_ZSTD

#include <zstd.h>

#define LEVEL 3

static size_t
bound(size_t len)
{
	return ZSTD_compressBound(len);
}

static size_t
compress(const void *in, size_t len, void *out, size_t room)
{
	size_t n = ZSTD_compress(out, room, in, len, LEVEL);

	return ZSTD_isError(n) ? 0 : n;
}

static int64_t
expand(const void *in, size_t len, void *out, size_t room)
{
	size_t n = ZSTD_decompress(out, room, in, len);

	return ZSTD_isError(n) ? -1 : (int64_t)n;
}

#define FUNCTIONS bound, compress, expand
#else
#define FUNCTIONS NULL, NULL, NULL
#endif

const struct codec codec_zstd = { CODEC_ZSTD, "zstd", "zstd compressed",
	FUNCTIONS };
