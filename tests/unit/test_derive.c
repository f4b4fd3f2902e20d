/*
 * Values derived from fields.
 */
#include <inttypes.h>

#include "dice.h"
#include "flow/derive.h"
#include "tap.h"

#define ROUNDS 100000

static void
test_rate(struct dice *dice)
{
	int same = 1;

	is_uint(flow_rate(4479, 1000, 5), 895800, "exact, not floating");
	is_uint(flow_rate(7, 8000, 0), 0, "no duration");
	is_uint(flow_rate(UINT64_MAX, 8000, 8000), UINT64_MAX, "no change");
	is_uint(flow_rate(UINT64_MAX, 8000, 7999), UINT64_MAX, "too large");
	is_uint(flow_rate(UINT64_MAX, 8000, UINT64_MAX), 8000, "so long");
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t ms = 1 + dice_any(dice) % 100000000;
		uint64_t v = dice_any(dice);
		uint64_t seconds = v / ms, rest = v % ms * 8000 / ms;
		uint64_t want = seconds > (UINT64_MAX - rest) / 8000 ?
		    UINT64_MAX : seconds * 8000 + rest;

		if (flow_rate(v, 8000, ms) != want) {
			note("%" PRIu64 " in %" PRIu64 " ms", v, ms);
			same = 0;
		}
	}
	ok(same, "rates in two parts");
}

/* A share of an amount: the factor is as large as the duration. */
static void
test_share(struct dice *dice)
{
	const uint64_t decades = UINT64_C(1) << 40;
	int same = 1;

	is_uint(flow_rate(decades - 4, decades / 4 * 3, decades),
	    decades / 4 * 3 - 3, "three quarters");
	is_uint(flow_rate(UINT64_MAX - 1, UINT64_MAX - 1, UINT64_MAX),
	    UINT64_MAX - 2, "the largest");
	is_uint(flow_rate(UINT64_MAX - 1, UINT64_MAX, UINT64_MAX - 1),
	    UINT64_MAX, "a factor above the duration");
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned log = 32 + (unsigned)dice_below(dice, 32);
		unsigned shift = (unsigned)dice_below(dice, 33);
		uint64_t part = dice_next(dice) >> 33;
		uint64_t t = 1 + (dice_next(dice) >> 32);

		if (flow_rate(part << shift, t, UINT64_C(1) << log) !=
		    part * t >> (log - shift)) {
			note("%" PRIu64 " << %u by %" PRIu64 " in 1 << %u",
			    part, shift, t, log);
			same = 0;
		}
	}
	ok(same, "shares of a power of two");
}

static void
test_rest(void)
{
	unsigned icmp = 0;

	is_uint(flow_duration_ms(5, 7), 2, "duration");
	is_uint(flow_duration_ms(7, 5), 0, "ends before it begins");
	for (unsigned proto = 0; proto < 256; proto++)
		icmp += flow_is_icmp((uint8_t)proto);
	ok(icmp == 2 && flow_is_icmp(1) && flow_is_icmp(58), "ICMP");
}

int
main(void)
{
	struct dice dice;

	dice_init(&dice);
	test_rate(&dice);
	test_share(&dice);
	test_rest();
	return done_testing();
}
