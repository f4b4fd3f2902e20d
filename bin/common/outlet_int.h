#ifndef COMMON_OUTLET_INT_H
#define COMMON_OUTLET_INT_H

#include <netdb.h>

#include "common/channel.h"
#include "common/lookup.h"
#include "common/outlet.h"
#include "common/outlet_queue.h"

/*
 * The state behind an outlet:
 *
 *	outlet.c	what the caller sees
 *	outlet_stream.c	sessions of TCP and TLS
 *	outlet_udp.c	UDP
 *	outlet_socket.c	sockets to an address
 *	outlet_queue.c	messages that wait
 */

enum outlet_state {
	OUTLET_RESTING, /* until moment_ms */
	OUTLET_LOOKING_UP,
	OUTLET_CONNECTING, /* until moment_ms, with the handshake */
	OUTLET_SHAKING_HANDS,
	OUTLET_UP
};

struct outlet {
	struct outlet_options options;
	struct outlet_counters counters;
	enum outlet_state state;
	int64_t moment_ms; /* of the monotonic clock */
	struct addrinfo *list; /* addresses by the last answer */
	const struct addrinfo *next; /* to try */
	struct lookup *lookup; /* NULL: none is under way */
	struct channel channel;
	struct err why; /* the last error */

	/* streams */
	struct outlet_queue queue;
	uint64_t carry; /* messages of it that are of an earlier session */
	bool is_fresh; /* the list has not been tried */
	bool is_broken; /* the session, found while writing: see why */
	bool is_blocked; /* the system took less than there was */

	/* UDP */
	int64_t renewed_ms; /* when the name was looked up last */
	bool has_failed; /* it is to be looked up again */
};

/* A socket that is connected, or by TCP about to be, or -1. */
int outlet_socket(const struct outlet_options *o, const struct addrinfo *to,
    struct err *err);

/* Is the socket connected to one of these addresses? */
bool outlet_socket_is_at(int fd, const struct addrinfo *list);

#define OUTLET_ADDRESS_MAX 80

/* Address and port that the socket is connected to. */
const char *outlet_socket_peer(int fd, char text[OUTLET_ADDRESS_MAX]);

int outlet_udp_open(struct outlet *o, struct err *err);
bool outlet_udp_put(struct outlet *o, const uint8_t *data, size_t len);
void outlet_udp_work(struct outlet *o);

void outlet_stream_work(struct outlet *o);

/* Write what is queued, without a look at the clock. */
void outlet_stream_write(struct outlet *o);

/* Take the addresses of an answer; false: there is none as yet. */
bool outlet_take_answer(struct outlet *o);

#endif
