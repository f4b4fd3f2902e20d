/*
 * Fragments find the ports of their datagram in any order, and no packet or
 * byte gets lost, whatever comes.
 */
#include <string.h>

#include "dice.h"
#include "flow/derive.h"
#include "packet/datagrams.h"
#include "tap.h"

#define ROOM 8
#define TIMEOUT_MS 1000

static struct packet
fragment(uint32_t id, bool is_later)
{
	struct packet p = { .has = PACKET_HAS_IP | PACKET_HAS_PROTO,
		.ip_version = 4, .proto = PROTO_UDP, .src = addr_v4(1),
		.dst = addr_v4(2), .is_fragment = true, .is_later = is_later,
		.frag_id = id };

	if (!is_later) {
		p.has |= PACKET_HAS_PORTS;
		p.src_port = (uint16_t)id;
		p.dst_port = 53;
	}
	return p;
}

static bool
add(struct datagrams *d, struct packet *p, uint64_t ms,
    struct packet_sum *sum)
{
	*sum = (struct packet_sum){ 1, 100, ms, ms };
	return datagrams_add(d, ms, p, sum);
}

static struct datagrams *
make(void)
{
	struct err err;
	struct datagrams *d = datagrams_new(ROOM, TIMEOUT_MS, 1, &err);

	if (d == NULL)
		bail("%s", err.text);
	return d;
}

static void
test_order(void)
{
	struct datagrams *d = make();
	struct packet p = fragment(7, false);
	struct packet_sum sum;

	ok(add(d, &p, 1, &sum), "the first one");
	p = fragment(7, true);
	ok(add(d, &p, 2, &sum), "one behind it");
	is_uint(p.src_port, 7, "has its ports");
	is_uint(sum.packets, 1, "and counts for itself");
	p = fragment(8, true);
	ok(!add(d, &p, 3, &sum), "one before the first one waits");
	ok(!add(d, &p, 4, &sum), "another one, too");
	p = fragment(8, false);
	ok(add(d, &p, 5, &sum), "then the first one");
	is_uint(sum.packets, 3, "counts for all");
	is_uint(sum.bytes, 300, "with their bytes");
	is_uint(sum.first_ms * 10 + sum.last_ms, 35, "and times");
	p = fragment(8, true);
	p.proto = PROTO_TCP;
	ok(!add(d, &p, 6, &sum), "another protocol is another datagram");
	is_int(datagrams_give_up(d, 1006, &p, &sum), 0, "in time");
	is_int(datagrams_give_up(d, 1007, &p, &sum), 1, "too late");
	is_uint(p.proto * 10U + (p.has & PACKET_HAS_PORTS), PROTO_TCP * 10,
	    "it has no ports");
	is_int(datagrams_drain(d, &p, &sum), 0, "nothing else waits");
	datagrams_free(d);
}

/* Ids of 16 bits come again before the datagram is forgotten. */
static void
test_used_again(void)
{
	struct datagrams *d = make();
	struct packet p = fragment(7, false);
	struct packet_sum sum;

	ok(add(d, &p, 1, &sum), "a first one");
	p = fragment(7, false);
	p.src_port = 9;
	ok(add(d, &p, 900, &sum), "another one with its id");
	is_uint(p.src_port, 9, "has the ports that it had");
	p = fragment(7, true);
	ok(add(d, &p, 901, &sum), "one behind it");
	is_uint(p.src_port, 9, "has the same ports");
	is_int(datagrams_give_up(d, 1500, &p, &sum), 0, "nothing waits");
	p = fragment(7, true);
	ok(add(d, &p, 1500, &sum) && p.src_port == 9,
	    "the time counts from the second one on");
	is_int(datagrams_drain(d, &p, &sum), 0, "nothing waits at the end");
	datagrams_free(d);
}

static void
test_ipv6(void)
{
	struct datagrams *d = make();
	struct packet p = fragment(7, false);
	struct packet_sum sum;

	p.ip_version = 6;
	ok(add(d, &p, 1, &sum), "IPv6");
	p = fragment(7, true);
	p.ip_version = 6;
	p.proto = 60; /* of an extension header */
	ok(add(d, &p, 2, &sum), "a later one behind an extension header");
	is_uint(p.proto, PROTO_UDP, "has the protocol of the first one");
	datagrams_free(d);
}

/* Fragments of more datagrams than there is room for. */
static void
test_random(void)
{
	struct datagrams *d = make();
	uint64_t packets = 0, wrong = 0, ms = 0;
	struct packet_sum sum;
	struct packet p;
	struct dice dice;

	dice_init(&dice);
	for (int i = 0; i < 100000; i++) {
		uint32_t id = 1 + (uint32_t)dice_below(&dice, 20);

		ms += dice_below(&dice, 100);
		while (datagrams_give_up(d, ms, &p, &sum) == 1)
			packets += sum.packets;
		p = fragment(id, dice_below(&dice, 3) > 0);
		if (!add(d, &p, ms, &sum))
			continue;
		packets += sum.packets;
		wrong += p.src_port != id;
	}
	while (datagrams_drain(d, &p, &sum) == 1)
		packets += sum.packets;
	is_uint(packets, 100000, "no fragment is lost");
	is_uint(wrong, 0, "none has the ports of another");
	datagrams_free(d);
}

int
main(void)
{
	test_order();
	test_used_again();
	test_ipv6();
	test_random();
	return done_testing();
}
