/*
 * Packet headers: the first byte is the link.  What is found lies in the
 * packet, and so do the packets in tunnels.
 */
#include <stdlib.h>

#include "fuzz/fuzz.h"
#include "packet/headers.h"

#define TUNNELS_MAX 64

static void
check_span(struct span s, const uint8_t *data, size_t size)
{
	if (s.len > 0 && (s.data < data || s.data + s.len > data + size))
		abort();
}

static void
check(const struct packet *p, const uint8_t *data, size_t size)
{
	if (p->vlans > PACKET_VLANS_MAX || p->labels > PACKET_LABELS_MAX)
		abort();
	for (int i = 0; i < p->vlans; i++)
		if (p->vlan[i] > 0xfff)
			abort();
	for (int i = 0; i < p->labels; i++)
		if (p->mpls[i] > 0xffffff)
			abort();
	check_span(p->body, data, size);
	check_span(p->payload, data, size);
}

int
FUZZ_TARGET(packet)(const uint8_t *data, size_t size)
{
	struct packet p[2];
	int rc;

	if (size == 0)
		return 0;
	rc = packet_parse(&p[0], data[0] % PACKET_LINKS, data + 1, size - 1);
	for (int i = 0; i < TUNNELS_MAX; i++) {
		if (rc == -1 && (p[i % 2].has & PACKET_HAS_IP) != 0)
			abort();
		check(&p[i % 2], data, size);
		if (rc == -1)
			break;
		rc = packet_inner(&p[i % 2], &p[(i + 1) % 2]);
	}
	return 0;
}
