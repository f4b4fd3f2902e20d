/*
 * Sums and orders: names, directions, values at their limits.
 */

#include <stdio.h>
#include <string.h>

#include "query/sums.h"
#include "tap.h"

static const struct {
	const char *name;
	enum order_id id;
	bool is_ascending;
} names[] = {
	{ "flows", ORDER_FLOWS, false },
	{ "packets", ORDER_PACKETS, false },
	{ "ipkg", ORDER_IN_PACKETS, false },
	{ "opkg", ORDER_OUT_PACKETS, false },
	{ "bytes", ORDER_BYTES, false },
	{ "ibyte", ORDER_IN_BYTES, false },
	{ "obyte", ORDER_OUT_BYTES, false },
	{ "pps", ORDER_PPS, false },
	{ "ipps", ORDER_IN_PPS, false },
	{ "opps", ORDER_OUT_PPS, false },
	{ "bps", ORDER_BPS, false },
	{ "ibps", ORDER_IN_BPS, false },
	{ "obps", ORDER_OUT_BPS, false },
	{ "bpp", ORDER_BPP, false },
	{ "ibpp", ORDER_IN_BPP, false },
	{ "obpp", ORDER_OUT_BPP, false },
	{ "tstart", ORDER_FIRST, true },
	{ "tend", ORDER_LAST, true },
	{ "duration", ORDER_DURATION, false },
	{ "distinct", ORDER_DISTINCT, false },
	{ "p95", ORDER_P95, false },
	{ "ipackets", ORDER_IN_PACKETS, false },
	{ "opackets", ORDER_OUT_PACKETS, false },
	{ "ibytes", ORDER_IN_BYTES, false },
	{ "obytes", ORDER_OUT_BYTES, false },
	{ "BYTES", ORDER_BYTES, false },
	{ "tStart", ORDER_FIRST, true },
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static void
test_names(void)
{
	bool has_name[ORDER_COUNT] = { false };
	char text[32];
	struct order o;

	for (size_t i = 0; i < NAMES; i++) {
		has_name[names[i].id] = true;
		ok(order_parse(names[i].name, &o) == 0 &&
		    o.id == names[i].id &&
		    o.is_ascending == names[i].is_ascending,
		    "%s", names[i].name);
		snprintf(text, sizeof(text), "%s:a", names[i].name);
		ok(order_parse(text, &o) == 0 && o.id == names[i].id &&
		    o.is_ascending, "%s", text);
		snprintf(text, sizeof(text), "%s:d", names[i].name);
		ok(order_parse(text, &o) == 0 && o.id == names[i].id &&
		    !o.is_ascending, "%s", text);
	}
	for (int id = 0; id < ORDER_COUNT; id++) {
		ok(has_name[id], "order %d was tried", id);
		ok(order_parse(order_name((enum order_id)id), &o) == 0 &&
		    (int)o.id == id, "order %d has a name that leads back",
		    id);
	}
	is_str(order_name(ORDER_IN_PACKETS), "ipkg", "the first name, no alias");
	is_str(order_name(ORDER_INPUT), "input", "no order");
}

static void
test_unknown(void)
{
	static const char *const texts[] = { "", ":a", ":d", "foo", "byte",
		"bytess", "bytes:", "bytes:x", "bytes:A", "bytes:ad",
		"bytes:a:d", " bytes", "bytes ", "input", "b" };
	struct order o;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		is_int(order_parse(texts[i], &o), -1, "\"%s\" is no order",
		    texts[i]);
}

/* Every order of a row whose counters all differ. */
static void
test_values(void)
{
	const struct sums s = { .first_ms = 10000, .last_ms = 12000,
		.in_packets = 30, .in_bytes = 4000, .out_packets = 70,
		.out_bytes = 900, .flows = 5, .distinct = 6, .p95_bps = 7,
		.tcp_flags = 0x1b };
	static const uint64_t want[ORDER_COUNT] = {
		[ORDER_FLOWS] = 5,
		[ORDER_PACKETS] = 100,
		[ORDER_IN_PACKETS] = 30,
		[ORDER_OUT_PACKETS] = 70,
		[ORDER_BYTES] = 4900,
		[ORDER_IN_BYTES] = 4000,
		[ORDER_OUT_BYTES] = 900,
		[ORDER_PPS] = 50,
		[ORDER_IN_PPS] = 15,
		[ORDER_OUT_PPS] = 35,
		[ORDER_BPS] = 19600,
		[ORDER_IN_BPS] = 16000,
		[ORDER_OUT_BPS] = 3600,
		[ORDER_BPP] = 49,
		[ORDER_IN_BPP] = 133,
		[ORDER_OUT_BPP] = 12,
		[ORDER_FIRST] = 10000,
		[ORDER_LAST] = 12000,
		[ORDER_DURATION] = 2000,
		[ORDER_DISTINCT] = 6,
		[ORDER_P95] = 7,
	};

	for (int id = 0; id < ORDER_COUNT; id++)
		is_uint(order_value((enum order_id)id, &s), want[id], "%s",
		    order_name((enum order_id)id));
	is_uint(order_value(ORDER_INPUT, &s), 0, "no order, no value");
}

static void
test_limits(void)
{
	struct sums s = { .first_ms = 5, .last_ms = 5, .in_bytes = 100,
		.in_packets = 0, .out_packets = 3 };

	is_uint(order_value(ORDER_BPS, &s), 0, "bps without a duration");
	is_uint(order_value(ORDER_PPS, &s), 0, "pps without a duration");
	is_uint(order_value(ORDER_IN_BPP, &s), 0, "ibpp without packets");
	is_uint(order_value(ORDER_BPP, &s), 33, "bpp of both sides");
	s.last_ms = 4;
	is_uint(order_value(ORDER_DURATION, &s), 0, "ends before it begins");
	is_uint(order_value(ORDER_IN_BPS, &s), 0, "and has no rate");
	s.last_ms = 6;
	s.in_bytes = UINT64_MAX;
	is_uint(order_value(ORDER_IN_BPS, &s), UINT64_MAX, "ibps saturates");
	s.out_packets = UINT64_MAX;
	is_uint(order_value(ORDER_OUT_PPS, &s), UINT64_MAX, "opps saturates");
	s.last_ms = 8005;
	is_uint(order_value(ORDER_IN_BPS, &s), UINT64_MAX, "ibps, just so");
	s.last_ms = 16005;
	is_uint(order_value(ORDER_IN_BPS, &s), UINT64_MAX / 2,
	    "ibps where the product does not fit");
}

static void
test_merge(void)
{
	struct sums s = { .first_ms = 100, .last_ms = 200, .in_packets = 1,
		.in_bytes = 2, .out_packets = 3, .out_bytes = 4, .flows = 5,
		.distinct = 6, .p95_bps = 7, .tcp_flags = 0x02 };
	const struct sums o = { .first_ms = 50, .last_ms = 150,
		.in_packets = 10, .in_bytes = 20, .out_packets = 30,
		.out_bytes = 40, .flows = 50, .distinct = 60, .p95_bps = 70,
		.tcp_flags = 0x10, .turned_flags = 0x04 };
	const struct sums later = { .first_ms = 300, .last_ms = 400,
		.tcp_flags = 0x02 };

	sums_merge(&s, &o);
	ok(s.first_ms == 50 && s.last_ms == 200, "smallest and largest time");
	ok(s.in_packets == 11 && s.in_bytes == 22 && s.out_packets == 33 &&
	    s.out_bytes == 44 && s.flows == 55, "counters");
	ok(s.distinct == 6 && s.p95_bps == 7, "what is no sum stays");
	is_uint(s.tcp_flags, 0x12, "flags");
	is_uint(s.turned_flags, 0x04, "flags against the direction");
	sums_merge(&s, &later);
	ok(s.first_ms == 50 && s.last_ms == 400 && s.flows == 55 &&
	    s.tcp_flags == 0x12, "a later one");
}

int
main(void)
{
	test_names();
	test_unknown();
	test_values();
	test_limits();
	test_merge();
	return done_testing();
}
