#ifndef FLOWCAPD_COUNTERS_H
#define FLOWCAPD_COUNTERS_H

#include <stdint.h>

#include "store/ledger.h"
#include "wire/decode.h"

/* Counters of a source and slot; sums over all its exporters. */
struct slot_counters {
	uint64_t datagrams;
	uint64_t bad_packets;
	uint64_t socket_drops; /* datagrams dropped by the kernel */
	uint64_t queue_drops; /* flows dropped: no free block */
	struct wire_counters wire;
	struct store_ledger *ledger; /* by exporter; NULL: nothing yet */
};

/* Add what one exporter counted. */
void counters_add(struct slot_counters *c, const struct wire_counters *w);

/* Have what one exporter counted in the ledger, as far as memory goes. */
void counters_add_exporter(struct slot_counters *c,
    const struct wire_exporter *e);

/* Take over the ledger of *more, or add it to the one that is there. */
void counters_take_ledger(struct slot_counters *c, struct slot_counters *more);

/*
 * The ledger for the file of the slot, which belongs to the caller: a copy
 * with a row of the collector; lost: flows in no file.  NULL when there is no
 * memory.
 */
struct store_ledger *counters_copy_ledger(const struct slot_counters *c,
    uint64_t lost);

/* Add those of another receiver; not its ledger. */
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

/*
 * Log what exporters lost in the slot, a line for each that did and for no
 * more than some; is_all: also for those that lost nothing.
 */
void counters_log_ledger(const struct slot_counters *c, bool is_all);

/* Log that an exporter has been met. */
void counters_log_new(const struct wire_exporter *e);

#endif
