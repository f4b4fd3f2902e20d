/*
 * What there is to tell about a collector, as tables.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flowcapd/status_int.h"

const char *const status_protocols[STATUS_PROTOCOLS] = { "tcp", "udp", "icmp",
	"other" };

unsigned
status_protocol(uint8_t protocol)
{
	switch (protocol) {
	case 6:
		return 0;
	case 17:
		return 1;
	case 1: /* ICMP */
	case 58: /* ICMPv6 */
		return 2;
	default:
		return 3;
	}
}

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
	ROW(status_interface, member, type, kind, #member + sizeof("last"), \
	    metric, unit, label, help)
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

uint64_t
status_value(const struct status_row *row, const void *object)
{
	const char *p = (const char *)object + row->at;
	uint64_t v = row->type == STATUS_U32 ? load_u32(p) : load_u64(p);

	return row->type == STATUS_SEC ? v * 1000 : v;
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
