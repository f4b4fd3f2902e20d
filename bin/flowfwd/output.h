#ifndef FLOWFWD_OUTPUT_H
#define FLOWFWD_OUTPUT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"
#include "flowfwd/args.h"
#include "wire/tera.h"

/*
 * Where flows go: every target gets each of them.  By TCP and TLS the slowest
 * target sets the pace, so that memory is bounded and nothing is dropped; by
 * UDP datagrams are sent no faster than a receiver can be expected to read.
 */

struct output_counters {
	uint64_t flows; /* put */
	uint64_t messages; /* all of which the system has taken */
	uint64_t bytes; /* of them */
	uint64_t errors; /* messages that could not be sent */
	uint64_t refused; /* flows that the version has no room for */
	uint64_t sessions; /* connections made */
	uint64_t lost; /* connections that ended before we did */
};

/* Bytes put to each target so far. */
struct output_position {
	uint64_t bytes[TARGETS_MAX];
};

struct output; /* opaque */

/*
 * Called while output waits, at least twice a second.  True: stop waiting, what
 * is being put need not be sent.
 */
typedef bool (*output_idle_fn)(void *ctx);

/*
 * c is kept by reference.  ERR_SYSTEM, ERR_VALUE, ERR_NOMEM.
 */
struct output *output_open(const struct config *c, output_idle_fn idle,
    void *ctx, struct err *err);
void output_close(struct output *o);

/* What is known about a flow beside it. */
struct output_origin {
	struct addr exporter; /* zero: unknown */
	uint32_t rate; /* of sampling, if counters are not corrected; or 0 */
};

/*
 * Send a flow, or queue it; it may wait for a place in the queue.  now_ms is
 * the time that goes into headers.  Returns 1 when it was told to stop.
 * ERR_VALUE, ERR_NOMEM when the first one is put.
 */
int output_put(struct output *o, const struct flow *f,
    const struct output_origin *from, uint64_t now_ms, struct err *err);

/*
 * Send a message to targets that all take Tera Flow.  Unless may_wait is set,
 * one for which there is no room is an error.  1 when told to stop.
 */
int output_put_tera(struct output *o, const struct tera *t, bool may_wait);

/* Send what waits for its datagram to be full.  1 when told to stop. */
int output_flush(struct output *o, uint64_t now_ms);

/* Do what can be done without waiting. */
void output_work(struct output *o);

/* Wait so long, and work meanwhile.  1 when told to stop. */
int output_wait(struct output *o, uint32_t ms);

/*
 * Send what is queued, so long at most; stop, which may be NULL, is looked at
 * after signals.  False if something is left.
 */
bool output_drain(struct output *o, uint32_t ms,
    const volatile sig_atomic_t *stop);

/* Look up names again; templates are due. */
void output_renew(struct output *o);

void output_position(const struct output *o, struct output_position *p);

/* Has the system taken all that was put until then? */
bool output_has_sent(const struct output *o, const struct output_position *p);

/* Has it been taken by the systems of all receivers? */
bool output_has_arrived(const struct output *o,
    const struct output_position *p);

/* Bytes put since then to the stream that got least; 0 without streams. */
uint64_t output_since(const struct output *o, const struct output_position *p);

/* Can a connection be lost that some of it was put to? */
bool output_has_streams(const struct output *o);

void output_counters(const struct output *o, struct output_counters *n);

/* The same of one target, the number of which is that of the command line. */
struct output_state {
	bool is_connected; /* by UDP always */
	uint64_t messages;
	uint64_t errors;
	uint64_t queued; /* bytes */
};

void output_state(const struct output *o, unsigned target,
    struct output_state *s);

#endif
