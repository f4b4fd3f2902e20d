/*
 * Counters and their log lines.
 */

#include <inttypes.h>

#include "common/log.h"
#include "flowcapd/counters.h"

void
counters_add(struct slot_counters *c, const struct wire_counters *w)
{
	c->sequence_failures += w->sequence_failures;
	c->missing_flows += w->missing_flows;
	c->sets_held += w->sets_held;
	c->sets_dropped += w->sets_dropped;
	c->cut_records += w->cut_records;
	c->malformed += w->malformed;
	c->unknown_elements += w->unknown_elements;
	c->samplers += w->samplers;
}

void
counters_log(const struct slot_counters *c, uint64_t lost)
{
	log_info("Datagrams: %" PRIu64 ", socket drops: %" PRIu64
		 ", flows dropped: %" PRIu64 ", flows lost: %" PRIu64
		 ", missing flows: %" PRIu64 ", sets held: %" PRIu64
		 ", sets dropped: %" PRIu64 ", cut records: %" PRIu64
		 ", malformed: %" PRIu64 ", unknown elements: %" PRIu64
		 ", sampling announcements: %" PRIu64,
	    c->datagrams, c->socket_drops, c->queue_drops, lost,
	    c->missing_flows, c->sets_held, c->sets_dropped, c->cut_records,
	    c->malformed, c->unknown_elements, c->samplers);
}

void
counters_log_exporter(const struct wire_exporter *e)
{
	const struct wire_counters *c = &e->counters;
	char ip[ADDR_TEXT_MAX];

	addr_format(e->addr, ip);
	log_info("Exporter SysID: %u, IP: %s, version: %u, id: %" PRIu32
		 ", packets: %" PRIu64 ", flows: %" PRIu64
		 ", sequence errors: %" PRIu64 ", missing flows: %" PRIu64
		 ", sets dropped: %" PRIu64 ", malformed: %" PRIu64,
	    e->sysid, ip, e->version, e->id, c->packets, c->flows,
	    c->sequence_failures, c->missing_flows, c->sets_dropped,
	    c->malformed);
}

void
counters_log_new(const struct wire_exporter *e)
{
	char ip[ADDR_TEXT_MAX];

	addr_format(e->addr, ip);
	switch (e->version) {
	case 9:
		log_info("Process_v9: New v9 exporter: SysID: %u, Domain: "
			 "%" PRIu32 ", IP: %s",
		    e->sysid, e->id, ip);
		break;
	case 10:
		log_info("Process_ipfix: New ipfix exporter: SysID: %u, "
			 "Observation domain %" PRIu32 " from: %s",
		    e->sysid, e->id, ip);
		break;
	default:
		log_info("Process_v%u: New exporter: SysID: %u, engine id "
			 "%" PRIu32 ", type %" PRIu32 ", IP: %s",
		    e->version, e->sysid, e->id & 0xff, e->id >> 8 & 0xff,
		    ip);
	}
}
