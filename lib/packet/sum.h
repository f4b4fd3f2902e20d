#ifndef PACKET_SUM_H
#define PACKET_SUM_H

#include <stdint.h>

/* What some packets add up to; the times are the smallest and the largest. */
struct packet_sum {
	uint64_t packets;
	uint64_t bytes;
	uint64_t first_ms;
	uint64_t last_ms;
};

static inline void
packet_sum_add(struct packet_sum *s, const struct packet_sum *o)
{
	if (o->packets == 0)
		return;
	if (s->packets == 0 || o->first_ms < s->first_ms)
		s->first_ms = o->first_ms;
	if (s->packets == 0 || o->last_ms > s->last_ms)
		s->last_ms = o->last_ms;
	s->packets += o->packets;
	s->bytes += o->bytes;
}

#endif
