/*
 * Codecs: the first byte is the number of one, two more are the room that its
 * output has.  Whatever the bytes, they expand within the room or not at all,
 * and what was compressed expands to what it was.
 */
#include <string.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "store/codec.h"

#define CODECS 5

static void
expand(const struct codec *c, const uint8_t *data, size_t size, size_t room)
{
	uint8_t *out = malloc(room + 1);
	int64_t len;

	require(out != NULL);
	len = c->expand(data, size, out, room);
	require(len <= (int64_t)room);
	free(out);
}

static void
there_and_back(const struct codec *c, const uint8_t *data, size_t size)
{
	size_t bound = c->bound(size), len;
	uint8_t *packed = malloc(bound), *back = malloc(size);

	require(packed != NULL && back != NULL);
	len = c->compress(data, size, packed, bound);
	require(len > 0 && len <= bound);
	require(c->expand(packed, len, back, size) == (int64_t)size);
	require(memcmp(back, data, size) == 0);
	require(c->expand(packed, len, back, size - 1) == -1);
	free(packed);
	free(back);
}

int
FUZZ_TARGET(codec)(const uint8_t *data, size_t size)
{
	const struct codec *c;

	if (size < 4 || (c = codec_by_id(data[0] % CODECS, NULL)) == NULL)
		return 0;
	expand(c, data + 3, size - 3, load_u16(data + 1));
	there_and_back(c, data + 3, size - 3);
	return 0;
}
