#ifndef PACKET_DEDUP_H
#define PACKET_DEDUP_H

#include <stdbool.h>
#include <stdint.h>

#include "packet/headers.h"

/*
 * Packets that a mirror gives twice: one is the same as one of the last eight
 * if all of it is but for TTL, checksum of IP and link.
 */

#define DEDUP_PACKETS 8

struct dedup {
	uint64_t seen[DEDUP_PACKETS]; /* hashes */
	uint32_t lens[DEDUP_PACKETS]; /* of IP */
	unsigned next;
	unsigned count;
};

/* Has the packet, which has an IP header, just been there?  { 0 } at first. */
bool dedup_look(struct dedup *d, const struct packet *p, uint64_t seed);

#endif
