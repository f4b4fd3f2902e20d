#ifndef COMMON_INLET_H
#define COMMON_INLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "common/framing.h"
#include "common/tls.h"
#include "common/udp.h"

/*
 * Messages that come by TCP or TLS: a listener and its connections.
 *
 * A connection is closed when it sends what is no message, has sent part of a
 * message or of a handshake and not the rest for stall_s, or ends.  One that
 * sends nothing stays while there are places for others.  When there are none,
 * the oldest that has sent no message in stall_s since it came is closed for
 * the next; if there is no such one, the next is closed at once.  Handshakes
 * and reading never wait, so a slow peer holds nobody else; each connection
 * has its turn.  Memory is at most 192 KiB a connection.
 *
 * One that came before inlet_shard() may be that of another inlet.  It is
 * closed as well, so that the peer comes again.
 *
 *	while (poll(inlet_fd(in)) ...) {
 *		n = inlet_receive(in, &list);
 *		for (i = 0; i < n; i++)
 *			... list[i] ...
 *	}
 *
 * An inlet is for one thread; several may share a port.
 */

struct inlet_options {
	const char *name; /* in messages, kept by reference */
	const char *host; /* NULL or "": any */
	const char *port;
	enum framing framing;
	struct tls_context *tls; /* kept by reference; NULL: plain TCP */
	uint32_t connections; /* at most */
	uint32_t stall_s;
	/*
	 * Inlets that share the port, 0: none do, and the number of this one,
	 * in order of opening, for inlet_shard().
	 */
	uint32_t shards, shard;
};

#define INLET_OPTIONS_DEFAULT { .connections = 256, .stall_s = 30 }

struct inlet_counters {
	uint64_t messages;
	uint64_t bytes; /* of them */
	uint64_t accepted; /* connections */
	uint64_t refused; /* above the limit */
	uint64_t handshakes; /* that failed */
	uint64_t malformed; /* connections closed: what came was no message */
	/*
	 * Connections closed: a message without its end, or none at all, and
	 * another needed the place.
	 */
	uint64_t stalled;
	uint64_t broken; /* connections that ended within a message */
	uint32_t open; /* connections now */
};

struct inlet; /* opaque */

/* Listen.  ERR_SYSTEM with errno set by bind(2), ERR_VALUE, ERR_NOMEM. */
struct inlet *inlet_open(const struct inlet_options *o, struct err *err);

/* NULL is allowed. */
void inlet_close(struct inlet *in);

/* To poll for reading; the only one, whatever connections there are. */
int inlet_fd(const struct inlet *in);

uint16_t inlet_port(const struct inlet *in);

/* When all that share a port are open, for one of them: udp_shard_attach(). */
int inlet_shard(const struct inlet *in, struct err *err);

/*
 * Accept, read, close what is due, without waiting.  The number of messages,
 * up to UDP_BATCH, without what stands before them in the stream; if there
 * are more, inlet_fd() is ready at once.  *list lives until the next call.
 */
unsigned inlet_receive(struct inlet *in, const struct udp_datagram **list);

void inlet_counters(const struct inlet *in, struct inlet_counters *n);

static inline void
inlet_counters_add(struct inlet_counters *to,
    const struct inlet_counters *more)
{
	to->messages += more->messages;
	to->bytes += more->bytes;
	to->accepted += more->accepted;
	to->refused += more->refused;
	to->handshakes += more->handshakes;
	to->malformed += more->malformed;
	to->stalled += more->stalled;
	to->broken += more->broken;
	to->open += more->open;
}

#endif
