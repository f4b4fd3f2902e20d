/*
 * Reassembly: datagrams cut into pieces at random come out whole whatever
 * the order, and hostile pieces never make one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dice.h"
#include "packet/fragments.h"
#include "tap.h"

#define HEADER 20
#define PIECES_MAX 200

static uint8_t datagram[65536]; /* behind the IP header */
static uint8_t frame[HEADER + 65536];

/* A fragment of IPv4 from "at" on. */
static struct packet
piece(uint16_t id, size_t at, size_t len, bool more)
{
	struct packet p;

	memset(frame, 0, HEADER);
	frame[0] = 0x45;
	store_be16(frame + 2, (uint16_t)(HEADER + len));
	store_be16(frame + 4, id);
	store_be16(frame + 6, (uint16_t)((more ? 0x2000 : 0) | at / 8));
	frame[9] = 17;
	store_be32(frame + 12, 0xc0000201);
	store_be32(frame + 16, 0xc0000202);
	memcpy(frame + HEADER, datagram + at, len);
	packet_parse(&p, PACKET_IP, frame, HEADER + len);
	return p;
}

static void
fill(struct dice *d, size_t len)
{
	dice_fill(d, datagram, len);
	store_be16(datagram, 2055);
	store_be16(datagram + 2, 9995);
	store_be16(datagram + 4, (uint16_t)len);
}

/* Cut positions of a datagram, in random order of pieces. */
static size_t
cut(struct dice *d, size_t len, size_t at[PIECES_MAX + 1])
{
	size_t n = 0, pos = 0;

	while (pos < len && n < PIECES_MAX - 1) {
		at[n++] = pos;
		pos += 8 * (1 + dice_below(d, 400));
	}
	if (pos < len)
		at[n++] = pos;
	at[n] = len;
	return n;
}

static int
send_all(struct fragments *f, struct dice *d, uint16_t id, size_t len,
    struct packet *whole)
{
	size_t at[PIECES_MAX + 1], order[PIECES_MAX];
	size_t n = cut(d, len, at);
	int done = 0;

	for (size_t i = 0; i < n; i++) {
		size_t j = dice_below(d, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (size_t i = 0; i < n && done == 0; i++) {
		size_t k = order[i];

		*whole = piece(id, at[k], at[k + 1] - at[k], k + 1 < n);
		done = fragments_add(f, whole, 1000);
		if (done == 1 && i + 1 < n)
			return -1;
		if (done == 0 && dice_below(d, 4) == 0) /* once more */
			fragments_add(f, whole, 1000);
	}
	return done;
}

static void
test_random(struct fragments *f)
{
	struct packet p;
	struct dice d;
	int wrong = 0;

	dice_init(&d);
	for (uint16_t id = 0; id < 300; id++) {
		size_t len = 9 + dice_below(&d, 20000);

		fill(&d, len);
		if (send_all(f, &d, id, len, &p) != 1 ||
		    p.payload.len != len - 8 || p.dst_port != 9995 ||
		    memcmp(p.payload.data, datagram + 8, len - 8) != 0 ||
		    p.is_fragment || p.is_later)
			wrong++;
	}
	is_int(wrong, 0, "300 datagrams in any order");
	is_uint(fragments_lost(f), 0, "none is lost");
}

static int
add(struct fragments *f, uint16_t id, size_t at, size_t len, bool more,
    uint64_t now_ms)
{
	struct packet p = piece(id, at, len, more);

	return fragments_add(f, &p, now_ms);
}

static void
test_hostile(struct fragments *f)
{
	struct packet p;

	is_int(add(f, 1, 24, 8, true, 0) + add(f, 1, 8, 8, false, 0), 0,
	    "as many bytes, but not the right ones");
	is_int(add(f, 2, 0, 16, true, 0) + add(f, 2, 8, 16, false, 0), 0,
	    "an overlap");
	is_int(add(f, 2, 16, 8, false, 0), 1, "changes nothing");
	is_int(add(f, 3, 65528, 8, false, 0), 0, "behind all datagrams");
	is_int(add(f, 3, 0, 12, true, 0), 0, "not a multiple of 8");
	is_int(add(f, 3, 0, 0, true, 0), 0, "nothing");
	p = piece(3, 0, 8, true);
	p.is_cut = true;
	is_int(fragments_add(f, &p, 0), 0, "a cut one");
	is_uint(fragments_lost(f), 1, "the first one waits");
	is_int(add(f, 4, 0, 8, true, 0) + add(f, 4, 8, 8, false, 30001), 0,
	    "too late");
	is_int(add(f, 4, 0, 8, true, 30001), 1, "begins anew");
	is_uint(fragments_lost(f), 2, "one was given up");
}

static void
test_flood(struct fragments *f)
{
	for (uint16_t id = 100; id < 1100; id++)
		add(f, id, 0, 8, true, 0);
	is_int(add(f, 1099, 8, 8, false, 0), 1, "the newest is kept");
	is_int(add(f, 1036, 8, 8, false, 0), 1, "and the 64th");
	is_int(add(f, 1035, 8, 8, false, 0), 0, "not the one before");
	is_uint(fragments_lost(f), 2 + 1000 - 2 + 1, "all are accounted for");
}

int
main(void)
{
	struct err err;
	struct fragments *f = fragments_new(&err);

	if (f == NULL)
		bail("%s", err.text);
	test_random(f);
	test_hostile(f);
	test_flood(f);
	fragments_free(f);
	return done_testing();
}
