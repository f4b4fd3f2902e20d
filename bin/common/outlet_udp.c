/*
 * Datagrams to a collector.
 */

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/outlet_int.h"

int
outlet_udp_open(struct outlet *o, struct err *err)
{
	int fd = -1;

	for (const struct addrinfo *a = o->list; a != NULL && fd == -1;
	    a = a->ai_next)
		fd = outlet_socket(&o->options, a, err);
	if (fd == -1)
		return -1;
	channel_close(&o->channel);
	o->channel.fd = fd;
	o->counters.sessions++;
	return 0;
}

/* An error may be of an earlier datagram: try once more. */
bool
outlet_udp_put(struct outlet *o, const uint8_t *data, size_t len)
{
	int fd = o->channel.fd;

	if (send(fd, data, len, 0) == -1) {
		o->has_failed = true;
		err_system(&o->why, "sending");
		if (send(fd, data, len, 0) == -1) {
			o->counters.errors++;
			return false;
		}
	}
	o->counters.messages++;
	o->counters.bytes += len;
	return true;
}

/* The name may have moved; what it says now is what we want. */
static void
follow_name(struct outlet *o)
{
	char text[OUTLET_ADDRESS_MAX];

	if (!outlet_take_answer(o) ||
	    outlet_socket_is_at(o->channel.fd, o->list))
		return;
	if (outlet_udp_open(o, &o->why) == -1) {
		log_warning("%s: %s: the old address stays", o->options.name,
		    o->why.text);
		return;
	}
	log_info("%s: now at %s", o->options.name,
	    outlet_socket_peer(o->channel.fd, text));
	if (o->options.on_session != NULL)
		o->options.on_session(o->options.ctx);
}

void
outlet_udp_work(struct outlet *o)
{
	int64_t now;

	if (o->lookup != NULL) {
		follow_name(o);
		return;
	}
	if (!o->has_failed)
		return;
	now = clock_ms(CLOCK_MONOTONIC);
	if (now - o->renewed_ms < (int64_t)o->options.reconnect_s * 1000)
		return;
	log_warning("%s: %s", o->options.name, o->why.text);
	o->has_failed = false;
	o->renewed_ms = now;
	o->lookup = lookup_start(o->options.host, o->options.port, SOCK_DGRAM,
	    &o->why);
}
