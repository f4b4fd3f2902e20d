/*
 * Counters and their log lines.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "flowcapd/counters.h"
#include "record/info.h"

#define LINE_MAX_LEN 2048
#define EXPORTER_LINES_MAX 100 /* a slot */

_Static_assert(WIRE_SFLOW == RECORD_SFLOW_N && WIRE_TERA == RECORD_TERA,
    "both have one name");

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

static struct store_ledger *
ledger_of(struct slot_counters *c)
{
	if (c->ledger == NULL)
		c->ledger = store_ledger_new();
	return c->ledger;
}

void
counters_add_exporter(struct slot_counters *c, const struct wire_exporter *e)
{
	/* as its record in the file has it */
	const struct store_ledger_who who = { e->version >= WIRE_SFLOW ?
		RECORD_SFLOW : e->version, e->id, wire_exporter_origin(e) };
	struct store_ledger *l = ledger_of(c);

	for (unsigned i = 0; l != NULL && i < WIRE_COUNTERS; i++)
		if (store_ledger_add(l, &who, wire_counter_table[i].name,
			wire_counter_get(&e->counters, i)) == -1)
			return;
}

void
counters_take_ledger(struct slot_counters *c, struct slot_counters *more)
{
	if (c->ledger == NULL) {
		c->ledger = more->ledger;
	} else if (more->ledger != NULL) {
		store_ledger_merge(c->ledger, more->ledger);
		store_ledger_free(more->ledger);
	}
	more->ledger = NULL;
}

struct store_ledger *
counters_copy_ledger(const struct slot_counters *c, uint64_t lost)
{
	static const struct store_ledger_who collector;
	const struct {
		const char *name;
		uint64_t value;
	} own[] = {
		{ "datagrams", c->datagrams },
		{ "bad_packets", c->bad_packets },
		{ "socket_drops", c->socket_drops },
		{ "flows_dropped", c->queue_drops },
		{ "flows_lost", lost },
	};
	struct store_ledger *l = store_ledger_new();

	for (size_t i = 0; l != NULL && i < sizeof(own) / sizeof(own[0]); i++)
		if (store_ledger_add(l, &collector, own[i].name,
			own[i].value) == -1)
			break;
	if (l != NULL && c->ledger != NULL)
		store_ledger_merge(l, c->ledger);
	return l;
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
	char ip[ADDR_TEXT_MAX], version[RECORD_VERSION_TEXT];
	size_t len = 0;
	uint64_t value;

	addr_format(wire_exporter_origin(e), ip);
	record_version_format(e->version, version);
	for (unsigned i = 0; i < WIRE_COUNTERS; i++) {
		value = wire_counter_get(&e->counters, i);
		if (value != 0 || i == WIRE_packets || i == WIRE_flows)
			append(text, &len, wire_counter_table[i].text, value);
	}
	log_info("Exporter SysID: %u, IP: %s, version: %s, id: %" PRIu32 "%s",
	    e->sysid, ip, version, e->id, text);
}

/* What a column is, or NULL: none of an exporter. */
static const struct wire_counter *
counter_named(const char *name)
{
	for (unsigned i = 0; i < WIRE_COUNTERS; i++)
		if (strcmp(wire_counter_table[i].name, name) == 0)
			return &wire_counter_table[i];
	return NULL;
}

static bool
has_loss(const struct store_ledger *l, size_t row)
{
	const struct wire_counter *w;

	for (size_t c = 0; c < store_ledger_columns(l); c++)
		if (store_ledger_value(l, row, c) != 0 &&
		    (w = counter_named(store_ledger_name(l, c))) != NULL &&
		    w->is_loss)
			return true;
	return false;
}

static void
log_row(const struct store_ledger *l, size_t row)
{
	const struct store_ledger_who *who = store_ledger_who(l, row);
	const struct wire_counter *w;
	char text[LINE_MAX_LEN] = "";
	char ip[ADDR_TEXT_MAX], version[RECORD_VERSION_TEXT];
	size_t len = 0;

	addr_format(who->addr, ip);
	record_version_format(who->version, version);
	for (size_t c = 0; c < store_ledger_columns(l); c++)
		if (store_ledger_value(l, row, c) != 0 &&
		    (w = counter_named(store_ledger_name(l, c))) != NULL)
			append(text, &len, w->text,
			    store_ledger_value(l, row, c));
	log_info("Exporter IP: %s, version: %s, id: %" PRIu32 "%s", ip,
	    version, who->id, text);
}

void
counters_log_ledger(const struct slot_counters *c, bool is_all)
{
	const struct store_ledger *l = c->ledger;
	size_t lines = 0;

	for (size_t i = 0; l != NULL && i < store_ledger_rows(l); i++) {
		if (store_ledger_who(l, i)->version == 0 ||
		    (!is_all && !has_loss(l, i)))
			continue;
		if (lines++ < EXPORTER_LINES_MAX)
			log_row(l, i);
	}
	if (lines > EXPORTER_LINES_MAX)
		log_info("%zu exporters more: see the ledger of the file",
		    lines - EXPORTER_LINES_MAX);
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

/* The exporter, and who sent the message when that is another one. */
static void
log_tera(const struct wire_exporter *e)
{
	char ip[ADDR_TEXT_MAX], sender[ADDR_TEXT_MAX];

	addr_format(wire_exporter_origin(e), ip);
	addr_format(e->addr, sender);
	log_info("Tera Flow: New exporter: SysID: %u, IP: %s, from: %s",
	    e->sysid, ip, sender);
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
	case WIRE_TERA:
		log_tera(e);
		break;
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
