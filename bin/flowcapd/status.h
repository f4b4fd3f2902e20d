#ifndef FLOWCAPD_STATUS_H
#define FLOWCAPD_STATUS_H

#include <stdint.h>

#include "base/err.h"
#include "wire/decode.h"

/*
 * What the collector has counted, as of one moment.  All counters are those
 * since the start of the process, and never go back.
 */

/* An interface of an sFlow agent, as its last counter sample says. */
struct status_interface {
	uint32_t exporter; /* number in the list of exporters */
	struct wire_interface last;
};

struct status_exporter {
	struct wire_exporter exporter; /* counters since the start */
	uint32_t source; /* number in the list of sources */
	uint64_t seen_ms; /* last datagram, since 1970 */
	uint32_t templates;
	uint32_t samplers;
	/* flows, packets, bytes by protocol: TCP, UDP, ICMP, others */
	uint64_t flows[4];
	uint64_t packets[4];
	uint64_t bytes[4];
};

struct status_source {
	char ident[128];
	char *path;
	uint64_t files; /* finished */
	uint64_t flows, packets, bytes; /* in files, the open one included */
	uint64_t lost_flows; /* could not be written */
	int64_t slot_s; /* start of the open slot */
};

struct status {
	int64_t started_s;
	uint64_t taken_ms; /* since 1970 */
	uint64_t datagrams;
	uint64_t bytes; /* of datagrams */
	uint64_t bad_packets;
	uint64_t ignored; /* datagrams of senders that have no source */
	uint64_t socket_drops;
	uint64_t queue_drops; /* flows: no free block */
	uint64_t launch_skipped;
	uint32_t blocks_free, blocks;
	uint64_t state_bytes, state_limit; /* of all decoders */
	uint32_t receivers;
	struct status_exporter *exporters;
	uint32_t exporter_count;
	struct status_source *sources;
	uint32_t source_count;
	struct status_interface *interfaces;
	uint32_t interface_count;
};

/* Release what is in it. */
void status_fini(struct status *s);

/*
 * Who serves it calls this from a thread of its own; it waits until the
 * receivers have filled *s in, about a second at most.  -1: ERR_NOMEM, or
 * ERR_SYSTEM when they do not answer.
 */
typedef int (*status_fn)(void *ctx, struct status *s, struct err *err);

#endif
