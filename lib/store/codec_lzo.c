/*
 * LZO: one LZO1X stream with its end marker per block, by liblzo2.
 */

#include "store/codec_int.h"

#ifdef HAVE_LZO

#include <stdlib.h>

#include <lzo/lzo1x.h>

/* Worst case of LZO1X (file-format.md 4.2). */
static size_t
bound(size_t len)
{
	return len + len / 16 + 67;
}

/* The compressor does not look at the room that it has. */
static size_t
compress(const void *in, size_t len, void *out, size_t room)
{
	lzo_uint n = 0;
	void *work;
	int rc;

	if (room < bound(len) || lzo_init() != LZO_E_OK ||
	    (work = malloc(LZO1X_1_MEM_COMPRESS)) == NULL)
		return 0;
	rc = lzo1x_1_compress(in, len, out, &n, work);
	free(work);
	return rc == LZO_E_OK ? n : 0;
}

static int64_t
expand(const void *in, size_t len, void *out, size_t room)
{
	lzo_uint n = room;

	if (lzo_init() != LZO_E_OK ||
	    lzo1x_decompress_safe(in, len, out, &n, NULL) != LZO_E_OK)
		return -1;
	return (int64_t)n;
}

#define FUNCTIONS bound, compress, expand
#else
#define FUNCTIONS NULL, NULL, NULL
#endif

const struct codec codec_lzo = { CODEC_LZO, "lzo", "lzo compressed",
	FUNCTIONS };
