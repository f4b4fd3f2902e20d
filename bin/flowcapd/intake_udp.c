/*
 * Datagrams of a socket.
 */

#include <stdlib.h>
#include <unistd.h>

#include "flowcapd/intake_udp.h"

struct udp_intake {
	struct intake intake; /* first */
	struct udp_ring *ring;
	uint64_t dropped;
	uint32_t dropped_seen; /* by the counter of 32 bits */
};

static int
udp_receive(struct intake *in, const struct udp_datagram **list,
    struct err *err)
{
	struct udp_intake *u = (struct udp_intake *)in;

	return udp_ring_receive(u->ring, in->fd, list, err);
}

static uint64_t
count_dropped(struct intake *in)
{
	struct udp_intake *u = (struct udp_intake *)in;
	uint32_t seen = udp_dropped(in->fd);

	u->dropped += seen - u->dropped_seen;
	u->dropped_seen = seen;
	return u->dropped;
}

static void
udp_close(struct intake *in)
{
	struct udp_intake *u = (struct udp_intake *)in;

	udp_ring_free(u->ring);
	close(in->fd);
	free(u);
}

struct intake *
intake_udp(int fd, struct err *err)
{
	struct udp_intake *u = calloc(1, sizeof(*u));

	if (u == NULL) {
		err_nomem(err);
		return NULL;
	}
	u->intake = (struct intake){ .fd = fd, .receive = udp_receive,
		.dropped = count_dropped, .close = udp_close };
	if ((u->ring = udp_ring_new(err)) == NULL) {
		free(u);
		return NULL;
	}
	return &u->intake;
}
