#ifndef WIRE_ENCODE_H
#define WIRE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"

/*
 * Flows to NetFlow v1, v5 and v7 (wire-protocols.md), for one exporter: one
 * sequence of numbers.  Collectors that get the same datagrams share an
 * encoder, others have one each.
 *
 * v1, v5 and v7 carry IPv4 and counters of 32 bits: a larger flow becomes
 * several records, whose sums are the flow's.  Numbers that have no room
 * saturate, but an AS number above 65535 becomes 23456 (RFC 6793).
 *
 * An encoder does no I/O, reads no clock and allocates nothing after it was
 * made.
 */

#define WIRE_ENCODER_LEN_MIN 548 /* what every IPv4 path lets through */
#define WIRE_ENCODER_LEN_MAX 65535

struct wire_encoder_options {
	uint16_t version; /* 1, 5, 7 */
	uint32_t id; /* v5: engine type * 256 + engine id */
	uint32_t max_len; /* of a datagram without IP and UDP headers */
	/*
	 * Announce that one packet in so many was counted; 0 and 1: all.  The
	 * counters of flows are sent as they are.  v5 has room for 16383; v1
	 * and v7 have none.
	 */
	uint32_t sampling;
	uint64_t boot_ms; /* time of uptime 0 */
	/*
	 * The out counters of flows are those of the other direction, which
	 * gets a record of its own.
	 */
	bool is_biflow;
};

struct wire_encoder_counters {
	uint64_t packets; /* datagrams */
	uint64_t bytes; /* of them */
	uint64_t flows; /* put, but for those refused */
	uint64_t records; /* that they became */
	/* Refused, because the version has no room for them: */
	uint64_t not_ipv4; /* in v1, v5, v7 */
	uint64_t too_large; /* counters that need too many records */
	/* Sent, but: */
	uint64_t partial; /* without an extension that has no room */
	uint64_t far_times; /* more than 24 days from now, in v1, v5, v7 */
};

/* What comes out: a whole datagram; data is valid during the call. */
typedef void (*wire_encoder_fn)(void *ctx, const uint8_t *data, size_t len);

struct wire_encoder;

/*
 * The options are copied.  NULL with ERR_VALUE, which names the option that
 * is out of range, or ERR_NOMEM.
 */
struct wire_encoder *wire_encoder_new(const struct wire_encoder_options *o,
    wire_encoder_fn send, void *ctx, struct err *err);

/* NULL is allowed.  What waits is lost. */
void wire_encoder_free(struct wire_encoder *e);

/*
 * Encode a flow; datagrams that are full go out.  False if it was refused.
 * now_ms is the time since 1970 and goes into headers.
 */
bool wire_encoder_put(struct wire_encoder *e, const struct flow *f,
    uint64_t now_ms);

/* Send what waits; nothing if nothing does. */
void wire_encoder_flush(struct wire_encoder *e, uint64_t now_ms);

/* Records that wait for their datagram to be full. */
uint32_t wire_encoder_waiting(const struct wire_encoder *e);

/* A new session: sequence numbers begin anew. */
void wire_encoder_reset(struct wire_encoder *e);

/* Since the start. */
void wire_encoder_counters(const struct wire_encoder *e,
    struct wire_encoder_counters *c);

#endif
