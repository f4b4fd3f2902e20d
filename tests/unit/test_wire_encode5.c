/*
 * The encoder of NetFlow v1, v5 and v7: what the decoder makes of it.
 */
#include <string.h>

#include "encodekit.h"
#include "nomem.h"
#include "tap.h"

#define FLOWS 2000
#define MS_24_DAYS (UINT64_C(24) * 86400 * 1000)

static const uint16_t versions[] = { 1, 5, 7 };

static struct wire_encoder_options
options_of(uint16_t version)
{
	return (struct wire_encoder_options){ .version = version,
		.max_len = 1400, .boot_ms = KIT_MS - 86400000 };
}

static struct flow
plain(void)
{
	return (struct flow){
		.extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4),
		.first_ms = KIT_MS - 10000, .last_ms = KIT_MS - 1,
		.src_addr = addr_v4(0x0a000001), .dst_addr = addr_v4(0x0a000002),
		.in_packets = 10, .in_bytes = 1000, .src_port = 1111,
		.dst_port = 80, .proto = 6, .tcp_flags = 0x1b, .flows = 1
	};
}

/* What arrives of a flow whose numbers have room. */
static void
expect(uint16_t version, const struct flow *f, struct flow *want)
{
	*want = (struct flow){ .extensions = f->extensions,
		.first_ms = f->first_ms, .last_ms = f->last_ms,
		.src_addr = f->src_addr, .dst_addr = f->dst_addr,
		.next_hop = f->next_hop, .in_packets = f->in_packets,
		.in_bytes = f->in_bytes, .src_port = f->src_port,
		.dst_port = f->dst_port, .proto = f->proto,
		.tcp_flags = f->tcp_flags, .src_tos = f->src_tos,
		.input = f->input, .output = f->output, .flows = 1 };
	want->extensions &= FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) |
	    FLOW_EXT(EXT_MISC) | FLOW_EXT(EXT_AS) | FLOW_EXT(EXT_NEXT_HOP_V4);
	want->extensions |= FLOW_EXT(EXT_EXPORTER_V4);
	if ((f->extensions & FLOW_EXT(EXT_NEXT_HOP_V4)) == 0)
		want->next_hop = (struct addr){ 0, 0 };
	if (version != 1) {
		want->src_as = f->src_as;
		want->dst_as = f->dst_as;
		want->src_mask = f->src_mask;
		want->dst_mask = f->dst_mask;
	}
	if ((want->input | want->output) == 0 &&
	    (want->src_mask | want->dst_mask) == 0)
		want->extensions &= ~FLOW_EXT(EXT_MISC);
	if ((want->src_as | want->dst_as) == 0)
		want->extensions &= ~FLOW_EXT(EXT_AS);
}

static void
test_round_trip(struct dice *d, uint16_t version)
{
	struct wire_encoder_options o = options_of(version);
	struct encodekit *x = encodekit_new(&o);
	struct wire_encoder_counters c;
	static struct flow f;
	static struct flow want[FLOWS];
	unsigned put = 0;
	unsigned refused = 0;
	unsigned equal = 0;

	for (unsigned i = 0; i < FLOWS; i++) {
		encodekit_flow(d, &f);
		f.in_packets &= UINT32_MAX;
		f.in_bytes &= UINT32_MAX;
		f.input &= UINT16_MAX;
		f.output &= UINT16_MAX;
		f.src_as &= UINT16_MAX;
		f.dst_as &= UINT16_MAX;
		if (!wire_encoder_put(x->e, &f, KIT_MS)) {
			refused++;
			continue;
		}
		expect(version, &f, &want[put++]);
	}
	wire_encoder_flush(x->e, KIT_MS);
	is_uint(x->k->flows, put, "v%u: flows", version);
	for (unsigned i = 0; i < x->k->flows; i++)
		equal += encodekit_equal(&x->k->flow[i], &want[i]);
	is_uint(equal, put, "v%u: all of them equal", version);
	wire_encoder_counters(x->e, &c);
	is_uint(c.flows, put, "v%u: counted", version);
	is_uint(c.records, put, "v%u: as many records", version);
	is_uint(c.not_ipv4, refused, "v%u: IPv6 refused", version);
	is_uint(c.packets, x->datagrams, "v%u: datagrams", version);
	ok(x->longest <= o.max_len, "v%u: %zu bytes at most", version,
	    x->longest);
	is_uint(kit_counters(x->k).sequence_failures, 0, "v%u: in sequence",
	    version);
	encodekit_free(x);
}

/* As many records as the layout allows, whatever room there is. */
static void
test_full(uint16_t version, uint32_t max_len, unsigned records)
{
	struct wire_encoder_options o = options_of(version);
	struct encodekit *x;
	struct flow f = plain();

	o.max_len = max_len;
	x = encodekit_new(&o);
	for (unsigned i = 1; i < records; i++)
		wire_encoder_put(x->e, &f, KIT_MS);
	is_uint(x->datagrams, 0, "v%u: one less waits", version);
	wire_encoder_put(x->e, &f, KIT_MS);
	is_uint(x->datagrams, 1, "v%u: %u records in %u bytes", version,
	    records, max_len);
	wire_encoder_flush(x->e, KIT_MS);
	is_uint(x->datagrams, 1, "v%u: nothing is left", version);
	is_uint(encodekit_number(x, 2, 2), records, "v%u: count", version);
	ok(x->last_len <= max_len, "v%u: %zu bytes", version, x->last_len);
	encodekit_free(x);
}

static void
test_header(void)
{
	struct wire_encoder_options o = options_of(5);
	struct encodekit *x;
	struct flow f = plain();

	o.id = 0x0203;
	o.sampling = 100;
	x = encodekit_new(&o);
	wire_encoder_put(x->e, &f, KIT_MS + 789);
	wire_encoder_put(x->e, &f, KIT_MS + 789);
	wire_encoder_flush(x->e, KIT_MS + 789);
	is_uint(encodekit_number(x, 4, 4), 86400789, "uptime");
	is_uint(encodekit_number(x, 8, 4), KIT_SECONDS, "seconds");
	is_uint(encodekit_number(x, 12, 4), 789000000, "nanoseconds");
	is_uint(encodekit_number(x, 16, 4), 0, "the first sequence number");
	is_uint(encodekit_number(x, 20, 2), 0x0203, "engine");
	is_uint(encodekit_number(x, 22, 2), 0x4064, "sampling");
	is_uint(x->k->flow[0].in_packets, 1000, "the rate is understood");
	encodekit_put(x, &f);
	is_uint(encodekit_number(x, 16, 4), 2, "flows before");
	wire_encoder_reset(x->e, KIT_MS);
	encodekit_put(x, &f);
	is_uint(encodekit_number(x, 16, 4), 0, "a new session");
	encodekit_free(x);
}

static void
sum_up(const struct kit *k, uint64_t *packets, uint64_t *bytes)
{
	*packets = *bytes = 0;
	for (unsigned i = 0; i < k->flows; i++) {
		*packets += k->flow[i].in_packets;
		*bytes += k->flow[i].in_bytes;
	}
}

struct large {
	uint64_t packets, bytes;
	unsigned records;
};

static const struct large large[] = {
	{ 1, UINT32_MAX, 1 },
	{ 1, UINT64_C(1) << 32, 2 },
	{ 3088800, 4325310000, 2 },
	{ UINT64_C(1) << 32, 0, 2 },
	{ UINT32_MAX, 3 * UINT64_C(0xffffffff), 3 },
	{ 7, 3 * UINT64_C(0xffffffff) + 1, 4 },
	{ 0, 0, 1 },
	{ 1, 1000 * UINT64_C(0xffffffff), 1000 },
};

static void
test_large(void)
{
	struct wire_encoder_options o = options_of(5);
	struct wire_encoder_counters c;
	struct flow f = plain();
	struct encodekit *x;
	uint64_t packets;
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		x = encodekit_new(&o);
		f.in_packets = large[i].packets;
		f.in_bytes = large[i].bytes;
		encodekit_put(x, &f);
		is_uint(x->k->flows, large[i].records, "%ju bytes: records",
		    (uintmax_t)f.in_bytes);
		sum_up(x->k, &packets, &bytes);
		is_uint(packets, f.in_packets, "the sum of packets");
		is_uint(bytes, f.in_bytes, "the sum of bytes");
		is_uint(kit_counters(x->k).sequence_failures, 0, "in sequence");
		wire_encoder_counters(x->e, &c);
		is_uint(c.flows, 1, "one flow");
		is_uint(c.records, large[i].records, "counted");
		encodekit_free(x);
	}
	x = encodekit_new(&o);
	f.in_bytes = UINT64_MAX;
	ok(!wire_encoder_put(x->e, &f, KIT_MS), "too many records");
	wire_encoder_counters(x->e, &c);
	is_uint(c.too_large, 1, "counted");
	is_uint(c.flows, 0, "as nothing else");
	encodekit_free(x);
}

static void
test_saturation(void)
{
	struct wire_encoder_options o = options_of(5);
	struct encodekit *x = encodekit_new(&o);
	struct flow f = plain();

	f.extensions |= FLOW_EXT(EXT_MISC) | FLOW_EXT(EXT_AS);
	f.input = 65536;
	f.output = 65535;
	f.src_as = 4200000000;
	f.dst_as = 65535;
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->input, 65535, "an interface above 16 bits");
	is_uint(kit_last(x->k)->output, 65535, "one of 16 bits");
	is_uint(kit_last(x->k)->src_as, 23456, "an AS above 16 bits");
	is_uint(kit_last(x->k)->dst_as, 65535, "one of 16 bits");
	encodekit_free(x);
}

/* Uptimes wrap after 49.7 days; flows and packets on both sides of it. */
static void
test_wrap(void)
{
	struct wire_encoder_options o = options_of(5);
	struct wire_encoder_counters c;
	struct encodekit *x;
	struct flow f = plain();

	o.boot_ms = KIT_MS - (UINT64_C(1) << 32) - 5000;
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	is_uint(encodekit_number(x, 4, 4), 5000, "the uptime has wrapped");
	ok(encodekit_number(x, 24 + 24, 4) > UINT32_MAX - 5000,
	    "the start of the flow has not");
	is_uint(kit_last(x->k)->first_ms, f.first_ms, "start");
	is_uint(kit_last(x->k)->last_ms, f.last_ms, "end");
	f.first_ms = KIT_MS - MS_24_DAYS;
	f.last_ms = KIT_MS + 1000;
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->first_ms, f.first_ms, "24 days ago");
	is_uint(kit_last(x->k)->last_ms, f.last_ms, "after the export");
	wire_encoder_counters(x->e, &c);
	is_uint(c.far_times, 0, "none is far");
	f.first_ms -= 86400000;
	encodekit_put(x, &f);
	wire_encoder_counters(x->e, &c);
	is_uint(c.far_times, 1, "25 days ago");
	encodekit_free(x);
	o.boot_ms = KIT_MS + 1000;
	f = plain();
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->first_ms, f.first_ms, "before the boot");
	encodekit_free(x);
}

static void
test_biflow(void)
{
	struct wire_encoder_options o = options_of(5);
	struct encodekit *x = encodekit_new(&o);
	struct wire_encoder_counters c;
	struct flow f = plain();
	const struct flow *r;

	f.extensions |= FLOW_EXT(EXT_COUNTERS) | FLOW_EXT(EXT_MISC);
	f.out_packets = 7;
	f.out_bytes = (UINT64_C(1) << 32) + 1;
	f.input = 3;
	f.output = 4;
	f.src_tos = 5;
	f.dst_tos = 6;
	encodekit_put(x, &f);
	is_uint(x->k->flows, 1, "no biflow, no other direction");
	wire_encoder_counters(x->e, &c);
	is_uint(c.partial, 1, "it is told");
	encodekit_free(x);

	o.is_biflow = true;
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	is_uint(x->k->flows, 3, "a biflow, the answer in two");
	r = &x->k->flow[1];
	is_uint(r->in_bytes + x->k->flow[2].in_bytes, f.out_bytes, "bytes");
	is_uint(r->in_packets + x->k->flow[2].in_packets, 7, "packets");
	ok(addr_equal(r->src_addr, f.dst_addr), "source");
	ok(addr_equal(r->dst_addr, f.src_addr), "destination");
	is_uint(r->src_port, 80, "source port");
	is_uint(r->dst_port, 1111, "destination port");
	is_uint(r->input * 10 + r->output, 43, "interfaces");
	is_uint(r->src_tos, 6, "tos");
	wire_encoder_counters(x->e, &c);
	is_uint(c.partial, 0, "nothing is left out");
	f.in_packets = f.in_bytes = 0;
	f.out_bytes = 1;
	encodekit_put(x, &f);
	is_uint(x->k->flows, 4, "only an answer");
	ok(addr_equal(kit_last(x->k)->src_addr, f.dst_addr), "its source");
	f.proto = 1;
	f.src_port = 0;
	f.dst_port = 0x0800;
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->dst_port, 0x0800, "type and code stay");
	encodekit_free(x);
}

static void
refused(struct wire_encoder_options o, const char *what)
{
	struct err err = { .code = ERR_NONE };
	struct wire_encoder *e = wire_encoder_new(&o, encodekit_send, NULL,
	    &err);

	ok(e == NULL && err.code == ERR_VALUE, "%s: %s", what, err.text);
	wire_encoder_free(e);
}

static void
test_options(void)
{
	struct wire_encoder_options o = options_of(5);

	o.version = 8;
	refused(o, "version");
	o = options_of(5);
	o.max_len = WIRE_ENCODER_LEN_MIN - 1;
	refused(o, "short datagrams");
	o.max_len = WIRE_ENCODER_LEN_MAX + 1;
	refused(o, "long datagrams");
	o = options_of(5);
	o.id = 65536;
	refused(o, "engine");
	o.id = 0;
	o.sampling = 16384;
	refused(o, "sampling in v5");
	o = options_of(7);
	o.sampling = 2;
	refused(o, "sampling in v7");
	o.sampling = 1;
	o.time = WIRE_TIME_MILLI;
	refused(o, "times in v7");
	o = options_of(1);
	o.id = 1;
	refused(o, "id in v1");
}

static void
test_nomem(void)
{
	struct wire_encoder_options o = options_of(5);
	struct wire_encoder *e;
	struct err err;
	bool was_hit = true;
	unsigned n;

	for (n = 1; was_hit; n++) {
		nomem_at(n);
		e = wire_encoder_new(&o, encodekit_send, NULL, &err);
		was_hit = nomem_hit();
		nomem_at(0);
		ok((e == NULL) == was_hit, "allocation %u", n);
		if (e == NULL)
			is_int(err.code, ERR_NOMEM, "no memory");
		wire_encoder_free(e);
	}
	ok(n > 2, "%u allocations", n);
}

int
main(void)
{
	struct dice d;

	dice_init(&d);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		test_round_trip(&d, versions[i]);
	test_full(1, 1400, 24);
	test_full(5, 1400, 28);
	test_full(5, 65535, 30);
	test_full(5, 548, 10);
	test_full(7, 1400, 26);
	test_full(7, 9000, 28);
	test_header();
	test_large();
	test_saturation();
	test_wrap();
	test_biflow();
	test_options();
	test_nomem();
	return done_testing();
}
