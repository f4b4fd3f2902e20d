#ifndef FLOWPROBE_SENDER_H
#define FLOWPROBE_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"
#include "flowprobe/args.h"

/*
 * Export by UDP.  All mirroring collectors get the same datagrams; rotating
 * ones share the flows, a datagram each in turn, and have sequence numbers of
 * their own.
 */

struct sender_counters {
	uint64_t records; /* sent, for each group of collectors */
	uint64_t datagrams; /* sent, to each collector */
	uint64_t bytes;
	uint64_t errors; /* datagrams that could not be sent */
	uint64_t refused; /* flows that the version has no room for */
};

struct sender; /* opaque */

/*
 * Open sockets to the collectors of c, which is kept by reference, after a look
 * at what it asks of the encoders.  is_replay makes sending wait so that no
 * socket buffer is overrun, if nothing else does.
 */
struct sender *sender_open(const struct config *c, bool is_replay,
    struct err *err);

/* Make the encoders: uptime 0 lies before boot_ms. */
int sender_begin(struct sender *s, uint64_t first_ms, struct err *err);

void sender_put(struct sender *s, const struct flow *f, uint64_t now_ms);

/* Send what waits. */
void sender_flush(struct sender *s, uint64_t now_ms);

/* Look up names again; templates are due. */
void sender_renew(struct sender *s);

void sender_counters(const struct sender *s, struct sender_counters *n);

/* NULL is allowed. */
void sender_close(struct sender *s);

#endif
