#ifndef BENCH_FRAMES_H
#define BENCH_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Made-up Ethernet frames of TCP and UDP over IPv4 and, one flow in eight,
 * IPv6.  Each frame is of any of the flows, so with many of them the next
 * one is nearly always of another.  The same options give the same frames.
 */

#define FRAMES_LEN_MAX 1518
#define FRAMES_VLANS_MAX 16

struct frames_options {
	uint64_t seed;
	uint32_t flows; /* not 0 */
	bool has_answers; /* half of the frames go the other way */
	/* Flows have these tags in turn, 0 is none. */
	unsigned vlan_count;
	uint16_t vlans[FRAMES_VLANS_MAX];
};

/* The frame of that number, its length; what is behind headers is zero. */
size_t frames_make(const struct frames_options *o, uint64_t number,
    uint8_t frame[FRAMES_LEN_MAX]);

#endif
