/*
 * LZ4 encoder for flow records: whatever goes in, liblz4 gives it back; the
 * bound of liblz4 holds; what does not fit is refused and nothing is written
 * behind the room.
 */

#include <stdlib.h>
#include <string.h>

#include <lz4.h>

#include "dice.h"
#include "record/v3.h"
#include "store/lz4_records.h"
#include "tap.h"

#define BLOCK 1048576
#define GUARD 64

static struct dice dice;
static uint8_t block[BLOCK];
static uint8_t packed[LZ4_COMPRESSBOUND(BLOCK) + GUARD];
static uint8_t back[BLOCK];

/* Length of the output in packed; 0 with a note when something is wrong. */
static size_t
round_trip(size_t len)
{
	size_t bound = (size_t)LZ4_compressBound((int)len), n;
	int got;

	memset(packed + bound, 0xa5, GUARD);
	n = lz4_records_compress(block, len, packed, bound);
	if (n == 0 || n > bound) {
		note("%zu bytes became %zu", len, n);
		return 0;
	}
	for (size_t i = 0; i < GUARD; i++)
		if (packed[bound + i] != 0xa5) {
			note("written %zu bytes behind the bound", i + 1);
			return 0;
		}
	got = LZ4_decompress_safe(
	    (const char *)packed, (char *)back, (int)n, (int)len);
	if (got != (int)len || memcmp(back, block, len) != 0) {
		note("%zu bytes came back as %d", len, got);
		return 0;
	}
	return n;
}

/* Addresses of a few networks, values that change like those of real flows. */
static void
make_flow(struct flow *f, bool is_v6, uint64_t n)
{
	uint64_t r = dice_next(&dice);

	memset(f, 0, sizeof(*f));
	f->extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_MISC) |
	    FLOW_EXT(EXT_AS) | FLOW_EXT(EXT_EXPORTER_V4) |
	    FLOW_EXT(is_v6 ? EXT_IPV6 : EXT_IPV4);
	f->received_ms = 1735689600000 + n;
	f->last_ms = f->received_ms - (r & 0x3ff);
	f->first_ms = f->last_ms - (r >> 10 & 0x7fff);
	f->in_packets = 1 + (r >> 25 & 7);
	f->in_bytes = f->in_packets * (40 + (r >> 28 & 0xff));
	f->src_port = (uint16_t)(32768 + (r >> 36 & 0x3fff));
	f->dst_port = 443;
	f->proto = 6;
	f->dst_as = 64500 + (r >> 50 & 15);
	f->output = (uint32_t)(r >> 50 & 15);
	f->exporter_addr = addr_v4(0xc0000201);
	if (is_v6) {
		f->src_addr = (struct addr){ 0x20010db800001400, r };
		f->dst_addr = (struct addr){ r >> 50 & 15, r >> 8 };
	} else {
		f->src_addr = addr_v4(0x0a140000 | (r >> 16 & 0xffff));
		f->dst_addr = addr_v4((uint32_t)(r >> 50 & 15) << 8);
	}
}

/* Fill the block with records, one of v6_of in IPv6; their length. */
static size_t
fill_records(size_t room, uint64_t v6_of)
{
	struct record_encoder *encoder = record_encoder_new(0, NULL);
	struct flow f;
	size_t used = 0, len;
	uint64_t n = 0;

	if (encoder == NULL)
		bail("out of memory");
	do {
		make_flow(&f, dice_below(&dice, v6_of) == 0, n++);
		len = record_encode(encoder, &f, block + used, room - used);
		used += len;
	} while (len > 0);
	record_encoder_free(encoder);
	return used;
}

static void
check_records(const char *name, uint64_t v6_of)
{
	size_t len = fill_records(BLOCK, v6_of), n = round_trip(len), lz4;

	lz4 = (size_t)LZ4_compress_default(
	    (const char *)block, (char *)packed, (int)len, (int)sizeof(packed));
	note("%s: %zu of %zu bytes, liblz4 makes %zu", name, n, len, lz4);
	ok(n > 0, "%s: come back", name);
	ok(n < lz4 + lz4 / 2, "%s: not much larger than by liblz4", name);
}

static void
check_sizes(void)
{
	size_t bad = 0;

	for (size_t len = 0; len <= 300; len++) {
		dice_fill(&dice, block, len);
		bad += round_trip(len) == 0;
		memset(block, 'x', len);
		bad += round_trip(len) == 0;
		for (size_t i = 0; i < len; i++)
			block[i] = (uint8_t)dice_below(&dice, 2);
		bad += round_trip(len) == 0;
	}
	is_uint(bad, 0, "all lengths up to 300 come back");
	for (size_t len = fill_records(4096, 4); len > 3500; len--)
		bad += round_trip(len) == 0;
	is_uint(bad, 0, "records cut anywhere come back");
}

/* Runs around every length where another length byte begins. */
static void
check_runs(void)
{
	size_t bad = 0, n;

	for (size_t run = 1; run < 1100; run++) {
		dice_fill(&dice, block, 2000);
		memset(block + 700, 0, run);
		bad += round_trip(2000) == 0;
		memset(block, 0, 2000);
		dice_fill(&dice, block + 700, run);
		bad += round_trip(2000) == 0;
	}
	is_uint(bad, 0, "runs of equal and of random bytes come back");
	memset(block, 0, BLOCK);
	n = round_trip(BLOCK);
	ok(n > 0 && n < BLOCK / 200, "a block of zeroes becomes %zu", n);
	dice_fill(&dice, block, BLOCK);
	n = round_trip(BLOCK);
	ok(n >= BLOCK, "a block of random bytes becomes %zu", n);
}

/* Bytes overwritten, lengths of records among them; sizes that lie. */
static void
check_damaged(void)
{
	size_t bad = 0, len;

	for (int round = 0; round < 300; round++) {
		len = fill_records(20000, 3);
		for (uint64_t i = dice_below(&dice, 200); i > 0; i--)
			block[dice_below(&dice, len)] =
			    (uint8_t)dice_any(&dice);
		bad += round_trip(len) == 0;
	}
	is_uint(bad, 0, "damaged records come back");
	for (int round = 0; round < 300; round++) {
		len = dice_below(&dice, 20000);
		for (size_t i = 0; i < len; i++)
			block[i] = (uint8_t)(dice_below(&dice, 7) * 12);
		bad += round_trip(len) == 0;
	}
	is_uint(bad, 0, "records of made-up sizes come back");
}

/* Record i of count, all of len bytes, which are zero but for their place. */
static size_t
fill_plain(size_t count, uint16_t len)
{
	memset(block, 0, count * len);
	for (size_t i = 0; i < count; i++) {
		memcpy(block + i * len, &(uint16_t){ RECORD_FLOW_V3 }, 2);
		memcpy(block + i * len + 2, &len, 2);
		memcpy(block + i * len + 12, &i, 4);
	}
	return count * len;
}

/* Sources that look right and must not be taken, or only just. */
static void
check_sources(void)
{
	const uint16_t lens[] = { 12, 60, 61, 80, 88, 116, 124, 4096, 32767,
		32768, 65535 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		ok(round_trip(fill_plain(16, lens[i])) > 0,
		    "records of %u bytes come back", lens[i]);

	/* A rare key, 65472 bytes back and, too far, 65596. */
	for (size_t apart = 528; apart <= 529; apart++) {
		size_t len = fill_plain(600, 124);

		memset(block + 124 + 72, 'k', 40);
		memset(block + 124 * (1 + apart) + 72, 'k', 40);
		ok(round_trip(len) > 0, "a key %zu bytes back", apart * 124);
	}

	/*
	 * A key that stands at the start of the block: seen from there, the
	 * part of the record that goes with it would begin before the block.
	 */
	dice_fill(&dice, block, 400);
	memcpy(block, &(uint16_t[]){ RECORD_EXPORTER, 16 }, 4);
	memcpy(block + 16, &(uint16_t[]){ RECORD_FLOW_V3, 124 }, 4);
	memcpy(block + 16 + 108, block, 8);
	ok(round_trip(400) > 0, "a key at the start of the block");
}

/* The room is all that was allocated, so that a write behind it is found. */
static void
check_room(void)
{
	size_t len = fill_records(2000, 3), n = round_trip(len), bad = 0, got;
	uint8_t *room;

	for (size_t size = 0; size <= n + 40; size++) {
		if ((room = malloc(size + GUARD)) == NULL)
			bail("out of memory");
		memset(room + size, 0xa5, GUARD);
		got = lz4_records_compress(block, len, room, size);
		if (got != (size < n ? 0 : n) ||
		    (got != 0 && memcmp(room, packed, n) != 0))
			bad++;
		for (size_t i = 0; i < GUARD; i++)
			bad += room[size + i] != 0xa5;
		free(room);
	}
	is_uint(bad, 0, "%zu bytes: refused below, the same from there on", n);
}

int
main(void)
{
	dice_init(&dice);
	check_records("records of one shape", UINT64_MAX);
	check_records("records of two shapes", 4);
	check_sizes();
	check_runs();
	check_damaged();
	check_sources();
	check_room();
	return done_testing();
}
