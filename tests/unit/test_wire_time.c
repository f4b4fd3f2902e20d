/*
 * Times of NetFlow v9 and IPFIX: every unit, precision, missing ends, init
 * time, events.
 */
#include "tap.h"
#include "wirekit.h"

/* 2023-11-14 22:13:19 in NTP seconds, one second before the export. */
#define NTP "e8fe6f7f"

struct time_case {
	const char *what;
	const char *fields;
	const char *hex;
	int64_t first; /* ms before the export */
	int64_t last;
};

/* clang-format off */

static const struct time_case both[] = {
	{ "ms", "152/8 153/8", "0000018bcfe563d8 0000018bcfe567c0", 1064, 64 },
	{ "seconds", "150/4 151/4", "6553f0f6 6553f0ff", 10000, 1000 },
	{ "seconds of 8 bytes", "150/8 151/8",
	    "000000006553f0f6 000000006553f0ff", 10000, 1000 },
	{ "microseconds", "154/8 155/8",
	    NTP "40000000 " NTP "80000000", 750, 500 },
	{ "plain microseconds", "154/8 155/8",
	    NTP "0003d091 " NTP "00000000", 750, 1000 },
	{ "nanoseconds", "156/8 157/8",
	    NTP "40000001 " NTP "80000001", 750, 500 },
	{ "microseconds ago", "158/4 159/4", "001e8480 000f4240", 2000,
	    1000 },
	{ "start only", "152/8", "0000018bcfe563d8", 1064, 1064 },
	{ "end only", "153/8", "0000018bcfe563d8", 1064, 1064 },
	{ "start and duration in ms", "152/8 161/4",
	    "0000018bcfe563d8 000003e8", 1064, 64 },
	{ "start and duration in us", "162/4 152/8",
	    "000f4240 0000018bcfe563d8", 1064, 64 },
	{ "end and duration", "153/8 161/4",
	    "0000018bcfe563d8 000003e8", 2064, 1064 },
	{ "zero end", "152/8 153/8", "0000018bcfe563d8 0000000000000000",
	    1064, 1064 },
	{ "ms win over seconds", "150/4 151/4 152/8 153/8",
	    "6553f0f6 6553f0ff 0000018bcfe563d8 0000018bcfe567c0", 1064, 64 },
	{ "in any order", "152/8 153/8 150/4 151/4",
	    "0000018bcfe563d8 0000018bcfe567c0 6553f0f6 6553f0ff", 1064, 64 },
	{ "seconds win over uptime", "150/4 151/4 22/4 21/4",
	    "6553f0f6 6553f0ff 00000001 00000001", 10000, 1000 },
	{ "each end its best", "150/4 153/8", "6553f0f6 0000018bcfe567c0",
	    10000, 64 },
	{ "none", "7/2", "0001", 0, 0 },
	{ "observation", "323/8", "0000018bcfe563d8", 1064, 1064 },
	{ "observation in seconds", "322/4", "6553f0ff", 1000, 1000 },
	{ "observation in us", "324/8", NTP "80000000", 500, 500 },
	{ "observation in ns", "325/8", NTP "80000000", 500, 500 },
	{ "observation hides nothing", "323/8 152/8 230/1",
	    "0000018bcfe567c0 0000018bcfe563d8 04", 1064, 1064 },
	{ "the far future is kept", "152/8 153/8",
	    "0000018bd50bc400 0000018bd50bc400", -86400000, -86400000 },
};

static const struct time_case of_v9[] = {
	{ "uptime", "22/4 21/4", "000f1b30 000f3e58", 10000, 1000 },
	{ "uptime of 8 bytes", "21/8 22/8",
	    "00000000000f3e58 00000000000f1b30", 10000, 1000 },
	{ "after the uptime", "22/4 21/4", "000f4240 000f4434", 0, -500 },
	{ "wrap", "22/4 21/4", "fffffc18 00000001", 1001000, 999999 },
	{ "first after last", "22/4 21/4", "000f3e58 000f1b30", 10000,
	    10000 },
	{ "offset 0", "22/4 21/4", "00000000 00000000", 1000000, 1000000 },
};

static const struct time_case of_ipfix[] = {
	{ "no init time", "22/4 21/4", "7f000000 7f0003e8", 1000, 0 },
	{ "no init time, wrap", "22/4 21/4", "ffffff00 000002e8", 1000, 0 },
	{ "no init time, wrong way", "22/4 21/4", "000003e8 00000000", 0, 0 },
	{ "init time", "22/4 21/4 160/8",
	    "00000000 00000001 0000018bcfe563d8", 1064, 1063 },
	{ "init time first", "160/8 21/8 22/8",
	    "0000018bcfe563d8 0000000000000001 0000000000000000", 1064,
	    1063 },
};
/* clang-format on */

static void
run(const struct time_case *c, unsigned version)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	const struct flow *f;

	if (version == 9) {
		send_template_v9(k, &g, 256, c->fields);
		send_data_v9(k, &g, 256, c->hex);
	} else {
		send_template_ipfix(k, &g, 256, c->fields);
		send_data_ipfix(k, &g, 256, c->hex);
	}
	f = kit_last(k);
	is_int((int64_t)(KIT_MS - f->first_ms), c->first, "v%u %s: first",
	    version, c->what);
	is_int((int64_t)(KIT_MS - f->last_ms), c->last, "v%u %s: last",
	    version, c->what);
	kit_free(k);
}

#define RUN(cases, version) \
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) \
		run(&cases[i], version)

static void
test_no_time_v9(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .seconds = KIT_SECONDS, .uptime = 3600001 };

	send_template_v9(k, &g, 256, "22/4 21/4");
	send_data_v9(k, &g, 256, "00000000 00000000");
	is_uint(kit_last(k)->first_ms, KIT_MS, "zero, up for long: no time");
	send_data_v9(k, &g, 256, "00000000 00000001");
	is_uint(kit_last(k)->first_ms, KIT_MS - 3600001, "one is not zero");
	kit_free(k);
}

/* An exporter without a clock. */
static void
test_early(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .seconds = 502, .uptime = 1000000 };

	send_template_v9(k, &g, 256, "22/4 21/4");
	send_data_v9(k, &g, 256, "00000001 000f4240");
	is_uint(kit_last(k)->first_ms, 0, "nothing is before 1970");
	is_uint(kit_last(k)->last_ms, 502000, "export time");
	send_template_v9(k, &g, 257, "158/4");
	send_data_v9(k, &g, 257, "ffffffff");
	is_uint(kit_last(k)->first_ms, 0, "ago, before 1970");
	is_uint(kit_counters(k).future_times, 0, "no future");
	send_template_v9(k, &g, 258, "152/8");
	send_data_v9(k, &g, 258, "ffffffffffffffff");
	is_uint(kit_last(k)->first_ms, UINT64_MAX, "stored as sent");
	is_uint(kit_counters(k).future_times, 1, "the future is counted");
	send_template_v9(k, &g, 259, "150/8");
	send_data_v9(k, &g, 259, "ffffffffffffffff");
	is_uint(kit_last(k)->first_ms, UINT64_MAX, "seconds saturate");
	kit_free(k);
}

static void
test_init_time(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_ipfix(&g);
	begin_set(&g, 3);
	put_options(&g, 300, 1, "143/4 160/8");
	begin_set(&g, 2);
	put_template(&g, 256, "22/4 21/4");
	send_dgram(k, &g);
	/* An exporter that is up for 60 days: 2^32 ms and 889032704 more. */
	send_data_ipfix(k, &g, 300, "00000001 0000018a9ae7d800");
	send_data_ipfix(k, &g, 256, "34fd8c18 34fd9000");
	is_uint(kit_last(k)->first_ms, KIT_MS - 1000, "started over: first");
	is_uint(kit_last(k)->last_ms, KIT_MS, "started over: last");
	send_data_ipfix(k, &g, 256, "01000000 01000001");
	is_uint(kit_last(k)->first_ms,
	    UINT64_C(0x18a9ae7d800) + 0x01000000, "an old flow stays old");
	kit_free(k);
}

static void
test_event_time(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	const struct flow *f;

	send_template_v9(k, &g, 256, "323/8 233/1");
	send_data_v9(k, &g, 256, "0000018bcfe563d8 02");
	f = kit_last(k);
	is_uint(f->event_time_ms, KIT_MS - 1064, "event time");
	is_uint(f->extensions & (FLOW_EXT(19) | FLOW_EXT(25)), FLOW_EXT(19),
	    "in the firewall extension");
	is_uint(f->record_flags, FLOW_EVENT, "event");
	send_template_ipfix(k, &g, 256, "323/8 230/1");
	send_data_ipfix(k, &g, 256, "0000018bcfe563d8 05");
	f = kit_last(k);
	is_uint(f->extensions & (FLOW_EXT(19) | FLOW_EXT(25)), FLOW_EXT(25),
	    "or in that of NAT");
	is_uint(f->nat_event, 5, "NAT event");
	is_uint(f->record_flags, FLOW_EVENT, "event in IPFIX too");
	send_template_ipfix(k, &g, 257, "323/8");
	send_data_ipfix(k, &g, 257, "0000018bcfe563d8");
	is_uint(kit_last(k)->record_flags, 0, "a time alone is no event");
	kit_free(k);
}

static void
test_nokia(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_ipfix(k, &g, 256, "637.91/2 637.92/2 637.93/v 152/8");
	send_data_ipfix(k, &g, 256, "0001 0002 03616263 0000018bcfe563d8");
	is_uint(kit_last(k)->nat_event, 4, "a start: session created");
	is_uint(kit_last(k)->record_flags, FLOW_EVENT, "event");
	is_uint(kit_last(k)->nokia_out_service, 2, "service");
	is_mem(kit_last(k)->nokia_string.data, "abc", 3, "string");
	is_uint(kit_last(k)->extensions,
	    FLOW_EXT(1) | FLOW_EXT(12) | FLOW_EXT(25) | FLOW_EXT(40) |
		FLOW_EXT(41), "extensions");
	send_template_ipfix(k, &g, 257, "637.91/2 152/8 153/8");
	send_data_ipfix(k, &g, 257,
	    "0001 0000018bcfe563d8 0000018bcfe563d8");
	is_uint(kit_last(k)->nat_event, 5, "an end: deleted");
	send_template_ipfix(k, &g, 258, "637.91/2 152/8 230/1");
	send_data_ipfix(k, &g, 258, "0001 0000018bcfe563d8 06");
	is_uint(kit_last(k)->nat_event, 6, "230 wins");
	kit_free(k);
}

int
main(void)
{
	RUN(both, 9);
	RUN(both, 10);
	RUN(of_v9, 9);
	RUN(of_ipfix, 10);
	test_no_time_v9();
	test_early();
	test_init_time();
	test_event_time();
	test_nokia();
	return done_testing();
}
