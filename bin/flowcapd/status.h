#ifndef FLOWCAPD_STATUS_H
#define FLOWCAPD_STATUS_H

#include <stdint.h>

#include "base/err.h"
#include "flowcapd/intake.h"
#include "flowcapd/repeat.h"
#include "record/info.h"
#include "wire/decode.h"

/*
 * What the collector has counted, as of one moment.  All counters are those
 * since the start of the process, and never go back; but what a source has
 * in files does when some of it is lost.  status.def gives the members their
 * names in JSON and in metrics.
 */

/* An interface of an sFlow agent, as its last counter sample says. */
struct status_interface {
	uint32_t exporter; /* number in the list of exporters */
	struct wire_interface last; /* no index twice for an exporter */
};

/* Names of the groups of protocols that flows are counted by. */
extern const char *const status_protocols[STAT_PROTOS];

/* No two have the same address, agent, version and id. */
struct status_exporter {
	struct wire_exporter exporter; /* counters since the start */
	uint32_t source; /* number in the list of sources */
	uint64_t seen_ms; /* last datagram, since 1970 */
	uint32_t templates;
	uint32_t samplers;
	uint64_t flows[STAT_PROTOS];
	uint64_t packets[STAT_PROTOS];
	uint64_t bytes[STAT_PROTOS];
};

struct status_source {
	char ident[128];
	char *path; /* no two have both, ident and path, in common */
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
	uint64_t tera[INTAKE_TERAS]; /* messages of Tera Flow */
	struct inlet_counters connections;
	uint64_t jobs_skipped; /* of the keeper */
	uint64_t jobs_failed;
	uint64_t blocks_written; /* the writer has done with */
	uint64_t queue_bytes; /* that wait for it, those in its hands too */
	uint32_t blocks_free, blocks;
	uint64_t state_bytes, state_limit; /* of all decoders */
	uint32_t receivers;
	struct wire_counters totals; /* of all exporters, the forgotten too */
	struct status_exporter *exporters;
	uint32_t exporter_count;
	struct status_source *sources;
	uint32_t source_count;
	struct status_interface *interfaces;
	uint32_t interface_count;
	struct repeat_counts repeaters[REPEAT_TARGETS_MAX];
	uint32_t repeater_count;
};

/*
 * Add a part of a status, which is released: sums, exporters, interfaces.
 * -1 with ERR_NOMEM.
 */
int status_merge(struct status *to, struct status *part, struct err *err);

/* Release what is in it. */
void status_fini(struct status *s);

/*
 * Who serves it calls this from threads of its own, from several at a time;
 * it waits until the receivers have filled *s in, about a second at most.
 * -1: ERR_NOMEM, or ERR_SYSTEM when they do not answer; *s is then empty.
 */
typedef int (*status_fn)(void *ctx, struct status *s, struct err *err);

#endif
