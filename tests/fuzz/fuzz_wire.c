/*
 * Datagrams, as fuzzkit_decode() has them, to flows.  Every flow is looked at:
 * the bytes its spans name are read, and a record has one address family.
 */
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "wire/decode.h"

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
	*sum += fuzzkit_read(f->user_name) + fuzzkit_read(f->app_id) +
	    fuzzkit_read(f->in_payload) + fuzzkit_read(f->out_payload) +
	    fuzzkit_read(f->frame) + fuzzkit_read(f->nokia_string);
}

static void
on_name(void *ctx, const struct wire_exporter *e, const struct wire_name *n)
{
	uint64_t *sum = ctx;

	*sum += e->sysid + fuzzkit_read(n->app_id) + fuzzkit_read(n->name) +
	    fuzzkit_read(n->description);
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

int
FUZZ_TARGET(wire)(const uint8_t *data, size_t size)
{
	uint64_t sum = 0;
	struct wire_sink sink = { .ctx = &sum, .flow = on_flow,
		.event = on_event, .name = on_name, .counters = on_counters };
	struct wire_counters c;
	struct wire_decoder *d = wire_decoder_new(&fuzzkit_limits, &sink,
	    NULL);

	if (d == NULL)
		return 0;
	fuzzkit_decode(d, data, size);
	wire_totals(d, &c);
	wire_interfaces(d, on_counters, &sum);
	wire_reset_counters(d);
	wire_decoder_free(d);
	return 0;
}
