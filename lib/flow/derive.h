#ifndef FLOW_DERIVE_H
#define FLOW_DERIVE_H

#include <stdbool.h>
#include <stdint.h>

/* What follows from the fields of a flow, the same for filter and output. */

/* IP protocols that have a meaning of their own here. */
enum flow_proto {
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMP6 = 58
};

/* ICMP of either family: no ports, but type and code in dst_port. */
static inline bool
flow_is_icmp(uint8_t proto)
{
	return proto == PROTO_ICMP || proto == PROTO_ICMP6;
}

/* Milliseconds from first to last; 0 when last lies before first. */
static inline uint64_t
flow_duration_ms(uint64_t first_ms, uint64_t last_ms)
{
	return last_ms > first_ms ? last_ms - first_ms : 0;
}

/* flow_rate() where the product would not fit. */
uint64_t flow_rate_large(uint64_t v, uint64_t factor, uint64_t ms);

/* v * factor / ms, truncated; 0 without a duration, at most UINT64_MAX. */
static inline uint64_t
flow_rate(uint64_t v, uint64_t factor, uint64_t ms)
{
	if (ms == 0)
		return 0;
	if (v <= UINT64_MAX / factor)
		return v * factor / ms;
	return flow_rate_large(v, factor, ms);
}

#endif
