#ifndef BENCH_EXPORT_INT_H
#define BENCH_EXPORT_INT_H

#include "bench/export.h"

/* What the encoders share. */

/* The flow that is to be encoded next; the same until it is counted. */
const struct flow *export_next(struct exporter *x);

/* It is in *d now. */
void export_count(struct exporter *x, struct datagram *d, uint64_t packets,
    uint64_t bytes);

/* export_flows() for sFlow. */
void export_sflow(struct exporter *x, uint32_t max, struct datagram *d);

/* Number the datagram and its samples. */
void export_sflow_stamp(struct datagram *d, uint64_t flows, uint64_t datagrams,
    uint32_t uptime_ms);

#endif
