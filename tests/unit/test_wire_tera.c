/*
 * Tera Flow in the decoder: exporters, rates, what is refused; and flows as
 * messages and back.
 */
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "encodekit.h"
#include "files.h"
#include "flowkit.h"
#include "tap.h"
#include "wire/tera.h"
#include "wirekit.h"

#define ROUNDS 3000

static const struct tera plain = { .source = TERA_NETFLOW, .ip_version = 4,
	.sample_ratio = 1, .proto = 6, .bytes = 1000, .packets = 10,
	.sec = KIT_SECONDS - 1, .src_port = 1234, .dst_port = 443,
	.src_addr = { 0, ADDR_V4_MAPPED | 0x0a000001 },
	.dst_addr = { 0, ADDR_V4_MAPPED | 0x0a000002 } };

static void
send_bytes(struct kit *k, const uint8_t *data, size_t len)
{
	wire_decode_tera(k->d, data, len, k->sender, k->now_ms);
}

static void
send_message(struct kit *k, const struct tera *t)
{
	uint8_t data[TERA_ENCODED_MAX];

	send_bytes(k, data, tera_encode(t, data));
}

static void
send_data(struct kit *k, const char *name)
{
	char path[FILES_PATH_MAX];
	uint8_t *data;
	size_t len;

	files_data(name, path);
	data = files_read(path, &len);
	send_bytes(k, data, len);
	free(data);
}

static void
test_files(void)
{
	struct kit *k = kit_new(NULL);

	send_data(k, "tera/v4.bin");
	ok(flow_has(kit_last(k), "engine_type 3 export_version 84 "
	    "src_addr 10.1.2.3 dst_addr 203.0.113.1 src_port 51515 "
	    "dst_port 443 proto 6 in_packets 99 in_bytes 122070 tcp_flags 27 "
	    "input_snmp 7 output_snmp 12 direction 1 src_as 64512 dst_as 13335 "
	    "exporter_addr 127.0.0.1 first 1715677200250 "
	    "last 1715677200250 ip_min_ttl 64 ip_max_ttl 64 ip_fragment 64 "
	    "in_src_mac 0x020000000001 out_dst_mac 0x020000000002"),
	    "IPv4");
	is_uint(kit_last(k)->record_flags, 0, "it is not sampled");
	for (int i = 0; i < 2; i++) {
		send_data(k, i == 0 ? "tera/v6.bin" : "tera/v6-segments.bin");
		ok(flow_has(kit_last(k), "src_addr 2001:db8:20:1::2b "
		    "dst_addr 2001:db8:f00:200:dead:beef:cafe:53 "
		    "src_port 53 dst_port 34166 proto 17 in_packets 512 "
		    "in_bytes 153600 direction 0 exporter_addr 127.0.0.1 "
		    "in_src_mac 0x020000000003 out_dst_mac 0x020000000004"),
		    "IPv6, in parts %d", i);
		is_uint(kit_last(k)->record_flags, FLOW_SAMPLED, "sampled");
	}
	send_data(k, "tera/v4-before-2.0.355.bin");
	ok(flow_has(kit_last(k), "in_bytes 123456"), "the older struct");
	is_uint(kit_counters(k).flows, 4, "flows");
	is_uint(kit_counters(k).packets, 4, "messages");
	kit_free(k);
}

/* Who sends and whom the message names. */
static void
test_exporters(void)
{
	struct kit *k = kit_new(NULL);
	struct tera t = plain;

	send_message(k, &t);
	is_uint(k->exporter.version, WIRE_TERA, "an exporter");
	ok(addr_equal(kit_last(k)->exporter_addr, k->sender),
	    "without an agent it is the sender");
	ok(addr_equal(wire_exporter_origin(&k->exporter), k->sender),
	    "and of its records");
	t.agent = (uint32_t)k->sender.lo;
	send_message(k, &t);
	is_uint(k->exporters, 1, "nor is it another one that names itself");
	t.agent = 0xc0000209;
	send_message(k, &t);
	is_uint(k->exporters, 2, "an agent is another one");
	ok(addr_equal(kit_last(k)->exporter_addr, addr_v4(0xc0000209)),
	    "of its own address");
	ok(addr_equal(k->exporter.addr, k->sender) &&
	    addr_equal(wire_exporter_origin(&k->exporter),
		addr_v4(0xc0000209)), "in its records, too");
	is_uint(kit_last(k)->exporter_id, k->exporter.sysid, "its number");
	send_message(k, &t);
	is_uint(k->exporters, 2, "the same again");
	kit_free(k);
}

static void
test_rates(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct kit *k = kit_new(NULL);
	struct tera t = plain;

	send_message(k, &t);
	is_uint(k->samplers, 0, "1 in 1 is no sampling");
	t.sample_ratio = 100;
	send_message(k, &t);
	is_uint(k->samplers, 1, "a rate is told");
	is_uint(k->sampler[0].space, 99, "which");
	ok(!k->sampler[0].is_first, "not for flows before");
	ok(flow_has(kit_last(k), "in_packets 1000 in_bytes 100000"),
	    "it is applied");
	t.sample_ratio = 7;
	send_message(k, &t);
	ok(flow_has(kit_last(k), "in_packets 70 in_bytes 7000"),
	    "each message has its own");
	is_uint(k->samplers, 1, "told once a minute");
	k->now_ms += 60000;
	send_message(k, &t);
	is_uint(k->samplers, 2, "then again");
	t.packets = t.bytes = t.ip_bytes = UINT64_MAX;
	send_message(k, &t);
	ok(kit_last(k)->in_bytes == UINT64_MAX, "no overflow");
	kit_free(k);

	limits.default_sampling = 50;
	k = kit_new(&limits);
	t = plain;
	send_message(k, &t);
	ok(flow_has(kit_last(k), "in_packets 10"), "1 is a rate");
	t.sample_ratio = 0;
	send_message(k, &t);
	ok(flow_has(kit_last(k), "in_packets 500"), "0 is none");
	is_int(k->sampler[k->samplers - 1].id, WIRE_SAMPLER_DEFAULT,
	    "the default is told");
	is_uint(k->sampler[k->samplers - 1].space, 49, "with its rate");
	kit_free(k);

	limits.forced_sampling = 3;
	k = kit_new(&limits);
	t.sample_ratio = 1000;
	send_message(k, &t);
	ok(flow_has(kit_last(k), "in_packets 30"), "forced");
	is_int(k->sampler[k->samplers - 1].id, WIRE_SAMPLER_FORCED,
	    "that is told");
	is_uint(k->sampler[k->samplers - 1].space, 2, "with its rate");
	kit_free(k);
}

static void
test_values(void)
{
	struct kit *k = kit_new(NULL);
	struct tera t = plain;

	t.sec = 0;
	send_message(k, &t);
	is_uint(kit_last(k)->last_ms, k->now_ms, "no time: that of arrival");
	t.sec = INT64_MIN;
	t.usec = -1;
	send_message(k, &t);
	is_uint(kit_last(k)->last_ms, k->now_ms, "nor is one before 1970");
	is_uint(kit_counters(k).future_times, 0, "no time in the future");
	t.sec = INT64_MAX;
	t.usec = 999999;
	send_message(k, &t);
	is_uint(kit_counters(k).future_times, 1, "one far in the future");
	t = plain;
	t.usec = 1000000;
	send_message(k, &t);
	is_uint(kit_last(k)->last_ms, KIT_MS - 1000, "more than a second");
	t.proto = 1;
	t.src_port = 5;
	t.dst_port = 0x0301;
	t.ip_bytes = 2000;
	t.direction = TERA_INTERNAL;
	send_message(k, &t);
	ok(flow_has(kit_last(k), "src_port 0 dst_port 769 in_bytes 1000"),
	    "ICMP; the smaller length");
	ok((kit_last(k)->extensions & FLOW_EXT(EXT_MISC)) == 0,
	    "no direction and no interfaces");
	t.input = 4;
	send_message(k, &t);
	ok(flow_has(kit_last(k), "input_snmp 4 direction 255"),
	    "no direction with interfaces");
	kit_free(k);
}

static void
test_refused(void)
{
	static const uint8_t rubbish[24] = { 0, 9, 0, 1 };
	struct kit *k = kit_new(NULL);
	uint8_t data[TERA_ENCODED_MAX];
	struct tera t = plain;
	size_t len;

	send_bytes(k, rubbish, sizeof(rubbish));
	is_uint(kit_counters(k).malformed_tera, 1, "counted");
	is_uint(k->events[WIRE_MALFORMED], 1, "told");
	is_str(k->event, "Tera Flow: 16779521 segments", "as what");
	send_bytes(k, rubbish, sizeof(rubbish));
	send_bytes(k, rubbish, 0);
	is_uint(kit_counters(k).malformed_tera, 3, "counted again");
	is_uint(k->events[WIRE_MALFORMED], 1, "told once a minute");
	is_uint(k->exporters, 0, "rubbish is of no exporter");
	t.agent = 0xc0000209;
	send_message(k, &t);
	t.ip_version = 5;
	len = tera_encode(&t, data);
	send_bytes(k, data, len);
	is_uint(wire_others(k->d)->counters.malformed_tera, 3,
	    "an exporter has its own");
	is_uint(kit_counters(k).malformed_tera, 4, "among all");
	is_uint(kit_counters(k).flows, 1, "no flow of it");
	kit_free(k);
}

/* A flow as messages. */
static void
test_out(void)
{
	struct tera_rates rates = { 0, 0 };
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) |
		FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_MISC) |
		FLOW_EXT(EXT_COUNTERS),
		.src_addr = addr_v4(1), .dst_addr = addr_v4(2),
		.src_port = 3, .dst_port = 4, .proto = 17, .input = 5,
		.output = 6, .src_as = 7, .dst_as = 8, .in_src_mac = 9,
		.out_dst_mac = 10, .in_packets = 11, .in_bytes = 12,
		.exporter_addr = addr_v4(13), .last_ms = 14015,
		.first_ms = 1, .export_version = 10, .max_ttl = 16 };
	struct tera t[2];

	is_uint(tera_from_flow(&f, &rates, t), 1, "one way");
	is_uint(t[0].sample_ratio, 1, "a rate is never 0");
	is_int(t[0].sec, 14, "seconds");
	is_int(t[0].usec, 15000, "microseconds");
	is_uint(t[0].ip_bytes, 12, "bytes of IP");
	is_uint(t[0].source, TERA_NETFLOW, "origin");
	is_uint(t[0].ttl, 16, "TTL");
	f.out_packets = 20;
	f.out_bytes = 21;
	rates = (struct tera_rates){ 100, 10 };
	is_uint(tera_from_flow(&f, &rates, t), 2, "two ways");
	ok(addr_equal(t[1].src_addr, t[0].dst_addr) &&
	    addr_equal(t[1].dst_addr, t[0].src_addr) &&
	    t[1].src_port == 4 && t[1].dst_port == 3 && t[1].input == 6 &&
	    t[1].output == 5 && t[1].src_as == 8 && t[1].dst_as == 7 &&
	    t[1].src_mac == 10 && t[1].dst_mac == 9, "the other one");
	ok(t[1].packets == 20 && t[1].bytes == 21 && t[1].ip_bytes == 21,
	    "its counters");
	ok(t[0].direction == TERA_INCOMING && t[1].direction == TERA_OUTGOING,
	    "directions");
	is_uint(t[1].sample_ratio, 1000, "both rates");
	f.record_flags = FLOW_SAMPLED;
	f.proto = 1;
	f.direction = 2;
	f.export_version = WIRE_SFLOW + 5;
	rates.selection = UINT32_MAX;
	tera_from_flow(&f, &rates, t);
	is_uint(t[0].sample_ratio, UINT32_MAX, "counters that are corrected");
	rates.exporter = rates.selection;
	f.record_flags = 0;
	tera_from_flow(&f, &rates, t);
	is_uint(t[0].sample_ratio, UINT32_MAX, "no overflow");
	ok(t[0].src_port == 0 && t[1].src_port == 0 && t[1].dst_port == 4,
	    "ICMP has no ports to swap");
	ok(t[0].direction == TERA_OTHER && t[1].direction == TERA_OTHER,
	    "no direction");
	is_uint(t[0].source, TERA_SFLOW, "origin of sFlow");
	f.export_version = WIRE_TERA;
	f.engine_type = TERA_MIRROR;
	tera_from_flow(&f, &rates, t);
	is_uint(t[0].source, TERA_MIRROR, "origin of Tera Flow");
	f.engine_type = 99;
	tera_from_flow(&f, &rates, t);
	is_uint(t[0].source, TERA_TERA, "whatever it was");
}

/* Message to flow to message: nothing is lost that both have. */
static bool
is_same(const struct tera *a, const struct tera *b)
{
	return a->source == b->source && a->ip_version == b->ip_version &&
	    a->ttl == b->ttl && a->tcp_flags == b->tcp_flags &&
	    a->direction == b->direction &&
	    a->is_fragmented == b->is_fragmented &&
	    a->dont_fragment == b->dont_fragment &&
	    a->src_port == b->src_port && a->dst_port == b->dst_port &&
	    a->src_as == b->src_as && a->dst_as == b->dst_as &&
	    a->input == b->input && a->output == b->output &&
	    a->proto == b->proto && a->agent == b->agent &&
	    a->bytes == b->bytes && a->packets == b->packets &&
	    a->sec == b->sec && a->usec == b->usec &&
	    addr_equal(a->src_addr, b->src_addr) &&
	    addr_equal(a->dst_addr, b->dst_addr) &&
	    a->src_mac == b->src_mac && a->dst_mac == b->dst_mac;
}

static void
test_round_trips(void)
{
	const struct tera_rates rates = { 1, 1 };
	struct kit *k = kit_new(NULL);
	struct tera t[2], back[2];
	unsigned bad = 0, n;
	struct dice d;
	struct flow f;

	dice_init(&d);
	for (int i = 0; i < ROUNDS; i++) {
		encodekit_flow(&d, &f);
		f.export_version = WIRE_TERA;
		n = tera_from_flow(&f, &rates, t);
		for (unsigned m = 0; m < n; m++) {
			if (t[m].agent == 0)
				t[m].agent = 0x7f000001;
			kit_forget(k);
			send_message(k, &t[m]);
			if (k->flows != 1 ||
			    tera_from_flow(&k->flow[0], &rates, back) != 1 ||
			    !is_same(&t[m], &back[0]))
				bad++;
		}
	}
	is_uint(bad, 0, "flows there and back");
	kit_free(k);
}

int
main(void)
{
	files_begin();
	test_files();
	test_exporters();
	test_rates();
	test_values();
	test_refused();
	test_out();
	test_round_trips();
	return done_testing();
}
