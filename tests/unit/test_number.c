/*
 * Numbers and padded text against printf on random input, and by hand where
 * printf has no such form.
 */
#include "output/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "tap.h"

#define ROUNDS 20000

/* What is written without a NUL, as text; the rest must stay untouched. */
static struct dice dice;
static char got[256];

static char *
start(void)
{
	memset(got, '#', sizeof(got));
	return got;
}

static int
agrees(const char *end, const char *want)
{
	size_t len = (size_t)(end - got);

	if (len == strlen(want) && memcmp(got, want, len) == 0)
		return 1;
	note("%.*s, not %s", (int)len, got, want);
	return 0;
}

static void
test_decimal(void)
{
	int put = 1, right = 1, left = 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t v = dice_any(&dice);
		int width = (int)dice_below(&dice, NUMBER_WIDTH_MAX + 1);
		char want[128];

		snprintf(want, sizeof(want), "%" PRIu64, v);
		put &= agrees(number_put(start(), v), want);
		snprintf(want, sizeof(want), "%*" PRIu64, width, v);
		right &= agrees(number_right(start(), v, (unsigned)width),
		    want);
		snprintf(want, sizeof(want), "%-*" PRIu64, width, v);
		left &= agrees(number_left(start(), v, (unsigned)width),
		    want);
	}
	ok(put, "decimal");
	ok(right, "right-aligned");
	ok(left, "left-aligned");
}

static void
test_edges(void)
{
	uint64_t power = 1;
	int same = 1;

	for (unsigned i = 0; i < 20; i++, power *= 10)
		for (uint64_t v = power - 1; v <= power + 1; v++) {
			char want[128];

			snprintf(want, sizeof(want), "%" PRIu64, v);
			same &= agrees(number_put(start(), v), want);
			snprintf(want, sizeof(want), "%7" PRIu64, v);
			same &= agrees(number_right(start(), v, 7), want);
		}
	ok(same, "at powers of ten");
	ok(agrees(number_put(start(), UINT64_MAX), "18446744073709551615"),
	    "the largest");
}

static void
test_hex_and_milli(void)
{
	int hex = 1, milli = 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t v = dice_any(&dice);
		int width = (int)dice_below(&dice, 20);
		char want[128], number[64];

		snprintf(want, sizeof(want), "%0*" PRIx64, width, v);
		hex &= agrees(number_hex(start(), v, (unsigned)width), want);
		snprintf(number, sizeof(number), "%" PRIu64 ".%03u", v / 1000,
		    (unsigned)(v % 1000));
		snprintf(want, sizeof(want), "%*s", width, number);
		milli &= agrees(number_milli(start(), v, (unsigned)width),
		    want);
	}
	ok(hex, "hexadecimal");
	ok(milli, "thousandths");
}

static void
scaled_twin(char *want, size_t size, uint64_t v, int width)
{
	static const struct {
		double unit;
		char letter;
	} units[] = { { 1e12, 'T' }, { 1e9, 'G' }, { 1e6, 'M' } };
	char number[64];

	snprintf(number, sizeof(number), "%" PRIu64, v);
	for (unsigned i = 0; i < 3; i++)
		if (v >= (uint64_t)units[i].unit) {
			snprintf(number, sizeof(number), "%.1f %c",
			    (double)v / units[i].unit, units[i].letter);
			break;
		}
	snprintf(want, size, "%*s", width, number);
}

static int
scaled_agrees(uint64_t v)
{
	char want[128];
	int width = (int)dice_below(&dice, 12);

	scaled_twin(want, sizeof(want), v, width);
	return agrees(number_scaled(start(), v, (unsigned)width), want);
}

static void
test_scaled(void)
{
	static const struct {
		uint64_t v;
		const char *want;
	} known[] = {
		{ 0, "       0" }, { 999999, "  999999" },
		{ 1000000, "   1.0 M" }, { 1049999, "   1.0 M" },
		{ 1050000, "   1.1 M" }, { 1150000, "   1.1 M" },
		{ 999949999, " 999.9 M" }, { 999950000, "1000.0 M" },
		{ 1000000000, "   1.0 G" }, { 999999999999, "1000.0 G" },
		{ 1000000000000, "   1.0 T" },
		{ UINT64_MAX, "18446744.1 T" },
	};
	int any = 1, ties = 1;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ok(agrees(number_scaled(start(), known[i].v, 8),
		    known[i].want), "scaled %" PRIu64, known[i].v);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t tie = UINT64_C(50000) * dice_below(&dice, 30000);

		any &= scaled_agrees(dice_any(&dice));
		for (uint64_t unit = 1; unit <= 1000000; unit *= 1000)
			for (uint64_t off = 0; off < 3; off++)
				ties &= scaled_agrees(tie * unit + off - 1);
	}
	ok(any, "scaled as printf rounds");
	ok(ties, "scaled around ties");
}

static int
percent_agrees(uint64_t v, uint64_t total)
{
	char want[128];
	int width = (int)dice_below(&dice, 8);

	snprintf(want, sizeof(want), "%*.1f", width,
	    total == 0 ? 0.0 : 100.0 * (double)v / (double)total);
	return agrees(number_percent(start(), v, total, (unsigned)width),
	    want);
}

static void
test_percent(void)
{
	int any = 1, ties = 1;

	ok(agrees(number_percent(start(), 1, 3, 4), "33.3"), "a third");
	ok(agrees(number_percent(start(), 30, 340, 4), " 8.8"), "8.8");
	ok(agrees(number_percent(start(), 7, 7, 4), "100.0"), "all");
	ok(agrees(number_percent(start(), 7, 0, 4), " 0.0"), "of nothing");
	ok(agrees(number_percent(start(), 1, 400, 0), "0.2"), "even tie");
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t total = 2000 * (1 + dice_below(&dice, 100));

		any &= percent_agrees(dice_any(&dice), dice_any(&dice));
		ties &= percent_agrees(dice_below(&dice, total), total);
	}
	ok(any, "percentages as printf rounds");
	ok(ties, "percentages around ties");
}

static void
test_duration(void)
{
	static const struct {
		uint64_t ms;
		const char *want;
	} known[] = {
		{ 0, "    00:00:00.000" }, { 1, "    00:00:00.001" },
		{ 59999, "    00:00:59.999" }, { 60000, "    00:01:00.000" },
		{ 3600000, "    01:00:00.000" },
		{ 86399999, "    23:59:59.999" },
		{ 86400000, " 1d 00:00:00.000" },
		{ 863999999, " 9d 23:59:59.999" },
		{ 864000000, "10d 00:00:00.000" },
		{ UINT64_C(8640000000), "100d 00:00:00.000" },
		{ UINT64_MAX, "213503982334d 14:25:51.615" },
	};
	int same = 1;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ok(agrees(number_duration(start(), known[i].ms),
		    known[i].want), "duration %s", known[i].want);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t ms = dice_any(&dice), s = ms / 1000 % 86400;
		char want[64], days[32] = "    ";

		if (ms >= 86400000)
			snprintf(days, sizeof(days), "%2" PRIu64 "d ",
			    ms / 86400000);
		snprintf(want, sizeof(want), "%s%02u:%02u:%02u.%03u", days,
		    (unsigned)(s / 3600), (unsigned)(s / 60 % 60),
		    (unsigned)(s % 60), (unsigned)(ms % 1000));
		same &= agrees(number_duration(start(), ms), want);
	}
	ok(same, "durations as printf");
}

static void
test_mac(void)
{
	int same = 1;

	ok(agrees(number_mac(start(), 0), "00:00:00:00:00:00"), "zero");
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t v = dice_any(&dice);
		char want[32];

		snprintf(want, sizeof(want),
		    "%02x:%02x:%02x:%02x:%02x:%02x",
		    (unsigned)(v >> 40 & 0xff), (unsigned)(v >> 32 & 0xff),
		    (unsigned)(v >> 24 & 0xff), (unsigned)(v >> 16 & 0xff),
		    (unsigned)(v >> 8 & 0xff), (unsigned)(v & 0xff));
		same &= agrees(number_mac(start(), v), want);
	}
	ok(same, "MAC addresses");
}

static void
test_text(void)
{
	static const char text[] = "a text of more than thirty-two bytes";
	int right = 1, left = 1;

	for (int len = 0; len < (int)sizeof(text); len++)
		for (int width = 0; width <= NUMBER_WIDTH_MAX; width++) {
			char want[128];

			snprintf(want, sizeof(want), "%*.*s", width, len,
			    text);
			right &= agrees(number_text_right(start(), text,
			    (size_t)len, (unsigned)width), want);
			snprintf(want, sizeof(want), "%-*.*s", width, len,
			    text);
			left &= agrees(number_text_left(start(), text,
			    (size_t)len, (unsigned)width), want);
		}
	ok(right, "text right-aligned");
	ok(left, "text left-aligned");
}

int
main(void)
{
	dice_init(&dice);
	test_decimal();
	test_edges();
	test_hex_and_milli();
	test_scaled();
	test_percent();
	test_duration();
	test_mac();
	test_text();
	return done_testing();
}
