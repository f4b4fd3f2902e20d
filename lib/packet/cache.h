#ifndef PACKET_CACHE_H
#define PACKET_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"
#include "packet/headers.h"
#include "packet/sum.h"

/*
 * Flow cache: packets to flows.  All memory is taken when it is made.  When
 * it is full the flow that is nearest to its end leaves early, so memory is
 * bounded and traffic is split, never lost.
 *
 * The clock is the largest time that was met.  A packet that is older does not
 * set it back, and is no reason to divide its flow; whether a flow is idle
 * or old is decided by the clock at its packets.
 */

/* What makes packets one flow; each level with all before it. */
enum cache_track {
	CACHE_TRACK_IP, /* addresses */
	CACHE_TRACK_PROTO,
	CACHE_TRACK_PORT, /* ports; of ICMP type and code */
	CACHE_TRACK_VLAN, /* two tags */
	CACHE_TRACK_ETHER /* MAC addresses */
};

/* Protocols that have an idle timeout each. */
enum cache_class {
	CACHE_TCP,
	CACHE_UDP,
	CACHE_ICMP,
	CACHE_OTHER,
	CACHE_CLASSES
};

/* Why a flow left. */
enum cache_reason {
	CACHE_IDLE,
	CACHE_ACTIVE, /* older than active_ms */
	CACHE_CLOSED, /* FIN or RST */
	CACHE_FULL, /* its counters would be above counter_max */
	CACHE_EVICTED, /* no room */
	CACHE_FLUSHED, /* cache_flush() */
	CACHE_DELETED, /* cache_clear() */
	CACHE_REASONS
};

struct cache_options {
	uint32_t max_flows;
	enum cache_track track;
	bool has_tos_key; /* the TOS divides flows, too */
	/*
	 * Both directions are one flow, whose source sent the first packet,
	 * or did not send the SYN+ACK.  Messages of ICMP answer none.
	 */
	bool is_biflow;
	bool has_details; /* flows have VLAN, MPLS, MAC, TTL, tunnel */
	uint16_t payload_len; /* bytes of the first payload that are kept */
	bool has_icmp_ports; /* type as source, code as destination port */
	uint64_t idle_ms[CACHE_CLASSES]; /* 0: each packet is a flow */
	uint64_t active_ms; /* 0: none */
	/*
	 * Idle timeouts behind a FIN or RST; 0: as any other packet.  RST
	 * closes both directions, FIN one, or a biflow when each has one.  A
	 * SYN ends what is closed, and the other direction with it.
	 */
	uint64_t fin_ms;
	uint64_t rst_ms;
	/*
	 * No flow has more packets or bytes in a direction: it ends, and
	 * another goes on; 0: without limit.
	 */
	uint64_t counter_max;
	uint32_t scan_ms; /* how often flows that have ended are looked for */
	uint32_t input; /* interface numbers of all flows */
	uint32_t output;
	uint64_t seed; /* keeps others from choosing what collides */
};

struct cache_counters {
	uint64_t created;
	uint64_t ended[CACHE_REASONS];
	uint64_t packets; /* of the flows that have ended */
	uint64_t bytes;
	uint32_t live;
	uint32_t most; /* that lived at once */
};

/* A flow has ended; it and its payload live until the call returns. */
typedef void (*cache_fn)(void *ctx, const struct flow *f);

struct cache; /* opaque */

/* ERR_NOMEM, or ERR_VALUE for more flows than CACHE_FLOWS_MAX or none. */
#define CACHE_FLOWS_MAX (UINT32_C(1) << 29)

struct cache *cache_new(const struct cache_options *o, cache_fn fn, void *ctx,
    struct err *err);

/* Without the flows in it.  NULL is allowed. */
void cache_free(struct cache *c);

/*
 * Bytes that a cache takes for each flow with these options, so that a limit
 * of memory can be made one of flows.
 */
uint64_t cache_flow_size(const struct cache_options *o);

/*
 * Add a packet with an IP header, which counts as *sum says.  Flows may come
 * out.  Some packets are held back until others come, or the clock is set.
 */
void cache_add(struct cache *c, const struct packet *p,
    const struct packet_sum *sum);

/* What time it is; what has ended by then comes out. */
void cache_set_clock(struct cache *c, uint64_t now_ms);

uint64_t cache_clock(const struct cache *c);

/* All flows come out. */
void cache_flush(struct cache *c);

/* The same, but nobody gets them; how many there were. */
uint64_t cache_clear(struct cache *c);

/*
 * See each flow as it is now, until fn returns false; due_ms is when it ends
 * if no packets come.
 */
typedef bool (*cache_each_fn)(void *ctx, const struct flow *f,
    uint64_t due_ms);
void cache_each(struct cache *c, cache_each_fn fn, void *ctx);

/* As cache_flush(), and the clock is set, back if need be. */
void cache_restart(struct cache *c, uint64_t now_ms);

void cache_counters(const struct cache *c, struct cache_counters *n);

#endif
