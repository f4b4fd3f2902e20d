/*
 * Block compression: one row per codec.
 */

#include <limits.h>
#include <string.h>
#include <strings.h>

#include <lz4.h>

#include "store/codec_int.h"
#include "store/lz4_records.h"

/*
 * In smaller blocks records repeat each other too little for our encoder;
 * liblz4 is denser, and who writes such blocks has time for it.
 */
#define LZ4_RECORDS_MIN 65536

static size_t
none_bound(size_t len)
{
	return len;
}

static size_t
none_compress(const void *in, size_t len, void *out, size_t room)
{
	if (len > room)
		return 0;
	memcpy(out, in, len);
	return len;
}

static int64_t
none_expand(const void *in, size_t len, void *out, size_t room)
{
	if (len > room)
		return -1;
	memcpy(out, in, len);
	return (int64_t)len;
}

static size_t
lz4_bound(size_t len)
{
	return len > LZ4_MAX_INPUT_SIZE ? 0 :
					  (size_t)LZ4_compressBound((int)len);
}

static size_t
lz4_compress(const void *in, size_t len, void *out, size_t room)
{
	if (len > LZ4_MAX_INPUT_SIZE)
		return 0;
	if (len >= LZ4_RECORDS_MIN)
		return lz4_records_compress(in, len, out, room);
	if (room > INT_MAX)
		room = INT_MAX;
	return (size_t)LZ4_compress_default(in, out, (int)len, (int)room);
}

static int64_t
lz4_expand(const void *in, size_t len, void *out, size_t room)
{
	int got;

	if (len > INT_MAX)
		return -1;
	if (room > INT_MAX)
		room = INT_MAX;
	got = LZ4_decompress_safe(in, out, (int)len, (int)room);
	return got < 0 ? -1 : got;
}

static const struct codec codec_none = { CODEC_NONE, "none",
	"not compressed", none_bound, none_compress, none_expand };

static const struct codec codec_lz4 = { CODEC_LZ4, "lz4", "lz4 compressed",
	lz4_bound, lz4_compress, lz4_expand };

static const struct codec *const codecs[] = { &codec_none, &codec_lzo,
	&codec_bz2, &codec_lz4, &codec_zstd };

#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

/* c, or NULL when its library is missing. */
static const struct codec *
compiled_in(const struct codec *c, enum err_code code, struct err *err)
{
	if (c->expand != NULL)
		return c;
	err_set(err, code, "compression %s is not compiled in", c->name);
	return NULL;
}

const struct codec *
codec_by_id(unsigned id, struct err *err)
{
	for (size_t i = 0; i < CODECS; i++)
		if (codecs[i]->id == id)
			return compiled_in(codecs[i], ERR_MALFORMED, err);
	err_set(err, ERR_MALFORMED, "unknown compression %u", id);
	return NULL;
}

const struct codec *
codec_by_name(const char *name, struct err *err)
{
	for (size_t i = 0; i < CODECS; i++)
		if (strcasecmp(codecs[i]->name, name) == 0)
			return compiled_in(codecs[i], ERR_VALUE, err);
	err_set(err, ERR_VALUE, "unknown compression %s", name);
	return NULL;
}

void
codec_list(struct buffer *out)
{
	for (size_t i = 0; i < CODECS; i++) {
		if (codecs[i]->expand == NULL)
			continue;
		buffer_word(out, codecs[i]->name);
	}
}
