/*
 * Messages to a metric socket.  Numbers are in host order, without gaps.
 */

#include <stdlib.h>
#include <string.h>

#include "flowcapd/metric.h"

#define FORMAT 1
#define IDENT_LEN 128

/* What an exporter has sent up to some moment, or between two. */
struct sums {
	struct addr addr, agent;
	uint32_t version, id;
	uint64_t counters[3 * STAT_PROTOS]; /* flows, bytes, packets */
};

struct record {
	char ident[IDENT_LEN];
	uint64_t id;
	uint64_t counters[3 * STAT_PROTOS];
};

struct metric {
	uint32_t interval_s;
	struct sums *before; /* sorted */
	size_t before_count;
	struct record *records; /* taken */
	size_t count, told;
	uint64_t taken_ms, uptime_s;
};

static int
compare(const void *a, const void *b)
{
	const struct sums *x = a, *y = b;

	if (!addr_equal(x->addr, y->addr))
		return addr_compare(x->addr, y->addr);
	if (!addr_equal(x->agent, y->agent))
		return addr_compare(x->agent, y->agent);
	if (x->version != y->version)
		return x->version < y->version ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

struct metric *
metric_new(uint32_t interval_s, struct err *err)
{
	struct metric *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		err_nomem(err);
		return NULL;
	}
	m->interval_s = interval_s;
	return m;
}

void
metric_free(struct metric *m)
{
	if (m == NULL)
		return;
	free(m->before);
	free(m->records);
	free(m);
}

static void
sum(struct sums *to, const struct status_exporter *e)
{
	size_t size = sizeof(e->flows);

	*to = (struct sums){ .addr = e->exporter.addr,
		.agent = e->exporter.agent,
		.version = e->exporter.version, .id = e->exporter.id };
	memcpy(to->counters, e->flows, size);
	memcpy(to->counters + STAT_PROTOS, e->bytes, size);
	memcpy(to->counters + 2 * STAT_PROTOS, e->packets, size);
}

/* Type and number of the engine, what versions 5 and 7 have. */
static uint64_t
exporter_id(const struct wire_exporter *e)
{
	return (uint64_t)e->sysid << 16 | (e->id & 0xffff);
}

/* What the exporter has sent since then; one that was forgotten begins anew. */
static void
subtract(struct record *r, const struct metric *m, const struct sums *now)
{
	const struct sums *then = m->before_count == 0 ? NULL :
	    bsearch(now, m->before, m->before_count, sizeof(*now), compare);

	for (size_t i = 0; then != NULL && i < 3 * STAT_PROTOS; i++)
		if (now->counters[i] < then->counters[i])
			then = NULL;
	for (size_t i = 0; i < 3 * STAT_PROTOS; i++)
		r->counters[i] = now->counters[i] -
		    (then == NULL ? 0 : then->counters[i]);
}

int
metric_take(struct metric *m, const struct status *s, struct err *err)
{
	struct sums *now = calloc(s->exporter_count + 1, sizeof(*now));
	struct record *list = calloc(s->exporter_count + 1, sizeof(*list));

	if (now == NULL || list == NULL) {
		free(now);
		free(list);
		return err_nomem(err);
	}
	for (uint32_t i = 0; i < s->exporter_count; i++) {
		const struct status_exporter *e = &s->exporters[i];
		struct record *r = &list[i];

		sum(&now[i], e);
		subtract(r, m, &now[i]);
		r->id = exporter_id(&e->exporter);
		if (e->source < s->source_count)
			memcpy(r->ident, s->sources[e->source].ident,
			    IDENT_LEN);
	}
	qsort(now, s->exporter_count, sizeof(*now), compare);
	free(m->before);
	free(m->records);
	m->before = now;
	m->before_count = s->exporter_count;
	m->records = list;
	m->count = s->exporter_count;
	m->told = 0;
	m->taken_ms = s->taken_ms;
	m->uptime_s = s->taken_ms / 1000;
	m->uptime_s -= m->uptime_s < (uint64_t)s->started_s ? m->uptime_s :
	    (uint64_t)s->started_s; /* the clock may have been set back */
	return 0;
}

static void
put_u16(struct buffer *out, uint64_t v)
{
	uint16_t n = (uint16_t)(v < UINT16_MAX ? v : UINT16_MAX);

	buffer_add(out, &n, sizeof(n));
}

int
metric_next(struct metric *m, struct buffer *out, struct err *err)
{
	size_t n = m->count - m->told;

	if (n == 0)
		return 0;
	if (n > METRIC_RECORDS_MAX)
		n = METRIC_RECORDS_MAX;
	buffer_char(out, '@');
	buffer_char(out, FORMAT);
	put_u16(out, n * METRIC_RECORD_LEN); /* without the header */
	put_u16(out, n);
	put_u16(out, m->interval_s);
	buffer_add(out, &m->taken_ms, sizeof(m->taken_ms));
	buffer_add(out, &m->uptime_s, sizeof(m->uptime_s));
	buffer_add(out, m->records + m->told, n * METRIC_RECORD_LEN);
	m->told += n;
	return out->failed ? err_nomem(err) : 1;
}

_Static_assert(sizeof(struct record) == METRIC_RECORD_LEN, "no gaps");
_Static_assert(sizeof(((struct status_source *)NULL)->ident) == IDENT_LEN,
    "an ident as in the status");
