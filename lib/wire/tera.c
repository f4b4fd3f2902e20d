/*
 * Tera Flow as a protocol of the decoder.  An exporter is a sender, or one
 * that the messages of a sender name: what a forwarder or FastNetMon sends are
 * flows of many.  There are no sequence numbers, and each message says its
 * rate.
 */

#include "wire/decode_int.h"
#include "wire/tera.h"

/* A rate that changes with each message is not told each time. */
#define TELL_RATE_MS 60000

/* Tell of the rate of an exporter that is another one; 1 is none. */
static void
tell_rate(struct wire_packet *p, uint32_t ratio)
{
	struct wire_peer *peer = p->peer;
	struct wire_sampler s = { .id = -1, .interval = 1, .space = ratio - 1 };
	struct wire_rate rate = { ratio, 1 };

	if (ratio == 1 && peer->ratio == 0)
		return;
	if (peer->ratio != 0 &&
	    p->received_ms - peer->ratio_told_ms < TELL_RATE_MS)
		return;
	peer->ratio = ratio;
	peer->ratio_told_ms = p->received_ms;
	peer->pub.counters.samplers++;
	wire_sampler_put(p, &s, &rate);
}

static void
set_rate(struct wire_packet *p, uint32_t ratio)
{
	const struct wire_limits *limits = &p->d->limits;

	if (ratio != 0 && ratio != p->peer->ratio)
		tell_rate(p, ratio);
	if (limits->forced_sampling > 0) {
		ratio = limits->forced_sampling;
		wire_rate_impose(p, WIRE_SAMPLER_FORCED, ratio);
	} else if (ratio == 0 && limits->default_sampling > 1) {
		ratio = limits->default_sampling;
		wire_rate_impose(p, WIRE_SAMPLER_DEFAULT, ratio);
	}
	p->rate = (struct wire_rate){ ratio > 1 ? ratio : 0, 1 };
}

static void
emit(struct wire_packet *p, const struct tera *t)
{
	struct flow *f = &p->d->record.flow;

	tera_to_flow(t, f);
	f->exporter_id = p->peer->pub.sysid;
	f->exporter_addr = wire_exporter_origin(&p->peer->pub);
	f->extensions |= FLOW_EXT(addr_is_v4(f->exporter_addr) ?
	    EXT_EXPORTER_V4 : EXT_EXPORTER_V6);
	f->received_ms = p->received_ms;
	if (f->last_ms == 0)
		f->first_ms = f->last_ms = p->received_ms;
	if (p->rate.total != 0)
		wire_rate_multiply(&p->rate, f);
	wire_emit(p, f);
}

void
wire_decode_tera(struct wire_decoder *d, const uint8_t *data, size_t len,
    struct addr sender, uint64_t received_ms)
{
	struct wire_packet p = { .d = d, .sender = sender,
		.received_ms = received_ms, .export_ms = received_ms,
		.version = WIRE_TERA };
	bool is_whole;
	struct err err;
	struct tera t;

	is_whole = tera_decode(data, len, &t, &err) == 0;
	if (t.agent != 0 && !addr_equal(addr_v4(t.agent), sender))
		p.agent = addr_v4(t.agent);
	if (!is_whole) {
		p.peer = wire_peer_find(&p, 0);
		wire_refuse(&p, KIND_TERA, "Tera Flow: %s", err.text);
		return;
	}
	if ((p.peer = wire_peer_get(&p, 0)) == NULL)
		return;
	p.peer->pub.counters.packets++;
	set_rate(&p, t.sample_ratio);
	emit(&p, &t);
}
