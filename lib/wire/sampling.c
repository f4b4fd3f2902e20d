/*
 * Sampling rates: announced in option records or packet headers, or with
 * the flow itself; and what they do to counters.
 *
 * A flow takes the rate of its own record, else that of its sampler id,
 * else that of the whole exporter, else the default.  A flow without an id
 * takes the only sampler if there is just one; but not when the exporter has
 * other flows that do say an id, for then those without are not sampled.
 */

#include <stdlib.h>

#include "base/hash.h"
#include "wire/decode_int.h"

#define SAMPLERS_MAX 4096 /* per exporter */
#define WHOLE_EXPORTER (-1)

/* Steps in which a probability becomes a ratio. */
#define PROBABILITY_SCALE 1000000

/* A number of a slot, cut to what struct wire_sampler holds; 0 if absent. */
static uint32_t
slot_u32(const struct wire_record *r, enum wire_slot slot)
{
	if (!wire_shape_slot(&r->shape, slot))
		return 0;
	return r->slot[slot] < UINT32_MAX ? (uint32_t)r->slot[slot] :
	    UINT32_MAX;
}

static bool
set_rate(struct wire_rate *rate, uint64_t total, uint64_t taken)
{
	if (taken == 0 || total < taken)
		return false;
	rate->total = total;
	rate->taken = taken;
	return true;
}

/*
 * 305 and 306: packets taken, then left out.  softflowd puts N and N - 1
 * there for one in N; its option record is known by the init time.
 */
static bool
rate_of_space(const struct wire_record *r, struct wire_rate *rate)
{
	uint32_t interval = slot_u32(r, SLOT_PACKET_INTERVAL);
	uint32_t space = slot_u32(r, SLOT_PACKET_SPACE);

	if (!wire_shape_slot(&r->shape, SLOT_PACKET_SPACE))
		return false;
	if (interval > 1 && space == interval - 1 &&
	    wire_shape_slot(&r->shape, SLOT_INIT_TIME) &&
	    !wire_shape_has(&r->shape, FLD_SAMPLER_ID))
		return set_rate(rate, interval, 1);
	return set_rate(rate, (uint64_t)interval + space, interval);
}

static bool
rate_of_probability(const struct wire_record *r, struct wire_rate *rate)
{
	double p = 0;
	double n;
	double whole;

	if (wire_shape_slot(&r->shape, SLOT_PROBABILITY))
		memcpy(&p, &r->slot[SLOT_PROBABILITY], sizeof(p));
	/* Also false for what is not a number. */
	if (!(p >= 1.0 / UINT32_MAX && p <= 1.0))
		return false;
	n = 1.0 / p;
	whole = (double)(uint64_t)(n + 0.5);
	if (n > UINT32_MAX / PROBABILITY_SCALE ||
	    (n - whole < 1e-6 && whole - n < 1e-6))
		return set_rate(rate, (uint64_t)whole, 1);
	return set_rate(rate, (uint64_t)(n * PROBABILITY_SCALE + 0.5),
	    PROBABILITY_SCALE);
}

bool
wire_rate_announced(const struct wire_record *r, struct wire_sampler *s,
    struct wire_rate *rate)
{
	if (!rate_of_space(r, rate) &&
	    !set_rate(rate, slot_u32(r, SLOT_RANDOM_INTERVAL), 1) &&
	    !set_rate(rate, slot_u32(r, SLOT_INTERVAL), 1) &&
	    !set_rate(rate, slot_u32(r, SLOT_POPULATION),
		slot_u32(r, SLOT_SAMPLE_SIZE)) &&
	    !rate_of_probability(r, rate))
		return false;
	s->id = WHOLE_EXPORTER;
	/* Selector 0 of PSAMP stands for all flows. */
	if (wire_shape_has(&r->shape, FLD_SAMPLER_ID) &&
	    r->flow.sampler_id <= INT64_MAX &&
	    (r->flow.sampler_id != 0 ||
		!wire_shape_slot(&r->shape, SLOT_PACKET_INTERVAL)))
		s->id = (int64_t)r->flow.sampler_id;
	s->algorithm = (uint16_t)slot_u32(r, SLOT_ALGORITHM);
	s->interval = (uint32_t)rate->taken;
	s->space = (uint32_t)(rate->total - rate->taken);
	return true;
}

/* Exporters choose their ids, but not which share a chain; one to one. */
static uint64_t
sampler_hash(const struct wire_packet *p, int64_t id)
{
	return hash_u64((uint64_t)id ^ p->d->seed);
}

static struct wire_sampler_entry *
sampler_find(const struct wire_packet *p, int64_t id)
{
	uint64_t hash = sampler_hash(p, id);
	struct wire_node *n = wire_table_first(&p->peer->samplers, hash);

	while (n != NULL && n->hash != hash)
		n = n->next;
	return (struct wire_sampler_entry *)(void *)n;
}

static struct wire_sampler_entry *
sampler_new(struct wire_packet *p, int64_t id)
{
	struct wire_peer *peer = p->peer;
	struct wire_sampler_entry *e = NULL;

	if (peer->samplers.count >= SAMPLERS_MAX ||
	    wire_reserve(p, sizeof(*e)) == -1) {
		wire_tell(p, KIND_LIMIT, "no room for sampler %jd",
		    (intmax_t)id);
		return NULL;
	}
	if ((e = calloc(1, sizeof(*e))) == NULL ||
	    wire_table_add(&peer->samplers, &e->node,
		sampler_hash(p, id)) == -1) {
		wire_release(p->d, sizeof(*e));
		free(e);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&peer->sampler_list, e, entry);
	return e;
}

bool
wire_sampler_is_known(const struct wire_packet *p, int64_t id)
{
	return sampler_find(p, id) != NULL;
}

static bool
is_same(const struct wire_sampler *a, const struct wire_sampler *b)
{
	return a->algorithm == b->algorithm && a->interval == b->interval &&
	    a->space == b->space;
}

void
wire_sampler_put(struct wire_packet *p, const struct wire_sampler *s,
    const struct wire_rate *rate)
{
	struct wire_decoder *d = p->d;
	struct wire_sampler_entry *e = sampler_find(p, s->id);
	bool is_first;

	if (e != NULL && is_same(&e->pub, s) &&
	    e->rate.total == rate->total && e->rate.taken == rate->taken)
		return;
	/* Samples of sFlow say their rate, as does Tera Flow: none is late. */
	is_first = e == NULL && d->limits.forced_sampling == 0 &&
	    p->version < WIRE_SFLOW && p->version != WIRE_TERA;
	if (e == NULL && (e = sampler_new(p, s->id)) == NULL)
		return;
	e->pub = *s;
	e->pub.is_first = is_first;
	e->pub.is_general = s->id == WHOLE_EXPORTER ||
	    (p->peer->id_templates == 0 && p->peer->samplers.count == 1);
	e->rate = *rate;
	if (p->peer->imposed.id == WIRE_SAMPLER_DEFAULT)
		p->peer->imposed.id = 0; /* unless it is still in use */
	d->is_changed = true;
	p->peer->sender->announcements++;
	if (d->sink.sampler != NULL && !p->is_load)
		d->sink.sampler(d->sink.ctx, &p->peer->pub, &e->pub);
}

void
wire_sampler_tell_all(struct wire_packet *p)
{
	const struct wire_sink *sink = &p->d->sink;
	const struct wire_sampler_entry *e;
	struct wire_sampler s;

	if (sink->sampler == NULL)
		return;
	TAILQ_FOREACH(e, &p->peer->sampler_list, entry) {
		s = e->pub;
		s.is_first = false;
		sink->sampler(sink->ctx, &p->peer->pub, &s);
	}
}

void
wire_sampler_drop_all(struct wire_decoder *d, struct wire_peer *peer)
{
	struct wire_sampler_entry *e;

	d->is_changed = true;
	while ((e = TAILQ_FIRST(&peer->sampler_list)) != NULL) {
		TAILQ_REMOVE(&peer->sampler_list, e, entry);
		wire_release(d, sizeof(*e));
		free(e);
	}
	wire_table_fini(&peer->samplers);
}

/* The one sampler of an exporter that has just one. */
static const struct wire_sampler_entry *
only_sampler(const struct wire_peer *peer)
{
	return peer->samplers.count == 1 ? TAILQ_FIRST(&peer->sampler_list) :
					   NULL;
}

/* Look for a rate that the sender announced once, in another domain. */
static void
find_foreign(struct wire_packet *p)
{
	struct wire_peer *peer = p->peer;
	const struct wire_sampler_entry *e = NULL;
	struct wire_peer *other;
	uint32_t samplers = 0;

	peer->foreign_as_of = peer->sender->announcements;
	peer->foreign = (struct wire_rate){ 0, 0 };
	TAILQ_FOREACH(other, &peer->sender->peers, in_sender) {
		if (other == peer || other->pub.version != p->version)
			continue;
		samplers += other->samplers.count;
		if (other->samplers.count == 1)
			e = only_sampler(other);
	}
	if (samplers != 1 || e == NULL)
		return;
	peer->foreign = e->rate;
	wire_tell(p, KIND_FOREIGN_RATE,
	    "sampling rate taken from another domain");
}

void
wire_rate_prepare(struct wire_packet *p)
{
	struct wire_peer *peer = p->peer;
	const struct wire_sampler_entry *e = NULL;

	if (peer->id_templates == 0)
		e = only_sampler(peer);
	if (e == NULL)
		e = sampler_find(p, WHOLE_EXPORTER);
	p->rate = e == NULL ? (struct wire_rate){ 0, 0 } : e->rate;
	if (peer->samplers.count > 0 || p->d->limits.strict_domain)
		return;
	if (peer->foreign_as_of != peer->sender->announcements)
		find_foreign(p);
	p->rate = peer->foreign;
}

uint64_t
wire_scale(uint64_t v, uint64_t total, uint64_t taken)
{
	__extension__ unsigned __int128 wide;
	uint64_t product;

	if (!__builtin_mul_overflow(v, total, &product))
		return taken == 1 ? product : product / taken;
	wide = v;
	wide = wide * total / taken;
	return wide > UINT64_MAX ? UINT64_MAX : (uint64_t)wide;
}

static uint64_t
scale(uint64_t v, const struct wire_rate *rate)
{
	return wire_scale(v, rate->total, rate->taken);
}

static uint64_t
scale_packets(uint64_t v, const struct wire_rate *rate)
{
	uint64_t scaled = scale(v, rate);

	return v != 0 && scaled == 0 ? 1 : scaled;
}

void
wire_rate_multiply(const struct wire_rate *rate, struct flow *f)
{
	f->in_packets = scale_packets(f->in_packets, rate);
	f->in_bytes = scale(f->in_bytes, rate);
	f->out_packets = scale_packets(f->out_packets, rate);
	f->out_bytes = scale(f->out_bytes, rate);
	f->record_flags |= FLOW_SAMPLED;
}

void
wire_rate_impose(const struct wire_packet *p, int64_t id, uint32_t ratio)
{
	const struct wire_sink *sink = &p->d->sink;
	struct wire_sampler *s = &p->peer->imposed;

	if (s->id == id && s->space == ratio - 1)
		return;
	*s = (struct wire_sampler){ .id = id, .interval = 1,
		.space = ratio - 1 };
	if (sink->sampler != NULL)
		sink->sampler(sink->ctx, &p->peer->pub, s);
}

/* The rate for the sampler id of the flow. */
static struct wire_rate
rate_by_id(const struct wire_packet *p, uint64_t id)
{
	const struct wire_sampler_entry *e = NULL;

	if (p->peer->samplers.count == 0)
		return p->rate;
	if (id <= INT64_MAX)
		e = sampler_find(p, (int64_t)id);
	if (e == NULL)
		e = sampler_find(p, WHOLE_EXPORTER);
	return e == NULL ? (struct wire_rate){ 0, 0 } : e->rate;
}

void
wire_rate_apply(const struct wire_packet *p, struct wire_record *r)
{
	const struct wire_limits *limits = &p->d->limits;
	struct wire_rate rate = p->rate;
	struct wire_sampler ignored;
	enum wire_flow_rate known = WIRE_RATE_KNOWN;

	if (limits->forced_sampling > 0) {
		rate = (struct wire_rate){ limits->forced_sampling, 1 };
		wire_rate_impose(p, WIRE_SAMPLER_FORCED,
		    limits->forced_sampling);
	} else if ((r->shape.steps & STEP_INLINE) == 0 ||
	    !wire_rate_announced(r, &ignored, &rate)) {
		if ((r->shape.steps & STEP_SAMPLER) != 0)
			rate = rate_by_id(p, r->flow.sampler_id);
		if (rate.total == 0)
			known = limits->default_sampling > 1 ?
			    WIRE_RATE_DEFAULT : WIRE_RATE_NONE;
		if (known == WIRE_RATE_DEFAULT) {
			rate = (struct wire_rate){ limits->default_sampling,
				1 };
			wire_rate_impose(p, WIRE_SAMPLER_DEFAULT,
			    limits->default_sampling);
		}
	}
	p->peer->pub.flow_rate = known;
	if (rate.total != 0)
		wire_rate_multiply(&rate, &r->flow);
}
