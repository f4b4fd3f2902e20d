/*
 * What there is to tell about a collector, as tables.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flowcapd/status_int.h"

const char *const status_protocols[STAT_PROTOS] = { [STAT_TCP] = "tcp",
	[STAT_UDP] = "udp", [STAT_ICMP] = "icmp", [STAT_OTHER] = "other" };

#define ROW(object, member, type, kind, name, metric, unit, label, help) \
	{ name, metric, unit, label, help, STATUS_##type, STATUS_##kind, \
	    offsetof(struct object, member) },
#define END { .metric = NULL }

const struct status_row status_rows[] = {
#define STATUS(member, type, kind, name, metric, unit, help) \
	ROW(status, member, type, kind, name, metric, unit, "", help)
#include "flowcapd/status.def"
	END
};

const struct status_row status_source_rows[] = {
#define SOURCE(member, type, kind, name, metric, unit, help) \
	ROW(status_source, member, type, kind, name, metric, unit, "", help)
#include "flowcapd/status.def"
	END
};

const struct status_row status_exporter_rows[] = {
#define EXPORTER(member, type, kind, name, metric, unit, help) \
	ROW(status_exporter, member, type, kind, name, metric, unit, "", help)
#include "flowcapd/status.def"
	END
};

/* Their names in JSON are those of the members. */
const struct status_row status_interface_rows[] = {
#define INTERFACE(member, type, kind, metric, unit, label, help) \
	ROW(status_interface, member, type, kind, &#member[sizeof("last")], \
	    metric, unit, label, help)
#include "flowcapd/status.def"
	END
};

const struct status_row status_repeater_rows[] = {
#define REPEATER(member, type, kind, name, metric, unit, help) \
	ROW(repeat_counts, member, type, kind, name, metric, unit, "", help)
#include "flowcapd/status.def"
	END
};

const struct status_row status_counter_rows[] = {
#define COUNTER(member, metric, reason, text, shown, is_loss) \
	ROW(wire_counters, member, U64, COUNTER, #member, metric, "", reason, \
	    text)
#include "wire/counters.def"
	END
};

bool
status_has_value(const struct status_row *row, const void *object)
{
	return status_value(row, object) !=
	    (row->type == STATUS_U32 ? UINT32_MAX : UINT64_MAX);
}

uint64_t
status_value(const struct status_row *row, const void *object)
{
	const char *p = (const char *)object + row->at;
	uint64_t v = row->type == STATUS_U32 ? load_u32(p) : load_u64(p);

	return row->type == STATUS_SEC ? v * 1000 : v;
}

/* Make room in *list for more members behind count of them. */
static int
widen(void **list, uint32_t count, uint32_t more, size_t size,
    struct err *err)
{
	void *wider = realloc(*list, ((size_t)count + more + 1) * size);

	if (wider == NULL)
		return err_nomem(err);
	*list = wider;
	return 0;
}

static int
join_lists(struct status *to, const struct status *part, struct err *err)
{
	void *exporters = to->exporters, *interfaces = to->interfaces;
	int rc;

	rc = widen(&exporters, to->exporter_count, part->exporter_count,
	    sizeof(*to->exporters), err);
	to->exporters = exporters;
	if (rc == -1)
		return -1;
	rc = widen(&interfaces, to->interface_count, part->interface_count,
	    sizeof(*to->interfaces), err);
	to->interfaces = interfaces;
	if (rc == -1)
		return -1;
	for (uint32_t i = 0; i < part->interface_count; i++) {
		to->interfaces[to->interface_count] = part->interfaces[i];
		to->interfaces[to->interface_count++].exporter +=
		    to->exporter_count;
	}
	for (uint32_t i = 0; i < part->exporter_count; i++)
		to->exporters[to->exporter_count++] = part->exporters[i];
	return 0;
}

int
status_merge(struct status *to, struct status *part, struct err *err)
{
	int rc;

	to->datagrams += part->datagrams;
	to->bytes += part->bytes;
	to->bad_packets += part->bad_packets;
	to->ignored += part->ignored;
	to->socket_drops += part->socket_drops;
	to->queue_drops += part->queue_drops;
	for (unsigned i = 0; i < INTAKE_TERAS; i++)
		to->tera[i] += part->tera[i];
	inlet_counters_add(&to->connections, &part->connections);
	to->state_bytes += part->state_bytes;
	to->state_limit += part->state_limit;
	to->receivers += part->receivers;
	wire_counters_add(&to->totals, &part->totals);
	rc = join_lists(to, part, err);
	status_fini(part);
	return rc;
}

void
status_fini(struct status *s)
{
	for (uint32_t i = 0; i < s->source_count; i++)
		free(s->sources[i].path);
	free(s->sources);
	free(s->exporters);
	free(s->interfaces);
	memset(s, 0, sizeof(*s));
}
