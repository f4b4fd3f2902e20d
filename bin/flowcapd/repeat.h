#ifndef FLOWCAPD_REPEAT_H
#define FLOWCAPD_REPEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/udp.h"

/*
 * Packet repeaters (collector.md 7): what has been received is sent on, byte
 * for byte, to each of a few targets.  Sending never waits: what the system
 * does not take at once is dropped and counted.  All receivers may send at
 * the same time.
 *
 * When the sender's address and port are kept, datagrams come from a raw
 * socket, in fragments where they are too long for the way.  A sender of the
 * other family than the target cannot be kept; its datagrams come from us.
 */

#define REPEAT_TARGETS_MAX 8

struct repeater;

struct repeat_options {
	const char *const *targets; /* host or host/port */
	unsigned count;
	const char *port; /* of a target without one */
	bool keeps_sender; /* needs privileges when it is opened */
};

/*
 * Look up the names and open the sockets.  NULL: ERR_USAGE for too many
 * targets, ERR_VALUE for one that is not known or without the privileges,
 * ERR_SYSTEM, ERR_NOMEM.
 */
struct repeater *repeat_open(const struct repeat_options *o, struct err *err);

/* Trouble is logged once a minute for each target. */
void repeat_send(struct repeater *r, const struct udp_datagram *list,
    unsigned count);

unsigned repeat_targets(const struct repeater *r);

struct repeat_counts {
	const char *target; /* as in the options; the repeater's */
	uint64_t sent;
	uint64_t dropped; /* the system was busy */
	uint64_t failed; /* it refused */
	uint64_t own_sender; /* of those sent: not from the sender's address */
};

/* Of one target, in the order of the options. */
void repeat_counts(const struct repeater *r, unsigned target,
    struct repeat_counts *n);

/* Logs the counts.  NULL is allowed. */
void repeat_close(struct repeater *r);

#endif
