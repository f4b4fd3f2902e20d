#ifndef PACKET_METER_H
#define PACKET_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet/cache.h"

/*
 * From captured packets to flows: sampling, headers, tunnels, fragments, and
 * the cache behind them.
 */

struct meter_options {
	enum packet_link link;
	uint32_t link_len; /* IP follows behind so many bytes; 0: see link */
	uint32_t sampling; /* one packet in so many; 0 and 1: all */
	bool is_outer; /* packets in tunnels are not looked for */
	bool has_dedup; /* leave out what is there twice */
	bool has_frame_bytes; /* count those of frames, not of IP */
	uint32_t fragments_ms; /* how long to wait for the first fragment */
	struct cache_options cache;
};

struct meter_counters {
	uint64_t packets;
	uint64_t bytes; /* of their frames */
	uint64_t passed_over; /* by sampling */
	uint64_t duplicates; /* left out */
	uint64_t no_ip; /* other protocols */
	uint64_t too_short; /* the IP header is cut */
	uint64_t fragments;
	uint64_t orphans; /* fragments whose first one did not come */
	uint64_t tunnels; /* packets taken out of others */
};

struct meter; /* opaque */

/* As cache_new(). */
struct meter *meter_new(const struct meter_options *o, cache_fn fn, void *ctx,
    struct err *err);

/* NULL is allowed. */
void meter_free(struct meter *m);

/*
 * A packet of len bytes, of which the first caplen were captured.  Flows may
 * come out of the cache.  False if sampling passes it over.
 */
bool meter_packet(struct meter *m, uint64_t time_ms, const void *data,
    size_t caplen, size_t len);

/* What time it is when no packets come. */
void meter_set_clock(struct meter *m, uint64_t now_ms);

/* The largest time so far; in calls of the cache_fn, as of their flow. */
uint64_t meter_clock(const struct meter *m);

/* All flows come out. */
void meter_flush(struct meter *m);

/*
 * The same, and the clock is set, back if need be: whoever gave the packets
 * their times has done so with his.
 */
void meter_restart(struct meter *m, uint64_t now_ms);

/* As cache_clear() and cache_each(). */
uint64_t meter_clear(struct meter *m);
void meter_each(struct meter *m, cache_each_fn fn, void *ctx);

void meter_counters(const struct meter *m, struct meter_counters *n,
    struct cache_counters *flows);

#endif
