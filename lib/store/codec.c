/*
 * Block compression: one row per codec.
 */

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lz4.h>
#include <lz4hc.h>

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
none_compress(const void *in, size_t len, void *out, size_t room, int level)
{
	(void)level;
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
lz4_compress(const void *in, size_t len, void *out, size_t room, int level)
{
	if (len > LZ4_MAX_INPUT_SIZE)
		return 0;
	if (len >= LZ4_RECORDS_MIN && level < LZ4HC_CLEVEL_MIN)
		return lz4_records_compress(in, len, out, room);
	if (room > INT_MAX)
		room = INT_MAX;
	if (level >= LZ4HC_CLEVEL_MIN)
		return (size_t)LZ4_compress_HC(in, out, (int)len, (int)room,
		    level);
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

#define LZ4_ROW(level) \
	{ CODEC_LZ4, "lz4", "lz4 compressed", level, lz4_bound, lz4_compress, \
	    lz4_expand }
#define LZ4_LEVELS 12

static const struct codec codec_none = { CODEC_NONE, "none",
	"not compressed", 0, none_bound, none_compress, none_expand };

static const struct codec codec_lz4 = LZ4_ROW(1);

static const struct codec codec_lz4_levels[LZ4_LEVELS] = { LZ4_ROW(1),
	LZ4_ROW(2), LZ4_ROW(3), LZ4_ROW(4), LZ4_ROW(5), LZ4_ROW(6), LZ4_ROW(7),
	LZ4_ROW(8), LZ4_ROW(9), LZ4_ROW(10), LZ4_ROW(11), LZ4_ROW(12) };

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

/* The row for "LEVEL" of a codec; NULL when it has no such level. */
static const struct codec *
at_level(const struct codec *c, const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const struct codec *rows = NULL;
	unsigned long level, levels = 0;

	if (c->id == CODEC_LZ4) {
		rows = codec_lz4_levels;
		levels = LZ4_LEVELS;
	} else if (c->id == CODEC_ZSTD) {
		rows = codec_zstd_levels;
		levels = ZSTD_LEVELS;
	}
	if (digits == 0 || digits > 2 || text[digits] != '\0')
		return NULL;
	level = strtoul(text, NULL, 10);
	return level < 1 || level > levels ? NULL : &rows[level - 1];
}

const struct codec *
codec_by_name(const char *name, struct err *err)
{
	size_t len = strcspn(name, ":"), i = 0;
	const struct codec *c;

	while (i < CODECS && (strlen(codecs[i]->name) != len ||
		strncasecmp(codecs[i]->name, name, len) != 0))
		i++;
	if (i == CODECS) {
		err_set(err, ERR_VALUE, "unknown compression %s", name);
		return NULL;
	}
	c = compiled_in(codecs[i], ERR_VALUE, err);
	if (c == NULL || name[len] == '\0')
		return c;
	if ((c = at_level(c, name + len + 1)) == NULL)
		err_set(err, ERR_VALUE, "compression %s: no such level", name);
	return c;
}
