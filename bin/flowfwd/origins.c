/*
 * Exporters are numbered from 1 by their collector, so that they are found by
 * index; samplers are few.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flowfwd/origins.h"
#include "record/info.h"
#include "record/v3.h"

#define EXPORTERS_MAX 65536
#define SAMPLERS_MAX 4096

struct origins {
	struct addr *exporters; /* by number; zero: unknown */
	uint32_t exporter_count;
	struct record_sampler *samplers;
	uint32_t sampler_count;
};

struct origins *
origins_new(struct err *err)
{
	struct origins *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		err_nomem(err);
		return NULL;
	}
	o->exporters = calloc(EXPORTERS_MAX, sizeof(*o->exporters));
	o->samplers = calloc(SAMPLERS_MAX, sizeof(*o->samplers));
	if (o->exporters != NULL && o->samplers != NULL)
		return o;
	err_nomem(err);
	origins_free(o);
	return NULL;
}

void
origins_free(struct origins *o)
{
	if (o == NULL)
		return;
	free(o->exporters);
	free(o->samplers);
	free(o);
}

void
origins_clear(struct origins *o)
{
	memset(o->exporters, 0, o->exporter_count * sizeof(*o->exporters));
	o->exporter_count = o->sampler_count = 0;
}

static void
add_exporter(struct origins *o, const struct record_exporter *e)
{
	o->exporters[e->sysid] = e->addr;
	if (e->sysid >= o->exporter_count)
		o->exporter_count = e->sysid + 1U;
}

/* The last one told of a sampler counts. */
static void
add_sampler(struct origins *o, const struct record_sampler *s)
{
	uint32_t i = 0;

	while (i < o->sampler_count && (o->samplers[i].sysid != s->sysid ||
	    o->samplers[i].id != s->id))
		i++;
	if (i == SAMPLERS_MAX)
		return;
	o->samplers[i] = *s;
	if (i == o->sampler_count)
		o->sampler_count++;
}

void
origins_record(struct origins *o, uint16_t type, const struct span *record)
{
	struct record_exporter e;
	struct record_sampler s;
	struct reader r;

	if (record->len < RECORD_HEADER_LEN)
		return;
	reader_init(&r, record->data + RECORD_HEADER_LEN,
	    record->len - RECORD_HEADER_LEN);
	if (type == RECORD_EXPORTER && record_get_exporter(&r, &e) == 0)
		add_exporter(o, &e);
	else if (type == RECORD_SAMPLER && record_get_sampler(&r, &s) == 0)
		add_sampler(o, &s);
}

void
origins_block(struct origins *o, const struct store_block *block)
{
	struct record_cursor c = { block->raw, block->len, 0, 0 };
	struct span record;
	struct err err;
	uint16_t type;

	while (record_next(&c, &type, &record, &err) == 1)
		origins_record(o, type, &record);
}

struct addr
origins_exporter(const struct origins *o, const struct flow *f)
{
	const uint64_t named = FLOW_EXT(EXT_EXPORTER_V4) |
	    FLOW_EXT(EXT_EXPORTER_V6);

	return (f->extensions & named) != 0 ? f->exporter_addr :
	    o->exporters[f->exporter_id];
}

/* How well a sampler fits: its own number, or one that stands for any. */
static int
fit(const struct record_sampler *s, const struct flow *f)
{
	if (s->sysid != f->exporter_id)
		return 0;
	if (s->id == RECORD_SAMPLER_OVERWRITE)
		return 4;
	if (s->id >= 0)
		return (uint64_t)s->id == f->sampler_id ? 3 : 0;
	return s->id == RECORD_SAMPLER_GENERIC ? 2 : 1;
}

uint32_t
origins_rate(const struct origins *o, const struct flow *f)
{
	const struct record_sampler *s, *best = NULL;
	uint64_t rate;
	int fits = 0;

	for (uint32_t i = 0; i < o->sampler_count; i++) {
		s = &o->samplers[i];
		if (fit(s, f) <= fits)
			continue;
		fits = fit(s, f);
		best = s;
	}
	if (best == NULL || best->interval == 0)
		return 0;
	rate = ((uint64_t)best->interval + best->space) / best->interval;
	return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}
