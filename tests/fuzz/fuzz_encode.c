/*
 * From the wire and back: flows of datagrams (fuzzkit_decode()) are encoded
 * and decoded again, twice.  What came through once must come through as it
 * is.  The first byte says which version.
 */
#include "encodekit.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "wire/encode.h"

/* An encoder whose datagrams go to a decoder. */
struct stage {
	struct wire_encoder *e;
	struct wire_decoder *d;
	const struct flow *want; /* NULL: any */
	struct stage *next; /* NULL: the last */
	unsigned flows;
};

static void
send_flow(struct stage *s, const struct flow *f)
{
	s->flows = 0;
	if (wire_encoder_put(s->e, f, FUZZKIT_MS))
		wire_encoder_flush(s->e, FUZZKIT_MS);
	else
		require(s->want == NULL);
}

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	struct stage *s = ctx;

	(void)e;
	s->flows++;
	if (s->next == NULL) {
		require(s->want == NULL || encodekit_equal(f, s->want));
		return;
	}
	s->next->want = f;
	send_flow(s->next, f);
	require(s->next->flows == 1);
}

static void
on_datagram(void *ctx, const uint8_t *data, size_t len)
{
	struct stage *s = ctx;

	wire_decode(s->d, data, len, addr_v4(0x7f000001), FUZZKIT_MS);
}

static void
on_input(void *ctx, const struct flow *f)
{
	send_flow(ctx, f);
}

static void
begin(struct stage *s, uint8_t bits)
{
	static const uint16_t versions[] = { 9, 10, 5, 7, 1, 10, 9, 10 };
	const struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct wire_encoder_options o = WIRE_ENCODER_DEFAULT;
	struct wire_sink sink = { .ctx = s, .flow = on_flow };

	o.version = versions[bits & 7];
	o.is_biflow = o.version == 10 && (bits & 8) != 0;
	o.time = o.version >= 9 ? (bits >> 4 & 7) % WIRE_TIMES : 0;
	if ((bits & 0x80) != 0) {
		o.exporter = addr_v4(0xc0000201);
		o.template_packets = 1;
	}
	if ((bits & 0x88) == 0x88 && (o.version == 5 || o.version >= 9)) {
		o.sampling = 100; /* others have no room for one */
		s->next = NULL; /* it multiplies what comes through */
	}
	o.boot_ms = FUZZKIT_MS - 1000000;
	s->e = wire_encoder_new(&o, on_datagram, s, NULL);
	s->d = wire_decoder_new(&limits, &sink, NULL);
	require(s->e != NULL && s->d != NULL);
}

int
FUZZ_TARGET(encode)(const uint8_t *data, size_t size)
{
	struct stage second = { .next = NULL }, first = { .next = &second };

	if (size == 0)
		return 0;
	begin(&first, *data);
	begin(&second, *data);
	fuzzkit_flows(data + 1, size - 1, on_input, &first);
	wire_encoder_free(first.e);
	wire_encoder_free(second.e);
	wire_decoder_free(first.d);
	wire_decoder_free(second.d);
	return 0;
}
