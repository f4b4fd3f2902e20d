/*
 * Records about exporters, and statistics: bytes as other collectors write
 * them, both ways, and sums.
 */

#include <string.h>

#include "record/info.h"
#include "record/v3.h"
#include "tap.h"

/* From the worked example of nfcapd 1.7.1. */
static const uint8_t exporter_old[] = { 0x07, 0x00, 0x20, 0x00, 0x05, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
	0x00, 0x7f, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01, 0x00, 0x02, 0x01,
	0x00, 0x00 };

/* The same as nfcapd 1.7.8 writes it. */
static const uint8_t exporter_new[] = { 0x07, 0x00, 0x20, 0x00, 0x05, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0xff, 0xff, 0x7f, 0x00, 0x00, 0x01, 0x00, 0x00, 0x01, 0x00, 0x02, 0x01,
	0x00, 0x00 };

static const struct addr v6 = { UINT64_C(0x20010db800000000), 1 };

static void
payload(struct reader *r, const uint8_t *record, size_t len)
{
	reader_init(r, record + RECORD_HEADER_LEN, len - RECORD_HEADER_LEN);
}

static void
check_exporter(
    const uint8_t *record, size_t len, struct addr addr, const char *name)
{
	struct record_exporter e;
	struct reader r;

	payload(&r, record, len);
	is_int(record_get_exporter(&r, &e), 0, "%s: read", name);
	is_uint(e.version, 5, "%s: version", name);
	ok(addr_equal(e.addr, addr), "%s: address", name);
	is_uint(e.sysid, 1, "%s: number", name);
	is_uint(e.id, 0x102, "%s: id", name);
	payload(&r, record, len - 1);
	is_int(record_get_exporter(&r, &e), -1, "%s: too short", name);
}

static void
test_exporter(void)
{
	struct record_exporter e = { 5, addr_v4(0x7f000001), 1, 0x102 };
	uint8_t out[RECORD_EXPORTER_LEN];
	struct writer w;

	check_exporter(exporter_old, 32, addr_v4(0x7f000001), "old form");
	check_exporter(exporter_new, 32, addr_v4(0x7f000001), "new form");
	writer_init(&w, out, sizeof(out));
	record_put_exporter(&w, &e);
	is_mem(out, exporter_old, sizeof(out), "the old form is written");
	e.addr = v6;
	writer_init(&w, out, sizeof(out));
	record_put_exporter(&w, &e);
	is_uint(load_u16(out + 24), 10, "IPv6: family");
	check_exporter(out, sizeof(out), v6, "IPv6 in the old form");
	store_u16(out + 24, 0);
	addr_to_bytes(v6, out + 8);
	check_exporter(out, sizeof(out), v6, "IPv6 in the new form");
	writer_init(&w, out, sizeof(out) - 1);
	record_put_exporter(&w, &e);
	ok(w.bad, "a full buffer is noticed");
}

static void
test_exporter_stats(void)
{
	const struct record_exporter_stats s[] = { { 1, 0, 1, 1 },
		{ 2, 7, UINT64_C(1) << 40, 9 } };
	static const uint8_t one[] = { 0x08, 0x00, 0x20, 0x00, 1, 0, 0, 0, 1, 0,
		0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
		0 };
	uint8_t out[64];
	struct writer w;

	writer_init(&w, out, sizeof(out));
	record_put_exporter_stats(&w, s, 1);
	is_uint(w.used, sizeof(one), "one entry: length");
	is_mem(out, one, sizeof(one), "one entry: bytes of nfcapd 1.7.1");
	writer_init(&w, out, sizeof(out));
	record_put_exporter_stats(&w, s, 2);
	is_uint(w.used, 56, "two entries: length");
	is_uint(load_u16(out + 2), 56, "two entries: size in the header");
	is_uint(load_u32(out + 32 + 4), 7, "second entry: failures");
	is_uint(
	    load_u64(out + 32 + 8), UINT64_C(1) << 40, "second entry: packets");
}

static void
test_sampler(void)
{
	const struct record_sampler in = { 3, 2, -1, 1, 99 };
	struct record_sampler got;
	uint8_t out[RECORD_SAMPLER_LEN];
	struct writer w;
	struct reader r;

	writer_init(&w, out, sizeof(out));
	record_put_sampler(&w, &in);
	is_uint(w.used, sizeof(out), "sampler: length");
	is_uint(load_u16(out), 15, "sampler: type");
	is_uint(load_u16(out + 2), 24, "sampler: size");
	payload(&r, out, sizeof(out));
	is_int(record_get_sampler(&r, &got), 0, "sampler: read");
	is_int(got.id, -1, "sampler: id");
	ok(got.sysid == 3 && got.algorithm == 2 && got.interval == 1 &&
		got.space == 99,
	    "sampler: the other members");
	payload(&r, out, sizeof(out) - 1);
	is_int(record_get_sampler(&r, &got), -1, "sampler: too short");
}

static void
test_stats(void)
{
	struct record_stats in, got;
	uint8_t out[RECORD_STATS_LEN];
	struct writer w;
	struct reader r;
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(in) / 8; i++)
		((uint64_t *)(void *)&in)[i] = ++n;
	writer_init(&w, out, sizeof(out));
	record_put_stats(&w, &in);
	is_uint(w.used, sizeof(out), "statistics: length");
	is_uint(load_u32(out), 0x00948002, "statistics: header");
	for (n = 0; n < 18; n++)
		if (load_u64(out + 4 + n * 8) != n + 1)
			break;
	is_uint(n, 18, "statistics: counters in order");
	payload(&r, out, sizeof(out));
	is_int(record_get_stats(&r, &got), 0, "statistics: read");
	is_mem(&got, &in, sizeof(in), "statistics: the same");
	payload(&r, out, sizeof(out) - 1);
	is_int(record_get_stats(&r, &got), -1, "statistics: too short");
	record_stats_init(&in);
	is_uint(in.first_ms, UINT64_MAX, "no flow yet: first");
	writer_init(&w, out, sizeof(out));
	record_put_stats(&w, &in);
	is_uint(load_u64(out + 4 + 120), 0, "no flow: first is written as 0");
}

static void
test_merge(void)
{
	struct record_stats a = { .flows = 1,
		.bytes = 10,
		.packets = 2,
		.proto_flows = { 1, 2, 3, 4 },
		.proto_bytes = { 5, 6, 7, 8 },
		.proto_packets = { 9, 10, 11, 12 },
		.first_ms = 100,
		.last_ms = 200,
		.sequence_failures = 1 };
	struct record_stats b = a;
	const struct record_stats empty = {
		.first_ms = 50, .last_ms = 300, .sequence_failures = 4
	};
	struct record_stats s;

	b.first_ms = 90;
	b.last_ms = 150;
	record_stats_init(&s);
	record_stats_merge(&s, &a);
	is_mem(&s, &a, sizeof(s), "merged into nothing");
	record_stats_merge(&s, &b);
	is_uint(s.flows, 2, "sum of flows");
	is_uint(s.bytes, 20, "sum of bytes");
	is_uint(s.packets, 4, "sum of packets");
	is_uint(s.proto_flows[STAT_OTHER], 8, "sum of other flows");
	is_uint(s.proto_bytes[STAT_TCP], 10, "sum of TCP bytes");
	is_uint(s.proto_packets[STAT_ICMP], 22, "sum of ICMP packets");
	is_uint(s.first_ms, 90, "first widened");
	is_uint(s.last_ms, 200, "last widened");
	is_uint(s.sequence_failures, 2, "sum of failures");
	record_stats_merge(&s, &empty);
	is_uint(s.first_ms, 90, "the slot of an empty file is no flow: first");
	is_uint(s.last_ms, 200, "the slot of an empty file is no flow: last");
	is_uint(s.sequence_failures, 6, "its failures count");
	s = empty;
	record_stats_merge(&s, &a);
	is_uint(s.first_ms, 100, "flows after an empty file: first");
	is_uint(s.last_ms, 200, "flows after an empty file: last");
	s = empty;
	s.first_ms = 60;
	record_stats_merge(&s, &empty);
	is_uint(s.first_ms, 50, "two empty files: first");
}

static void
test_versions(void)
{
	static const struct {
		uint32_t version;
		const char *text;
	} cases[] = { { 0, "0" }, { 9, "9" }, { 10, "10" },
		{ RECORD_SFLOW, "sflow" }, { RECORD_TERA, "tera" },
		{ RECORD_SFLOW_N + 5, "sflow5" },
		{ 256, "256" }, { UINT32_MAX, "4294967295" } };
	char text[RECORD_VERSION_TEXT];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record_version_format(cases[i].version, text);
		is_str(text, cases[i].text, "a version");
	}
}

int
main(void)
{
	test_versions();
	test_exporter();
	test_exporter_stats();
	test_sampler();
	test_stats();
	test_merge();
	is_int(record_proto_group(6), STAT_TCP, "6 is TCP");
	is_int(record_proto_group(17), STAT_UDP, "17 is UDP");
	is_int(record_proto_group(1), STAT_ICMP, "1 is ICMP");
	is_int(record_proto_group(58), STAT_ICMP, "58 is ICMP");
	is_int(record_proto_group(47), STAT_OTHER, "47 is another");
	return done_testing();
}
