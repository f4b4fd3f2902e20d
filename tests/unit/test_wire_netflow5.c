/*
 * NetFlow v1, v5 and v7: layouts, several packets in a datagram, counts that
 * lie, times, ICMP, sampling and sequence numbers.
 */
#include <string.h>

#include "tap.h"
#include "wirekit.h"

/* What a packet has besides its records. */
struct head {
	uint16_t version;
	uint16_t count;
	uint32_t uptime;
	uint32_t sequence;
	uint16_t engine;
	uint16_t sampling;
};

struct rec {
	uint32_t first;
	uint32_t last;
	uint16_t src_port;
	uint16_t dst_port;
	uint8_t proto;
};

static const struct rec plain = { 990000, 999000, 1111, 80, 6 };

static void
put_head(struct dgram *g, const struct head *h)
{
	put(g, h->version, 2);
	put(g, h->count, 2);
	put(g, h->uptime, 4);
	put(g, KIT_SECONDS, 4);
	put(g, 5999999, 4); /* 5 ms */
	if (h->version == 1)
		return;
	put(g, h->sequence, 4);
	put(g, h->version == 5 ? h->engine : 0xffff, 2);
	put(g, h->version == 5 ? h->sampling : 0xffff, 2);
}

static void
put_rec(struct dgram *g, uint16_t version, const struct rec *r)
{
	put_hex(g, "0a000001 0a000002 0a0000fe 0007 0009 0000000a 000003e8");
	put(g, r->first, 4);
	put(g, r->last, 4);
	put(g, r->src_port, 2);
	put(g, r->dst_port, 2);
	put(g, version == 1 ? 0 : 0x1b, 2);
	put(g, r->proto, 1);
	put_hex(g, "20");
	if (version == 1) {
		put_hex(g, "1b 000000 00000000");
		return;
	}
	put_hex(g, "fde8 fde9 18 10 0000");
	if (version == 7)
		put_hex(g, "c0000201");
}

static void
add_packet(struct dgram *g, const struct head *h, const struct rec *r)
{
	put_head(g, h);
	for (unsigned i = 0; i < h->count; i++)
		put_rec(g, h->version, r);
}

static void
send_packet(struct kit *k, const struct head *h, const struct rec *r)
{
	struct dgram g = { .len = 0 };

	add_packet(&g, h, r);
	kit_send(k, g.data, g.len);
}

static void
test_fields(uint16_t version)
{
	struct kit *k = kit_new(NULL);
	struct head h = { version, 2, KIT_UPTIME, 0, 0x0203, 0 };
	const struct flow *f;

	send_packet(k, &h, &plain);
	is_uint(k->flows, 2, "v%u: flows", version);
	f = kit_last(k);
	ok(addr_equal(f->src_addr, addr_v4(0x0a000001)), "source");
	ok(addr_equal(f->dst_addr, addr_v4(0x0a000002)), "destination");
	ok(addr_equal(f->next_hop, addr_v4(0x0a0000fe)), "next hop");
	is_uint(f->input * 100 + f->output, 709, "interfaces");
	is_uint(f->in_packets, 10, "packets");
	is_uint(f->in_bytes, 1000, "bytes");
	is_uint(f->first_ms, KIT_MS + 5 - 10000, "first");
	is_uint(f->last_ms, KIT_MS + 5 - 1000, "last");
	is_uint(f->src_port, 1111, "source port");
	is_uint(f->dst_port, 80, "destination port");
	is_uint(f->proto, 6, "proto");
	is_uint(f->src_tos, 0x20, "tos");
	is_uint(f->tcp_flags, 0x1b, "flags");
	is_uint(f->src_as, version == 1 ? 0 : 65000, "source AS");
	is_uint(f->dst_as, version == 1 ? 0 : 65001, "destination AS");
	is_uint(f->src_mask, version == 1 ? 0 : 24, "source mask");
	is_uint(f->dst_mask, version == 1 ? 0 : 16, "destination mask");
	is_uint(f->export_version, version == 1 ? 1 : 5, "version");
	is_uint(f->engine_type * 256 + f->engine_id,
	    version == 5 ? 0x0203 : 0, "engine");
	is_uint(f->record_flags, 0, "no flags");
	is_uint(k->exporter.id, version == 5 ? 0x0203 : 0, "exporter id");
	is_uint(k->exporter.version, version, "exporter version");
	kit_free(k);
}

static void
test_long_v1(void)
{
	struct kit *k = kit_new(NULL);
	struct head h = { 1, 2, KIT_UPTIME, 0, 0, 0 };
	struct dgram g = { .len = 0 };

	put_head(&g, &h);
	put_rec(&g, 1, &plain);
	put(&g, 0, 4);
	put_rec(&g, 1, &plain);
	put(&g, 0, 4);
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 2, "v1 records of 52 bytes");
	is_uint(kit_last(k)->dst_port, 80, "the second begins where it should");
	kit_free(k);
}

static void
test_concatenated(void)
{
	struct kit *k = kit_new(NULL);
	struct head h = { 5, 2, KIT_UPTIME, 0, 0, 0 };
	struct dgram g = { .len = 0 };

	add_packet(&g, &h, &plain);
	h.sequence = 2;
	h.engine = 1;
	add_packet(&g, &h, &plain);
	h.engine = 0;
	add_packet(&g, &h, &plain);
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 6, "three packets in a datagram");
	is_uint(k->exporters, 2, "of two engines");
	is_uint(kit_counters(k).sequence_failures, 0, "sequence goes on");

	kit_forget(k);
	g.len = 0;
	h.sequence = 4;
	add_packet(&g, &h, &plain);
	put(&g, 0, 30);
	kit_send(k, g.data, g.len);
	g.len = 0;
	h.sequence = 6;
	add_packet(&g, &h, &plain);
	h.count = 3;
	put_head(&g, &h);
	put_rec(&g, 5, &plain);
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 4, "other rests are ignored");
	is_uint(kit_counters(k).sequence_failures, 0, "without an error");
	is_uint(kit_malformed(k), 0, "and silently");
	kit_free(k);
}

static void
test_counts(void)
{
	struct kit *k = kit_new(NULL);
	struct head h = { 5, 30, KIT_UPTIME, 0, 0, 0 };
	struct dgram g = { .len = 0 };

	add_packet(&g, &h, &plain);
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 30, "30 records");
	kit_send(k, g.data, g.len - 1);
	is_uint(k->flows, 30, "a byte less: none");
	g.data[3] = 31;
	put(&g, 0, 48);
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 30, "31 records: none");
	g.data[3] = 0;
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 30, "no records: none");
	is_uint(kit_malformed(k), 3, "three refused");
	is_uint(k->events[WIRE_MALFORMED], 1, "told once");
	k->now_ms += 61000;
	kit_send(k, g.data, g.len);
	is_uint(k->events[WIRE_MALFORMED], 2, "again a minute later");
	ok(strstr(k->event, "and 2 more") != NULL, "with the number: %s",
	    k->event);
	kit_free(k);
}

static void
test_cut_headers(void)
{
	static const uint8_t versions[] = { 1, 5, 7 };
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	for (unsigned i = 0; i < 3; i++) {
		g.len = 0;
		put(&g, versions[i], 2);
		put(&g, 1, 2);
		kit_send(k, g.data, g.len);
		is_uint(kit_counters(k).malformed_header, i + 1,
		    "v%u: a cut header", versions[i]);
	}
	is_uint(k->flows, 0, "no flow of them");
	kit_free(k);
}

static void
test_times(void)
{
	static const struct {
		uint32_t uptime, first, last;
		int64_t before_first, before_last; /* ms before the export */
	} cases[] = {
		{ 1000000, 990000, 999000, 10000, 1000 },
		{ 5000, 4294960000, 3000, 12296, 2000 },
		{ 5000, 4294950000, 4294960000, 22296, 12296 },
		{ 1000000, 990000, 1000500, 10000, -500 },
		{ 1000000, 0, 0, 1000000, 1000000 },
		{ 1000000, 999000, 990000, 10000, 10000 },
	};
	struct kit *k = kit_new(NULL);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct head h = { 5, 1, cases[i].uptime, i, 0, 0 };
		struct rec r = { cases[i].first, cases[i].last, 1, 2, 17 };
		const struct flow *f;

		send_packet(k, &h, &r);
		f = kit_last(k);
		is_int((int64_t)(KIT_MS + 5 - f->first_ms),
		    cases[i].before_first, "case %u: first", i);
		is_int((int64_t)(KIT_MS + 5 - f->last_ms),
		    cases[i].before_last, "case %u: last", i);
	}
	kit_free(k);
}

static void
test_future(uint16_t version)
{
	struct kit *k = kit_new(NULL);
	struct head h = { version, 1, KIT_UPTIME, 0, 0, 0 };
	struct rec r = { KIT_UPTIME, KIT_UPTIME + 86400000, 1, 2, 17 };

	send_packet(k, &h, &r);
	is_uint(kit_counters(k).future_times, 0, "v%u: a day ahead", version);
	r.last++;
	send_packet(k, &h, &r);
	is_uint(kit_counters(k).future_times, 1, "and more than that");
	kit_free(k);
}

static void
test_icmp(void)
{
	static const struct {
		uint8_t proto;
		uint16_t src, dst, want_src, want_dst;
	} cases[] = {
		{ 1, 0, 0x0800, 0, 0x0800 },
		{ 1, 0x0008, 0, 0, 0x0800 },
		{ 1, 0x1234, 0x0301, 0, 0x0301 },
		{ 58, 0x0080, 0, 0, 0x8000 },
		{ 17, 0x0008, 0, 0x0008, 0 },
	};
	struct kit *k = kit_new(NULL);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct head h = { 5, 1, KIT_UPTIME, i, 0, 0 };
		struct rec r = { 0, 0, cases[i].src, cases[i].dst,
			cases[i].proto };

		send_packet(k, &h, &r);
		is_uint(kit_last(k)->src_port, cases[i].want_src,
		    "case %u: source port", i);
		is_uint(kit_last(k)->dst_port, cases[i].want_dst,
		    "case %u: destination port", i);
	}
	kit_free(k);
}

static void
test_sampling(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct head h = { 5, 1, KIT_UPTIME, 0, 0, 2 };
	struct kit *k;

	limits.default_sampling = 7;
	k = kit_new(&limits);
	send_packet(k, &h, &plain);
	is_uint(kit_last(k)->in_packets, 20, "rate 2 of the header");
	is_uint(kit_last(k)->in_bytes, 2000, "bytes too");
	h.sampling = 1;
	h.sequence++;
	send_packet(k, &h, &plain);
	is_uint(kit_last(k)->in_packets, 10, "rate 1 of the next packet");
	is_uint(kit_last(k)->record_flags, FLOW_SAMPLED, "has the flag");
	is_uint(kit_last(k)->flows, 1, "flows are not multiplied");
	h.sampling = 0x4000;
	h.sequence++;
	send_packet(k, &h, &plain);
	is_uint(kit_last(k)->in_packets, 70, "the default without a rate");
	is_uint(k->samplers, 3, "two rates told, and the default");
	is_int(k->sampler[2].id, WIRE_SAMPLER_DEFAULT, "which is known as that");
	is_uint(k->sampler[2].space, 6, "with its rate");
	kit_free(k);

	limits.forced_sampling = 3;
	k = kit_new(&limits);
	h.sampling = 100;
	send_packet(k, &h, &plain);
	is_uint(kit_last(k)->in_packets, 30, "a forced rate wins");
	is_int(k->sampler[1].id, WIRE_SAMPLER_FORCED, "it is told");
	is_uint(k->sampler[1].space, 2, "with its rate");
	kit_free(k);
}

static uint64_t
failures(struct kit *k, uint32_t sequence, uint32_t uptime, uint16_t count)
{
	struct head h = { 5, count, uptime, sequence, 0, 0 };

	send_packet(k, &h, &plain);
	return kit_counters(k).sequence_failures;
}

static void
test_sequence(void)
{
	struct kit *k = kit_new(NULL);

	is_uint(failures(k, 100000, 1000, 3), 0, "the first counts nothing");
	is_uint(failures(k, 100003, 1010, 2), 0, "in order");
	is_uint(failures(k, 100005, 1020, 2), 0, "in order");
	is_uint(failures(k, 100010, 1030, 1), 1, "three missing");
	is_uint(kit_counters(k).missing_flows, 3, "missing flows");
	is_uint(failures(k, 100007, 1030, 3), 2, "late");
	is_uint(failures(k, 100011, 1040, 1), 3, "behind one that was late");
	is_uint(kit_counters(k).missing_flows, 3, "is none missing");
	is_uint(failures(k, 100014, 1050, 1), 4, "two missing");
	is_uint(kit_counters(k).missing_flows, 5, "are two more");
	is_uint(failures(k, 0, 20, 1), 4, "a restart");
	is_uint(failures(k, 1, 30, 1), 4, "goes on");
	is_uint(failures(k, UINT32_MAX, 40, 1), 5, "a jump");
	is_uint(failures(k, 0, 50, 1), 5, "a wrap");
	is_uint(failures(k, UINT32_MAX - 1, 60, 1), 6, "back by two");
	is_uint(failures(k, 100, 50, 1), 6,
	    "far back with less uptime is a restart");
	kit_free(k);
}

int
main(void)
{
	test_fields(1);
	test_fields(5);
	test_fields(7);
	test_long_v1();
	test_concatenated();
	test_counts();
	test_cut_headers();
	test_times();
	test_future(1);
	test_future(5);
	test_future(7);
	test_icmp();
	test_sampling();
	test_sequence();
	return done_testing();
}
