/*
 * Fuzz target: messages of Tera Flow.  The first byte says what follows: the
 * bytes of a message, or how to make one whose segment table holds and whose
 * words are pointers that mostly stay near.  What is understood is the same
 * once it was written and read again, and one flow for the collector.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "wire/decode.h"
#include "wire/tera_int.h"

#define START_MS UINT64_C(1700000000000)
#define SEGMENTS_MAX 12

static uint64_t
byte(struct reader *in)
{
	return reader_uint(in, 1);
}

/* A small number with a sign, 30 bits of it, where a pointer has it. */
static uint64_t
offset(struct reader *in)
{
	return (uint32_t)(int8_t)byte(in) << 2;
}

static uint64_t
make_word(struct reader *in)
{
	uint64_t word;

	switch (byte(in) % 8) {
	case 0:
	case 1:
		word = TERA_STRUCT | offset(in);
		word |= byte(in) % 32 << 32;
		return word | byte(in) % 8 << 48;
	case 2:
		word = TERA_LIST | offset(in);
		word |= byte(in) % 8 << 32;
		return word | byte(in) << 35;
	case 3:
		word = TERA_LIST | offset(in);
		word |= (uint64_t)TERA_LIST_BYTES << 32;
		return word | (uint64_t)TERA_ADDR6_LEN << 35;
	case 4:
	case 5:
		word = TERA_FAR | (byte(in) & 1) << 2;
		word |= byte(in) << 3;
		return word | byte(in) % (SEGMENTS_MAX + 2) << 32;
	case 6: /* IP version at the beginning of the data */
		return (byte(in) % 4 + 3) << 8;
	default:
		return reader_uint(in, 8);
	}
}

/* A message; its length. */
static size_t
make_message(struct reader *in, uint8_t *out)
{
	size_t count = 1 + byte(in) % SEGMENTS_MAX;
	size_t words = count / 2 + 1, n;
	uint8_t *p = out + words * TERA_WORD;

	store_le(out, count - 1, 4);
	for (size_t i = 0; i < count; i++) {
		n = byte(in) % 64;
		store_le(out + 4 + i * 4, n, 4);
		words += n;
	}
	for (; p < out + words * TERA_WORD && in->left > 0; p += TERA_WORD)
		store_le(p, make_word(in), TERA_WORD);
	return words * TERA_WORD;
}

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	unsigned *flows = ctx;

	++*flows;
	require(e->version == WIRE_TERA && f->export_version == WIRE_TERA);
	if ((f->extensions & FLOW_EXT(EXT_IPV4)) != 0)
		require(addr_is_v4(f->src_addr) && addr_is_v4(f->dst_addr));
}

/* How many flows the decoder makes of a message. */
static unsigned
flows_of(const uint8_t *message, size_t len)
{
	const struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	unsigned flows = 0;
	struct wire_sink sink = { .ctx = &flows, .flow = on_flow };
	struct wire_decoder *d = wire_decoder_new(&limits, &sink, NULL);

	if (d == NULL)
		abort();
	wire_decode_tera(d, message, len, addr_v4(0x7f000001), START_MS);
	wire_decoder_free(d);
	return flows;
}

static void
check(const uint8_t *message, size_t len)
{
	uint8_t one[TERA_ENCODED_MAX], two[TERA_ENCODED_MAX];
	struct tera t;
	size_t n;

	if (tera_decode(message, len, &t, NULL) == -1) {
		require(flows_of(message, len) == 0);
		return;
	}
	require((t.ip_version == 4 || t.ip_version == 6) && t.proto <= 255);
	require(flows_of(message, len) == 1);
	n = tera_encode(&t, one);
	require(tera_decode(one, n, &t, NULL) == 0);
	require(tera_encode(&t, two) == n && memcmp(one, two, n) == 0);
}

int
FUZZ_TARGET(tera)(const uint8_t *data, size_t size)
{
	size_t room = (SEGMENTS_MAX * 64 + SEGMENTS_MAX) * TERA_WORD, len;
	struct reader in;
	uint8_t *made, *copy;

	reader_init(&in, data, size);
	if ((byte(&in) & 1) == 0) {
		check(in.pos, in.left);
		return 0;
	}
	if ((made = calloc(1, room)) == NULL)
		return 0;
	len = make_message(&in, made);
	if ((copy = malloc(len)) != NULL) { /* so that its end is seen */
		memcpy(copy, made, len);
		check(copy, len);
	}
	free(copy);
	free(made);
	return 0;
}
