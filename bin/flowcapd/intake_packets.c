/*
 * Datagrams of packets.  They are copied into one buffer, since the packets
 * are gone when the next one is read.
 */

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "flow/derive.h"
#include "flowcapd/intake_packets.h"
#include "packet/fragments.h"

#define BUFFER_LEN (512 * 1024)
#define TUNNELS_MAX 4

struct packets {
	enum packet_link link;
	uint16_t port;
	struct fragments *fragments;
	uint64_t all;
	uint64_t others; /* no UDP, another port */
	uint64_t cut; /* datagrams not captured whole */
	int count;
	size_t used;
	struct udp_datagram list[UDP_BATCH];
	uint8_t buffer[BUFFER_LEN];
};

struct packets *
packets_new(enum packet_link link, uint16_t port, struct err *err)
{
	struct packets *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		err_nomem(err);
		return NULL;
	}
	p->link = link;
	p->port = port;
	if ((p->fragments = fragments_new(err)) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
packets_free(struct packets *p)
{
	if (p == NULL)
		return;
	fragments_free(p->fragments);
	free(p);
}

void
packets_clear(struct packets *p)
{
	p->count = 0;
	p->used = 0;
}

bool
packets_have_room(const struct packets *p)
{
	return p->count < UDP_BATCH && BUFFER_LEN - p->used >= UDP_LEN_MAX;
}

/* Lengths in headers may be 0; then it ends with the capture. */
static bool
is_wanted(const struct packets *p, const struct packet *packet)
{
	return packet->proto == PROTO_UDP &&
	    (packet->has & PACKET_HAS_PORTS) != 0 &&
	    packet->payload.len <= UDP_LEN_MAX &&
	    (p->port == 0 || packet->dst_port == p->port);
}

static void
put(struct packets *p, const struct packet *packet, uint64_t ns)
{
	struct udp_datagram *d = &p->list[p->count++];

	d->data = p->buffer + p->used;
	d->len = packet->payload.len;
	d->sender = packet->src;
	d->sender_port = packet->src_port;
	d->received_ns = ns;
	if (d->len > 0)
		memcpy(p->buffer + p->used, packet->payload.data, d->len);
	p->used += d->len;
}

/*
 * Go to the innermost packet, unless one on the way is for the port that is
 * wanted, as exporters may send to that of a tunnel.  False if there is none.
 */
static bool
descend(const struct packets *p, struct packet *packet)
{
	struct packet inner;

	for (int i = 0; i < TUNNELS_MAX && !packet->is_fragment; i++) {
		if (p->port != 0 && is_wanted(p, packet))
			break;
		if (packet_inner(packet, &inner) == -1)
			break;
		*packet = inner;
	}
	return packet->ip_version != 0;
}

void
packets_add(struct packets *p, const void *data, size_t len, uint64_t ns)
{
	struct packet packet;

	p->all++;
	packet_parse(&packet, p->link, data, len);
	if (!descend(p, &packet)) {
		p->others++;
		return;
	}
	if (packet.is_fragment && packet.proto == PROTO_UDP &&
	    fragments_add(p->fragments, &packet, ns / 1000000) == 0)
		return;
	if (!is_wanted(p, &packet))
		p->others++;
	else if (packet.is_cut)
		p->cut++;
	else
		put(p, &packet, ns);
}

int
packets_list(const struct packets *p, const struct udp_datagram **list)
{
	*list = p->list;
	return p->count;
}

void
packets_report(const struct packets *p, const char *name)
{
	uint64_t lost = fragments_lost(p->fragments);

	log_info("%s: %llu packets, %llu of them not for us", name,
	    (unsigned long long)p->all, (unsigned long long)p->others);
	if (p->cut > 0)
		log_warning("%s: %llu datagrams are left out: captured in part",
		    name, (unsigned long long)p->cut);
	if (lost > 0)
		log_warning("%s: %llu datagrams are left out: fragments lack",
		    name, (unsigned long long)lost);
}
