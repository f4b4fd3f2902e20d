/*
 * Data sources of sFlow agents: interfaces, mostly.  Each counts its samples
 * and those that the agent had to drop, and has a rate of its own.
 *
 * The first rate that an exporter uses is told as that of all of it; only a
 * source with another one gets a sampler under its own number.
 */

#include <stdlib.h>

#include "base/hash.h"
#include "wire/sflow_int.h"

#define SOURCES_MAX 4096 /* per exporter */
#define WHOLE_EXPORTER (-1)

/* Smaller steps back are samples that come late. */
#define RESTART_STEP 1000

/* A rate that jumps with each sample is not told each time. */
#define TELL_RATE_MS 1000

static struct wire_source *
source_new(struct wire_packet *p, uint64_t id, uint64_t hash)
{
	struct wire_source *src = NULL;

	if (p->peer->sources.count >= SOURCES_MAX ||
	    wire_reserve(p, sizeof(*src)) == -1) {
		wire_tell(p, KIND_LIMIT, "no room for data source %u:%u",
		    (unsigned)(id >> 32), (unsigned)(id & UINT32_MAX));
		return NULL;
	}
	if ((src = calloc(1, sizeof(*src))) == NULL ||
	    wire_table_add(&p->peer->sources, &src->node, hash) == -1) {
		wire_release(p->d, sizeof(*src));
		free(src);
		return NULL;
	}
	src->id = id;
	return src;
}

struct wire_source *
wire_source_get(struct wire_packet *p, uint64_t id)
{
	uint64_t hash = hash_u64(id ^ p->d->seed);
	struct wire_node *n = wire_table_first(&p->peer->sources, hash);
	struct wire_source *src;

	for (; n != NULL; n = n->next) {
		src = (struct wire_source *)(void *)n;
		if (src->id == id)
			return src;
	}
	return source_new(p, id, hash);
}

void
wire_source_drop_all(struct wire_decoder *d, struct wire_peer *peer)
{
	struct wire_source *src;

	for (uint32_t i = 0; i < peer->sources.size; i++)
		while ((src = (struct wire_source *)(void *)
			    peer->sources.chains[i]) != NULL) {
			wire_table_remove(&peer->sources, &src->node);
			wire_release(d, sizeof(*src));
			free(src);
		}
	wire_table_fini(&peer->sources);
}

static void
tell_rate(struct wire_packet *p, struct wire_source *src, uint32_t rate)
{
	struct wire_sampler s = { .id = (int64_t)src->id, .interval = 1,
		.space = rate - 1 };
	struct wire_rate r = { rate, 1 };

	if (src->rate != 0 && p->received_ms - src->told_ms < TELL_RATE_MS)
		return;
	src->rate = rate;
	src->told_ms = p->received_ms;
	if (p->peer->first_rate == 0) {
		p->peer->first_rate = rate;
		s.id = WHOLE_EXPORTER;
	} else if (p->peer->first_rate == rate && !src->has_sampler) {
		return;
	} else {
		src->has_sampler = true;
	}
	p->peer->pub.counters.samplers++;
	wire_sampler_put(p, &s, &r);
}

/* A source may be reset alone; it counts its samples anew then. */
static bool
is_anew(const struct wire_packet *p, const struct wire_source *src,
    uint32_t sequence)
{
	uint32_t back = src->sequence - sequence;

	return !src->has_samples || src->starts != p->peer->starts ||
	    (back <= INT32_MAX && back > RESTART_STEP);
}

/* How many there were between two numbers; one that comes late is none. */
static uint32_t
gap(uint32_t *last, uint32_t now)
{
	uint32_t step = now - *last;

	if (step == 0 || step > INT32_MAX)
		return 0;
	*last = now;
	return step - 1;
}

void
wire_source_sample(struct wire_packet *p, const struct wire_sample *s)
{
	struct wire_counters *c = &p->peer->pub.counters;
	struct wire_source *src = wire_source_get(p, s->source);
	uint32_t drops;

	if (src == NULL)
		return;
	if (is_anew(p, src, s->sequence)) {
		src->has_samples = true;
		src->starts = p->peer->starts;
		src->sequence = s->sequence;
		src->drops = s->drops;
	} else {
		c->missing_samples += gap(&src->sequence, s->sequence);
		drops = s->drops - src->drops;
		if (drops <= INT32_MAX) {
			c->agent_drops += drops;
			src->drops = s->drops;
		}
	}
	if (s->rate != src->rate)
		tell_rate(p, src, s->rate);
}
