/*
 * Flow files: verification ends, a repaired file is sound and has the flows
 * that could be read, and another codec changes none of them.  The first byte
 * names the codec.
 */
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "record/v3.h"
#include "store/codec.h"
#include "store/verify.h"
#include "storekit.h"

#define NAME "file"
#define CODECS 5

static void
tell(void *ctx, enum store_finding kind, const char *text)
{
	uint64_t *sum = ctx;

	*sum += kind + (uint8_t)text[0];
}

static void
recompress(const struct codec *codec, uint64_t flows)
{
	uint64_t sum = 0, found;
	const struct store_listener l = { tell, &sum };
	struct store_verdict v;

	if (codec == NULL || store_recompress(NAME, codec, NULL) == -1)
		return;
	require(store_verify(NAME, &l, &v, NULL) == 0 && v.damages == 0);
	require(v.flows == flows && v.codec == codec);
	storekit_flows(NAME, &found);
	require(found == flows);
}

int
FUZZ_TARGET(verify)(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	const struct store_listener l = { tell, &sum };
	struct store_verdict before, after;

	if (size == 0)
		return 0;
	fuzzkit_write(NAME, data + 1, size - 1);
	if (store_verify(NAME, &l, &before, NULL) == -1)
		return 0;
	if (store_repair(NAME, &l, &after, NULL) == -1)
		return 0;
	require(before.flows == after.flows);
	require(store_verify(NAME, &l, &after, NULL) == 0);
	require(after.damages == 0 && after.flows == before.flows);
	recompress(codec_by_id(data[0] % CODECS, NULL), after.flows);
	return 0;
}
