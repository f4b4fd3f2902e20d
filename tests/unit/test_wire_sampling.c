/*
 * Sampling: what announces a rate, which flow it is for, what it does.
 */
#include <string.h>

#include "tap.h"
#include "wirekit.h"

#define FLOW "2/4 1/4"
#define FLOW_DATA "0000000a 000003e8"

/* Announcements in IPFIX options: fields, values, the rate by which 1000
 * bytes come out as so many. */
struct announcement {
	const char *what;
	const char *fields; /* behind the scope 149/4 */
	const char *hex;
	uint64_t bytes;
	uint8_t flags;
	uint32_t interval;
	uint32_t space;
};

/* clang-format off */
static const struct announcement announcements[] = {
	{ "interval and space", "305/4 306/4", "00000001 00000009", 10000,
	    FLOW_SAMPLED, 1, 9 },
	{ "several taken", "305/4 306/4", "00000003 00000004", 2333,
	    FLOW_SAMPLED, 3, 4 },
	{ "N and N - 1 are a ratio", "305/4 306/4", "0000000a 00000009",
	    1900, FLOW_SAMPLED, 10, 9 },
	{ "unless softflowd says it", "305/2 306/4 160/8",
	    "000a 00000009 0000018bcfe567d8", 10000, FLOW_SAMPLED, 1, 9 },
	{ "nothing left out", "304/2 305/4 306/4", "0001 00000001 00000000",
	    1000, FLOW_SAMPLED, 1, 0 },
	{ "interval 0", "305/4 306/4", "00000000 00000009", 1000, 0, 0, 0 },
	{ "no space", "305/4", "00000005", 1000, 0, 0, 0 },
	{ "34 alone", "34/4", "00000064", 100000, FLOW_SAMPLED, 1, 99 },
	{ "34 and 35", "35/1 34/4", "02 00000064", 100000, FLOW_SAMPLED, 1,
	    99 },
	{ "34 of 0", "35/1 34/4", "00 00000000", 1000, 0, 0, 0 },
	{ "34 of 1", "34/4", "00000001", 1000, FLOW_SAMPLED, 1, 0 },
	{ "50", "50/4", "00000002", 2000, FLOW_SAMPLED, 1, 1 },
	{ "50 before 34", "34/4 50/4", "00000064 00000002", 2000,
	    FLOW_SAMPLED, 1, 1 },
	{ "305 before 50", "50/4 305/4 306/4", "00000002 00000001 00000002",
	    3000, FLOW_SAMPLED, 1, 2 },
	{ "the next one if it is 0", "50/4 34/4", "00000000 00000004", 4000,
	    FLOW_SAMPLED, 1, 3 },
	{ "population", "309/4 310/4", "00000002 00000005", 2500,
	    FLOW_SAMPLED, 2, 3 },
	{ "population 0", "309/4 310/4", "00000002 00000000", 1000, 0, 0, 0 },
	{ "probability 1/8", "311/8", "3fc0000000000000", 8000, FLOW_SAMPLED,
	    1, 7 },
	{ "probability 0.4", "311/8", "3fd999999999999a", 2500, FLOW_SAMPLED,
	    1000000, 1500000 },
	{ "probability 1/8 in 4 bytes", "311/4", "3e000000", 8000,
	    FLOW_SAMPLED, 1, 7 },
	{ "probability 1", "311/8", "3ff0000000000000", 1000, FLOW_SAMPLED,
	    1, 0 },
	{ "probability 2", "311/8", "4000000000000000", 1000, 0, 0, 0 },
	{ "probability 0", "311/8", "0000000000000000", 1000, 0, 0, 0 },
	{ "not a number", "311/8", "7ff8000000000000", 1000, 0, 0, 0 },
};
/* clang-format on */

/* Send an options record for the template 300 with a scope of 4 bytes. */
static void
announce(struct kit *k, struct dgram *g, const char *fields, const char *hex)
{
	char all[200] = "149/4 ";
	char data[200] = "00000001 ";

	strncat(all, fields, sizeof(all) - strlen(all) - 1);
	strncat(data, hex, sizeof(data) - strlen(data) - 1);
	begin_ipfix(g);
	begin_set(g, 3);
	put_options(g, 300, 1, all);
	begin_set(g, 300);
	put_hex(g, data);
	send_dgram(k, g);
}

static void
test_announcements(void)
{
	for (size_t i = 0;
	     i < sizeof(announcements) / sizeof(announcements[0]); i++) {
		const struct announcement *a = &announcements[i];
		struct kit *k = kit_new(NULL);
		struct dgram g = { .len = 0 };

		announce(k, &g, a->fields, a->hex);
		send_template_ipfix(k, &g, 256, FLOW);
		send_data_ipfix(k, &g, 256, FLOW_DATA);
		is_uint(kit_last(k)->in_bytes, a->bytes, "%s", a->what);
		is_uint(kit_last(k)->record_flags, a->flags, "flag");
		is_uint(k->samplers, a->interval != 0, "told");
		is_uint(k->sampler[0].interval, a->interval, "interval");
		is_uint(k->sampler[0].space, a->space, "space");
		is_uint(kit_last(k)->flows, 1, "flows are not multiplied");
		kit_free(k);
	}
}

static void
test_both_directions(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	const struct flow *f;

	announce(k, &g, "34/4", "0000000a");
	send_template_ipfix(k, &g, 256, "1/8 2/8 23/8 24/8 3/8");
	send_data_ipfix(k, &g, 256, "0000000000000001 0000000000000002"
	    "0000000000000003 0000000000000004 0000000000000005");
	f = kit_last(k);
	is_uint(f->in_bytes, 10, "bytes in");
	is_uint(f->in_packets, 20, "packets in");
	is_uint(f->out_bytes, 30, "bytes out");
	is_uint(f->out_packets, 40, "packets out");
	is_uint(f->flows, 5, "flows stay");
	send_data_ipfix(k, &g, 256, "2000000000000000 1999999999999999"
	    "ffffffffffffffff 199999999999999a 0000000000000005");
	f = kit_last(k);
	is_uint(f->in_bytes, UINT64_MAX, "saturates");
	is_uint(f->in_packets, UINT64_C(0xfffffffffffffffa), "just fits");
	is_uint(f->out_bytes, UINT64_MAX, "saturates");
	is_uint(f->out_packets, UINT64_MAX, "just does not fit");
	announce(k, &g, "305/4 306/4", "00000003 00000001");
	send_data_ipfix(k, &g, 256, "c000000000000000 0000000000000001"
	    "ffffffffffffffff 0000000000000000 0000000000000005");
	f = kit_last(k);
	is_uint(f->in_bytes, UINT64_MAX, "4/3 of 3/4 of it");
	is_uint(f->in_packets, 1, "rounded down");
	is_uint(f->out_packets, 0, "nothing stays nothing");
	kit_free(k);
}

static void
test_ids(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_v9(&g);
	begin_set(&g, 1);
	put_options(&g, 300, 1, "1/4 48/1 49/1 50/4");
	put_options(&g, 301, 1, "1/4 34/4 35/1");
	begin_set(&g, 0);
	put_template(&g, 256, "48/2 " FLOW);
	put_template(&g, 257, FLOW);
	begin_set(&g, 300);
	put_hex(&g, "00000000 01 02 00000064 00000000 02 02 000001f4");
	send_dgram(k, &g);
	is_uint(k->samplers, 2, "both records are read");
	is_uint(k->sampler[0].algorithm, 2, "mode");
	send_data_v9(k, &g, 256, "0001 " FLOW_DATA "0002 " FLOW_DATA
	    "0009 " FLOW_DATA);
	is_uint(k->flow[0].in_packets, 1000, "id 1");
	is_uint(k->flow[1].in_packets, 5000, "id 2");
	is_uint(k->flow[2].in_packets, 10, "unknown id");
	is_uint(k->flow[2].record_flags, 0, "unknown id: no flag");
	send_data_v9(k, &g, 257, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 10, "no id, two samplers");
	send_data_v9(k, &g, 301, "00000000 00000003 01");
	send_data_v9(k, &g, 257, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 30, "no id: that of the exporter");
	send_data_v9(k, &g, 256, "0009 " FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 30, "unknown id: the same");
	send_data_v9(k, &g, 256, "0001 " FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 1000, "a known id wins");
	send_data_v9(k, &g, 300, "00000000 01 02 00000005");
	is_uint(k->samplers, 4, "a change is told");
	send_data_v9(k, &g, 300, "00000000 01 02 00000005");
	is_uint(k->samplers, 4, "a repetition is not");
	is_uint(kit_counters(k).samplers, 5, "but counted");
	send_data_v9(k, &g, 256, "0001 " FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 50, "later flows have the new rate");
	is_uint(k->flow[0].in_packets, 1000, "earlier ones keep theirs");
	kit_free(k);
}

static void
test_only_sampler(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	announce(k, &g, "302/8 305/4 306/4",
	    "0000000000000063 00000001 00000009");
	send_template_ipfix(k, &g, 257, FLOW);
	send_data_ipfix(k, &g, 257, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 100,
	    "no flow has an id: the only sampler is for all");
	send_template_ipfix(k, &g, 256, "302/1 " FLOW);
	send_data_ipfix(k, &g, 257, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 10,
	    "others have one: flows without are not sampled");
	send_data_ipfix(k, &g, 256, "63 " FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 100, "by id");
	announce(k, &g, "302/8 305/4 306/4",
	    "0000000000000000 00000001 00000001");
	is_int(k->sampler[1].id, -1, "selector 0 is for all flows");
	send_data_ipfix(k, &g, 257, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 20, "without id");
	kit_free(k);
}

static void
test_inline(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	announce(k, &g, "34/4", "00000005");
	send_template_ipfix(k, &g, 256, FLOW " 34/4 35/1");
	send_data_ipfix(k, &g, 256, FLOW_DATA "0000000a 01");
	is_uint(kit_last(k)->in_packets, 100, "the record's own rate wins");
	send_data_ipfix(k, &g, 256, FLOW_DATA "00000000 01");
	is_uint(kit_last(k)->in_packets, 50, "0 is none");
	is_uint(k->samplers, 1, "it is no announcement");
	kit_free(k);
}

static void
test_domains(uint32_t strict)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct dgram other = { .domain = 5 };
	struct kit *k;

	limits.strict_domain = strict;
	k = kit_new(&limits);
	send_template_ipfix(k, &g, 256, FLOW);
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 10, "nothing announced");
	announce(k, &other, "34/4", "00000064");
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, strict ? 10 : 1000,
	    "announced in another domain");
	is_uint(k->events[WIRE_NOTICE], strict ? 0 : 1, "told");
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(k->events[WIRE_NOTICE], strict ? 0 : 1, "once");
	send_template_v9(k, &g, 256, FLOW);
	send_data_v9(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 10, "not across versions");
	other.domain = 6;
	announce(k, &other, "34/4", "0000000a");
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 10, "two rates: none");
	announce(k, &g, "34/4", "00000002");
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 20, "its own");
	kit_free(k);
}

static void
count_sampler(void *ctx, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	unsigned *n = ctx;

	*n += e->sysid == 1 && s->interval == 1;
}

/* So many were told, the last of which is this one. */
static void
is_told(const struct kit *k, unsigned count, int64_t id, uint32_t space,
    const char *what)
{
	const struct wire_sampler *s = &k->sampler[count - 1];

	if (is_uint(k->samplers, count, "%s: told", what)) {
		is_int(s->id, id, "%s: id", what);
		is_uint(s->interval, 1, "%s: one", what);
		is_uint(s->space, space, "%s: of so many", what);
		ok(!s->is_first, "%s: not for flows before", what);
	}
}

/* All that are known, by their ids. */
static void
sum_ids(void *ctx, const struct wire_exporter *e, const struct wire_sampler *s)
{
	int64_t *sum = ctx;

	(void)e;
	*sum += s->id;
}

static int64_t
known_ids(const struct kit *k)
{
	int64_t sum = 0;

	wire_samplers(k->d, sum_ids, &sum);
	return sum;
}

static void
test_limits(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct kit *k;
	unsigned n = 0;

	limits.default_sampling = 4;
	k = kit_new(&limits);
	send_template_ipfix(k, &g, 256, "302/1 " FLOW);
	send_data_ipfix(k, &g, 256, "01 " FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 40, "default rate");
	is_uint(kit_last(k)->record_flags, FLOW_SAMPLED, "flag");
	send_data_ipfix(k, &g, 256, "01 " FLOW_DATA);
	is_told(k, 1, WIRE_SAMPLER_DEFAULT, 3, "the default");
	is_int(known_ids(k), WIRE_SAMPLER_DEFAULT, "it is listed");
	announce(k, &g, "302/1 34/4", "01 00000001");
	is_int(known_ids(k), 1, "not when a rate is announced");
	send_data_ipfix(k, &g, 256, "01 " FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 10, "announced 1 wins over it");
	send_data_ipfix(k, &g, 256, "02 " FLOW_DATA);
	is_told(k, 3, WIRE_SAMPLER_DEFAULT, 3, "again for another sampler");
	wire_samplers(k->d, count_sampler, &n);
	is_uint(n, 2, "the sampler is listed");
	kit_free(k);

	limits.forced_sampling = 6;
	k = kit_new(&limits);
	announce(k, &g, "34/4", "00000064");
	send_template_ipfix(k, &g, 256, FLOW " 34/4");
	send_data_ipfix(k, &g, 256, FLOW_DATA "00000005");
	is_uint(kit_last(k)->in_packets, 60, "forced rate");
	is_told(k, 2, WIRE_SAMPLER_FORCED, 5, "forced");
	is_int(known_ids(k), -1 + WIRE_SAMPLER_FORCED, "both are listed");
	kit_free(k);
}

/* The limits of a running decoder change. */
static void
test_adjusted(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct kit *k = kit_new(&limits);
	struct dgram g = { .len = 0 };

	send_template_ipfix(k, &g, 256, FLOW);
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 10, "no rate");
	limits.default_sampling = 3;
	wire_decoder_adjust(k->d, &limits);
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 30, "another default");
	is_told(k, 1, WIRE_SAMPLER_DEFAULT, 2, "another default");
	limits.forced_sampling = 5;
	wire_decoder_adjust(k->d, &limits);
	announce(k, &g, "34/4", "00000007");
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 50, "a forced rate");
	is_told(k, 3, WIRE_SAMPLER_FORCED, 4, "a forced rate");
	limits.forced_sampling = 0;
	wire_decoder_adjust(k->d, &limits);
	send_data_ipfix(k, &g, 256, FLOW_DATA);
	is_uint(kit_last(k)->in_packets, 70,
	    "the rate that was announced meanwhile");
	is_int(known_ids(k), -1, "no other is listed");
	kit_free(k);
}

int
main(void)
{
	test_announcements();
	test_both_directions();
	test_ids();
	test_only_sampler();
	test_inline();
	test_domains(0);
	test_domains(1);
	test_limits();
	test_adjusted();
	return done_testing();
}
