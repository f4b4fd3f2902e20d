#ifndef FLOWCAPD_COUNTERS_H
#define FLOWCAPD_COUNTERS_H

#include <stdint.h>

#include "wire/decode.h"

/* Counters of a source and slot; sums over all its exporters. */
struct slot_counters {
	uint64_t datagrams;
	uint64_t bad_packets;
	uint64_t socket_drops; /* datagrams dropped by the kernel */
	uint64_t queue_drops; /* flows dropped: no free block */
	struct wire_counters wire;
};

/* Add what one exporter counted. */
void counters_add(struct slot_counters *c, const struct wire_counters *w);

/* Add those of another receiver. */
void counters_merge(struct slot_counters *c, const struct slot_counters *more);

/* Log all but what the line of the slot has; lost: flows in no file. */
void counters_log(const struct slot_counters *c, uint64_t lost);

/*
 * Log what one exporter counted since the last reset: all that is not 0.
 */
void counters_log_exporter(const struct wire_exporter *e);

/* Log what an sFlow agent said last of an interface. */
void counters_log_interface(const struct wire_exporter *e,
    const struct wire_interface *i);

/* Log that an exporter has been met. */
void counters_log_new(const struct wire_exporter *e);

#endif
