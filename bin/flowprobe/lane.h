#ifndef FLOWPROBE_LANE_H
#define FLOWPROBE_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/capture.h"
#include "flowprobe/archive.h"
#include "packet/meter.h"

/*
 * A lane: packets of one capture to flows.  Of a device it runs on a thread
 * of its own, beside others that share the device; of a file its owner reads.
 */

struct lane_counters {
	struct meter_counters packets;
	struct cache_counters flows;
	uint64_t timeless; /* packets without a sensible time */
	uint64_t kernel_drops;
	uint64_t interface_drops;
};

struct lane_options {
	struct capture *capture; /* by reference */
	struct archive *archive; /* likewise; NULL: none */
	struct meter_options meter;
	/*
	 * Earlier packets are left out until one of that time comes: others
	 * have them, too.
	 */
	uint64_t begin_ms;
};

/* A flow has ended; clock_ms is the time of packets. */
typedef void (*lane_fn)(void *ctx, const struct flow *f, uint64_t clock_ms);

struct lane; /* opaque */

struct lane *lane_new(const struct lane_options *o, lane_fn fn, void *ctx,
    struct err *err);

/* NULL is allowed; a lane that runs is stopped before. */
void lane_free(struct lane *l);

/* As capture_read(), to flows. */
int lane_read(struct lane *l, struct err *err);

/* Run on a thread; fn is called there. */
int lane_start(struct lane *l, struct err *err);

/*
 * End the thread once it has read what the device has.  -1 with the error
 * that ended it before, if one did.
 */
int lane_stop(struct lane *l, struct err *err);

/* Has an error ended the thread? */
bool lane_has_failed(struct lane *l);

/*
 * Have something done between two packets, where the meter belongs to the
 * one who does it, and wait until it is.
 */
typedef void (*lane_job)(struct lane *l, struct meter *m, void *ctx);
void lane_ask(struct lane *l, lane_job job, void *ctx);

/* In jobs: packets are read and thrown away, or they are not. */
void lane_pause(struct lane *l, bool is_paused);

/* Add what was counted. */
void lane_count(struct lane *l, struct lane_counters *n);

/* Time of the first packet; 0: none yet.  In lane_fn, or without a thread. */
uint64_t lane_first_ms(const struct lane *l);

#endif
