/*
 * From packets to flows: the first bytes are the link and options, then come
 * packets, each behind its length.  Whatever they are, what is counted comes
 * out, once.
 */
#include <stdlib.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "packet/meter.h"

#define FLOWS 4
#define TIME_STEP_MS 700

struct sums {
	uint64_t flows;
	uint64_t packets;
};

static void
on_flow(void *ctx, const struct flow *f)
{
	struct sums *s = ctx;

	if (f->in_packets + f->out_packets == 0 || f->last_ms < f->first_ms)
		abort();
	s->flows++;
	s->packets += f->in_packets + f->out_packets;
}

static void
set_options(struct meter_options *o, const uint8_t *bits)
{
	o->link = bits[0] % PACKET_LINKS;
	o->is_outer = (bits[1] & 1) != 0;
	o->has_frame_bytes = (bits[1] & 2) != 0;
	o->cache.is_biflow = (bits[1] & 4) != 0;
	o->cache.has_details = (bits[1] & 8) != 0;
	o->cache.has_tos_key = (bits[1] & 16) != 0;
	o->has_dedup = (bits[1] & 64) != 0;
	if ((bits[1] & 128) != 0)
		o->cache.payload_len = 20;
	if ((bits[0] & 128) != 0)
		o->sampling = 2;
	if ((bits[0] & 64) != 0)
		o->cache.counter_max = 3;
	o->cache.has_icmp_ports = (bits[0] & 32) != 0;
	o->cache.track = bits[2] % (CACHE_TRACK_ETHER + 1);
	if ((bits[1] & 32) != 0)
		o->cache.fin_ms = o->cache.rst_ms = TIME_STEP_MS;
}

int
FUZZ_TARGET(meter)(const uint8_t *data, size_t size)
{
	struct meter_options o = { .fragments_ms = 3 * TIME_STEP_MS,
		.cache = { .max_flows = FLOWS, .seed = 1, .scan_ms = 1000,
		    .active_ms = 9000, .idle_ms = { 5000, 4000, 3000, 0 } } };
	struct meter_counters n;
	struct cache_counters flows;
	struct sums sums = { 0, 0 };
	const uint8_t *head, *packet;
	struct reader in;
	struct meter *m;
	uint64_t ms = 0;
	size_t len;

	reader_init(&in, data, size);
	if ((head = reader_take(&in, 3)) == NULL)
		return 0;
	set_options(&o, head);
	if ((m = meter_new(&o, on_flow, &sums, NULL)) == NULL)
		return 0;
	while ((head = reader_take(&in, 2)) != NULL) {
		len = load_be16(head);
		if (len > in.left)
			len = in.left;
		packet = reader_take(&in, len);
		meter_packet(m, ms += TIME_STEP_MS, packet, len, len);
	}
	meter_flush(m);
	meter_counters(m, &n, &flows);
	if (sums.packets != n.packets - n.no_ip - n.too_short -
		n.duplicates - n.passed_over ||
	    sums.flows != flows.created || flows.live != 0 ||
	    flows.most > FLOWS)
		abort();
	meter_free(m);
	return 0;
}
