#ifndef WIRE_ENCODE_H
#define WIRE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"

/*
 * Flows to NetFlow v1, v5, v7, v9 and IPFIX (wire-protocols.md), for one
 * exporter: one sequence of numbers, one set of templates.  Collectors that
 * get the same datagrams share an encoder, others have one each.
 *
 * v1, v5 and v7 carry IPv4 and counters of 32 bits: a larger flow becomes
 * several records, whose sums are the flow's.  Numbers that have no room
 * saturate, but an AS number above 65535 becomes 23456 (RFC 6793).
 *
 * v9 and IPFIX carry all that the WIRE rows of fields.def have an element
 * for.  There is a template for each set of extensions; it stands in front
 * of the first record that needs it and is repeated, before the next such
 * record, when it is due.
 *
 * An encoder does no I/O, reads no clock and allocates nothing after it was
 * made.
 */

#define WIRE_ENCODER_LEN_MIN 548 /* what every IPv4 path lets through */
#define WIRE_ENCODER_LEN_MAX 65535

/* As what first and last of flows are sent. */
enum wire_time {
	WIRE_TIME_USUAL, /* v1, v5, v7: uptime; v9, IPFIX: milliseconds */
	/* v9 and IPFIX alone; flows know of milliseconds all the same */
	WIRE_TIME_SEC, /* elements 150 and 151 */
	WIRE_TIME_MILLI, /* 152, 153 */
	WIRE_TIME_MICRO, /* 154, 155 */
	WIRE_TIME_NANO, /* 156, 157 */
	WIRE_TIMES
};

struct wire_encoder_options {
	uint16_t version; /* 1, 5, 7, 9, 10 */
	/* v9 source, IPFIX domain; v5: engine type * 256 + engine id */
	uint32_t id;
	uint32_t max_len; /* of a datagram without IP and UDP headers */
	/* Templates are due after this time, and after so many packets. */
	uint32_t template_s; /* 0: never by time */
	uint32_t template_packets; /* 0: never by number */
	/*
	 * Announce that one packet in so many was counted; 0 and 1: all.  The
	 * counters of flows are sent as they are.  v5 has room for 16383; v1
	 * and v7 have none.
	 */
	uint32_t sampling;
	/* Told in options, elements 130 and 131, of v9 and IPFIX; zero: no */
	struct addr exporter;
	uint64_t boot_ms; /* time of uptime 0 */
	enum wire_time time;
	/*
	 * The out counters of flows are those of the other direction: reverse
	 * elements in IPFIX (RFC 5103), a record of its own in v1, v5, v7.
	 * v9 has but one kind of them.
	 */
	bool is_biflow;
	bool is_stream; /* IPFIX over TCP: templates out of use are withdrawn */
};

#define WIRE_ENCODER_DEFAULT \
	{ .version = 9, .max_len = 1400, .template_s = 60, \
		.template_packets = 16 }

struct wire_encoder_counters {
	uint64_t packets; /* datagrams or messages */
	uint64_t bytes; /* of them */
	uint64_t flows; /* put, but for those refused */
	uint64_t records; /* that they became */
	/* Refused, because the version has no room for them: */
	uint64_t not_ipv4; /* in v1, v5, v7 */
	/* counters that need too many records; v9, IPFIX: past max_len */
	uint64_t too_large;
	/* Sent, but: */
	uint64_t partial; /* without an extension that has no room */
	uint64_t far_times; /* more than 24 days from now, in v1, v5, v7 */
};

/* The versions in turn, 0 behind the last; is it one of them? */
uint16_t wire_encoder_version(unsigned i);
bool wire_encoder_has(uint32_t version);

/* What comes out: a whole datagram; data is valid during the call. */
typedef void (*wire_encoder_fn)(void *ctx, const uint8_t *data, size_t len);

struct wire_encoder;

/* -1 with ERR_VALUE, which names the option that is out of range. */
int wire_encoder_check(const struct wire_encoder_options *o, struct err *err);

/* The options are copied.  NULL as wire_encoder_check(), or ERR_NOMEM. */
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

/* All templates are due now. */
void wire_encoder_refresh(struct wire_encoder *e);

/*
 * A new transport session, after a reconnect: sequence numbers begin anew,
 * and the other side knows no template.  Those of records that wait go out
 * at once.
 */
void wire_encoder_reset(struct wire_encoder *e, uint64_t now_ms);

/* Since the start. */
void wire_encoder_counters(const struct wire_encoder *e,
    struct wire_encoder_counters *c);

#endif
