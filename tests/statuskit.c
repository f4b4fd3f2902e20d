#include "statuskit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flowcapd/status_int.h"

/* Numbers from *next on. */
static void
fill(const struct status_row *r, void *object, uint64_t *next)
{
	for (; r->metric != NULL; r++) {
		char *p = (char *)object + r->at;
		uint32_t small = (uint32_t)*next;

		if (r->type == STATUS_U32)
			memcpy(p, &small, sizeof(small));
		else
			memcpy(p, next, sizeof(*next));
		++*next;
	}
}

static void
make_exporters(struct status *s, uint32_t count)
{
	uint64_t next = 1000;

	s->exporters = calloc(count + 1, sizeof(*s->exporters));
	s->exporter_count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct status_exporter *e = &s->exporters[i];

		next = 1000 + 100 * i;
		fill(status_exporter_rows, e, &next);
		fill(status_counter_rows, &e->exporter.counters, &next);
		e->exporter.sysid = (uint16_t)(i + 1);
		e->exporter.version = 9;
		e->exporter.addr = addr_v4(0xc0000200 + i);
		e->exporter.id = 256 + i;
		e->source = i % 2;
		e->seen_ms = UINT64_C(1700000060250);
		for (unsigned p = 0; p < STAT_PROTOS; p++) {
			e->flows[p] = next++;
			e->packets[p] = next++;
			e->bytes[p] = next++;
		}
	}
}

static void
make_sources(struct status *s)
{
	uint64_t next = 500;

	s->sources = calloc(2, sizeof(*s->sources));
	s->source_count = 2;
	for (uint32_t i = 0; i < 2; i++)
		fill(status_source_rows, &s->sources[i], &next);
	snprintf(s->sources[0].ident, sizeof(s->sources[0].ident), "none");
	snprintf(s->sources[1].ident, sizeof(s->sources[1].ident),
	    "a\"b\\c\nd\xff\xc3\xa9");
	s->sources[0].path = strdup("/flows/one");
	s->sources[1].path = strdup("/flows/two");
}

void
statuskit_make(struct status *s, uint32_t exporters)
{
	uint64_t next = 100;

	memset(s, 0, sizeof(*s));
	fill(status_rows, s, &next);
	fill(status_counter_rows, &s->totals, &next);
	s->started_s = STATUSKIT_STARTED_S;
	s->taken_ms = UINT64_C(1700000061500);
	make_exporters(s, exporters);
	make_sources(s);
	next = 600;
	s->repeater_count = 1;
	fill(status_repeater_rows, &s->repeaters[0], &next);
	s->repeaters[0].target = "192.0.2.9/2055";
	next = 700;
	s->interfaces = calloc(1, sizeof(*s->interfaces));
	s->interface_count = exporters > 0;
	if (exporters > 0)
		fill(status_interface_rows, &s->interfaces[0], &next);
	s->interfaces[0].last.index = 3;
}

int
statuskit_ask(void *ctx, struct status *s, struct err *err)
{
	const uint32_t *exporters = ctx;

	(void)err;
	statuskit_make(s, *exporters);
	return 0;
}

int
statuskit_refuse(void *ctx, struct status *s, struct err *err)
{
	(void)ctx;
	memset(s, 0, sizeof(*s));
	return err_set(err, ERR_SYSTEM, "the receivers do not answer");
}
