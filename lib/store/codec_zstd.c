/*
 * ZSTD: one complete frame per block, by libzstd.
 */

#include "store/codec_int.h"

#define LEVEL 3 /* what zstd itself takes */

#ifdef HAVE_ZSTD

#include <zstd.h>

static size_t
bound(size_t len)
{
	return ZSTD_compressBound(len);
}

static size_t
compress(const void *in, size_t len, void *out, size_t room, int level)
{
	size_t n = ZSTD_compress(out, room, in, len, level);

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

#define ROW(level) \
	{ CODEC_ZSTD, "zstd", "zstd compressed", level, FUNCTIONS }

const struct codec codec_zstd = ROW(LEVEL);

const struct codec codec_zstd_levels[ZSTD_LEVELS] = { ROW(1), ROW(2), ROW(3),
	ROW(4), ROW(5), ROW(6), ROW(7), ROW(8), ROW(9), ROW(10), ROW(11),
	ROW(12), ROW(13), ROW(14), ROW(15), ROW(16), ROW(17), ROW(18),
	ROW(19) };
