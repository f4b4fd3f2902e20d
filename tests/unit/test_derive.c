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
	test_rest();
	return done_testing();
}
