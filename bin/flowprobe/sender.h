#ifndef FLOWPROBE_SENDER_H
#define FLOWPROBE_SENDER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/outlet.h"
#include "flow/flow.h"
#include "flowprobe/args.h"

/*
 * Export by UDP, or IPFIX by TCP and TLS.  All collectors that mirror by UDP
 * get the same datagrams.  Rotating ones share the flows, a message each in
 * turn.  They, and those with a session, have sequence numbers and templates
 * of their own.
 */

struct sender_counters {
	uint64_t records; /* sent, for each group of collectors */
	uint64_t messages; /* sent, to each collector */
	uint64_t bytes;
	uint64_t errors; /* messages that could not be sent */
	uint64_t refused; /* flows that the version has no room for */
};

struct sender; /* opaque */

/*
 * Look up the collectors of c, which is kept by reference, after a look at
 * what it asks of the encoders, and open sockets for UDP.  is_replay makes
 * pauses so that no socket buffer is overrun, if nothing else does, and
 * sending wait for who is slow or not there, until *stop.
 */
struct sender *sender_open(const struct config *c, bool is_replay,
    const volatile sig_atomic_t *stop, struct err *err);

/* Make the encoders: uptime 0 lies before boot_ms. */
int sender_begin(struct sender *s, uint64_t first_ms, struct err *err);

void sender_put(struct sender *s, const struct flow *f, uint64_t now_ms);

/*
 * Until when whoever put flows or flushed is to wait before the next time, in
 * nanoseconds of CLOCK_MONOTONIC; 0: not at all.  Told once, so that of
 * several who take turns the one waits that sent, and keeps nobody else.
 */
uint64_t sender_pause(struct sender *s);

/* Connect, write, look up names: what can be done without waiting. */
void sender_work(struct sender *s);

/* Let out what waits in encoders. */
void sender_flush(struct sender *s, uint64_t now_ms);

/* Look up names again; templates are due. */
void sender_renew(struct sender *s);

/*
 * All is put and flushed: wait a while for queues to empty, and hang up.
 * ERR_SYSTEM names a collector that did not take all.
 */
int sender_end(struct sender *s, struct err *err);

/* How many there are; the name of one, and what it was sent. */
unsigned sender_collectors(const struct sender *s);
const char *sender_collector(const struct sender *s, unsigned i,
    struct outlet_counters *n);

void sender_counters(const struct sender *s, struct sender_counters *n);

/* NULL is allowed. */
void sender_close(struct sender *s);

#endif
