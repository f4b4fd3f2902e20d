/*
 * Datagrams of a socket.
 */

#include <stdlib.h>
#include <unistd.h>

#include "flowcapd/intake_udp.h"

struct udp_intake {
	struct intake intake; /* first */
	struct udp_ring *ring;
};

static int
udp_receive(struct intake *in, const struct udp_datagram **list,
    struct err *err)
{
	struct udp_intake *u = (struct udp_intake *)in;

	return udp_ring_receive(u->ring, in->fd, list, err);
}

static uint64_t
udp_dropped(const struct intake *in)
{
	return udp_ring_dropped(((const struct udp_intake *)in)->ring);
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
		.dropped = udp_dropped, .close = udp_close };
	if ((u->ring = udp_ring_new(err)) == NULL) {
		free(u);
		return NULL;
	}
	return &u->intake;
}
