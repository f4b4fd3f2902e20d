#ifndef BENCH_EXPORT_H
#define BENCH_EXPORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bench/gen.h"

/*
 * Flows as export datagrams of NetFlow v5, v9 or IPFIX (wire-protocols.md
 * sections 2 to 4), or as sFlow: each flow is a packet that was sampled, with
 * the size of its average one.
 */

#define EXPORT_LEN_MAX 1400

enum export_protocol { EXPORT_V5, EXPORT_V9, EXPORT_IPFIX, EXPORT_SFLOW };

struct datagram {
	size_t len;
	uint32_t flows;
	uint64_t packets;
	uint64_t bytes;
	uint8_t data[EXPORT_LEN_MAX];
};

struct exporter {
	enum export_protocol protocol;
	uint64_t boot_ms; /* uptime 0 */
	struct gen *gen;
	struct flow flow; /* the next one, unless has_flow is false */
	bool has_flow;
};

/* ERR_VALUE unless "v5", "v9", "ipfix" or "sflow". */
int export_protocol_parse(const char *name, enum export_protocol *protocol,
    struct err *err);

/* Fill *d with as many flows as fit, 1 to max. */
void export_flows(struct exporter *x, uint32_t max, struct datagram *d);

/* Fill *d with the templates; length 0 for v5 and sFlow, which have none. */
void export_templates(const struct exporter *x, struct datagram *d);

/*
 * Set sequence number and time in the header of *d: flows and datagrams are
 * what was sent before it.
 */
void export_stamp(const struct exporter *x, struct datagram *d, uint64_t flows,
    uint64_t datagrams, uint64_t now_ms);

#endif
