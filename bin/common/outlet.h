#ifndef COMMON_OUTLET_H
#define COMMON_OUTLET_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "common/framing.h"
#include "common/tls.h"

/*
 * Where messages go: a collector by UDP, TCP or TLS.
 *
 * By TCP and TLS messages wait in a queue of bounded size, and nothing here
 * blocks: connecting, the handshake and writing go on in outlet_work().  All
 * addresses of a host are tried.  What fails is tried again reconnect_s
 * later, and the name is looked up again for that, by a thread of its own;
 * without an answer the addresses of before are used.
 *
 * A session ends with its connection.  Of the message that was partly written
 * all is sent again in the next one, and then what is queued behind it;
 * unless is_stateful says that messages mean nothing in another session
 * (IPFIX), then what the old one had left is lost, and counted.  What the
 * system had taken of it may be lost either way, and nobody knows.
 *
 * By UDP messages go out in outlet_put(), each a datagram.  After an error
 * the name is looked up again, at most every reconnect_s.
 *
 * The caller has a loop: outlet_put() what there is, then outlet_work(), now
 * and then and when outlet_poll() says so.  To wait for a slow receiver and
 * not to lose anything, it asks outlet_has_room() before it puts, and polls
 * until there is.
 *
 * Connections made and lost are logged.  Opening one sets SIGPIPE to be
 * ignored.
 */

enum outlet_kind {
	OUTLET_UDP,
	OUTLET_TCP,
	OUTLET_TLS
};

struct outlet_options {
	enum outlet_kind kind;
	const char *name; /* in messages; all texts are kept by reference */
	const char *host;
	const char *port;
	int family; /* AF_INET, AF_INET6; AF_UNSPEC, 0: both */
	const char *local; /* address to send from; NULL or "": any */
	const char *device; /* to send through; NULL: as routes say */
	struct tls_context *tls; /* for OUTLET_TLS; kept by reference */
	enum framing framing; /* not for UDP */
	bool is_stateful;
	uint32_t ttl; /* or hop limit; 0: the system's */
	uint32_t queue_len; /* bytes; at least a message of the largest size */
	uint32_t connect_ms; /* until an address is given up, with handshake */
	uint32_t reconnect_s;
	/*
	 * A session begins: what is put from now on is its first message, or
	 * by UDP, goes to another address.  Called by outlet_work() and
	 * outlet_drain() only, and not for the first session; it may put
	 * messages.  NULL: none.
	 */
	void (*on_session)(void *ctx);
	void *ctx;
};

#define OUTLET_OPTIONS_DEFAULT \
	{ .queue_len = 4 * 1024 * 1024, .connect_ms = 10000, \
		.reconnect_s = 60 }

struct outlet_counters {
	uint64_t messages; /* all of which the system has taken */
	uint64_t bytes; /* of them */
	uint64_t errors; /* messages that were not sent: */
	uint64_t full; /* of these: because the queue was full */
	uint64_t lost; /* of these: with a session */
	uint64_t carried; /* messages that went out in a later session */
	uint64_t sessions;
	uint64_t ended; /* of these: before we ended them */
	uint64_t failures; /* attempts to connect that failed */
};

struct outlet; /* opaque */

/*
 * Look up the host, and wait for that.  By UDP the socket is opened as well,
 * others are with the first outlet_work().  ERR_VALUE for a name that is not
 * known and for what tls_check_host() refuses, ERR_SYSTEM, ERR_NOMEM.
 */
struct outlet *outlet_open(const struct outlet_options *o, struct err *err);

/* What is queued is lost.  NULL is allowed. */
void outlet_close(struct outlet *o);

/* Largest message, by what the path is known to take. */
size_t outlet_message_max(const struct outlet *o);

/* Is there room for count messages of len bytes each?  By UDP always. */
bool outlet_has_room(const struct outlet *o, unsigned count, size_t len);

/*
 * Send a message, or queue it; what stands before it in a stream is added.
 * False if it could not be sent or there is no room; it is counted.
 */
bool outlet_put(struct outlet *o, const uint8_t *data, size_t len);

/* Do all that can be done without waiting. */
void outlet_work(struct outlet *o);

#define OUTLET_FDS 1

/*
 * What to wait for: up to OUTLET_FDS descriptors, their number.  *timeout_ms
 * is lowered to the time when there is work anyway; -1 is no limit.
 */
unsigned outlet_poll(const struct outlet *o, struct pollfd *fds,
    int *timeout_ms);

/*
 * Work until the queue is empty, that long at most, and end the session so
 * that the receiver gets all of it.  A signal that sets *stop, which may be
 * NULL, ends the waiting.  False if something was left, which is lost, and
 * counted.
 */
bool outlet_drain(struct outlet *o, uint32_t ms,
    const volatile sig_atomic_t *stop);

/* Look up the name again now; if there is no connection, connect. */
void outlet_renew(struct outlet *o);

bool outlet_is_connected(const struct outlet *o);
size_t outlet_queued(const struct outlet *o); /* bytes */

/*
 * Bytes in a stream that the system has taken and the receiver's has not, as
 * far as it has told; not fewer.
 */
size_t outlet_unacknowledged(const struct outlet *o);
void outlet_counters(const struct outlet *o, struct outlet_counters *n);

#endif
