/*
 * Fuzz target: datagrams to flows.  The input is a row of datagrams, each
 * behind its length in 2 bytes; the top bit of the length says which of two
 * senders it comes from.  Every flow is looked at: the bytes its spans name
 * are read, and a record has one address family.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "wire/decode.h"

#define START_MS UINT64_C(1700000000000)

static uint64_t
read_span(struct span s)
{
	uint64_t sum = s.len;

	for (uint32_t i = 0; i < s.len; i++)
		sum += s.data[i];
	return sum;
}

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	uint64_t *sum = ctx;
	uint64_t ext = f->extensions;

	require(e->counters.flows > 0 && (ext & FLOW_EXT(EXT_GENERIC)) != 0);
	for (unsigned v4 = EXT_IPV4; v4 <= EXT_XLATE_V4; v4++)
		if (v4 == EXT_IPV4 || v4 == EXT_XLATE_V4 ||
		    (v4 >= EXT_BGP_V4 && v4 <= EXT_EXPORTER_V4 && v4 % 2 == 0))
			require((ext >> v4 & 3) != 3);
	if ((ext & FLOW_EXT(EXT_IPV4)) != 0)
		require(addr_is_v4(f->src_addr) && addr_is_v4(f->dst_addr));
	*sum += read_span(f->user_name) + read_span(f->app_id) +
	    read_span(f->in_payload) + read_span(f->out_payload) +
	    read_span(f->frame) + read_span(f->nokia_string);
}

static void
on_name(void *ctx, const struct wire_exporter *e, const struct wire_name *n)
{
	uint64_t *sum = ctx;

	*sum += e->sysid + read_span(n->app_id) + read_span(n->name) +
	    read_span(n->description);
}

static void
on_counters(void *ctx, const struct wire_exporter *e,
    const struct wire_interface *i)
{
	uint64_t *sum = ctx;

	*sum += e->sysid + i->index + i->out_octets;
}

static void
on_event(void *ctx, const struct wire_exporter *e, struct addr sender,
    enum wire_event what, const char *text)
{
	uint64_t *sum = ctx;

	*sum += (e != NULL) + sender.lo + what + (uint8_t)text[0];
}

/* Hand over a copy of just this length. */
static void
decode(struct wire_decoder *d, struct reader *in, uint64_t now_ms)
{
	uint16_t head = (uint16_t)reader_uint(in, 2);
	size_t len = head & 0x7fff;
	uint8_t *copy;

	if (len > in->left)
		len = in->left;
	if ((copy = malloc(len == 0 ? 1 : len)) == NULL)
		abort();
	memcpy(copy, in->pos, len);
	reader_take(in, len);
	wire_decode(d, copy, len, addr_v4(0x7f000001 + (head >> 15)), now_ms);
	free(copy);
}

int
FUZZ_TARGET(wire)(const uint8_t *data, size_t size)
{
	/* Small limits are reached soon. */
	const struct wire_limits limits = { .exporters_per_sender = 4,
		.templates_per_exporter = 8, .fields_per_template = 64,
		.held_bytes = 4096, .held_sets = 8, .held_ms = 30000,
		.default_sampling = 1, .sysid_first = 1, .sysid_step = 1,
		.decode_tunnels = 1, .state_bytes = 200000 };
	uint64_t sum = 0;
	struct wire_sink sink = { .ctx = &sum, .flow = on_flow,
		.event = on_event, .name = on_name, .counters = on_counters };
	uint64_t now_ms = START_MS;
	struct wire_counters c;
	struct wire_decoder *d = wire_decoder_new(&limits, &sink, NULL);
	struct reader in;

	if (d == NULL)
		return 0;
	reader_init(&in, data, size);
	for (; in.left >= 2; now_ms += 3000)
		decode(d, &in, now_ms);
	wire_totals(d, &c);
	wire_interfaces(d, on_counters, &sum);
	wire_reset_counters(d);
	wire_decoder_free(d);
	return 0;
}
