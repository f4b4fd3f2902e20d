/*
 * Hashes: known values, no two inputs of a sample alike, every input bit
 * moves about half of the output.
 */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "tap.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

static void
test_known(void)
{
	is_uint(hash_u64(GOLDEN), UINT64_C(0xe220a8397b1dcdaf),
	    "first number of SplitMix64");
	is_uint(hash_u64(2 * GOLDEN), UINT64_C(0x6e789e6aa1b965f4),
	    "second number of SplitMix64");
	is_uint(hash_u64(3 * GOLDEN), UINT64_C(0x06c45d188009454f),
	    "third number of SplitMix64");
	is_uint(hash_bytes("", 0, 0), UINT64_C(0x2d06800538d394c2),
	    "XXH3 of nothing");
	is_uint(hash_bytes(NULL, 0, 0), hash_bytes("", 0, 0),
	    "no bytes need no pointer");
}

static unsigned
bits_of(uint64_t v)
{
	return (unsigned)__builtin_popcountll(v);
}

/* Mean number of output bits that a flip of one input bit changes. */
static double
avalanche_u64(struct dice *d, unsigned input_bit)
{
	unsigned sum = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t v = dice_next(d);

		sum += bits_of(
		    hash_u64(v) ^ hash_u64(v ^ UINT64_C(1) << input_bit));
	}
	return sum / 1000.0;
}

static double
avalanche_pair(struct dice *d, unsigned input_bit)
{
	unsigned sum = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t a = dice_next(d), b = dice_next(d);
		uint64_t flip = UINT64_C(1) << input_bit % 64;

		sum += bits_of(hash_pair(a, b) ^
		    (input_bit < 64 ? hash_pair(a ^ flip, b) :
				      hash_pair(a, b ^ flip)));
	}
	return sum / 1000.0;
}

static void
test_avalanche(struct dice *d)
{
	int good = 1;

	/* a mean of 1000 samples strays from 32 by 0.13; 2 is no accident */
	for (unsigned i = 0; i < 64; i++)
		good &= avalanche_u64(d, i) > 28 && avalanche_u64(d, i) < 36;
	ok(good, "every bit of a word moves half of its hash");
	for (unsigned i = 0; i < 128; i++)
		good &= avalanche_pair(d, i) > 28 && avalanche_pair(d, i) < 36;
	ok(good, "every bit of a pair moves half of its hash");
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
are_distinct(uint64_t *v, size_t count)
{
	qsort(v, count, sizeof(*v), compare);
	for (size_t i = 1; i < count; i++)
		if (v[i] == v[i - 1])
			return 0;
	return 1;
}

/* What tables meet: neighbours, pairs of small numbers, zeroes. */
static void
test_distinct(void)
{
	static uint64_t v[1 << 16];
	uint8_t zeroes[256] = { 0 };

	for (size_t i = 0; i < 1 << 16; i++)
		v[i] = hash_u64(i);
	ok(are_distinct(v, 1 << 16), "neighbours have hashes of their own");
	for (size_t i = 0; i < 1 << 16; i++)
		v[i] = hash_pair(i >> 8, i & 0xff);
	ok(are_distinct(v, 1 << 16), "pairs too, in either order");
	for (size_t i = 0; i < 256; i++)
		v[i] = hash_bytes(zeroes, i, 0);
	ok(are_distinct(v, 256), "zeroes of different lengths too");
	for (size_t i = 0; i < 256; i++)
		v[i] = hash_bytes("flow", 4, i);
	ok(are_distinct(v, 256), "and seeds make a difference");
}

/* 65536 pairs over 256 lists by the low bits: 256 a list, give or take. */
static void
test_spread(void)
{
	unsigned lists[256] = { 0 }, low = 65536, high = 0;

	for (size_t i = 0; i < 1 << 16; i++)
		lists[hash_pair(i << 16, i) & 0xff]++;
	for (size_t i = 0; i < 256; i++) {
		low = lists[i] < low ? lists[i] : low;
		high = lists[i] > high ? lists[i] : high;
	}
	ok(low > 176 && high < 336, "lists hold %u to %u of 65536", low, high);
}

static void
test_bytes(struct dice *d)
{
	uint8_t data[300], moved[310];
	int good = 1;

	for (int i = 0; good && i < 2000; i++) {
		size_t len = 1 + dice_below(d, 299), at = dice_below(d, 10);
		uint64_t seed = dice_next(d), hash;

		dice_fill(d, data, len);
		memcpy(moved + at, data, len);
		hash = hash_bytes(data, len, seed);
		good = hash_bytes(moved + at, len, seed) == hash;
		moved[at + dice_below(d, len)] ^= 1 << dice_below(d, 8);
		good = good && hash_bytes(moved + at, len, seed) != hash;
	}
	ok(good, "bytes count, not where they are");
}

int
main(void)
{
	struct dice d;

	dice_init(&d);
	test_known();
	test_avalanche(&d);
	test_distinct();
	test_spread();
	test_bytes(&d);
	return done_testing();
}
