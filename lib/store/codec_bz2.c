/*
 * BZ2: one complete stream per block, by libbz2.
 */

#include "store/codec_int.h"

#ifdef HAVE_BZ2

#include <limits.h>

#include <bzlib.h>

#define LEVEL 9 /* blocks of 900 kB */

/* "1% larger plus 600 bytes", says the manual of libbz2. */
static size_t
bound(size_t len)
{
	return len + len / 100 + 600;
}

/* libbz2 does not write through its input; its prototype only looks so. */
static char *
input(const void *in)
{
	return (char *)(uintptr_t)in;
}

static size_t
compress(const void *in, size_t len, void *out, size_t room)
{
	unsigned n = room < UINT_MAX ? (unsigned)room : UINT_MAX;

	if (len > UINT_MAX || BZ2_bzBuffToBuffCompress(out, &n, input(in),
	    (unsigned)len, LEVEL, 0, 0) != BZ_OK)
		return 0;
	return n;
}

static int64_t
expand(const void *in, size_t len, void *out, size_t room)
{
	unsigned n = room < UINT_MAX ? (unsigned)room : UINT_MAX;

	if (len > UINT_MAX || BZ2_bzBuffToBuffDecompress(out, &n, input(in),
	    (unsigned)len, 0, 0) != BZ_OK)
		return -1;
	return n;
}

#define FUNCTIONS bound, compress, expand
#else
#define FUNCTIONS NULL, NULL, NULL
#endif

const struct codec codec_bz2 = { CODEC_BZ2, "bz2", "bz2 compressed",
	FUNCTIONS };
