/*
 * Messages that come by TCP or TLS.
 */

#include <errno.h>
#include <stdlib.h>

#include "common/daemon.h"
#include "flowcapd/intake_inlet.h"

struct inlet_intake {
	struct intake intake; /* first */
	struct inlet *inlet;
};

static int
inlet_take(struct intake *in, const struct udp_datagram **list,
    struct err *err)
{
	(void)err;
	return (int)inlet_receive(((struct inlet_intake *)in)->inlet, list);
}

static void
inlet_count(const struct intake *in, struct inlet_counters *n)
{
	struct inlet_counters more;

	inlet_counters(((const struct inlet_intake *)in)->inlet, &more);
	inlet_counters_add(n, &more);
}

static void
inlet_end(struct intake *in)
{
	struct inlet_intake *i = (struct inlet_intake *)in;

	inlet_close(i->inlet);
	free(i);
}

struct intake *
intake_inlet(const struct inlet_options *o, struct err *err)
{
	struct inlet_intake *i = calloc(1, sizeof(*i));
	unsigned tries = 0;

	if (i == NULL) {
		err_nomem(err);
		return NULL;
	}
	while ((i->inlet = inlet_open(o, err)) == NULL)
		if (err->code != ERR_SYSTEM || errno != EADDRINUSE ||
		    !process_wait_dying(&tries)) {
			free(i);
			return NULL;
		}
	i->intake = (struct intake){ .fd = inlet_fd(i->inlet),
		.receive = inlet_take, .count = inlet_count,
		.close = inlet_end };
	return &i->intake;
}

uint16_t
intake_inlet_port(const struct intake *in)
{
	return inlet_port(((const struct inlet_intake *)in)->inlet);
}

int
intake_inlet_shard(const struct intake *in, struct err *err)
{
	return inlet_shard(((const struct inlet_intake *)in)->inlet, err);
}
