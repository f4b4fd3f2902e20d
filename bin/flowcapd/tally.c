/*
 * A receiver's part of a status.
 */

#include <stdlib.h>
#include <string.h>

#include "flowcapd/tally.h"

void
tally_fini(struct tally *t)
{
	free(t->sums);
	t->sums = NULL;
	t->room = 0;
}

void
tally_turn_to(struct tally *t, uint32_t sysid)
{
	uint32_t n = (sysid - t->first) / t->step;

	t->last_sysid = sysid;
	t->last = n < t->room ? &t->sums[n] : NULL; /* 0 is above all */
}

void
tally_exporter(struct tally *t, const struct wire_exporter *e)
{
	uint32_t n, room = t->room == 0 ? 16 : t->room;
	struct tally_sums *wider;

	if (e->sysid == 0)
		return;
	n = (e->sysid - t->first) / t->step;
	if (n < t->room)
		return;
	while (room <= n)
		room *= 2;
	if ((wider = realloc(t->sums, room * sizeof(*wider))) == NULL)
		return;
	memset(wider + t->room, 0, (room - t->room) * sizeof(*wider));
	t->sums = wider;
	t->last = NULL; /* it has moved */
	t->last_sysid = 0;
	t->room = room;
}

/* A list that is being filled. */
struct telling {
	const struct tally *tally;
	struct status *part;
	uint32_t (*number_of)(void *ctx, struct addr sender);
	void *ctx;
	uint32_t exporters, interfaces; /* there is room for */
};

static void
count_exporter(void *ctx, const struct wire_exporter *e)
{
	struct telling *t = ctx;

	(void)e;
	t->exporters++;
}

static void
count_interface(void *ctx, const struct wire_exporter *e,
    const struct wire_interface *i)
{
	struct telling *t = ctx;

	(void)e;
	(void)i;
	t->interfaces++;
}

static void
put_exporter(void *ctx, const struct wire_exporter *e)
{
	struct telling *t = ctx;
	const struct tally *y = t->tally;
	uint32_t n = ((uint32_t)e->sysid - y->first) / y->step;
	struct status_exporter *to =
	    &t->part->exporters[t->part->exporter_count++];
	struct wire_holding h;

	to->exporter = *e;
	wire_counters_add(&to->exporter.counters, &e->earlier);
	to->source = t->number_of(t->ctx, e->addr);
	wire_holding(e, &h);
	to->seen_ms = h.seen_ms;
	to->templates = h.templates;
	to->samplers = h.samplers;
	if (n >= y->room)
		return;
	memcpy(to->flows, y->sums[n].flows, sizeof(to->flows));
	memcpy(to->packets, y->sums[n].packets, sizeof(to->packets));
	memcpy(to->bytes, y->sums[n].bytes, sizeof(to->bytes));
}

/* Those of an exporter follow each other, in the order of exporters. */
static void
put_interface(void *ctx, const struct wire_exporter *e,
    const struct wire_interface *i)
{
	struct telling *t = ctx;
	struct status *p = t->part;
	uint32_t at = p->interface_count == 0 ? 0 :
	    p->interfaces[p->interface_count - 1].exporter;

	while (at < p->exporter_count &&
	    p->exporters[at].exporter.sysid != e->sysid)
		at++;
	if (at == p->exporter_count)
		return;
	p->interfaces[p->interface_count++] =
	    (struct status_interface){ at, *i };
}

int
tally_tell(const struct tally *t, const struct wire_decoder *d,
    uint32_t (*number_of)(void *ctx, struct addr sender), void *ctx,
    struct status *part, struct err *err)
{
	struct telling all = { t, part, number_of, ctx, 0, 0 };

	memset(part, 0, sizeof(*part));
	wire_exporters(d, count_exporter, &all);
	wire_interfaces(d, count_interface, &all);
	part->exporters = calloc(all.exporters + 1, sizeof(*part->exporters));
	part->interfaces = calloc(all.interfaces + 1,
	    sizeof(*part->interfaces));
	if (part->exporters == NULL || part->interfaces == NULL) {
		status_fini(part);
		return err_nomem(err);
	}
	wire_exporters(d, put_exporter, &all);
	wire_interfaces(d, put_interface, &all);
	wire_totals_ever(d, &part->totals);
	part->datagrams = t->datagrams;
	part->bytes = t->bytes;
	part->bad_packets = t->bad_packets;
	part->ignored = t->ignored;
	part->queue_drops = t->queue_drops;
	memcpy(part->tera, t->tera, sizeof(part->tera));
	part->state_bytes = wire_state_bytes(d);
	part->receivers = 1;
	return 0;
}
