#ifndef WIRE_TERA_H
#define WIRE_TERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "flow/flow.h"

/*
 * Tera Flow, the flow format of FastNetMon: a message of Cap'n Proto for each
 * flow or packet (teraflow.md).  Messages are written in one segment; any
 * legal one is read.
 */

#define TERA_MESSAGE_MAX 65536 /* bytes; larger ones are refused */
#define TERA_ENCODED_MAX 192 /* bytes of one that is written */

/* Where a message says that it comes from. */
enum tera_source {
	TERA_UNKNOWN,
	TERA_MIRROR, /* a packet of a mirror port */
	TERA_SFLOW,
	TERA_NETFLOW, /* or IPFIX */
	TERA_TERA
};

enum tera_direction {
	TERA_INCOMING,
	TERA_OUTGOING,
	TERA_INTERNAL,
	TERA_OTHER
};

/* What a message says, in host order. */
struct tera {
	uint8_t source; /* enum tera_source */
	uint8_t ip_version; /* 4 or 6 */
	uint8_t ttl;
	uint8_t tcp_flags;
	uint8_t direction; /* enum tera_direction */
	bool is_fragmented;
	bool dont_fragment;
	uint16_t src_port;
	uint16_t dst_port;
	uint32_t sample_ratio; /* 1 in so many */
	uint32_t src_as;
	uint32_t dst_as;
	uint32_t input;
	uint32_t output;
	uint32_t proto; /* at most 255 */
	uint32_t payload_full_len; /* on the wire; 0 for flows */
	int32_t payload_len; /* captured; 0 for flows */
	uint32_t agent; /* IPv4 address of the exporter, 0 unknown */
	uint64_t bytes; /* not multiplied by the ratio */
	uint64_t packets;
	uint64_t ip_bytes; /* from the IP header on, 0 unknown */
	int64_t sec; /* since 1970 */
	int64_t usec;
	struct addr src_addr; /* of the IP version */
	struct addr dst_addr;
	uint64_t src_mac; /* 0 unknown */
	uint64_t dst_mac;
};

/* Write a message; its length. */
size_t tera_encode(const struct tera *t, uint8_t out[TERA_ENCODED_MAX]);

/*
 * Read the message that fills the bytes.  What it lacks is 0.
 * ERR_MALFORMED; *t then has the agent, if it could be read.
 */
int tera_decode(const uint8_t *data, size_t len, struct tera *t,
    struct err *err);

/* Rates of flows that are sent; 0 counts as 1. */
struct tera_rates {
	uint32_t exporter; /* of counters that are not corrected for it */
	uint32_t selection; /* one flow in so many is sent */
};

/*
 * A flow as messages: one, and a second one for its output counters if it
 * has such.  Their number.
 */
unsigned tera_from_flow(const struct flow *f, const struct tera_rates *rates,
    struct tera t[2]);

/*
 * A message as flow, with the counters as they are in it.  Who sent it, when
 * it was received and the exporter are left to the caller.
 */
void tera_to_flow(const struct tera *t, struct flow *f);

#endif
