/*
 * The decoder: its life, what it tells, and which protocol a datagram is.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/decode_int.h"

#define DATAGRAM_MIN 4
#define TELL_AGAIN_MS 60000
#define EVENT_TEXT_MAX 160

struct wire_decoder *
wire_decoder_new(const struct wire_limits *limits,
    const struct wire_sink *sink, struct err *err)
{
	struct wire_decoder *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		err_nomem(err);
		return NULL;
	}
	d->limits = *limits;
	d->next_sysid = limits->sysid_first;
	d->sink = *sink;
	/* Where the heap lies is not known to who would fill one chain. */
	d->seed = (uint64_t)(uintptr_t)d;
	TAILQ_INIT(&d->all);
	TAILQ_INIT(&d->young);
	TAILQ_INIT(&d->held);
	TAILQ_INIT(&d->sender_lru);
	return d;
}

void
wire_decoder_adjust(struct wire_decoder *d, const struct wire_limits *limits)
{
	struct wire_peer *peer;

	/* Those in use are told again. */
	TAILQ_FOREACH(peer, &d->all, in_decoder)
		peer->imposed.id = 0;
	d->limits.default_sampling = limits->default_sampling;
	d->limits.forced_sampling = limits->forced_sampling;
	d->limits.decode_tunnels = limits->decode_tunnels;
}

void
wire_decoder_free(struct wire_decoder *d)
{
	struct wire_peer *peer;

	if (d == NULL)
		return;
	while ((peer = TAILQ_FIRST(&d->all)) != NULL)
		wire_peer_drop(d, peer);
	wire_table_fini(&d->peers);
	wire_table_fini(&d->senders);
	free(d);
}

/*
 * May this be told now?  Counts what may not; *left_out is how many there
 * were since the last time.
 */
static bool
may_tell(struct wire_muffler *m, enum wire_kind kind, uint64_t now_ms,
    uint32_t *left_out)
{
	uint32_t bit = UINT32_C(1) << kind;

	if ((m->told & bit) != 0 && now_ms - m->told_ms[kind] < TELL_AGAIN_MS) {
		if (m->left_out[kind] < UINT32_MAX)
			m->left_out[kind]++;
		return false;
	}
	*left_out = m->left_out[kind];
	m->told |= bit;
	m->told_ms[kind] = now_ms;
	m->left_out[kind] = 0;
	return true;
}

static enum wire_event
event_of(enum wire_kind kind)
{
	switch (kind) {
	case KIND_BAD_PACKET:
		return WIRE_BAD_PACKET;
	case KIND_FOREIGN_RATE:
		return WIRE_NOTICE;
	case KIND_HELD:
	case KIND_LIMIT:
		return WIRE_LIMIT;
	default:
		return WIRE_MALFORMED;
	}
}

__attribute__((format(printf, 3, 0))) static void
tell(struct wire_packet *p, enum wire_kind kind, const char *fmt, va_list ap)
{
	const struct wire_sink *sink = &p->d->sink;
	struct wire_muffler *m = p->peer == NULL ? &p->d->muffler :
						   &p->peer->muffler;
	char text[EVENT_TEXT_MAX];
	uint32_t left_out;
	int n;

	if (sink->event == NULL ||
	    !may_tell(m, kind, p->received_ms, &left_out))
		return;
	n = vsnprintf(text, sizeof(text), fmt, ap);
	if (left_out > 0 && n >= 0 && (size_t)n < sizeof(text))
		snprintf(text + n, sizeof(text) - (size_t)n,
		    " (and %u more like this)", left_out);
	sink->event(sink->ctx, p->peer == NULL ? NULL : &p->peer->pub,
	    p->sender, event_of(kind), text);
}

void
wire_tell(struct wire_packet *p, enum wire_kind kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(p, kind, fmt, ap);
	va_end(ap);
}

static void
count_refusal(struct wire_counters *c, enum wire_kind kind)
{
	switch (kind) {
	case KIND_COUNT_FIELD:
		c->malformed_count++;
		break;
	case KIND_MESSAGE_LEN:
		c->malformed_message++;
		break;
	case KIND_SET_LEN:
		c->malformed_set_length++;
		break;
	case KIND_SET_ID:
		c->malformed_set_id++;
		break;
	case KIND_TEMPLATE:
		c->malformed_template++;
		break;
	case KIND_LIST:
		c->malformed_list++;
		break;
	case KIND_SAMPLE:
		c->malformed_sample++;
		break;
	case KIND_TERA:
		c->malformed_tera++;
		break;
	default:
		c->malformed_header++;
		break;
	}
}

void
wire_refuse(struct wire_packet *p, enum wire_kind kind, const char *fmt, ...)
{
	va_list ap;

	count_refusal(p->peer == NULL ? &p->d->others.counters :
					&p->peer->pub.counters, kind);
	va_start(ap, fmt);
	tell(p, kind, fmt, ap);
	va_end(ap);
}

/* Its version has 32 bits. */
static bool
is_sflow(const uint8_t *data)
{
	uint32_t version = load_be32(data);

	return version == 2 || version == 4 || version == 5;
}

void
wire_decode(struct wire_decoder *d, const uint8_t *data, size_t len,
    struct addr sender, uint64_t received_ms)
{
	struct wire_packet p = { .d = d, .sender = sender,
		.received_ms = received_ms };
	struct reader in;

	if (len == 0)
		return;
	if (len < DATAGRAM_MIN) {
		d->bad_packets++;
		wire_tell(&p, KIND_BAD_PACKET,
		    "not enough data for netflow header - cnt: %zu", len);
		return;
	}
	reader_init(&in, data, len);
	p.version = load_be16(data);
	if (is_sflow(data)) {
		wire_sflow(&p, &in);
		return;
	}
	switch (p.version) {
	case 1:
	case 5:
	case 7:
		wire_netflow5(&p, &in);
		break;
	case 9:
		wire_netflow9(&p, &in);
		break;
	case 10:
		wire_ipfix(&p, &in);
		break;
	default:
		d->bad_packets++;
		wire_tell(&p, KIND_BAD_PACKET,
		    "Unexpected netflow version %u", p.version);
		break;
	}
}

uint64_t
wire_bad_packets(const struct wire_decoder *d)
{
	return d->bad_packets;
}

void
wire_totals(const struct wire_decoder *d, struct wire_counters *c)
{
	const struct wire_peer *peer;

	*c = d->others.counters;
	TAILQ_FOREACH(peer, &d->all, in_decoder)
		wire_counters_add(c, &peer->pub.counters);
}

void
wire_totals_ever(const struct wire_decoder *d, struct wire_counters *c)
{
	const struct wire_peer *peer;

	wire_totals(d, c);
	wire_counters_add(c, &d->others.earlier);
	TAILQ_FOREACH(peer, &d->all, in_decoder)
		wire_counters_add(c, &peer->pub.earlier);
}

const struct wire_exporter *
wire_others(const struct wire_decoder *d)
{
	return &d->others;
}

void
wire_holding(const struct wire_exporter *e, struct wire_holding *h)
{
	const struct wire_peer *peer = (const void *)e;

	*h = (struct wire_holding){ peer->seen_ms, peer->templates.count,
		peer->samplers.count };
}

uint64_t
wire_state_bytes(const struct wire_decoder *d)
{
	return d->used_bytes;
}

void
wire_exporters(const struct wire_decoder *d,
    void (*fn)(void *ctx, const struct wire_exporter *e), void *ctx)
{
	const struct wire_peer *peer;

	TAILQ_FOREACH(peer, &d->all, in_decoder)
		if (!peer->is_untold)
			fn(ctx, &peer->pub);
}

void
wire_samplers(const struct wire_decoder *d,
    void (*fn)(void *ctx, const struct wire_exporter *e,
	const struct wire_sampler *s), void *ctx)
{
	const struct wire_sampler_entry *s;
	const struct wire_peer *peer;

	TAILQ_FOREACH(peer, &d->all, in_decoder) {
		if (peer->is_untold)
			continue;
		TAILQ_FOREACH(s, &peer->sampler_list, entry)
			fn(ctx, &peer->pub, &s->pub);
		if (peer->imposed.id != 0)
			fn(ctx, &peer->pub, &peer->imposed);
	}
}

static void
reset(struct wire_exporter *e)
{
	wire_counters_add(&e->earlier, &e->counters);
	e->counters = (struct wire_counters){ 0 };
}

void
wire_reset_counters(struct wire_decoder *d)
{
	struct wire_peer *peer;

	d->bad_packets = 0;
	reset(&d->others);
	TAILQ_FOREACH(peer, &d->all, in_decoder)
		reset(&peer->pub);
}
