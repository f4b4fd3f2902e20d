#ifndef WIRE_DECODE_H
#define WIRE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "flow/flow.h"
#include "wire/counters.h"

/*
 * NetFlow v1, v5, v7, v9, IPFIX and sFlow v2, v4, v5 datagrams to flows
 * (wire-protocols.md), and messages of Tera Flow (teraflow.md).
 * The decoder keeps the state of all exporters: templates compiled to copy
 * programs, samplers, sequence numbers, records waiting for their template.
 * It does no I/O and reads no clock.
 */

#define WIRE_SFLOW 0x80 /* plus n: sFlow version n */
#define WIRE_TERA 0x54 /* Tera Flow */

/*
 * What is known of the sampling rate of a flow.  Only v9 and IPFIX tell it
 * apart from flows; in the others each packet says what there is to know.
 */
enum wire_flow_rate {
	WIRE_RATE_KNOWN, /* it said it itself, or its exporter did */
	WIRE_RATE_NONE, /* not yet, or it is not sampled */
	WIRE_RATE_DEFAULT /* likewise: the default was applied */
};

/* An exporter: sender, protocol version, domain or engine; sFlow agent. */
struct wire_exporter {
	uint16_t sysid; /* in order of appearance; 0: above 65535 */
	uint16_t version; /* 1, 5, 7, 9, 10; WIRE_SFLOW + n; WIRE_TERA */
	struct addr addr;
	struct addr agent; /* sFlow, Tera Flow: what it calls itself */
	uint32_t id; /* source id, domain, sub agent, engine type * 256 + id */
	uint32_t first_rate; /* sFlow: of its first sample, 0 not known */
	struct wire_counters counters; /* since the last reset */
	struct wire_counters earlier; /* of all before that */
	enum wire_flow_rate flow_rate; /* of the flow that is being told */
};

/*
 * The address of an exporter in its flows: that of the sender; of a Tera Flow
 * message the one that it names, for who sends it is but the messenger.
 */
static inline struct addr
wire_exporter_origin(const struct wire_exporter *e)
{
	return e->version == WIRE_TERA && !addr_is_zero(e->agent) ? e->agent :
								    e->addr;
}

/*
 * The last that a counter sample of sFlow says of an interface.  Counters of
 * which all bits are set are those that the agent does not keep.
 */
struct wire_interface {
	uint32_t index;
	uint32_t type; /* ifType of the interfaces MIB */
	uint64_t speed; /* bits a second */
	uint32_t direction; /* 1 full duplex, 2 half, 3 in, 4 out, 0 unknown */
	uint32_t status; /* bit 0: administratively up, bit 1: up */
	uint64_t in_octets, out_octets;
	uint32_t in_unicast, out_unicast; /* packets */
	uint32_t in_multicast, out_multicast;
	uint32_t in_broadcast, out_broadcast;
	uint32_t in_discards, out_discards;
	uint32_t in_errors, out_errors;
	uint32_t unknown_protocols;

	/* Of Ethernet, 0 elsewhere */
	uint32_t alignment_errors, fcs_errors;
	uint32_t late_collisions, excessive_collisions;
	uint32_t carrier_errors, symbol_errors;
	uint32_t too_long;
};

/* Not announced: the rate that the limits say. */
#define WIRE_SAMPLER_DEFAULT (-2)
#define WIRE_SAMPLER_FORCED (-3)

struct wire_sampler {
	int64_t id; /* -1 for the whole exporter */
	uint16_t algorithm;
	uint32_t interval; /* packets taken ... */
	uint32_t space; /* ... and left out */
	/*
	 * When it is told: for flows before, whose rate was not known,
	 * this is the first announcement; and it counts also for those that
	 * name no sampler.
	 */
	bool is_first;
	bool is_general;
};

/* A name that an exporter tells in option or counter records. */
#define WIRE_NAME_MAX 127 /* longer ones are cut */
#define WIRE_APP_ID_MAX 16

enum wire_name_kind { WIRE_NAME_INTERFACE, WIRE_NAME_VRF, WIRE_NAME_APP };

struct wire_name {
	enum wire_name_kind kind;
	uint32_t id; /* interface index or VRF id */
	struct span app_id; /* bytes as sent, WIRE_NAME_APP alone has some */
	struct span name; /* no NUL at the end */
	struct span description; /* WIRE_NAME_APP only, may be empty */
};

enum wire_event {
	WIRE_BAD_PACKET, /* under 4 bytes or no known version */
	WIRE_MALFORMED, /* part of a packet refused */
	WIRE_LIMIT, /* a limit was reached, the text says which */
	WIRE_NOTICE
};

/*
 * What comes out.  Pointers are valid during the call.  "exporter" comes
 * before the exporter's first flow, "sampler" when a rate is announced or
 * changes, and before the first flow that takes one of the limits.  "event"
 * is for the log; e is NULL when no exporter is known.  Events of one
 * exporter and kind come at once the first time, then at most once a minute
 * with the number that was left out.  "name" comes when an exporter tells a
 * name that is new or another, "counters" with each counter sample.  Any
 * member but flow may be NULL.
 */
struct wire_sink {
	void *ctx;
	void (*flow)(void *ctx, const struct wire_exporter *e,
	    const struct flow *f);
	void (*exporter)(void *ctx, const struct wire_exporter *e);
	void (*sampler)(void *ctx, const struct wire_exporter *e,
	    const struct wire_sampler *s);
	void (*event)(void *ctx, const struct wire_exporter *e,
	    struct addr sender, enum wire_event what, const char *text);
	void (*name)(void *ctx, const struct wire_exporter *e,
	    const struct wire_name *name);
	void (*counters)(void *ctx, const struct wire_exporter *e,
	    const struct wire_interface *i);
};

struct wire_limits {
	uint32_t exporters_per_sender; /* default 4096 */
	uint32_t templates_per_exporter; /* default 4096 */
	uint32_t fields_per_template; /* default 1024 */
	uint32_t held_bytes; /* per exporter, default 65536 */
	uint32_t held_sets; /* per exporter, default 64 */
	uint32_t held_ms; /* default 30000 */
	uint32_t default_sampling; /* rate when none is announced; 0 or 1 none */
	/* Rate whatever is announced; 0 none.  sFlow keeps that of samples. */
	uint32_t forced_sampling;
	uint32_t strict_domain; /* 1: no rate from another domain */
	uint32_t sysid_first; /* numbers of exporters, default 1, ... */
	uint32_t sysid_step; /* ... and how far apart, default 1 */
	uint32_t decode_tunnels; /* 1: sFlow, inner packets are the flows */
	uint64_t state_bytes; /* memory for all of it, default 256 MiB */
};

#define WIRE_LIMITS_DEFAULT \
	{ .exporters_per_sender = 4096, .templates_per_exporter = 4096, \
		.fields_per_template = 1024, .held_bytes = 65536, \
		.held_sets = 64, .held_ms = 30000, .default_sampling = 1, \
		.sysid_first = 1, .sysid_step = 1, \
		.state_bytes = UINT64_C(1) << 28 }

struct wire_decoder;

/* Both are copied.  NULL with ERR_NOMEM. */
struct wire_decoder *wire_decoder_new(const struct wire_limits *limits,
    const struct wire_sink *sink, struct err *err);

/*
 * Between two datagrams: take other default_sampling, forced_sampling and
 * decode_tunnels from the limits.
 */
void wire_decoder_adjust(struct wire_decoder *d,
    const struct wire_limits *limits);

/* NULL is allowed. */
void wire_decoder_free(struct wire_decoder *d);

/*
 * Decode one datagram from a sender, received at received_ms.  IPv4 senders
 * are IPv4-mapped in struct addr.  Nothing in it can make this fail.
 */
void wire_decode(struct wire_decoder *d, const uint8_t *data, size_t len,
    struct addr sender, uint64_t received_ms);

/*
 * Decode one message of Tera Flow, whatever it came over; likewise.  What a
 * message is cannot be told from its bytes, so that has to be known.
 */
void wire_decode_tera(struct wire_decoder *d, const uint8_t *data, size_t len,
    struct addr sender, uint64_t received_ms);

/* Datagrams under 4 bytes or of unknown version since the last reset. */
uint64_t wire_bad_packets(const struct wire_decoder *d);

/*
 * Sums over all exporters, also those that are forgotten, and what could not
 * be told to belong to one: since the last reset, and since the start.
 */
void wire_totals(const struct wire_decoder *d, struct wire_counters *c);
void wire_totals_ever(const struct wire_decoder *d, struct wire_counters *c);

/*
 * Of the totals what is no exporter's: cut headers, and what exporters counted
 * that are forgotten.  Its version and number are 0.
 */
const struct wire_exporter *wire_others(const struct wire_decoder *d);

/* Call fn for every exporter, in order of sysid. */
void wire_exporters(const struct wire_decoder *d,
    void (*fn)(void *ctx, const struct wire_exporter *e), void *ctx);

/* What the decoder has of an exporter that it told of. */
struct wire_holding {
	uint64_t seen_ms; /* last datagram, since 1970 */
	uint32_t templates;
	uint32_t samplers;
};

void wire_holding(const struct wire_exporter *e, struct wire_holding *h);

/* Memory for all that is known and held, as it counts for the limit. */
uint64_t wire_state_bytes(const struct wire_decoder *d);

/*
 * Call fn for every sampler known, exporter by exporter, and for the rate of
 * the limits that its flows took.
 */
void wire_samplers(const struct wire_decoder *d,
    void (*fn)(void *ctx, const struct wire_exporter *e,
	const struct wire_sampler *s), void *ctx);

/* Call fn for every name known of the exporter, one that was told of. */
void wire_names(const struct wire_exporter *e,
    void (*fn)(void *ctx, const struct wire_exporter *e,
	const struct wire_name *name), void *ctx);

/* Call fn for every interface that counters are known of. */
void wire_interfaces(const struct wire_decoder *d,
    void (*fn)(void *ctx, const struct wire_exporter *e,
	const struct wire_interface *i), void *ctx);

/*
 * Zero the counters of all exporters and the bad packets; what they counted
 * is added to "earlier".
 */
void wire_reset_counters(struct wire_decoder *d);

/*
 * Nothing more will come: data sets that wait for their template are given up
 * and count as dropped.
 */
void wire_give_up_held(struct wire_decoder *d);

/* v * total / taken, rounded down, at most 2^64 - 1. */
uint64_t wire_scale(uint64_t v, uint64_t total, uint64_t taken);

/* Number of information elements understood: NetFlow v9, IPFIX. */
unsigned wire_elements_v9(void);
unsigned wire_elements_ipfix(void);

#endif
