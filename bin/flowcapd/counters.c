/*
 * Counters and their log lines.
 */

#include <inttypes.h>
#include <stdio.h>

#include "common/log.h"
#include "flowcapd/counters.h"

#define LINE_MAX_LEN 2048

void
counters_add(struct slot_counters *c, const struct wire_counters *w)
{
	wire_counters_add(&c->wire, w);
}

/* Append ", NAME: VALUE". */
static void
append(char *text, size_t *len, const char *name, uint64_t value)
{
	int n = snprintf(text + *len, LINE_MAX_LEN - *len, ", %s: %" PRIu64,
	    name, value);

	if (n > 0 && (size_t)n < LINE_MAX_LEN - *len)
		*len += (size_t)n;
}

void
counters_merge(struct slot_counters *c, const struct slot_counters *more)
{
	c->datagrams += more->datagrams;
	c->bad_packets += more->bad_packets;
	c->socket_drops += more->socket_drops;
	c->queue_drops += more->queue_drops;
	wire_counters_add(&c->wire, &more->wire);
}

void
counters_log(const struct slot_counters *c, uint64_t lost)
{
	char text[LINE_MAX_LEN] = "";
	size_t len = 0;
	uint64_t value;

	for (unsigned i = 0; i < WIRE_COUNTERS; i++) {
		value = wire_counter_get(&c->wire, i);
		if (wire_counter_table[i].shown == WIRE_SHOWN_ALWAYS ||
		    (wire_counter_table[i].shown == WIRE_SHOWN_SOME &&
			value != 0))
			append(text, &len, wire_counter_table[i].text, value);
	}
	log_info("Datagrams: %" PRIu64 ", socket drops: %" PRIu64
		 ", flows dropped: %" PRIu64 ", flows lost: %" PRIu64 "%s",
	    c->datagrams, c->socket_drops, c->queue_drops, lost, text);
}

void
counters_log_exporter(const struct wire_exporter *e)
{
	char text[LINE_MAX_LEN] = "";
	char ip[ADDR_TEXT_MAX];
	size_t len = 0;
	uint64_t value;

	addr_format(e->addr, ip);
	for (unsigned i = 0; i < WIRE_COUNTERS; i++) {
		value = wire_counter_get(&e->counters, i);
		if (value != 0 || i == WIRE_packets || i == WIRE_flows)
			append(text, &len, wire_counter_table[i].text, value);
	}
	log_info("Exporter SysID: %u, IP: %s, version: %u, id: %" PRIu32 "%s",
	    e->sysid, ip, e->version, e->id, text);
}

void
counters_log_interface(const struct wire_exporter *e,
    const struct wire_interface *i)
{
	char ip[ADDR_TEXT_MAX];

	addr_format(e->agent, ip);
	log_info("Interface SysID: %u, agent: %s, index: %" PRIu32
		 ", speed: %" PRIu64 ", status: %" PRIu32
		 ", in octets: %" PRIu64 ", out octets: %" PRIu64
		 ", in discards: %" PRIu32 ", out discards: %" PRIu32
		 ", in errors: %" PRIu32 ", out errors: %" PRIu32,
	    e->sysid, ip, i->index, i->speed, i->status, i->in_octets,
	    i->out_octets, i->in_discards, i->out_discards, i->in_errors,
	    i->out_errors);
}

void
counters_log_new(const struct wire_exporter *e)
{
	char ip[ADDR_TEXT_MAX];

	addr_format(e->addr, ip);
	if (e->version >= WIRE_SFLOW) {
		log_info("SFLOW: New exporter: SysID: %u, agentSubId: "
			 "%" PRIu32 ", MeanSkipCount: %" PRIu32 ", IP: %s",
		    e->sysid, e->id, e->first_rate, ip);
		return;
	}
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
