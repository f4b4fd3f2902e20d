/*
 * Byte reader and writer: numbers of every length, bounds, and random
 * sequences against a twin that shifts single bytes.
 */
#include "base/bytes.h"

#include <stdlib.h>

#include "dice.h"
#include "tap.h"

static const uint8_t digits[] = { 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7,
	0xf8, 0x09 };

/* Big endian number, one byte at a time. */
static uint64_t
twin_be(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)p[i] << 8 * (len - 1 - i);
	return v;
}

static void
test_load(void)
{
	uint8_t out[10];

	for (size_t len = 0; len <= 8; len++)
		is_uint(load_be(digits, len), twin_be(digits, len),
		    "load_be() of %zu bytes", len);
	is_uint(load_be16(digits + 1), 0x92a3, "load_be16(), unaligned");
	is_uint(load_be32(digits + 1), 0x92a3b4c5, "load_be32(), unaligned");
	is_uint(load_be64(digits + 1), UINT64_C(0x92a3b4c5d6e7f809),
	    "load_be64(), unaligned");
	memset(out, 0, sizeof(out));
	store_be16(out + 1, 0x8182);
	is_mem(out, "\0\x81\x82\0", 4, "store_be16()");
	store_be32(out + 1, 0x91929394);
	is_mem(out, "\0\x91\x92\x93\x94\0", 6, "store_be32()");
	store_be64(out + 1, UINT64_C(0xa1a2a3a4a5a6a7a8));
	is_mem(out, "\0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\0", 10, "store_be64()");
	store_u16(out + 1, 0x1234);
	is_uint(load_u16(out + 1), 0x1234, "a u16 comes back");
	store_u32(out + 1, 0x12345678);
	is_uint(load_u32(out + 1), 0x12345678, "a u32 comes back");
	store_u64(out + 1, UINT64_MAX - 1);
	is_uint(load_u64(out + 1), UINT64_MAX - 1, "a u64 comes back");
}

static void
test_reader_bounds(void)
{
	struct reader r;

	reader_init(&r, digits, 4);
	is_uint(reader_uint(&r, 3), 0x8192a3, "three bytes");
	ok(reader_take(&r, 0) == digits + 3 && !r.bad,
	    "no bytes are always there");
	is_uint(reader_uint(&r, 2), 0, "one too many gives 0");
	ok(r.bad, "and is bad");
	ok(r.pos == digits + 3 && r.left == 1, "and moves no further");
	ok(reader_take(&r, 1) == NULL, "what is left is refused then");
	is_uint(reader_host(&r, 1), 0, "a number too");
	reader_init(&r, digits, 4);
	ok(reader_take(&r, SIZE_MAX) == NULL && r.bad, "a huge length");
	reader_init(&r, digits, 4);
	ok(reader_take(&r, 4) == digits && r.left == 0 && !r.bad,
	    "all bytes at once");
	ok(reader_take(&r, 1) == NULL && r.bad, "none is left");
	reader_init(&r, NULL, 0);
	reader_take(&r, 0);
	ok(!r.bad, "no bytes of nothing");
	ok(reader_take(&r, 1) == NULL && r.bad, "one byte of nothing");
}

static void
test_reader_host(void)
{
	uint8_t data[15];
	struct reader r;

	store_u32(data, 0x12345678);
	store_u16(data + 4, 0xfedc);
	store_u64(data + 6, UINT64_C(0x8000000000000001));
	data[14] = 0xff;
	reader_init(&r, data, sizeof(data));
	is_uint(reader_host(&r, 4), 0x12345678, "u32 in host order");
	is_uint(reader_host(&r, 2), 0xfedc, "u16 in host order");
	is_uint(reader_host(&r, 8), UINT64_C(0x8000000000000001),
	    "u64 in host order");
	is_uint(reader_host(&r, 1), 0xff, "u8");
	ok(!r.bad && r.left == 0, "everything was read");
	for (size_t len = 1; len <= 8; len *= 2) {
		reader_init(&r, data, len - 1);
		is_uint(reader_host(&r, len), 0, "%zu bytes of %zu: 0", len,
		    len - 1);
		ok(r.bad, "%zu bytes of %zu: bad", len, len - 1);
	}
}

static void
test_writer(void)
{
	uint8_t out[16];
	struct writer w;

	memset(out, 0xee, sizeof(out));
	writer_init(&w, out, 15);
	writer_uint(&w, UINT64_C(0x1122334455667788), 3);
	writer_bytes(&w, "ab", 2);
	writer_bytes(&w, NULL, 0);
	writer_zero(&w, 2);
	writer_zero(&w, 0);
	writer_uint(&w, 5, 0);
	writer_uint(&w, UINT64_C(0x1122334455667788), 8);
	is_mem(out,
	    "\x66\x77\x88"
	    "ab\0\0\x11\x22\x33\x44\x55\x66\x77\x88\xee",
	    16, "what was written, and not more");
	ok(!w.bad && w.used == 15 && w.left == 0, "it fits exactly");
	writer_zero(&w, 1);
	ok(w.bad && w.used == 15 && out[15] == 0xee, "then it is full");
	writer_init(&w, out, 4);
	writer_uint(&w, 1, 5);
	ok(w.bad && w.used == 0 && out[0] == 0x66, "five bytes in four");
	writer_uint(&w, 1, 1);
	ok(out[0] == 0x66, "nothing is written after that");
	writer_init(&w, out, 4);
	ok(writer_room(&w, SIZE_MAX) == NULL && w.bad, "a huge length");
	writer_init(&w, NULL, 0);
	writer_zero(&w, 0);
	ok(!w.bad, "no bytes into nothing");
	writer_uint(&w, 0, 1);
	ok(w.bad, "one byte into nothing");
}

static void
test_writer_host(void)
{
	static const size_t lens[] = { 1, 2, 4, 8 };
	const uint64_t value = UINT64_C(0x8182838485868788);
	uint8_t out[9];
	struct writer w;
	struct reader r;

	for (size_t i = 0; i < 4; i++) {
		memset(out, 0xee, sizeof(out));
		writer_init(&w, out, lens[i]);
		writer_host(&w, value, lens[i]);
		reader_init(&r, out, lens[i]);
		is_uint(reader_host(&r, lens[i]),
		    value & UINT64_MAX >> (64 - 8 * lens[i]),
		    "%zu bytes in host order come back", lens[i]);
		ok(out[lens[i]] == 0xee && !w.bad && w.left == 0,
		    "and are %zu bytes", lens[i]);
		writer_host(&w, value, lens[i]);
		ok(w.bad && out[lens[i]] == 0xee, "there is no second place");
	}
}

/* Random lengths through writer and reader, with the sum kept by hand. */
static int
round_trip(struct dice *d)
{
	uint8_t data[64];
	size_t lens[64], room = dice_below(d, sizeof(data) + 1), used = 0;
	uint64_t values[64];
	unsigned count = 0;
	struct writer w;
	struct reader r;

	writer_init(&w, data, room);
	while (!w.bad) {
		lens[count] = 1 + dice_below(d, 8);
		values[count] = dice_next(d) >> (64 - 8 * lens[count]);
		writer_uint(&w, values[count], lens[count]);
		if (w.bad != (used + lens[count] > room))
			return 0;
		if (!w.bad)
			used += lens[count++];
	}
	if (w.used != used)
		return 0;
	reader_init(&r, data, used);
	for (unsigned i = 0; i < count; i++)
		if (reader_uint(&r, lens[i]) != values[i] || r.bad)
			return 0;
	return r.left == 0 && reader_uint(&r, 1) == 0 && r.bad;
}

static void
test_random(void)
{
	struct dice d;
	int good = 1;

	dice_init(&d);
	for (int i = 0; good && i < 20000; i++)
		good = round_trip(&d);
	ok(good, "random numbers come back until the space ends");
}

int
main(void)
{
	test_load();
	test_reader_bounds();
	test_reader_host();
	test_writer();
	test_writer_host();
	test_random();
	return done_testing();
}
